"""Days cut into levels, and the share of each level among children who are here and among those who left in a given time."""

import numpy as np
from scipy.optimize import isotonic_regression

from pipelines.residence.reading import DEPARTED, Codes, Floats

USUAL_GAP_DAYS = 365.0
"""Mean gap between sightings by an agency that has seen too few children with a place to show its habit: about yearly."""

ENOUGH_KNOWN = 50
"""From this many known children on, an agency's habits are read from them rather than from a prior."""

MOST_KNOWN = 1000
"""Habits are read from at most this many quantiles of the known children's days."""


def level_of(days: Floats, edges: Floats) -> Codes:
    """Level of each number of days: the first whose edge is not passed; -1 where the number is missing (nan)."""
    return np.where(np.isnan(days), -1, np.searchsorted(edges, np.nan_to_num(days)))


def shares_of(counts: Floats) -> Floats:
    """Counts as shares of their sum. A thousandth of a child is added to each, so that no share is zero."""
    counts = counts + 1e-3
    return np.asarray(counts / counts.sum(axis=-1, keepdims=True), dtype=np.float64)


def with_censored(levels: Floats, unnoted: float = 0.0) -> Floats:
    """Share of each level, followed by the share of each level and all beyond it, counting half of the level itself, since
    where in the level a child stands is not known. ``unnoted``: share (0..1) of children of whom no meeting is noted, whenever
    it was; they stand in each of the second half."""
    beyond = np.cumsum(levels[..., ::-1], axis=-1)[..., ::-1] - 0.5 * levels
    return np.hstack([(1.0 - unnoted) * levels, unnoted + (1.0 - unnoted) * beyond])


def usual_days(days: Floats) -> Floats:
    """Days since an agency saw children who are here, or since their entries began: of the known children, or a prior if
    they are too few."""
    if len(days) < ENOUGH_KNOWN:
        return -USUAL_GAP_DAYS * np.log1p(-np.linspace(0.005, 0.995, 100))
    return quantiles(days, min(len(days), MOST_KNOWN))


def quantiles(days: Floats, count: int) -> Floats:
    """``count`` of ``days``, chosen evenly from the least to the greatest."""
    return np.asarray(np.quantile(days, (np.arange(count) + 0.5) / count), dtype=np.float64) if count else days[:0]


def left_within(days: float) -> Floats:
    """By time of departure: the share of those who left in it who did so within ``days`` before tonight."""
    return np.clip((days - DEPARTED[:-1]) / np.diff(DEPARTED), 0.0, 1.0)


def begun_before(edges: Floats, untold_days: float) -> Floats:
    """By departure (rows; its middle day) and level (columns): the share of the level's days that lie before the child
    left. Beyond the last edge: all.

    An extract that knows nothing of the last ``untold_days`` may hold entries begun since the child left.
    """
    left = (DEPARTED[:-1] + DEPARTED[1:])[:, None] / 2.0
    before = np.clip((edges - left) / np.diff(edges, prepend=0.0), 0.0, 1.0)
    unaware = left_within(untold_days)[:, None]
    return np.hstack([unaware + (1.0 - unaware) * before, np.ones((len(left), 1))])


def levels_of_gone(usual: Floats, edges: Floats, unaware_days: float = 0.0, pace: float = 1.0) -> Floats:
    """By departure (rows): share of each level, for children who had the days ``usual`` on the day they left.

    ``unaware_days``: how long ago the extract's knowledge ends; of children who left since, it says what it says of those
    here. ``pace``: the days between a leaver's last sighting and the leaving, as a multiple of the usual ones.
    """
    before = pace * np.maximum(np.sort(usual) - unaware_days, 0.0)
    until, share = DEPARTED[1:, None], left_within(unaware_days)[:, None]
    known = np.maximum(DEPARTED[:-1, None], np.minimum(unaware_days, until - 1.0))
    unmoved = np.searchsorted(unaware_days + before, edges, side="right") / len(before)
    by_edge = share * unmoved + (1.0 - share) * share_passed(before, edges - until, edges - known)
    return shares_of(np.diff(by_edge, axis=1, prepend=0.0, append=1.0))


def share_passed(days: Floats, first: Floats, last: Floats) -> Floats:
    """Share of ``days`` (sorted) that lie before a day which may equally be any from ``first`` to ``last``."""
    sums = np.cumsum(np.append(0.0, days))
    all_of_it, some_of_it = (np.searchsorted(days, edge, side="right") for edge in (first, last))
    between = (some_of_it - all_of_it) * last - (sums[some_of_it] - sums[all_of_it])
    return np.asarray((all_of_it + between / (last - first)) / len(days), dtype=np.float64)


def falling_ratio(here: Floats, gone: Floats) -> Floats:
    """Ratio of ``gone`` to ``here``, smoothed so that no later sighting speaks more for having left than an earlier one."""
    return np.vstack([isotonic_regression(row / here, weights=here).x for row in gone])
