"""Canonical dates, a column at a time."""

from datetime import date

import polars as pl

OLDEST_AGE = 120
"""Years. Nobody in an extract is older; a birth date further back is a slip or a placeholder."""

STAND_INS = (date(1900, 1, 1), date(1901, 1, 1))
"""Days that systems write where the birth date is not known. 1 January of a plausible year is kept: it may be true, and
linkage gives it little weight."""


def plausible_birth_date(born_on: pl.Expr, as_at: date) -> pl.Expr:
    """The birth date; null where it is a stand-in, after the date judged, or more than 120 years before it."""
    earliest = date(as_at.year - OLDEST_AGE, 1, 1)
    return pl.when(born_on.is_between(earliest, as_at) & ~born_on.is_in(STAND_INS)).then(born_on)


def packed(day: pl.Expr) -> pl.Expr:
    """A date as the whole number yyyymmdd (Int32), for quick comparing digit by digit. Null stays null."""
    return (day.dt.year() * 10_000 + day.dt.month().cast(pl.Int32) * 100 + day.dt.day().cast(pl.Int32)).cast(pl.Int32)
