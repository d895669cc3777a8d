"""Somebody says that the child attends a school or setting that is not registered: that is no suitable education."""

import polars as pl

from pipelines.priority.circumstances import Circumstances, earliest_open
from pipelines.rank_settings import Points

FACTOR = "unregistered_setting"
NAMED = r"\bunregistered\b|\billegal school"


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child about whom an open concern says so."""
    named = circumstances.open_concerns(NAMED)
    return earliest_open(named, FACTOR, points.unregistered_setting, "said to attend an unregistered setting")
