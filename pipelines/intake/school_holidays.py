"""Days on which schools are shut in summer and at Christmas.

Schools set their own terms. From the end of the first to the beginning of the last some are shut, and their rolls need not
change. On the days that are holidays everywhere all are shut: these are not school days anywhere.
"""

from collections.abc import Iterable
from datetime import MINYEAR, date, timedelta

Spans = tuple[tuple[tuple[int, int], tuple[int, int]], ...]
"""(month, day) of the first and the last day of each holiday."""

SOME_SHUT: Spans = (((7, 17), (9, 4)), ((12, 19), (1, 5)))
"""Schools are shut somewhere in England and Wales."""
ALL_SHUT: Spans = (((7, 25), (8, 31)), ((12, 24), (1, 1)))
"""All schools are shut."""


def days_of(closures: Iterable[tuple[date, date]]) -> list[date]:
    """Every day of the closures, each given by its first and last day."""
    return [first + timedelta(days=n) for first, last in closures for n in range((last - first).days + 1)]


def days_shut(after: date, until: date, shut: Spans) -> list[date]:
    """The days of ``shut`` after ``after``, up to and including ``until``."""
    spans = [
        (date(year, *first), date(year + (last < first), *last))
        for year in range(max(after.year - 1, MINYEAR), until.year + 1)
        for first, last in shut
    ]
    return [day for day in days_of(spans) if after < day <= until]
