"""What is read from a child's records, in levels, and what is expected of each level before any data is seen.

Every prior is worth few children and says one thing about the world that can be said aloud; it speaks up in a village
and is not heard in a city.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.residence_evidence import Evidence

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

DEPARTURES = ((0.0, 180.0), (180.0, 540.0), (540.0, 1095.0))
"""Days since children left: within half a year, a year and a half, three years (after which lists are cleaned).
Prior: as many leave in one month as in another. One child's sightings age together, hence not one part for all."""

USUAL_GAP_DAYS = 365.0
"""Where too few children with a place have been seen by an agency, it is taken to see a child about yearly."""

MEDIAN_ABSENCE_DAYS = 84.0
"""Half of the children missing education have been so for 12 weeks or less (DfE, autumn 2025: 50 %)."""

TAKEN_OFF_DAYS = np.linspace(-90.0, 0.0, 10)
"""Who leaves is taken off the roll within a quarter of a year (20 school days of absence, then enquiries)."""

PRIOR_CHILDREN = 10.0
"""Every prior is worth this many children."""

KNOWN_CHILDREN = 5 * PRIOR_CHILDREN
"""What the known children weigh as a prior for how often an agency, or a household, knows a child without a place."""

ENOUGH_KNOWN = 50
"""From this many known children on, an agency's habits are read from them instead of a prior."""

MOSTLY_OFF_ROLL = 3.0
"""An agency that knows so many times more of the children without a place than of those with one works off the roll."""

EDGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.995)
"""Quantiles of the known children at which days are cut: finer where here and gone part ways."""

BEGINNINGS = np.array([91.0, 182.0, 365.0, 730.0])
"""Days since an entry began, cut at a quarter, a half, one and two years."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing observed of each child, in a few levels."""

    codes: Codes
    """Level of each child; -1: says nothing."""
    trust: Floats
    """0..1, that the record is this child's."""
    prior: Floats
    """Children expected by level (columns): of those here (first row; with the known children, where they speak for
    children without a place) and of those gone, a row for each of ``DEPARTURES``."""
    is_fixed: bool = False
    """The children here are read from the known children alone."""
    is_timeless: bool = False
    """It tells the same of all who are gone, whenever they left."""
    is_presence: bool = False
    """Levels are absent, open, ended; else they run from the best sign of living here to the worst."""


def readings_of(evidence: Evidence) -> list[Reading]:
    """Every reading of the night: up to three for each agency, then the time off roll and the household."""
    children = evidence.children
    is_known = children["is_known_here"].to_numpy()
    has_none = (children["place_probability"].is_null() & (children["age_group"] == "of")).to_numpy()
    readings = []
    for source in evidence.agencies["source"].unique().sort():
        records = evidence.agencies.filter(pl.col("source") == source).drop("source")
        records = children.select("child_id").join(records, on="child_id", how="left", maintain_order="left")
        trust = records["membership"].fill_null(1.0).to_numpy()
        state = records["state"].fill_null(0).to_numpy()
        if not _works_off_roll(state, is_known, has_none):
            readings.append(_presence(state, trust, is_known, has_none))
        if records["sighted_days"].count():
            readings.append(_sighting(records["sighted_days"].to_numpy(), trust, is_known))
        if records["begun_days"].count():
            readings.append(_beginning(records["begun_days"].to_numpy(), trust, is_known))
    if children["roll_ended_days"].count():
        readings.append(_time_off_roll(children["roll_ended_days"].to_numpy()))
    if children["household"].count():
        readings.append(_household(children["household"].fill_null(-1).to_numpy(), is_known))
    return readings


def _works_off_roll(state: Codes, is_known: Flags, has_none: Flags) -> bool:
    """Whether an agency knows children because they have no place (a transfer file unclaimed, a referral). Children with
    a place cannot show how often it knows those who live here: that it has a record then says nothing of residence.
    """
    known, others = np.count_nonzero(state[is_known]), np.count_nonzero(state[has_none])
    return bool(
        (others + 0.5) / (np.count_nonzero(has_none) + 1.0) > MOSTLY_OFF_ROLL * (known + 0.5) / (is_known.sum() + 1.0)
    )


def _presence(state: Codes, trust: Floats, is_known: Flags, has_none: Flags) -> Reading:
    """Whether an agency has a record, and whether it is open. Prior: of those who leave, a quarter of the entries end,
    a quarter go, half stay. A child without a place may be known to fewer agencies, or to others, than one with a
    place, so the known children are only a prior here; and none at all for an agency that works through schools,
    which hardly a child without a place (``has_none``) is known to.
    """
    known = _shares_of(np.bincount(state[is_known], minlength=3).astype(np.float64) + 0.5)
    most = 2.0 * (np.count_nonzero(state[has_none]) + 0.5) / (np.count_nonzero(has_none) + 1.0)
    _, is_open, is_ended = known * min(1.0, most / (known[1] + known[2]))
    here = np.array([1.0 - is_open - is_ended, is_open, is_ended])
    gone = np.array([1.0 - 0.75 * is_open - is_ended, 0.5 * is_open, 0.25 * is_open + is_ended])
    prior = np.vstack([KNOWN_CHILDREN * here, *[PRIOR_CHILDREN * gone for _ in DEPARTURES]]) + 0.5
    return Reading(codes=state, trust=trust, prior=prior, is_timeless=True, is_presence=True)


def _sighting(days: Floats, trust: Floats, is_known: Flags) -> Reading:
    """How long ago an agency saw the child, in levels cut where the known children's days are cut. Prior for those who
    left: the same habits up to the day they went.
    """
    seen = np.sort(days[is_known & ~np.isnan(days)])
    is_enough = len(seen) >= ENOUGH_KNOWN
    usual = seen if is_enough else -USUAL_GAP_DAYS * np.log1p(-np.linspace(0.005, 0.995, 100))
    deepest = 1.0 - 3.0 / len(usual)
    edges = np.unique(np.floor(np.quantile(usual, [edge for edge in EDGES if edge <= deepest])))
    habits = (1.0 if is_enough else PRIOR_CHILDREN) * _shares_of(_counts_by_level(usual, edges))
    gone = [PRIOR_CHILDREN / len(DEPARTURES) * _shares_of(_seen_before(usual, edges, left)) for left in DEPARTURES]
    here = habits + _counts_by_level(seen, edges)
    return Reading(codes=_codes(days, edges), trust=trust, prior=np.vstack([here, *gone]), is_fixed=is_enough)


def _seen_before(usual: Floats, edges: Floats, left: tuple[float, float]) -> Floats:
    """Share of each level among children seen as usual until they left, on any day of a time."""
    since, until = left
    by_edge = np.clip((edges - usual[:, None] - since) / (until - since), 0.0, 1.0).mean(axis=0)
    return np.diff(np.append(by_edge, 1.0), prepend=0.0)


def _beginning(days: Floats, trust: Floats, is_known: Flags) -> Reading:
    """How long ago an open entry began: who moved in lately has had little time to leave. Of old entries nothing is
    read. Children without a place move more than the known ones, who are therefore only a prior.
    """
    usual = _shares_of(_counts_by_level(days[is_known & ~np.isnan(days)], BEGINNINGS) + 1.0)
    middles = np.append(BEGINNINGS - np.diff(BEGINNINGS, prepend=0.0) / 2.0, np.inf)
    gone = [_shares_of(usual * np.clip((middles - since) / (until - since), 0.02, 1.0)) for since, until in DEPARTURES]
    prior = PRIOR_CHILDREN * np.vstack([usual, *gone])
    return Reading(codes=_codes(days, BEGINNINGS), trust=trust, prior=prior)


def _time_off_roll(days: Floats) -> Reading:
    """How long ago the last provision ended. Priors: those who are here return to education, half of them within
    twelve weeks; those who left were taken off the roll within a quarter of a year.
    """
    edges = np.unique(np.floor(np.quantile(days[~np.isnan(days)], np.linspace(0.0, 1.0, 9)[1:-1])))
    return_by = np.append(1.0 - 0.5 ** (edges / MEDIAN_ABSENCE_DAYS), 1.0)
    here = _shares_of(np.diff(return_by, prepend=0.0))
    gone = [_shares_of(_seen_before(TAKEN_OFF_DAYS, edges, left)) / len(DEPARTURES) for left in DEPARTURES]
    return Reading(codes=_codes(days, edges), trust=np.ones(len(days)), prior=PRIOR_CHILDREN * np.vstack([here, *gone]))


def _household(signs: Codes, is_known: Flags) -> Reading:
    """Whether other children of the household are still here. Prior: every other family that leaves, leaves whole."""
    usual = _shares_of(np.bincount(signs[is_known & (signs >= 0)], minlength=3).astype(np.float64) + 0.5)
    gone = 0.5 * usual + 0.5 * np.array([0.0, 0.25, 0.75])
    prior = np.vstack([KNOWN_CHILDREN * usual, *[PRIOR_CHILDREN * gone for _ in DEPARTURES]])
    return Reading(codes=signs, trust=np.ones(len(signs)), prior=prior, is_timeless=True)


def _codes(days: Floats, edges: Floats) -> Codes:
    """Level of each number of days: the first whose edge is not passed; -1 where there is none."""
    return np.where(np.isnan(days), -1, np.searchsorted(edges, np.nan_to_num(days)))


def _counts_by_level(days: Floats, edges: Floats) -> Floats:
    return np.bincount(np.searchsorted(edges, days), minlength=len(edges) + 1).astype(np.float64)


def _shares_of(counts: Floats) -> Floats:
    """Counts as shares of their sum; a thousandth of a child is added to each, so that no share is nought."""
    counts = counts + 1e-3
    return np.asarray(counts / counts.sum(), dtype=np.float64)
