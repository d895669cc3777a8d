"""Days that a source gives where it knows none: 1 January 1900, or the day from which its first system counted."""

from datetime import timedelta

import polars as pl

MUCH, ENOUGH = 0.02, 50
"""Least share of a source's sightings, and least number of them, on a day that can be a default."""

HARDLY_ANY, A_YEAR = 0.01, timedelta(days=365)
"""At most this share of a source's sightings are before a default day, and at most this share in the year after it."""

LONG_AGO = timedelta(days=730)
"""A default day is this long or longer before the last day on which the source saw anybody."""


def without_default_days(statements: pl.DataFrame, *, of: str = "record_id") -> pl.DataFrame:
    """``statements`` without the days of sightings that are a source's default: somebody was seen, on no known day.

    Many of the sightings are on that one day, hardly any before it, and hardly any in the year after. A day on which a whole
    list was dated (:mod:`pipelines.residence.letters`) has meetings about it, and shows that nobody was met since; this one
    shows nothing. The start of an entry is none of them. ``of``: the column that says whose statement a row is.
    """
    seen = statements.filter(pl.col("kind") == "seen").drop_nulls("since_on")
    is_old = pl.col("since_on") <= pl.col("since_on").max().over("source") - LONG_AGO
    asked = _days(seen).filter(_is_much(), is_old)
    if asked.is_empty():
        return statements
    starts = statements.filter(pl.col("kind") == "lives_here")
    met = seen.join(asked, on="source", how="semi").join(starts, on=[of, "since_on"], how="anti")
    default = _alone(_days(met)).join(asked, on=["source", "since_on"], how="semi")
    marked = statements.join(
        default.select("source", "since_on", is_default=pl.lit(value=True)),
        on=["source", "since_on"],
        how="left",
        validate="m:1",
        maintain_order="left",
    )
    is_default = pl.col("is_default").fill_null(value=False) & (pl.col("kind") == "seen")
    return marked.with_columns(since_on=pl.when(~is_default).then("since_on")).drop("is_default")


def _days(seen: pl.DataFrame) -> pl.DataFrame:
    """``source``, ``since_on`` and ``met``, the number of sightings on that day; sorted."""
    return seen.group_by("source", "since_on").len("met").sort("source", "since_on")


def _is_much() -> pl.Expr:
    return (pl.col("met") >= ENOUGH) & (pl.col("met") >= MUCH * pl.col("met").sum().over("source"))


def _alone(days: pl.DataFrame) -> pl.DataFrame:
    """Those of the :func:`_days` with many sightings, and hardly any before them or in the year after."""
    after = days.rolling("since_on", period=A_YEAR, offset="0d", closed="right", group_by="source").agg(
        after=pl.col("met").sum()
    )
    few, before = (
        HARDLY_ANY * pl.col("met").sum().over("source"),
        pl.col("met").cum_sum().over("source") - pl.col("met"),
    )
    beside = days.join(after, on=["source", "since_on"], how="left", validate="1:1")
    return beside.filter(_is_much(), before <= few, pl.col("after").fill_null(0) <= few)
