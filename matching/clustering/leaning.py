"""How each record leans: how sure it is to belong to its child, and whether it belongs more to another.

Clustering adds up what every two records say, although the records of one child all bear on one question: three that are
alike by chance outweigh the one that is the child's own. So after clustering, each record is weighed, as if it were a child by
itself, against the other records of its child and against every child with which it has a link, and goes where it leans more.
"""

import numpy as np
from numpy.typing import NDArray

from matching.clustering.assign import CERTAIN, believed, prior_of, probability
from matching.clustering.cluster import FULL_UP_TO
from matching.clustering.together import mean_of
from matching.clustering.weighing import Weighing
from matching.in_numbers.arrays import Bits, Labels, Mask, Places, Rows
from matching.in_numbers.sorting import distinct, order_of, positions_within

DOUBTED = 20.0
"""Bits. A record whose log-odds by the mean of its pairs are above this belongs to its child: what lists show of siblings, and
the comparisons one by one, are not asked."""
ROUNDS_OF_MOVING = 4


def leanings(rows: Places, which: Places, others: Rows, weigh: Weighing) -> Bits:
    """Log-odds (bits) that each of ``rows`` and the rows beside it are one child, weighed as two children are.

    ``which``, ``others``: one entry per row beside one of ``rows``: the position of the latter, and the row; at least one
    for each of ``rows``.
    """
    dataset, stratum, coverage = weigh.judge.dataset, weigh.judge.stratum, weigh.coverage
    one, many = rows.take(which).astype(np.int32), len(coverage.twice)
    own = dataset.take(rows)[:, None] == np.arange(many)
    beside = np.zeros((len(rows), many), dtype=bool)
    beside[which, dataset.take(others)] = True
    strata = np.zeros(len(rows), dtype=np.int32)
    np.maximum.at(strata, which, stratum.take(others))
    prior = prior_of(own, beside, (stratum.take(rows), strata), coverage)
    found = mean_of(weigh.witness.evidence(one, others), which, len(rows))
    is_open = np.abs(found) < CERTAIN
    found[is_open] += prior[is_open]
    doubted = is_open & (found < DOUBTED)
    at, number = np.flatnonzero(doubted.take(which)), np.cumsum(doubted) - 1
    at_home = coverage.presence.at_home(own[doubted], beside[doubted])
    asked = one.take(at), others.take(at), number.take(which.take(at))
    weights = weigh.witness.evidence(*asked[:2], at_home.take(asked[2]))
    found[doubted] = weigh.joint(weights, *asked, at_home) + prior[doubted]
    return found


def membership_of(height: int, pairs: tuple[Rows, Rows], weigh: Weighing) -> NDArray[np.float64]:
    """How sure each of ``height`` rows is to belong to its child, 0 to 1. For a row alone in its child: 1.

    ``pairs``: every pair of rows of one child.
    """
    one, other = (np.concatenate([pairs[side], pairs[1 - side]]) for side in (0, 1))
    is_met = np.zeros(height, dtype=bool)
    is_met[one] = True
    rows = np.flatnonzero(is_met)
    sure = np.ones(height)
    sure[rows] = believed(probability(leanings(rows, (np.cumsum(is_met) - 1).take(one), other, weigh)))
    return sure


def moved(labels: Labels, linked: tuple[Rows, Rows], weigh: Weighing, margin: float) -> Labels:
    """The labels after moving each record to the child to which it leans more than to its own, by more than ``margin`` bits.

    ``linked``: pairs of rows with a link. A record only moves to a child to which it leans by more than a link must have
    (``margin``). In each round a child gains or loses at most one record, the surest first.
    """
    left, right = linked
    is_changed = np.ones(len(labels), dtype=bool)
    for _ in range(ROUNDS_OF_MOVING):
        # A record that stayed leans as before unless one of the two children has gained or lost a record.
        open_ = is_changed[left] | is_changed[right]
        rows, child = _linked_to_other_children(labels, left[open_], right[open_])
        if not len(rows):
            break
        theirs, ours = (_leaning_to(labels, rows, of, weigh) for of in (child, labels[rows]))
        gain = np.where(theirs > margin, theirs - ours, -np.inf)
        order = np.lexsort((child, rows, -gain))
        labels, is_changed = _move(labels, rows[order], child[order], int((gain > margin).sum()))
        if not is_changed.any():
            break
    return labels


def _linked_to_other_children(labels: Labels, left: Rows, right: Rows) -> tuple[Places, Labels]:
    """Rows of children with several records, each with every other child to which it has a link."""
    apart = labels.take(left) != labels.take(right)
    left, right = np.compress(apart, left), np.compress(apart, right)
    rows = np.concatenate([left, right]).astype(np.int64)
    child = labels.take(np.concatenate([right, left]))
    several = np.bincount(labels, minlength=len(labels)).take(labels.take(rows)) > 1
    return np.divmod(distinct(rows[several] * len(labels) + child[several]), max(len(labels), 1))


def _leaning_to(labels: Labels, rows: Places, child: Labels, weigh: Weighing) -> Bits:
    """How each row leans to a child, leaving out the row itself."""
    held = np.bincount(labels, minlength=len(labels))
    is_asked = np.zeros(len(labels), dtype=bool)
    is_asked[child] = True
    members = np.flatnonzero(is_asked.take(labels))
    members = members.take(order_of(labels.take(members)))
    starts = np.cumsum(np.where(is_asked, held, 0)) - held
    many = np.minimum(held.take(child), FULL_UP_TO)
    which = np.repeat(np.arange(len(rows)), many)
    others = members.take(starts.take(child).take(which) + positions_within(many))
    beside = others != rows.take(which)
    return leanings(rows, np.compress(beside, which), np.compress(beside, others).astype(np.int32), weigh)


def _move(labels: Labels, rows: Places, child: Labels, first: int) -> tuple[Labels, Mask]:
    """Move the first rows in order, except where one of the two children has already gained or lost one.

    Returns the labels, and which rows belong to a child that gained or lost one.
    """
    after, touched = labels.copy(), set[int]()
    for row, to in zip(rows[:first].tolist(), child[:first].tolist(), strict=True):
        ends = {int(labels[row]), to}
        if not ends & touched:
            after[row] = to
            touched |= ends
    is_touched = np.zeros(len(labels), dtype=bool)
    is_touched[np.fromiter(touched, dtype=np.int64)] = True
    is_changed = is_touched.take(after)
    mine = np.flatnonzero(is_changed)
    _, lowest, place = np.unique(after[mine], return_index=True, return_inverse=True)
    after[mine] = mine[lowest][place]  # a child's label is its lowest row
    return after, is_changed
