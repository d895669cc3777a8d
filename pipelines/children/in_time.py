"""Whether what a source says has begun by a day, and has not ended before it: asked in one way by all who ask."""

from datetime import date

import polars as pl


def has_begun(day: date) -> pl.Expr:
    """Of ``since_on``: true where it is the day or before, and where it is null, as no first day is said."""
    return pl.col("since_on").is_null() | (pl.col("since_on") <= day)


def has_not_ended(day: date) -> pl.Expr:
    """Of ``until_on``: true where it is the day or after, and where it is null, as no last day is said.

    The last day counts still: where a date leaves doubt, the child is looked at. (A place does not hold on it any more, as
    provision has it.)
    """
    return pl.col("until_on").is_null() | (pl.col("until_on") >= day)
