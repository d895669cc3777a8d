"""Which dates of an agency are letters to all, and which are meetings."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from pipelines.residence.letters import are_letters, are_of_one_day, with_letters

PUPILS, OTHERS = 600, 600
AGES = 365 * 8 + 2 + np.arange(PUPILS + OTHERS) * 41 % 365
IS_PUPIL = np.arange(PUPILS + OTHERS) < PUPILS
BIRTHDAYS = AGES - 365 * 8 - 2
MET = np.random.default_rng(0).integers(1, 400, PUPILS + OTHERS)
"""Days since a birthday, and since a meeting, of each child."""
EVERY_THIRD = np.arange(PUPILS + OTHERS) % 3 == 0
OFTEN = np.random.default_rng(1).exponential(25, PUPILS + OTHERS).astype(int)
"""Days since a meeting, where every family is met about once a month."""
NEW_BOOK = np.where(np.random.default_rng(2).random(PUPILS + OTHERS) < 0.7, MET % 80, MET)
"""The same where meetings have been written down in one book for eleven weeks, and now and then before."""

CASES = [
    pytest.param(MET, False, id="met whenever they came: no letters"),
    pytest.param(OFTEN, False, id="met every month or so: most of them lately"),
    pytest.param(NEW_BOOK, False, id="met as before, and written down for eleven weeks"),
    pytest.param(
        np.where(EVERY_THIRD, OFTEN, 0), True, id="met every month or so, and two in three dated this week: letters"
    ),
    pytest.param(np.where(EVERY_THIRD, MET, BIRTHDAYS), True, id="two in three dated by their birthday: letters"),
    pytest.param(np.where(EVERY_THIRD, MET, 45), True, id="two in three dated by one day in October: letters"),
    pytest.param(
        np.where(IS_PUPIL, 45, MET), False, id="all pupils on one day, and nobody else: a nurse came to the schools"
    ),
    pytest.param(np.where(EVERY_THIRD & IS_PUPIL, 45, MET), False, id="a third of the pupils on one day: a campaign"),
]


@pytest.mark.parametrize(("seen", "found"), CASES)
def test_letters_are_dates_that_children_without_a_place_have_as_pupils_have(seen: np.ndarray, found: bool) -> None:
    letters = are_letters(seen.astype(float), AGES.astype(float), IS_PUPIL, ~IS_PUPIL)
    assert letters[~EVERY_THIRD].all() if found else not letters.any()
    assert not letters[EVERY_THIRD & (seen > 60) & ((AGES - seen) % 365.25 > 7)].any()


UNDATED = np.full(PUPILS + OTHERS, np.nan)
"""Nobody knows when an entry began."""
FEW = np.arange(PUPILS + OTHERS) < PUPILS + 20
"""All the pupils, and twenty children without a place."""
NONE_ENDED = np.zeros(PUPILS + OTHERS, dtype=bool)
OF_ONE_DAY = [
    pytest.param(np.where(EVERY_THIRD, MET, 45), True, id="two in three dated by one day in October"),
    pytest.param(
        np.where(EVERY_THIRD & ~IS_PUPIL, MET, 45), False, id="all pupils, and not so many others: they were met"
    ),
    pytest.param(
        np.where(EVERY_THIRD & IS_PUPIL, MET, 45), True, id="all others, and two in three pupils: some met since"
    ),
    pytest.param(np.where(IS_PUPIL, MET, 45), False, id="all others, and no pupil: an event of theirs"),
    pytest.param(np.where(EVERY_THIRD, MET, 6), False, id="all on a day of the last week: counted each morning"),
    pytest.param(
        np.where(EVERY_THIRD, MET, 45 + np.arange(PUPILS + OTHERS) % 4), False, id="within four days: a week's work"
    ),
]


@pytest.mark.parametrize(("seen", "found"), OF_ONE_DAY)
def test_a_day_on_which_a_whole_list_is_dated_is_no_meeting(seen: np.ndarray, found: bool) -> None:
    letters = are_of_one_day(seen.astype(float)[FEW], IS_PUPIL[FEW], ~IS_PUPIL[FEW], NONE_ENDED[FEW], UNDATED[FEW])
    assert set(seen[FEW][letters]) == ({45} if found else set())


@pytest.mark.parametrize(
    ("begun", "found"),
    [
        pytest.param(20, True, id="who came after the day cannot be dated on it"),
        pytest.param(90, False, id="who was there, and is not dated on it, was not met"),
    ],
)
def test_who_has_come_since_a_letter_does_not_make_it_a_meeting(begun: int, found: bool) -> None:
    others = FEW & ~IS_PUPIL & EVERY_THIRD
    seen, since = np.where(others, 12, 45), np.where(others, begun, 900)
    letters = are_of_one_day(
        seen.astype(float)[FEW], IS_PUPIL[FEW], ~IS_PUPIL[FEW], NONE_ENDED[FEW], since.astype(float)[FEW]
    )
    assert set(seen[FEW][letters]) == ({45} if found else set())


@pytest.mark.parametrize(
    ("of_the_gone", "found"),
    [
        pytest.param(6, True, id="and so are those whose entry has ended: the list was dated"),
        pytest.param(200, False, id="and those whose entry has ended are not: counted each morning"),
    ],
)
def test_a_day_of_the_last_week_that_dates_those_who_are_gone_is_no_meeting(of_the_gone: int, found: bool) -> None:
    is_ended = np.arange(PUPILS + OTHERS) % 4 == 0
    seen = np.where(is_ended, of_the_gone, np.where(EVERY_THIRD, MET, 6)).astype(float)
    letters = are_of_one_day(seen, IS_PUPIL & ~is_ended, ~IS_PUPIL & ~is_ended, is_ended, UNDATED)
    assert (6 in seen[letters]) == found


def test_a_day_before_any_pupil_came_is_no_letter_to_all() -> None:
    seen, since = np.where(IS_PUPIL, 12, 45), np.where(IS_PUPIL, 20, 900)
    assert not are_of_one_day(seen.astype(float), IS_PUPIL, ~IS_PUPIL, NONE_ENDED, since.astype(float)).any()


def every(nth: int, of: np.ndarray) -> np.ndarray:
    """Every so manieth child of a kind."""
    return of & (np.arange(PUPILS + OTHERS) % nth == 0)


OF_A_PART = [
    pytest.param(
        every(12, IS_PUPIL), every(12, ~IS_PUPIL), True, id="one in twelve of all: a practice stamped its list"
    ),
    pytest.param(every(10, IS_PUPIL), every(12, ~IS_PUPIL), True, id="hardly fewer without a place: chance"),
    pytest.param(every(12, IS_PUPIL), every(20, ~IS_PUPIL), False, id="fewer without a place: those here were met"),
    pytest.param(every(12, IS_PUPIL), every(5, ~IS_PUPIL), False, id="many more without a place: a hotel counted"),
    pytest.param(every(60, IS_PUPIL), every(20, ~IS_PUPIL), False, id="hardly a pupil: they live together"),
    pytest.param(every(30, IS_PUPIL), every(30, ~IS_PUPIL), False, id="too few to tell"),
]


@pytest.mark.parametrize(("pupils", "others", "found"), OF_A_PART)
def test_a_day_on_which_a_part_of_a_list_is_dated_is_no_meeting(
    pupils: np.ndarray, others: np.ndarray, found: bool
) -> None:
    seen = np.where(pupils | others, 45, np.where(MET == 45, 46, MET))
    letters = are_of_one_day(seen.astype(float), IS_PUPIL, ~IS_PUPIL, NONE_ENDED, UNDATED)
    assert set(seen[letters]) == ({45} if found else set())


def test_a_day_on_which_as_many_were_met_as_on_those_about_it_is_one_of_meetings() -> None:
    assert not are_of_one_day(OFTEN.astype(float), IS_PUPIL, ~IS_PUPIL, NONE_ENDED, UNDATED).any()


def test_a_day_like_others_is_one_of_meetings() -> None:
    seen = 10 + np.arange(PUPILS + OTHERS) % 12  # all met in one fortnight, one in twelve a day
    assert not are_of_one_day(seen.astype(float), IS_PUPIL, ~IS_PUPIL, NONE_ENDED, UNDATED).any()


def test_whose_entry_has_ended_got_no_letter() -> None:
    as_at, has_left = date(2026, 4, 20), ~IS_PUPIL & ~EVERY_THIRD
    children = pl.DataFrame(
        {
            "born_on": [as_at - timedelta(days=int(age)) for age in AGES],
            "is_known_here": IS_PUPIL,
            "place_probability": [1.0 if it else None for it in IS_PUPIL],
            "age_group": "of",
        }
    )
    agencies = pl.DataFrame(
        {
            "child": np.arange(len(AGES)),
            "source": "housing",
            "state": np.where(has_left, 2, 1),
            "is_start": False,
            "sighted_days": np.where(has_left, 400, 14),
            "begun_days": 900,
            "tells_events": False,
        }
    )
    few = FEW | (np.arange(len(AGES)) >= len(AGES) - 60)
    assert with_letters(agencies.filter(few), children, as_at)["is_letter"].to_list() == (~has_left[few]).tolist()


@pytest.mark.parametrize(("tells_events", "found"), [(False, True), (True, False)])
def test_whoever_tells_of_events_writes_no_letters(tells_events: bool, found: bool) -> None:
    as_at = date(2026, 9, 5)
    applied = np.where(IS_PUPIL, MET + 200, 10 + MET % 20)  # who has just come applies in August, and others long ago
    children = pl.DataFrame(
        {
            "born_on": [as_at - timedelta(days=int(age)) for age in AGES],
            "is_known_here": IS_PUPIL,
            "place_probability": [1.0 if it else None for it in IS_PUPIL],
            "age_group": "of",
        }
    )
    agencies = pl.DataFrame(
        {
            "child": np.arange(len(AGES)),
            "source": "admissions",
            "sighted_days": applied,
            "begun_days": None,
            "is_start": False,
            "tells_events": tells_events,
            "state": 1,
        }
    )
    assert with_letters(agencies, children, as_at)["is_letter"].any() is found


def test_of_a_few_children_nobody_can_say_what_their_dates_are() -> None:
    few = slice(PUPILS - 50, PUPILS + 50)
    assert not are_letters(BIRTHDAYS[few].astype(float), AGES[few].astype(float), IS_PUPIL[few], ~IS_PUPIL[few]).any()
