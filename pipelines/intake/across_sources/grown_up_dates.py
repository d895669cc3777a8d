"""Sources that give children a grown-up's birth date: the tenant's, the parent's who signed, one of the last century.

A list of households has grown-ups in it, and their dates are true. But then hardly any child whom another source has by names
and postcode has such a date. If children have it about as often as all people of the list, it is not the date of whoever the
row is about, and makes children too old for school whom only this list knows.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from pipelines.age import GROWN_UP
from pipelines.intake.across_sources.some_homes import NAMES_AND_HOME, some_homes

FEWEST_CHILDREN = 5
"""Fewest children with such a date: a father may have his son's name and home."""

ABOUT_AS_OFTEN = 0.5
"""Of the share of such dates among all people of the source, the least that there must be among its children."""

BORN = pl.col("date_of_birth")


@dataclass(frozen=True)
class GrownUpDates:
    """A source that gives children a grown-up's birth date."""

    source: str
    children: int
    """Children whom it has in common with other sources, by names and postcode."""
    wrong: int
    """How many of these have nothing but a grown-up's date there, and a child's in another source."""


def grown_up_dates(person: pl.DataFrame) -> list[GrownUpDates]:
    """The sources of ``person`` (``PERSON_RECORD``) that do, by name."""
    dated = person.select("dataset", *NAMES_AND_HOME, is_grown=_is_grown_up(person)).drop_nulls("is_grown")
    own = some_homes(dated.drop_nulls()).group_by("dataset", *NAMES_AND_HOME).agg(pl.col("is_grown").all())
    children = own.filter(~pl.col("is_grown")).select(*NAMES_AND_HOME, other="dataset")
    of_two = own.join(children, on=NAMES_AND_HOME).filter(pl.col("dataset") != pl.col("other"))
    common = of_two.unique(["dataset", *NAMES_AND_HOME])
    counted = common.group_by("dataset").agg(children=pl.len(), wrong=pl.col("is_grown").sum())
    shares = counted.join(dated.group_by("dataset").agg(usual=pl.col("is_grown").mean()), on="dataset", validate="1:1")
    as_often = pl.col("wrong") >= ABOUT_AS_OFTEN * pl.col("usual") * pl.col("children")
    found = shares.filter(as_often, pl.col("wrong") >= FEWEST_CHILDREN).sort("dataset")
    return [GrownUpDates(*row) for row in found.select("dataset", "children", "wrong").iter_rows()]


def without_grown_up_dates(person: pl.DataFrame, found: Iterable[GrownUpDates]) -> pl.DataFrame:
    """``person`` (``PERSON_RECORD``) without the grown-ups' birth dates of these sources. ``found``: from
    :func:`grown_up_dates`."""
    sources = [each.source for each in found]
    if not sources:
        return person
    is_left_out = pl.col("dataset").is_in(sources) & _is_grown_up(person).fill_null(value=False)
    return person.with_columns(date_of_birth=pl.when(~is_left_out).then(BORN))


def _is_grown_up(person: pl.DataFrame) -> pl.Series:
    """Whether each birth date is a grown-up's, reckoned from the latest of all; null: there is none.

    An expression would give one row where all dates are the same.
    """
    born = person["date_of_birth"]
    before = person.select(BORN.max().dt.offset_by(f"-{GROWN_UP}y")).item()
    return born < before if before else pl.Series([None], dtype=pl.Boolean).new_from_index(0, len(born))
