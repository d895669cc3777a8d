"""Pairs of one comparison on the way to their levels: those still open are put closer together as others are settled."""

from dataclasses import dataclass, field
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from matching.date_similarity import Digits, date_tests
from matching.encode import Encoded, Rows
from matching.similarity import Test
from matching.word_similarity import NearMiss, near

Levels = NDArray[np.uint8]

TOGETHER = 2 / 3
"""Pairs are put closer together once fewer than this share of them is open: it costs as much as a cheap test."""


@dataclass
class OpenPairs:
    """Pairs on the way to their levels."""

    table: Encoded
    left: Rows
    right: Rows
    found: Levels
    open: NDArray[np.bool_]
    """Which of the pairs at hand have no level yet."""
    at: NDArray[np.intp] | None = None
    """Places of the pairs at hand in ``found``; null: all pairs are at hand."""
    near: NDArray[np.bool_] | None = None
    """Once known: which of the pairs at hand any level of nearly equal words can still take."""
    digits: dict[str, tuple[Digits, Digits]] = field(default_factory=dict)
    """Of a date column that was asked for: the digits of either side."""

    @property
    def is_open(self) -> bool:
        """Some pair has no level yet."""
        return bool(self.open.any())

    def take(self, test: Test, number: int, widest: tuple[NearMiss, ...] | None) -> None:
        """Give the level to the open pairs for which the test holds."""
        self._put_together()
        if widest is None:
            self.settle(self._held(test), number)
            return
        if self.near is None:
            self.near = near(self.table, widest, self.left, self.right)
        places = np.flatnonzero(self.open & self.near)
        held = np.zeros(len(self.open), dtype=bool)
        held[places] = test.holds(self.table, self.left.take(places), self.right.take(places))
        self.settle(held, number)

    def _held(self, test: Test) -> NDArray[np.bool_]:
        """For which of the pairs at hand the test holds. Dates are looked up once for all tests of a column."""
        dates = date_tests(test)
        if not dates or dates[0].column not in self.table.dates:
            return test.holds(self.table, self.left, self.right)
        column = dates[0].column
        if column not in self.digits:
            digits = self.table.digits(column)
            self.digits[column] = digits.take(self.left), digits.take(self.right)
        return reduce(np.logical_or, (each.between(*self.digits[column]) for each in dates))

    def settle(self, held: NDArray[np.bool_], number: int) -> None:
        """Give the level to the open ones among ``held``."""
        places = np.flatnonzero(held & self.open)
        self.found[places if self.at is None else self.at[places]] = number
        self.open[places] = False

    def _put_together(self) -> None:
        if np.count_nonzero(self.open) >= TOGETHER * len(self.open):
            return
        keep = np.flatnonzero(self.open)
        self.at = keep if self.at is None else self.at[keep]
        self.left, self.right = self.left.take(keep), self.right.take(keep)
        self.open = np.ones(len(keep), dtype=bool)
        self.near = None if self.near is None else self.near.take(keep)
        self.digits = {column: (a.take(keep), b.take(keep)) for column, (a, b) in self.digits.items()}
