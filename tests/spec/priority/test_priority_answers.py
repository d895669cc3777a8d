"""What answers a concern about school: a place that was taken up, and an education that has begun since."""

from datetime import date, timedelta
from types import ModuleType

import pytest

from pipelines.priority import (
    exclusion,
    harm,
    left_unsettled,
    no_place,
    referral,
    unclaimed_transfer,
    vanished_from_roll,
)
from tests.made.children import Drawn
from tests.made.findings import concern, told


@pytest.mark.parametrize(
    ("began", "counts"),
    [
        pytest.param((), True, id="never in school since"),
        pytest.param((date(2026, 9, 2),), False, id="the place was taken up"),
        pytest.param((date(2026, 3, 4),), False, id="admitted 60 days before the day: it is that place"),
        pytest.param((date(2026, 3, 3),), True, id="61 days before: another one"),
        pytest.param((date(2025, 9, 2),), True, id="the school before"),
        pytest.param((date(2025, 9, 2), date(2026, 9, 2)), False, id="the school before, and the place taken up"),
        pytest.param((date(2026, 11, 20),), False, id="taken up today"),
        pytest.param((date(2026, 11, 21),), True, id="to be taken up tomorrow"),
    ],
)
def test_an_application_that_led_to_a_place_is_no_reason(began: tuple[date, ...], counts: bool) -> None:
    drawn = concern("school place accepted", date(2026, 5, 3)).record("school_census:1", "CH1")
    for day in began:
        drawn.on_roll("school_census:1", day, date(2026, 10, 2) if day < date(2026, 10, 2) else None)
    assert bool(told(no_place.finding, drawn)) is counts


@pytest.mark.parametrize(
    ("school", "left", "counts"),
    [
        pytest.param("900001", date(2026, 11, 13), False, id="at that school since its nursery, until last week"),
        pytest.param("900001", date(2026, 7, 17), True, id="left its nursery, and did not come back"),
        pytest.param("900001", date(2026, 9, 11), True, id="taken off within fifteen days: it never came"),
        pytest.param("900002", date(2026, 11, 13), True, id="at another school, which kept it until last week"),
        pytest.param(None, date(2026, 11, 13), True, id="nobody says at which school"),
    ],
)
def test_a_place_at_the_school_that_the_child_stayed_at_answers_all_that_was_applied_for_before(
    school: str | None, left: date, counts: bool
) -> None:
    drawn = Drawn().record("admissions:1", "CH1").record("school_census:1", "CH1")
    drawn.says("admissions:1", "concern", "refused a school place", date(2026, 3, 1))
    drawn.says("admissions:1", "concern", "school place accepted", date(2026, 9, 2), place=school)
    drawn.on_roll("school_census:1", date(2024, 9, 2), left, place="Keats Primary School")
    drawn.schools.append(("900001", "school_census", "Keats Primary School"))
    assert bool(told(no_place.finding, drawn)) is counts


@pytest.mark.parametrize(
    ("what", "since", "counts"),
    [
        pytest.param("school place accepted", date(2026, 11, 5), True, id="to begin fifteen days ago"),
        pytest.param("school place accepted", date(2026, 11, 6), False, id="a day later: no roll may show it yet"),
        pytest.param("school place accepted", None, True, id="to begin on no known day"),
        pytest.param(
            "refused a school place", date(2026, 11, 19), True, id="refused yesterday: there is nothing to wait for"
        ),
    ],
)
def test_a_place_offered_has_fifteen_days_to_show_on_a_roll(what: str, since: date | None, counts: bool) -> None:
    assert bool(told(no_place.finding, concern(what, since))) is counts


MAY, JUNE, JULY = date(2026, 5, 4), date(2026, 6, 1), date(2026, 7, 6)
A_DAY = timedelta(days=1)

ANSWERS = [
    # the factor, what was said on 4 May, when an education began that has ended since, and whether the concern counts
    pytest.param(referral, "No school place", JUNE, False, id="a school place, since found"),
    pytest.param(
        referral, "No school place", MAY - 60 * A_DAY, False, id="a school place, as the roll was told of it late"
    ),
    pytest.param(referral, "No school place", MAY - 61 * A_DAY, True, id="a school place, after another one"),
    pytest.param(referral, "Not attending", JUNE, False, id="not attending, and at another school since"),
    pytest.param(referral, "Not attending", MAY - A_DAY, True, id="not attending the school it had begun at"),
    pytest.param(referral, "Not attending", MAY, True, id="not attending, from the day on which it began"),
    pytest.param(referral, "Whereabouts unknown", JUNE, False, id="whereabouts: found at a school"),
    pytest.param(referral, "Moved without a forwarding address", JUNE, False, id="moved: found at a school"),
    pytest.param(referral, "Part-time timetable", JUNE, True, id="a timetable: no place answers it"),
    pytest.param(referral, "Another concern", JUNE, True, id="nor what nobody knows"),
    pytest.param(harm, "Neglect", JUNE, True, id="nor harm"),
    pytest.param(exclusion, "permanently excluded", JUNE, False, id="excluded, and at another school since"),
    pytest.param(exclusion, "permanently excluded", MAY - A_DAY, True, id="excluded from the school it had begun at"),
    pytest.param(
        left_unsettled, "taken off the roll after an absence", JUNE, False, id="taken off a roll, and on another"
    ),
    pytest.param(
        left_unsettled, "left the roll without a known destination", MAY, True, id="no destination: did not come"
    ),
    pytest.param(
        unclaimed_transfer, "transfer file that no school has claimed", JUNE, False, id="a file, a school since"
    ),
    pytest.param(
        unclaimed_transfer, "transfer file that no school has claimed", MAY - A_DAY, True, id="a file, none since"
    ),
]


@pytest.mark.parametrize(("factor", "what", "began", "counts"), ANSWERS)
def test_an_education_that_began_since_answers_what_was_asked_about_school(
    factor: ModuleType, what: str, began: date, counts: bool
) -> None:
    drawn = concern(what, MAY).record("school_census:1", "CH1").on_roll("school_census:1", began, JULY)
    assert bool(told(factor.finding, drawn)) is counts


@pytest.mark.parametrize(
    ("what", "until", "counts"),
    [
        pytest.param("alternative provision", JULY, True, id="a placement, which has ended"),
        pytest.param("alternative provision", None, False, id="a placement, which goes on"),
        pytest.param("home education", JULY, True, id="home education, which has ended"),
        pytest.param("independent school", JULY, False, id="a school, left since"),
        pytest.param("independent school", JUNE + 30 * A_DAY, False, id="a school, left after a month"),
        pytest.param("state school", JUNE + 29 * A_DAY, True, id="a school that took it off the roll: it never came"),
    ],
)
@pytest.mark.parametrize(
    ("factor", "asked"),
    [(exclusion, "permanently excluded"), (referral, "Not attending"), (referral, "No school place")],
)
def test_what_is_no_school_or_was_never_taken_up_answers_for_as_long_as_it_lasts(
    factor: ModuleType, asked: str, what: str, until: date | None, counts: bool
) -> None:
    drawn = concern(asked, MAY).record("another_agency:1", "CH1")
    drawn.says("another_agency:1", "provision", what, JUNE, until)
    assert bool(told(factor.finding, drawn)) is counts


@pytest.mark.parametrize(
    ("applied", "counts"),
    [
        pytest.param(MAY, False, id="applied for in May"),
        pytest.param(date(2026, 10, 2), True, id="applied for since that school was left"),
        pytest.param(None, True, id="applied for on no known day"),
    ],
)
def test_an_offer_that_names_no_day_is_of_the_day_of_the_application(applied: date | None, counts: bool) -> None:
    drawn = (
        concern("school place accepted", None).record("school_census:1", "CH1").on_roll("school_census:1", JUNE, JULY)
    )
    if applied:
        drawn.says("some_agency:1", "seen", since=applied)
    assert bool(told(no_place.finding, drawn)) is counts


@pytest.mark.parametrize(("began", "counts"), [(JUNE, False), (MAY - A_DAY, True)])
def test_who_vanished_from_a_roll_and_was_on_another_since_is_found(began: date, counts: bool) -> None:
    drawn = Drawn().record("school_census:1", "CH1").says("school_census:1", "vanished", "vanished from the roll", MAY)
    drawn.record("school_census:2", "CH1").on_roll("school_census:2", began, JULY)
    assert bool(told(vanished_from_roll.finding, drawn)) is counts
