"""What several pairs of records say about one question: are two groups of records one child?

Records of one child are not independent witnesses, so the mean of their pairs stands for all of them. But a pair in which one
record has no number says nothing about numbers, and must not dilute what another pair says about them. So each comparison is
averaged by itself, over the pairs that are evidence for it, and only then are the comparisons added up.
"""

import numpy as np
from numpy.typing import NDArray

from matching.clustering.assign import CERTAIN, SURE
from matching.clustering.cluster import APART, NEVER
from matching.in_numbers.arrays import Bits, Patterns, Rows
from matching.scoring.score import Scorer
from matching.weights.model import CLASSES
from matching.weights.patterns import level_in, radices

Questions = NDArray[np.integer]
"""For each pair, the number of the question on which it bears."""

IN_DOUBT = 40.0
"""Questions whose mean weight (bits) is this far from 0 are settled by it: no single comparison could change the answer."""


def is_apart(bits: Bits) -> NDArray[np.bool_]:
    """Whether identifiers alone keep two children apart. The bits may include other evidence: APART plus that."""
    return np.asarray(np.abs(bits - APART) < CERTAIN)


def mean_of(weights: Bits, which: Questions, many: int) -> Bits:
    """The mean weight of the pairs of each of ``many`` questions; if one of its pairs is certain, that pair's weight."""
    met = np.maximum(np.bincount(which, minlength=many), 1)
    joint = np.bincount(which, np.clip(weights, -2 * SURE, 2 * SURE), many) / met
    for certain in (weights > CERTAIN, is_apart(weights), weights < NEVER + CERTAIN):
        at = np.flatnonzero(certain)
        joint[which[at]] = weights[at]
    return np.asarray(joint)


def weigh_together(
    scorer: Scorer, patterns: Patterns, pairs: tuple[Rows, Rows], which: Questions, at_home: Bits
) -> Bits:
    """As :meth:`matching.scoring.score.Scorer.weights`, for all pairs of each question together.

    ``at_home``: one entry per question, otherwise as there.
    """
    many = len(at_home)
    match, chance, siblings, twins = np.zeros((len(CLASSES), many))
    tables = [scorer.model.tables(of) for of in CLASSES]
    places = radices(scorer.model.comparisons).tolist()
    speaking = np.zeros((len(places), many))
    for number, (comparison, place) in enumerate(zip(scorer.model.comparisons, places, strict=True)):
        levels = level_in(patterns, place, len(comparison.levels))
        speaks = np.array([not level.says_nothing for level in comparison.levels])[levels]
        own, evident = which[speaks], levels[speaks]
        met = speaking[number] = np.maximum(np.bincount(own, minlength=many), 1)
        for sums, table in zip((match, chance, siblings, twins), tables, strict=True):
            sums[:] += np.bincount(own, table[number][evident], many) / met
        for at, bits in scorer.frequent(comparison, levels, *pairs):
            chance += np.bincount(which[at], bits, many) / met
    for number, at, bits in scorer.associated(patterns, *pairs):
        chance += np.bincount(which[at], bits, many) / speaking[number]
    for number, at, more in scorer.given_again(patterns, *pairs):
        for home, bits in zip((siblings, twins), more, strict=True):
            home[:] += np.bincount(which[at], bits, many) / speaking[number]
    return scorer.ratio(match, chance, (siblings, twins), at_home)
