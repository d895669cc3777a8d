"""Sources whose birth dates are all a day early.

A system that keeps a birthday as midnight in British time and writes it out in universal time (UTC) puts every child born in
summer time down for the day before; one whose clock is further ahead does so with all. Other sources know the same children:
if nearly all of them were born on the day after, the dates are read as the day after.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

ENOUGH_CHILDREN = 30
"""Fewest children that two sources must have in common: a share of fewer says nothing."""

NEARLY_ALL = 0.8
"""Share of these who must be a day early: of dates that a clock has moved all are, but for other mistakes. If fewer are, it is
some other fault, and a day more would make most of the others wrong."""

LOOKED_AT = 20_000
"""This many records, about, show enough of all."""

WHO = ("forename", "surname", "postcode")


@dataclass(frozen=True)
class DayEarly:
    """Birth dates of a source that are a day early, for children born in British summer time or for those born outside it."""

    source: str
    in_summer_time: bool
    other: str
    """The source with which it has most such children in common, by names and postcode."""
    children: int
    """Children whom both have, with dates at most a day apart."""
    early: int
    """How many of these the other source says were born on the day after."""


def births_a_day_early(person: pl.DataFrame) -> list[DayEarly]:
    """The sources of ``person`` (``PERSON_RECORD``) whose birth dates are a day early, by source; of children born in summer
    time and of others apart.

    They are if more than half of the sources with enough children in common say so. If only two sources have, the one with
    the earlier dates is returned: clocks set to universal time are common, and no fault is known that makes dates a day late.
    """
    pairs = _in_common(_some_homes(person.select("dataset", "date_of_birth", *WHO).drop_nulls()))
    enough = pairs.filter(pl.col("children") >= ENOUGH_CHILDREN)
    says_so = pl.col("early") >= NEARLY_ALL * pl.col("children")
    group = "dataset", "in_summer_time"
    found = enough.filter((says_so.sum() * 2 > pl.len()).over(group), says_so)
    first = found.sort(*group, "children", "dataset_other", descending=[False, True, True, False])
    rows = first.unique(group, keep="first", maintain_order=True)
    return [DayEarly(*row) for row in rows.select(*group, "dataset_other", "children", "early").iter_rows()]


def with_next_day(person: pl.DataFrame, early: Sequence[DayEarly]) -> pl.DataFrame:
    """``person`` with the birth dates that ``early`` says are a day early put on the day after; the same if there are none."""
    if not early:
        return person
    is_summer, next_day = _summer_time(), pl.col("date_of_birth").dt.offset_by("1d")
    is_early = pl.any_horizontal(
        (pl.col("dataset") == each.source) & (is_summer == each.in_summer_time) for each in early
    )
    return person.with_columns(pl.when(is_early).then(next_day).otherwise("date_of_birth").alias("date_of_birth"))


def _some_homes(person: pl.DataFrame) -> pl.DataFrame:
    """About ``LOOKED_AT`` of the records: all those of some postcodes, in whatever order they come."""
    of = 1 + person.height // LOOKED_AT
    return person if of == 1 else person.filter(pl.col("postcode").hash() % of == 0)


def _summer_time() -> pl.Expr:
    """Whether the day after a record's birth date begins in British summer time."""
    next_day = pl.col("date_of_birth").dt.offset_by("1d").cast(pl.Datetime("us"))
    return next_day.dt.replace_time_zone("Europe/London").dt.dst_offset() > pl.duration(hours=0)


def _in_common(some: pl.DataFrame) -> pl.DataFrame:
    """One row is one pair of sources, in summer time or outside it: ``dataset``, ``dataset_other``, ``in_summer_time``, the
    ``children`` whom both have, and how many of these are ``early`` in ``dataset``."""
    other = some.rename({name: f"{name}_other" for name in ("dataset", "date_of_birth")})
    pairs = some.with_columns(in_summer_time=_summer_time()).join(other, on=WHO)
    days = (pl.col("date_of_birth_other") - pl.col("date_of_birth")).dt.total_days()
    near = pairs.filter(pl.col("dataset") != pl.col("dataset_other")).with_columns(days=days)
    counted = near.filter(pl.col("days").abs() <= 1).group_by("dataset", "dataset_other", "in_summer_time")
    return counted.agg(children=pl.len().cast(pl.Int64), early=(pl.col("days") == 1).sum().cast(pl.Int64))
