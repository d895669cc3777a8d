"""How long ago the last known education ended: past 4, 12, 26 or 52 weeks, as the Department's duration bands step."""

import polars as pl

from pipelines.formatted import formatted
from pipelines.priority.circumstances import Circumstances, as_findings
from pipelines.rank_settings import Points

FACTOR = "out_of_education"


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child whose last education ended at least four weeks before the date judged."""
    ended = circumstances.ended_provision.group_by("child_id").agg(pl.col("until_on").max())
    weeks = (pl.lit(circumstances.as_at) - pl.col("until_on")).dt.total_days() // 7
    steps = ((52, points.out_52_weeks), (26, points.out_26_weeks), (12, points.out_12_weeks), (4, points.out_4_weeks))
    worth = pl.coalesce(pl.when(weeks >= least).then(pl.lit(given)) for least, given in steps)
    because = formatted("last known education ended {} weeks ago", weeks)
    return as_findings(ended, FACTOR, worth, because).drop_nulls("points")
