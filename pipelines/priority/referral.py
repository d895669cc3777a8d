"""A referral waits: somebody has raised a concern about the child, and it is still open.

Every concern that no other factor matches counts here, so that a concern from a new source always has weight.
"""

import polars as pl

from pipelines.priority import (
    exclusion,
    exploitation,
    harm,
    left_unsettled,
    missing_from_home,
    newly_arrived,
    no_place,
    social_care,
    temporary_accommodation,
    unclaimed_transfer,
    unregistered_setting,
    youth_justice,
)
from pipelines.priority.circumstances import Circumstances, earliest_open
from pipelines.rank_settings import Points

FACTOR = "referral"
ADOPTION = r"\badopt"
"""An old identity is for the adoption team alone; it is no concern about the child."""
NAMED_BY = (
    social_care,
    exploitation,
    missing_from_home,
    harm,
    youth_justice,
    exclusion,
    left_unsettled,
    unclaimed_transfer,
    no_place,
    newly_arrived,
    unregistered_setting,
    temporary_accommodation,
)
"""Every other factor that names concerns: what one of them names does not count here once more."""
NAMED_ELSEWHERE = "|".join((*(factor.NAMED for factor in NAMED_BY), ADOPTION))

FOR_A_PLACE = r"\bplace\b"
OF_A_PUPIL = r"\battend|\bwhereabouts\b|\bforwarding address\b"
"""Concerns that an education begun since answers: where the child is to go to school, and where the child is. It settles no
others."""


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child with such a concern open on the date judged, from the longest open one.

    A concern open for ``referral_waiting_days`` has ``referral_waiting`` points more.
    """
    what = pl.col("what")
    waiting = _unanswered(circumstances, circumstances.open_concerns().filter(~what.str.contains(NAMED_ELSEWHERE)))
    days = (pl.lit(circumstances.as_at) - pl.col("since_on")).dt.total_days()
    is_long = (days >= points.referral_waiting_days).fill_null(value=False)
    worth = points.referral + pl.when(is_long).then(points.referral_waiting).otherwise(0)
    because = pl.when(what == "").then(pl.lit("open concern")).otherwise("open concern (" + what + ")")
    return earliest_open(waiting, FACTOR, worth, because)


def _unanswered(circumstances: Circumstances, concerns: pl.DataFrame) -> pl.DataFrame:
    """``concerns`` without those that an education has answered."""
    for_a_place, of_a_pupil = (pl.col("what").str.contains(named) for named in (FOR_A_PLACE, OF_A_PUPIL))
    return pl.concat(
        [
            concerns.filter(~for_a_place & ~of_a_pupil),
            circumstances.unanswered(concerns.filter(for_a_place), no_place.TAKEN_UP_WITHIN),
            circumstances.unanswered(concerns.filter(of_a_pupil & ~for_a_place)),
        ]
    )
