"""Nobody has had contact with the child for long, or no extract says when anybody last did."""

from datetime import timedelta

import polars as pl

from pipelines.formatted import formatted
from pipelines.priority.circumstances import Circumstances, as_findings
from pipelines.rank_settings import Points
from pipelines.written_dates import day

FACTOR = "long_unseen"


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child last seen more than ``points.long_unseen_days`` before the date judged, or never."""
    dated = circumstances.statements.filter((pl.col("kind") == "seen") & (pl.col("since_on") <= circumstances.as_at))
    last = dated.group_by("child_id").agg(last_on=pl.col("since_on").max())
    children = circumstances.births.join(last, on="child_id", how="left", validate="1:1")
    limit = circumstances.as_at - timedelta(days=points.long_unseen_days)
    unseen = children.filter(pl.col("last_on").is_null() | (pl.col("last_on") < limit))
    because = pl.coalesce(
        formatted("no agency has had contact since {}", day(pl.col("last_on"))),
        pl.lit("no extract says when the child was last seen"),
    )
    return as_findings(unseen, FACTOR, points.long_unseen, because)
