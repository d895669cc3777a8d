"""What changed, as it is published: for all readers, masked, and in full for the restricted role."""

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from pipelines.ledger.list_changes import what_changed
from pipelines.publish.changes_file import WHY_WITHHELD, changes_csvs, masked_changes
from pipelines.tables import LIST_CHANGE
from tests.made.children import AS_AT, Drawn
from tests.made.nights import Nights
from tests.made.publication import made_publication, publish

SCHOOL = "Keats Primary School"


def _lead(child: str, number: int, here: float = 0.95) -> Drawn:
    return Drawn().record(f"health:H{number}", child).lives(child, here)


def _together(*drawn: Drawn) -> Drawn:
    whole = Drawn()
    for part in drawn:
        for name in ("persons", "statements", "members", "rivals", "residences"):
            getattr(whole, name).extend(getattr(part, name))
    return whole


def _schooled(child: str, number: int) -> Drawn:
    key = f"school_census:C{number}"
    return _lead(child, number).record(key, child).on_roll(key, date(2026, 11, 16))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication after which A has left for a school, B too, who is protected, and C is in an officer's hands."""
    listed = _together(_lead("A", 1), _lead("B", 2).says("health:H2", "protected"), _lead("C", 3), _lead("D", 4))
    tonight = _together(
        _schooled("A", 1),
        _schooled("B", 2).says("health:H2", "protected"),
        _schooled("C", 3),
        _lead("D", 4),
        _lead("E", 5),
    )
    nights = Nights().night(listed).officer("UNDER_ENQUIRY", "C", "health:H3").night(tonight)
    ledger = nights.ledger
    changed = what_changed(ledger.changes, ledger.leads, ledger.lists, nights.as_at)
    night = made_publication(what_changed=changed, run={"as_at": AS_AT, "changes": list(changed.words)})
    return publish(night, tmp_path_factory.mktemp("published")).path


def _rows(path: Path) -> dict[str, dict[str, str]]:
    return {row["child_id"]: row for row in csv.DictReader(io.StringIO(path.read_text("utf-8-sig")))}


def test_the_file_says_who_is_new_and_who_is_gone_and_why(folder: Path) -> None:
    rows = _rows(folder / "changes.csv")
    assert {child: row["change"] for child, row in rows.items()} == {
        "A": "gone",
        "B": "gone",
        "C": "kept in view",
        "E": "new",
    }
    assert rows["A"]["because"] == "in education"
    assert SCHOOL in rows["A"]["why"]
    assert (rows["A"]["rank"], rows["A"]["rank_before"], rows["A"]["lane_before"]) == ("", "1", "follow up")
    assert rows["E"]["because"] == "not known before"


def test_where_a_protected_child_is_stands_in_the_restricted_file_only(folder: Path) -> None:
    row = _rows(folder / "changes.csv")["B"]
    assert (row["because"], row["why"], row["restricted"]) == ("withheld", WHY_WITHHELD, "true")
    assert {row[name] for name in ("rank_before", "likelihood_before", "priority_before")} == {""}
    full = _rows(folder / "restricted" / "changes_restricted.csv")
    assert set(full) == {"B"}
    assert "School census" in full["B"]["why"]


def test_that_a_protected_child_rose_is_neither_told_nor_counted() -> None:
    def both(here: float) -> Drawn:
        return _together(_lead("A", 1, here), _lead("B", 2, here).says("health:H2", "protected"))

    nights = Nights().night(both(0.5)).night(both(0.95))
    assert nights.ledger.changes["child_id"].sort().to_list() == ["A", "B"]
    changed = what_changed(nights.ledger.changes, nights.ledger.leads, nights.ledger.lists, nights.as_at)
    assert "1 risen" in changed.words[0]
    protected = pl.Series(["B"])
    files = changes_csvs(changed, masked_changes(changed.changes, protected), changed.in_view, protected)
    shown, full = (pl.read_csv(io.BytesIO(content))["child_id"].to_list() for content in files.values())
    assert (shown, full) == (["A"], ["B"])


def test_who_is_in_an_officers_hands_has_a_file_and_a_sheet(folder: Path) -> None:
    row = _rows(folder / "in_view.csv")["C"]
    assert (row["off_because"], row["off_on"]) == ("in education", "2026-11-21")
    sheets = fastexcel.read_excel(folder / "candidates.xlsx").sheet_names
    assert sheets[-3:-1] == ["What changed", "In view"]  # the last: reasons to choose from


def test_the_report_and_the_record_of_the_night_tell_it_in_counts(folder: Path) -> None:
    said = json.loads((folder / "run.json").read_text("utf-8"))["changes"]
    assert said == [
        "Compared with the list of 20 November 2026: 1 new, 0 returned, 2 gone, 1 kept in view, 0 risen, 0 fallen.",
        "New: not known before (1).",
        "Gone: in education (1); withheld (1).",  # of the protected child nobody else learns why
        "Kept in view: in education (1).",
        "In view, off the list but not to be lost from sight: 1. Each has its reason in in_view.csv and the sheet 'In view'.",
    ]
    page = (folder / "match_report.html").read_text("utf-8")
    assert all(sentence.replace("'", "&#39;") in page for sentence in said)
    assert page.index('id="changed"') < page.index('id="out"')


def test_a_past_night_run_again_is_compared_with_no_list() -> None:
    """It said that nobody had come or gone, as its changes are not worked out anew."""
    ledger = Nights().night(_lead("A", 1)).night(_lead("B", 2)).night(_lead("A", 1)).ledger
    past = what_changed(LIST_CHANGE.to_frame(), ledger.leads, ledger.lists, AS_AT + timedelta(days=1))
    assert past.words == ("A later list has been published, so this one is not compared with any other.",)


def test_the_first_list_says_that_it_is_the_first() -> None:
    ledger = Nights().night(_lead("A", 1)).ledger
    changed = what_changed(ledger.changes, ledger.leads, ledger.lists, AS_AT)
    assert changed.words == ("This is the first list, so there is none to compare it with.",)


def test_of_several_reasons_the_commonest_is_told_first() -> None:
    gone = _together(_schooled("A", 1), _schooled("B", 2), _lead("C", 3).says("health:H3", "died"), _lead("D", 4))
    nights = Nights().night(_together(*(_lead(child, n) for n, child in enumerate("ABCD", start=1)))).night(gone)
    changed = what_changed(nights.ledger.changes, nights.ledger.leads, nights.ledger.lists, nights.as_at)
    assert "Gone: in education (2); died (1)." in changed.words
