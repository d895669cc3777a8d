"""How large a share of a group of children lives here. A group has one age group and one last roll; none has a certain
place.

For most groups the share is learnt from the records. For the pupils of a school that has closed it is not. They are many,
came off their roll on one day and look alike in everything observed, so that slight evidence of having left would count for
all of them. Being settled, they also show nothing about children without a school. Most of them stay where they are.
"""

import numpy as np
import polars as pl
from scipy.special import expit, logit

from pipelines.residence.reading import PRIOR_CHILDREN, Codes, Flags, Floats

BOUNDS = (0.001, 0.999)
"""No record proves that a child is here or gone, so no probability goes beyond one in a thousand."""

ROUNDS = 300
CLOSE_ENOUGH = 1e-5

MOVES_WITH_SCHOOL = 0.03
"""Share of the pupils of a closing school who move away with it: about as many as otherwise do in half a year. All of them
are among those who are at no other school. As a prior it weighs as many children as left the school."""

LEAST_STAY = 0.5
"""Least share taken to have stayed, of those at no other school, however few these are."""


def usual_shares(frame: pl.DataFrame, group: Codes) -> Floats:
    """For each group, the share without a place of the children of its age: all toddlers, few pupils. For the pupils of a
    school that has just closed, the share who have not begun at another."""
    alike = ["age_group", "left_with_school"]
    by_age = frame.select(pl.col("place_probability").is_null().mean().over(alike)).to_series().to_numpy()
    shares = np.ones(int(group.max()) + 1)
    shares[group] = by_age
    return np.asarray(np.clip(shares, *BOUNDS), dtype=np.float64)


def shares_here(ratio: Floats, group: Codes, usual: Floats, with_school: Flags) -> Floats:
    """Log odds of living here in each group, from the ratios P(readings | here) / P(readings | gone) of its children.

    ``usual``: from :func:`usual_shares`. ``with_school``: which groups are of children whose school has closed.
    """
    here, teaches = np.full(len(ratio), 0.5), ~with_school[group]
    sizes = np.bincount(group, minlength=len(usual))
    pupils = sizes / usual
    stay = np.maximum(1.0 - MOVES_WITH_SCHOOL / usual, LEAST_STAY)
    odds = np.zeros(len(usual))
    for _ in range(ROUNDS):
        means = mean_by_group(here[teaches], group[teaches], len(usual))
        closed = (np.bincount(group, here, len(usual)) + pupils * stay) / np.maximum(sizes + pupils, 1.0)
        odds = logit(np.clip(np.where(with_school, closed, means), *BOUNDS))
        after = expit(odds[group] + ratio)
        if np.abs(after - here).max(initial=0.0) < CLOSE_ENOUGH:
            break
        here = after
    return odds


def mean_by_group(here: Floats, group: Codes, groups: int) -> Floats:
    """Mean of ``here`` in each group. A small group is drawn towards the mean of all, and that towards one half."""
    overall = (here.sum() + 1.0) / (len(here) + 2.0)
    sums, sizes = np.bincount(group, here, groups), np.bincount(group, minlength=groups)
    return np.asarray((sums + overall * PRIOR_CHILDREN) / (sizes + PRIOR_CHILDREN), dtype=np.float64)
