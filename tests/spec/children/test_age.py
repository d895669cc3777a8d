"""Compulsory school age, as Education Act 1996 section 8 has it: drawn cases, and an oracle in plain Python."""

import calendar
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.age import (
    age_in_years,
    ends_on,
    is_of_compulsory_school_age,
    next_term_starts,
    school_year,
    starts_on,
)


def of(expression: pl.Expr, born: date | None) -> object:
    """What an expression on ``born`` gives for one birth date."""
    return pl.DataFrame({"born": [born]}, schema={"born": pl.Date}).select(expression.alias("it"))["it"].item()


BORN = pl.col("born")
ANY_DATE = st.dates(date(1995, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("born", "starts"),
    [
        pytest.param(date(2021, 8, 31), date(2026, 8, 31), id="fifth birthday on 31 August counts that day"),
        pytest.param(date(2021, 9, 1), date(2026, 12, 31), id="the day after waits for 31 December"),
        pytest.param(date(2021, 12, 31), date(2026, 12, 31), id="fifth birthday on 31 December counts that day"),
        pytest.param(date(2022, 1, 1), date(2027, 3, 31), id="new year's day waits for 31 March"),
        pytest.param(date(2022, 3, 31), date(2027, 3, 31), id="fifth birthday on 31 March counts that day"),
        pytest.param(date(2022, 4, 1), date(2027, 8, 31), id="1 April waits for 31 August"),
        pytest.param(date(2020, 2, 29), date(2025, 3, 31), id="leap day, 28 February or 1 March, is 31 March"),
        pytest.param(date(2020, 2, 28), date(2025, 3, 31), id="the day before a leap day"),
        pytest.param(None, None, id="no birth date, no answer"),
    ],
)
def test_compulsory_school_age_starts_on_the_prescribed_day_on_or_after_the_fifth_birthday(
    born: date | None, starts: date | None
) -> None:
    assert of(starts_on(BORN), born) == starts


@pytest.mark.parametrize(
    ("born", "ends"),
    [
        pytest.param(date(2010, 8, 31), date(2026, 6, 26), id="16 on the last day of the school year has left already"),
        pytest.param(date(2010, 9, 1), date(2027, 6, 25), id="16 on the first day of the next stays till June"),
        pytest.param(date(2010, 6, 26), date(2026, 6, 26), id="16 on the leaving date itself"),
        pytest.param(date(2010, 6, 25), date(2026, 6, 26), id="16 the day before the leaving date"),
        pytest.param(date(2010, 6, 27), date(2026, 6, 26), id="16 the day after it, before September, looks back"),
        pytest.param(date(2010, 7, 20), date(2026, 6, 26), id="16 in July looks back"),
        pytest.param(date(2010, 12, 31), date(2027, 6, 25), id="16 at the year's end stays till next June"),
        pytest.param(date(2012, 1, 1), date(2028, 6, 30), id="the last Friday is 30 June 2028"),
        pytest.param(date(2012, 2, 29), date(2028, 6, 30), id="leap day"),
        pytest.param(date(2007, 1, 1), date(2023, 6, 30), id="30 June 2023 is a Friday"),
        pytest.param(date(2008, 1, 1), date(2024, 6, 28), id="30 June 2024 is a Sunday"),
        pytest.param(date(2009, 1, 1), date(2025, 6, 27), id="30 June 2025 is a Monday"),
        pytest.param(date(2017, 1, 1), date(2033, 6, 24), id="the earliest it can be"),
        pytest.param(None, None, id="no birth date, no answer"),
    ],
)
def test_compulsory_school_age_ends_on_the_last_friday_in_june(born: date | None, ends: date | None) -> None:
    assert of(ends_on(BORN), born) == ends


@pytest.mark.parametrize(
    ("born", "as_at", "is_of_age"),
    [
        pytest.param(date(2021, 8, 31), date(2026, 8, 30), False, id="the day before the fifth birthday"),
        pytest.param(date(2021, 8, 31), date(2026, 8, 31), True, id="the fifth birthday, a prescribed day"),
        pytest.param(date(2021, 9, 1), date(2026, 12, 30), False, id="five, but the prescribed day is tomorrow"),
        pytest.param(date(2021, 9, 1), date(2026, 12, 31), True, id="the prescribed day"),
        pytest.param(date(2010, 7, 20), date(2026, 6, 26), True, id="on the leaving date, and still 15"),
        pytest.param(date(2010, 7, 20), date(2026, 6, 27), False, id="the day after the leaving date, and still 15"),
        pytest.param(date(2010, 9, 1), date(2026, 11, 22), True, id="oldest in November 2026"),
        pytest.param(date(2010, 8, 31), date(2026, 11, 22), False, id="one day too old in November 2026"),
        pytest.param(date(2021, 8, 31), date(2026, 11, 22), True, id="youngest in November 2026"),
        pytest.param(date(2021, 9, 1), date(2026, 11, 22), False, id="one day too young in November 2026"),
        pytest.param(date(2030, 1, 1), date(2026, 11, 22), False, id="not yet born"),
        pytest.param(None, date(2026, 11, 22), None, id="no birth date, no answer"),
    ],
)
def test_of_compulsory_school_age(born: date | None, as_at: date, is_of_age: bool | None) -> None:
    assert of(is_of_compulsory_school_age(BORN, as_at), born) is is_of_age


@pytest.mark.parametrize(
    ("born", "as_at", "years"),
    [
        pytest.param(date(2015, 11, 20), date(2026, 11, 20), 11, id="on the birthday"),
        pytest.param(date(2015, 11, 21), date(2026, 11, 20), 10, id="on the eve"),
        pytest.param(date(2016, 2, 29), date(2026, 2, 28), 9, id="leap day, 28 February of a common year"),
        pytest.param(date(2016, 2, 29), date(2026, 3, 1), 10, id="leap day, 1 March of a common year"),
        pytest.param(date(2016, 2, 29), date(2028, 2, 29), 12, id="leap day, in a leap year"),
        pytest.param(date(2026, 12, 1), date(2026, 11, 20), -1, id="a birth still to come"),
        pytest.param(None, date(2026, 11, 20), None, id="no birth date"),
    ],
)
def test_age_in_whole_years(born: date | None, as_at: date, years: int | None) -> None:
    assert of(age_in_years(BORN, as_at), born) == years


@pytest.mark.parametrize(
    ("as_at", "starts"),
    [
        pytest.param(date(2026, 11, 22), date(2027, 1, 1), id="autumn looks to January"),
        pytest.param(date(2026, 12, 31), date(2027, 1, 1), id="on a prescribed day, the next day"),
        pytest.param(date(2027, 1, 1), date(2027, 4, 1), id="spring looks to April"),
        pytest.param(date(2027, 4, 1), date(2027, 9, 1), id="summer looks to September"),
        pytest.param(date(2027, 8, 31), date(2027, 9, 1), id="the last day of August"),
        pytest.param(date(2027, 9, 1), date(2028, 1, 1), id="the first of September"),
    ],
)
def test_the_next_term_starts_after_the_next_prescribed_day(as_at: date, starts: date) -> None:
    assert next_term_starts(as_at) == starts


@pytest.mark.parametrize(
    ("born", "as_at", "year"),
    [
        pytest.param(date(2022, 8, 31), date(2026, 11, 20), 0, id="four on the last day of August: Reception"),
        pytest.param(date(2022, 9, 1), date(2026, 11, 20), -1, id="a day younger: nursery"),
        pytest.param(date(2014, 9, 1), date(2026, 11, 20), 7, id="oldest of Year 7"),
        pytest.param(date(2014, 9, 1), date(2026, 8, 31), 6, id="still Year 6 in August"),
        pytest.param(date(2014, 9, 1), date(2026, 9, 1), 7, id="and Year 7 from the first of September"),
        pytest.param(None, date(2026, 8, 31), None, id="no birth date"),
    ],
)
def test_year_group_by_age(born: date | None, as_at: date, year: int | None) -> None:
    assert of(school_year(BORN, as_at), born) == year


def birthday(born: date, years: int) -> date:
    """The birthday in plain Python; 29 February falls on 1 March in a common year."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def first_day_by_the_act(born: date) -> date:
    """Walk from the fifth birthday to the first prescribed day, one day at a time."""
    day = birthday(born, 5)
    while (day.month, day.day) not in {(3, 31), (8, 31), (12, 31)}:
        day += timedelta(days=1)
    return day


def leaving_date_by_the_act(born: date) -> date:
    """Walk back from the end of June of the school year in which the child turns 16."""
    turns_16 = birthday(born, 16)
    year = turns_16.year + (turns_16 >= date(turns_16.year, 9, 1))
    day = date(year, 6, 30)
    while day.weekday() != calendar.FRIDAY:
        day -= timedelta(days=1)
    return day


@settings(deadline=None)
@given(born=ANY_DATE, as_at=ANY_DATE)
def test_every_birth_date_agrees_with_the_act_read_aloud(born: date, as_at: date) -> None:
    first, last = first_day_by_the_act(born), leaving_date_by_the_act(born)
    assert of(starts_on(BORN), born) == first
    assert of(ends_on(BORN), born) == last
    assert of(is_of_compulsory_school_age(BORN, as_at), born) is (first <= as_at <= last)


@settings(deadline=None)
@given(born=ANY_DATE, days=st.integers(0, 8000))
def test_age_grows_by_one_on_each_birthday(born: date, days: int) -> None:
    as_at = born + timedelta(days=days)
    years = next(n for n in range(30) if birthday(born, n + 1) > as_at)
    assert of(age_in_years(BORN, as_at), born) == years


@settings(deadline=None)
@given(born=ANY_DATE, as_at=ANY_DATE)
def test_a_child_comes_of_age_with_one_term_only(born: date, as_at: date) -> None:
    term = next_term_starts(as_at)
    comes_of_age = first_day_by_the_act(born)
    is_new_with_the_term = not of(is_of_compulsory_school_age(BORN, as_at), born) and as_at < comes_of_age < term
    prescribed = {date(y, m, d) for y in (as_at.year, as_at.year + 1) for m, d in ((3, 31), (8, 31), (12, 31))}
    between = {day for day in prescribed if as_at < day < term}
    assert is_new_with_the_term == (comes_of_age in between)
