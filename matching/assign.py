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
class Rivals:
    """Pairs of children that may be one after all, both ways round; one entry an ordered pair."""

    child: NDArray[np.int64]
    rival: NDArray[np.int64]
    probability: NDArray[np.float64]
    nearest: NDArray[np.int64]
    """Number of the strongest pair of records between the two, among the pairs given."""


def rivals_of(labels: NDArray[np.int64], left: Rows, right: Rows, odds: Bits) -> Rivals:
    """Children joined by candidate pairs but not merged. ``odds``: log-odds of each pair of rows given.

    Records of one child speak of the same question: their mean log-odds stands for the pair of children, and the rivals
    of a child compete, with none of them as the other possibility.
    """
    between = np.flatnonzero(labels[left] != labels[right])
    a = np.minimum(labels[left[between]], labels[right[between]])
    b = np.maximum(labels[left[between]], labels[right[between]])
    key = a * (labels.max(initial=0) + 1) + b
    _, first, where = np.unique(key, return_index=True, return_inverse=True)
    mean = np.bincount(where, np.clip(odds[between], -SURE, SURE)) / np.maximum(np.bincount(where), 1)
    order = np.lexsort((odds[between], where))
    nearest = between[order[np.flatnonzero(np.r_[where[order][1:] != where[order][:-1], True])]] if len(order) else between
    one, other = a[first], b[first]
    child, rival = np.concatenate([one, other]), np.concatenate([other, one])
    both = np.concatenate([mean, mean])
    ratio = np.exp2(np.clip(both, -60, 60))
    total = np.bincount(child, ratio, minlength=int(labels.max(initial=0)) + 1)
    return Rivals(child, rival, ratio / (1 + total[child]), np.concatenate([nearest, nearest]))


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
