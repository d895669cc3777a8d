"""What came in against earlier nights: what holds the list, what stamps it, and what is no reason to worry."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from data_contracts.breach import Breach
from data_contracts.completeness import Completeness
from pipelines.intake.at_the_gate.gate import against_last, judge_tonight
from pipelines.intake.receipt.schools_of_elsewhere import SCHOOL_ELSEWHERE
from pipelines.settings import SettingsError
from pipelines.store import Store
from tests.made.deliveries import (
    CONTRACTS,
    FIRST,
    Deliveries,
    Rows,
    census,
    health,
    register,
    roll_on,
    sent_tonight,
    told_of,
)


def test_a_usual_night_is_complete(three_nights: Deliveries) -> None:
    judged = three_nights.judged(3, **sent_tonight())
    assert judged.completeness.is_empty()
    assert (judged.held, judged.warnings) == ((), ())


Expected = tuple[str, str, str, str]
"""Source, check, outcome, and what its words hold."""


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param(
            {"school_census": [row for row in roll_on(3) if int(row["estab"]) % 2]},
            ("school_census", "units", "holds", "5 of 10 schools or other units of 4 November 2026 are gone, with 60 rows: "
             "School 0, School 2, School 4, School 6, School 8."),
            id="half of the schools missing from the census",
        ),
        pytest.param(
            {"school_census": roll_on(3)[:70]},
            ("school_census", "fewer rows", "holds",
             "70 rows received, where 120 are usual: 42% fewer. The file may be cut off."),
            id="a census cut off in the middle",
        ),
        pytest.param(
            {"school_census": [row for row in roll_on(3) if row["estab"] != "2007" or row["record_id"] < "C7-3"]},
            ("school_census", "units", "holds",
             "most rows of these schools or other units are gone: School 7 (12 to 5)."),
            id="a school that lost most of its pupils",
        ),
        pytest.param(
            {"ehe_register": None},
            ("ehe_register", "missing", "stamps", "no rows were received tonight (1 file came and could not be used), but "
                                                  "30 rows "
             "were loaded on 4 November 2026."),
            id="an empty EHE register, refused as it has a header and no row",
        ),
        pytest.param(
            {"ehe_register": []},
            ("ehe_register", "missing", "stamps", "no rows were received tonight, but 30 rows were loaded on 4 November 2026."),
            id="an empty EHE register",
        ),
        pytest.param(
            {"health": health(102, seen_on=FIRST + timedelta(days=1))},
            ("health", "stale", "stamps", "this is the file of 4 November 2026 again; its rows should change within 1 day."),
            id="yesterday's health file",
        ),
        pytest.param(
            {"health": health(100, seen_on=FIRST - timedelta(days=1))},
            ("health", "stale", "stamps", "this is the older file of 2 November 2026 again, not a new one."),
            id="the health file of three nights ago",
        ),
        pytest.param(
            {"health": health(103, seen_on=FIRST - timedelta(days=60))},
            ("health", "stale", "stamps", "its newest date is 3 September 2026, 63 days before the night"),
            id="a file that has not been sent before, but is old",
        ),
        pytest.param(
            {"health": None},
            ("health", "missing", "stamps",
             "no rows were received tonight (no file was received), but 102 rows were loaded on 4 November 2026."),
            id="a file missing that came last night",
        ),
        pytest.param(
            {"health": health(60, seen_on=FIRST + timedelta(days=2))},
            ("health", "fewer rows", "stamps", "60 rows received, where 101 are usual"),
            id="a file with fewer rows that is no roll",
        ),
        pytest.param(
            {"health": health(88, seen_on=FIRST + timedelta(days=2))},
            ("health", "rows gone", "stamps", "88 rows received, where 101 are usual: 13% fewer. Part of the file may be "
                                              "missing. If all of it is there, accept it once."),
            id="a tenth fewer",
        ),
        pytest.param(
            {"school_census": [row for n, row in enumerate(roll_on(3)) if n % 8]},
            ("school_census", "rows gone", "stamps",
             "105 rows received, where 120 are usual: 12% fewer. Part of the file may be missing. If all of it is there, "
             "accept it once."),
            id="a tenth fewer of a roll, no school of which has lost most",
        ),
        pytest.param(
            {"health": health(160, seen_on=FIRST + timedelta(days=2))},
            ("health", "more rows", "stamps", "160 rows received, where 101 are usual: 58% more."),
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
    judged = three_nights.judged(3, refused=refused, **sent_tonight(**changed))
    (found,) = [told for told in told_of(judged, source) if told[0] == check]
    assert found[1] == outcome
    assert words in found[2]
    told = judged.held if outcome == "holds" else judged.warnings
    assert any(CONTRACTS[source].name in line or f"{source}.csv" in line for line in told)
    assert bool(judged.held) == (outcome == "holds")


def test_a_hold_says_which_files_and_rows_were_not_read_and_why(three_nights: Deliveries) -> None:
    renamed = Breach("school_census", "school_census.csv", None, "RecordId", "missing column", "file", "Why.", "Fix.")
    shared = Breach("school_census", "school_census.csv", 2, "RecordId", "own key", "row", "Why.", "Fix.")
    left = [row for row in roll_on(3) if row["estab"] > "2001"]
    aside = tuple(f"school_census:{n}" for n in range(12))
    found = (renamed, *(shared,) * 12)
    held = three_nights.judged(
        3, refused=("school_census",), set_aside=aside, breaches=found, **sent_tonight(school_census=left)
    ).held
    assert held[-1].endswith(
        "2 of 10 schools or other units of 4 November 2026 are gone, with 24 rows: School 0, School 1. Not read: "
        "school_census.csv could not be used (RecordId: missing column); 12 rows were set aside (RecordId: own key). Have that "
        "corrected first."
    )


def test_a_school_of_another_authority_among_the_rolls_stamps_the_list(three_nights: Deliveries) -> None:
    found = Breach("school_census", "school_census.csv", None, "Estab", SCHOOL_ELSEWHERE, "nothing", "Why.", "Fix.")
    judged = three_nights.judged(3, breaches=(found,), **sent_tonight())
    assert (judged.held, judged.warnings) == ((), ("school_census.csv: Estab: Why. Fix.",))


def test_rows_of_a_refused_file_are_not_counted_as_set_aside_of_another_with_the_same_bytes(
    three_nights: Deliveries,
) -> None:
    """One file saved under two names: refused of one source, loaded of the other."""
    aside = tuple(f"ehe_register:{n}" for n in range(20))
    received = three_nights.received(sent_tonight(health=health(40), ehe_register=None), ("ehe_register",), aside)
    same = {"file_id": pl.when(pl.col("source") != "school_census").then(pl.lit("same")).otherwise("file_id")}
    received = replace(
        received, set_aside=received.set_aside.with_columns(**same), deliveries=received.deliveries.with_columns(**same)
    )
    with Store(three_nights.workspace) as store:
        as_at = FIRST + timedelta(days=3)
        against = against_last(store, received, CONTRACTS, as_at)
        judged = judge_tonight(store, received, CONTRACTS, as_at, {}, against=against)
    (found,) = told_of(judged, "ehe_register")
    assert found[2].startswith(
        "no rows were received tonight (1 file came and could not be used), but 30 rows were loaded"
    )


def test_a_band_in_the_contract_outweighs_what_is_learnt(three_nights: Deliveries) -> None:
    strict = Completeness(rows=(0.99, 1.02), holds=("fewer rows", "empty values"), empty_rise=0.5, keys_kept=0.0)
    contracts = {**CONTRACTS, "health": CONTRACTS["health"].model_copy(update={"completeness": strict})}
    judged = Deliveries(three_nights.workspace, contracts).judged(3, **sent_tonight(health=health(99)))
    assert judged.held == ("health.csv: 99 rows received, where 101 are usual: 2% fewer. The file may be cut off.",)


def test_nights_that_vary_widen_the_band(tmp_path: Path) -> None:
    delivered = Deliveries(tmp_path)
    sizes = (60, 100, 140, 80, 120, 100, 60, 140)
    for after, size in enumerate(sizes):
        delivered.night(after, school_census=roll_on(after), health=health(size))
    judged = delivered.judged(len(sizes), school_census=roll_on(99), health=health(55))
    assert "fewer rows" not in judged.completeness.filter(source="health")["check"].to_list()


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
    odd = [{**row, "surname": "Zzyzx", "record_id": f"Zzyzx{row['record_id']}", "postcode": ""} for row in roll_on(3)]
    judged = three_nights.judged(3, **sent_tonight(school_census=odd, health=None))
    assert judged.completeness.height >= 2
    assert "Zzyzx" not in "".join(judged.completeness.select(pl.concat_str(pl.all())).to_series())


@pytest.mark.parametrize(
    ("after", "told"),
    [
        pytest.param(
            365, "2 November 2027, but no file tonight has a date after 2 November 2026", id="a year too late"
        ),
        pytest.param(60, None, id="two months late: only stamped"),
        pytest.param(-30, None, id="the list of a day gone by, from files made since"),
        pytest.param(-365, "2 November 2025, but tonight's files give days up to", id="a year too early"),
    ],
)
def test_a_date_far_from_the_days_of_which_the_files_tell_is_taken_for_a_slip(
    tmp_path: Path, after: int, told: str | None
) -> None:
    days = [str(FIRST - timedelta(days=n)) for n in range(40)]
    seen = {
        source: [{**row, column: day} for row, day in zip(health(40), days, strict=True)]
        for source, column in (("health", "last_contact"), ("housing", "last_verified"))
    }
    delivered = Deliveries(tmp_path / "workspace")
    if told is None:
        assert not delivered.judged(after, school_census=census(), **seen).held
        return
    with pytest.raises(SettingsError, match=told):
        delivered.judged(after, school_census=census(), **seen)


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
        found = nights.night(after, school_census=roll_on(after), health=seen, ehe_register=rows).completeness
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
    words = (
        "school_census.csv: more codes than usual are not in its contract, so they say nothing, in LeavingGround (0% to "
        "15%). Add the codes to the contract (codes)."
    )
    for after, (rows, is_told) in enumerate(
        [(whole, False), (other, True), (other, True), (whole, False), (other, True)]
    ):
        named = [{**row, "nc_year_actual": str(after)} for row in rows]
        assert (words in nights.night(after, school_census=named).warnings) is is_told


def test_a_list_of_which_a_part_is_missing_for_some_nights_does_not_become_the_usual_one(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    told = []
    for after, rows in enumerate((300, 260, 260, 260, 299, 600, 300)):
        judged = nights.night(after, school_census=roll_on(after), health=health(rows))
        rows_told = judged.completeness.filter(pl.col("check").str.contains("rows"), source="health")
        told.append(rows_told["check"].to_list())
    assert told == [[], *[["rows gone"]] * 3, [], ["more rows"], []]
