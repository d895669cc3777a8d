"""How often a family gives one name to several of its children, name by name: all its sons MUHAMMAD, each with a second name.
Two records that agree in such a name say less about being one child: one that has lost the second name may be a brother's.

A roll shows the custom in children of one household, twins or not: the share of the brothers of children with a name who have
it too. Most names are never given twice in a family.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.commonness.frequencies import Frequencies
from matching.commonness.households import Households
from matching.in_numbers.encode import Encoded

A_CUSTOM = 0.02
"""Share of brothers with a child's name from which it counts. Below it, two children of one household with one name are rarer
than the other reasons why their records may look alike."""
ENOUGH = 20.0
"""Pseudo-brothers added for each name, who share it as often as brothers do on average."""
NO_CUSTOM = -40.0
"""Bits of a name that is not given again: so few that they have no effect."""


@dataclass(frozen=True)
class GivenAgain:
    """A value that some families give to several of their children."""

    column: str
    """Text column of the value, with all forms of one name as one."""
    alike_in: str
    """Text column (the sex) in which two children of a household must agree for the value to be given to both. Pairs that
    differ in it are not counted: it is compared by itself."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Both columns."""
        return self.column, self.alike_in


def given_again(given: GivenAgain, table: Encoded, households: Households) -> Frequencies:
    """log2 of the chance that a child's brother (for a girl's name, sister) has the child's value, by the value's code;
    NO_CUSTOM where families do not give it again.
    """
    values, sides, many = table.column(given.column), table.column(given.alike_in), len(table.vocabulary)
    brothers, alike = np.zeros((2, many))
    for left, right in households.pairs(table):
        one, other = values.take(left), values.take(right)
        here, there = sides.take(left), sides.take(right)
        counted = (one >= 0) & (other >= 0) & ((here == there) | (here < 0) | (there < 0))
        for value in (one[counted], other[counted]):
            brothers += np.bincount(value, minlength=many)
        alike += 2 * np.bincount(one[counted & (one == other)], minlength=many)
    return Frequencies(_bits(brothers, alike), None)


def _bits(brothers: NDArray[np.float64], alike: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each value: brothers of the children who have it, and how many of those have it too -> log2 of their share."""
    usual = alike.sum() / max(brothers.sum(), 1.0)
    share = (alike + ENOUGH * usual) / (brothers + ENOUGH)
    # Rounded to a thousandth of a bit, like everything that is kept: the last digits differ between libraries.
    return np.where((alike > 0) & (share >= A_CUSTOM), np.round(np.log2(np.maximum(share, A_CUSTOM)), 3), NO_CUSTOM)
