"""The home is near the border, and a school next door may have the child: a reason to look later, once that school is
asked.
"""

import polars as pl

from pipelines.formatted import formatted
from pipelines.priority.circumstances import Circumstances, as_findings
from pipelines.rank_settings import Points

FACTOR = "border"


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child, with points below 0."""
    because = formatted("lives by the border with {}, and may be on the roll of a school there", "neighbour")
    return as_findings(circumstances.homes.filter("is_by_border"), FACTOR, -points.border, because)
