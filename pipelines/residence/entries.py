"""Which agency has a record of which child, open or ended, and since when it last saw the child.

An entry is not always one child's. A tenancy names all children of a household, and is confirmed for all on one day
(``is_shared``).
"""

from datetime import date

import numpy as np
import polars as pl

from pipelines.residence.records import ChildDates, days_since

LATELY_DAYS = 365
"""A household member seen within a year counts as seen recently: every agency meets most of its families once a year."""

ENOUGH_DATES = 50
"""With fewer dates than this in its last year, an extract does not show where its knowledge ends."""

STRAY_DATES = 0.005
"""Share of an extract's dates that may be slips: dates after the day on which it was made."""


def agency_entries(dates: ChildDates, as_at: date) -> pl.DataFrame:
    """``Evidence.agencies`` without ``is_shared`` and ``is_letter``, in no order."""
    of_agencies = dates.records.filter(~pl.col("source").is_in(dates.rolls.implode()))
    records = of_agencies.select(
        "child",
        "source",
        "membership",
        "is_ended",
        seen_on=pl.coalesce("sighted_on", "seen_on"),
        only_start=pl.col("sighted_on").is_null(),
        open_start=pl.when(~pl.col("is_ended")).then(pl.col("begun_on")),
        # An entry that ended on no known day did so after the child was last seen, if ever.
        ended_on=pl.coalesce(pl.max_horizontal("closed_on", "left_on"), "seen_on", pl.lit(as_at)),
    )
    by_child = records.group_by("child", "source").agg(
        pl.col("is_ended", "only_start").all(), pl.col("seen_on", "open_start", "ended_on", "membership").max()
    )
    ends = _ends_of_knowledge(of_agencies, as_at)
    return by_child.join(ends, on="source", how="left", validate="m:1").select(
        "child",
        "source",
        "unsighted_days",
        "untold_days",
        state=pl.when("is_ended").then(2).otherwise(1).cast(pl.Int64),
        sighted_days=days_since(pl.col("seen_on"), as_at),
        begun_days=days_since(pl.col("open_start"), as_at),
        ended_days=pl.when("is_ended").then(days_since(pl.col("ended_on"), as_at)),
        is_start="only_start",
        membership="membership",
        tells_events=pl.col("source").is_in(dates.event_sources.implode()),
    )


def _ends_of_knowledge(records: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``source``, ``unsighted_days`` and ``untold_days``.

    An extract that was made two months ago, or whose agency last saw its children then, knows nothing of who has left
    since, however recently it was sent.
    """
    days = records.select(
        "source",
        seen=days_since(pl.col("seen_on"), as_at),
        known=days_since(pl.max_horizontal("seen_on", "closed_on", "left_on"), as_at),
    )
    ends = [
        (mine["source"][0], _end_of(mine["seen"]), _end_of(mine["known"]))
        for mine in days.partition_by("source", maintain_order=True)
    ]
    return pl.DataFrame(
        ends, schema={"source": pl.String, "unsighted_days": pl.Float64, "untold_days": pl.Float64}, orient="row"
    )


def _end_of(days: pl.Series) -> float:
    """Days since an extract's knowledge ends, allowing for stray dates; 0 where it has too few dates to tell."""
    dated = days.drop_nulls().to_numpy()
    lately = dated[dated <= dated.min() + LATELY_DAYS] if len(dated) else dated
    if len(lately) < ENOUGH_DATES:
        return 0.0
    return max(0.0, float(np.quantile(lately, STRAY_DATES)) - LATELY_DAYS * STRAY_DATES)


def with_shared(agencies: pl.DataFrame, families: pl.DataFrame) -> pl.DataFrame:
    """``agencies`` with ``is_shared``. ``families``: as ``Evidence.families``."""
    dates = ("sighted_days", "begun_days")
    open_ = agencies.filter((pl.col("state") == 1) & pl.any_horizontal(pl.col(*dates).is_not_null()))
    mine = families.join(open_.select("child", "source", *dates), on="child", how="inner")
    theirs = open_.select("source", *dates, other="child")
    shared = mine.join(theirs, on=["other", "source", *dates], how="inner", nulls_equal=True).select("child", "source")
    marked = shared.unique().with_columns(is_shared=pl.lit(value=True))
    joined = agencies.join(marked, on=["child", "source"], how="left", validate="1:1")
    return joined.with_columns(pl.col("is_shared").fill_null(value=False))
