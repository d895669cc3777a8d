"""The child was refused a place, was offered none, lost the offer, or has not taken it up."""

import polars as pl

from pipelines.priority.evidence import Evidence, earliest_open
from pipelines.rank_settings import Points

FACTOR = "no_place"
NAMED = r"\boffer|\brefus|\bwithdrawn\b|\baccepted\b|\bapplied\b|\bapplication\b|\badmission|\bexpected at\b"


def finding(evidence: Evidence, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child whose application has not led to a place by the date judged."""
    what = pl.col("what")
    because = (
        pl.when(what.str.contains("refus"))
        .then(pl.lit("without a school place after a refusal"))
        .when(what.str.contains(r"\b(?:no|not|without)\b.*\boffer"))
        .then(pl.lit("applied for a school place and has no offer"))
        .when(what.str.contains("withdrawn"))
        .then(pl.lit("an application or offer was withdrawn and none stands"))
        .when(what.str.contains("offer|accepted|expected"))
        .then(pl.lit("expected at the school offered and on no roll"))
        .otherwise(pl.lit("an application for a school place is open"))
    )
    return earliest_open(evidence.open_concerns().filter(what.str.contains(NAMED)), FACTOR, points.no_place, because)
