"""Competing candidates -> log-odds with the right prior, rivals, and how sure a record belongs to its child.

The prior depends on the two datasets: how many links there are between them, estimated from the weights themselves
(the share that is no guess: Sadinle 2017, JASA 112:600; by record and dataset: Kundinger, Reiter & Steorts 2024).
Within a dataset that keeps one row a child it comes out near 0 by itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.encode import Rows
from matching.score import Scored

Bits = NDArray[np.float64]

ROUNDS = 30
SURE = 30.0
"""Log-odds are capped at so many bits: beyond, the model's own errors outweigh its arithmetic."""


def probability(log_odds: Bits) -> NDArray[np.float64]:
    """Bits of log-odds -> probability, without overflow."""
    return np.asarray(1.0 / (1.0 + np.exp2(np.clip(-log_odds, -1000, 1000))))


@dataclass(frozen=True)
class Priors:
    """Prior log-odds (bits) that a pair of records of two datasets is one child: datasets x datasets, symmetric."""

    bits: Bits
    links: Bits
    """Expected number of links between (or within) the datasets."""

    def of(self, dataset: NDArray[np.int32], left: Rows, right: Rows) -> Bits:
        """The prior of each pair."""
        return self.bits[dataset[left], dataset[right]]


def priors_of(scored: Scored, dataset: NDArray[np.int32], start: float) -> Priors:
    """Estimate the share of matches for each pair of datasets by expectation-maximisation over the scored weights.

    ``start``: the share to begin with (the model's). One pseudo-link behind each pair of datasets keeps tiny ones sane.
    """
    many = int(dataset.max()) + 1 if len(dataset) else 0
    sizes = np.bincount(dataset, minlength=many).astype(np.float64)
    possible = np.outer(sizes, sizes)
    np.fill_diagonal(possible, sizes * (sizes - 1) / 2)
    possible = np.maximum(possible, 1.0)
    low = np.minimum(dataset[scored.left], dataset[scored.right]).astype(np.int64)
    high = np.maximum(dataset[scored.left], dataset[scored.right]).astype(np.int64)
    cell = low * many + high
    share = np.full((many, many), max(start, 1e-12))
    links = np.zeros((many, many))
    for _ in range(ROUNDS):
        bits = np.log2(share / (1 - share))
        links = np.bincount(cell, probability(scored.weight + bits.ravel()[cell]), many * many).reshape(many, many)
        links = np.triu(links) + np.triu(links, 1).T
        share = np.clip((links + start * possible / (1 + start * possible)) / (possible + 1), 1e-12, 0.5)
    return Priors(np.log2(share / (1 - share)), links)


@dataclass(frozen=True)
class Coverage:
    """How likely a record's child is to be found in another dataset at all, by the record's stratum (birth year).

    A record whose child is sure to be on the other list, and a row of that list that nobody else has claimed, belong
    together on less evidence than two records of which neither need have a partner.
    """

    bits: Bits
    """datasets x datasets x strata: -log2 of the chance that a record of the first has no partner in the second."""

    def of(self, dataset: NDArray[np.int32], stratum: NDArray[np.int32], left: Rows, right: Rows) -> Bits:
        """Bits to be added to the prior log-odds of each pair: the loser of the pair would be left without a partner."""
        a, b = dataset[left], dataset[right]
        return np.asarray(self.bits[a, b, stratum[left]] + self.bits[b, a, stratum[right]])


SHRINK = 20.0
"""Records of the whole dataset that stand behind each stratum's share: small strata lean on it."""
MOST_COVERED = 0.98


def coverage_of(labels: NDArray[np.int64], dataset: NDArray[np.int32], stratum: NDArray[np.int32]) -> Coverage:
    """Share of each dataset's records, by stratum, whose child has a record in each other dataset, from a first clustering.

    The prior odds of a link between two records that would otherwise have no partner are those of the link over those of
    both going without (the bipartite prior of Sadinle 2017, JASA 112:600, by stratum).
    """
    many, strata = int(dataset.max(initial=0)) + 1, int(stratum.max(initial=0)) + 1
    _, child = np.unique(labels, return_inverse=True)
    present = np.zeros((int(child.max(initial=-1)) + 1, many), dtype=bool)
    present[child, dataset] = True
    cell = dataset.astype(np.int64) * strata + stratum
    rows = np.bincount(cell, minlength=many * strata).reshape(many, strata).astype(np.float64)
    bits = np.zeros((many, many, strata))
    for other in range(many):
        found = np.bincount(cell, present[child, other].astype(float), many * strata).reshape(many, strata)
        overall = found.sum(axis=1) / np.maximum(rows.sum(axis=1), 1)
        share = (found + SHRINK * overall[:, None]) / (rows + SHRINK)
        bits[:, other, :] = -np.log2(1 - np.minimum(share, MOST_COVERED))
        bits[other, other, :] = 0.0
    return Coverage(bits)


@dataclass(frozen=True)
class Rivals:
    """Pairs of children that may be one after all, both ways round; one entry an ordered pair."""

    child: NDArray[np.int64]
    rival: NDArray[np.int64]
    probability: NDArray[np.float64]
    nearest: NDArray[np.int64]
    """Number of the likeliest pair of records between the two, in ``left`` and ``right``."""
    left: Rows
    right: Rows


def rivals_of(labels: NDArray[np.int64], dataset: NDArray[np.int32], left: Rows, right: Rows, odds: Bits) -> Rivals:
    """Children that may be one after all. ``left``, ``right``, ``odds``: all pairs of rows of two different children.

    Rows of two children in different datasets speak of one question: their mean log-odds stands for it. Two rows in one
    dataset can only speak against. The rivals of a child compete, with none of them as the other possibility.
    """
    a, b = np.minimum(labels[left], labels[right]), np.maximum(labels[left], labels[right])
    clipped = np.clip(odds, -SURE, SURE)
    _, first, where = np.unique(a * (labels.max(initial=0) + 1) + b, return_index=True, return_inverse=True)
    across = dataset[left] != dataset[right]
    many = np.bincount(where[across], minlength=len(first))
    mean = np.bincount(where[across], clipped[across], len(first)) / np.maximum(many, 1)
    worst = np.full(len(first), np.inf)
    np.minimum.at(worst, where[~across], clipped[~across])
    joint = np.where(many > 0, np.minimum(mean, worst), worst)
    order = np.lexsort((odds, where))
    nearest = order[np.flatnonzero(np.r_[where[order][1:] != where[order][:-1], True])] if len(order) else order
    one, other = a[first], b[first]
    child, rival = np.concatenate([one, other]), np.concatenate([other, one])
    ratio = np.exp2(np.clip(np.concatenate([joint, joint]), -60, 60))
    total = np.bincount(child, ratio, minlength=int(labels.max(initial=0)) + 1)
    return Rivals(child, rival, ratio / (1 + total[child]), np.concatenate([nearest, nearest]), left, right)


def membership_of(height: int, dataset: NDArray[np.int32], left: Rows, right: Rows, odds: Bits) -> NDArray[np.float64]:
    """How sure each row belongs to its child: from its mean log-odds with the child's rows of other datasets.

    ``left``, ``right``: every pair of rows of one child. A row alone is its child: 1. A child of one dataset only is
    judged by that dataset's rows.
    """
    clipped = np.clip(odds, -SURE, SURE)
    other = dataset[left] != dataset[right]
    sums = [np.zeros(height), np.zeros(height)]
    counts = [np.zeros(height), np.zeros(height)]
    for which, keep in enumerate((other, ~other)):
        for rows in (left, right):
            sums[which] += np.bincount(rows[keep], clipped[keep], minlength=height)
            counts[which] += np.bincount(rows[keep], minlength=height)
    use = np.where(counts[0] > 0, 0, 1)
    total, many = np.choose(use, sums), np.choose(use, counts)
    return np.where(many > 0, probability(total / np.maximum(many, 1)), 1.0)
