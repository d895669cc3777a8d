"""Children with two records in one dataset, examined again: one child entered twice, or two children run together?

Clustering weighs records pair by pair, each pair as if neither record had a partner elsewhere. That is wrong where both of two
twins are known to the same lists, and a name that they share (a brother's forename as middle name) may run them together. So
such a child is clustered again without coverage, and its pieces are weighed as children. Clustering may find no pieces,
because records that are alike by chance confirm each other. Then the two least similar records of one list are taken to be two
children, and the others go to the one they are more like.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from matching.clustering.assign import Coverage, datasets_by_child, rows_by_dataset
from matching.clustering.cluster import LogOdds, all_pairs_within, cluster
from matching.clustering.presence import PossibleMerges, counted
from matching.clustering.rivals import ChildPairs, KnownChildPairs, Margins, Rivalry, Weigh, chances_of
from matching.in_numbers.arrays import Labels, Rows
from matching.in_numbers.components import numbered

ROUNDS_OF_HALVING = 4
"""Enough to part sixteen children that a list holds as one."""


def parted(
    labels: Labels,
    by_records: LogOdds,
    weigh: Weigh,
    margins: Margins,
    *,
    among: NDArray[np.bool_] | None = None,
) -> Labels:
    """Part the children whose pieces are less likely to be one than a link must be. Returns the new labels.

    A doubt that shows between two children can be looked into; a doubt inside a child hides whoever else it may be.

    ``by_records``: log-odds of pairs of rows without coverage, less ``margins.usual``, the bits that a link must have;
    ``weigh``: how children weigh against each other. Children without a second record in any dataset stay as they are.
    ``among``: rows of the children to examine; None: all.
    """
    dataset = margins.dataset
    rows = _rows_of_children_held_twice(labels, dataset, among)
    if not len(rows):
        return labels
    own = np.searchsorted(rows, labels[rows])  # a child's lowest row is one of its rows
    left, right = all_pairs_within(own)

    def log_odds(ones: Rows, others: Rows) -> NDArray[np.float64]:
        return by_records(rows[ones], rows[others])

    odds = log_odds(left, right)
    pieces = labels.copy()
    pieces[rows] = rows[cluster(len(rows), left, right, odds, log_odds)]
    rivalry = Rivalry(np.arange(len(labels), dtype=np.int32), weigh, KnownChildPairs.nothing(), [])
    pairs = rows[left], rows[right]
    labels, open_ = rivalry.settle(pieces, *pairs, margins)[0], np.ones(len(labels), dtype=bool)
    for _ in range(ROUNDS_OF_HALVING):
        halves = _cut_in_two(labels, dataset, pairs, odds, open_)
        after = rivalry.settle(halves, *pairs, margins)[0]
        # Only children that were parted may be more than two.
        labels, open_ = after, _rows_of_children_with(labels, labels != after)
        if not open_.any():
            break
    return labels


def _rows_of_children_held_twice(labels: Labels, dataset: NDArray[np.int32], among: NDArray[np.bool_] | None) -> Rows:
    """Rows of the children with more than one record in some dataset."""
    child = numbered(labels)
    held = rows_by_dataset(child, dataset)
    is_twice = np.zeros(len(held), dtype=bool)
    is_twice[np.flatnonzero(held.ravel() > 1) // held.shape[1]] = True
    return np.flatnonzero(is_twice[child] if among is None else is_twice[child] & among).astype(np.int32)


def _rows_of_children_with(labels: Labels, some: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """All rows of the children that have one of these rows."""
    is_asked = np.zeros(len(labels), dtype=bool)
    is_asked[labels[some]] = True
    return is_asked[labels]


def _cut_in_two(
    labels: Labels,
    dataset: NDArray[np.int32],
    pairs: tuple[Rows, Rows],
    odds: NDArray[np.float64],
    open_: NDArray[np.bool_],
) -> Labels:
    """Cut each child in two around its two least similar records of one dataset; the others go to the half that they are more
    like. Returns the new labels. ``pairs``, ``odds``: of all rows that may be one child's; ``open_``: rows of the children to
    cut. A child stays whole if every two of its records of one dataset would have a link by themselves.
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
    is_seed, is_cut = half != 0, _rows_of_children_with(labels, half != 0)
    for _ in range(2):  # first by likeness to the two records alone, then to all that joined them
        nearer = _likeness(half == 1, left, right, odds) > _likeness(half == -1, left, right, odds)
        half = np.where(is_seed | ~is_cut, half, np.where(nearer, 1, -1)).astype(np.int8)
    rows = np.flatnonzero(is_cut)
    _, lowest, place = np.unique(labels[rows] * 2 + (half[rows] > 0), return_index=True, return_inverse=True)
    after = labels.copy()
    after[rows] = rows[lowest][place]  # a child's label is its lowest row
    return after


def _likeness(some: NDArray[np.bool_], left: Rows, right: Rows, odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean log-odds of each row with those of ``some`` with which it is in a pair; 0 if there are none."""
    total, met = np.zeros((2, len(some)))
    for one, other in ((left, right), (right, left)):
        at = np.flatnonzero(some[other])
        total += np.bincount(one[at], odds[at], len(some))
        met += np.bincount(one[at], minlength=len(some))
    return np.asarray(total / np.maximum(met, 1))


def counted_again(
    coverage: Coverage, labels: Labels, between: ChildPairs, dataset: NDArray[np.int32], stratum: NDArray[np.int32]
) -> Coverage:
    """Coverage with presence counted from these children, where pairs that may be one count as one as far as that is likely."""
    child = numbered(labels)
    may_be_one = PossibleMerges(child.take(between.one), child.take(between.other), chances_of(between))
    many, _, strata = coverage.absent.shape
    known = datasets_by_child(child, dataset, stratum, many)
    return replace(coverage, presence=counted(known, strata, may_be_one, coverage.presence.alone))
