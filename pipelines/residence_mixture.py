"""Who still lives here, estimated without labels: a mixture of children who are here and children who are gone.

Children with a current school place surely live here: they show how long ago each agency has typically seen such a
child. Children without one are a mixture. The part that is here is seen as the former are; the parts that are gone (by
how long ago they left), and all shares, are estimated by expectation-maximisation (Dempster, Laird and Rubin 1977), as
in learning from positive and unlabelled examples (Elkan and Noto 2008). Three things keep the estimate sane on little
data:

- weak priors, each worth a handful of children, that say what leaving does to a record (``residence_readings``);
- a later sighting is never evidence for having left (isotonic regression of the ratio of two parts);
- a child that is on no roll is in the data only because some agency knows it, so "known to none" is no outcome.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from scipy.special import expit, logit

from pipelines.residence_evidence import NEVER, Evidence
from pipelines.residence_readings import DEPARTURES, ENOUGH_KNOWN, Floats, Reading, readings_of

PLACE_CERTAINTY = 0.995
"""That a child with a current place lives here: a school takes a child off its roll within weeks of a move."""

BOUNDS = (0.001, 0.999)
"""No record proves that a child is here or gone: nothing is judged surer than one in a thousand."""

GROUP_WEIGHT = 4.0
"""Children that the share of all is worth for a group of few children."""

LATE_SHARE = 0.002
"""So many of the children who live here are seen as late as those who left: no want of contact is proof."""

ROUNDS = 300
CLOSE_ENOUGH = 1e-5
HERE = 0
"""Number of the part that is here; the further parts are gone, in the order of ``DEPARTURES``."""

Flags = NDArray[np.bool_]
Names = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Parts:
    """What tells the parts of the mixture from one another."""

    levels: tuple[Floats, ...]
    """For each reading: probability of each level (columns) in each part (rows)."""
    gone: Floats
    """Share of each departure among the children who are gone."""


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
    readings = readings_of(evidence)
    learn = is_open & of_age if (is_open & of_age).sum() >= ENOUGH_KNOWN else is_open
    parts = _fit(readings, group, is_never, learn)
    ratio = _log_ratio(_log_likelihood(readings, parts, is_never), parts)
    chance = expit(logit(_shares(ratio, group, is_open)) + ratio)
    return np.asarray(place * PLACE_CERTAINTY + (1.0 - place) * np.clip(chance, *BOUNDS), dtype=np.float64)


def _fit(readings: list[Reading], group: Names, is_never: Flags, learn: Flags) -> Parts:
    """All parts by expectation-maximisation over the children in ``learn``, begun at the priors."""
    mine = [replace(reading, codes=reading.codes[learn], trust=reading.trust[learn]) for reading in readings]
    group, is_never = group[learn], is_never[learn]
    everyone, here = np.ones(len(group), dtype=bool), np.full(len(group), 0.5)
    parts = _maximise(mine, np.zeros((1 + len(DEPARTURES), len(group))), is_never, None)
    for _ in range(ROUNDS):
        likelihood = _log_likelihood(mine, parts, is_never)
        ratio = _log_ratio(likelihood, parts)
        after = expit(logit(_mean_by_group(here, group, everyone)) + ratio)
        gone = parts.gone[:, None] * np.exp(likelihood[1:] - likelihood[1:].max(axis=0))
        weights = np.vstack([after, (1.0 - after) * gone / gone.sum(axis=0)])
        parts = _maximise(mine, weights, is_never, parts)
        if np.abs(after - here).max(initial=0.0) < CLOSE_ENOUGH:
            break
        here = after
    return parts


def _log_likelihood(readings: list[Reading], parts: Parts, is_never: Flags) -> Floats:
    """Natural logarithm of P(readings | part) / P(readings | here), a row for each part.

    A child never on a roll is in the data only if some agency has a record: each part is divided by that chance.
    """
    total = np.zeros((1 + len(DEPARTURES), len(is_never)))
    for reading, levels in zip(readings, parts.levels, strict=True):
        ratios = np.column_stack([levels / levels[HERE], np.ones(len(levels))])
        total += np.log(reading.trust * ratios[:, reading.codes] + (1.0 - reading.trust))
    known = np.log1p(-_chances_of_no_record(readings, parts))
    return total - np.where(is_never, (known - known[HERE])[:, None], 0.0)


def _log_ratio(likelihood: Floats, parts: Parts) -> Floats:
    """Natural logarithm of P(readings | here) / P(readings | gone, whenever)."""
    highest = likelihood[1:].max(axis=0)
    return np.asarray(-highest - np.log(parts.gone @ np.exp(likelihood[1:] - highest)), dtype=np.float64)


def _chances_of_no_record(readings: list[Reading], parts: Parts) -> Floats:
    """Chance, for each part, that no agency has a record of a child; at most 0.9."""
    absent = [levels[:, 0] for reading, levels in zip(readings, parts.levels, strict=True) if reading.is_presence]
    return np.asarray(np.minimum(np.prod(absent, axis=0), 0.9) if absent else np.zeros(1 + len(DEPARTURES)))


def _maximise(readings: list[Reading], weights: Floats, is_never: Flags, parts: Parts | None) -> Parts:
    """The parts from the children in each (``weights``: a row a part), the known children and the priors."""
    unknown = _chances_of_no_record(readings, parts) if parts else np.zeros(len(weights))
    unseen = weights[:, is_never].sum(axis=1) * unknown / (1.0 - unknown)
    levels = tuple(_levels(reading, weights, unseen) for reading in readings)
    return Parts(levels=levels, gone=_shares_of_departures(weights[1:].sum(axis=1)))


def _shares_of_departures(gone: Floats) -> Floats:
    """Share of each departure among those gone: half by the children in it, half by its length.

    Who left lately looks much like who is here, and would else take in children who are; but about as many leave in one
    month as in another, and how many left long ago is plain to see.
    """
    widths = np.array([until - since for since, until in DEPARTURES])
    shares = gone + (gone.sum() + len(gone)) * widths / widths.sum()
    return np.asarray(shares / shares.sum(), dtype=np.float64)


def _levels(reading: Reading, weights: Floats, unseen: Floats) -> Floats:
    """Probability of each level of one reading in each part; children known to nobody count as absent."""
    says = reading.codes >= 0
    trusted = (weights * reading.trust)[:, says]
    width = reading.prior.shape[1]
    counts = np.array([np.bincount(reading.codes[says], weight, minlength=width) for weight in trusted], np.float64)
    if reading.is_presence:
        counts[:, 0] += unseen
    if reading.is_fixed:
        counts[HERE] = 0.0
    if reading.is_timeless:
        counts[1:] = counts[1:].sum(axis=0)
    levels = reading.prior + counts
    levels /= levels.sum(axis=1, keepdims=True)
    if reading.is_presence:
        return _open_record_speaks_for_here(levels)
    late = reading.prior[1:].sum(axis=0)
    levels[HERE] = (1.0 - LATE_SHARE) * levels[HERE] + LATE_SHARE * late / late.sum()
    for part in range(1, len(levels)):
        later_is_likelier_gone = isotonic_regression(levels[part] / levels[HERE], weights=levels[HERE])
        levels[part] = levels[HERE] * later_is_likelier_gone.x
    return np.asarray(levels / levels.sum(axis=1, keepdims=True), dtype=np.float64)


def _open_record_speaks_for_here(levels: Floats) -> Floats:
    """An open record is never evidence for having left: a part where it is likelier is given the share it has here."""
    most = np.minimum(levels[:, 1], levels[HERE, 1])
    scale = (1.0 - most) / (levels[:, 0] + levels[:, 2])
    return np.column_stack([levels[:, 0] * scale, most, levels[:, 2] * scale])


def _shares(ratio: Floats, group: Names, count: Flags) -> Floats:
    """Most likely share of children here in each child's group, from the children to ``count`` and their ratios."""
    here = np.full(len(ratio), 0.5)
    for _ in range(ROUNDS):
        after = expit(logit(_mean_by_group(here, group, count)) + ratio)
        if np.abs(after - here).max(initial=0.0) < CLOSE_ENOUGH:
            break
        here = after
    return _mean_by_group(here, group, count)


def _mean_by_group(here: Floats, group: Names, count: Flags) -> Floats:
    """Mean of ``here`` in each child's group; a small group leans on all, and all on one half."""
    number, member = np.unique(group, return_inverse=True)
    overall = (here[count].sum() + 1.0) / (count.sum() + 2.0)
    sums = np.bincount(member[count], here[count], minlength=len(number))
    sizes = np.bincount(member[count], minlength=len(number))
    means = (sums + overall * GROUP_WEIGHT) / (sizes + GROUP_WEIGHT)
    return np.asarray(means[member], dtype=np.float64)
