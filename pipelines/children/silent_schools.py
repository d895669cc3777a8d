"""Schools whose rolls cannot show a new pupil yet, because they were last updated before the pupil's place began.

An academy may send its roll only with the termly school census, and some authorities get no other roll of any school: for
weeks such a roll is that of the last census. This is not a setting, which nobody would keep up to date. A roll that shows
nobody who began since some day has not been updated since, if on the same days of earlier years it shows several who did,
or if several were promised a place. For a small school that sends its roll each night, a quiet month means nothing.
"""

from datetime import date, timedelta

import polars as pl

from pipelines.age import school_year
from pipelines.intake.schools import plain_number

BEFORE_TERM = timedelta(days=7)
"""Some schools date all entries of a term before its first day of teaching."""

NOT_ENTERED_YET = timedelta(days=7)
"""A pupil who began this recently may be on no roll yet, however often it comes (five days: SI 2024/208, regulation 13)."""

A_YEAR = timedelta(weeks=52)
"""The same days of another year, by the day of the week."""

USUAL = 6
"""Least number of pupils who began on the same days of the two years before. Where 6 did in two years, the chance that
nobody does in a third is (2/3) ** 7 = .06 (Poisson, whatever the rate): less than the one enquiry in nine that an
officer is asked to make."""

PROMISED = 5
"""Least number of children whose accepted places have begun since: that none of so many came is less likely than that the
roll has not been updated."""


def last_roll_days(
    places: pl.DataFrame, provision: pl.DataFrame, person: pl.DataFrame, schools: pl.DataFrame, as_at: date
) -> pl.DataFrame:
    """``places`` with ``school``, its name on a roll, and ``told_on``, the last day that the roll is known to cover.

    ``places``: accepted places, with ``since_on``, ``place`` (a number or the name of the school; null: not given) and
    ``date_of_birth``. Where no school is given, ``school`` is null and ``told_on`` is the median among pupils one school
    year older. Both are null for a school that no roll has. ``provision``, ``person``, ``schools``: ``PROVISION``,
    ``PERSON``, ``SCHOOL``.
    """
    asked = places.with_columns(number=plain_number(pl.col("place")), year=school_year(pl.col("date_of_birth"), as_at))
    promised = asked.select("number", "since_on").join(schools, on="number", how="inner")
    entries = provision.filter(pl.col("since_on") <= as_at).join(schools, on=["source", "place"], how="semi")
    rolls = _rolls(entries, promised, as_at)
    named = schools.join(rolls, on=["source", "place"], how="inner").select("number", "told_on", school="place")
    born = entries.filter("is_current").join(
        person.select("record_id", "date_of_birth").drop_nulls(), on="record_id", how="inner", validate="m:1"
    )
    older = born.join(rolls, on=["source", "place"], how="inner", validate="m:1").group_by(
        year=school_year(pl.col("date_of_birth"), as_at) - 1
    )
    half = older.agg(half_told_on=pl.col("told_on").sort().get(pl.len() // 2))
    return (
        asked.join(named, on="number", how="left", validate="m:1")
        .join(half, on="year", how="left", validate="m:1")
        .with_columns(told_on=pl.when(pl.col("number").is_null()).then("half_told_on").otherwise("told_on"))
        .drop("number", "year", "half_told_on")
    )


def is_silent(since_on: pl.Expr, told_on: pl.Expr) -> pl.Expr:
    """True where the last day that a roll covers is before a place began; false where no roll is known (null)."""
    return (told_on < since_on - BEFORE_TERM).fill_null(value=False)


def _rolls(entries: pl.DataFrame, promised: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``source``, ``place``, ``told_on`` of each school: the last day on which a pupil began, if it has been too quiet
    since, at the school or at all schools of its source together; else ``as_at``."""
    school, source = (_quiet_since(entries, promised, by, as_at) for by in (["source", "place"], ["source"]))
    quiet = school.join(source.select("source", source_quiet="quiet_since"), on="source", how="left", validate="m:1")
    return quiet.select("source", "place", told_on=pl.coalesce("quiet_since", "source_quiet", pl.lit(as_at)))


def _quiet_since(entries: pl.DataFrame, promised: pl.DataFrame, by: list[str], as_at: date) -> pl.DataFrame:
    """``by`` and ``quiet_since``: the last day on which a pupil began; null where it is not unusual that nobody has since.

    ``promised``: ``source``, ``place``, ``since_on`` of accepted places.
    """
    last = entries.group_by(by).agg(begun_on=pl.col("since_on").max())
    usual = _begun_since(entries, last, by, as_at, years=1) + _begun_since(entries, last, by, as_at, years=2)
    too_quiet = (usual >= USUAL) | (_begun_since(promised, last, by, as_at, years=0) >= PROMISED)
    return last.with_columns(quiet_since=pl.when(too_quiet).then("begun_on"))


def _begun_since(begun: pl.DataFrame, last: pl.DataFrame, by: list[str], as_at: date, *, years: int) -> pl.Series:
    """Number of rows of ``begun`` for each row of ``last``: since its day, or since that day ``years`` years earlier."""
    since, earlier = pl.col("since_on"), years * A_YEAR
    since_then = begun.join(last, on=by, how="inner", validate="m:1").filter(
        since > pl.col("begun_on") - earlier, since <= as_at - NOT_ENTERED_YET - earlier
    )
    counted = last.join(since_then.group_by(by).len(), on=by, how="left", validate="1:1", maintain_order="left")
    return counted["len"].fill_null(0)
