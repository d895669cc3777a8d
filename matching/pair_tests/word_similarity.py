"""Tests of a pair's words, letter by letter. The only module that uses rapidfuzz.

String functions run only on distinct pairs of values that pass exact bounds (lengths and letter signatures): a bound never
drops a pair that the string function would accept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA, JaroWinkler  # noqa: TID251 - the only user of rapidfuzz
from rapidfuzz.process import cpdist  # noqa: TID251

from matching.in_numbers.arrays import Codes, Mask, Rows
from matching.in_numbers.encode import LONGEST, Encoded
from matching.pair_tests.similarity import Both, Either, NoneOf, OneColumn, Test


@dataclass(frozen=True)
class InitialOf(OneColumn):
    """One side is a single letter and the other a longer name that begins with it."""

    def holds(self, table: Encoded, left: Rows, right: Rows) -> Mask:
        """True where exactly one side has one letter, and the first letters agree."""
        codes = table.column(self.column)
        a, b = codes.take(left), codes.take(right)
        held = (a >= 0) & (b >= 0)
        a, b = a[held], b[held]
        lengths, letters = table.lengths, table.first_letters
        held[held] = ((lengths[a] == 1) != (lengths[b] == 1)) & (letters[a] == letters[b])
        return held


@dataclass(frozen=True)
class JaroWinklerAtLeast(OneColumn):
    """Jaro-Winkler similarity (Winkler 1990; prefix weight .1, at most 4 letters) of at least ``threshold``."""

    threshold: float

    def holds(self, table: Encoded, left: Rows, right: Rows) -> Mask:
        """True where both are present and at least so similar."""
        codes = table.column(self.column)

        def exact(a: NDArray[np.object_], b: NDArray[np.object_]) -> Mask:
            least = max(0.0, self.threshold - 1e-6)
            scores = cpdist(a, b, scorer=JaroWinkler.similarity, dtype=np.float32, score_cutoff=least)
            return np.asarray(scores >= least)

        return _on_distinct(table, codes.take(left), codes.take(right), self.possible, exact)

    def possible(self, table: Encoded, a: Codes, b: Codes) -> Mask:
        """False where letters that only one of the two words has put the threshold out of reach."""
        return _jaro_winkler_possible(table, a, b, self.threshold)


@dataclass(frozen=True)
class Unlike(OneColumn):
    """Two words of at least ``shortest`` letters with a Jaro-Winkler similarity below ``threshold``: too unlike for a slip."""

    threshold: float
    shortest: int

    def holds(self, table: Encoded, left: Rows, right: Rows) -> Mask:
        """True where both are present, long enough and less similar."""
        codes = table.column(self.column)
        a, b = codes.take(left), codes.take(right)
        held = np.asarray((a | b) >= 0)
        at = np.flatnonzero(held)
        long_enough = np.minimum(table.lengths.take(a[at]), table.lengths.take(b[at])) >= self.shortest
        alike = JaroWinklerAtLeast(self.column, self.threshold)
        held[at] = long_enough & ~alike.holds(table, left[at], right[at])
        return held


def least_matching(threshold: float, beginning: int) -> float:
    """Least m/|a| + m/|b| for words of |a| and |b| letters with m matching and ``beginning`` common first letters (0-4).

    With p common first letters Jaro must be at least (t - .1p) / (1 - .1p), and Jaro with m matching letters is at most
    (m/|a| + m/|b| + 1) / 3.
    """
    return 3 * (threshold - 0.1 * beginning) / (1 - 0.1 * beginning) - 1 - 1e-6


@cache
def _matches_needed(threshold: float) -> NDArray[np.int16]:
    """Fewest matching letters that can reach the threshold, by common beginning (0-4) and both lengths."""
    least = np.array([least_matching(threshold, beginning) for beginning in range(5)])[:, None, None]
    la, lb = np.arange(LONGEST + 1)[None, :, None], np.arange(LONGEST + 1)[None, None, :]
    needed = np.ceil(least * la * lb / np.maximum(la + lb, 1))
    needed = np.where((la == 0) | (lb == 0), np.where(least > 0, 1, 0), np.maximum(needed, 0))
    return needed.astype(np.int16).reshape(5, -1)


def _jaro_winkler_possible(table: Encoded, a: Codes, b: Codes, threshold: float) -> Mask:
    """False where letters that only one word has put a Jaro-Winkler similarity of ``threshold`` out of reach."""
    needed = _matches_needed(threshold)
    la, lb = table.lengths.take(a), table.lengths.take(b)
    sa, sb = table.signatures.take(a), table.signatures.take(b)
    matching = np.minimum(la - np.bitwise_count(sa & ~sb), lb - np.bitwise_count(sb & ~sa))
    lengths = la * np.int16(LONGEST + 1) + lb
    found = matching >= needed[4].take(lengths)
    # The pairs left are tested again with the beginning that the two words really share.
    at = np.flatnonzero(found)
    differ = table.beginnings.take(a[at]) ^ table.beginnings.take(b[at])
    shared = np.zeros(len(at), dtype=np.intp)
    for letters in (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF):
        shared += (differ & np.uint64(letters)) == 0
    found[at] = matching[at] >= needed[shared, lengths[at]]
    return np.asarray(found)


@dataclass(frozen=True)
class WithinEdits(OneColumn):
    """At most ``edits`` insertions, deletions, substitutions or swaps of neighbours (optimal string alignment)."""

    edits: int
    shortest: int = 1
    """Letters that both words must have, unless they are equal: one edit in a short name makes another name."""

    def holds(self, table: Encoded, left: Rows, right: Rows) -> Mask:
        """True where both are present and equal, or long enough and at most ``edits`` apart."""
        codes = table.column(self.column)

        def exact(a: NDArray[np.object_], b: NDArray[np.object_]) -> Mask:
            distances = cpdist(a, b, scorer=OSA.distance, dtype=np.int32, score_cutoff=self.edits)
            return np.asarray(distances <= self.edits)

        return _on_distinct(table, codes.take(left), codes.take(right), self.possible, exact)

    def possible(self, table: Encoded, a: Codes, b: Codes) -> Mask:
        """False where two words differ more in length or letters than ``edits`` edits can explain, or one is too short."""
        la, lb = table.lengths.take(a), table.lengths.take(b)
        close = np.abs(la - lb) <= self.edits
        close &= np.minimum(la, lb) >= self.shortest
        close &= np.bitwise_count(table.signatures.take(a) ^ table.signatures.take(b)) <= 2 * self.edits
        return np.asarray(close)


def _on_distinct(
    table: Encoded,
    a: Codes,
    b: Codes,
    possible: Callable[[Encoded, Codes, Codes], Mask],
    exact: Callable[[NDArray[np.object_], NDArray[np.object_]], Mask],
) -> Mask:
    """Answer for each pair of codes: equal codes hold; the rest pass the bound, then the string function on distinct pairs."""
    held = (a == b) & (a >= 0)
    open_ = np.flatnonzero((a != b) & (a >= 0) & (b >= 0))
    open_ = open_[possible(table, a[open_], b[open_])]
    if not len(open_):
        return np.asarray(held)
    low, high = np.minimum(a[open_], b[open_]), np.maximum(a[open_], b[open_])
    distinct, where = np.unique(low.astype(np.int64) << 32 | high, return_inverse=True)
    strings = table.strings
    held[open_] = exact(strings[distinct >> 32], strings[distinct & 0xFFFFFFFF])[where]
    return np.asarray(held)


@dataclass(frozen=True)
class CrosswiseAlike:
    """Given names and surname are swapped, possibly with a slip or further names.

    Each side's surname equals the other's given names, begins them (further names follow), or is similar to them (Jaro-Winkler
    of at least ``threshold``).
    """

    given: str
    surname: str
    threshold: float = 0.88

    @property
    def reads(self) -> tuple[str, ...]:
        """Both columns."""
        return (self.given, self.surname)

    def holds(self, table: Encoded, left: Rows, right: Rows) -> Mask:
        """True where both crosswise comparisons hold. First letters must agree crosswise: a cheap test of most pairs."""
        begin, end = table.initials(self.given), table.initials(self.surname)
        at = np.flatnonzero(begin.take(left) == end.take(right))
        at = at[begin.take(right[at]) == end.take(left[at])]
        given, surname = table.column(self.given), table.column(self.surname)
        has_both = (given | surname) >= 0
        at = at[has_both[left[at]] & has_both[right[at]]]
        for one, other in ((left, right), (right, left)):
            if len(at):
                at = at[self._alike(table.strings[given[one[at]]], table.strings[surname[other[at]]])]
        held = np.zeros(len(left), dtype=bool)
        held[at] = True
        return held

    def _alike(self, given: NDArray[np.object_], surname: NDArray[np.object_]) -> Mask:
        begins = np.array([len(b) > 1 and a.startswith(b) for a, b in zip(given, surname, strict=True)], dtype=bool)
        scores = cpdist(given, surname, scorer=JaroWinkler.similarity, dtype=np.float32)
        return np.asarray(begins | (scores >= self.threshold))


NearMiss = JaroWinklerAtLeast | WithinEdits
"""A test for nearly equal words, which has a bound."""


def near_misses(tests: Sequence[Test]) -> tuple[NearMiss, ...] | None:
    """The widest tests for nearly equal words among ``tests``, with alternatives split up; one per column and kind.

    Where the bounds of these rule a pair out, none of ``tests`` can hold, except for equal words. None if one of ``tests`` is
    of another kind.
    """
    alike: dict[str, JaroWinklerAtLeast] = {}
    edited: dict[str, WithinEdits] = {}
    parts = [part for test in tests for part in (test.tests if isinstance(test, Either) else (test,))]
    for part in parts:
        if isinstance(part, JaroWinklerAtLeast):
            known = alike.setdefault(part.column, part)
            alike[part.column] = min(known, part, key=lambda test: test.threshold)
        elif isinstance(part, WithinEdits):
            known_ = edited.setdefault(part.column, part)
            widest = max(known_.edits, part.edits), min(known_.shortest, part.shortest)
            edited[part.column] = WithinEdits(part.column, *widest)
        else:
            return None
    return (*alike.values(), *edited.values())


def widest_near_misses(tests: Sequence[Test | None]) -> dict[int, tuple[NearMiss, ...]]:
    """For each test of nearly equal words, by its index: the widest such tests of it and all later ones."""
    found: dict[int, tuple[NearMiss, ...]] = {}
    later: list[Test] = []
    for number, test in reversed(list(enumerate(tests))):
        widest = None if test is None else near_misses((*later, test))
        if test is not None and widest is not None:
            later.append(test)
            found[number] = widest
    return found


def near(table: Encoded, tests: Sequence[NearMiss], left: Rows, right: Rows) -> Mask:
    """True where any of the tests may hold, by bounds alone, or where words are equal."""
    found = np.zeros(len(left), dtype=bool)
    for test in tests:
        codes = table.column(test.column)
        a, b = codes.take(left), codes.take(right)
        found |= ((a | b) >= 0) & ((a == b) | test.possible(table, a, b))
    return found


def letter_by_letter(test: Test) -> bool:
    """Whether a test reads the letters of words, and not only whether they are equal."""
    if isinstance(test, Either | Both | NoneOf):
        return any(letter_by_letter(part) for part in test.tests)
    return isinstance(test, JaroWinklerAtLeast | WithinEdits | CrosswiseAlike | Unlike)
