"""Priority: the factors about education that ended, never began, or should have gone on, each as a drawn table."""

from datetime import date

import pytest

from pipelines.priority import (
    in_and_out,
    never_on_a_roll,
    other_education_ended,
    out_of_education,
    transition,
    vanished_from_roll,
)
from pipelines.rank_settings import Points
from tests.made.children import Drawn
from tests.made.findings import told


@pytest.mark.parametrize(
    ("ended", "because"),
    [
        pytest.param([("home education", date(2026, 1, 5)), ("home education", date(2026, 9, 5))],
                     "home education ended 2 times within two years", id="home educated twice"),
        pytest.param([("state school", date(2025, 1, 5)), ("state school", date(2025, 9, 5)),
                      ("state school", date(2026, 3, 5))], "3 places ended within two years", id="three schools"),
        pytest.param([("state school", date(2025, 1, 5)), ("state school", date(2025, 9, 5))], None, id="two schools"),
        pytest.param([("home education", date(2024, 11, 20)), ("home education", date(2026, 9, 5))], None,
                     id="one of them two years ago"),
        pytest.param([("home education", date(2024, 11, 21)), ("home education", date(2026, 9, 5))],
                     "home education ended 2 times within two years", id="one of them a day less than two years ago"),
    ],
)  # fmt: skip
def test_in_and_out_of_education(ended: list[tuple[str, date]], because: str | None) -> None:
    drawn = Drawn().record("ehe_register:1", "CH1")
    for what, until in ended:
        drawn.says("ehe_register:1", "provision", what, date(2022, 9, 1), until)
    assert told(in_and_out.finding, drawn) == ([(10, because)] if because else [])


@pytest.mark.parametrize(
    ("what", "since", "counts"),
    [
        pytest.param(
            "vanished from the roll with no readable leaving date",
            date(2026, 10, 1),
            True,
            id="gone in October",
        ),
        pytest.param(
            "vanished from the roll with no readable leaving date",
            date(2026, 11, 21),
            False,
            id="a day to come",
        ),
    ],
)
def test_vanished_from_a_roll(what: str, since: date, counts: bool) -> None:
    drawn = Drawn().record("school_census:1", "CH1").says("school_census:1", "vanished", what, since)
    found = told(vanished_from_roll.finding, drawn)
    assert found == ([(30, f"{what}, last there on 1 October 2026")] if counts else [])


@pytest.mark.parametrize(
    ("left_on", "points"),
    [
        pytest.param(date(2026, 10, 24), [], id="27 days: not yet four weeks"),
        pytest.param(date(2026, 10, 23), [5], id="28 days"),
        pytest.param(date(2026, 8, 29), [5], id="83 days"),
        pytest.param(date(2026, 8, 28), [10], id="12 weeks"),
        pytest.param(date(2026, 5, 22), [20], id="26 weeks"),
        pytest.param(date(2025, 11, 22), [20], id="one day under 52 weeks"),
        pytest.param(date(2025, 11, 21), [30], id="52 weeks"),
        pytest.param(date(2019, 7, 20), [30], id="years"),
        pytest.param(date(2026, 12, 1), [], id="leaves in December: still there"),
        pytest.param(None, [], id="still there"),
    ],
)
def test_weeks_out_of_education_step_at_4_12_26_and_52(left_on: date | None, points: list[int]) -> None:
    drawn = Drawn().record("school_census:1", "CH1").on_roll("school_census:1", date(2018, 9, 3), left_on)
    assert [given for given, _ in told(out_of_education.finding, drawn)] == points


def test_weeks_are_counted_from_the_last_of_several_places() -> None:
    drawn = Drawn().record("school_census:1", "CH1").record("school_census:2", "CH1")
    drawn.on_roll("school_census:1", None, date(2024, 7, 20)).on_roll("school_census:2", None, date(2026, 10, 2))
    assert told(out_of_education.finding, drawn) == [(5, "last known education ended 7 weeks ago")]


@pytest.mark.parametrize(
    ("what", "until", "later_school", "because"),
    [
        pytest.param(
            "home education", date(2026, 9, 19), None, "home education ended on 19 September 2026", id="EHE closed"
        ),
        pytest.param("alternative provision", date(2026, 9, 19), None, "alternative provision ended", id="AP ended"),
        pytest.param("home education", None, None, None, id="still home educated"),
        pytest.param("state school", date(2026, 9, 19), None, None, id="a school place is another factor's"),
        pytest.param("home education", date(2025, 9, 19), date(2026, 7, 1), None, id="school since, and that ended"),
    ],
)
def test_home_education_or_alternative_provision_ended_without_another_place(
    what: str, until: date | None, later_school: date | None, because: str | None
) -> None:
    drawn = Drawn().record("ehe_register:1", "CH1").record("school_census:1", "CH1")
    drawn.says("ehe_register:1", "provision", what, date(2024, 9, 1), until)
    if later_school:
        drawn.on_roll("school_census:1", date(2025, 10, 1), later_school)
    found = told(other_education_ended.finding, drawn)
    assert len(found) == (because is not None)
    assert all(points == 20 and words.startswith(because or "") for points, words in found)


def test_who_left_a_nursery_is_out_of_education_since_it_came_of_compulsory_school_age() -> None:
    drawn = Drawn().record("early_years:1", "CH1", date(2021, 5, 1))
    drawn.says("early_years:1", "provision", "nursery", date(2024, 9, 2), date(2025, 7, 18))
    words = "of compulsory school age for 11 weeks, with no known education in that time"
    assert told(out_of_education.finding, drawn) == [(5, words)]


def test_never_on_a_roll_is_a_child_without_any_entry_that_has_begun() -> None:
    drawn = Drawn().record("health:1", "CH1").record("school_census:2", "CH2").record("school_census:3", "CH3")
    drawn.on_roll("school_census:2", date(2019, 9, 1), date(2020, 7, 1)).on_roll("school_census:3", date(2027, 1, 4))
    found = never_on_a_roll.finding(drawn.circumstances(), Points())
    assert found["child_id"].sort().to_list() == ["CH1", "CH3"]


@pytest.mark.parametrize(
    ("born", "because"),
    [
        pytest.param(date(2021, 8, 31), "reached compulsory school age on 31 August 2026", id="Year 1, summer-born"),
        pytest.param(date(2020, 11, 30), "reached compulsory school age on 31 December 2025", id="last winter"),
        pytest.param(date(2020, 5, 1), None, id="of age for more than a year"),
        pytest.param(date(2014, 9, 1), "of the age to start secondary school (Year 7)", id="oldest of Year 7"),
        pytest.param(date(2015, 8, 31), "of the age to start secondary school (Year 7)", id="youngest of Year 7"),
        pytest.param(date(2015, 9, 1), None, id="Year 6"),
        pytest.param(None, None, id="birth date unknown"),
    ],
)
def test_ages_of_transition(born: date | None, because: str | None) -> None:
    drawn = Drawn().record("health:1", "CH1", born)
    assert told(transition.finding, drawn) == ([(10, because)] if because else [])


@pytest.mark.parametrize(
    ("born", "left", "is_told"),
    [
        pytest.param(date(2015, 5, 1), date(2026, 7, 17), True, id="left Year 6, and came nowhere"),
        pytest.param(date(2015, 5, 1), date(2026, 9, 11), True, id="taken off in September, having never come"),
        pytest.param(date(2015, 5, 1), date(2026, 11, 13), False, id="was in Year 7 until last week"),
        pytest.param(date(2021, 5, 1), date(2026, 7, 17), True, id="left Reception before it came of age"),
        pytest.param(date(2020, 11, 30), date(2026, 7, 17), False, id="at school for two terms since it came of age"),
    ],
)
def test_who_was_at_school_after_the_move_was_not_lost_by_it(born: date, left: date, is_told: bool) -> None:
    drawn = Drawn().record("school_census:1", "CH1", born).on_roll("school_census:1", date(2025, 9, 1), left)
    assert bool(told(transition.finding, drawn)) is is_told
