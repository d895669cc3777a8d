"""The child lives in temporary accommodation, a hostel or a refuge: families there are moved at short notice."""

import polars as pl

from pipelines.priority.circumstances import Circumstances, earliest_open
from pipelines.rank_settings import Points

FACTOR = "temporary_accommodation"
NAMED = r"temporary|hostel|refuge\b|bed and breakfast|\bb&b\b|homeless"


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child whom a source places in such accommodation on the date judged."""
    named = circumstances.open_concerns(NAMED)
    return earliest_open(named, FACTOR, points.temporary_accommodation, "in temporary accommodation")
