"""Days on which schools are shut in summer and at Christmas.

Schools set their own terms. Some are shut from the end of the first term to the beginning of the last: their rolls need not
change in that time. All are shut on the days that lie in everybody's holidays: these are no school days anywhere.
"""

from datetime import MINYEAR, date, timedelta

Spans = tuple[tuple[tuple[int, int], tuple[int, int]], ...]
"""(month, day) of first and last days."""

SOME_SHUT: Spans = (((7, 17), (9, 4)), ((12, 19), (1, 5)))
"""Somewhere in England and Wales schools are shut."""
ALL_SHUT: Spans = (((7, 25), (8, 31)), ((12, 24), (1, 1)))
"""No school is open."""


def days_shut(after: date, until: date, shut: Spans) -> list[date]:
    """The days of ``shut`` after one day up to another."""
    spans = (
        (date(year, *first), date(year + (last < first), *last))
        for year in range(max(after.year - 1, MINYEAR), until.year + 1)
        for first, last in shut
    )
    days = (first + timedelta(days=n) for first, last in spans for n in range((last - first).days + 1))
    return [day for day in days if after < day <= until]
