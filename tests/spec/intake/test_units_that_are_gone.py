"""Schools and practices against earlier nights: which that are gone hold or stamp a list, and which have only closed."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipelines.intake.at_the_gate.acceptance import accept
from tests.made.deliveries import (
    CONTRACTS,
    FIRST,
    Begun,
    Deliveries,
    Rows,
    census,
    health,
    roll_on,
    sent_tonight,
    told_of,
)


def _under_another_number(rows: Rows, **numbers: str) -> Rows:
    """A roll on which schools go by other numbers, and their pupils by other keys, as after a new system."""
    return [
        {**row, "estab": now, "record_id": f"N{row['record_id']}"} if (now := numbers.get(f"s{row['estab']}")) else row
        for row in rows
    ]


@pytest.mark.parametrize(
    ("tonight", "gone"),
    [
        pytest.param(_under_another_number(roll_on(3), s2001="889/2001"), "", id="a number written otherwise"),
        pytest.param([{**row, "estab": "4901"} if row["estab"] == "2001" else row for row in roll_on(3)], "",
                     id="a new academy, its pupils under the keys that they had"),
        pytest.param(_under_another_number(roll_on(3), s2001="2050", s2002="2050"), "", id="two schools amalgamated"),
        pytest.param([{**row, "estab": f"5{row['estab'][1:]}"} for row in roll_on(3)], "", id="every school numbered anew"),
        pytest.param(
            [row for row in _under_another_number(roll_on(3), s2001="2050") if row["record_id"] < "NC1-15"
             or row["estab"] != "2050"],
            "School 1.", id="most of whose pupils are gone: less than half came again",
        ),
        pytest.param(
            [{**row, "surname": f"Other{row['surname']}"} if row["estab"] == "2050" else row
             for row in _under_another_number(roll_on(3), s2001="2050")],
            "School 1.", id="another school in its place, of other pupils",
        ),
    ],
)  # fmt: skip
def test_a_school_whose_pupils_go_on_under_another_number_is_not_gone(
    three_nights: Deliveries, tonight: Rows, gone: str
) -> None:
    held = three_nights.judged(3, **sent_tonight(school_census=tonight)).held
    assert [line.split("rows: ")[1] for line in held if "are gone" in line] == ([gone] if gone else [])
    assert bool(held) == bool(gone)


Told = list[tuple[str, str, str]]
"""Check, outcome and words of what was found in the census."""


ENDED = [
    (
        "units",
        "holds",
        "most places at these schools or other units no longer hold as on 2 November 2026: School 1 (24 to "
        "11). Leaving or entry dates may have been filled in for everyone, or a school may have closed or been given another "
        "number.",
    )
]


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
    assert [each for each in told_of(judged, "school_census") if each[0] == "units"] == told


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
GONE_ROWS = [row["record_id"] for row in ROLL if row["estab"] == "2001"][11:]
MOST_GONE = "most rows of these schools or other units are gone: School 1 (24 to 11)."
LEFT, GONE = "School 1 (24 to 0)", "are gone, with 24 rows: School 1."


@pytest.mark.parametrize(
    ("before", "tonight", "told"),
    [
        pytest.param(ROLL, CLOSED + _places(12), None, id="closed: half of its pupils are at another school"),
        pytest.param(ROLL, CLOSED + _places(11), LEFT, id="most of its pupils are nowhere"),
        pytest.param(ROLL, [row for row in ROLL if row["record_id"] not in GONE_ROWS] + _places(24)[-1:], MOST_GONE,
                     id="half of its file came, and one of the others is at another school: who is there speaks for none"),
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
    found = begun(school_census=before).judged(1, school_census=tonight).completeness
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
    assert "fewer rows" in nights.night(1, school_census=closed[18:]).completeness["check"], "cut off on that night"
    for after in (1, 1, 2, 3):
        told = nights.night(after, school_census=_with(closed, "2000", nc_year_actual=str(after)))
        assert told.completeness.is_empty(), f"night {after}"
    (held,) = nights.night(4, school_census=closed[6:-10]).held
    assert f"{56 + rows_left} rows received, where {72 + rows_left} are usual: 2" in held


def test_a_school_accepted_as_closed_is_told_each_time_that_night_is_run(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    nights.night(0, school_census=ROLL)
    accept(
        nights.workspace, CONTRACTS, Path("school_census"), why="closed", by="A. Lee", as_at=FIRST + timedelta(days=1)
    )
    for _ in range(2):
        (warning,) = nights.night(1, school_census=CLOSED).warnings
        assert LEFT in warning


def test_places_that_end_of_themselves_while_the_file_stays_the_same_hold_the_list_too(tmp_path: Path) -> None:
    nights, roll = Deliveries(tmp_path), census(3, 24)
    roll = [{**row, "leaving_date": "2026-11-03"} if row["estab"] == "2001" else row for row in roll]
    assert nights.night(0, school_census=roll).completeness.is_empty()
    assert any("School 1 (24 to 0)" in line for line in nights.judged(1, school_census=roll).held)


LARGE = [{**row, "nc_year_actual": "7"} for row in census(4, 120)]
"""Four schools of 120 pupils each."""


def _large(after: int, left: int, **columns: str) -> Rows:
    """The roll on a later night: so many pupils are left of School 1; of the others no row, or one with these cells."""
    rest = [row for row in LARGE if row["estab"] == "2001"][left:]
    stay = [{**row, "nc_year_actual": str(after)} for row in LARGE if row not in rest]
    return stay + [{**row, **columns} for row in rest if columns]


OF_A_THIRD, OF_A_TENTH = ("units", "holds", "a third or more"), ("rows gone", "stamps", "a tenth or more")


@pytest.mark.parametrize(
    ("tonight", "told"),
    [
        pytest.param(_large(1, 60), OF_A_THIRD, id="half of a school's file came"),
        pytest.param(_large(1, 80), OF_A_THIRD, id="a third of its pupils are gone"),
        pytest.param(_large(1, 100), OF_A_TENTH, id="a year is gone"),
        pytest.param(_large(1, 101), None, id="nineteen pupils are gone"),
        pytest.param(_large(1, 80, leaving_date="2026-11-02"), None, id="a third have left, and say when"),
        pytest.param(_large(1, 80, estab="2005"), None, id="a third are at a school that was divided from it"),
        pytest.param(_large(1, 59), None, id="most are gone: told as such"),
    ],
)
def test_pupils_of_whom_nobody_says_that_they_have_left_are_missed(
    begun: Begun, tonight: Rows, told: tuple[str, str, str] | None
) -> None:
    found = told_of(begun(school_census=LARGE).judged(1, school_census=tonight), "school_census")
    vanished = [(check, outcome, words) for check, outcome, words in found if "without a leaving date" in words]
    assert [(check, outcome) for check, outcome, _ in vanished] == ([told[:2]] if told else [])
    assert all(
        words.startswith(f"{told[2]} of the pupils") and "School 1 (120 to " in words for *_, words in vanished if told
    )


def test_old_leavers_whose_rows_go_at_once_are_not_missed(begun: Begun) -> None:
    roll = LARGE + [
        {**row, "record_id": f"L{row['record_id']}", "leaving_date": "2026-07-20"} for row in LARGE[120:180]
    ]
    found = told_of(begun(school_census=roll).judged(1, school_census=LARGE), "school_census")
    assert not [words for *_, words in found if "without a leaving date" in words]


def test_a_year_may_vanish_from_may_to_september(begun: Begun) -> None:
    for month in range(1, 13):
        after = (date(2027, month, 8) - FIRST).days
        nights = begun(after, school_census=_large(0, 120))
        words = [told[2] for told in told_of(nights.judged(after + 1, school_census=_large(1, 90)), "school_census")]
        assert any("without a leaving date" in each for each in words) is (month not in range(5, 10)), month


def test_pupils_who_have_vanished_are_missed_each_night_for_a_fortnight_or_until_accepted(tmp_path: Path) -> None:
    nights, told = Deliveries(tmp_path), []
    nights.night(0, school_census=LARGE)
    for after in (1, 2, 14, 15):
        told.append(
            bool(nights.night(after, school_census=_large(after, 100)).completeness.filter(check="rows gone").height)
        )
    assert told == [True, True, True, False]


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
    assert "10 of 10 schools or other units of 2 November 2026 are gone" in held
    assert held.endswith(
        " None of tonight's 10 was there before: if the contract counts by SchoolName only from tonight on, accept it once."
    )
    accept(tmp_path, CONTRACTS, Path("school_census"), why="by name", by="A. Lee", as_at=FIRST + timedelta(days=1))
    assert not nights.night(1, school_census=census()).held
    assert not nights.night(2, school_census=census()).held


def test_a_school_is_missed_after_a_pause_and_in_a_file_that_comes_once_a_term_too(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    nights.night(0, school_census=census(), health=health())
    nights.night(1, health=health())
    (held,) = nights.night(100, school_census=census(9), health=health()).held
    assert "1 of 10 schools or other units of 2 November 2026 are gone, with 12 rows: School 9." in held


def test_half_of_the_schools_missing_is_held_again_the_next_night(nights: Deliveries) -> None:
    half = [row for row in roll_on(3) if int(row["estab"]) % 2]
    assert nights.night(3, **sent_tonight(school_census=half)).held
    assert nights.night(4, **sent_tonight(school_census=half)).held
    assert nights.table("source_night").filter(source="school_census").height == 3
    assert not nights.night(4, **sent_tonight()).held


PRACTICES = [{**row, "gp_practice": f"Z{n % 4}"} for n, row in enumerate(health(100))]


@pytest.mark.parametrize(
    ("tonight", "told"),
    [
        pytest.param(
            [row for row in PRACTICES if row["gp_practice"] != "Z1" or row["record_id"] == "H1"],
            "most rows of these schools or other units are gone: Z1 (25 to 1). If that is right, accept it once.",
            id="a practice did not send",
        ),
        pytest.param(
            [{**row, "gp_practice": ""} for row in PRACTICES],
            "no row has GPPractice any more, so nobody can see whose rows are missing.",
            id="no practice is named",
        ),
        pytest.param(
            [{**row, "gp_practice": "Z2" if row["gp_practice"] == "Z1" else row["gp_practice"]} for row in PRACTICES],
            None,
            id="two practices have merged",
        ),
    ],
)
def test_the_practices_of_the_doctors_list_are_missed_like_schools(
    begun: Begun, tonight: Rows, told: str | None
) -> None:
    judged = begun(school_census=census(), health=PRACTICES).judged(1, school_census=census(), health=tonight)
    of_units = [words for check, outcome, words in told_of(judged, "health") if (check, outcome) == ("units", "stamps")]
    assert of_units == ([] if told is None else [told])


def _twelve_practices(after: int, *, without: int = 0) -> Rows:
    """The doctors' list of one night, twenty rows a practice; ``without``: so many rows of the practice Z1 did not come."""
    rows = [
        {**row, "gp_practice": f"Z{n % 12}", "last_contact": str(FIRST + timedelta(days=after))}
        for n, row in enumerate(health(240))
    ]
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
)
def test_a_practice_is_missed_until_it_sends_again(
    begun: Begun, tmp_path: Path, without: tuple[int, ...], told: tuple[bool, ...]
) -> None:
    first = begun(school_census=roll_on(0), health=_twelve_practices(0))
    nights = Deliveries(shutil.copytree(first.workspace, tmp_path / "workspace"))
    found = [
        nights.night(after, school_census=roll_on(after), health=_twelve_practices(after, without=gone))
        for after, gone in enumerate(without, start=1)
    ]
    assert tuple("units" in judged.completeness["check"] for judged in found) == told
    assert tuple("health" in judged.cut_off for judged in found) == told


def test_a_practice_is_missed_for_longer_than_bands_are_learnt_from(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    nights.night(0, school_census=roll_on(0), health=_twelve_practices(0))
    for after in (1, 40, 61, 62, 130):
        rows = _twelve_practices(after, without=20)
        warnings = nights.night(after, school_census=roll_on(after), health=rows).warnings
        assert any(
            "1 of 12 schools or other units of 2 November 2026 are gone, with 20 rows: Z1." in each for each in warnings
        )


def test_a_contract_that_names_no_practices_any_more_misses_none(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    nights.night(0, school_census=roll_on(0), health=_twelve_practices(0))
    without = CONTRACTS["health"].completeness.model_copy(update={"unit": None})
    nights.contracts = {**CONTRACTS, "health": CONTRACTS["health"].model_copy(update={"completeness": without})}
    for after in (1, 2):
        rows = _twelve_practices(after, without=20)
        assert nights.night(after, school_census=roll_on(after), health=rows).completeness.is_empty()


def test_a_practice_that_is_accepted_as_gone_is_missed_no_more(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    nights.night(0, school_census=roll_on(0), health=_twelve_practices(0))
    (warning,) = nights.night(1, school_census=roll_on(1), health=_twelve_practices(1, without=20)).warnings
    gone = "1 of 12 schools or other units of 2 November 2026 are gone, with 20 rows: Z1. If that is right, accept it once."
    assert warning == f"health.csv: {gone}"
    second = FIRST + timedelta(days=2)
    accept(nights.workspace, CONTRACTS, Path("health"), why="it has closed", by="A. Lee", as_at=second)
    judged = nights.night(2, school_census=roll_on(2), health=_twelve_practices(2, without=20))
    assert judged.warnings == (f"health.csv: {gone} Accepted by A. Lee.",)
    assert judged.cut_off == frozenset()
    assert nights.night(3, school_census=roll_on(3), health=_twelve_practices(3, without=20)).completeness.is_empty()
