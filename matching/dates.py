"""Canonical dates, a column at a time."""

from datetime import date

import polars as pl

OLDEST_AGE = 120
"""Years. Nobody in an extract is older; an earlier birth date is a slip or a placeholder."""

STAND_INS = (date(1900, 1, 1), date(1901, 1, 1))
"""Dates that systems write for an unknown birth date. 1 January of a plausible year is kept: it may be true, and linkage
gives it little weight."""


def plausible_birth_date(born_on: pl.Expr, as_at: date) -> pl.Expr:
    """The birth date; null if it is a stand-in, after ``as_at``, or before 1 January of the year OLDEST_AGE years earlier."""
    earliest = date(as_at.year - OLDEST_AGE, 1, 1)
    return pl.when(born_on.is_between(earliest, as_at) & ~born_on.is_in(STAND_INS)).then(born_on)
