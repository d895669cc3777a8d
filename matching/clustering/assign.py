"""The prior log-odds that two records, or two groups of records, are one child.

The prior depends on the two datasets: on how many links there are between them, which is estimated from the match weights
(Sadinle 2017, JASA 112:600; by record and dataset: Kundinger, Reiter & Steorts 2024). Within a dataset that keeps one row
per child the estimated share of links comes out near 0 by itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.clustering.presence import PossibleMerges, Presence, counted, seen_alone, sets_in
from matching.in_numbers.arrays import Bits, Labels, Rows
from matching.in_numbers.components import numbered
from matching.scoring.score import Scored
from matching.weights.model import TRUSTED

ROUNDS = 30
SURE = 30.0
"""Cap on log-odds, in bits: beyond it the model's own errors outweigh its arithmetic."""


def probability(log_odds: Bits) -> NDArray[np.float64]:
    """Bits of log-odds -> probability, without overflow."""
    return np.asarray(1.0 / (1.0 + np.exp2(np.clip(-log_odds, -1000, 1000))))


@dataclass(frozen=True)
class Priors:
    """Prior log-odds (bits) that two records, one from each dataset, are one child: datasets x datasets, symmetric."""

    bits: Bits
    links: Bits
    """Expected number of links between (or within) the datasets."""

    def of(self, dataset: NDArray[np.int32], left: Rows, right: Rows) -> Bits:
        """The prior of each pair."""
        return self.bits.take(dataset.take(left) * np.int64(len(self.bits)) + dataset.take(right))


def priors_of(scored: Scored, dataset: NDArray[np.int32], start: float) -> Priors:
    """Estimate the share of matches for each pair of datasets by expectation-maximisation over the scored weights.

    ``start``: the share to begin with (the model's). A pseudo-link per pair of datasets keeps the estimate for tiny ones sane.
    """
    many = int(dataset.max()) + 1 if len(dataset) else 0
    sizes = np.bincount(dataset, minlength=many).astype(np.float64)
    possible = np.outer(sizes, sizes)
    np.fill_diagonal(possible, sizes * (sizes - 1) / 2)
    possible = np.maximum(possible, 1.0)
    ours, theirs = dataset.take(scored.left), dataset.take(scored.right)
    cell = np.minimum(ours, theirs).astype(np.int64) * many + np.maximum(ours, theirs)
    share = np.full((many, many), max(start, 1e-12))
    links: Bits = np.zeros((many, many))
    for _ in range(ROUNDS):
        bits = np.log2(share / (1 - share))
        links = (
            np.bincount(cell, probability(scored.weight + bits.take(cell)), many * many)
            .astype(np.float64)
            .reshape(many, many)
        )
        links = np.triu(links) + np.triu(links, 1).T
        before = share
        share = np.clip((links + start * possible / (1 + start * possible)) / (possible + 1), 1e-12, 0.5)
        if np.array_equal(share, before):  # equal to the last bit: further rounds would change nothing
            break
    return Priors(np.log2(share / (1 - share)), links)


@dataclass(frozen=True)
class Coverage:
    """How likely it is that a record's child is in each other dataset as well, by the record's stratum (birth year).

    A record whose child is sure to be on the other list and a row of that list that no other record has claimed need less
    evidence to be linked than two records neither of which need have a partner. Two rows of a list that keeps one row per
    child need more.
    """

    absent: Bits
    """datasets x datasets x strata: -log2 of the chance that a record of the first has no partner in the second (0 within)."""
    twice: Bits
    """datasets: -log2 of the chance that a child has a further row in the dataset."""
    children: int
    """How many children there were when all this was measured."""
    presence: Presence
    """Which sets of datasets know how many children."""

    def of(self, dataset: NDArray[np.int32], stratum: NDArray[np.int32], left: Rows, right: Rows) -> Bits:
        """Bits to add to the prior log-odds of each pair of rows, supposing that neither has another partner."""
        many, _, strata = self.absent.shape
        a, b = dataset.take(left), dataset.take(right)
        ours = self.absent.take((a * np.int64(many) + b) * strata + stratum.take(left))
        return np.asarray(ours + self.absent.take((b * np.int64(many) + a) * strata + stratum.take(right)))


SHRINK = 20.0
"""How many records the whole dataset's share counts for in each stratum's share: small strata lean on it."""
MOST_COVERED = 0.98


Siblings = tuple[Labels, Labels]
"""Pairs of children in one home. Children are numbered from 0 in the order of their lowest rows."""


def coverage_of(
    labels: Labels, dataset: NDArray[np.int32], stratum: NDArray[np.int32], siblings: Siblings | None = None
) -> Coverage:
    """Measure, from a first clustering, the share of each dataset's records, by stratum, whose child also has a record in each
    other dataset.

    There is one stratum more than occurs: the last stands for any stratum without records, and has the whole dataset's share.
    The prior odds of a link between two records that would otherwise have no partner are those of the link over those of
    both going without (the bipartite prior of Sadinle 2017, JASA 112:600, by stratum). ``siblings``: pairs of children
    known to be two of one home; None: no such pairs.
    """
    many, strata = int(dataset.max(initial=0)) + 1, int(stratum.max(initial=0)) + 2
    child = numbered(labels)
    known = datasets_by_child(child, dataset, stratum, many)
    sets, which = sets_in(known[0])
    # Count rows once by their child's set of datasets, dataset and stratum: every sum below is over these few numbers.
    cells = many * strata
    place = which.take(child) * np.int32(cells)
    place += dataset * np.int32(strata) + stratum
    by_set = np.bincount(place, minlength=len(sets) * cells)
    by_set = by_set.reshape(len(sets), many, strata).astype(np.float64)
    rows = by_set.sum(axis=0)
    bits = np.zeros((many, many, strata))
    for other in range(many):
        found = by_set[sets[:, other]].sum(axis=0)
        overall = found.sum(axis=1) / np.maximum(rows.sum(axis=1), 1)
        share = (found + SHRINK * overall[:, None]) / (rows + SHRINK)
        bits[:, other, :] = -np.log2(1 - np.minimum(share, MOST_COVERED))
        bits[other, other, :] = 0.0
    each = rows.sum(axis=1)
    further = (each - np.bincount(which, minlength=len(sets)) @ sets + 1) / (each + 2)
    none = np.zeros(0, dtype=np.int64)
    presence = counted(known, strata, PossibleMerges.empty(), seen_alone(known, strata, siblings or (none, none)))
    return Coverage(bits, -np.log2(further), len(which), presence)


def datasets_by_child(
    child: NDArray[np.integer], dataset: NDArray[np.int32], stratum: NDArray[np.int32], many: int
) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    """Which of ``many`` datasets know each child, and its stratum. ``child``: each row's child, numbered from 0."""
    known = np.zeros((int(child.max(initial=-1)) + 1, many), dtype=bool)
    known.put(child * np.int64(many) + dataset, True)
    return known, _strata(child, stratum)


def _strata(child: NDArray[np.integer], stratum: NDArray[np.int32]) -> NDArray[np.int32]:
    """Each child's stratum: the highest of its records', so that a record without one (stratum 0) does not count."""
    of_child = np.zeros(int(child.max(initial=-1)) + 1, dtype=np.int32)
    of_child.put(child, stratum)
    higher = np.flatnonzero(stratum > of_child.take(child))  # few: most children have one stratum in all their records
    np.maximum.at(of_child, child[higher], stratum[higher])
    return of_child


def rows_by_dataset(child: Labels, dataset: NDArray[np.int32]) -> NDArray[np.int64]:
    """children x datasets: the number of rows that each child has in each dataset."""
    children = int(child.max(initial=-1)) + 1
    many = int(dataset.max(initial=0)) + 1
    return np.bincount(child * many + dataset, minlength=children * many).reshape(children, many)


ERRED_ALIKE = 2.0
"""Bits against one child for each list after the first that knows the smaller of two groups. Lists copy from each other, but
the second repeats a mistake of the first in one case of four at most."""
MOST_ALIKE = 3
"""The most such lists that count: any more are taken to have copied from one."""


@dataclass(frozen=True)
class Groups:
    """What bears on whether a child (a group of rows) is the same as another: which datasets know it, and its stratum."""

    present: NDArray[np.bool_]
    """children x datasets."""
    stratum: NDArray[np.int32]

    @classmethod
    def of(
        cls, group: NDArray[np.integer], dataset: NDArray[np.int32], stratum: NDArray[np.int32], many: int
    ) -> "Groups":
        """``group``: each row's child, numbered from 0; ``many``: datasets."""
        return cls(*datasets_by_child(group, dataset, stratum, many))

    def prior(self, one: NDArray[np.integer], other: NDArray[np.integer], coverage: Coverage) -> Bits:
        """As :func:`prior_of` for pairs of children; lower where several lists know each: all would have had to err alike."""
        ours, theirs = self.present[one], self.present[other]
        alike = np.minimum(np.minimum(ours.sum(axis=1), theirs.sum(axis=1)) - 1, MOST_ALIKE)
        prior = prior_of(ours, theirs, (self.stratum[one], self.stratum[other]), coverage)
        return np.asarray(prior - ERRED_ALIKE * alike)


def prior_of(
    ours: NDArray[np.bool_],
    theirs: NDArray[np.bool_],
    strata: tuple[NDArray[np.int32], NDArray[np.int32]],
    coverage: Coverage,
) -> Bits:
    """Prior log-odds (bits) that two groups of records are one child.

    It starts from one in all children, rises by what either group would lack without the other (judged by whole sets of
    datasets: :mod:`matching.clustering.presence`), and falls for each dataset that would have the child twice.
    ``ours``, ``theirs``: pairs of groups x datasets; ``strata``: of either side.
    """
    lacking = coverage.presence.bits(ours, theirs, strata)
    return np.asarray(lacking - ((ours & theirs) * coverage.twice).sum(axis=1) - np.log2(max(coverage.children, 2)))


CERTAIN = 1000.0
"""Bits beyond this are not evidence but a rule: a judgement, or identifiers that keep two children apart."""


def believed(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """A probability from comparisons, with its log-odds reduced to the part that is believed (TRUSTED); 0 and 1 stay."""
    with np.errstate(divide="ignore"):
        return probability(TRUSTED * np.log2(chance / (1 - chance)))
