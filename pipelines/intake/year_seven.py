"""When a child reaches a school year, and so secondary school (Year 7): on the 1 September after it turns eleven."""

import polars as pl


def year_seven_from(born_on: pl.Expr) -> pl.Expr:
    """The first day of the child's Year 7; null without a birth date."""
    return year_begins(7, born_on)


def year_begins(number: int, born_on: pl.Expr) -> pl.Expr:
    """The first day of the child's school year ``number``; null without a birth date."""
    return pl.date(born_on.dt.year() + 4 + number + (born_on.dt.month() >= 9).cast(pl.Int32), 9, 1)
