"""Schools whose rolls cannot have a new pupil yet, as they were last told before the pupil's place began.

An academy may send its roll with the termly school census alone, and some authorities get no other roll of any school.
From September until October such a roll is that of the summer. It is not asked for as a setting, which nobody would keep true:
every school takes in children in September, so a roll that shows nobody who began since has not been told.
"""

from datetime import date, timedelta

import polars as pl

from pipelines.children.age import school_year
from pipelines.intake.schools import plain_number

BEFORE_TERM = timedelta(days=7)
"""Some schools date all entries of a term before its first day of teaching."""


def begun_last(
    places: pl.DataFrame, provision: pl.DataFrame, person: pl.DataFrame, schools: pl.DataFrame, as_at: date
) -> pl.DataFrame:
    """``places`` with ``school``, its name on a roll, and ``begun_on``, when the last pupil began whom that roll shows.

    ``places``: places that are promised, with ``place`` (a number or the name of the school; null: not said) and
    ``date_of_birth``. Where no school is said, ``school`` is null and ``begun_on`` that of the schools which have half of those
    a school year older. Both are null for a school that no roll has. ``provision``, ``person``, ``schools``: ``PROVISION``,
    ``PERSON``, ``SCHOOL``.
    """
    entries = provision.filter(pl.col("since_on") <= as_at).join(schools, on=["source", "place"], how="semi")
    rolls = entries.group_by("source", "place").agg(begun_on=pl.col("since_on").max())
    named = schools.join(rolls, on=["source", "place"], how="inner").select(
        pl.col("place").alias("school"), "begun_on", number="number"
    )
    born = entries.filter("is_current").join(
        person.select("record_id", "date_of_birth").drop_nulls(), on="record_id", how="inner", validate="m:1"
    )
    older = born.join(rolls, on=["source", "place"], how="inner", validate="m:1").group_by(
        year=school_year(pl.col("date_of_birth"), as_at) - 1
    )
    half = older.agg(half_begun_on=pl.col("begun_on").sort().get(pl.len() // 2))
    asked = places.with_columns(number=plain_number(pl.col("place")), year=school_year(pl.col("date_of_birth"), as_at))
    return (
        asked.join(named, on="number", how="left", validate="m:1")
        .join(half, on="year", how="left", validate="m:1")
        .with_columns(begun_on=pl.when(pl.col("number").is_null()).then("half_begun_on").otherwise("begun_on"))
        .drop("number", "year", "half_begun_on")
    )


def is_silent(since_on: pl.Expr, begun_on: pl.Expr) -> pl.Expr:
    """True where a roll shows nobody who began when a place did, or later; not where no roll is known (null)."""
    return (begun_on < since_on - BEFORE_TERM).fill_null(value=False)
