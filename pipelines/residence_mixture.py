"""Who still lives here, estimated without labels: a mixture of children who are here and children who are gone.

Children with a current school place surely live here: they show how long ago each agency has typically seen such a
child. Children without one are a mixture. The part that is here is seen as the former are; the other part, and its
share, is estimated by expectation-maximisation (Dempster, Laird and Rubin 1977), as in learning from positive and
unlabelled examples (Elkan and Noto 2008). Three things keep the estimate sane on little data:

- weak priors, each worth a handful of children, that say what leaving does to a record (see ``DEPARTURES``);
- a later sighting is never evidence for having left (isotonic regression of the ratio of the two parts);
- a child that is on no roll is in the data only because some agency knows it, so "known to none" is not an outcome.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from pipelines.residence_evidence import NEVER, Evidence

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

DEPARTURES_DAYS = 3 * 365.0
"""Prior: children who left did so at any time of the past three years, the time after which lists are cleaned."""

USUAL_GAP_DAYS = 365.0
"""Prior: where too few children with a place have been seen by an agency, it is taken to see a child about yearly."""

MEDIAN_ABSENCE_DAYS = 84.0
"""Prior: half of the children missing education have been so for 12 weeks or less (DfE, autumn 2025: 50 %)."""

PRIOR_CHILDREN = 10.0
"""Every prior is worth this many children: it speaks up in a village and is not heard in a city."""

ENOUGH_KNOWN = 50
"""From this many known children on, an agency's habits are read from them instead of a prior."""

LATE_SHARE = 0.01
"""One child in a hundred who lives here is seen as late as one who left: no absence of contact is proof."""

PLACE_CERTAINTY = 0.995
"""That a child with a current place lives here: a school takes a child off its roll within weeks of a move."""

BOUNDS = (0.001, 0.999)
"""No record proves that a child is here or gone: nothing is judged surer than one in a thousand."""

GROUP_WEIGHT = 4.0
"""Children that the overall share is worth for a group of few children."""

EDGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.995)
"""Quantiles of the known children at which days are cut: finer where here and gone part ways."""

BEGINNINGS = np.array([91.0, 182.0, 365.0, 730.0])
"""Days since an entry began, cut at a quarter, a half, one and two years."""

ROUNDS = 300
CLOSE_ENOUGH = 1e-6


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing observed of each child, in a few levels."""

    codes: Codes
    """Level of each child; -1: says nothing."""
    trust: Floats
    """0..1, that the record is this child's."""
    known: Floats
    """Children surely here, by level, as far as they speak for children without a place."""
    here_prior: Floats
    gone_prior: Floats
    """Prior children by level."""
    is_fixed: bool
    """The part that is here is read from the known children alone."""
    is_presence: bool = False
    """Levels are absent, open, ended; else they run from the best sign of living here to the worst."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Probability of each level, for each reading, among children here and among children gone."""

    here: tuple[Floats, ...]
    gone: tuple[Floats, ...]


def living_here(evidence: Evidence) -> Floats:
    """Probability (0..1) that each child of ``evidence.children`` lives here, in their order."""
    children = evidence.children
    if children.is_empty():
        return np.zeros(0)
    place = children["place_probability"].fill_null(0.0).to_numpy()
    is_open = children["place_probability"].is_null().to_numpy()
    is_never = (children["last_roll"] == NEVER).fill_null(value=False).to_numpy()
    of_age = (children["age_group"] == "of").to_numpy()
    group = (children["age_group"] + "|" + children["last_roll"].fill_null("place")).to_numpy().astype(str)
    readings = _readings(evidence)
    learn = is_open & of_age if (is_open & of_age).sum() >= ENOUGH_KNOWN else is_open
    parts = _fit(readings, group, is_never, learn)
    ratio = _log_ratio(readings, parts, is_never)
    share = _shares(ratio, group, is_open)
    chance = _expit(_logit(share) + ratio)
    return np.asarray(place * PLACE_CERTAINTY + (1.0 - place) * np.clip(chance, *BOUNDS), dtype=np.float64)


def _fit(
    readings: list[Reading], group: NDArray[np.str_], is_never: NDArray[np.bool_], learn: NDArray[np.bool_]
) -> Parts:
    """Both parts by expectation-maximisation over the children in ``learn``, begun at the priors."""
    mine = [replace(reading, codes=reading.codes[learn], trust=reading.trust[learn]) for reading in readings]
    group, is_never = group[learn], is_never[learn]
    parts = _maximise(mine, np.zeros((2, len(group))), is_never, None)
    everyone, before = np.ones(len(group), dtype=bool), np.full(len(group), 0.5)
    for _ in range(ROUNDS):
        ratio = _log_ratio(mine, parts, is_never)
        here = _expit(_logit(_mean_by_group(before, group, everyone)) + ratio)
        parts = _maximise(mine, np.stack([here, 1.0 - here]), is_never, parts)
        if np.abs(here - before).max(initial=0.0) < CLOSE_ENOUGH:
            break
        before = here
    return parts


def _log_ratio(readings: list[Reading], parts: Parts, is_never: NDArray[np.bool_]) -> Floats:
    """Natural logarithm of P(readings | here) / P(readings | gone) for each child.

    A child never on a roll is in the data only if some agency has a record: both parts are divided by that chance.
    """
    total = np.zeros(len(is_never))
    for reading, here, gone in zip(readings, parts.here, parts.gone, strict=True):
        level = np.append(here / gone, 1.0)[reading.codes]
        total += np.log(reading.trust * level + (1.0 - reading.trust))
    unknown_here, unknown_gone = _chances_of_no_record(readings, parts)
    return total - np.where(is_never, np.log1p(-unknown_here) - np.log1p(-unknown_gone), 0.0)


def _chances_of_no_record(readings: list[Reading], parts: Parts) -> tuple[float, float]:
    """Chance that no agency has a record of a child who is here, and of one who is gone; at most 0.9."""
    here = [levels[0] for reading, levels in zip(readings, parts.here, strict=True) if reading.is_presence]
    gone = [levels[0] for reading, levels in zip(readings, parts.gone, strict=True) if reading.is_presence]
    return min(float(np.prod(here)), 0.9) if here else 0.0, min(float(np.prod(gone)), 0.9) if gone else 0.0


def _maximise(readings: list[Reading], weights: Floats, is_never: NDArray[np.bool_], parts: Parts | None) -> Parts:
    """Each part's levels from the children in it (``weights``: here and gone), the known children and the priors."""
    unknown = _chances_of_no_record(readings, parts) if parts else (0.0, 0.0)
    unseen = [float(weights[k][is_never].sum()) * unknown[k] / (1.0 - unknown[k]) for k in (0, 1)]
    heres, gones = [], []
    for reading in readings:
        here, gone = (_counts(reading, weights[k], unseen[k]) for k in (0, 1))
        here = reading.here_prior + reading.known + (0.0 if reading.is_fixed else here)
        here, gone = here / here.sum(), (gone + reading.gone_prior) / (gone + reading.gone_prior).sum()
        if reading.is_presence:
            here, gone = _open_record_speaks_for_here(here, gone)
        else:
            here = (1.0 - LATE_SHARE) * here + LATE_SHARE * reading.gone_prior / reading.gone_prior.sum()
            gone = here * isotonic_regression(gone / here, weights=here).x
        heres.append(here)
        gones.append(gone / gone.sum())
    return Parts(here=tuple(heres), gone=tuple(gones))


def _counts(reading: Reading, weight: Floats, unseen: float) -> Floats:
    """Children of one part by level; children known to nobody count as absent."""
    says = reading.codes >= 0
    counts = np.bincount(reading.codes[says], (weight * reading.trust)[says], minlength=len(reading.known))
    if reading.is_presence:
        counts[0] += unseen
    return counts.astype(np.float64)


def _open_record_speaks_for_here(here: Floats, gone: Floats) -> tuple[Floats, Floats]:
    """An open record is never evidence for having left: where it would be, both parts share the mean."""
    if gone[1] <= here[1]:
        return here, gone
    mean = (here[1] + gone[1]) / 2.0
    return _with_open(here, mean), _with_open(gone, mean)


def _with_open(levels: Floats, share: float) -> Floats:
    scale = (1.0 - share) / (levels[0] + levels[2])
    return np.array([levels[0] * scale, share, levels[2] * scale], dtype=np.float64)


def _shares(ratio: Floats, group: NDArray[np.str_], count: NDArray[np.bool_]) -> Floats:
    """Most likely share of children here in each child's group, from the children to ``count`` and their ratios."""
    here = np.full(len(ratio), 0.5)
    for _ in range(ROUNDS):
        after = _expit(_logit(_mean_by_group(here, group, count)) + ratio)
        if np.abs(after - here).max(initial=0.0) < CLOSE_ENOUGH:
            break
        here = after
    return _mean_by_group(here, group, count)


def _mean_by_group(here: Floats, group: NDArray[np.str_], count: NDArray[np.bool_]) -> Floats:
    """Mean of ``here`` in each child's group; a small group leans on all, and all on one half."""
    number, member = np.unique(group, return_inverse=True)
    overall = (here[count].sum() + 1.0) / (count.sum() + 2.0)
    sums = np.bincount(member[count], here[count], minlength=len(number))
    sizes = np.bincount(member[count], minlength=len(number))
    means = (sums + overall * GROUP_WEIGHT) / (sizes + GROUP_WEIGHT)
    return np.asarray(means[member], dtype=np.float64)


def _readings(evidence: Evidence) -> list[Reading]:
    """Every reading of the night: three for each agency, then the time off roll and the household."""
    children = evidence.children
    is_known = children["is_known_here"].to_numpy()
    readings = []
    for source in evidence.agencies["source"].unique().sort():
        records = evidence.agencies.filter(pl.col("source") == source).drop("source")
        records = children.select("child_id").join(records, on="child_id", how="left", maintain_order="left")
        trust = records["membership"].fill_null(1.0).to_numpy()
        readings.append(_presence(records["state"].fill_null(0).to_numpy(), trust, is_known))
        if records["sighted_days"].count():
            readings.append(_sighting(records["sighted_days"].to_numpy(), trust, is_known))
        if records["begun_days"].count():
            readings.append(_beginning(records["begun_days"].to_numpy(), trust, is_known))
    if children["roll_ended_days"].count():
        readings.append(_time_off_roll(children["roll_ended_days"].to_numpy()))
    if children["household"].count():
        readings.append(_household(children["household"].fill_null(-1).to_numpy(), is_known))
    return readings


def _presence(state: Codes, trust: Floats, is_known: NDArray[np.bool_]) -> Reading:
    """Whether an agency has a record, and whether it is open. Prior: of those who leave, a quarter of the entries end,
    a quarter go, half stay. A child without a place may be known to fewer agencies, or to others, than one with a
    place, so the known children are only a prior here.
    """
    known = np.bincount(state[is_known], minlength=3) + 0.5
    known = known / known.sum()
    _, is_open, is_ended = known
    stays = np.array([1.0 - 0.75 * is_open - is_ended, 0.5 * is_open, 0.25 * is_open + is_ended])
    at_least = np.full(3, 0.5)
    return Reading(
        codes=state, trust=trust, known=np.zeros(3), here_prior=PRIOR_CHILDREN * known + at_least,
        gone_prior=PRIOR_CHILDREN * stays + at_least, is_fixed=False, is_presence=True,
    )  # fmt: skip


def _sighting(days: Floats, trust: Floats, is_known: NDArray[np.bool_]) -> Reading:
    """How long ago an agency saw the child, in levels cut where the known children's days are cut. Prior for those who
    left: the same habits up to the day they went.
    """
    says = ~np.isnan(days)
    seen = np.sort(days[is_known & says])
    is_enough = len(seen) >= ENOUGH_KNOWN
    usual = seen if is_enough else -USUAL_GAP_DAYS * np.log1p(-np.linspace(0.005, 0.995, 100))
    deepest = 1.0 - 3.0 / len(usual)
    edges = np.unique(np.floor(np.quantile(usual, [edge for edge in EDGES if edge <= deepest])))
    beyond = np.append(np.clip((edges - usual[:, None]) / DEPARTURES_DAYS, 0.0, 1.0).mean(axis=0), 1.0)
    return Reading(
        codes=_levels(days, edges), trust=trust, known=_counts_by_level(seen, edges),
        here_prior=(1.0 if is_enough else PRIOR_CHILDREN) * _shares_of(_counts_by_level(usual, edges)),
        gone_prior=PRIOR_CHILDREN * _shares_of(np.diff(beyond, prepend=0.0)), is_fixed=is_enough,
    )  # fmt: skip


def _beginning(days: Floats, trust: Floats, is_known: NDArray[np.bool_]) -> Reading:
    """How long ago an open entry began: who moved in lately has had little time to leave. Of old entries nothing is
    read. Children without a place move more than the known ones, who are therefore only a prior.
    """
    begun = days[is_known & ~np.isnan(days)]
    usual = _shares_of(_counts_by_level(begun, BEGINNINGS) + 1.0)
    had_time_to_leave = np.clip(np.append(BEGINNINGS, DEPARTURES_DAYS) / DEPARTURES_DAYS, 0.0, 1.0)
    return Reading(
        codes=_levels(days, BEGINNINGS), trust=trust, known=np.zeros(len(BEGINNINGS) + 1),
        here_prior=PRIOR_CHILDREN * usual, gone_prior=PRIOR_CHILDREN * _shares_of(usual * had_time_to_leave),
        is_fixed=False,
    )  # fmt: skip


def _time_off_roll(days: Floats) -> Reading:
    """How long ago the last provision ended. Priors: those who are here return to education, half of them within
    twelve weeks; those who left did so at any time.
    """
    says = ~np.isnan(days)
    edges = np.unique(np.floor(np.quantile(days[says], np.linspace(0.0, 1.0, 9)[1:-1])))
    return_by = np.append(1.0 - 0.5 ** (edges / MEDIAN_ABSENCE_DAYS), 1.0)
    left_by = np.append(np.clip(edges / DEPARTURES_DAYS, 0.0, 1.0), 1.0)
    return Reading(
        codes=_levels(days, edges), trust=np.ones(len(days)),
        known=np.zeros(len(edges) + 1), here_prior=PRIOR_CHILDREN * _shares_of(np.diff(return_by, prepend=0.0)),
        gone_prior=PRIOR_CHILDREN * _shares_of(np.diff(left_by, prepend=0.0)), is_fixed=False,
    )  # fmt: skip


def _household(signs: Codes, is_known: NDArray[np.bool_]) -> Reading:
    """Whether other children of the household are still here. Prior: every other family that leaves, leaves whole."""
    known = np.bincount(signs[is_known & (signs >= 0)], minlength=3).astype(np.float64)
    usual = _shares_of(known)
    left = 0.5 * usual + 0.5 * np.array([0.0, 0.25, 0.75])
    return Reading(
        codes=signs, trust=np.ones(len(signs)), known=3.0 * PRIOR_CHILDREN * usual, here_prior=np.full(3, 0.5),
        gone_prior=PRIOR_CHILDREN * left, is_fixed=False,
    )  # fmt: skip


def _levels(days: Floats, edges: Floats) -> Codes:
    """Level of each number of days: the first whose edge is not passed; -1 where there is none."""
    return np.where(np.isnan(days), -1, np.searchsorted(edges, np.nan_to_num(days)))


def _counts_by_level(days: Floats, edges: Floats) -> Floats:
    return np.bincount(np.searchsorted(edges, days), minlength=len(edges) + 1).astype(np.float64)


def _shares_of(counts: Floats) -> Floats:
    """Counts as shares of their sum; a thousandth of a child is added to each, so that no share is nought."""
    counts = counts + 1e-3
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def _logit(share: Floats) -> Floats:
    return np.asarray(np.log(share) - np.log1p(-share), dtype=np.float64)


def _expit(log_odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -700.0, 700.0))), dtype=np.float64)
