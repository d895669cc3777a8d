"""A source whose birth dates a clock or a spreadsheet has moved: all a day early, those of children born in summer time, or
those whose day could be a month turned."""

from datetime import date, timedelta

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from matching.person import PERSON_RECORD
from pipelines.children.exchanged_births import records_by_age, records_linked_and_by_age
from pipelines.intake.across_sources.at_odds import at_odds_in_words
from pipelines.intake.across_sources.misread_dates import (
    ENOUGH_CHILDREN,
    IN_SUMMER_TIME,
    OUTSIDE_SUMMER_TIME,
    TURNED,
    MisreadDates,
    misread_dates,
    with_dates_put_right,
)
from pipelines.tables import STATEMENT

SUMMER, WINTER = date(2014, 5, 3), date(2014, 11, 3)
DAY = timedelta(days=1)
Rows = list[tuple[str, str, date]]
BIRTHDAYS = [date(2014, month, day) for day in (2, 4, 7, 9, 19, 24) for month in range(1, 13) if month != day]


def listed(source: str, born: date, many: int = 40, *, first: int = 0, earlier: int = 0) -> Rows:
    """So many children of a source: (source, name, birth date), born one each day from ``born``; ``earlier`` of them and no
    more are put down for the day before."""
    days = range(first, first + many)
    return [(source, f"CHILD {day}", born + DAY * day - DAY * (day - first < earlier)) for day in days]


def born_on(source: str, days: list[date]) -> Rows:
    return [(source, f"CHILD {number}", born) for number, born in enumerate(days)]


def american(days: list[date]) -> list[date]:
    """As a spreadsheet reads them that takes 3 April for 4 March."""
    return [born.replace(month=born.day, day=born.month) if born.day <= 12 else born for born in days]


def people(*rows: tuple[str, str, date]) -> pl.DataFrame:
    made = [
        {
            "record_id": f"{source}:{number:04}",
            "dataset": source,
            "forename": name.replace(" ", ""),
            "surname": "SHAW",
            "postcode": "ZA1 1AA",
            "date_of_birth": born,
        }
        for number, (source, name, born) in enumerate(rows)
    ]
    empty = PERSON_RECORD.to_frame()
    return pl.concat([empty, pl.DataFrame(made, schema_overrides={"date_of_birth": pl.Date})], how="diagonal")


PUPILS = born_on("school_census", BIRTHDAYS)
ROLL, ROLL_WINTER = listed("school_census", SUMMER), listed("school_census", WINTER, first=100)


@pytest.mark.parametrize(
    ("rows", "early"),
    [
        pytest.param([*ROLL, *listed("health", SUMMER)], set(), id="the same dates: none"),
        pytest.param(
            [*ROLL, *listed("health", SUMMER, earlier=40)],
            {("health", IN_SUMMER_TIME)},
            id="a day early, the roll has them right",
        ),
        pytest.param(
            [*ROLL_WINTER, *listed("health", WINTER, first=100, earlier=40)],
            {("health", OUTSIDE_SUMMER_TIME)},
            id="of children born in winter",
        ),
        pytest.param(
            [*ROLL, *ROLL_WINTER, *listed("health", SUMMER, earlier=40), *listed("health", WINTER, first=100)],
            {("health", IN_SUMMER_TIME)},
            id="in summer time alone, as universal time makes them",
        ),
        pytest.param(
            [*ROLL, *listed("health", SUMMER, earlier=33)],
            {("health", IN_SUMMER_TIME)},
            id="nearly all: others are mistakes",
        ),
        pytest.param(
            [*ROLL, *listed("health", SUMMER, earlier=30)],
            set(),
            id="three in four: some other fault, which a day more would not put right",
        ),
        pytest.param(
            [*ROLL, *listed("health", SUMMER, ENOUGH_CHILDREN - 1, earlier=40)], set(), id="too few children to tell"
        ),
        pytest.param(
            [*ROLL, *[(source, name, born + DAY * 2) for source, name, born in listed("health", SUMMER)]],
            set(),
            id="two days late: no clock does that",
        ),
        pytest.param(
            [*listed("school_census", SUMMER, earlier=40), *listed("health", SUMMER), *listed("housing", SUMMER)],
            {("school_census", IN_SUMMER_TIME)},
            id="the roll is early, by two others",
        ),
        pytest.param(
            [*[(s, n, born + DAY) for s, n, born in ROLL], *listed("health", SUMMER), *listed("housing", SUMMER)],
            set(),
            id="the roll is late: by one source of two the others look early, and are not",
        ),
        pytest.param(
            [
                *ROLL,
                *listed("housing", SUMMER),
                *listed("health", SUMMER, earlier=40),
                *listed("social_care", SUMMER, earlier=40),
            ],
            {("health", IN_SUMMER_TIME), ("social_care", IN_SUMMER_TIME)},
            id="two of four are early, as one supplier's systems may be",
        ),
        pytest.param(
            [*PUPILS, *born_on("housing", BIRTHDAYS), *born_on("health", american(BIRTHDAYS))],
            {("health", TURNED)},
            id="day and month turned where the day could be a month",
        ),
        pytest.param(
            [*PUPILS, *born_on("housing", BIRTHDAYS), *born_on("health", [*american(BIRTHDAYS[:22]), *BIRTHDAYS[22:]])],
            set(),
            id="half of them turned: slips of one office, each weighed by itself",
        ),
        pytest.param(
            [*PUPILS, *born_on("health", american(BIRTHDAYS))],
            set(),
            id="of two sources nobody can say which has turned them",
        ),
    ],
)
def test_a_source_is_early_if_most_others_have_nearly_all_its_children_a_day_later(
    rows: Rows, early: set[tuple[str, str]]
) -> None:
    person = people(*rows).sample(fraction=1, shuffle=True, seed=3)
    found = misread_dates(person)
    assert {(each.source, each.fault) for each in found} == early
    right = with_dates_put_right(person, found)
    assert misread_dates(right) == []


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (date(2014, 5, 2), date(2014, 5, 3)),
        (date(2014, 12, 31), date(2014, 12, 31)),
        (date(2014, 3, 29), date(2014, 3, 29)),  # midnight of 30 March, when the clocks go forward at one, is still GMT
        (date(2014, 3, 30), date(2014, 3, 31)),
        (
            date(2014, 10, 25),
            date(2014, 10, 26),
        ),  # midnight of 26 October, when they go back at two, is still summer time
        (date(2014, 10, 26), date(2014, 10, 26)),
        (None, None),
    ],
)
def test_of_summer_time_only_dates_whose_next_day_begins_in_it_are_put_right(
    said: date | None, read: date | None
) -> None:
    person = people(("health", "CHILD 1", SUMMER), ("school_census", "CHILD 1", SUMMER))
    person = person.with_columns(date_of_birth=pl.lit(said, dtype=pl.Date))
    early = [MisreadDates("health", IN_SUMMER_TIME, "school_census", children=40, misread=40)]
    assert with_dates_put_right(person, early)["date_of_birth"].to_list() == [read, said]


def test_days_that_could_be_months_are_turned_back_and_others_left() -> None:
    person = people(*PUPILS, *born_on("housing", BIRTHDAYS), *born_on("health", american(BIRTHDAYS)))
    right = with_dates_put_right(person, misread_dates(person))
    assert right.filter(pl.col("dataset") == "health")["date_of_birth"].to_list() == BIRTHDAYS


def test_records_are_linked_and_ages_judged_by_the_day_after() -> None:
    person = people(*ROLL, *listed("health", SUMMER, earlier=40))
    right = people(*ROLL, *listed("health", SUMMER))["date_of_birth"]
    linked, by_age = records_linked_and_by_age(person, person)
    for each in (linked, by_age, records_by_age(person)):
        assert each["date_of_birth"].equals(right)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param(
            [*ROLL, *listed("health", SUMMER, earlier=40)],
            "of 40 children born in summer time whom School census has, too, by names and postcode, 40 were born",
            id="in summer time",
        ),
        pytest.param(
            [
                *ROLL,
                *ROLL_WINTER,
                *listed("health", SUMMER, earlier=40),
                *listed("health", WINTER, first=100, earlier=39),
            ],
            "of 80 children whom School census has, too, by names and postcode, 79 were born",
            id="always",
        ),
        pytest.param(
            [*PUPILS, *born_on("housing", BIRTHDAYS), *born_on("health", american(BIRTHDAYS))],
            "of 44 children whom Council housing and benefits has, too, by names and postcode, and whose day of birth could "
            "be a month, 44 have day and month turned in BirthDate.",
            id="turned",
        ),
    ],
)
def test_a_warning_says_so_once_and_in_place_of_that_of_a_column_that_shifted(rows: Rows, words: str) -> None:
    (warning,) = at_odds_in_words(people(*rows), STATEMENT.to_frame(), read_contracts())
    assert words in warning
    assert warning.startswith("Health registrations: ")
    assert warning.endswith("Have the file sent again, with the dates as they were entered.")
