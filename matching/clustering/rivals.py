"""Children that may be one after all: weighed child by child, with each child's rivals competing; the sure ones are joined.

What was weighed between two children depends on their records alone, so it can be kept. A child is identified by its records
(:func:`signs_of`), and no pair of children is weighed twice, in later rounds of joining or on later nights.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matching.clustering.assign import CERTAIN, believed, probability
from matching.clustering.cluster import APART
from matching.clustering.together import is_apart, mean_of
from matching.in_numbers.arrays import Bits, Labels, Rows
from matching.in_numbers.blocks import scrambled
from matching.in_numbers.components import rows_of
from matching.in_numbers.sorting import distinct, order_of, places_among, positions_within, run_ends

ROUNDS_OF_JOINING = 4
LEAST_CLAIM = 1 / 32
"""Other rivals compete noticeably only if their odds exceed this share of the odds of this rival and of none together."""
MOST_THIRDS = 100
"""For a child with more likely rivals than this it is not asked which of them may be one with each other: all compete."""
NUMBERED_TWICE = 2.0
"""The most log-odds (bits; four in five) that two children whom identifiers keep apart are one child given two numbers. Alike
in everything they may still be twins under one name, and only a person can say that they are not."""

Signs = NDArray[np.uint64]
"""Identifies a group of records: the sum of a 64-bit number for each record."""


@dataclass(frozen=True)
class Rivals:
    """Pairs of children that may be one after all. Each pair is there twice, once for either child."""

    child: NDArray[np.int64]
    rival: NDArray[np.int64]
    log_odds: Bits
    probability: NDArray[np.float64]
    """That the two are one child, given that the child's other rivals compete."""
    nearest: NDArray[np.int64]
    """Index in ``left`` and ``right`` of the likeliest pair of records between the two."""
    left: Rows
    right: Rows


@dataclass(frozen=True)
class ChildPairs:
    """Pairs of children weighed against each other, in the order of their labels; one entry per pair, one < other."""

    one: Labels
    other: Labels
    log_odds: Bits
    left: Rows
    """The likeliest pair of records between the two (left < right)."""
    right: Rows

    def __len__(self) -> int:
        """The number of pairs of children."""
        return len(self.one)

    def at(self, places: NDArray[np.int64] | NDArray[np.bool_]) -> "ChildPairs":
        """Some of the pairs."""
        return ChildPairs(
            self.one[places], self.other[places], self.log_odds[places], self.left[places], self.right[places]
        )

    def with_prior(self, prior: Bits) -> "ChildPairs":
        """The same after adding a prior (bits) to the log-odds of each pair, except where they are certain (APART is not)."""
        certain = (np.abs(self.log_odds) > CERTAIN) & ~is_apart(self.log_odds)
        return replace(self, log_odds=np.where(certain, self.log_odds, self.log_odds + prior))


def child_pairs_of(labels: Labels, left: Rows, right: Rows, weights: Bits, joint: Bits | None = None) -> ChildPairs:
    """Weigh children against each other, without any prior. ``left``, ``right``, ``weights``: all pairs of rows of two
    different children.

    All pairs of rows of two children bear on one question. ``joint``: what they say of it together, in the order of the
    children; None: their mean match weight.
    """
    both = _as_one(labels, left, right)
    if (both[1:] < both[:-1]).any():
        order = order_of(both)
        left, right, weights, both = left.take(order), right.take(order), weights.take(order), both.take(order)
    ends = run_ends(both)
    many = np.diff(ends, prepend=0)
    where = np.repeat(np.arange(len(ends), dtype=np.int32), many)
    one, other = np.divmod(both.take(ends - 1), max(len(labels), 1))
    joint = mean_of(weights, where, len(ends)) if joint is None else joint
    # If several pairs are equally likely, take the last.
    highest = np.maximum.reduceat(weights, ends - many) if len(ends) else weights
    likeliest = np.flatnonzero(weights == np.repeat(highest, many))
    nearest = likeliest.take(run_ends(where.take(likeliest)) - 1)
    left, right = left.take(nearest), right.take(nearest)
    low, high = np.minimum(left, right), np.maximum(left, right)
    return ChildPairs(one, other, joint, low, high)


def competing(pairs: ChildPairs) -> Rivals:
    """Rivals with their probabilities. A child is one with one of its rivals or with none, so its rivals compete. A pair has
    the lower of the two probabilities seen from its children: a place that others claim too is hardly this child's.
    """
    child, rival = np.concatenate([pairs.one, pairs.other]), np.concatenate([pairs.other, pairs.one])
    ratio, claims = _competing(pairs)
    any_rival = claims / (1 + claims)
    # Pairs kept apart by identifiers are already capped at NUMBERED_TWICE.
    any_rival = np.where(is_apart(pairs.log_odds), any_rival, believed(any_rival))
    odds, chance = np.tile(_as_rivals(pairs.log_odds), 2), np.tile(ratio / claims * any_rival, 2)
    nearest = np.tile(np.arange(len(pairs)), 2)
    return Rivals(child, rival, odds, chance, nearest, pairs.left, pairs.right)


def _as_rivals(odds: Bits) -> Bits:
    """Log-odds of children as rivals. Those whom identifiers of one list keep apart are still rivals, up to NUMBERED_TWICE."""
    return np.where(is_apart(odds), np.minimum(odds - APART, NUMBERED_TWICE), odds)


def chances_of(pairs: ChildPairs) -> NDArray[np.float64]:
    """How likely each pair of children is one by its records, given all else that the more contested of the two may be."""
    ratio, claims = _competing(pairs)
    return np.asarray(ratio / (1 + claims))


def _competing(pairs: ChildPairs) -> tuple[Bits, Bits]:
    """Odds to 1 that each pair of children is one, and that the more contested of the two is one with it or another rival."""
    pairs = _counted_off(pairs)
    ratio = np.exp2(np.clip(_as_rivals(pairs.log_odds), -60, 60))
    total = np.bincount(pairs.one, ratio, minlength=int(pairs.other.max(initial=0)) + 1).astype(np.float64)
    np.add.at(total, pairs.other, ratio)
    claims = np.maximum(total.take(pairs.one), total.take(pairs.other))
    crowded = np.flatnonzero(claims - ratio > LEAST_CLAIM * (1 + ratio))
    if len(crowded):
        claims[crowded] = _claims(pairs, ratio, total, crowded)
    return ratio, claims


def _counted_off(pairs: ChildPairs) -> ChildPairs:
    """The same pairs with children numbered from 0 in the order of their labels: far fewer numbers than rows."""
    is_there = np.zeros(int(pairs.other.max(initial=0)) + 1, dtype=bool)
    is_there[pairs.one] = is_there[pairs.other] = True
    number = np.cumsum(is_there, dtype=np.int32)
    one, other = (number.take(side).astype(np.int64) - 1 for side in (pairs.one, pairs.other))
    return replace(pairs, one=one, other=other)


def _claims(pairs: ChildPairs, ratio: Bits, total: Bits, crowded: Labels) -> Bits:
    """For each pair in ``crowded``, the odds to 1 that the more contested of the two is one with the other or with a further
    rival. A rival that is likely one with the other of the two, being a piece of the same child, does not compete.
    """
    width = np.int64(len(total))
    likely = np.flatnonzero(ratio > 1)
    one, other = pairs.one.take(likely), pairs.other.take(likely)
    is_asked = np.zeros(len(total), dtype=bool)
    is_asked[pairs.one.take(crowded)] = is_asked[pairs.other.take(crowded)] = True
    # Only rivals likely to be one with the other could count twice: list for each child asked about those it may be.
    child, rival, share = np.concatenate([one, other]), np.concatenate([other, one]), np.tile(ratio.take(likely), 2)
    asked = is_asked.take(child)
    child, rival, share = np.compress(asked, child), np.compress(asked, rival), np.compress(asked, share)
    order = order_of(child)
    held = np.bincount(child, minlength=len(total))
    starts, keys = np.cumsum(held) - held, np.sort(one * width + other)

    def of(mine: Labels, its: Labels) -> Bits:
        """The odds seen from the first child of each pair."""
        many = held.take(mine)
        many[many > MOST_THIRDS] = 0
        which = np.repeat(np.arange(len(mine)), many)
        further = order.take(starts.take(mine).take(which) + positions_within(many))
        third, second = rival.take(further), its.take(which)
        wanted = np.minimum(third, second) * width + np.maximum(third, second)
        are_one = places_among(keys, wanted) >= 0
        return np.asarray(total.take(mine) - np.bincount(which, share.take(further) * are_one, len(mine)))

    ends = pairs.one.take(crowded), pairs.other.take(crowded)
    return np.maximum(np.maximum(of(*ends), of(*ends[::-1])), ratio.take(crowded))


@dataclass(frozen=True)
class Margins:
    """How far the log-odds (bits) that two children are one must exceed 0 for the two to be joined."""

    usual: float
    twice: float
    """For two of each of whom some dataset has a record, under the names of two children."""
    dataset: NDArray[np.int32]
    """Dataset of each row, numbered from 0."""
    names_of_two: Callable[[Rows, Rows], NDArray[np.bool_]]
    """Whether the two rows of each pair bear names that two children of one home may have."""

    def of(self, labels: Labels, pairs: ChildPairs) -> Bits:
        """The margin of each pair of children. ``labels``: of all rows."""
        least = np.full(len(pairs), self.usual)
        at = np.flatnonzero((pairs.log_odds > self.usual) & (pairs.log_odds <= self.twice))
        rows = rows_of(labels, pairs.one[at], pairs.other[at])
        present = np.zeros((len(labels), int(self.dataset.max(initial=-1)) + 1), dtype=bool)
        present[labels[rows], self.dataset[rows]] = True
        at = at[(present[pairs.one[at]] & present[pairs.other[at]]).any(axis=1)]
        least[at[self.names_of_two(pairs.left[at], pairs.right[at])]] = self.twice
        return least


def join_rivals(labels: Labels, pairs: ChildPairs, least: float | Bits) -> Labels:
    """Join each pair of children that are each other's likeliest rival, if their log-odds exceed ``least`` both alone and with
    all rivals of either competing. Nothing competes with a pair that is certain. Returns the new labels.
    """
    odds = pairs.log_odds
    if not (odds > least).any():
        return labels
    sure = pairs.at((odds > CERTAIN) | ((odds > least) & (chances_of(pairs) > probability(np.asarray(least)))))
    child, rival = np.concatenate([sure.one, sure.other]), np.concatenate([sure.other, sure.one])
    order = np.lexsort((rival, -np.tile(sure.log_odds, 2), child))
    child, rival = child[order], rival[order]
    likeliest = np.append(True, child[1:] != child[:-1])[: len(child)]
    child, rival = child[likeliest], rival[likeliest]
    mutual = rival[np.searchsorted(child, rival)] == child  # every rival is in the list as a child too
    moves = mutual & (child > rival)
    rows = rows_of(labels, child[moves])
    after = labels.copy()
    after[rows] = rival[moves][np.searchsorted(child[moves], labels[rows])]
    return after


@dataclass(frozen=True)
class KnownChildPairs:
    """What was weighed between pairs of children, by their signs; independent of the order of rows."""

    one: Signs
    other: Signs
    log_odds: Bits
    left: NDArray[np.int64]
    """Number of a record: one of the likeliest pair between the two; ``right``: the other."""
    right: NDArray[np.int64]

    @classmethod
    def nothing(cls) -> "KnownChildPairs":
        """An empty one."""
        signs, numbers = np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64)
        return cls(signs, signs, np.zeros(0), numbers, numbers)


def signs_of(labels: Labels, numbers: NDArray[np.integer], *asked: Labels) -> Signs:
    """The sign of each child, at the index of its label. ``numbers``: each row's own number, never given to another record.

    ``asked``: labels of the children whose signs are wanted; if none are given, those of all.
    """
    rows = rows_of(labels, *asked) if asked else np.arange(len(labels))
    signs = np.zeros(len(labels), dtype=np.uint64)
    np.add.at(signs, labels.take(rows), scrambled(numbers.take(rows).astype(np.uint64) + np.uint64(1)))
    return signs


Weigh = Callable[[Labels, Labels, Labels], ChildPairs]
"""Labels of all rows, and pairs of children (one < other) -> how each pair weighs, in the same order."""


@dataclass
class Rivalry:
    """Rounds of weighing children against each other and joining those sure to be one."""

    numbers: NDArray[np.integer]
    """Each row's own number."""
    weigh: Weigh
    known: KnownChildPairs
    """What was weighed before between records that still exist; here ``left`` and ``right`` are rows."""
    kept: list[KnownChildPairs]
    """What each round weighed or already knew, with numbers of records."""

    def settle(self, labels: Labels, left: Rows, right: Rows, margins: Margins) -> tuple[Labels, ChildPairs]:
        """Join children round by round. ``left``, ``right``: pairs of rows near enough to make rivals of their children.

        After the first round only what joining changed is weighed. Returns the labels, and the rivals that remain.
        """
        pairs = self._weighed(labels, *_pairs_of_children(labels, left, right))
        for _ in range(ROUNDS_OF_JOINING):
            after = join_rivals(labels, pairs, margins.of(labels, pairs))
            if np.array_equal(after, labels):
                break
            is_changed = np.zeros(len(labels), dtype=bool)
            moved = after != labels
            is_changed[labels[moved]] = is_changed[after[moved]] = True
            fresh = is_changed[pairs.one] | is_changed[pairs.other]
            again = _pairs_of_children(after, pairs.left[fresh], pairs.right[fresh])
            pairs, labels = _together(pairs.at(~fresh), self._weighed(after, *again)), after
        return labels, pairs

    def _weighed(self, labels: Labels, one: Labels, other: Labels) -> ChildPairs:
        """Weigh those pairs of children that are not known yet."""
        signs = signs_of(labels, self.numbers, one, other)
        ours, theirs = signs.take(one), signs.take(other)
        del signs
        place = _places(self.known, ours, theirs)
        found = place >= 0
        at = place[found]
        likeliest = (rows[at].astype(np.int32) for rows in (self.known.left, self.known.right))
        known = ChildPairs(one[found], other[found], self.known.log_odds[at], *likeliest)
        # All pairs again, in the order in which they were asked for.
        whole = _together(known, self.weigh(labels, np.compress(~found, one), np.compress(~found, other)))
        left, right = (self.numbers.take(rows).astype(np.int64) for rows in (whole.left, whole.right))
        self.kept.append(KnownChildPairs(ours, theirs, whole.log_odds, left, right))
        return whole


def _pairs_of_children(labels: Labels, left: Rows, right: Rows) -> tuple[Labels, Labels]:
    """The pairs of different children in these pairs of rows, each once, in order."""
    apart = labels.take(left) != labels.take(right)
    both = _as_one(labels, np.compress(apart, left), np.compress(apart, right))
    return np.divmod(distinct(both), max(len(labels), 1))


def _as_one(labels: Labels, left: Rows, right: Rows) -> Labels:
    """Both children of each pair of rows in one number, the lower label first."""
    a, b = labels.take(left), labels.take(right)
    return np.asarray(np.minimum(a, b) * len(labels) + np.maximum(a, b))


def _places(known: KnownChildPairs, one: Signs, other: Signs) -> NDArray[np.int64]:
    """Position of each pair of children in ``known``; -1 if it is not there."""
    place = np.full(len(one), -1, dtype=np.int64)
    if len(known.one):
        both, wanted = (a * np.uint64(31) + b for a, b in ((known.one, known.other), (one, other)))
        order = np.argsort(both)
        at = order[np.minimum(np.searchsorted(both[order], wanted), len(order) - 1)]
        same = (known.one[at] == one) & (known.other[at] == other)
        place[same] = at[same]
    return place


def _together(some: ChildPairs, others: ChildPairs) -> ChildPairs:
    if not len(some) or not len(others):
        return some if len(some) else others
    both = ChildPairs(
        *(np.concatenate([getattr(some, name), getattr(others, name)]) for name in ChildPairs.__dataclass_fields__)
    )
    return both.at(order_of(both.one * (both.other.max() + 1) + both.other))
