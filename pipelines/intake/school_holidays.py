"""Days on which schools may be shut, and their rolls stand still: in summer and at Christmas.

Schools set their own terms, some bring their rolls forward in July and some in the first days of September: a roll need not
change from the end of the first term to the beginning of the last.
"""

from datetime import date, timedelta

SHUT = (((7, 17), (9, 4)), ((12, 19), (1, 5)))
"""(month, day) of the first and the last day, wherever in England and Wales."""


def days_shut(after: date, until: date) -> list[date]:
    """The days on which schools may be shut, after one day up to another."""
    spans = (
        (date(year, *first), date(year + (last < first), *last))
        for year in range(after.year - 1, until.year + 1)
        for first, last in SHUT
    )
    days = (first + timedelta(days=n) for first, last in spans for n in range((last - first).days + 1))
    return [day for day in days if after < day <= until]
