"""Children in whom a dataset has two records, looked at again: one child entered twice, or two children run together?

Cutting weighs records pair by pair, each pair as though neither record had a partner elsewhere. Where twins are both known
to the same lists that is not so, and a name that they share (a brother's forename as middle name) may run them together.
So such a child is taken apart without what lists lack, and its pieces are weighed as children.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from matching.assign import Coverage, known_to, rows_held
from matching.cluster import LogOdds, all_pairs_within, cluster
from matching.components import Labels, numbered
from matching.presence import MayBeOne, counted
from matching.rivals import Between, Rivalry, Weigh, Weighed, chances_of


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
    child = numbered(labels)
    held = rows_held(child, dataset)
    is_twice = np.zeros(len(held), dtype=bool)
    is_twice[np.flatnonzero(held.ravel() > 1) // held.shape[1]] = True
    rows = np.flatnonzero(is_twice[child] if among is None else is_twice[child] & among).astype(np.int32)
    if not len(rows):
        return labels
    own = np.searchsorted(rows, labels[rows])  # a child's lowest row is one of its rows
    left, right = all_pairs_within(own)

    def log_odds(ones: NDArray[np.int32], others: NDArray[np.int32]) -> NDArray[np.float64]:
        return by_records(rows[ones], rows[others])

    pieces = labels.copy()
    pieces[rows] = rows[cluster(len(rows), left, right, log_odds(left, right), log_odds)]
    rivalry = Rivalry(np.arange(len(labels), dtype=np.int32), weigh, Weighed.nothing(), [])
    return rivalry.settle(pieces, rows[left], rows[right], margin)[0]


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
