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


def first_day(born_in: pl.Expr) -> pl.Expr:
    """The first day of a month (2014-03) or a year (2014); null stays null."""
    month = pl.coalesce(born_in.str.extract("-(..)$", 1), pl.lit("01"))
    return (born_in.str.head(4) + "-" + month + "-01").str.to_date("%Y-%m-%d", strict=False)


def plausible_month_or_year(born_in: pl.Expr, as_at: date) -> pl.Expr:
    """The month or year of birth; null if its first day is no :func:`plausible_birth_date`."""
    return pl.when(plausible_birth_date(first_day(born_in), as_at).is_not_null()).then(born_in)
