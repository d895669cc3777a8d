"""The child has come here recently: from abroad, alone and seeking asylum, or from another authority."""

import polars as pl

from pipelines.priority.circumstances import Circumstances, earliest_open
from pipelines.rank_settings import Points

FACTOR = "newly_arrived"
ALONE = r"\bunaccompanied\b|\buasc\b"
NAMED = rf"newly arrived|moved in from|{ALONE}|asylum|dispers"


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child with such a concern open on the date judged; more points for a child who came alone."""
    is_alone = pl.col("what").str.contains(ALONE)
    worth = pl.when(is_alone).then(points.unaccompanied).otherwise(points.newly_arrived)
    because = pl.when(is_alone).then(pl.lit("an unaccompanied asylum-seeking child")).otherwise(pl.col("what"))
    return earliest_open(circumstances.open_concerns(NAMED), FACTOR, worth, because)
