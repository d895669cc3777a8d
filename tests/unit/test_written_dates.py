"""Dates are written for people in one way, wherever they are read."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipelines
from pipelines.written_dates import day, day_written, moment_written


def test_a_date_and_a_moment_in_a_sentence() -> None:
    assert day_written(date(2026, 5, 3)) == "3 May 2026"
    assert moment_written(datetime(2026, 5, 3, 4, 5, tzinfo=UTC)) == "3 May 2026 at 04:05 UTC"


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1)))
def test_a_column_of_dates_is_written_as_each_of_them(written: date) -> None:
    assert pl.select(day(pl.lit(written))).item() == day_written(written)


@pytest.mark.parametrize("folder", ["apps/cli", "flows", "pipelines"])
def test_nobody_writes_a_date_in_a_form_of_their_own(folder: str) -> None:
    root = Path(pipelines.__file__).parents[1]
    files = [path for kind in ("*.py", "*.j2") for path in (root / folder).rglob(kind)]
    assert files
    assert [path.name for path in files if "%d/%m/%Y" in path.read_text(encoding="utf-8")] in ([], ["written_dates.py"])
