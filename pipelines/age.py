"""Ages: compulsory school age, exactly as the law defines it; school years; from which age on somebody is a grown-up.

Education Act 1996, section 8, with the prescribed days of SI 1998/1607 and the school leaving date of SI 1997/1970. The
same dates hold in England and Wales. A child is of compulsory school age
- from the prescribed day (31 March, 31 August, 31 December) on or next after the fifth birthday,
- to the end of the school leaving date, the last Friday in June, of the school year in which the child turns 16. Section
  8(3)(a): a 16th birthday after that Friday, but before the next school year begins, looks back to it. The school year is
  taken to begin on 1 September.

The participation age of 18 in England changes none of this. Every function takes a column of birth dates and gives an
expression; a null birth date gives null.
"""

from datetime import date, timedelta

import polars as pl

PRESCRIBED_DAYS = ((3, 31), (8, 31), (12, 31))
"""(month, day) on which a child who has turned five becomes of compulsory school age."""

FRIDAY = 5
"""As :meth:`polars.Expr.dt.weekday` counts: Monday is 1."""

GROWN_UP = 20
"""From so many years on somebody is a grown-up: the extracts are of children, and of pupils up to 19."""


def starts_on(date_of_birth: pl.Expr) -> pl.Expr:
    """First day on which a child is of compulsory school age.

    A fifth birthday on a prescribed day counts that same day. A child born on 29 February turns five on 28 February or 1
    March, however one reads the law: either gives 31 March.
    """
    year = date_of_birth.dt.year() + 5
    month = date_of_birth.dt.month()
    return (
        pl.when(month <= 3)
        .then(pl.date(year, 3, 31))
        .when(month <= 8)
        .then(pl.date(year, 8, 31))
        .otherwise(pl.date(year, 12, 31))
    )


def ends_on(date_of_birth: pl.Expr) -> pl.Expr:
    """School leaving date of a child: the last day, inclusive, on which the child is of compulsory school age."""
    after_summer = (date_of_birth.dt.month() >= 9).cast(pl.Int32)
    return _last_friday_in_june(date_of_birth.dt.year() + 16 + after_summer)


def without_education_since(ended_on: pl.Expr, date_of_birth: pl.Expr) -> pl.Expr:
    """Date since which a child has been without the education that ended on ``ended_on``, not before becoming of compulsory
    school age: a child who left a nursery is without since then. Null where neither date is known."""
    return pl.max_horizontal(ended_on, starts_on(date_of_birth))


def birth_date_by_age(date_of_birth: pl.Expr, born_in: pl.Expr) -> pl.Expr:
    """A day of birth that gives the right dates, school year and compulsory school age: the birth date, or the first day of the
    month of birth. Compulsory school age and school years begin and end with months of birth, so any day of the month will do.
    Null where not even the month is known.

    ``born_in``: a month (2014-03) or a year (2014), where the birth date is null; else null.
    """
    return pl.coalesce(date_of_birth, (born_in + "-01").str.to_date("%Y-%m-%d", strict=False))


def share_of_year_of_age(born_in: pl.Expr, as_at: date) -> pl.Expr:
    """Share of the days of a year (2014) on which a child born is of compulsory school age; null where ``born_in`` is no year
    alone."""
    year = born_in.str.extract(r"^(\d{4})$").cast(pl.Int32)
    first, last = birth_dates_of_age(as_at)
    begins, ends = pl.date(year, 1, 1), pl.date(year, 12, 31)
    days = (pl.min_horizontal(ends, pl.lit(last)) - pl.max_horizontal(begins, pl.lit(first))).dt.total_days() + 1
    return days.clip(lower_bound=0) / ((ends - begins).dt.total_days() + 1)


def _last_friday_in_june(year: pl.Expr) -> pl.Expr:
    """School leaving date of a calendar year (SI 1997/1970)."""
    last_of_june = pl.date(year, 6, 30)
    days_back = (last_of_june.dt.weekday() + 7 - FRIDAY) % 7
    return last_of_june - pl.duration(days=days_back)


def is_of_compulsory_school_age(dob: pl.Expr, as_at: date) -> pl.Expr:
    """True from :func:`starts_on` to :func:`ends_on`, both inclusive. Null where the birth date is null."""
    return dob.is_between(*birth_dates_of_age(as_at))


def birth_dates_of_age(as_at: date) -> tuple[date, date]:
    """First and last birth date of the children who are of compulsory school age on a date.

    A younger child never starts or ends before an older one, so every birth date between the two is of age.
    """
    leaving_date: date = pl.select(_last_friday_in_june(pl.lit(as_at.year))).item()
    leaving_year = as_at.year + (as_at > leaving_date)
    days = (date(year, month, day) for year in (as_at.year - 1, as_at.year) for month, day in PRESCRIBED_DAYS)
    last_start = max(day for day in days if day <= as_at)
    return date(leaving_year - 17, 9, 1), last_start.replace(year=last_start.year - 5)


def age_in_years(dob: pl.Expr, as_at: date) -> pl.Expr:
    """Whole years lived on a date (Int64); negative before birth, null where the birth date is null.

    A child born on 29 February turns a year older on 1 March in a common year.
    """
    had_birthday = (dob.dt.month() < as_at.month) | ((dob.dt.month() == as_at.month) & (dob.dt.day() <= as_at.day))
    return as_at.year - dob.dt.year().cast(pl.Int64) - (~had_birthday).cast(pl.Int64)


def next_term_starts(as_at: date) -> date:
    """The next 1 January, 1 April or 1 September after ``as_at``: the day after a prescribed day. Schools open some days
    later.

    The education of children who next become of age falls due on it: those whose :func:`starts_on` is after ``as_at`` and
    before it.
    """
    days = (date(year, month, day) for year in (as_at.year, as_at.year + 1) for month, day in PRESCRIBED_DAYS)
    return min(day for day in (day + timedelta(days=1) for day in days) if day > as_at)


def school_year(dob: pl.Expr, as_at: date) -> pl.Expr:
    """Year group by age (Int64): 0 is Reception, 7 the first year of secondary school.

    School years run from 1 September. Negative before Reception, null where the birth date is null.
    """
    begins_in = as_at.year if as_at.month >= 9 else as_at.year - 1
    return begins_in - _reception_begins_in(dob)


def year_seven_from(dob: pl.Expr) -> pl.Expr:
    """The first day of the child's Year 7, and so of secondary school: the 1 September after it turns eleven. Null where the
    birth date is null."""
    return year_begins(7, dob)


def year_begins(number: int, dob: pl.Expr) -> pl.Expr:
    """The first day of the child's school year ``number``; null where the birth date is null."""
    return pl.date(_reception_begins_in(dob) + number, 9, 1)


def _reception_begins_in(dob: pl.Expr) -> pl.Expr:
    """Year (Int64) of the September after the child turns four."""
    return dob.dt.year().cast(pl.Int64) + 4 + (dob.dt.month() >= 9).cast(pl.Int64)
