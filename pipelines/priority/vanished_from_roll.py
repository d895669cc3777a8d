"""A school's roll stopped naming the pupil and gave no leaving date: nobody has said where the child went."""

import polars as pl

from pipelines.formatted import formatted
from pipelines.priority.circumstances import Circumstances, as_findings
from pipelines.rank_settings import Points
from pipelines.written_dates import day

FACTOR = "vanished_from_roll"


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child, from the entry that vanished most recently."""
    gone = circumstances.statements.filter((pl.col("kind") == "vanished") & (pl.col("since_on") <= circumstances.as_at))
    ordered = circumstances.unanswered(gone).sort("child_id", "since_on", "record_id", descending=[False, True, False])
    last = ordered.unique("child_id", keep="first", maintain_order=True)
    because = formatted("{}, last there on {}", pl.col("what"), day(pl.col("since_on")))
    return as_findings(last, FACTOR, points.vanished_from_roll, because)
