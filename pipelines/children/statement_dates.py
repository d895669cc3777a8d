"""Whether what a source says has begun by a day and has not ended before it; the one definition for all who ask."""

from datetime import date

import polars as pl


def has_begun(day: date) -> pl.Expr:
    """Of ``since_on``: true on or before the day, and where it is null, as no first day is given."""
    return pl.col("since_on").is_null() | (pl.col("since_on") <= day)


def has_not_ended(day: date) -> pl.Expr:
    """Of ``until_on``: true on or after the day, and where it is null, as no last day is given.

    The last day still counts: where a date leaves doubt, somebody looks at the child. (A school place is different: it does
    not hold on its last day, see :mod:`pipelines.children.provision`.)
    """
    return pl.col("until_on").is_null() | (pl.col("until_on") >= day)
