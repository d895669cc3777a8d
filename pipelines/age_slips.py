"""How likely a child is of compulsory school age after all, where one source alone gives its birth date, or none does.

A child on no roll whose only birth date has slipped (a year, a day for a month, 1 January for want of papers) looks of
age and is not: hardly any child of age has no place, but most toddlers have none, so that a slip in one date of five
hundred fills a list. How often dates slip is read from tonight's children to whom several sources give one.
"""

from datetime import date

import polars as pl

from pipelines.age import is_of_compulsory_school_age

PRIOR_SLIPS, PRIOR_DATES = 1.0, 500.0
"""Before any date is compared, one in five hundred is taken to make a child of another age seem of age."""

MOST_SLIPPED = 0.9
"""However many slips are expected, no child's date is taken for one with more than this probability."""


def with_age_slips(
    facts: pl.DataFrame, person: pl.DataFrame, child_records: pl.DataFrame, provision: pl.DataFrame, as_at: date
) -> pl.DataFrame:
    """``facts`` (of :mod:`pipelines.facts`) where ``of_age`` allows for slips in the birth date of a child without a place.

    A date that one source alone gives, and makes of age: less the expected slips among such dates. No date at all: as
    likely as the dated children without a place, whom the same sources know, are. All other children stay as they are.
    """
    placed = provision.filter("is_current")["child_id"].unique()
    is_placed = pl.col("child_id").is_in(placed.implode())
    is_surely_of_age = (pl.col("of_age") == 1.0) & ~pl.col("dates_differ")
    asked = facts.filter(~(is_placed & is_surely_of_age))  # dates that all agree on a pupil's age tell of no slip
    dates = _dates(person, child_records.join(asked, on="child_id", how="semi"), as_at)
    without_place = dates.filter(~is_placed)
    slipped = _slipped(without_place.filter(pl.len().over("child_id") == 1), _slip_rates(dates))
    undated = _undated(facts, person, child_records, without_place)
    return (
        facts.join(slipped, on="child_id", how="left", validate="1:1")
        .join(undated, on="child_id", how="left", validate="1:1")
        .with_columns(
            of_age=pl.when(pl.col("slipped").is_not_null() & (pl.col("of_age") > 0))
            .then(pl.col("of_age") * (1 - pl.col("slipped")))
            .when(pl.col("date_of_birth").is_null() & ~is_placed)
            .then(pl.coalesce("undated_of_age", "of_age"))
            .otherwise("of_age")
        )
        .drop("slipped", "undated_of_age")
    )


def _dates(person: pl.DataFrame, child_records: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """One row is one source that gives one child a birth date: whether any of its dates is of age, and 1 January."""
    born = pl.col("date_of_birth")
    dated = person.select("record_id", "dataset", "date_of_birth").drop_nulls("date_of_birth")
    is_default = (born.dt.month() == 1) & (born.dt.day() == 1)
    return (
        child_records.select("record_id", "child_id")
        .join(dated, on="record_id", how="inner", validate="1:1")
        .group_by("child_id", "dataset")
        .agg(is_of_age=is_of_compulsory_school_age(born, as_at).any(), is_default=is_default.all())
    )


def _slip_rates(dates: pl.DataFrame) -> pl.DataFrame:
    """``rate``: of the dates of children not of age by every other source, the share that make them so; by 1 January."""
    of_age = pl.col("is_of_age").cast(pl.Int64)
    compared = dates.with_columns(
        sources=pl.len().over("child_id"), others=of_age.sum().over("child_id") - of_age
    ).filter((pl.col("sources") > 1) & (pl.col("others") == 0))
    return compared.group_by("is_default").agg(
        rate=(pl.col("is_of_age").sum() + PRIOR_SLIPS) / (pl.len() + PRIOR_DATES)
    )


def _slipped(lone: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    """``slipped``: 0..1, that the only date of a child of age by it is a slip: expected slips among such dates."""
    usual = PRIOR_SLIPS / PRIOR_DATES
    of_age = pl.col("is_of_age")
    expected = (~of_age).sum() * pl.col("rate").fill_null(usual).first()
    counted = (
        lone.join(rates, on="is_default", how="left", validate="m:1")
        .group_by("dataset", "is_default")
        .agg(slipped=(expected / (of_age.sum() + 1.0)).clip(0.0, MOST_SLIPPED))
    )
    return (
        lone.filter("is_of_age")
        .join(counted, on=["dataset", "is_default"], how="left", validate="m:1")
        .select("child_id", "slipped")
    )


def _undated(
    facts: pl.DataFrame, person: pl.DataFrame, child_records: pl.DataFrame, without_place: pl.DataFrame
) -> pl.DataFrame:
    """``undated_of_age`` of children without any date: the share of age among those whom the same sources give one."""
    rates = without_place.group_by("dataset").agg(undated_of_age=pl.col("is_of_age").mean())
    undated = facts.filter(pl.col("date_of_birth").is_null()).select("child_id")
    known = child_records.join(undated, on="child_id", how="semi").join(
        person.select("record_id", "dataset"), on="record_id", how="inner", validate="1:1"
    )
    return (
        known.select("child_id", "dataset")
        .unique()
        .join(rates, on="dataset", how="inner", validate="m:1")
        .sort("child_id", "dataset")
        .group_by("child_id", maintain_order=True)
        .agg(pl.col("undated_of_age").mean())
        .filter(pl.col("undated_of_age") > 0)  # where no such child is of age, a child is not lost for want of a date
    )
