"""School years and compulsory school age, written independently of the code that this truth is used to judge."""

from datetime import date, timedelta

import numpy as np

from apps.made_up.draws import Days, Flags, Numbers, day


def school_year(as_at: date) -> int:
    """Year in which the school year containing a date began (1 September)."""
    return as_at.year if as_at.month >= 9 else as_at.year - 1


def last_friday_of_june(year: int) -> date:
    """The school leaving date of a year."""
    last = date(year, 6, 30)
    return last - timedelta(days=(last.weekday() - 4) % 7)


def year_group(born_on: Days, as_at: date) -> Numbers:
    """National curriculum year on a date: -2 and -1 nursery, 0 Reception, 1 to 13; lower: too young."""
    months = born_on.astype("datetime64[M]").astype(np.int64) + 1970 * 12
    born_in_school_year = (months - 8) // 12
    return school_year(as_at) - born_in_school_year - 5


def is_of_age(born_on: Days, as_at: date) -> Flags:
    """Of compulsory school age (Education Act 1996 s8): from the prescribed day on or after the fifth birthday to the
    last Friday in June of the school year in which the child turns 16.
    """
    months = born_on.astype("datetime64[M]")
    year = born_on.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    march, august, december = (f"{m:02d}-{d}" for m, d in ((3, 31), (8, 31), (12, 31)))
    starts = np.where(month <= 3, march, np.where(month <= 8, august, december))
    first = np.array([f"{y + 5}-{s}" for y, s in zip(year, starts, strict=True)], dtype="datetime64[D]")
    turns_16_in = np.where(month >= 9, year + 17, year + 16)
    leaving = {int(y): day(last_friday_of_june(int(y))) for y in np.unique(turns_16_in)}
    last = np.array([leaving[int(y)] for y in turns_16_in], dtype="datetime64[D]")
    of_age: Flags = (first <= day(as_at)) & (day(as_at) <= last)
    return of_age
