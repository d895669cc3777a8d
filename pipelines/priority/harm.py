"""Somebody fears that the child is being harmed (abuse at home, neglect), or the police had to protect the child."""

import polars as pl

from pipelines.priority.circumstances import Circumstances, earliest_open
from pipelines.rank_settings import Points

FACTOR = "harm"
NAMED = r"domestic abuse|\bneglect|police protection|\bat risk of harm|\babused?\b"


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child with such a concern in force on the date judged."""
    named = circumstances.open_concerns(NAMED)
    return earliest_open(named, FACTOR, points.harm, "open concern about harm (" + pl.col("what") + ")")
