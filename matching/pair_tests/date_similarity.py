"""Tests of a pair of birth dates by arithmetic on packed digits (four bits each, 0xYYYYMMDD), without any text."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.in_numbers.arrays import Mask, Rows
from matching.in_numbers.encode import MISSING, Encoded
from matching.pair_tests.similarity import Either, OneColumn, Test

Digits = NDArray[np.uint32]

YEAR, MONTH, DAY = np.uint32(0xFFFF0000), np.uint32(0xFF00), np.uint32(0xFF)
LAST_BITS = np.uint32(0x11111111)
"""The last bit of each digit."""


@dataclass(frozen=True)
class DateTest(OneColumn):
    """Base of the tests on a packed date. They hold only of two dates that are present and unequal."""

    def holds(self, table: Encoded, left: Rows, right: Rows) -> Mask:
        """True where both dates are present, differ, and pass the test. Raises TypeError if the column holds text."""
        dates = table.column(self.column)
        if self.column not in table.dates:
            if (dates != MISSING).any():
                raise TypeError(
                    f"column {self.column} holds texts; give it as dates to compare birth dates digit by digit"
                )
            return np.zeros(np.broadcast_shapes(left.shape, right.shape), dtype=bool)
        digits = table.digits(self.column)
        return self.between(digits.take(left), digits.take(right))

    def between(self, a: Digits, b: Digits) -> Mask:
        """As ``holds``, from the digits of both sides; 0 is a missing date."""
        return np.asarray((a != 0) & (b != 0) & (a != b) & self.of(a, b))

    def of(self, a: Digits, b: Digits) -> Mask:
        """The test, on two columns of packed digits."""
        raise TypeError(f"use one of the tests built on DateTest, not {len(a)} against {len(b)} bare dates")


class DayAndMonthSwapped(DateTest):
    """03/11 written as 11/03: the commonest slip on forms."""

    def of(self, a: Digits, b: Digits) -> Mask:
        """Same year; the day of one is the month of the other, and the reverse."""
        swapped = (b & DAY) << np.uint32(8) | (b & MONTH) >> np.uint32(8)
        return np.asarray(a == (b & YEAR | swapped))


class OneDigitApart(DateTest):
    """One digit mistyped."""

    def of(self, a: Digits, b: Digits) -> Mask:
        """Exactly one of the eight digits differs."""
        return np.asarray(np.bitwise_count(_differing(a ^ b)) == 1)


class ADayApart(DateTest):
    """The day before or after: many systems keep UTC, where midnight of British Summer Time is still the day before."""

    def of(self, a: Digits, b: Digits) -> Mask:
        """Consecutive days, also across the end of a month or year."""
        apart = np.abs(_days_of_month(a) - _days_of_month(b)) == 1
        held = apart & (((a ^ b) & (YEAR | MONTH)) == 0)
        turns = ((a & DAY) == 1) != ((b & DAY) == 1)
        if turns.any():
            either = [each[turns] for each in np.broadcast_arrays(a, b)]
            one, other = (_as_days(each) for each in either)
            held[turns] |= np.abs(one - other) == np.timedelta64(1, "D")
        return np.asarray(held)


class DigitsTransposed(DateTest):
    """Two neighbouring digits of the day, month or year are in the other order."""

    def of(self, a: Digits, b: Digits) -> Mask:
        """Exactly two digits differ; they are neighbours, and each equals the other date's neighbour."""
        tens_a, tens_b = a >> np.uint32(4), b >> np.uint32(4)
        crosswise = ~_differing((tens_a ^ b) | (a ^ tens_b)) & _differing(tens_a ^ a)
        crosswise &= np.uint32(0x01110101)  # the right one of two neighbours within day, month or year
        return np.asarray((crosswise != 0) & (np.bitwise_count(_differing(a ^ b)) == 2))


@dataclass(frozen=True)
class FirstOfJanuary(DateTest):
    """At least one side is 1 January, the usual stand-in for an unknown birthday."""

    years: int | None = None
    """The most years between the dates: whoever does not know the birthday mostly knows the year. None: any number."""

    def of(self, a: Digits, b: Digits) -> Mask:
        """Month and day are 01-01 on at least one side."""
        first = np.uint32(0x0101)
        held = np.asarray(((a & (MONTH | DAY)) == first) | ((b & (MONTH | DAY)) == first))
        if self.years is not None:
            at, (a, b) = np.nonzero(held), np.broadcast_arrays(a, b)
            held[at] = np.abs(_year(a[at]) - _year(b[at])) <= self.years
        return held


class SameDayAndMonth(DateTest):
    """Only the year differs."""

    def of(self, a: Digits, b: Digits) -> Mask:
        """Equal day and month."""
        return np.asarray(((a ^ b) & (MONTH | DAY)) == 0)


class SameYearAndMonth(DateTest):
    """Only the day differs."""

    def of(self, a: Digits, b: Digits) -> Mask:
        """Equal year and month."""
        return np.asarray(((a ^ b) & (YEAR | MONTH)) == 0)


class SameYearAndDay(DateTest):
    """Only the month differs."""

    def of(self, a: Digits, b: Digits) -> Mask:
        """Equal year and day."""
        return np.asarray(((a ^ b) & (YEAR | DAY)) == 0)


class SameYear(DateTest):
    """Only the year need agree: levels for the same month or day come first."""

    def of(self, a: Digits, b: Digits) -> Mask:
        """Equal year."""
        return np.asarray(((a ^ b) & YEAR) == 0)


def _two_digits(digits: Digits, at: int) -> NDArray[np.int64]:
    """The number in two neighbouring digits, ``at`` bits from the right."""
    return np.asarray(
        (digits >> np.uint32(at + 4) & np.uint32(15)) * 10 + (digits >> np.uint32(at) & np.uint32(15)), np.int64
    )


def _days_of_month(digits: Digits) -> NDArray[np.int64]:
    return _two_digits(digits, 0)


def _as_days(digits: Digits) -> NDArray[np.datetime64]:
    """Packed dates as days of the calendar."""
    months = ((_year(digits) - 1970) * 12 + _two_digits(digits, 8) - 1).astype("datetime64[M]")
    return np.asarray(months.astype("datetime64[D]") + (_days_of_month(digits) - 1).astype("timedelta64[D]"))


def date_tests(test: Test) -> tuple[DateTest, ...]:
    """The date tests of one column any of which makes ``test`` hold; empty if the test asks for anything else."""
    parts = test.tests if isinstance(test, Either) else (test,)
    dates = tuple(part for part in parts if isinstance(part, DateTest))
    return dates if len(dates) == len(parts) and len({part.column for part in dates}) == 1 else ()


def _year(digits: Digits) -> NDArray[np.int64]:
    return _two_digits(digits, 24) * 100 + _two_digits(digits, 16)


def _differing(bits: Digits) -> Digits:
    """The last bit of each digit in which any bit is set."""
    bits = bits | bits >> np.uint32(2)
    return np.asarray((bits | bits >> np.uint32(1)) & LAST_BITS)
