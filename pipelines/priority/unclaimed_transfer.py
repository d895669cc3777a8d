"""A school sent on the child's file (Common Transfer File), and no school has claimed it."""

import polars as pl

from pipelines.priority.circumstances import Circumstances, earliest_open
from pipelines.rank_settings import Points

FACTOR = "unclaimed_transfer"
NAMED = r"transfer|lost pupil|unclaimed|\bctf\b"


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child whose transfer file is unclaimed on the date judged."""
    named = circumstances.unanswered(circumstances.open_concerns(NAMED))
    return earliest_open(named, FACTOR, points.unclaimed_transfer, "no school has claimed the transfer file")
