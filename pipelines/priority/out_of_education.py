"""How long ago the last known education ended: past 4, 12, 26 or 52 weeks, the steps of the Department's duration bands."""

import polars as pl

from pipelines.age import starts_on, without_education_since
from pipelines.formatted import formatted
from pipelines.priority.circumstances import Circumstances, as_findings
from pipelines.rank_settings import Points

FACTOR = "out_of_education"


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child without education for at least four weeks: since the last one ended, or since becoming of
    compulsory school age if that is later."""
    last, ended_on, born = circumstances.last_ended, pl.col("until_on"), pl.col("date_of_birth")
    ended = last.select("child_id", "until_on").join(circumstances.births, on="child_id", how="inner", validate="1:1")
    since = without_education_since(ended_on, born)
    weeks = (pl.lit(circumstances.as_at) - since).dt.total_days() // 7
    steps = ((52, points.out_52_weeks), (26, points.out_26_weeks), (12, points.out_12_weeks), (4, points.out_4_weeks))
    worth = pl.coalesce(pl.when(weeks >= least).then(pl.lit(given)) for least, given in steps)
    because = (
        pl.when(starts_on(born) > ended_on)
        .then(formatted("of compulsory school age for {} weeks, with no known education in that time", weeks))
        .otherwise(formatted("last known education ended {} weeks ago", weeks))
    )
    return as_findings(ended, FACTOR, worth, because).drop_nulls("points")
