"""Our own list is held to its contract before it is published."""

from datetime import date

import polars as pl
import pytest

from data_contracts.check import judge_candidates
from data_contracts.contract import read_candidates_contract
from pipelines.tables import CANDIDATE

ROW = {
    "rank": 1,
    "child_id": "CH0123456789",
    "lane": "follow up",
    "likelihood": 0.54,
    "estimated": 0.54,
    "on_no_roll": 0.6,
    "living_here": 0.9,
    "priority": 20,
    "unlisted_school": 0.45,
    "because": "No extract shows a school.",
    "forename": "Isla",
    "surname": "Merrick",
    "date_of_birth": date(2015, 3, 24),
    "age": 11,
    "sex": "F",
    "address": "7 Lantern Row",
    "postcode": "ZA1 2BD",
    "last_seen_on": date(2026, 9, 1),
    "last_seen_by": "Health registrations",
    "records": "health:H0000001;school_census:H823432100123|889|2005|2019-09-03",
    "restricted": False,
}
MASKED = {
    "address": "withheld",
    "postcode": "withheld",
    "last_seen_on": None,
    "last_seen_by": "withheld",
    **dict.fromkeys(("estimated", "on_no_roll", "living_here", "priority", "unlisted_school")),
    "restricted": True,
    "lane": "restricted",
}


def listed(*changes: dict[str, object]) -> pl.DataFrame:
    """A list with one row a change, ranked in order."""
    rows = [ROW | {"rank": n, "child_id": f"CH{n:010}"} | change for n, change in enumerate(changes, start=1)]
    return pl.DataFrame(rows, schema=CANDIDATE)


def test_the_contract_has_the_columns_of_the_table_in_its_order() -> None:
    assert [column.name for column in read_candidates_contract().columns] == list(CANDIDATE)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([], id="an empty list"),
        pytest.param([{}, {}], id="two children"),
        pytest.param([MASKED], id="a protected child, masked"),
        pytest.param([MASKED | {"address": None, "postcode": None}], id="a protected child without an address"),
        pytest.param(
            [{"forename": None, "date_of_birth": None, "age": None, "sex": None, "last_seen_on": None}], id="gaps"
        ),
        pytest.param(
            [{"likelihood": 1.0, "estimated": 1.0, "on_no_roll": 1.0, "living_here": 1.0, "priority": 0}], id="certain"
        ),
        pytest.param([{"likelihood": 0.7}], id="a likelihood that officers' outcomes have raised above its factors"),
    ],
)
def test_a_sound_list_may_be_published(changes: list[dict[str, object]]) -> None:
    assert judge_candidates(listed(*changes)) == []


@pytest.mark.parametrize(
    ("change", "rule", "column"),
    [
        pytest.param({"rank": 3}, "counts the rows", None, id="a gap in the rank"),
        pytest.param({"child_id": "CH0000000001"}, "unique key", "child_id", id="a child twice"),
        pytest.param({"child_id": "7"}, "form", "child_id", id="an id of another form"),
        pytest.param({"lane": "drawer"}, "known code", "lane", id="a lane that nobody reads"),
        pytest.param({"on_no_roll": 1.2}, "range", "on_no_roll", id="a share above 1"),
        pytest.param({"living_here": float("nan")}, "range", "living_here", id="a share that is no number"),
        pytest.param({"likelihood": None}, "required", "likelihood", id="no likelihood"),
        pytest.param({"estimated": 0.61}, "not above", None, id="a product above its factor"),
        pytest.param({"because": " "}, "required", "because", id="no reason"),
        pytest.param({"age": 40}, "range", "age", id="an age that no child has"),
        pytest.param({"sex": "2"}, "known code", "sex", id="a code of a source"),
        pytest.param({"records": ""}, "required", "records", id="no record"),
        pytest.param({"restricted": None}, "required", "restricted", id="restricted left open"),
        pytest.param({"restricted": True}, "withheld", None, id="a protected child's address"),
        pytest.param(MASKED | {"postcode": "ZA1 2BD"}, "withheld", None, id="a protected child's postcode"),
        pytest.param(MASKED | {"last_seen_on": date(2026, 9, 1)}, "withheld", None, id="the day on which one was seen"),
        pytest.param(MASKED | {"living_here": 0.3}, "withheld", None, id="that a protected child has perhaps left"),
        pytest.param(MASKED | {"priority": 90}, "withheld", None, id="that there are reasons to look sooner for one"),
        pytest.param(
            MASKED | {"unlisted_school": 0.0}, "withheld", None, id="that no agency knows one as a pupil elsewhere"
        ),
        pytest.param({"living_here": None}, "given", None, id="a likelihood of an open row without what it is made of"),
    ],
)
def test_an_unsound_row_stops_the_list(change: dict[str, object], rule: str, column: str | None) -> None:
    found = judge_candidates(listed({}, change))
    assert (3, column, rule, "file") in {(b.line, b.column, b.rule, b.stops) for b in found}
    assert "Lantern" not in repr(found)
    assert "Merrick" not in repr(found)


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(listed({}).drop("sex"), id="one less"),
        pytest.param(listed({}).with_columns(note=pl.lit("x")), id="one more"),
        pytest.param(listed({}).cast({"rank": pl.Float64}), id="another type"),
        pytest.param(listed({}).select(sorted(CANDIDATE)), id="another order"),
    ],
)
def test_other_columns_stop_the_list(frame: pl.DataFrame) -> None:
    (breach,) = judge_candidates(frame)
    assert (breach.rule, breach.stops, breach.line) == ("columns", "file", None)
