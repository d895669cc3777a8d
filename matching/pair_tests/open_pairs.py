"""Assigns levels of one comparison to pairs, keeping the pairs without a level together as others are settled."""

from dataclasses import dataclass, field
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from matching.in_numbers.arrays import Rows
from matching.in_numbers.encode import Encoded
from matching.pair_tests.date_similarity import Digits, date_tests
from matching.pair_tests.similarity import Test
from matching.pair_tests.word_similarity import NearMiss, near

Levels = NDArray[np.uint8]

TOGETHER = 2 / 3
"""Open pairs are compacted once fewer than this share of pairs is open: compacting costs as much as a cheap test."""


@dataclass
class OpenPairs:
    """Pairs that are being given their levels. The pairs at hand are those not yet dropped by compacting."""

    table: Encoded
    left: Rows
    right: Rows
    found: Levels
    open: NDArray[np.bool_]
    """Which of the pairs at hand have no level yet."""
    at: NDArray[np.intp] | None = None
    """Positions of the pairs at hand in ``found``; None: all pairs are at hand."""
    near: NDArray[np.bool_] | None = None
    """Once known, which of the pairs at hand some level for nearly equal words can still take."""
    digits: dict[str, tuple[Digits, Digits]] = field(default_factory=dict)
    """For each date column used so far, the digits of either side."""

    @property
    def is_open(self) -> bool:
        """Whether some pair has no level yet."""
        return bool(self.open.any())

    def take(self, test: Test, number: int, widest: tuple[NearMiss, ...] | None) -> None:
        """Give the level to the open pairs for which the test holds. ``widest``: see :meth:`Comparison._near_misses`."""
        self._compact()
        if widest is None:
            self.settle(self._holds(test), number)
            return
        if self.near is None:
            self.near = near(self.table, widest, self.left, self.right)
        places = np.flatnonzero(self.open & self.near)
        held = np.zeros(len(self.open), dtype=bool)
        held[places] = test.holds(self.table, self.left.take(places), self.right.take(places))
        self.settle(held, number)

    def _holds(self, test: Test) -> NDArray[np.bool_]:
        """For which of the pairs at hand the test holds. A column's dates are looked up once for all its tests."""
        dates = date_tests(test)
        if not dates or dates[0].column not in self.table.dates:
            return test.holds(self.table, self.left, self.right)
        column = dates[0].column
        if column not in self.digits:
            digits = self.table.digits(column)
            self.digits[column] = digits.take(self.left), digits.take(self.right)
        return reduce(np.logical_or, (each.between(*self.digits[column]) for each in dates))

    def settle(self, held: NDArray[np.bool_], number: int) -> None:
        """Give the level to those pairs of ``held`` that are open."""
        places = np.flatnonzero(held & self.open)
        self.found[places if self.at is None else self.at[places]] = number
        self.open[places] = False

    def _compact(self) -> None:
        if np.count_nonzero(self.open) >= TOGETHER * len(self.open):
            return
        keep = np.flatnonzero(self.open)
        self.at = keep if self.at is None else self.at[keep]
        self.left, self.right = self.left.take(keep), self.right.take(keep)
        self.open = np.ones(len(keep), dtype=bool)
        self.near = None if self.near is None else self.near.take(keep)
        self.digits = {column: (a.take(keep), b.take(keep)) for column, (a, b) in self.digits.items()}
