"""A made-up authority from night to night: what happens to its rows, and that the truth follows."""

import hashlib
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from apps.made_up.authority import make_authority
from apps.made_up.books import in_education, of_age, read_books, write_books
from apps.made_up.history import EVENTS, begin_history, deliver, move_on

FIRST = date(2026, 12, 28)
CHILDREN = 400


def _bytes(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".parquet")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def _authority(folder: Path) -> Path:
    make_authority(folder, children=CHILDREN, seed=5, as_at=FIRST, cme_rate=0.05)
    begin_history(folder, seed=5, as_at=FIRST)
    return folder


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority after eight busy nights, over New Year."""
    folder = _authority(tmp_path_factory.mktemp("lived"))
    for night in range(1, 9):
        move_on(folder, seed=5, as_at=FIRST + timedelta(days=night), share=0.08)
    return folder


def _events(folder: Path) -> pl.DataFrame:
    return pl.read_csv(folder / "truth" / "events.csv", try_parse_dates=True)


def test_reading_and_writing_the_books_changes_no_byte(tmp_path: Path) -> None:
    make_authority(tmp_path, children=CHILDREN, seed=5, as_at=FIRST)
    before = _bytes(tmp_path)
    books = read_books(tmp_path)
    write_books(books, tmp_path, set(books.rows))
    assert _bytes(tmp_path) == before


def test_the_same_seed_gives_the_same_nights(lived: Path, tmp_path: Path) -> None:
    again = _authority(tmp_path)
    for night in range(1, 9):
        move_on(again, seed=5, as_at=FIRST + timedelta(days=night), share=0.08)
    assert _bytes(again) == _bytes(lived)


def test_all_that_can_happen_happens(lived: Path) -> None:
    assert set(_events(lived)["event"]) == {"held back", *(name for name, _, _ in EVENTS)}


def test_about_the_share_asked_for_changes(tmp_path: Path) -> None:
    make_authority(tmp_path, children=3_000, seed=5, as_at=FIRST)
    rows = sum(frame.height for frame in read_books(tmp_path).rows.values())
    happened = move_on(tmp_path, seed=5, as_at=FIRST + timedelta(days=1), share=0.03)
    assert 0.015 * rows < happened.select("source", "source_record_id").unique().height < 0.045 * rows


def test_every_row_belongs_to_a_child_of_the_truth(lived: Path) -> None:
    books = read_books(lived)
    files = (lived / "extracts").glob("*.csv")
    listed = sum(len(pl.read_csv(path, infer_schema=False, encoding="utf8-lossy")) for path in files)
    listed += pl.read_excel(lived / "extracts" / "ehe_register.xlsx").height
    assert sum(frame.height for frame in books.rows.values()) == listed
    assert books.records.select("source", "source_record_id").is_unique().all()


def test_the_truth_follows_the_extracts_and_the_birthdays(lived: Path) -> None:
    as_at = FIRST + timedelta(days=8)
    books = read_books(lived)
    known = pl.concat([*(rows["child_id"] for rows in books.rows.values()), books.xml["child_id"]]).unique()
    should = books.children.filter(
        pl.Series(of_age(books, as_at)),
        pl.col("resident") == 1,
        pl.col("child_id").is_in(known.implode()),
        ~pl.col("child_id").is_in(in_education(books, as_at).implode()),
    )
    assert books.children.filter(target=1)["child_id"].to_list() == should["child_id"].to_list()
    assert (of_age(books, as_at) != of_age(books, FIRST)).any(), "children come of age on 1 January"
    assert books.children.filter(state="cme", target=0).filter(pl.col("true_cme") == 1).is_empty()


def test_children_who_find_a_place_are_no_targets(lived: Path) -> None:
    placed = _events(lived).filter(event="found a place")
    later = _events(lived).filter(pl.col("event").is_in(["left the roll", "vanished from the roll", "left the area"]))
    stayed = placed.join(later, on="child_id", how="anti")
    assert stayed.height
    assert read_books(lived).children.join(stayed, on="child_id", how="semi")["target"].sum() == 0


def test_a_slip_that_is_put_right_leaves_the_row_as_it_was(tmp_path: Path) -> None:
    folder = _authority(tmp_path)
    before = read_books(folder).rows["health"]
    for night in range(1, 9):
        move_on(folder, seed=5, as_at=FIRST + timedelta(days=night), share=0.08)
    right = _events(folder).filter(event="corrected", source="health")["source_record_id"]
    moved = _events(folder).filter(pl.col("event") == "moved home")["source_record_id"]
    names = ["RecordId", "FamilyName", "GivenNames", "BirthDate"]
    mended = before.filter(pl.col("RecordId").is_in(right.implode()) & ~pl.col("RecordId").is_in(moved.implode()))
    now = read_books(folder).rows["health"]
    still_wrong = read_books(folder).held["health"].filter(why="slip")["RecordId"]
    mended = mended.filter(~pl.col("RecordId").is_in(still_wrong.implode())).select(names)
    assert mended.height
    assert now.join(mended, on=names, how="semi").height == mended.height


def test_files_arrive_late_cut_off_or_not_at_all(tmp_path: Path) -> None:
    folder, into = _authority(tmp_path / "authority"), tmp_path / "delivery"
    deliver(folder, into)
    yesterday = _bytes(into)
    for night in range(1, 4):
        move_on(folder, seed=5, as_at=FIRST + timedelta(days=night), share=0.2)
    deliver(folder, into, late=["health"], bad=["housing"], missing=["referrals"])
    today, whole = _bytes(into), _bytes(folder / "extracts")
    assert today["health.csv"] == yesterday["health.csv"] != whole["health.csv"]
    assert len((into / "housing.csv").read_bytes()) == 24
    assert set(whole) - set(today) == {"referrals.csv"}
    deliver(folder, into)
    assert _bytes(into) == whole


def test_a_source_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no source library"):
        deliver(tmp_path, tmp_path / "into", late=["library"])
