"""Children in whom a dataset has two records, looked at again: one child entered twice, or two children run together?

Cutting weighs records pair by pair, each pair as though neither record had a partner elsewhere. Where twins are both known
to the same lists that is not so, and a name that they share (a brother's forename as middle name) may run them together.
So such a child is taken apart without what lists lack, and its pieces are weighed as children. Where cutting finds no pieces,
as every two records alike by chance vouch for each other once more, the two least alike records of one list are taken for two
children, and the others go to whom they are more like.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from matching.assign import Coverage, known_to, rows_held
from matching.cluster import LogOdds, all_pairs_within, cluster
from matching.components import Labels, numbered
from matching.encode import Rows
from matching.presence import MayBeOne, counted
from matching.rivals import Between, Rivalry, Weigh, Weighed, chances_of

ROUNDS_OF_HALVING = 4
"""Enough for sixteen children whom a list holds as one."""


def parted(
    labels: Labels,
    dataset: NDArray[np.int32],
    by_records: LogOdds,
    weigh: Weigh,
    margin: float,
    *,
    among: NDArray[np.bool_] | None = None,
) -> Labels:
    """The labels again, with children parted whose pieces are not as likely one as a link must be: a doubt shown between two
    children can be looked into, and one inside a child hides whoever else it may be.

    ``by_records``: log-odds of pairs of rows without coverage, less ``margin``, the bits that a link must have; ``weigh``: how
    children weigh against each other. Children without a second record in any dataset stay as they are. ``among``: rows of
    the children that are looked at; null: all.
    """
    rows = _held_twice(labels, dataset, among)
    if not len(rows):
        return labels
    own = np.searchsorted(rows, labels[rows])  # a child's lowest row is one of its rows
    left, right = all_pairs_within(own)

    def log_odds(ones: Rows, others: Rows) -> NDArray[np.float64]:
        return by_records(rows[ones], rows[others])

    odds = log_odds(left, right)
    pieces = labels.copy()
    pieces[rows] = rows[cluster(len(rows), left, right, odds, log_odds)]
    rivalry = Rivalry(np.arange(len(labels), dtype=np.int32), weigh, Weighed.nothing(), [])
    pairs = rows[left], rows[right]
    labels, open_ = rivalry.settle(pieces, *pairs, margin)[0], np.ones(len(labels), dtype=bool)
    for _ in range(ROUNDS_OF_HALVING):
        halves = _halved(labels, dataset, pairs, odds, open_)
        after = rivalry.settle(halves, *pairs, margin)[0]
        labels, open_ = after, _whose(labels, labels != after)  # only who was parted may be more than two
        if not open_.any():
            break
    return labels


def _held_twice(labels: Labels, dataset: NDArray[np.int32], among: NDArray[np.bool_] | None) -> Rows:
    """Rows of the children of whom some dataset has a further record."""
    child = numbered(labels)
    held = rows_held(child, dataset)
    is_twice = np.zeros(len(held), dtype=bool)
    is_twice[np.flatnonzero(held.ravel() > 1) // held.shape[1]] = True
    return np.flatnonzero(is_twice[child] if among is None else is_twice[child] & among).astype(np.int32)


def _whose(labels: Labels, some: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The rows of all children that have one of these."""
    is_asked = np.zeros(len(labels), dtype=bool)
    is_asked[labels[some]] = True
    return is_asked[labels]


def _halved(
    labels: Labels,
    dataset: NDArray[np.int32],
    pairs: tuple[Rows, Rows],
    odds: NDArray[np.float64],
    open_: NDArray[np.bool_],
) -> Labels:
    """The labels again, each child cut in two around the two records of one dataset that are least alike; the others go to
    the half that they are more like. ``pairs``, ``odds``: of all rows that may be one child's; ``open_``: rows of the children
    to be cut. A child stays whole where any two records of one dataset would have a link by themselves.
    """
    left, right = pairs
    inside = np.flatnonzero((labels[left] == labels[right]) & open_[left])
    left, right, odds = left[inside], right[inside], odds[inside]
    unlike = np.flatnonzero((dataset[left] == dataset[right]) & (odds < 0))
    unlike = unlike[np.lexsort((right[unlike], left[unlike], odds[unlike], labels[left[unlike]]))]
    child = labels[left[unlike]]
    least = unlike[np.append(True, child[1:] != child[:-1])[: len(child)]]
    half = np.zeros(len(labels), dtype=np.int8)
    half[left[least]], half[right[least]] = -1, 1
    is_seed, is_cut = half != 0, _whose(labels, half != 0)
    for _ in range(2):  # beside the two alone, then beside all who went with them
        nearer = _likeness(half == 1, left, right, odds) > _likeness(half == -1, left, right, odds)
        half = np.where(is_seed | ~is_cut, half, np.where(nearer, 1, -1)).astype(np.int8)
    rows = np.flatnonzero(is_cut)
    _, lowest, place = np.unique(labels[rows] * 2 + (half[rows] > 0), return_index=True, return_inverse=True)
    after = labels.copy()
    after[rows] = rows[lowest][place]  # a child is named after its lowest row
    return after


def _likeness(some: NDArray[np.bool_], left: Rows, right: Rows, odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean log-odds of each row and those of ``some`` that it is in a pair with; 0 where there is none."""
    total, met = np.zeros((2, len(some)))
    for one, other in ((left, right), (right, left)):
        at = np.flatnonzero(some[other])
        total += np.bincount(one[at], odds[at], len(some))
        met += np.bincount(one[at], minlength=len(some))
    return np.asarray(total / np.maximum(met, 1))


def counted_again(
    coverage: Coverage, labels: Labels, between: Between, dataset: NDArray[np.int32], stratum: NDArray[np.int32]
) -> Coverage:
    """Presence counted over children as they stand, those that may be one as likely as they are."""
    child = numbered(labels)
    may_be_one = MayBeOne(child.take(between.one), child.take(between.other), chances_of(between))
    many, _, strata = coverage.absent.shape
    known = known_to(child, dataset, stratum, many)
    return replace(coverage, presence=counted(known, strata, may_be_one, coverage.presence.alone))


__all__ = ["counted_again", "parted"]
