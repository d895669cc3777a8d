"""A school took the child off its roll in a way that settles nothing: after an absence, or with no known destination."""

import polars as pl

from pipelines.priority.circumstances import Circumstances, earliest_open
from pipelines.rank_settings import Points

FACTOR = "left_unsettled"
NAMED = r"off the roll after an absence|without a known destination|left the roll for home education"


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child, from the earliest such leaving that is open on the date judged."""
    because = (
        pl.when(pl.col("what").str.contains("absence"))
        .then(pl.lit("taken off the roll after an absence"))
        .when(pl.col("what").str.contains("home education"))
        .then(pl.lit("not on the home education register, though taken off the roll for home education"))
        .otherwise(pl.lit("left the roll with no known destination"))
    )
    unsettled = circumstances.unanswered(circumstances.open_concerns(NAMED))
    return earliest_open(unsettled, FACTOR, points.left_unsettled, because, "on")
