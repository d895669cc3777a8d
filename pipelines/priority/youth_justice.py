"""The child is known to youth justice."""

import polars as pl

from pipelines.priority.circumstances import Circumstances, earliest_open
from pipelines.rank_settings import Points

FACTOR = "youth_justice"
NAMED = r"youth justice|youth offending|\byjs\b|\byot\b"


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child with an open case; it says so if the case says that the child has no education."""
    says_none = pl.col("what").str.contains(r"\bno education")
    because = (
        pl.when(says_none)
        .then(pl.lit("youth justice knows of no education"))
        .otherwise(pl.lit("known to youth justice"))
    )
    return earliest_open(circumstances.open_concerns(NAMED), FACTOR, points.youth_justice, because)
