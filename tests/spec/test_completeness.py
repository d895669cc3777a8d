"""What came in against earlier nights: what holds the list, what stamps it, and what is no reason to worry."""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from data_contracts.breach import Breach
from data_contracts.completeness import Completeness
from pipelines.intake.acceptance import accept
from pipelines.intake.gate import Judged
from pipelines.settings import SettingsError
from tests.made.deliveries import CONTRACTS, FIRST, Deliveries, Rows, census, health, register


@pytest.fixture(scope="module")
def three_nights(tmp_path_factory: pytest.TempPathFactory) -> Deliveries:
    """An authority that has delivered for three nights, to be looked at: no night of it is kept."""
    delivered = Deliveries(tmp_path_factory.mktemp("deliveries") / "workspace")
    for after in range(3):
        sent = health(100 + after, seen_on=FIRST + timedelta(days=after - 1))
        assert not delivered.night(after, school_census=_census(after), health=sent, ehe_register=register()).held
    return delivered


@pytest.fixture
def nights(three_nights: Deliveries, tmp_path: Path) -> Deliveries:
    """The same, to go on with."""
    return Deliveries(shutil.copytree(three_nights.workspace, tmp_path / "workspace"))


Begun = Callable[..., Deliveries]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Begun:
    """An authority that has delivered for one night, to be looked at; one for all tests that have the same first night."""
    made: dict[str, Deliveries] = {}

    def delivered(after: int = 0, **sources: Rows) -> Deliveries:
        night = repr((after, sources))
        if night not in made:
            made[night] = Deliveries(tmp_path_factory.mktemp("begun"))
            made[night].night(after, **sources)
        return made[night]

    return delivered


def _census(after: int) -> Rows:
    """A roll that changes a little every night."""
    return [{**row, "nc_year_actual": str(after)} for row in census()]


def _tonight(**changed: Rows | None) -> dict[str, Rows]:
    sent = {
        "school_census": _census(3),
        "health": health(103, seen_on=FIRST + timedelta(days=2)),
        "ehe_register": register(),
    }
    return {source: rows for source, rows in {**sent, **changed}.items() if rows is not None}


def _told(judged: Judged, source: str) -> list[tuple[str, str, str]]:
    return list(judged.found.filter(source=source).select("check", "outcome", "words").iter_rows())


def test_a_usual_night_is_complete(three_nights: Deliveries) -> None:
    judged = three_nights.judged(3, **_tonight())
    assert judged.found.is_empty()
    assert (judged.held, judged.warnings) == ((), ())


Expected = tuple[str, str, str, str]
"""Source, check, outcome, and what its words hold."""


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param(
            {"school_census": [row for row in _census(3) if int(row["estab"]) % 2]},
            ("school_census", "units", "holds", "5 of 10 schools or other units of 04/11/2026 are gone, with 60 rows: "
             "School 0, School 2, School 4, School 6, School 8."),
            id="half of the schools missing from the census",
        ),
        pytest.param(
            {"school_census": _census(3)[:70]},
            ("school_census", "fewer rows", "holds",
             "70 rows came, where 120 are usual: 42% fewer. The file may be cut off."),
            id="a census cut off in the middle",
        ),
        pytest.param(
            {"school_census": [row for row in _census(3) if row["estab"] != "2007" or row["record_id"] < "C7-3"]},
            ("school_census", "units", "holds",
             "most rows of these schools or other units are gone: School 7 (12 to 5)."),
            id="a school that lost most of its pupils",
        ),
        pytest.param(
            {"ehe_register": None},
            ("ehe_register", "missing", "stamps", "no row came tonight (1 file came and could not be used), while 30 rows "
             "were loaded on 04/11/2026."),
            id="an empty EHE register, refused as it has a header and no row",
        ),
        pytest.param(
            {"ehe_register": []},
            ("ehe_register", "missing", "stamps", "no row came tonight, while 30 rows were loaded on 04/11/2026."),
            id="an empty EHE register",
        ),
        pytest.param(
            {"health": health(102, seen_on=FIRST + timedelta(days=1))},
            ("health", "stale", "stamps", "this is the file of 04/11/2026 again; its rows should change within 1 day."),
            id="yesterday's health file",
        ),
        pytest.param(
            {"health": health(100, seen_on=FIRST - timedelta(days=1))},
            ("health", "stale", "stamps", "this is the older file of 02/11/2026 again, not a new one."),
            id="the health file of three nights ago",
        ),
        pytest.param(
            {"health": health(103, seen_on=FIRST - timedelta(days=60))},
            ("health", "stale", "stamps", "its newest date is 03/09/2026, 63 days before the night"),
            id="a file that has not been sent before, but is old",
        ),
        pytest.param(
            {"health": None},
            ("health", "missing", "stamps",
             "no row came tonight (no file came), while 102 rows were loaded on 04/11/2026."),
            id="a file missing that came last night",
        ),
        pytest.param(
            {"health": health(60, seen_on=FIRST + timedelta(days=2))},
            ("health", "fewer rows", "stamps", "60 rows came, where 101 are usual"),
            id="a file with fewer rows that is no roll",
        ),
        pytest.param(
            {"health": health(88, seen_on=FIRST + timedelta(days=2))},
            ("health", "rows gone", "stamps", "88 rows came, where 101 are usual: 13% fewer. Part of the file may be missing. "
             "Where all of it is there, accept it once."),
            id="a tenth fewer",
        ),
        pytest.param(
            {"school_census": [row for n, row in enumerate(_census(3)) if n % 8]},
            ("school_census", "rows gone", "stamps",
             "105 rows came, where 120 are usual: 12% fewer. Part of the file may be missing. "
             "Where all of it is there, accept it once."),
            id="a tenth fewer of a roll, no school of which has lost most",
        ),
        pytest.param(
            {"health": health(160, seen_on=FIRST + timedelta(days=2))},
            ("health", "more rows", "stamps", "160 rows came, where 101 are usual: 58% more."),
            id="a file with half as many rows again",
        ),
        pytest.param(
            {"health": [{**row, "record_id": f"N{row['record_id']}"} for row in health(103)]},
            ("health", "keys", "stamps", "only 0% of the last delivery's keys came again"),
            id="keys numbered anew",
        ),
        pytest.param(
            {"health": health(103, seen_on=FIRST + timedelta(days=2), postcode="")},
            ("health", "empty values", "stamps", "more values are empty than usual, in Postcode (0% to 100%)."),
            id="a column that came empty",
        ),
    ],
)  # fmt: skip
def test_what_is_outside_its_band_holds_or_stamps_by_name(
    three_nights: Deliveries, changed: dict[str, Rows | None], expected: Expected
) -> None:
    source, check, outcome, words = expected
    refused = tuple(name for name in changed if name == "ehe_register" and changed[name] is None)
    judged = three_nights.judged(3, refused=refused, **_tonight(**changed))
    (found,) = [told for told in _told(judged, source) if told[0] == check]
    assert found[1] == outcome
    assert words in found[2]
    told = judged.held if outcome == "holds" else judged.warnings
    assert any(CONTRACTS[source].name in line or f"{source}.csv" in line for line in told)
    assert bool(judged.held) == (outcome == "holds")


def _under_another_number(rows: Rows, **numbers: str) -> Rows:
    """A roll on which schools go by other numbers, and their pupils by other keys, as after a new system."""
    return [
        {**row, "estab": now, "record_id": f"N{row['record_id']}"} if (now := numbers.get(f"s{row['estab']}")) else row
        for row in rows
    ]


@pytest.mark.parametrize(
    ("tonight", "gone"),
    [
        pytest.param(_under_another_number(_census(3), s2001="889/2001"), "", id="a number written otherwise"),
        pytest.param([{**row, "estab": "4901"} if row["estab"] == "2001" else row for row in _census(3)], "",
                     id="a new academy, its pupils under the keys that they had"),
        pytest.param(_under_another_number(_census(3), s2001="2050", s2002="2050"), "", id="two schools amalgamated"),
        pytest.param([{**row, "estab": f"5{row['estab'][1:]}"} for row in _census(3)], "", id="every school numbered anew"),
        pytest.param(
            [row for row in _under_another_number(_census(3), s2001="2050") if row["record_id"] < "NC1-15"
             or row["estab"] != "2050"],
            "School 1.", id="most of whose pupils are gone: less than half came again",
        ),
        pytest.param(
            [{**row, "surname": f"Other{row['surname']}"} if row["estab"] == "2050" else row
             for row in _under_another_number(_census(3), s2001="2050")],
            "School 1.", id="another school in its place, of other pupils",
        ),
    ],
)  # fmt: skip
def test_a_school_whose_pupils_go_on_under_another_number_is_not_gone(
    three_nights: Deliveries, tonight: Rows, gone: str
) -> None:
    held = three_nights.judged(3, **_tonight(school_census=tonight)).held
    assert [line.split("rows: ")[1] for line in held if "are gone" in line] == ([gone] if gone else [])
    assert bool(held) == bool(gone)


def test_a_hold_says_which_files_and_rows_were_not_read_and_why(three_nights: Deliveries) -> None:
    renamed = Breach("school_census", "school_census.csv", None, "RecordId", "missing column", "file", "Why.", "Fix.")
    shared = Breach("school_census", "school_census.csv", 2, "RecordId", "own key", "row", "Why.", "Fix.")
    left = [row for row in _census(3) if row["estab"] > "2001"]
    aside = tuple(f"school_census:{n}" for n in range(12))
    found = (renamed, *(shared,) * 12)
    held = three_nights.judged(
        3, refused=("school_census",), set_aside=aside, breaches=found, **_tonight(school_census=left)
    ).held
    assert held[-1].endswith(
        "2 of 10 schools or other units of 04/11/2026 are gone, with 24 rows: School 0, School 1. Not read: "
        "school_census.csv could not be used (missing column); 12 rows were set aside (RecordId: own key). Have that "
        "mended first."
    )


Told = list[tuple[str, str, str]]
"""Check, outcome and words of what was found in the census."""

ENDED = [
    (
        "units", "holds", "most places at these schools or other units no longer hold as on 02/11/2026: School 1 (24 to "
        "11). Leaving or entry dates may have been filled in for everybody; or a school has closed or got another number.",
    )
]  # fmt: skip


@pytest.mark.parametrize(
    ("left", "told"),
    [
        pytest.param({"leaving_date": "2026-11-02"}, ENDED, id="left: more than half of a school"),
        pytest.param({"leaving_date": "2026-11-03"}, ENDED, id="left on the day judged"),
        pytest.param({"entry_date": "2027-01-05"}, ENDED, id="not yet there: more than half of a school"),
        pytest.param({"leaving_date": "2026-11-04"}, [], id="about to leave"),
        pytest.param({"leaving_date": "31/12/9999"}, [], id="never to leave"),
        pytest.param({"leaving_date": "N/A"}, [], id="no date"),
    ],
)
def test_a_school_whose_places_end_all_at_once_holds_the_list(begun: Begun, left: dict[str, str], told: Told) -> None:
    roll = census(3, 24)
    some = [{**row, **left} if row["estab"] == "2001" and number % 24 < 13 else row for number, row in enumerate(roll)]
    judged = begun(school_census=roll).judged(1, school_census=some)
    assert [each for each in _told(judged, "school_census") if each[0] == "units"] == told


def _three_schools() -> Rows:
    """A roll of three schools with 24 pupils each, no two of them born on one day."""
    return [{**row, "date_of_birth": str(date(2012, 1, 1) + timedelta(days=n))} for n, row in enumerate(census(3, 24))]


def _with(rows: Rows, estab: str, **columns: str) -> Rows:
    """The roll with other cells in the rows of one school."""
    return [{**row, **columns} if row["estab"] == estab else row for row in rows]


def _places(pupils: int, **columns: str) -> Rows:
    """So many pupils of School 1 on another school's roll since yesterday."""
    theirs = [row for row in _three_schools() if row["estab"] == "2001"][:pupils]
    begun = {"estab": "2002", "school_name": "School 2", "entry_date": "2026-11-02"}
    return [{**row, **begun, "record_id": f"N{row['record_id']}", **columns} for row in theirs]


ROLL = _three_schools()
CLOSED = _with(ROLL, "2001", leaving_date="2026-11-02")
WITHOUT = [row for row in ROLL if row["estab"] != "2001"]
LEFT, GONE = "School 1 (24 to 0)", "are gone, with 24 rows: School 1."


@pytest.mark.parametrize(
    ("before", "tonight", "told"),
    [
        pytest.param(ROLL, CLOSED + _places(12), None, id="closed: half of its pupils are at another school"),
        pytest.param(ROLL, CLOSED + _places(11), LEFT, id="most of its pupils are nowhere"),
        pytest.param(ROLL, CLOSED, LEFT, id="leaving dates filled in for everybody, all on one day"),
        pytest.param(ROLL, _with(CLOSED + _places(24), "2002", leaving_date="2026-11-02"), LEFT,
                     id="leaving dates filled in at the other school too"),
        pytest.param(ROLL, CLOSED + _places(24, entry_date="2026-11-09"), None,
                     id="their places are accepted, and begin next week"),
        pytest.param(ROLL, CLOSED + _places(24, estab="2001", entry_date="2026-11-09"), LEFT,
                     id="places to come at the school itself"),
        pytest.param(ROLL, CLOSED + _places(24, date_of_birth="2011-05-05"), LEFT,
                     id="other children came to the other school"),
        pytest.param(ROLL + _places(12), CLOSED + _places(12), None, id="they were at the other school already"),
        pytest.param(ROLL + _places(12), WITHOUT + _places(12), None, id="gone, and they were at the other school already"),
        pytest.param(ROLL, WITHOUT, GONE, id="gone, and its pupils nowhere"),
        pytest.param(CLOSED, WITHOUT, None, id="gone, and all of its places had ended before"),
        pytest.param(CLOSED[:24] + ROLL[24:29] + CLOSED[29:], WITHOUT, GONE, id="gone, and five of its places had not ended"),
        pytest.param(_with(ROLL, "2001", entry_date="2027-01-05"), WITHOUT, GONE,
                     id="a new school is gone, whose places are all to come"),
        pytest.param(_with(ROLL, "2001", leaving_date="2026-11-03"), WITHOUT, GONE,
                     id="gone on the day on which its places end"),
    ],
)  # fmt: skip
def test_a_school_that_closes_holds_the_list_where_its_pupils_are_nowhere(
    begun: Begun, before: Rows, tonight: Rows, told: str | None
) -> None:
    found = begun(school_census=before).judged(1, school_census=tonight).found
    held = found.filter(check="units", outcome="holds")["words"]
    assert [words for words in held if told is None or told not in words] == []
    assert len(held) == (told is not None)
    assert told is not None or not {"fewer rows", "keys"}.intersection(found["check"])


def test_a_school_that_closes_holds_no_night_before_or_after_its_rows_have_stopped(tmp_path: Path) -> None:
    nights, ahead = Deliveries(tmp_path), _with(ROLL, "2001", leaving_date="2026-11-04") + _places(20)
    without = WITHOUT + _places(20)
    second = _with(without, "2000", nc_year_actual="7")  # of the same day, with other cells
    for after, roll in ((0, ahead), (2, ahead), (3, without), (3, without), (3, second), (4, without)):
        assert not nights.night(after, school_census=roll).held, f"night {after}"
    assert any("fewer" in words for words in nights.night(5, school_census=without[:52]).held)


@pytest.mark.parametrize(
    "rows_left", [pytest.param(0, id="no row of it is left"), pytest.param(4, id="four are forgotten")]
)
def test_a_school_above_a_fifth_of_a_roll_holds_no_night_as_it_closes_nor_the_nights_after(
    tmp_path: Path, rows_left: int
) -> None:
    nights = Deliveries(tmp_path)
    there = _places(24, entry_date="2026-10-01")
    closed = WITHOUT + there + [row for row in ROLL if row["estab"] == "2001"][:rows_left]
    nights.night(0, school_census=ROLL + there)
    assert "fewer rows" in nights.night(1, school_census=closed[18:]).found["check"], "cut off on that night"
    for after in (1, 1, 2, 3):
        told = nights.night(after, school_census=_with(closed, "2000", nc_year_actual=str(after)))
        assert told.found.is_empty(), f"night {after}"
    (held,) = nights.night(4, school_census=closed[6:-10]).held
    assert f"{56 + rows_left} rows came, where {72 + rows_left} are usual: 2" in held


def test_a_school_accepted_as_closed_is_told_each_time_that_night_is_run(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    nights.night(0, school_census=ROLL)
    accept(
        nights.workspace, CONTRACTS, Path("school_census"), why="closed", by="A. Lee", as_at=FIRST + timedelta(days=1)
    )
    for _ in range(2):
        (told,) = nights.night(1, school_census=CLOSED).warnings
        assert LEFT in told


def test_places_that_end_of_themselves_while_the_file_stays_the_same_hold_the_list_too(tmp_path: Path) -> None:
    nights, roll = Deliveries(tmp_path), census(3, 24)
    roll = [{**row, "leaving_date": "2026-11-03"} if row["estab"] == "2001" else row for row in roll]
    assert nights.night(0, school_census=roll).found.is_empty()
    assert any("School 1 (24 to 0)" in line for line in nights.judged(1, school_census=roll).held)


def test_a_few_places_of_a_small_unit_may_end(tmp_path: Path) -> None:
    nights, roll = Deliveries(tmp_path), census(3, 19)
    nights.night(0, school_census=roll)
    gone = [{**row, "leaving_date": "2026-11-01"} if row["estab"] == "2001" else row for row in roll]
    assert nights.judged(1, school_census=gone).held == ()


def test_a_contract_that_counts_by_another_column_is_held_once_and_says_what_it_may_be(tmp_path: Path) -> None:
    Deliveries(tmp_path).night(0, school_census=census())
    roll = CONTRACTS["school_census"]
    by_name = roll.completeness.model_copy(update={"unit": "school_name"})
    nights = Deliveries(tmp_path, {**CONTRACTS, "school_census": roll.model_copy(update={"completeness": by_name})})
    (held,) = nights.night(1, school_census=census()).held
    assert "10 of 10 schools or other units of 02/11/2026 are gone" in held
    assert held.endswith(
        " None of tonight's 10 was there before: where the contract counts by SchoolName only from tonight on, accept it once."
    )
    accept(tmp_path, CONTRACTS, Path("school_census"), why="by name", by="A. Lee", as_at=FIRST + timedelta(days=1))
    assert not nights.night(1, school_census=census()).held
    assert not nights.night(2, school_census=census()).held


def test_a_school_is_missed_after_a_pause_and_in_a_file_that_comes_once_a_term_too(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    nights.night(0, school_census=census(), health=health())
    nights.night(1, health=health())
    (held,) = nights.night(100, school_census=census(9), health=health()).held
    assert "1 of 10 schools or other units of 02/11/2026 are gone, with 12 rows: School 9." in held


def test_half_of_the_schools_missing_is_held_again_the_next_night(nights: Deliveries) -> None:
    half = [row for row in _census(3) if int(row["estab"]) % 2]
    assert nights.night(3, **_tonight(school_census=half)).held
    assert nights.night(4, **_tonight(school_census=half)).held
    assert nights.table("source_night").filter(source="school_census").height == 3
    assert not nights.night(4, **_tonight()).held


@pytest.mark.parametrize(
    ("sent", "check"),
    [
        pytest.param({"health": health(4)}, ["few rows"], id="a file with hardly a row stamps"),
        pytest.param({"health": health(5)}, [], id="nothing to compare with"),
        pytest.param({"school_census": census(1, 2)}, ["few rows"], id="a roll with hardly a row stamps too"),
    ],
)
def test_on_the_first_night_only_what_cannot_be_true_is_told(
    tmp_path: Path, sent: dict[str, Rows], check: list[str]
) -> None:
    judged = Deliveries(tmp_path).judged(0, **({"school_census": census()} | sent))
    assert judged.found["check"].to_list() == check
    assert not judged.held


def test_a_roll_of_which_a_file_was_refused_holds_the_first_night(tmp_path: Path) -> None:
    told = "1 file of 2 came and could not be used, and no earlier night shows how many rows are usual."
    delivered = Deliveries(tmp_path)
    judged = delivered.night(0, school_census=census(), health=health(), refused=("school_census", "health"))
    assert judged.held == (f"school_census.csv, school_census.csv: {told}",)
    assert judged.warnings == (f"health.csv, health.csv: {told}",)
    accept(delivered.workspace, CONTRACTS, Path("school_census"), why="the other is old", by="A. Lee", as_at=FIRST)
    judged = delivered.night(0, school_census=census(), health=health(), refused=("school_census", "health"))
    assert not judged.held


@pytest.mark.parametrize("source", ["school_census", "health"])
@pytest.mark.parametrize(("kept_out", "is_told"), [(30, False), (31, True)])
def test_a_roll_of_which_a_fifth_of_the_rows_is_set_aside_holds_the_first_night_and_another_source_stamps_it(
    tmp_path: Path, source: str, kept_out: int, is_told: bool
) -> None:
    end = Breach(source, f"{source}.csv", 2, "LeavingDate", "date", "row", "Why.", "Fix.")
    aside = tuple(f"{source}:X{row}" for row in range(kept_out))
    judged = Deliveries(tmp_path).judged(
        0, school_census=census(), health=health(120), set_aside=aside, breaches=(end,) * kept_out
    )
    told = f"{source}.csv: 31 of its 151 rows were set aside (LeavingDate: date): what they say of their children is not known."
    assert (judged.held if source == "school_census" else judged.warnings) == ((told,) if is_told else ())
    assert (judged.warnings if source == "school_census" else judged.held) == ()


def test_a_file_that_has_every_row_twice_loses_nothing_on_the_first_night(tmp_path: Path) -> None:
    again = tuple(f"school_census:{row['record_id']}" for row in census())
    judged = Deliveries(tmp_path).judged(0, school_census=census(), set_aside=again)
    assert judged.held == judged.warnings == ()


def test_a_source_of_which_nothing_could_be_used_stamps_the_first_night_and_says_why(tmp_path: Path) -> None:
    why = Breach("health", "health.csv", None, "BirthDate", "form of dates", "file", "Why.", "Fix.")
    judged = Deliveries(tmp_path).judged(0, school_census=census(), refused=("health",), breaches=(why,))
    (told,) = judged.warnings
    assert told.startswith("health.csv: no row came tonight (1 file came and could not be used: form of dates), and no")
    assert judged.held == ()


def test_a_source_of_which_every_row_was_set_aside_stamps_the_first_night_and_says_why(tmp_path: Path) -> None:
    undated = Breach("ehe_register", "ehe_register.csv", 2, "StartDate", "required", "row", "Why.", "Fix.")
    aside = ("ehe_register:X1", "ehe_register:X2")
    judged = Deliveries(tmp_path).judged(
        0, school_census=census(), ehe_register=[], set_aside=aside, breaches=(undated,) * 2
    )
    (told,) = judged.warnings
    assert told.endswith(
        "no row came tonight (2 rows came and every one was set aside: StartDate: required), and no earlier night shows how "
        "many are usual."
    )
    assert judged.held == ()


@pytest.mark.parametrize("rule", ["form of dates", "missing column"])
def test_a_column_that_says_nothing_of_many_children_stamps_the_night(tmp_path: Path, rule: str) -> None:
    unsaid = Breach("health", "health.csv", None, "LastContact", rule, "nothing", "18 of its 100 dates.", "Fix.")
    judged = Deliveries(tmp_path).judged(0, school_census=census(), health=health(), breaches=(unsaid,))
    assert (judged.held, judged.warnings) == ((), ("health.csv: LastContact: 18 of its 100 dates.",))


def test_the_same_night_again_is_no_file_of_yesterday(nights: Deliveries) -> None:
    assert nights.night(3, **_tonight()).found.is_empty()
    assert nights.night(3, **_tonight()).found.is_empty()


@pytest.mark.parametrize(
    ("first", "again", "is_stale"),
    [
        pytest.param(4, 5, False, id="Friday's on Saturday, where nights run late in the evening"),
        pytest.param(5, 6, False, id="Saturday's on Sunday"),
        pytest.param(5, 7, False, id="Saturday's on Monday, where nights run after midnight"),
        pytest.param(4, 7, True, id="Friday's on Monday"),
        pytest.param(5, 8, True, id="Saturday's on Tuesday"),
        pytest.param(7, 8, True, id="Monday's on Tuesday"),
    ],
)
def test_no_rows_need_change_over_a_weekend(begun: Begun, first: int, again: int, is_stale: bool) -> None:
    delivered = begun(first, school_census=_census(first), health=health(100))
    judged = delivered.judged(again, school_census=_census(again), health=health(100))
    assert ("stale" in judged.found.filter(source="health")["check"].to_list()) is is_stale


def test_a_register_that_need_not_change_is_not_stale(three_nights: Deliveries) -> None:
    assert three_nights.judged(60, **_tonight()).found.filter(source="ehe_register").is_empty()


def test_a_band_in_the_contract_outweighs_what_is_learnt(three_nights: Deliveries) -> None:
    strict = Completeness(rows=(0.99, 1.02), holds=("fewer rows", "empty values"), empty_rise=0.5, keys_kept=0.0)
    contracts = {**CONTRACTS, "health": CONTRACTS["health"].model_copy(update={"completeness": strict})}
    judged = Deliveries(three_nights.workspace, contracts).judged(3, **_tonight(health=health(99)))
    assert judged.held == ("health.csv: 99 rows came, where 101 are usual: 2% fewer. The file may be cut off.",)


def test_nights_that_vary_widen_the_band(tmp_path: Path) -> None:
    delivered = Deliveries(tmp_path)
    sizes = (60, 100, 140, 80, 120, 100, 60, 140)
    for after, size in enumerate(sizes):
        delivered.night(after, school_census=_census(after), health=health(size))
    judged = delivered.judged(len(sizes), school_census=_census(99), health=health(55))
    assert "fewer rows" not in judged.found.filter(source="health")["check"].to_list()


def _accepts(nights: Deliveries, given: str, **said: str) -> str:
    as_at = FIRST + timedelta(days=3)
    return accept(nights.workspace, CONTRACTS, Path(given), as_at=as_at, **({"why": "2 closed", "by": "A. Lee"} | said))


@pytest.mark.parametrize("given", ["school_census.csv", "school_census"])
def test_a_named_person_overrules_for_one_file_and_one_night(nights: Deliveries, given: str) -> None:
    eight = [row for row in _census(3) if row["estab"] > "2001"]
    assert nights.night(3, **_tonight(school_census=eight)).held
    assert _accepts(nights, given) == "school_census"
    judged = nights.night(3, **_tonight(school_census=eight))
    assert judged.held == ()
    assert any(warning.startswith("school_census.csv: 2 of 10 schools") for warning in judged.warnings)
    assert all(warning.endswith("Accepted by A. Lee.") for warning in judged.warnings)
    assert nights.table("acceptance").select("source", "why", "by").rows() == [("school_census", "2 closed", "A. Lee")]
    tomorrow = [{**row, "nc_year_actual": "4"} for row in eight]
    assert not nights.night(4, **_tonight(school_census=tomorrow)).held, "what was accepted is the new usual"
    assert nights.night(5, **_tonight(school_census=tomorrow[:60])).held


def test_a_file_is_accepted_as_it_is_and_no_other(nights: Deliveries, tmp_path: Path) -> None:
    (tmp_path / "school_census.csv").write_text("another file", "utf-8")
    _accepts(nights, str(tmp_path / "school_census.csv"))
    assert nights.night(3, **_tonight(school_census=_census(3)[:60])).held


@pytest.mark.parametrize(
    ("given", "said", "told"),
    [
        pytest.param("school_census.csv", {"why": " "}, "needs --why", id="without a reason"),
        pytest.param("school_census.csv", {"by": ""}, "--by", id="without a name"),
        pytest.param("nonsense.csv", {}, "No contract names this file", id="a file that nobody knows"),
        pytest.param("scool_census", {}, "did you mean school_census", id="a source with a slip"),
    ],
)
def test_nobody_overrules_without_a_name_and_a_reason(
    nights: Deliveries, given: str, said: dict[str, str], told: str
) -> None:
    with pytest.raises(SettingsError, match=told):
        _accepts(nights, given, **said)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda: Completeness(rows=(1.2, 0.8)), id="a band upside down"),
        pytest.param(lambda: Completeness(unit_name="school_name"), id="a name without a unit"),
        pytest.param(lambda: _with_unit("surname"), id="a unit that could name a child"),
        pytest.param(lambda: _with_unit("nowhere"), id="a unit that is no column"),
    ],
)
def test_a_contract_that_cannot_be_meant_is_refused(wrong: Callable[[], object]) -> None:
    with pytest.raises(ValidationError):
        wrong()


def _with_unit(unit: str) -> object:
    census_contract = CONTRACTS["school_census"]
    fields = {name: getattr(census_contract, name) for name in type(census_contract).model_fields}
    return type(census_contract).model_validate({**fields, "completeness": Completeness(unit=unit)})


def test_no_check_tells_a_value_of_a_child(three_nights: Deliveries) -> None:
    odd = [{**row, "surname": "Zzyzx", "record_id": f"Zzyzx{row['record_id']}", "postcode": ""} for row in _census(3)]
    judged = three_nights.judged(3, **_tonight(school_census=odd, health=None))
    assert judged.found.height >= 2
    assert "Zzyzx" not in "".join(judged.found.select(pl.concat_str(pl.all())).to_series())


@pytest.mark.parametrize(
    ("after", "told"),
    [
        pytest.param(365, "2/11/2027, but no file of tonight has a date after 02/11/2026", id="a year too late"),
        pytest.param(60, None, id="two months late: only stamped"),
        pytest.param(-30, None, id="the list of a day gone by, from files made since"),
        pytest.param(-365, "2/11/2025, but the files of tonight tell of days up to", id="a year too early"),
    ],
)
def test_a_date_far_from_the_days_of_which_the_files_tell_is_taken_for_a_slip(
    tmp_path: Path, after: int, told: str | None
) -> None:
    days = [str(FIRST - timedelta(days=n)) for n in range(40)]
    seen = {source: [{**row, column: day} for row, day in zip(health(40), days, strict=True)]
            for source, column in (("health", "last_contact"), ("housing", "last_verified"))}  # fmt: skip
    delivered = Deliveries(tmp_path / "workspace")
    if told is None:
        assert not delivered.judged(after, school_census=census(), **seen).held
        return
    with pytest.raises(SettingsError, match=told):
        delivered.judged(after, school_census=census(), **seen)


PRACTICES = [{**row, "gp_practice": f"Z{n % 4}"} for n, row in enumerate(health(100))]


@pytest.mark.parametrize(
    ("tonight", "told"),
    [
        pytest.param([row for row in PRACTICES if row["gp_practice"] != "Z1" or row["record_id"] == "H1"],
                     "most rows of these schools or other units are gone: Z1 (25 to 1). Where that is right, accept it once.",
                     id="a practice did not send"),
        pytest.param([{**row, "gp_practice": ""} for row in PRACTICES],
                     "no row has GPPractice any more, so that nobody sees whose rows are missing.", id="no practice is named"),
        pytest.param([{**row, "gp_practice": "Z2" if row["gp_practice"] == "Z1" else row["gp_practice"]} for row in PRACTICES],
                     None, id="two practices have merged"),
    ],
)  # fmt: skip
def test_the_practices_of_the_doctors_list_are_missed_like_schools(
    begun: Begun, tonight: Rows, told: str | None
) -> None:
    judged = begun(school_census=census(), health=PRACTICES).judged(1, school_census=census(), health=tonight)
    of_units = [words for check, outcome, words in _told(judged, "health") if (check, outcome) == ("units", "stamps")]
    assert of_units == ([] if told is None else [told])


def _twelve_practices(after: int, *, without: int = 0) -> Rows:
    """The doctors' list of one night, twenty rows a practice; ``without``: so many rows of the practice Z1 did not come."""
    rows = [{**row, "gp_practice": f"Z{n % 12}", "last_contact": str(FIRST + timedelta(days=after))}
            for n, row in enumerate(health(240))]  # fmt: skip
    gone = [row["record_id"] for row in rows if row["gp_practice"] == "Z1"][:without]
    return [row for row in rows if row["record_id"] not in gone]


@pytest.mark.parametrize(
    ("without", "told"),
    [
        pytest.param((20, 20, 20), (True, True, True), id="it is missed each night"),
        pytest.param((20, 20, 0), (True, True, False), id="until it sends again"),
        pytest.param((20, 0, 20), (True, False, True), id="and when it stops again"),
        pytest.param((11, 11, 20), (True, True, True), id="most of its rows are missed"),
        pytest.param((10, 10, 10), (False, False, False), id="half of its rows are not"),
        pytest.param((10, 16, 14), (False, True, False), id="what came last before the gap is the measure"),
    ],
)  # fmt: skip
def test_a_practice_is_missed_until_it_sends_again(
    begun: Begun, tmp_path: Path, without: tuple[int, ...], told: tuple[bool, ...]
) -> None:
    first = begun(school_census=_census(0), health=_twelve_practices(0))
    nights = Deliveries(shutil.copytree(first.workspace, tmp_path / "workspace"))
    found = [
        nights.night(after, school_census=_census(after), health=_twelve_practices(after, without=gone))
        for after, gone in enumerate(without, start=1)
    ]
    assert tuple("units" in judged.found["check"] for judged in found) == told
    assert tuple("health" in judged.cut_off for judged in found) == told


def test_a_practice_is_missed_for_longer_than_bands_are_learnt_from(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    nights.night(0, school_census=_census(0), health=_twelve_practices(0))
    for after in (1, 40, 61, 62, 130):
        rows = _twelve_practices(after, without=20)
        told = nights.night(after, school_census=_census(after), health=rows).warnings
        assert any("1 of 12 schools or other units of 02/11/2026 are gone, with 20 rows: Z1." in each for each in told)


def _notified(after: int, *, last_year: bool = False) -> Rows:
    """A register to which one more child was notified yesterday; or the workbook of the year before, put back."""
    newest = FIRST - timedelta(days=400) if last_year else FIRST + timedelta(days=after - 1)
    return [
        {**row, "notified_on": f"{newest - timedelta(days=n):%d/%m/%Y}"} for n, row in enumerate(register(30 + after))
    ]


def test_an_old_file_of_a_source_that_need_not_change_is_told_until_a_newer_one_comes(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    told = []
    for after, last_year in enumerate([False, False, True, True, True, True, False, False]):
        rows = _notified(after, last_year=last_year)
        seen = health(100 + after, seen_on=FIRST + timedelta(days=after - 1))
        found = nights.night(after, school_census=_census(after), health=seen, ehe_register=rows).found
        told.append(found.filter(source="ehe_register", check="stale").height > 0)
    assert told == [False, False, True, True, True, True, False, False]


def test_codes_that_a_system_writes_otherwise_are_told_until_the_contract_knows_them(tmp_path: Path) -> None:
    nights, whole = (
        Deliveries(tmp_path),
        [{**row, "leaving_ground": "EHE" if n < 20 else ""} for n, row in enumerate(census())],
    )
    other = [
        {**row, "leaving_ground": "gone elsewhere" if n < 3 else row["leaving_ground"]} for n, row in enumerate(whole)
    ]
    told = (
        "school_census.csv: more codes than usual are none that its contract knows, and say nothing, in LeavingGround (0% to "
        "15%). Add the codes to the contract (codes)."
    )
    for after, (rows, is_told) in enumerate(
        [(whole, False), (other, True), (other, True), (whole, False), (other, True)]
    ):
        named = [{**row, "nc_year_actual": str(after)} for row in rows]
        assert (told in nights.night(after, school_census=named).warnings) is is_told


def test_a_contract_that_names_no_practices_any_more_misses_none(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    nights.night(0, school_census=_census(0), health=_twelve_practices(0))
    without = CONTRACTS["health"].completeness.model_copy(update={"unit": None})
    nights.contracts = {**CONTRACTS, "health": CONTRACTS["health"].model_copy(update={"completeness": without})}
    for after in (1, 2):
        rows = _twelve_practices(after, without=20)
        assert nights.night(after, school_census=_census(after), health=rows).found.is_empty()


def test_a_practice_that_is_accepted_as_gone_is_missed_no_more(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    nights.night(0, school_census=_census(0), health=_twelve_practices(0))
    (told,) = nights.night(1, school_census=_census(1), health=_twelve_practices(1, without=20)).warnings
    gone = (
        "1 of 12 schools or other units of 02/11/2026 are gone, with 20 rows: Z1. Where that is right, accept it once."
    )
    assert told == f"health.csv: {gone}"
    second = FIRST + timedelta(days=2)
    accept(nights.workspace, CONTRACTS, Path("health"), why="it has closed", by="A. Lee", as_at=second)
    judged = nights.night(2, school_census=_census(2), health=_twelve_practices(2, without=20))
    assert judged.warnings == (f"health.csv: {gone} Accepted by A. Lee.",)
    assert judged.cut_off == frozenset()
    assert nights.night(3, school_census=_census(3), health=_twelve_practices(3, without=20)).found.is_empty()


def test_a_list_of_which_a_part_is_missing_for_some_nights_does_not_become_the_usual_one(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    told = []
    for after, rows in enumerate((300, 260, 260, 260, 299, 600, 300)):
        judged = nights.night(after, school_census=_census(after), health=health(rows))
        rows_told = judged.found.filter(pl.col("check").str.contains("rows"), source="health")
        told.append(rows_told["check"].to_list())
    assert told == [[], *[["rows gone"]] * 3, [], ["more rows"], []]


def test_what_is_accepted_of_a_shorter_list_is_the_usual_from_then_on(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    for after in range(3):
        nights.night(after, school_census=_census(after), health=health(300))
    accept(nights.workspace, CONTRACTS, Path("health"), why="weeded", by="A. Lee", as_at=FIRST + timedelta(days=3))
    for after in (3, 4):
        judged = nights.night(after, school_census=_census(after), health=health(260))
    assert "rows gone" not in judged.found["check"].to_list()
