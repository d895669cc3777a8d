"""No extract shows that the child has ever been in education: never entered, or newly arrived."""

import polars as pl

from pipelines.priority.circumstances import Circumstances, as_findings
from pipelines.rank_settings import Points

FACTOR = "never_on_a_roll"


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child without any provision statement that had begun by the date judged."""
    never = circumstances.births.join(circumstances.begun_provision(), on="child_id", how="anti")
    return as_findings(never, FACTOR, points.never_on_a_roll, pl.lit("no extract shows any earlier education"))
