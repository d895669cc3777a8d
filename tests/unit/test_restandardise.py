"""Which unchanged rows say something else on another day, and must be read again."""

from datetime import date, timedelta

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from pipelines.intake.in_one_form.restandardise import date_sensitive_columns, rows_changed_by_date
from pipelines.intake.in_one_form.standardise import standardise

CONTRACTS = read_contracts()
LAST, TONIGHT = date(2026, 11, 20), date(2026, 11, 21)


def _row(source: str, **cells: str) -> pl.DataFrame:
    """One row of a source as it is kept; what it does not name is empty."""
    columns = dict.fromkeys((name for name in CONTRACTS[source].column_named if name != "record_id"), "")
    return pl.DataFrame([{"record_id": f"{source}:1", "file_id": "f", "line": 2} | columns | cells])


def _written(source: str, column: str, day: date) -> str:
    return day.strftime(CONTRACTS[source].column_named[column].date_formats[0])


@pytest.mark.parametrize(
    ("source", "column", "days_before_tonight", "turns"),
    [
        ("other_la", "confirmed_on", 365, True),  # tonight the confirmation is a year old
        ("other_la", "confirmed_on", 364, False),
        ("other_la", "confirmed_on", 366, False),
        ("health", "last_contact", 0, True),  # a visit that was still to come
        ("health", "last_contact", 1, False),
        ("health", "last_contact", -1, False),
        ("health", "date_of_birth", 0, True),  # a birth that was still to come
        ("health", "date_of_birth", 3000, False),
    ],
)
def test_a_row_turns_on_the_day_on_which_its_date_begins_to_count(
    source: str, column: str, days_before_tonight: int, turns: bool
) -> None:
    contract = CONTRACTS[source]
    row = _row(source, **{column: _written(source, column, TONIGHT - timedelta(days=days_before_tonight))})
    read = row.select("record_id", *date_sensitive_columns(contract))
    assert (rows_changed_by_date(read, contract, LAST, TONIGHT).len() == 1) is turns
    before, after = (standardise({source: row}, CONTRACTS, as_at=day) for day in (LAST, TONIGHT))
    stays = before.person.equals(after.person) and before.statements.equals(after.statements)
    assert stays is not turns, "as the reading of the whole row has it"


@pytest.mark.parametrize(
    ("source", "began", "more", "born", "turns"),
    [
        pytest.param(
            "other_la", "confirmed_on", {}, date(2014, 10, 14), True, id="confirmed for a primary, and Year 7"
        ),
        pytest.param("other_la", "confirmed_on", {}, date(2013, 10, 14), False, id="in Year 7 since long"),
        pytest.param(
            "independent_schools", "start_date", {"school": "Beck Primary"}, date(2013, 10, 14), True, id="and Year 8"
        ),
        pytest.param(
            "independent_schools", "start_date", {"school": "Beck Primary"}, date(2014, 10, 14), False, id="not yet"
        ),
    ],
)
def test_a_row_turns_on_the_day_on_which_its_child_comes_to_the_school_year_that_is_asked_for(
    source: str, began: str, more: dict[str, str], born: date, turns: bool
) -> None:
    contract, (august, september) = CONTRACTS[source], (date(2026, 8, 31), date(2026, 9, 1))
    dates = {name: _written(source, name, day) for name, day in (("date_of_birth", born), (began, date(2026, 3, 2)))}
    row = _row(source, **dates, **more)
    read = row.select("record_id", *date_sensitive_columns(contract))
    assert (rows_changed_by_date(read, contract, august, september).len() == 1) is turns
    before, after = (standardise({source: row}, CONTRACTS, as_at=day) for day in (august, september))
    assert before.statements.equals(after.statements) is not turns, "as the reading of the whole row has it"
