"""When the same rows again are a file of yesterday, and when nothing had to change: weekends, holidays, quiet days."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.made.deliveries import (
    CONTRACTS,
    FIRST,
    Begun,
    Deliveries,
    census,
    health,
    roll_on,
    sent_tonight,
)


def test_the_same_night_again_is_no_file_of_yesterday(nights: Deliveries) -> None:
    assert nights.night(3, **sent_tonight()).completeness.is_empty()
    assert nights.night(3, **sent_tonight()).completeness.is_empty()


@pytest.mark.parametrize(
    ("first", "again", "is_stale"),
    [
        pytest.param(4, 5, False, id="Friday's on Saturday, where nights run late in the evening"),
        pytest.param(5, 6, False, id="Saturday's on Sunday"),
        pytest.param(5, 7, False, id="Saturday's on Monday, where nights run after midnight"),
        pytest.param(4, 7, True, id="Friday's on Monday"),
        pytest.param(5, 8, True, id="Saturday's on Tuesday"),
        pytest.param(7, 8, True, id="Monday's on Tuesday"),
    ],
)
def test_no_rows_need_change_over_a_weekend(begun: Begun, first: int, again: int, is_stale: bool) -> None:
    delivered = begun(first, school_census=roll_on(first), health=health(100))
    judged = delivered.judged(again, school_census=roll_on(again), health=health(100))
    assert ("stale" in judged.completeness.filter(source="health")["check"].to_list()) is is_stale


@pytest.mark.parametrize(
    ("first", "again", "is_stale"),
    [
        pytest.param(date(2027, 6, 15), date(2027, 6, 30), True, id="in term"),
        pytest.param(date(2027, 7, 16), date(2027, 7, 19), False, id="as the first schools close"),
        pytest.param(date(2027, 7, 21), date(2027, 8, 20), False, id="of the end of term, in August"),
        pytest.param(date(2027, 7, 21), date(2027, 9, 4), False, id="of the end of term, as the first schools open"),
        pytest.param(date(2027, 7, 21), date(2027, 9, 9), True, id="of the end of term, a week into the next"),
        pytest.param(date(2027, 6, 15), date(2027, 8, 20), True, id="of June, in August"),
        pytest.param(date(2027, 12, 20), date(2028, 1, 4), False, id="over Christmas"),
        pytest.param(date(2027, 12, 20), date(2028, 1, 7), True, id="of the end of term, when it has begun again"),
    ],
)
def test_rolls_stand_still_while_schools_are_shut(begun: Begun, first: date, again: date, is_stale: bool) -> None:
    after, again_after = ((day - FIRST).days for day in (first, again))
    sent = {"school_census": roll_on(after), "health": health(100)}
    found = begun(after, **sent).judged(again_after, **sent).completeness
    words = found.filter(source="school_census", check="stale")["words"].to_list()
    assert bool(words) is is_stale
    assert found.filter(source="health", check="stale").height, "who is no school is not shut"


@pytest.mark.parametrize(
    ("changes_each", "stale_days", "stale_from"),
    [
        pytest.param(1, None, 1, id="a roll that changes every day: on the first day without a change"),
        pytest.param(2, None, 5, id="every second day: once four days without a change are past"),
        pytest.param(3, None, 7, id="every third day: on the seventh"),
        pytest.param(3, 2, 2, id="every third day, where the contract allows two days"),
        pytest.param(30, None, 1, id="a roll that has never changed: nothing is learnt"),
    ],
)
def test_a_small_roll_is_not_called_old_on_a_quiet_day(
    tmp_path: Path, changes_each: int, stale_days: int | None, stale_from: int
) -> None:
    """Thirty pupils: their roll comes fresh every night, and nothing has changed since the last."""
    own = CONTRACTS["school_census"].completeness.model_copy(update={"stale_days": stale_days})
    contracts = {**CONTRACTS, "school_census": CONTRACTS["school_census"].model_copy(update={"completeness": own})}
    nights = Deliveries(tmp_path, contracts)
    weekdays = [day for day in range(42) if day % 7 < 5]  # FIRST is a Monday
    learnt = 1 + 12 // changes_each * changes_each
    for number, after in enumerate(weekdays[:learnt]):
        rows = census(schools=1, pupils=30, nc_year_actual=str(number // changes_each))
        nights.night(after, school_census=rows, health=health(100, seen_on=FIRST + timedelta(days=after)))
    first = None
    for number, after in enumerate(weekdays[learnt:], start=1):
        found = nights.night(
            after, school_census=rows, health=health(100, seen_on=FIRST + timedelta(days=after))
        ).completeness
        if found.filter(source="school_census", check="stale").height:
            first = number
            break
    assert first == stale_from


HALF_TERM = (date(2027, 2, 15), date(2027, 2, 19))


@pytest.mark.parametrize(
    ("again", "closures", "is_stale"),
    [
        pytest.param(date(2027, 2, 18), (HALF_TERM,), False, id="in the half-term of the settings"),
        pytest.param(date(2027, 2, 18), (), True, id="in a half-term that nobody named"),
        pytest.param(date(2027, 2, 24), (HALF_TERM,), True, id="of the day before it, when school has begun again"),
    ],
)
def test_rolls_stand_still_while_the_settings_say_that_schools_are_closed(
    begun: Begun, again: date, closures: tuple[tuple[date, date], ...], is_stale: bool
) -> None:
    friday, night = ((day - FIRST).days for day in (date(2027, 2, 12), again))
    sent = {"school_census": roll_on(friday), "health": health(100)}
    found = begun(friday, **sent).judged(night, closures=closures, **sent).completeness
    words = found.filter(source="school_census", check="stale")["words"].to_list()
    assert bool(words) is is_stale
    assert all("If schools are closed, say in the settings when" in line for line in words)
    (other,) = found.filter(source="health", check="stale")["words"]
    assert "schools" not in other


def test_a_summer_does_not_teach_that_a_roll_may_be_old(tmp_path: Path) -> None:
    nights, told = Deliveries(tmp_path), []
    for week in range(10):
        friday = date(2027, 7, 16) + timedelta(weeks=week)
        rolled = roll_on(week)  # classes and homes change, and nobody comes or goes
        rows = [{**row, "entry_date": "2027-07-12"} for row in rolled]
        after = (friday - FIRST).days
        found = nights.night(after, school_census=rows, health=health(100 + week, seen_on=friday)).completeness
        told += [friday] * found.filter(source="school_census", check="stale").height
    assert told == [date(2027, 9, 17)]


def test_a_register_that_need_not_change_is_not_stale(three_nights: Deliveries) -> None:
    assert three_nights.judged(60, **sent_tonight()).completeness.filter(source="ehe_register").is_empty()
