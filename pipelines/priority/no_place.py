"""The child was refused a place, was offered none, lost the offer, or has not taken it up."""

from datetime import timedelta

import polars as pl

from pipelines.children.promised_places import says_promised
from pipelines.priority.circumstances import Circumstances, earliest_open
from pipelines.rank_settings import Points

FACTOR = "no_place"
NAMED = (
    r"\boffer|\brefus|\bwithdrawn\b|\baccepted\b|\bapplied\b|\bapplication\b|\badmission|\bexpected at\b|\bdeferred\b"
)
TAKEN_UP_WITHIN = timedelta(days=60)
"""An education that began so shortly before the day of an application or offer, or since, is what came of it."""


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child whose application has not led to a place by the date judged."""
    what, since = pl.col("what"), pl.col("since_on")
    because = (
        pl.when(what.str.contains("refus"))
        .then(pl.lit("without a school place, and refused one"))
        .when(what.str.contains(r"\b(?:no|not|without)\b.*\boffer"))
        .then(pl.lit("without an offer of a school place, and applied for one"))
        .when(what.str.contains("lapsed"))
        .then(pl.lit("without a school place: the offer has lapsed of one applied for"))
        .when(what.str.contains("withdrawn"))
        .then(pl.lit("without a school place: an application since withdrawn was made"))
        .when(what.str.contains("offer|accepted|expected|deferred"))
        .then(pl.lit("on no roll, though a place offered was to begin"))
        .otherwise(pl.lit("without a school place yet, and applied for one"))
    )
    lag = circumstances.as_at - timedelta(days=points.not_arrived_after_days)
    applied = circumstances.unanswered(circumstances.open_concerns(NAMED), TAKEN_UP_WITHIN)
    waiting = applied.filter(~says_promised(what) | since.is_null() | (since <= lag))
    return earliest_open(waiting, FACTOR, points.no_place, because, "on")
