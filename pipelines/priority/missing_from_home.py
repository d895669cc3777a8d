"""The child has been reported missing: from home, from care, or as a runaway."""

import polars as pl

from pipelines.priority.circumstances import Circumstances, earliest_open
from pipelines.rank_settings import Points

FACTOR = "missing_from_home"
NAMED = r"missing from|missing episode|reported missing|\brunaway|\babscond"


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child with such a report in force on the date judged."""
    named = circumstances.open_concerns(NAMED)
    return earliest_open(named, FACTOR, points.missing_from_home, "reported missing from home or care", "on")
