"""When a child comes to a school year, and so to secondary school: to Year 7 on 1 September after the one in which it turns
eleven."""

import polars as pl


def year_seven_from(born_on: pl.Expr) -> pl.Expr:
    """The first day of the child's Year 7; null without a birth date."""
    return year_begins(7, born_on)


def year_begins(number: int, born_on: pl.Expr) -> pl.Expr:
    """The first day of a school year of the child's; null without a birth date."""
    return pl.date(born_on.dt.year() + 4 + number + (born_on.dt.month() >= 9).cast(pl.Int32), 9, 1)
