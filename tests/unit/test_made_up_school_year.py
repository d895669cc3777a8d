"""The school year turns in a made-up authority: what its extracts and its truth say before, during and after the summer."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from apps.made_up.authority import make_authority
from apps.made_up.books import Books, read_books
from apps.made_up.history import begin_history, move_on
from apps.made_up.night_under_way import ROLL
from apps.made_up.school_age import year_group

FIRST, LAST = date(2027, 7, 20), date(2027, 10, 1)
CHILDREN = 700
OF_THE_YEAR = {"offered a place", "left with the school year", "began the school year", "listed elsewhere"}


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Books, Books, pl.DataFrame]:
    """The books before and after the summer, and what happened; hardly anything else happens."""
    folder = tmp_path_factory.mktemp("turned")
    make_authority(folder, children=CHILDREN, seed=8, as_at=FIRST, cme_rate=0.02)
    begin_history(folder, seed=8, as_at=FIRST)
    before = read_books(folder)
    for night in range(1, (LAST - FIRST).days):
        move_on(folder, seed=8, as_at=FIRST + timedelta(days=night), share=0.0)
    return before, read_books(folder), pl.read_csv(folder / "truth" / "events.csv", try_parse_dates=True)


def _open(books: Books) -> pl.DataFrame:
    return books.rows[ROLL].filter(pl.col("LeavingDate").is_null()).join(_groups(books), on="child_id", how="left")


def _groups(books: Books) -> pl.DataFrame:
    born = books.children["born_on"].to_numpy()
    return books.children.select("child_id", "state", "resident", group=pl.Series(year_group(born, date(2027, 9, 1))))


def test_all_that_the_year_brings_happens_in_its_time(turned: tuple[Books, Books, pl.DataFrame]) -> None:
    events = turned[2].filter(pl.col("event").is_in(OF_THE_YEAR))
    when = {event: (first, last) for event, first, last in _spans(events).iter_rows()}
    assert set(when) == OF_THE_YEAR
    assert when["offered a place"][1] < date(2027, 9, 2)
    assert date(2027, 7, 22) <= when["left with the school year"][0] <= when["left with the school year"][1]
    assert date(2027, 9, 3) <= when["began the school year"][0]
    assert when["began the school year"][1] <= date(2027, 9, 25)
    assert date(2027, 9, 15) <= when["listed elsewhere"][0]


def _spans(events: pl.DataFrame) -> pl.DataFrame:
    return events.group_by("event").agg(first=pl.col("as_at").min(), last=pl.col("as_at").max())


def test_nobody_is_left_in_the_last_year_of_a_primary_school(turned: tuple[Books, Books, pl.DataFrame]) -> None:
    before, after, _ = turned
    were = _open(before).filter(group=7)
    still = _open(after).join(were, on=["child_id", "RecordId"], how="semi")
    assert were.height
    assert still.is_empty()


def test_most_go_on_to_the_next_school_under_their_pupil_number(turned: tuple[Books, Books, pl.DataFrame]) -> None:
    before, after, _ = turned
    were = _open(before).filter(group=7)
    now = _open(after).filter(pl.col("EntryDate") == "2027-09-02").join(were, on="child_id", suffix="_before")
    assert 0.8 * were.height < now["child_id"].n_unique() < were["child_id"].n_unique()
    assert now["UPN"].equals(now["UPN_before"])
    assert (now["URN"] != now["URN_before"]).all()


def test_who_does_not_go_on_is_elsewhere_or_missing(turned: tuple[Books, Books, pl.DataFrame]) -> None:
    before, after, _ = turned
    were = _open(before).filter(group=7).select("child_id").unique()
    away = were.join(_open(after), on="child_id", how="anti").join(_groups(after), on="child_id")
    assert not away.filter(state="state").height
    assert away.filter(state="gone")["resident"].sum() == 0
    missing = after.children.join(away.filter(state="cme"), on="child_id", how="semi")
    assert missing["target"].to_list() == missing["true_cme"].to_list() == [1] * missing.height


def test_every_pupil_moves_up_a_year(turned: tuple[Books, Books, pl.DataFrame]) -> None:
    roll = _open(turned[1]).filter(pl.col("group").is_between(1, 11), pl.col("NCyearActual") != "X")
    assert (roll["NCyearActual"] == roll["group"].cast(pl.String)).all()


def test_the_youngest_get_a_number_that_nobody_has(turned: tuple[Books, Books, pl.DataFrame]) -> None:
    before, after, _ = turned
    known = before.rows[ROLL]["child_id"]
    new = _open(after).filter(pl.col("group") == 0, ~pl.col("child_id").is_in(known.implode()))
    others = after.rows[ROLL].filter(~pl.col("child_id").is_in(new["child_id"].implode()))
    assert new.height
    assert new.join(others, on="UPN", how="semi").is_empty()


def test_nothing_of_it_happens_in_winter(tmp_path: Path) -> None:
    make_authority(tmp_path, children=200, seed=8, as_at=date(2027, 1, 10))
    begin_history(tmp_path, seed=8, as_at=date(2027, 1, 10))
    assert move_on(tmp_path, seed=8, as_at=date(2027, 1, 11), share=0.0).is_empty()
