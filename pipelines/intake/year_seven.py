"""When a child moves to secondary school: on 1 September after Year 6, the school year in which it turns eleven."""

import polars as pl


def year_seven_from(born_on: pl.Expr) -> pl.Expr:
    """The first day of the child's Year 7; null without a birth date."""
    year = born_on.dt.year() + 11 + (born_on.dt.month() >= 9).cast(pl.Int32)
    return pl.date(year, 9, 1)
