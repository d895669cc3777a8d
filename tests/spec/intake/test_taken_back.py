"""What had happened and is told no more: ends, days on which children were met, marks of protection."""

import shutil
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from pipelines.intake.at_the_gate.acceptance import accept
from pipelines.intake.at_the_gate.gate import against_last, places_taken_back
from pipelines.night import run_night
from pipelines.store import Store
from pipelines.tables import ACCEPTANCE
from tests.conftest import FirstNight
from tests.golden.authority import AS_AT
from tests.made.deliveries import CONTRACTS, FIRST, Deliveries, Rows, census, health

LEFT = "2026-07-17"
ROLL = [{**row, "leaving_date": LEFT if n % 10 == 0 else ""} for n, row in enumerate(census())]
CASES = [
    {
        "record_id": f"S{n}",
        "surname": f"Name{n}",
        "forename": "Jo",
        "date_of_birth": f"2014-03-{n % 28 + 1:02}",
        "postcode": "ZA1 1AA",
        "address_protected": "Y" if n < 3 else "N",
    }
    for n in range(40)
]
BORN = [f"2014-{n % 12 + 1:02}-{n % 28 + 1:02}" for n in range(len(ROLL))]
LIST = [{**row, "last_contact": f"2026-10-{n % 28 + 1:02}"} for n, row in enumerate(health())]


def _with(rows: Rows, column: str, value: str, first: int = 0, last: int = 1000) -> Rows:
    return [{**row, column: value} if first <= n < last else row for n, row in enumerate(rows)]


def _renumbered(rows: Rows) -> Rows:
    """As in a new system: every key is new."""
    return [{**row, "record_id": f"N{n:04}"} for n, row in enumerate(rows)]


def _slipped(rows: Rows, column: str) -> Rows:
    return [{**row, column: rows[(n + 1) % len(rows)][column]} for n, row in enumerate(rows)]


@pytest.fixture(scope="module")
def last_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace to which the rows came once: to be copied."""
    workspace = tmp_path_factory.mktemp("last_night")
    Deliveries(workspace).night(0, school_census=ROLL, health=LIST, social_care=CASES)
    return workspace


ENDS = (
    "school_census.csv: of 12 rows that had ended by LeavingDate, its words or a status, 12 no longer have: what had ended "
    "would seem to go on. The column may have been sent empty, or have shifted against the others. If last time's were wrong, "
    "accept it."
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
        pytest.param(
            {"social_care": _renumbered(_with(CASES, "address_protected", "N"))},
            MARKS.format(3),
            id="under other keys too",
        ),
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
        f"school_census.csv: {ended} of 120 rows have ended, by LeavingDate or a status, that had not last time. It may have "
        "been filled in for many by mistake; at the end of a term it may be right."
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
    rows = [{**row, "date_of_birth": BORN[n], "forename": f"Jo{n:03}"} for n, row in enumerate(ROLL)]
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


def _places(source: str, ended: int, rows: int = 40) -> Rows:
    """A list of places, of which the first have ended."""
    end = next(iter(CONTRACTS[source].ends_of_places))
    begin = next(iter(CONTRACTS[source].beginnings_of(end)))
    child = {"forename": "Jo", "postcode": "ZA1 1AA", begin: "2024-09-02"}
    return [
        {
            "record_id": f"P{n}",
            "surname": f"Name{n}",
            "date_of_birth": BORN[n],
            **child,
            end: "2026-10-23" if n < ended else "",
        }
        for n in range(rows)
    ]


def _without_ends(source: str, rows: Rows, first: int = 0) -> Rows:
    return _with(rows, next(iter(CONTRACTS[source].ends_of_places)), "", first)


def _refused(nights: Deliveries, after: int, **sent: Rows) -> dict[str, str]:
    """Source -> why its list is not loaded."""
    received = nights.received(sent, (), ())
    with Store(nights.workspace) as store:
        against = against_last(store, received, CONTRACTS, FIRST + timedelta(days=after))
    found = places_taken_back(against, ACCEPTANCE.to_frame(), CONTRACTS)
    return {source: breach.why for source, breach in found.items()}


@pytest.mark.parametrize("source", ["ehe_register", "alternative_provision", "independent_schools", "other_la"])
@pytest.mark.parametrize("has_other_keys", [False, True], ids=["the same keys", "a new system: other keys"])
@pytest.mark.parametrize(
    ("ended", "still", "is_refused"),
    [
        pytest.param(12, 0, True, id="no end is left"),
        pytest.param(12, 6, True, id="half of the ends"),
        pytest.param(12, 7, False, id="five entries were put right"),
        pytest.param(3, 0, True, id="all three ends"),
        pytest.param(2, 0, False, id="two entries were put right"),
    ],
)
def test_a_list_of_places_whose_ended_entries_would_go_on_is_not_loaded(
    tmp_path: Path, source: str, *, has_other_keys: bool, ended: int, still: int, is_refused: bool
) -> None:
    nights = Deliveries(tmp_path)
    rows = _places(source, ended)
    nights.night(0, school_census=ROLL, **{source: rows})
    tonight = _without_ends(source, rows, still)
    refused = _refused(nights, 1, school_census=ROLL, **{source: _renumbered(tonight) if has_other_keys else tonight})
    assert list(refused) == [source] * is_refused
    assert all(
        f"{ended - still} no longer have: what had ended would seem to go on." in why for why in refused.values()
    )


def test_two_entries_of_a_child_may_change_places_in_a_new_system(tmp_path: Path) -> None:
    """Which of the two goes on as which, nothing but their keys tells."""
    nights = Deliveries(tmp_path)
    ended = _places("ehe_register", 20, 20)
    begun_again = [
        {**row, "record_id": f"Q{n}", "notified_on": "2026-09-07", "closed_on": ""} for n, row in enumerate(ended)
    ]
    nights.night(0, school_census=ROLL, ehe_register=[*ended, *begun_again])
    assert not _refused(nights, 1, school_census=ROLL, ehe_register=_renumbered([*begun_again, *ended]))


def test_a_list_of_the_open_entries_alone_takes_nothing_back(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    nights.night(0, school_census=ROLL, ehe_register=_places("ehe_register", 12))
    still_open = _renumbered(_places("ehe_register", 12)[12:])
    assert not _refused(nights, 1, school_census=ROLL, ehe_register=_without_ends("ehe_register", still_open))


def test_a_list_that_says_in_words_what_has_ended_takes_nothing_back(tmp_path: Path) -> None:
    """As in a new system that gives a status in place of the day."""
    nights, rows = Deliveries(tmp_path), _places("ehe_register", 12)
    nights.night(0, school_census=ROLL, ehe_register=rows)
    told = [{**row, "status": "Closed" if row["closed_on"] else "Open", "closed_on": ""} for row in rows]
    assert not _refused(nights, 1, school_census=ROLL, ehe_register=told)
    assert not _refused(nights, 1, school_census=ROLL, ehe_register=_renumbered(told))


@pytest.mark.parametrize(
    ("column", "said"),
    [
        pytest.param("status", "Closed", id="a status"),
        pytest.param("closed_on", "Closed", id="a word in place of the day"),
    ],
)
def test_ends_told_in_words_are_missed_when_they_are_gone(tmp_path: Path, column: str, said: str) -> None:
    """Only days were compared: entries that had ended in words went on, and hid their children, without a word."""
    nights, rows = Deliveries(tmp_path), _places("ehe_register", 12)
    seen = {"notified_on": "2026-10-23", "closed_on": ""}
    told = [{**row, **seen} | ({column: said} if row["closed_on"] else {}) for row in rows]
    nights.night(0, school_census=ROLL, ehe_register=told)
    lost = [{**row, column: ""} for row in told]
    for tonight in (lost, _renumbered(lost)):
        assert list(_refused(nights, 1, school_census=ROLL, ehe_register=tonight)) == ["ehe_register"]


def test_a_roll_that_loses_its_ends_with_its_keys_holds_the_list(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    rows = [{**row, "date_of_birth": BORN[n]} for n, row in enumerate(ROLL)]
    nights.night(0, school_census=rows)
    assert ENDS in nights.judged(1, school_census=_renumbered(_with(rows, "leaving_date", ""))).held


def test_no_child_leaves_the_list_because_home_education_that_ended_seems_to_go_on(
    quick_night: FirstNight, extracts: Path, tmp_path: Path
) -> None:
    """Night after night, until the register is whole or a named person accepts it."""
    listed = pl.read_parquet(quick_night.published / "candidates.parquet")
    likely = listed.filter(lane="follow up").drop_nulls(["date_of_birth", "surname"]).head(12)
    ended = [
        {
            "RecordId": f"EH{n}", "Surname": row["surname"], "Forename": row["forename"], "Postcode": row["postcode"],
            "DateOfBirth": f"{row['date_of_birth']:%d/%m/%Y}", "NotifiedOn": "01/09/2025", "ClosedOn": "17/07/2026",
        }
        for n, row in enumerate(likely.to_dicts())
    ]  # fmt: skip
    pl.DataFrame(ended).write_csv(extracts / "ehe_register.csv")
    at = {"extracts": extracts, "workspace": tmp_path / "nights"}

    def listed_on(day: int) -> set[str]:
        night = run_night(quick_night.settings.model_copy(update=at | {"as_at": AS_AT + timedelta(days=day)}))
        rows = pl.read_parquet(night.published / "candidates.parquet").filter(
            pl.col("records").str.contains("ehe_register")
        )
        text = night.published / "WARNINGS.txt"
        told.append(text.read_text("utf-8") if text.exists() else "")
        return {record for records in rows["records"] for record in records.split(";") if record.startswith("health")}

    told: list[str] = []
    before = listed_on(0)
    assert len(before) >= 6
    again = [{**row, "RecordId": f"N{n}", "ClosedOn": ""} for n, row in enumerate(ended)]
    pl.DataFrame(again).write_csv(extracts / "ehe_register.csv")
    assert listed_on(1) == before
    assert listed_on(2) == before
    assert (
        "ehe_register.csv: no rows were received tonight (1 file came and could not be used because of ends that"
        in told[2]
    )
    assert "but 12 rows were loaded on" in told[2]
    night = AS_AT + timedelta(days=3)
    accept(tmp_path / "nights", CONTRACTS, Path("ehe_register"), why="all came back", by="A. Lee", as_at=night)
    assert not listed_on(3)
