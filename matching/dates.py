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
