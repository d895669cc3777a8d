"""A referral waits: somebody has raised a concern about the child, and it is still open.

Every concern that no other factor knows by name counts here, so that a concern of a new source is never without weight.
"""

import polars as pl

from pipelines.priority import exploitation, no_place, social_care, temporary_accommodation, unclaimed_transfer
from pipelines.priority.evidence import Evidence, earliest_open
from pipelines.rank_settings import Points

FACTOR = "referral"
NAMED_ELSEWHERE = "|".join(
    factor.NAMED for factor in (social_care, exploitation, unclaimed_transfer, no_place, temporary_accommodation)
)


def finding(evidence: Evidence, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child with such a concern open on the date judged, the longest open one."""
    waiting = evidence.open_concerns().filter(~pl.col("what").str.contains(NAMED_ELSEWHERE))
    because = (
        pl.when(pl.col("what") == "")
        .then(pl.lit("a concern is open"))
        .otherwise("a concern is open: " + pl.col("what"))
    )
    return earliest_open(waiting, FACTOR, points.referral, because)
