"""The child is permanently excluded, and the day by which the authority must provide education has passed.

From the sixth school day after a permanent exclusion the authority owes the child full-time education (Education Act 1996,
section 19, and the regulations under it).
"""

import polars as pl

from pipelines.formatted import formatted
from pipelines.priority.circumstances import Circumstances, as_findings
from pipelines.rank_settings import Points
from pipelines.written_dates import day

FACTOR = "exclusion"
NAMED = r"\bexclu"
OWED_FROM = 6
"""School day after the exclusion from which education is owed."""


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child whose earliest open exclusion is past that day; an exclusion without a date is taken to be
    past it."""
    open_ones = circumstances.unanswered(circumstances.open_concerns(NAMED)).sort("child_id", "since_on")
    first = open_ones.unique("child_id", keep="first", maintain_order=True)
    days = circumstances.school_days_since(first["since_on"])
    because = pl.coalesce(
        formatted("excluded on {} ({} school days ago), with no known place", day(pl.col("since_on")), "days"),
        pl.lit("excluded, with no known place"),
    )
    late = first.with_columns(days=days).filter(pl.col("days").is_null() | (pl.col("days") >= OWED_FROM))
    return as_findings(late, FACTOR, points.exclusion, because)
