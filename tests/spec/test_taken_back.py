"""What had happened and is told no more: ends, days on which children were met, marks of protection."""

import shutil
from pathlib import Path

import pytest

from tests.made.deliveries import Deliveries, Rows, census, health

LEFT = "2026-07-17"
ROLL = [{**row, "leaving_date": LEFT if n % 10 == 0 else ""} for n, row in enumerate(census())]
CASES = [{"record_id": f"S{n}", "surname": f"Name{n}", "address_protected": "Y" if n < 3 else "N"} for n in range(40)]
LIST = [{**row, "last_contact": f"2026-10-{n % 28 + 1:02}"} for n, row in enumerate(health())]


def _with(rows: Rows, column: str, value: str, first: int = 0, last: int = 1000) -> Rows:
    return [{**row, column: value} if first <= n < last else row for n, row in enumerate(rows)]


def _slipped(rows: Rows, column: str) -> Rows:
    return [{**row, column: rows[(n + 1) % len(rows)][column]} for n, row in enumerate(rows)]


@pytest.fixture(scope="module")
def last_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace to which the rows came once: to be copied."""
    workspace = tmp_path_factory.mktemp("last_night")
    Deliveries(workspace).night(0, school_census=ROLL, health=LIST, social_care=CASES)
    return workspace


ENDS = (
    "school_census.csv: of 12 rows whose LeavingDate had passed, 12 no longer have one: what had ended would seem to go on. "
    "The column may have been sent empty, or have shifted against the others. If last time's were wrong, accept it."
)
MARKS = (
    "social_care.csv: of 3 rows that said not to show the address, {} no longer say so (Status and AddressProtected): those "
    "addresses would be shown. Ask the sender before you accept it."
)


@pytest.mark.parametrize(
    ("tonight", "held"),
    [
        pytest.param({"school_census": _with(ROLL, "leaving_date", "")}, ENDS, id="leaving dates came empty"),
        pytest.param({"school_census": _slipped(ROLL, "leaving_date")}, ENDS, id="leaving dates slipped by a row"),
        pytest.param(
            {"school_census": _with(ROLL, "leaving_date", "", last=50)}, None, id="five leavers were put right"
        ),
        pytest.param({"school_census": _with(ROLL, "leaving_date", "2027-07-31")}, None, id="ends that are to come"),
        pytest.param(
            {"school_census": [row for row in ROLL if not row["leaving_date"]]}, None, id="leavers come no more"
        ),
        pytest.param({"social_care": _with(CASES, "address_protected", "N")}, MARKS.format(3), id="no mark is left"),
        pytest.param(
            {"social_care": _with(CASES, "address_protected", "", last=2)}, MARKS.format(2), id="two of three"
        ),
        pytest.param({"social_care": _with(CASES, "address_protected", "N", last=1)}, None, id="one mark has ended"),
        pytest.param({"social_care": _with(CASES, "address_protected", "y")}, None, id="all are marked now"),
    ],
)
def test_ends_and_marks_that_are_gone_hold_the_list(
    last_night: Path, tonight: dict[str, Rows], held: str | None
) -> None:
    judged = Deliveries(last_night).judged(1, **{"school_census": ROLL, "health": LIST, "social_care": CASES} | tonight)
    assert judged.held == (() if held is None else (held,))


@pytest.mark.parametrize(
    ("tonight", "earlier"),
    [
        pytest.param(_with(LIST, "last_contact", "2026-09-30", last=12), 12, id="twelve in a hundred go back"),
        pytest.param(_with(LIST, "last_contact", "2026-09-30", last=10), None, id="ten in a hundred are put right"),
        pytest.param(_with(LIST, "last_contact", "2026-11-02"), None, id="all were met today"),
    ],
)
def test_days_of_meeting_that_go_back_stamp_the_list(last_night: Path, tonight: Rows, earlier: int | None) -> None:
    judged = Deliveries(last_night).judged(1, school_census=ROLL, health=tonight, social_care=CASES)
    told = (
        f"health.csv: in {earlier} of 100 rows LastContact is earlier than last time. This file or the last one may be an "
        "older one, or may have the column shifted against the others."
    )
    assert judged.held == ()
    assert [words for words in judged.warnings if words.startswith("health")] == ([told] if earlier else [])


@pytest.mark.parametrize(
    ("last", "ended"),
    [
        pytest.param(8, 7, id="seven pupils of 120 have a leaving date overnight"),
        pytest.param(7, None, id="six: one in twenty"),
    ],
)
def test_ends_by_the_score_stamp_the_list(last_night: Path, last: int, ended: int | None) -> None:
    tonight = _with(ROLL, "leaving_date", "2026-11-02", first=1, last=last)
    judged = Deliveries(last_night).judged(1, school_census=tonight, health=LIST, social_care=CASES)
    told = (
        f"school_census.csv: {ended} of 120 rows have a past LeavingDate that had none last time. It may have been filled in "
        "for many by mistake; at the end of a term it may be right."
    )
    assert judged.held == ()
    assert [words for words in judged.warnings if words.startswith("school_census")] == ([told] if ended else [])


def test_a_file_that_is_right_again_is_not_held_for_what_a_wrong_one_told(last_night: Path, tmp_path: Path) -> None:
    nights = Deliveries(shutil.copytree(last_night, tmp_path / "workspace"))
    wrong = _with(ROLL, "leaving_date", "2026-11-02", last=60)
    others = {"health": LIST, "social_care": CASES}
    judged = nights.night(1, school_census=wrong, **others)
    assert judged.completeness.filter(check="ended at once").height == 1
    right = [*ROLL[:-1], {**ROLL[-1], "leaving_date": "2026-11-03"}]
    judged = nights.night(2, school_census=right, **others)
    assert judged.held == ()
    assert "taken back" not in judged.completeness["check"].to_list()


def test_nothing_is_taken_back_of_another_child_under_the_same_key(tmp_path: Path) -> None:
    """As where the key is a row's place in a sheet."""
    nights = Deliveries(tmp_path)
    born = [f"2014-{n % 12 + 1:02}-{n % 28 + 1:02}" for n in range(len(ROLL))]
    rows = [{**row, "date_of_birth": born[n], "forename": f"Jo{n:03}"} for n, row in enumerate(ROLL)]
    nights.night(0, school_census=rows)
    above = {**rows[0], "surname": "Above", "forename": "Zo", "date_of_birth": "2015-01-30", "leaving_date": ""}
    keyed = [{**row, "record_id": f"C{n // 12}-{n % 12}"} for n, row in enumerate([above, *rows])]
    judged = nights.night(1, school_census=keyed)
    assert judged.held == ()
    assert "taken back" not in judged.completeness["check"].to_list()


def test_what_a_night_told_of_a_file_is_told_again_whenever_it_is_run_with_the_same_rows(
    last_night: Path, tmp_path: Path
) -> None:
    nights = Deliveries(shutil.copytree(last_night, tmp_path / "workspace"))
    older = _with(LIST, "last_contact", "2026-09-01", last=40)
    sent = {"school_census": ROLL, "social_care": CASES}
    first, again = (nights.night(1, health=older, **sent).warnings for _ in range(2))
    assert "LastContact is earlier than last time" in first[0]
    assert again == first
    moved = [*older[1:], older[0]]
    assert nights.night(1, health=moved, **sent).warnings == first, "in any order"
    one_more = [*older, {"record_id": "H1000", "surname": "Name1000"}]
    assert nights.night(1, health=one_more, **sent).warnings == first, "among others"
    newer = _with(LIST, "last_contact", "2026-11-02", last=40)
    for after in (1, 1, 2):
        warnings = nights.night(after, health=newer, **sent).warnings
        assert not any("LastContact" in told for told in warnings), "another file has come in its place"
