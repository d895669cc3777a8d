"""Social care is involved: the child is on a child protection plan, looked after, privately fostered, or in need."""

import polars as pl

from pipelines.priority.circumstances import Circumstances, earliest_open
from pipelines.rank_settings import Points

FACTOR = "social_care"
CHILD_PROTECTION = r"\bcpp?\b|child protection"
LOOKED_AFTER = r"\bcla\b|\blac\b|looked[ -]after|in care\b"
IN_NEED = r"\bcin\b|\bin need\b"
PRIVATELY_FOSTERED = r"privately fostered|private fostering"
NAMED = f"{CHILD_PROTECTION}|{LOOKED_AFTER}|{IN_NEED}|{PRIVATELY_FOSTERED}|social care|social work"


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child, from the open involvement with the most points on the date judged."""
    what = pl.col("what")
    is_protected, is_looked_after = what.str.contains(CHILD_PROTECTION), what.str.contains(LOOKED_AFTER)
    worth = (
        pl.when(is_protected)
        .then(points.child_protection)
        .when(is_looked_after)
        .then(points.looked_after)
        .otherwise(points.child_in_need)
    )
    because = (
        pl.when(is_protected)
        .then(pl.lit("on a child protection plan"))
        .when(is_looked_after)
        .then(pl.lit("looked after by a local authority"))
        .when(what.str.contains(IN_NEED))
        .then(pl.lit("a child in need"))
        .when(what.str.contains(PRIVATELY_FOSTERED))
        .then(pl.lit("privately fostered"))
        .otherwise(pl.lit("open to social care"))
    )
    return earliest_open(circumstances.open_concerns(NAMED), FACTOR, worth, because)
