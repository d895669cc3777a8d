"""An upper bound on the bits that a comparison may give a pair, by whole-array operations on rows of broadcastable shapes.

The bound may be too high but never too low: a test that might hold counts as if it did, and the strongest level counts.
"""

from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from matching.comparisons import Comparison
from matching.in_numbers.arrays import Mask, Rows
from matching.in_numbers.encode import Encoded
from matching.pair_tests.similarity import Both, Either, Equal, EqualAcross, Missing, SharesAny, Swapped, Test, Unequal
from matching.pair_tests.word_similarity import (
    CrosswiseAlike,
    InitialOf,
    JaroWinklerAtLeast,
    WithinEdits,
    least_matching,
    near_misses,
)

GAIN = 1.0
"""Bits by which a test must be able to lower a bound to be worth asking."""
SLACK = 1e-4
"""Greater than any rounding error of single precision."""
LONGEST_LIST = 6
"""Lists with more values than this are not compared value by value."""


@dataclass(frozen=True)
class Ceiling:
    """Upper bound of one comparison: the bits of the strongest of ``tests`` that may hold, else ``otherwise``."""

    otherwise: np.float32
    tests: tuple[tuple[np.float32, tuple[Test, ...]], ...]
    """Bits, and the tests any of which gives them; weakest first."""

    @classmethod
    def of(cls, comparison: Comparison, most: NDArray[np.float64], table: Encoded) -> "Ceiling":
        """``most``: the most bits that each level can give."""
        levels = [(float(bits), level.test) for bits, level in zip(most, comparison.levels, strict=True)]
        otherwise = max(bits for bits, test in levels if test is None or not is_cheap(test, table))
        cheap = [(bits, test) for bits, test in levels if test is not None and is_cheap(test, table)]
        otherwise = max([otherwise, *(bits for bits, _ in cheap if bits <= otherwise + GAIN)])
        words: list[tuple[float, Test]] = []
        others: list[tuple[float, tuple[Test, ...]]] = []
        for bits, test in cheap:
            if bits > otherwise and near_misses([test]) is not None:
                words.append((bits, test))
            elif bits > otherwise:
                others.append((bits, (test,)))
        if words:  # nearly equal words: one test, the widest of them
            others.append((max(bits for bits, _ in words), near_misses([test for _, test in words]) or ()))
        others.sort(key=lambda each: each[0])
        return cls(np.float32(otherwise), tuple((np.float32(bits), tests) for bits, tests in others))

    def bits(self, table: Encoded, left: Rows, right: Rows) -> NDArray[np.float32]:
        """The bound of each pair of ``left`` and ``right`` (broadcastable); a single number where all pairs have the same."""
        found: NDArray[np.float32] = np.array(self.otherwise)
        for most, tests in self.tests:
            held = reduce(np.logical_or, (may_hold(test, table, left, right) for test in tests))
            if held.all():
                found = np.array(most)
            elif held.any():
                found = np.full(held.shape, found) if found.ndim == 0 else found
                np.copyto(found, most, where=held)
        return found


def is_cheap(test: Test, table: Encoded) -> bool:
    """Whether :func:`may_hold` can be asked about the test."""
    if isinstance(test, Either):
        return all(is_cheap(part, table) for part in test.tests)
    if isinstance(test, Both):
        return any(is_cheap(part, table) for part in test.tests)
    if isinstance(test, SharesAny):
        return all(table.values(column).shape[1] <= LONGEST_LIST for column in test.reads)
    return isinstance(
        test,
        Missing
        | Equal
        | Unequal
        | EqualAcross
        | Swapped
        | InitialOf
        | CrosswiseAlike
        | JaroWinklerAtLeast
        | WithinEdits,
    )


def may_hold(test: Test, table: Encoded, left: Rows, right: Rows) -> Mask:
    """False where a test cannot hold. Where a value is null this may be true although the test is false."""
    if isinstance(test, Missing | Equal | Unequal | EqualAcross):
        return test.holds(table, left, right)
    if isinstance(test, Either):
        return reduce(np.logical_or, (may_hold(part, table, left, right) for part in test.tests))
    if isinstance(test, Both):
        cheap = (part for part in test.tests if is_cheap(part, table))
        return reduce(np.logical_and, (may_hold(part, table, left, right) for part in cheap))
    if isinstance(test, JaroWinklerAtLeast | WithinEdits):
        codes = table.column(test.column)
        a, b = codes.take(left), codes.take(right)
        return (
            _may_be_alike(test, table, a, b)
            if isinstance(test, JaroWinklerAtLeast)
            else _may_be_near(test, table, a, b)
        )
    if isinstance(test, SharesAny):
        return _may_share(test, table, left, right)
    return _may_be_crosswise(test, table, left, right)


def _may_be_alike(test: JaroWinklerAtLeast, table: Encoded, a: Rows, b: Rows) -> Mask:
    """By the letters that both words have, as in :meth:`JaroWinklerAtLeast.possible`, and by the first letter alone."""
    letters = table.letters
    common = np.bitwise_count(letters.sets.take(a) & letters.sets.take(b))
    common += np.minimum(letters.repeated.take(a), letters.repeated.take(b))
    # Of m common letters Jaro counts m / |a| + m / |b|; words that begin alike need less of it to reach the threshold.
    shares = common * (letters.each.take(a) + letters.each.take(b))
    found = shares >= np.float32(least_matching(test.threshold, 4) - SLACK)
    strangers = letters.first.take(a) != letters.first.take(b)
    strangers &= shares < np.float32(least_matching(test.threshold, 0) - SLACK)
    return np.asarray(found & ~strangers)


def _may_be_near(test: WithinEdits, table: Encoded, a: Rows, b: Rows) -> Mask:
    """By lengths and letters, as in :meth:`WithinEdits.possible`."""
    letters = table.letters
    la, lb = letters.lengths.take(a), letters.lengths.take(b)
    close = np.abs(la - lb) <= test.edits
    close &= ((la >= test.shortest) & (lb >= test.shortest)) | (a == b)
    close &= np.bitwise_count(letters.sets.take(a) ^ letters.sets.take(b)) <= 2 * test.edits
    return np.asarray(close)


def _may_share(test: SharesAny, table: Encoded, left: Rows, right: Rows) -> Mask:
    ours, theirs = table.values(test.column), table.values(test.other or test.column)
    ways = [(ours, theirs)] if test.other is None else [(ours, theirs), (theirs, ours)]
    found = np.zeros(np.broadcast_shapes(left.shape, right.shape), dtype=bool)
    for a, b in ways:
        for i in range(a.shape[1]):
            one = a[:, i].take(left)
            for j in range(b.shape[1]):
                found |= (one == b[:, j].take(right)) & (one >= 0)
    return found


def _may_be_crosswise(test: Test, table: Encoded, left: Rows, right: Rows) -> Mask:
    """Of tests that compare a column with itself or another crosswise: by the whole word, or by its first letter."""
    if isinstance(test, InitialOf):
        first = table.initials(test.column)
        return np.asarray(first.take(left) == first.take(right))
    if isinstance(test, Swapped):
        a, b = table.column(test.first), table.column(test.second)
    elif isinstance(test, CrosswiseAlike):
        a, b = (table.initials(column) for column in test.reads)
    else:
        raise TypeError(f"no bound for {type(test).__name__}: ask only of tests that are cheap")
    return np.asarray((a.take(left) == b.take(right)) & (b.take(left) == a.take(right)))
