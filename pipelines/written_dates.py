"""Dates as people read them: 3 May 2026 in sentences, titles and headings; 03/05/2026 in a column of dates, where they stand
one above the other and are compared.
"""

from __future__ import annotations

from calendar import month_name
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a command that prints one date should not wait for polars
    from datetime import date, datetime

    import polars as pl

IN_A_COLUMN = "%d/%m/%Y"
"""How a column of dates is written (``strftime``, in Python and in polars)."""


def day(column: pl.Expr) -> pl.Expr:
    """A date within a sentence: 3 May 2026. Null stays null."""
    return column.dt.strftime("%-d %B %Y")


def day_written(value: date) -> str:
    """As :func:`day`, for one date."""
    return f"{value.day} {value:%B %Y}"


def moment_written(value: datetime) -> str:
    """A moment in UTC: 3 May 2026 at 14:05 UTC."""
    return f"{day_written(value)} at {value:%H:%M} UTC"


def birth_written(born_on: date | None, born_in: str | None) -> str:
    """A birth date, or the month or year of birth where the day is not known; empty: nothing is known.

    ``born_in``: a month (2014-03) or a year (2014).
    """
    if born_in is None:
        return "" if born_on is None else day_written(born_on)
    year, _, month = born_in.partition("-")
    return f"{month_name[int(month)]} {year} (day not known)" if month else f"{year} (day and month not known)"
