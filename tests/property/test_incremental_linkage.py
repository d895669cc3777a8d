"""Nights that link only what changed end as nights that link everything: the same tables, the same report, bit by bit."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.made_up.authority import MadeUp
from data_contracts.contract import read_contracts
from matching.clustering.judge import Judge
from matching.in_numbers import blocks
from matching.in_numbers.arrays import Rows
from pipelines.decisions.keys_tonight import key_now
from pipelines.intake.in_one_form.standardise import standardise
from pipelines.intake.receipt.receive import receive
from pipelines.linking.link_again import link_changed_records
from pipelines.tables import RENUMBERED
from tests.golden.authority import AS_AT
from tests.made.linked_nights import FIRST, LinkedNights, assert_alike

HISTORIES = settings(
    max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), report_multiple_bugs=False
)
WRITTEN = ("forename", "surname", "date_of_birth", "postcode", "upn", "house", "sex", "phone", "surname_parts")
PLACE = st.integers(0, 10**6)
CHANGE = st.one_of(
    st.tuples(st.just("leaves"), PLACE, PLACE, PLACE),
    st.tuples(st.just("comes back"), PLACE, PLACE, PLACE),
    st.tuples(st.just("is corrected"), PLACE, PLACE, PLACE),
    st.tuples(st.just("has a twin"), PLACE, PLACE, PLACE),
    st.tuples(st.just("comes to another agency"), PLACE, PLACE, PLACE),
    st.tuples(st.just("exchanges birth dates with"), PLACE, PLACE, PLACE),
    st.tuples(st.just("loses the day of birth"), PLACE, PLACE, PLACE),
    st.tuples(st.just("gets another key"), PLACE, PLACE, PLACE),
    st.tuples(st.just("is judged the same as"), PLACE, PLACE, PLACE),
    st.tuples(st.just("is judged another than"), PLACE, PLACE, PLACE),
    st.tuples(st.just("nobody can say of"), PLACE, PLACE, PLACE),
)
NIGHT = st.lists(CHANGE, max_size=12)
Change = tuple[str, int, int, int]


@pytest.fixture(scope="session")
def some_records(made_up: MadeUp) -> pl.DataFrame:
    """Some 200 records of four sources, as PERSON."""
    contracts = read_contracts()
    received = receive(made_up.extracts, contracts, received_at=datetime(2026, 11, 21, 2, tzinfo=UTC))
    person = standardise(received.raw, contracts, as_at=AS_AT).person
    some = person.filter(pl.col("dataset").is_in(["school_census", "health", "housing", "admissions"]))
    return some.filter(pl.col("date_of_birth").dt.year() >= 2015).sort("surname", "record_id").head(200)


class History:
    """The records of one authority from night to night."""

    def __init__(self, person: pl.DataFrame, workspaces: Sequence[LinkedNights]) -> None:
        self.there, self.away, self.made, self.workspaces = person, person.clear(), 0, workspaces
        self.renumbered = RENUMBERED.to_frame()

    def change(self, change: Change) -> None:
        """Let one thing happen to one record; ``first`` and ``second`` say to which, and which other has a part in it."""
        what, first, second, third = change
        row = self.there[first % self.there.height]
        other = self._near(row, second)
        if what == "leaves":
            self._replace(row, row.clear())
            self.away = pl.concat([self.away, row])
        elif what == "comes back" and self.away.height:
            back = self.away[first % self.away.height]
            self.away = self.away.join(back, on="record_id", how="anti")
            self.there = pl.concat([self.there, back])
        elif what == "is corrected":
            self._replace(row, row.with_columns(other[WRITTEN[third % len(WRITTEN)]]))
        elif what == "exchanges birth dates with":
            self._replace(row, row.with_columns(other["date_of_birth"]))
            if other["record_id"].item() != row["record_id"].item():
                self._replace(other, other.with_columns(row["date_of_birth"]))
        elif what == "loses the day of birth":
            born = pl.col("date_of_birth")
            month = pl.coalesce(born.dt.strftime("%Y-%m"), "born_in")
            self._replace(row, row.with_columns(born_in=month, date_of_birth=pl.lit(None, pl.Date)))
        elif what == "gets another key":
            self._renumber(row)
        elif what in {"has a twin", "comes to another agency"}:
            self._replace(row, pl.concat([row, self._another(row, other, what == "has a twin")]))
        elif what != "comes back":
            answer = {"is judged the same as": "same", "is judged another than": "different"}.get(what, "unsure")
            self._judge(row["record_id"].item(), other["record_id"].item(), answer)

    def _near(self, row: pl.DataFrame, second: int) -> pl.DataFrame:
        """Another record, half the time of the same surname."""
        alike = self.there.filter(pl.col("surname") == row["surname"].item())
        among = alike if second % 2 and alike.height > 1 else self.there
        return among[second % among.height]

    def _another(self, row: pl.DataFrame, other: pl.DataFrame, is_twin: bool) -> pl.DataFrame:
        self.made += 1
        source = row["dataset"].item() if is_twin else other["dataset"].item()
        new = row.with_columns(record_id=pl.lit(f"{source}:new{self.made}"), dataset=pl.lit(source))
        return new.with_columns(other["forename"], upn=pl.lit(None, pl.String)) if is_twin else new

    def _renumber(self, row: pl.DataFrame) -> None:
        self.made += 1
        was, now = row["record_id"].item(), f"{row['dataset'].item()}:key{self.made}"
        self._replace(row, row.with_columns(record_id=pl.lit(now)))
        went_on = self.renumbered.with_columns(pl.col("now_id").replace(was, now))
        self.renumbered = pl.concat([went_on, pl.DataFrame([(was, now, FIRST, None)], schema=RENUMBERED, orient="row")])

    def _replace(self, row: pl.DataFrame, by: pl.DataFrame) -> None:
        self.there = pl.concat([self.there.join(row, on="record_id", how="anti"), by])

    def _judge(self, one: str, other: str, answer: str) -> None:
        for workspace in self.workspaces if one != other else ():
            workspace.judge(one, other, answer)


@HISTORIES
@given(
    nights=st.lists(NIGHT, min_size=2, max_size=4),
    missing=st.none() | st.integers(0, 3),
    largest=st.sampled_from([3_000, 3_000, 4]),
)
def test_nights_by_what_changed_are_nights_on_everything(
    some_records: pl.DataFrame,
    tmp_path_factory: pytest.TempPathFactory,
    nights: list[list[Change]],
    missing: int | None,
    largest: int,
) -> None:
    """``missing``: the night on which one source sends nothing. ``largest``: rows of a block that is not split yet."""
    folder = tmp_path_factory.mktemp("histories")
    with (
        patch.multiple(blocks, LARGEST_BLOCK=largest, PIECE=2 if largest < 100 else blocks.PIECE),
        LinkedNights(folder / "changes", full=False) as changes,
        LinkedNights(folder / "whole", full=True) as whole,
    ):
        history = History(some_records, (changes, whole))
        for number, happens in enumerate([[], *nights]):
            for change in happens:
                history.change(change)
            tonight = history.there
            if number == missing:
                tonight = tonight.filter(pl.col("dataset") != "housing")
            tonight = tonight.sample(fraction=1, shuffle=True, seed=number)
            assert changes.night(tonight, history.renumbered) == whole.night(tonight, history.renumbered)
            assert_alike(changes, whole)


def test_children_keep_their_ids_and_what_was_judged_of_them_where_a_source_gives_all_its_keys_anew(
    some_records: pl.DataFrame, tmp_path: Path
) -> None:
    """Those whom the source alone knows too."""
    with LinkedNights(tmp_path, full=False) as nights:
        nights.night(some_records)
        links = nights.store.read("link").filter("is_same_child")
        parted = links.filter(
            pl.col("left_id").str.starts_with("health:") != pl.col("right_id").str.starts_with("health:")
        )
        pair = parted.select("left_id", "right_id").row(0)
        nights.judge(*pair, "different")
        nights.night(some_records)
        before = nights.store.read("child_record")
        keys = before.filter(pl.col("record_id").str.starts_with("health:")).select(
            "record_id",
            now_id=pl.col("record_id").str.replace("health:", "health:new-"),
            since_on=pl.lit(FIRST),
            reused_at=pl.lit(None, pl.Datetime("us", "UTC")),
        )
        nights.night(some_records.with_columns(key_now(pl.col("record_id"), keys)), keys)
        after = nights.store.read("child_record")
        stood = before.select(key_now(pl.col("record_id"), keys), "child_id").sort("record_id")
        assert after.select("record_id", "child_id").equals(stood)
        judged = (
            pl.DataFrame({"record_id": pair}).select(key_now(pl.col("record_id"), keys)).join(after, on="record_id")
        )
        assert judged["child_id"].n_unique() == 2
        assert nights.store.read("child_move").filter(as_at=FIRST + timedelta(days=2)).is_empty()


@pytest.mark.parametrize("share", [0.1, 1.0])
def test_a_childs_id_goes_with_its_row_and_to_nobody_who_is_given_its_key(
    some_records: pl.DataFrame, tmp_path: Path, share: float
) -> None:
    """Keys of the doctors given anew, by one each: the first child is gone, and a stranger stands under the last key."""
    keys = some_records.filter(dataset="health")["record_id"].sort()
    keys = keys.head(int(share * keys.len()))
    given = pl.DataFrame({"record_id": keys, "now_id": [f"{keys[0]} until {FIRST}", *keys[:-1]], "since_on": FIRST})
    of = some_records.with_columns(key_now(pl.col("record_id"), given))
    gone, last = of.filter(pl.col("record_id") == given["now_id"][0]), pl.lit(keys[-1])
    stranger = gone.with_columns(
        record_id=last, forename=pl.lit("ZEBEDIAH"), surname=pl.lit("QUILLFEATHER"), date_of_birth=date(2016, 2, 3)
    )
    tonight = pl.concat([of.join(gone, on="record_id", how="anti"), stranger])
    with LinkedNights(tmp_path / "changes", full=False) as nights, LinkedNights(tmp_path / "whole", full=True) as whole:
        for each in (nights, whole):
            each.night(some_records)
        before = nights.store.read("child_record")
        began_at = datetime(2026, 11, 21, 1, tzinfo=UTC)
        renumbered = given.with_columns(reused_at=pl.lit(began_at)).cast(RENUMBERED)
        for each in (nights, whole):
            each.night(tonight, renumbered)
        assert_alike(nights, whole)
        both = before.with_columns(key_now(pl.col("record_id"), given)).join(
            nights.store.read("child_record"), on="record_id", suffix="_now"
        )
        assert both.height == some_records.height - 1
        assert both.filter(pl.col("child_id") != pl.col("child_id_now")).is_empty()
        strangers = nights.store.read("child_record").filter(pl.col("record_id") == last)["child_id"].item()
        assert strangers not in before["child_id"].to_list()
        stood = nights.store.read("child_record")
        nights.night(tonight, renumbered)
        assert nights.store.read("child_record").equals(stood), "the keys are given anew once"


def test_a_night_links_what_changed_and_not_what_is_there(
    some_records: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touched: list[int] = []

    def watched(*given: object) -> object:
        found = link_changed_records(*given)  # type: ignore[arg-type]
        touched.append(int(found.touched.sum()))
        return found

    monkeypatch.setattr("pipelines.steps.linking.link_changed_records", watched)
    with LinkedNights(tmp_path, full=False) as changes:
        changes.night(some_records)
        changes.night(some_records)
        changes.night(some_records[1:])
    assert len(touched) == 1, "a night on which no record changed links none"
    assert touched[0] <= 5


def test_twins_whom_a_list_newly_has_are_taken_for_two_as_by_linking_everything(
    some_records: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both kinds of night ask of children whom one list has, and who are likely one, whether they bear names of two."""
    asked: list[int] = []
    names_of_two = Judge.names_of_two

    def watched(judge: Judge, left: Rows, right: Rows) -> object:
        asked.append(len(left))
        return names_of_two(judge, left, right)

    monkeypatch.setattr(Judge, "names_of_two", watched)
    twins = some_records.filter(dataset="health").head(40)
    twins = twins.with_columns(
        record_id=pl.col("record_id") + " twin",
        forename=pl.lit("KYLE"),
        middle_names="forename",
        given_names=pl.lit("KYLE ") + pl.col("forename"),
        nhs_number=pl.lit(None, pl.String),
    )
    with LinkedNights(tmp_path / "changes", full=False) as nights, LinkedNights(tmp_path / "whole", full=True) as whole:
        for each in (nights, whole):
            each.night(some_records)
        whole.night(pl.concat([some_records, twins]))
        asked.clear()
        nights.night(pl.concat([some_records, twins]))
        assert_alike(nights, whole)
    assert sum(asked) > 0
