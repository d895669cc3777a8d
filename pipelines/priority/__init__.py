"""Reasons to look sooner: one file for each factor, which gives ``FINDING`` rows with points and a plain because.

Ethnicity is never a factor. A factor knows no source: it reads what statements say, through
:class:`~pipelines.priority.circumstances.Circumstances`. To add one: write its file with a ``FACTOR`` and a ``finding``,
give it points in :class:`~pipelines.rank_settings.Points`, and add a line to ``FACTORS``.
"""

from collections.abc import Callable

import polars as pl

from pipelines.priority import (
    border,
    exclusion,
    exploitation,
    harm,
    in_and_out,
    left_unsettled,
    long_unseen,
    missing_from_home,
    never_on_a_roll,
    newly_arrived,
    no_place,
    other_education_ended,
    out_of_education,
    place_to_come,
    referral,
    social_care,
    temporary_accommodation,
    transition,
    unclaimed_transfer,
    unregistered_setting,
    vanished_from_roll,
    youth_justice,
)
from pipelines.priority.circumstances import Circumstances
from pipelines.rank_settings import Points

__all__ = ["FACTORS", "HIGH_RISK", "Circumstances", "Points", "findings"]

FACTORS: tuple[Callable[[Circumstances, Points], pl.DataFrame], ...] = (
    social_care.finding,
    exploitation.finding,
    missing_from_home.finding,
    harm.finding,
    youth_justice.finding,
    referral.finding,
    exclusion.finding,
    left_unsettled.finding,
    unregistered_setting.finding,
    unclaimed_transfer.finding,
    vanished_from_roll.finding,
    no_place.finding,
    out_of_education.finding,
    other_education_ended.finding,
    in_and_out.finding,
    never_on_a_roll.finding,
    newly_arrived.finding,
    transition.finding,
    long_unseen.finding,
    temporary_accommodation.finding,
    place_to_come.finding,
    border.finding,
)
"""Every factor, in the order in which findings with equal points are given."""

HIGH_RISK = (
    social_care.FACTOR,
    exploitation.FACTOR,
    missing_from_home.FACTOR,
    harm.FACTOR,
    youth_justice.FACTOR,
    referral.FACTOR,
    exclusion.FACTOR,
    left_unsettled.FACTOR,
    unregistered_setting.FACTOR,
    vanished_from_roll.FACTOR,
)
"""Factors of high risk: a child with one of them does not wait to be listed (:mod:`pipelines.listing.waiting`)."""


def findings(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """All findings (``FINDING``) about the children in ``circumstances.births``: at most one for each child and factor.

    Findings worth 0 points are left out, which is how an authority switches a factor off. Points below 0 move a child down.
    Order: child, points (most first), then the order of ``FACTORS``.
    """
    found = pl.concat(factor(circumstances, points) for factor in FACTORS)
    about = found.join(circumstances.births.select("child_id"), on="child_id", how="semi")
    return about.filter(pl.col("points") != 0).sort("child_id", "points", descending=[False, True], maintain_order=True)
