"""Tests of a pair of birth dates, by integer arithmetic on packed digits (yyyymmdd): no letter is touched."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.encode import MISSING, Codes, Encoded, Rows
from matching.similarity import Mask, OneColumn


@dataclass(frozen=True)
class DateTest(OneColumn):
    """Base of the tests on a packed date (yyyymmdd): present on both sides, and unequal."""

    def holds(self, table: Encoded, left: Rows, right: Rows) -> Mask:
        """True where both dates are present, differ, and the test holds of their numbers."""
        dates = table.column(self.column)
        if self.column not in table.dates and (dates != MISSING).any():
            raise TypeError(f"column {self.column} holds texts; give it as dates to compare birth dates digit by digit")
        a, b = dates.take(left), dates.take(right)
        return np.asarray((a >= 0) & (b >= 0) & (a != b) & self.of(a, b))

    def of(self, a: Codes, b: Codes) -> Mask:
        """The test, on two columns of packed dates."""
        raise TypeError(f"use one of the tests built on DateTest, not {len(a)} against {len(b)} bare dates")


class DayAndMonthSwapped(DateTest):
    """03/11 written as 11/03: the commonest slip on forms."""

    def of(self, a: Codes, b: Codes) -> Mask:
        """Same year, crosswise day and month."""
        return np.asarray((a // 10000 == b // 10000) & (a // 100 % 100 == b % 100) & (a % 100 == b // 100 % 100))


class OneDigitApart(DateTest):
    """One digit mistyped."""

    def of(self, a: Codes, b: Codes) -> Mask:
        """Exactly one of the eight digits differs."""
        return np.asarray(_digits_apart(a, b) == 1)


class DigitsTransposed(DateTest):
    """Two neighbouring digits of the day, month or year in the other order."""

    def of(self, a: Codes, b: Codes) -> Mask:
        """Two digits differ, they are neighbours, and they stand crosswise."""
        found = np.zeros(len(a), dtype=bool)
        for place in (0, 2, 4, 5, 6):  # within the day, the month and the year
            scale = 10**place
            tens_a, tens_b = a // (scale * 10) % 10, b // (scale * 10) % 10
            ones_a, ones_b = a // scale % 10, b // scale % 10
            found |= (tens_a == ones_b) & (ones_a == tens_b) & (tens_a != ones_a)
        return np.asarray(found & (_digits_apart(a, b) == 2))


class FirstOfJanuary(DateTest):
    """Either side is the 1st of January, the usual stand-in for an unknown birthday."""

    def of(self, a: Codes, b: Codes) -> Mask:
        """Month and day are 01-01 on either side."""
        return np.asarray((a % 10000 == 101) | (b % 10000 == 101))


class SameDayAndMonth(DateTest):
    """Only the year differs."""

    def of(self, a: Codes, b: Codes) -> Mask:
        """Equal day and month."""
        return np.asarray(a % 10000 == b % 10000)


class SameYearAndMonth(DateTest):
    """Only the day differs."""

    def of(self, a: Codes, b: Codes) -> Mask:
        """Equal year and month."""
        return np.asarray(a // 100 == b // 100)


class SameYearAndDay(DateTest):
    """Only the month differs."""

    def of(self, a: Codes, b: Codes) -> Mask:
        """Equal year and day."""
        return np.asarray((a // 10000 == b // 10000) & (a % 100 == b % 100))


class SameYear(DateTest):
    """The years agree, day and month do not."""

    def of(self, a: Codes, b: Codes) -> Mask:
        """Equal year."""
        return np.asarray(a // 10000 == b // 10000)


def _digits_apart(a: Codes, b: Codes) -> NDArray[np.int8]:
    apart = np.zeros(len(a), dtype=np.int8)
    for place in range(8):
        apart += (a // 10**place % 10) != (b // 10**place % 10)
    return apart
