"""The child was refused a place, was offered none, lost the offer, or has not taken it up."""

from datetime import timedelta

import polars as pl

from pipelines.children.promised_places import promises_place
from pipelines.intake.schools import plain_number
from pipelines.priority.circumstances import Circumstances, earliest_open
from pipelines.rank_settings import Points

FACTOR = "no_place"
NAMED = (
    r"\boffer|\brefus|\bwithdrawn\b|\baccepted\b|\bapplied\b|\bapplication\b|\badmission|\bexpected at\b|\bdeferred\b"
)
TAKEN_UP_WITHIN = timedelta(days=60)
"""An education that began at most this long before the day of an application or offer, or later, resulted from it."""


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child whose application has not led to a place by the date judged."""
    what, since = pl.col("what"), pl.col("since_on")
    because = (
        pl.when(what.str.contains("refus"))
        .then(pl.lit("refused a school place"))
        .when(what.str.contains(r"\b(?:no|not|without)\b.*\boffer"))
        .then(pl.lit("no offer of a school place applied for"))
        .when(what.str.contains("lapsed"))
        .then(pl.lit("lapsed offer of a school place applied for"))
        .when(what.str.contains("withdrawn"))
        .then(pl.lit("application for a school place, since withdrawn, made"))
        .when(what.str.contains("offer|accepted|expected|deferred"))
        .then(pl.lit("not on a roll, though an offered place was due to start"))
        .otherwise(pl.lit("still waiting for a school place applied for"))
    )
    arrives_within = timedelta(days=points.not_arrived_after_days)
    applied = circumstances.unanswered(circumstances.open_concerns(NAMED), TAKEN_UP_WITHIN)
    waiting = applied.filter(~promises_place(what) | since.is_null() | (since <= circumstances.as_at - arrives_within))
    taken_up = _taken_up(waiting.filter(promises_place(what)), circumstances, arrives_within)
    waiting = waiting.join(taken_up, on="child_id", how="left", validate="m:1").filter(
        pl.col("taken_up_on").is_null() | (since > pl.col("taken_up_on"))
    )
    return earliest_open(waiting, FACTOR, points.no_place, because, "on")


def _taken_up(promised: pl.DataFrame, circumstances: Circumstances, arrives_within: timedelta) -> pl.DataFrame:
    """``child_id``, ``taken_up_on``: the day on which a promised place began, if the child then stayed at that very school.

    A nursery class, or the year before, may have led there: that entry began long before the application did.
    """
    starts = pl.col("starts_on")
    numbered = promised.select("child_id", starts_on="since_on", number=plain_number(pl.col("place")))
    schools = circumstances.schools.rename({"place": "school"})
    there = circumstances.begun_provision().select("child_id", "source", "until_on", school="place")
    named = numbered.join(schools, on="number", how="inner").join(
        there, on=["child_id", "source", "school"], how="inner"
    )
    stayed = named.filter(pl.col("until_on").is_null() | (pl.col("until_on") > starts + arrives_within))
    return stayed.group_by("child_id").agg(taken_up_on=starts.max()).drop_nulls()
