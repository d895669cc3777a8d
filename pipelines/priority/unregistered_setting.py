"""Somebody says that the child attends a school or setting that is not registered: that is no suitable education."""

import polars as pl

from pipelines.priority.evidence import Evidence, earliest_open
from pipelines.rank_settings import Points

FACTOR = "unregistered_setting"
NAMED = r"\bunregistered\b|\billegal school"


def finding(evidence: Evidence, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child of whom an open concern says so."""
    named = evidence.open_concerns(NAMED)
    return earliest_open(named, FACTOR, points.unregistered_setting, "said to attend an unregistered setting")
