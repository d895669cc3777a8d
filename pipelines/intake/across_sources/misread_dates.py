"""Sources whose birth dates a machine has moved, all in one way, so that they can be put right.

A system that keeps a birthday as midnight in British time and writes it out in universal time (UTC) puts every child born in
summer time down for the day before; one whose clock is further ahead does so with all. A spreadsheet, or a program, set to
American dates reads 3 April as 4 March, and leaves 13 April as it is. Other sources know the same children: if nearly all
of them have the other date there, the dates are read as the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.intake.across_sources.some_homes import NAMES_AND_HOME, some_homes

ENOUGH_CHILDREN = 30
"""Fewest children that two sources must have in common: a share of fewer says nothing."""

NEARLY_ALL = 0.8
"""Share of these whose date must be wrong: of dates that a machine has moved all are, but for other mistakes. If fewer are, it
is some other fault, and putting them right would make most of the others wrong."""

BORN = "date_of_birth"


def _next_day(born: pl.Expr) -> pl.Expr:
    return born.dt.offset_by("1d")


def _before_summer_time(born: pl.Expr) -> pl.Expr:
    """Whether the day after begins in British summer time."""
    midnight = _next_day(born).cast(pl.Datetime("us")).dt.replace_time_zone("Europe/London")
    return midnight.dt.dst_offset() > pl.duration(hours=0)


def _day_could_be_month(born: pl.Expr) -> pl.Expr:
    return (born.dt.day() <= 12) & (born.dt.day() != born.dt.month())


def _turned(born: pl.Expr) -> pl.Expr:
    day = pl.when(_day_could_be_month(born)).then(born.dt.day())
    return pl.date(born.dt.year(), day, born.dt.month())


IN_SUMMER_TIME, OUTSIDE_SUMMER_TIME, TURNED = "in summer time", "outside summer time", "day and month turned"
FAULTS: dict[str, tuple[Callable[[pl.Expr], pl.Expr], Callable[[pl.Expr], pl.Expr]]] = {
    IN_SUMMER_TIME: (_before_summer_time, _next_day),
    OUTSIDE_SUMMER_TIME: (lambda born: ~_before_summer_time(born), _next_day),
    TURNED: (_day_could_be_month, _turned),
}
"""Fault -> whether it may have made a date what it is; what the date then was."""


@dataclass(frozen=True)
class MisreadDates:
    """Birth dates of a source that one of the ``FAULTS`` has made what they are."""

    source: str
    fault: str
    other: str
    """The source with which it has most such children in common, by names and postcode."""
    children: int
    """Children whom both have, of whom the other has the same date or the one that it was before the fault."""
    misread: int
    """How many of these have the latter there."""


def misread_dates(person: pl.DataFrame) -> list[MisreadDates]:
    """The sources of ``person`` (``PERSON_RECORD``) whose birth dates are misread, by source and fault.

    They are if more than half of the sources with enough children in common say so. If only two have, the one with the
    earlier dates is a day early: clocks set to universal time are common, and no fault is known that makes dates a day
    late. But which of two sources has day and month turned nobody can say: neither is returned.
    """
    pairs = _in_common(some_homes(person.select("dataset", BORN, *NAMES_AND_HOME).drop_nulls()))
    enough = pairs.filter(pl.col("children") >= ENOUGH_CHILDREN)
    says_so = pl.col("misread") >= NEARLY_ALL * pl.col("children")
    group = "dataset", "fault"
    found = enough.filter((says_so.sum() * 2 > pl.len()).over(group), says_so)
    mutual = found.select("fault", dataset="dataset_other", dataset_other="dataset")
    sure = found.join(mutual, on=["fault", "dataset", "dataset_other"], how="anti")
    first = sure.sort(*group, "children", "dataset_other", descending=[False, False, True, False])
    rows = first.unique(group, keep="first", maintain_order=True)
    return [MisreadDates(*row) for row in rows.select(*group, "dataset_other", "children", "misread").iter_rows()]


def with_dates_put_right(person: pl.DataFrame, misread: Sequence[MisreadDates]) -> pl.DataFrame:
    """``person`` with these birth dates as they were before the fault."""
    for each in misread:
        may_be, right = FAULTS[each.fault]
        is_theirs = (pl.col("dataset") == each.source) & may_be(pl.col(BORN))
        person = person.with_columns(pl.when(is_theirs).then(right(pl.col(BORN))).otherwise(BORN).alias(BORN))
    return person


def _in_common(some: pl.DataFrame) -> pl.DataFrame:
    """One row is one pair of sources and one fault: ``dataset``, ``dataset_other``, ``fault``, the ``children`` whom both have,
    and how many of these are ``misread`` in ``dataset``."""
    other = some.rename({name: f"{name}_other" for name in ("dataset", BORN)})
    pairs = some.join(other, on=NAMES_AND_HOME).filter(pl.col("dataset") != pl.col("dataset_other"))
    born, there = pl.col(BORN), pl.col(f"{BORN}_other")
    counted = []
    for fault, (may_be, right) in FAULTS.items():
        concerned = pairs.filter(may_be(born)).with_columns(is_misread=there == right(born))
        concerned = concerned.filter(pl.col("is_misread") | (there == born))
        children = concerned.group_by("dataset", "dataset_other").agg(
            fault=pl.lit(fault), children=pl.len().cast(pl.Int64), misread=pl.col("is_misread").sum().cast(pl.Int64)
        )
        counted.append(children)
    return pl.concat(counted)
