"""Which datasets know a child: this tells one child in two pieces from two children.

Two groups of records may be one child in two pieces. How likely that is depends on how many children are known to exactly the
datasets of one group, to exactly those of the other, and to all of them together. If nearly every child of ten is on the roll
and on the health list, then a child only on the roll and a child only on the health list, both rare, are probably one. Lists
are not independent of each other (a child missed by one is often missed by others), so whole sets of datasets are counted
instead of single lists. A list with one child of a home mostly has the others too: two twins of whom each list knows only one
are rarer still, as a family's brothers and sisters show.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matching.blocking import BlockingRule, plan
from matching.in_numbers.arrays import Bits, Mask
from matching.in_numbers.encode import Encoded
from matching.in_numbers.sorting import distinct, places_among

Children = NDArray[np.int64]

SHRINK = 20.0
"""How many children the share of a set over all strata counts for in its share within one stratum."""
UNSEEN = 0.25
"""Children assumed in addition for any set: the first child with it may not have come yet."""
MOST_BY_CHANCE = 2.0
"""The most children assumed for a set because chance alone, list by list, would make some."""
DEPENDENT = 5.0
"""How many times as often lists lack a piece together as they would if they were independent."""
UNKNOWN = 0
"""Number of the stratum for children whose stratum is not known."""
LEAST = 1e-3
MOST = 10.0
"""The most bits that presence may add: beyond it, what files leave out by accident outweighs the arithmetic."""
FEW = 10.0
"""Pseudo-pairs of siblings, as independent as any two children, added for each dataset."""
MOST_AT_HOME = 5.0
"""The most bits that may be added for what lists show of siblings."""


def _numbered(present: Mask) -> NDArray[np.uint64]:
    """A number for the set in each row of ``present`` (rows x datasets), from random bits so that no two sets share one."""
    draw = np.random.default_rng(20261126)
    numbers = draw.integers(1, 2**63, size=(present.shape[1],), dtype=np.uint64)
    total = np.zeros(len(present), dtype=np.uint64)
    for dataset, number in enumerate(numbers):
        total += present[:, dataset] * number
    return total


TABLED = 16
"""Up to this many datasets, a table can hold every set of them."""
FEW_SETS = 16
"""Up to this many sets, comparing with each is faster than a search."""


def sets_in(present: Mask) -> tuple[Mask, NDArray[np.int32]]:
    """The distinct sets in the rows of ``present`` (rows x datasets), in the order of their numbers; and which each row is."""
    many = present.shape[1]
    if many > TABLED:
        some, place = _distinct_places(_numbered(present))
        return present[some], place
    # One bit per dataset: few enough combinations for a table of all of them.
    ways = np.zeros(len(present), dtype=np.uint16)
    for dataset in range(many):
        ways |= present[:, dataset].astype(np.uint16) << np.uint16(dataset)
    is_there = np.zeros(1 << many, dtype=bool)
    is_there[ways] = True
    there = np.flatnonzero(is_there)
    sets = (there[:, None] >> np.arange(many) & 1).astype(bool)
    order = np.argsort(_numbered(sets))
    places = np.zeros(1 << many, dtype=np.int32)
    places[there[order]] = np.arange(len(there), dtype=np.int32)
    return sets[order], places.take(ways)


def _distinct_places(numbers: NDArray[np.uint64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """For many numbers of which few are distinct: a place of each distinct one, ascending; and which of them each number is."""
    there = distinct(numbers)
    if len(there) > FEW_SETS:
        place = np.searchsorted(there, numbers).astype(np.int32)
    else:
        place = np.zeros(len(numbers), dtype=np.int32)
        for further in there[1:]:
            place += numbers >= further
    some = np.zeros(len(there), dtype=np.int32)
    some.put(place, np.arange(len(place), dtype=np.int32))
    return some, place


@dataclass(frozen=True)
class Presence:
    """Children counted by stratum and by the set of datasets that know them; and what lists show of siblings."""

    sets: Mask
    """sets x datasets: every set counted, in the order of their numbers."""
    counts: Bits
    """strata x sets: children; fractions arise where two groups of records may be one child."""
    alone: Bits
    """datasets: bits by which a dataset knows only one of two siblings more rarely than only one of any two children."""

    def bits(self, ours: Mask, theirs: Mask, stratum: tuple[NDArray[np.int32], NDArray[np.int32]]) -> Bits:
        """log2 of how much likelier it is to be one child with the datasets of both than two children with those of each.

        ``ours``, ``theirs``: pairs x datasets; ``stratum``: of either side.
        """
        # There are many pairs but few distinct combinations of sets and strata: each combination is worked out once.
        strata = (stratum[0].astype(np.int64) << 32 | stratum[1]).view(np.uint64)
        both = _numbered(np.column_stack([ours, theirs])) ^ strata
        some, place = _distinct_places(both)
        return self._bits(ours[some], theirs[some], (stratum[0][some], stratum[1][some]))[place]

    def _bits(self, ours: Mask, theirs: Mask, stratum: tuple[NDArray[np.int32], NDArray[np.int32]]) -> Bits:
        """As :meth:`bits`, without looking for pairs that are the same."""
        one, other = stratum
        known = (
            np.where(one == UNKNOWN, other, one),
            np.where(other == UNKNOWN, one, other),
        )  # one child has one stratum
        as_one = np.minimum(*(self._share(ours | theirs, side, UNSEEN, 1.0) for side in known))
        # A piece must not count itself as evidence that children like it exist.
        apart = [
            self._share(present, side, UNSEEN - 1.0, DEPENDENT)
            for present, side in zip((ours, theirs), stratum, strict=True)
        ]
        return np.minimum(as_one - apart[0] - apart[1], MOST)

    def at_home(self, ours: Mask, theirs: Mask) -> Bits:
        """Bits by which two children of one home are less likely, if no dataset knows both; else 0."""
        if not self.alone.any():
            return np.zeros(len(ours))
        disjoint = ~(ours & theirs).any(axis=1)
        # Not a matrix product: its last bit depends on a row's position, and so on which other children are asked about.
        bits = np.where(ours | theirs, self.alone, 0.0).sum(axis=1)
        return np.where(disjoint, np.minimum(bits, MOST_AT_HOME), 0.0)

    @cached_property
    def _numbers(self) -> NDArray[np.uint64]:
        return _numbered(self.sets)

    @cached_property
    def _counted(self) -> Bits:
        """``counts`` with all strata together in place of the unknown one: records without a birth date are hard to link, and
        counted by themselves would show hardly any child on two lists.
        """
        return np.concatenate([self.counts.sum(axis=0, keepdims=True), self.counts[1:]])

    @cached_property
    def _totals(self) -> Bits:
        return np.asarray(self._counted.sum(axis=1))

    @cached_property
    def _known(self) -> Bits:
        """strata x datasets: share of the stratum's children that the dataset knows."""
        return np.asarray((self._counted @ self.sets + 1.0) / (self._totals[:, None] + 2.0))

    def _share(self, present: Mask, stratum: NDArray[np.int32], further: float, times: float) -> Bits:
        """log2 of the share of a stratum's children that have exactly these datasets.

        ``further``: children assumed in addition; ``times``: how many times as many by chance as if lists were independent.
        """
        if not len(self._numbers):
            return np.zeros(len(present))
        numbers = _numbered(present)
        place = places_among(self._numbers, numbers)
        known = place >= 0
        whole = self.counts.sum(axis=0) / max(float(self.counts.sum()), 1.0)
        total, chance = self._totals[stratum], self._known[stratum]
        by_chance = np.where(present, chance, 1 - chance).prod(axis=1) * total
        here = np.where(known, self._counted[stratum, place] + SHRINK * whole[place], 0.0)
        supposed = np.minimum(times * by_chance, MOST_BY_CHANCE) + further
        return np.asarray(np.log2(np.maximum(here + supposed, LEAST) / (total + SHRINK)))


def in_order(sets: Mask, counts: Bits, alone: Bits) -> Presence:
    """Presence from sets in any order. Sets that no child has are dropped, and counts are stored stratum by stratum, so that a
    presence that is saved and read again is the same to the last bit.
    """
    order = np.argsort(_numbered(sets))
    order = order[counts[:, order].any(axis=0)]
    return Presence(sets[order], np.ascontiguousarray(counts[:, order]), alone)


@dataclass(frozen=True)
class PossibleMerges:
    """Pairs of children that may be one, and how likely that is (0..1)."""

    one: Children
    other: Children
    probability: NDArray[np.float64]

    @classmethod
    def empty(cls) -> "PossibleMerges":
        """No pairs."""
        none = np.zeros(0, dtype=np.int64)
        return cls(none, none, np.zeros(0))


def counted(known: tuple[Mask, NDArray[np.int32]], strata: int, may_be_one: PossibleMerges, alone: Bits) -> Presence:
    """Count children. ``known``: children x datasets, and each child's stratum, numbered below ``strata``.

    ``may_be_one``: pairs count as one child with the datasets of both, as far as that is likely, and as two for the rest.
    """
    present, stratum = known
    one, other, chance = may_be_one.one, may_be_one.other, may_be_one.probability
    sets, which = sets_in(np.concatenate([present, present[one] | present[other]]))
    own, joint = np.split(which, [len(present)])
    cell = stratum.astype(np.int64) * len(sets) + own
    counts = np.bincount(cell, minlength=strata * len(sets)).astype(np.float64)
    for cells, share in (
        (cell[one], -chance),
        (cell[other], -chance),
        (stratum[one] * np.int64(len(sets)) + joint, chance),
    ):
        np.add.at(counts, cells, share)
    return in_order(sets, np.maximum(counts, 0.0).reshape(strata, len(sets)), alone)


def seen_alone(known: tuple[Mask, NDArray[np.int32]], strata: int, siblings: tuple[Children, Children]) -> Bits:
    """``alone`` of :class:`Presence`: 0 where siblings are as independent as any two children. ``known``: see :func:`counted`.

    ``siblings``: pairs known to be two children of one home.
    """
    present, stratum = known
    one, other = siblings
    if not len(one):
        return np.zeros(present.shape[1])
    people = np.maximum(np.bincount(stratum, minlength=strata), 1)[:, None]
    shares = np.stack([np.bincount(stratum[knows], minlength=strata) for knows in present.T], axis=1)
    ours, theirs = ((shares / people)[stratum[side]] for side in (one, other))
    expected = (ours * (1 - theirs) + theirs * (1 - ours)).sum(axis=0)
    seen = (present[one] ^ present[other]).sum(axis=0)
    return np.asarray(np.maximum(-np.log2((seen + FEW) / (expected + FEW)), 0.0))


def siblings_in(
    table: Encoded, child: Children, rules: Sequence[BlockingRule], differ: Sequence[str]
) -> tuple[Children, Children]:
    """Pairs of children of one home: some of their records share a block of ``rules`` and differ in all of ``differ``.

    ``child``: each row's child, numbered from 0.
    """
    many = int(child.max(initial=0)) + 1
    found = [np.zeros(0, dtype=np.int64)]
    for _, left, right in plan(rules, table).chunks():
        keep = child[left] != child[right]
        for column in differ:
            values = table.column(column)
            keep &= (values[left] >= 0) & (values[right] >= 0) & (values[left] != values[right])
        a, b = child[left[keep]], child[right[keep]]
        found.append(distinct(np.minimum(a, b) * many + np.maximum(a, b)))
    both = distinct(np.concatenate(found))
    return both // many, both % many
