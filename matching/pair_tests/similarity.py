"""Tests of a pair, evaluated on columns of pairs: whether values are present, equal, or shared.

A test is a small frozen object that holds for a pair or does not. Tests that compare letters are in
:mod:`matching.pair_tests.word_similarity`, tests of dates in :mod:`matching.pair_tests.date_similarity`.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from matching.in_numbers.arrays import Mask, Rows
from matching.in_numbers.encode import Encoded


class Test(Protocol):
    """One test of a pair. ``reads`` names the columns; ``holds`` answers for each pair."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns the test reads."""
        ...

    def holds(self, table: Encoded, left: Rows, right: Rows) -> Mask:
        """True where the test holds for the pair. A null never makes a test hold, except :class:`Missing`."""
        ...


@dataclass(frozen=True)
class OneColumn:
    """Base of the tests of a single column."""

    column: str

    @property
    def reads(self) -> tuple[str, ...]:
        """The one column."""
        return (self.column,)


@dataclass(frozen=True)
class Missing(OneColumn):
    """At least one side has no value in the column."""

    def holds(self, table: Encoded, left: Rows, right: Rows) -> Mask:
        """True where either side is null (or an empty list)."""
        if self.column in table.lists:
            first = table.lists[self.column][:, 0]
            return np.asarray((first.take(left) | first.take(right)) < 0)
        codes = table.column(self.column)
        return np.asarray((codes.take(left) | codes.take(right)) < 0)


@dataclass(frozen=True)
class Equal(OneColumn):
    """Both sides have the same value."""

    def holds(self, table: Encoded, left: Rows, right: Rows) -> Mask:
        """True where the codes are equal and present."""
        codes = table.column(self.column)
        ours = codes.take(left)
        return np.asarray((ours == codes.take(right)) & (ours >= 0))


@dataclass(frozen=True)
class Unequal(OneColumn):
    """Both sides have a value, and the values differ."""

    def holds(self, table: Encoded, left: Rows, right: Rows) -> Mask:
        """True where both are present and differ."""
        codes = table.column(self.column)
        ours, theirs = codes.take(left), codes.take(right)
        return np.asarray((ours != theirs) & (ours >= 0) & (theirs >= 0))


@dataclass(frozen=True)
class TwoColumns:
    """Base of the tests that read two columns."""

    first: str
    second: str

    @property
    def reads(self) -> tuple[str, ...]:
        """Both columns."""
        return (self.first, self.second)


@dataclass(frozen=True)
class EqualAcross(TwoColumns):
    """One side's first column equals the other side's second column, either way round."""

    def holds(self, table: Encoded, left: Rows, right: Rows) -> Mask:
        """True where left.first = right.second or left.second = right.first."""
        a, b = table.column(self.first), table.column(self.second)
        return np.asarray(((a[left] == b[right]) & (a[left] >= 0)) | ((b[left] == a[right]) & (b[left] >= 0)))


@dataclass(frozen=True)
class Swapped(TwoColumns):
    """The values of two columns are swapped between the sides."""

    def holds(self, table: Encoded, left: Rows, right: Rows) -> Mask:
        """True where left.first = right.second and left.second = right.first, and the two differ."""
        a, b = table.column(self.first), table.column(self.second)
        ours = a.take(left)
        held = np.asarray((ours == b.take(right)) & (ours >= 0))
        # Few pairs are left: only these are compared the other way round.
        at = np.flatnonzero(held)
        theirs = b.take(left[at])
        held[at] = (theirs == a.take(right[at])) & (theirs >= 0) & (ours[at] != theirs)
        return held


@dataclass(frozen=True)
class SharesAny:
    """Two list columns (or a list and a text column) have a value in common."""

    column: str
    other: str | None = None
    """Column of the other side, tried both ways round; None: the same column."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns."""
        return (self.column,) if self.other is None else (self.column, self.other)

    def holds(self, table: Encoded, left: Rows, right: Rows) -> Mask:
        """True where any value of one side is among the other's."""
        found = _intersect(table, self.column, self.other or self.column, left, right)
        if self.other is not None:
            found |= _intersect(table, self.other, self.column, left, right)
        return found


@dataclass(frozen=True)
class SharesCrosswise:
    """Each side's value of a text column is among the other side's values of a list column."""

    column: str
    """The list."""
    other: str
    """The text."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Both columns."""
        return (self.column, self.other)

    def holds(self, table: Encoded, left: Rows, right: Rows) -> Mask:
        """True where it is so both ways round."""
        held = _intersect(table, self.column, self.other, left, right)
        at = np.flatnonzero(held)
        held[at] = _intersect(table, self.other, self.column, left[at], right[at])
        return held


def _intersect(table: Encoded, column: str, other: str, left: Rows, right: Rows) -> Mask:
    """True where a value of the left row's ``column`` is among the right row's ``other``."""
    found = np.zeros(len(left), dtype=bool)
    at = np.flatnonzero(table.marks(column).take(left) & table.marks(other).take(right))
    ours, theirs = table.values(column), table.values(other)
    for i in range(ours.shape[1]):
        mine = ours[:, i].take(left[at])
        has_more = np.flatnonzero((mine >= 0) & ~found[at])
        at, here, mine = at[has_more], at[has_more], mine[has_more]
        for j in range(theirs.shape[1]):
            if not len(here):
                break
            value = theirs[:, j].take(right[here])
            found[here[mine == value]] = True
            open_ = np.flatnonzero((value >= 0) & (mine != value))
            here, mine = here[open_], mine[open_]
    return found


SPARED = 0.2
"""Share of pairs that must be settled before it is worth copying the others for the next test."""


@dataclass(frozen=True)
class OfTests:
    """Base of the tests that combine several tests."""

    tests: tuple[Test, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        """All columns of the tests."""
        return tuple(dict.fromkeys(column for test in self.tests for column in test.reads))


@dataclass(frozen=True)
class Either(OfTests):
    """At least one of several tests holds."""

    def holds(self, table: Encoded, left: Rows, right: Rows) -> Mask:
        """True where any test holds; later tests are given only pairs still open, if that saves enough (SPARED)."""
        held = self.tests[0].holds(table, left, right)
        for test in self.tests[1:]:
            if np.count_nonzero(held) < SPARED * len(held):
                held |= test.holds(table, left, right)
            else:
                open_ = np.flatnonzero(~held)
                held[open_] = test.holds(table, left[open_], right[open_])
        return held


@dataclass(frozen=True)
class Both(OfTests):
    """All of several tests hold."""

    def holds(self, table: Encoded, left: Rows, right: Rows) -> Mask:
        """True where all tests hold; later tests are given only pairs for which the earlier ones hold."""
        held = self.tests[0].holds(table, left, right)
        for test in self.tests[1:]:
            still = np.flatnonzero(held)
            held[still] = test.holds(table, left[still], right[still])
        return held


@dataclass(frozen=True)
class NoneOf(OfTests):
    """None of several tests holds."""

    def holds(self, table: Encoded, left: Rows, right: Rows) -> Mask:
        """True where no test holds. With :class:`Missing` among the tests, pairs with an empty side are excluded."""
        return ~Either(self.tests).holds(table, left, right)


def silent_or_same(table: Encoded, column: str, left: Rows, right: Rows) -> tuple[Mask, Mask]:
    """Where :class:`Missing` holds for a column that is not a list, and where :class:`Equal` does, for the cost of one test."""
    codes = table.column(column)
    a, b = codes.take(left), codes.take(right)
    silent = (a | b) < 0
    return silent, (a == b) & ~silent


def either(*tests: Test) -> Either:
    """At least one of the tests holds."""
    return Either(tests)


def both(*tests: Test) -> Both:
    """All of the tests hold."""
    return Both(tests)


def none_of(*tests: Test) -> NoneOf:
    """None of the tests holds."""
    return NoneOf(tests)
