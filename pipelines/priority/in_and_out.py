"""The child goes in and out of education: home education ended more than once, or several places ended, recently."""

from datetime import timedelta

import polars as pl

from pipelines.formatted import formatted, in_small_letters
from pipelines.priority.circumstances import Circumstances, as_findings
from pipelines.rank_settings import Points

FACTOR = "in_and_out"
AT_HOME = r"home educat|elective home"
WITHIN = timedelta(days=730)
MANY = 3
"""Least number of places ended within that time."""


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child with two spells of home education, or three places left, that ended within two years."""
    lately = circumstances.ended_provision.filter(pl.col("until_on") > circumstances.as_at - WITHIN)
    ended = lately.unique(["child_id", "what", "until_on"])
    at_home = in_small_letters(pl.col("what")).str.contains(AT_HOME)
    counted = ended.group_by("child_id").agg(spells=at_home.sum(), places=pl.len()).sort("child_id")
    because = (
        pl.when(pl.col("spells") > 1)
        .then(formatted("home education ended {} times within two years", "spells"))
        .when(pl.col("places") >= MANY)
        .then(formatted("{} places ended within two years", "places"))
    )
    return as_findings(counted, FACTOR, points.in_and_out, because).drop_nulls("because")
