"""Which rows are known to be two children of one household: from these it is learnt how alike brothers and sisters are."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from matching.blocking import BlockingRule, columns_blocked, plan
from matching.in_numbers.arrays import Rows
from matching.in_numbers.encode import Encoded
from matching.pair_tests.similarity import Test


@dataclass(frozen=True)
class Households:
    """How to find pairs known to be two children of one household: rows of one dataset with different identifiers.

    ``dataset`` and ``identifier`` name columns; ``rules`` block rows of one household (surname and address). Pairs that
    agree in all of ``same`` (forename and birth date) are left out as one child with two identifiers, unless ``two`` holds,
    which shows that they are two (twins called by their second names).
    """

    dataset: str
    identifier: str
    rules: tuple[BlockingRule, ...]
    same: tuple[str, ...]
    two: Test | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """Every column it reads."""
        told_apart = self.two.reads if self.two else ()
        return self.dataset, self.identifier, *self.same, *told_apart, *columns_blocked(self.rules)

    def pairs(self, table: Encoded) -> Iterator[tuple[Rows, Rows]]:
        """Pairs of rows of two children of one household, in pieces, each pair once."""
        dataset, identifier = table.column(self.dataset), table.column(self.identifier)
        for _, left, right in plan(self.rules, table).chunks():
            keep = (dataset[left] == dataset[right]) & (identifier[left] != identifier[right])
            keep &= (identifier[left] >= 0) & (identifier[right] >= 0)
            one = np.ones(len(left), dtype=bool)
            for column in self.same:
                values = table.column(column)
                one &= values[left] == values[right]
            if self.two is not None:
                one &= ~self.two.holds(table, left, right)
            two = keep & ~one
            yield left[two], right[two]

    def possible(self, table: Encoded) -> float:
        """The number of pairs of rows within one dataset, among rows with an identifier."""
        dataset, identifier = table.column(self.dataset), table.column(self.identifier)
        _, sizes = np.unique(dataset[identifier >= 0], return_counts=True)
        return float((sizes.astype(np.float64) * (sizes - 1) / 2).sum())
