"""How often a family gives one name to several of its children, name by name: all its sons MUHAMMAD, each with another name
behind it. Of such a name two records say less of one child: where one of them has lost the second name, it may be a brother's.

A roll shows it, from children of one household, twins or not: of those who bear a name, so many brothers bear it, too. Most
names no family gives twice.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.encode import Encoded
from matching.frequencies import Frequencies
from matching.households import Households

A_CUSTOM = 0.02
"""Share of brothers who bear a child's name, from which on it counts: below, two children of one household with one name are
rarer than whatever else may have brought their records together."""
ENOUGH = 20.0
"""Brothers that stand behind each name, who bear it as often as any child's bear that child's."""
NO_CUSTOM = -40.0
"""Bits of a name that is none: so few that nothing comes of it."""


@dataclass(frozen=True)
class GivenAgain:
    """A value that some families give to several of their children."""

    column: str
    """Text column of the value, forms of one name as one."""
    alike_in: str
    """Text column in which two children of a household do not differ where the value may be given to both (the sex): as it
    is compared by itself, those who differ in it are not counted."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Both columns."""
        return self.column, self.alike_in


def given_again(given: GivenAgain, table: Encoded, households: Households) -> Frequencies:
    """log2 of the chance that a brother of a child (a sister, of a girl's name) bears the child's value, by the value's code;
    NO_CUSTOM where it is no custom.
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
    """Of each value: brothers of its bearers, and how many of those bear it -> log2 of their share."""
    usual = alike.sum() / max(brothers.sum(), 1.0)
    share = (alike + ENOUGH * usual) / (brothers + ENOUGH)
    # To a thousandth of a bit, as all that is held: libraries differ in the last digits.
    return np.where((alike > 0) & (share >= A_CUSTOM), np.round(np.log2(np.maximum(share, A_CUSTOM)), 3), NO_CUSTOM)


__all__ = ["NO_CUSTOM", "GivenAgain", "given_again"]
