"""Sources whose birth dates all fall on one day of the month, which stands for a day that nobody recorded.

Lists made for statistics, or without the day for privacy, give the 15th or the 1st for all. Such a day is true of one child in
thirty. If it were believed, records would seem to contradict each other, and children be shown with a day that nobody gave.
So the month alone is read (``born_in``), or the year alone where nearly all are in one month too (1 January).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

ENOUGH_DATES = 30
"""Fewest birth dates of a source: fewer may fall on one day by chance."""

NEARLY_ALL = 0.8
"""Share of them on one day of the month. By chance it is one in thirty. It is less where 1 January stands for unknown in some
rows."""

FEWEST_DIFFERENT = 5
"""Different dates that must be among them: a column with one and the same date in every row is no list of birth dates."""

BORN = pl.col("date_of_birth")


@dataclass(frozen=True)
class StandInDay:
    """The day that stands for all days of a source."""

    source: str
    day: int
    """Of the month."""
    month: int | None
    """The month in which nearly all these are; null: they are in many."""
    dates: int
    """Birth dates of the source, and how many of them are on such a day."""
    on_it: int


def stand_in_days(person: pl.DataFrame) -> list[StandInDay]:
    """The sources of ``person`` (``PERSON_RECORD``) with such a day, by name."""
    dated = person.select("dataset", BORN, day=BORN.dt.day(), month=BORN.dt.month()).drop_nulls()
    counted = dated.group_by("dataset", "day").agg(on_it=pl.len(), different=BORN.n_unique())
    counted = counted.with_columns(dates=pl.col("on_it").sum().over("dataset"))
    is_nearly_all = (pl.col("dates") >= ENOUGH_DATES) & (pl.col("on_it") >= NEARLY_ALL * pl.col("dates"))
    days = counted.filter(is_nearly_all, pl.col("different") >= FEWEST_DIFFERENT)
    months = dated.join(days, on=["dataset", "day"], how="semi").group_by("dataset", "month").len("in_it")
    found = days.join(months, on="dataset").filter(pl.col("in_it") == pl.col("in_it").max().over("dataset"))
    month = pl.when(pl.col("in_it") >= NEARLY_ALL * pl.col("on_it")).then("month")
    rows = found.select("dataset", "day", month, "dates", "on_it").unique("dataset", keep="any").sort("dataset")
    return [StandInDay(*row) for row in rows.iter_rows()]


def without_days_that_stand_in(person: pl.DataFrame, found: Iterable[StandInDay]) -> pl.DataFrame:
    """``person`` (``PERSON_RECORD``) with the month or year alone (``born_in``) where the day stands for all days of its
    source. ``found``: from :func:`stand_in_days`."""
    for each in found:
        stands_in = (pl.col("dataset") == each.source) & (BORN.dt.day() == each.day)
        if each.month is not None:
            stands_in &= BORN.dt.month() == each.month
        said = BORN.dt.strftime("%Y-%m" if each.month is None else "%Y")
        person = person.with_columns(
            date_of_birth=pl.when(~stands_in.fill_null(value=False)).then(BORN),
            born_in=pl.when(stands_in).then(said).otherwise("born_in"),
        )
    return person
