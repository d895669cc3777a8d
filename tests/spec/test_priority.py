"""Priority: each factor as a drawn table of literal children, and what it says about each."""

import dataclasses
import re
import sys
from dataclasses import replace
from datetime import date, timedelta
from types import ModuleType

import polars as pl
import pytest
from pydantic import ValidationError

from pipelines.priority import (
    FACTORS,
    exclusion,
    exploitation,
    findings,
    harm,
    left_unsettled,
    long_unseen,
    missing_from_home,
    newly_arrived,
    no_place,
    place_to_come,
    referral,
    social_care,
    temporary_accommodation,
    unclaimed_transfer,
    unregistered_setting,
    vanished_from_roll,
    youth_justice,
)
from pipelines.rank_settings import Points
from pipelines.residence.area import HOME
from pipelines.tables import STATEMENT
from tests.made.children import ELEVEN, Drawn
from tests.made.findings import told


def concern(what: str | None, since: date | None = date(2026, 5, 3), until: date | None = None) -> Drawn:
    drawn = Drawn().record("some_agency:1", "CH1")
    return drawn.says("some_agency:1", "concern", what, since, until)


COUNTED: dict[ModuleType, list[tuple[str | None, int, str]]] = {
    # factor: what a record says, the points, and the because
    social_care: [
        ("child protection plan", 60, "on a child protection plan"),
        ("CP", 60, "on a child protection plan"),
        ("child looked after", 50, "looked after by a local authority"),
        ("CLA", 50, "looked after by a local authority"),
        ("child in need", 30, "a child in need"),
        ("open to social care", 30, "open to social care"),
        ("privately fostered", 30, "privately fostered"),
    ],
    exploitation: [
        ("Exploitation risk", 60, "open concern about exploitation"),
        ("CSE", 60, "open concern about exploitation"),
        ("Forced marriage", 60, "open concern about exploitation"),
    ],
    unclaimed_transfer: [
        ("transfer file that no school has claimed", 30, "no school has claimed the transfer file"),
    ],
    no_place: [
        ("refused a school place", 20, "refused a school place"),
        ("no school place offered", 20, "no offer of a school place applied for"),
        ("school place offered", 20, "not on a roll, though an offered place was due to start"),
        ("school place accepted", 20, "not on a roll, though an offered place was due to start"),
        ("application withdrawn", 20, "application for a school place, since withdrawn, made"),
        ("in-year application", 20, "still waiting for a school place applied for"),
        ("offer of a school place lapsed", 20, "lapsed offer of a school place applied for"),
        ("application for a school place awaiting its outcome", 20, "still waiting for a school place applied for"),
        ("school place deferred", 20, "not on a roll, though an offered place was due to start"),
    ],
    temporary_accommodation: [
        ("lives in a hostel", 15, "in temporary accommodation"),
    ],
    missing_from_home: [
        ("Missing from home", 50, "reported missing from home or care"),
        ("missing from care", 50, "reported missing from home or care"),
    ],
    harm: [
        ("Domestic abuse", 40, "open concern about harm (domestic abuse)"),
        ("Taken into police protection", 40, "open concern about harm (taken into police protection)"),
    ],
    youth_justice: [
        ("known to youth justice", 30, "known to youth justice"),
        ("no education, by the word of youth justice", 30, "youth justice knows of no education"),
    ],
    left_unsettled: [
        ("taken off the roll after an absence", 40, "taken off the roll after an absence"),
        ("left the roll without a known destination", 40, "left the roll with no known destination"),
        (
            "left the roll for home education",
            40,
            "not on the home education register, though taken off the roll for home education",
        ),
    ],
    unregistered_setting: [
        ("Unregistered school", 40, "said to attend an unregistered setting"),
    ],
    newly_arrived: [
        (
            "newly arrived, in asylum or dispersal accommodation",
            15,
            "newly arrived, in asylum or dispersal accommodation",
        ),
        ("unaccompanied and seeking asylum", 50, "an unaccompanied asylum-seeking child"),
        ("moved in from another authority", 15, "moved in from another authority"),
    ],
    referral: [
        ("Not attending", 40, "open concern (not attending)"),
        ("No school place", 40, "open concern (no school place)"),
        ("library_card_lapsed", 40, "open concern (library card lapsed)"),
        (None, 40, "open concern"),
    ],
}


@pytest.mark.parametrize(
    ("factor", "what", "points", "because"),
    [pytest.param(factor, *row, id=str(row[0])) for factor, rows in COUNTED.items() for row in rows],
)
def test_an_open_concern_counts_once_under_its_own_factor(
    factor: ModuleType, what: str | None, points: int, because: str
) -> None:
    drawn = concern(what, date(2026, 5, 3))
    dated = "on" if factor in {no_place, missing_from_home, left_unsettled} else "since"
    assert told(factor.finding, drawn) == [(points, f"{because} {dated} 3 May 2026")]
    named = findings(drawn.circumstances(), Points())["factor"].to_list()
    assert [name for name in named if name not in {"never_on_a_roll", "long_unseen", "transition"}] == [factor.FACTOR]


@pytest.mark.parametrize(
    ("since", "points"),
    [
        pytest.param(date(2026, 11, 18), 30, id="two days old"),
        pytest.param(date(2026, 10, 24), 30, id="27 days"),
        pytest.param(date(2026, 10, 23), 40, id="it has waited for four weeks"),
        pytest.param(None, 30, id="without a date"),
    ],
)
def test_a_referral_that_waits_weighs_more(since: date | None, points: int) -> None:
    assert [given for given, _ in told(referral.finding, concern("Whereabouts unknown", since))] == [points]


SIXTH = "excluded on 12 November 2026 (6 school days ago), with no known place"
LONG_SINCE = "excluded on 6 November 2026 (10 school days ago), with no known place"
AUTUMN_BREAK = ((date(2026, 11, 9), date(2026, 11, 13)),)


@pytest.mark.parametrize(
    ("since", "closures", "told_of"),
    [
        pytest.param(date(2026, 11, 16), (), None, id="the fourth school day"),
        pytest.param(date(2026, 11, 13), (), None, id="the fifth"),
        pytest.param(date(2026, 11, 12), (), SIXTH, id="the sixth"),
        pytest.param(date(2026, 11, 6), (), LONG_SINCE, id="two weeks"),
        pytest.param(date(2026, 11, 6), AUTUMN_BREAK, None, id="of which one was a holiday"),
        pytest.param(None, (), "excluded, with no known place", id="no date: taken to be past it"),
        pytest.param(
            date(1, 1, 1), (), "excluded on 1 January 0001 (460518 school days ago), with no known place",
            id="the first day that software knows, as some writes for none",
        ),
        pytest.param(date(2026, 11, 21), (), None, id="tomorrow"),
    ],
)  # fmt: skip
def test_an_exclusion_counts_from_the_sixth_school_day(
    since: date | None, closures: tuple[tuple[date, date], ...], told_of: str | None
) -> None:
    circumstances = dataclasses.replace(concern("permanently excluded", since).circumstances(), closures=closures)
    found = exclusion.finding(circumstances, Points())
    assert found.select("points", "because").rows() == ([(40, told_of)] if told_of else [])


@pytest.mark.parametrize(
    ("as_at", "told_of"),
    [
        pytest.param(date(2026, 7, 24), None, id="five school days later, as the last schools close"),
        pytest.param(date(2026, 8, 31), None, id="no further one in August"),
        pytest.param(
            date(2026, 9, 1), "excluded on 17 July 2026 (6 school days ago), with no known place", id="in September"
        ),
    ],
)
def test_no_school_day_passes_while_all_schools_are_shut(as_at: date, told_of: str | None) -> None:
    drawn = concern("permanently excluded", date(2026, 7, 17))
    found = exclusion.finding(dataclasses.replace(drawn.circumstances(), as_at=as_at), Points())
    assert found["because"].to_list() == ([told_of] if told_of else [])


@pytest.mark.parametrize(
    ("what", "since", "because"),
    [
        pytest.param("school place accepted", date(2026, 11, 30), "a place is due to start on 30 November "
                                                                  "2026", id="in ten days"),
        pytest.param("school place deferred", date(2026, 12, 18), "a place is due to start on 18 December "
                                                                  "2026", id="in four weeks"),
        pytest.param("school place accepted", date(2026, 12, 19), None, id="a day later: it does not wait so long"),
        pytest.param(
            "school place accepted", date(2026, 11, 16),
            "a place was due to start on 16 November 2026, and the roll may not show it yet", id="four days ago",
        ),
        pytest.param(
            "school place accepted", date(2026, 11, 20),
            "a place was due to start on 20 November 2026, and the roll may not show it yet", id="today",
        ),
        pytest.param("school place accepted", date(2026, 11, 5), None, id="fifteen days ago: it was not taken up"),
        pytest.param("refused a school place", date(2026, 11, 16), None, id="a refusal is no place"),
    ],
)  # fmt: skip
def test_a_place_to_come_moves_the_child_down(what: str, since: date, because: str | None) -> None:
    assert told(place_to_come.finding, concern(what, since)) == ([(-20, because)] if because else [])


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
        pytest.param("refused a school place", date(2026, 11, 19), True, id="refused yesterday: there is nothing to wait for"),
    ],
)  # fmt: skip
def test_a_place_offered_has_fifteen_days_to_show_on_a_roll(what: str, since: date | None, counts: bool) -> None:
    assert bool(told(no_place.finding, concern(what, since))) is counts


MAY, JUNE, JULY = date(2026, 5, 4), date(2026, 6, 1), date(2026, 7, 6)
A_DAY = timedelta(days=1)

ANSWERS = [
    # the factor, what was said on 4 May, when an education began that has ended since, and whether the concern counts
    pytest.param(referral, "No school place", JUNE, False, id="a school place, since found"),
    pytest.param(referral, "No school place", MAY - 60 * A_DAY, False, id="a school place, as the roll was told of it late"),
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
    pytest.param(left_unsettled, "taken off the roll after an absence", JUNE, False, id="taken off a roll, and on another"),
    pytest.param(left_unsettled, "left the roll without a known destination", MAY, True, id="no destination: did not come"),
    pytest.param(unclaimed_transfer, "transfer file that no school has claimed", JUNE, False, id="a file, a school since"),
    pytest.param(unclaimed_transfer, "transfer file that no school has claimed", MAY - A_DAY, True, id="a file, none since"),
]  # fmt: skip


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


def test_an_old_identity_of_an_adopted_child_is_no_concern() -> None:
    assert told(referral.finding, concern("adopted")) == []


def test_ethnicity_is_no_factor() -> None:
    named = {name for factor in FACTORS for name in sys.modules[factor.__module__].__dict__}
    assert not [name for name in {*named, *Points.model_fields} if re.search("ethnic|nation|language|religio", name)]
    assert not {"ethnicity", "nationality", "language"} & {*Drawn().tables()["person"].columns, *STATEMENT.names()}


@pytest.mark.parametrize(
    ("since", "until", "counts"),
    [
        pytest.param(date(2026, 11, 20), None, True, id="opened today"),
        pytest.param(date(2026, 11, 21), None, False, id="opens tomorrow"),
        pytest.param(None, None, True, id="without dates"),
        pytest.param(date(2026, 1, 1), date(2026, 11, 20), True, id="closes today: doubt is settled towards looking"),
        pytest.param(date(2026, 1, 1), date(2026, 11, 19), False, id="closed yesterday"),
    ],
)
def test_a_concern_counts_while_it_is_open(since: date | None, until: date | None, counts: bool) -> None:
    assert bool(told(social_care.finding, concern("child in need", since, until))) is counts


def test_of_two_involvements_the_weightier_counts_and_then_the_longer() -> None:
    drawn = concern("child in need", date(2020, 1, 1))
    drawn.says("some_agency:1", "concern", "child protection plan", date(2026, 2, 1))
    drawn.says("some_agency:1", "concern", "child protection plan", date(2025, 2, 1))
    assert told(social_care.finding, drawn) == [(60, "on a child protection plan since 1 February 2025")]


@pytest.mark.parametrize(
    ("seen", "because"),
    [
        pytest.param([date(2025, 11, 20)], None, id="a year ago to the day"),
        pytest.param([date(2025, 11, 19)], "no agency has had contact since 19 November 2025", id="a day longer"),
        pytest.param([date(2019, 1, 1), date(2026, 9, 9)], None, id="the latest counts"),
        pytest.param([date(2026, 12, 24)], "no extract says when the child was last seen", id="only a date to come"),
        pytest.param([], "no extract says when the child was last seen", id="never dated"),
    ],
)
def test_long_unseen(seen: list[date], because: str | None) -> None:
    drawn = Drawn().record("health:1", "CH1")
    for on in seen:
        drawn.says("health:1", "seen", since=on)
    assert told(long_unseen.finding, drawn) == ([(10, because)] if because else [])


def test_an_authority_sets_the_points_and_switches_a_factor_off() -> None:
    drawn = concern("child in need")
    found = findings(drawn.circumstances(), Points(child_in_need=75, never_on_a_roll=0, long_unseen=0, transition=0))
    assert found.select("factor", "points").rows() == [("social_care", 75)]


def test_points_below_nought_and_unknown_points_are_errors() -> None:
    with pytest.raises(ValidationError, match="child_in_need"):
        Points(child_in_need=-1)
    with pytest.raises(ValidationError, match="ethnicity"):
        Points.model_validate({"ethnicity": 10})


def test_every_factor_is_named_for_its_file_and_gives_each_child_one_finding_at_most() -> None:
    drawn = Drawn()
    for child in ("CH1", "CH2"):
        drawn.record(f"health:{child}", child, date(2015, 5, 14)).record(f"ehe_register:{child}", child, ELEVEN)
        drawn.says(f"ehe_register:{child}", "provision", "home education", None, date(2025, 7, 1))
        drawn.says(f"ehe_register:{child}", "provision", "home education", None, date(2025, 12, 1))
        whats = (
            "child in need", "gang", "transfer file", "refused a place", "hostel", "Neglect", "CLA", "CSE", "neglect",
            "missing from home", "known to youth justice", "permanently excluded", "taken off the roll after an absence",
            "unregistered school", "newly arrived with hosts", "whereabouts unknown",
        )  # fmt: skip
        drawn.says(f"health:{child}", "concern", "school place accepted", date(2026, 12, 1))
        for what in whats:
            drawn.says(f"health:{child}", "concern", what, date(2026, 1, 1))
        drawn.says(f"ehe_register:{child}", "vanished", "vanished from the roll", date(2026, 1, 1))
    next_door = pl.DataFrame([{"child_id": "CH1", "is_by_border": True, "neighbour": "Zedshire"}], schema=HOME)
    found = findings(replace(drawn.circumstances(), homes=next_door), Points())
    files = {factor.__module__.rpartition(".")[2] for factor in FACTORS}
    assert set(found["factor"]) == files - {"never_on_a_roll"}
    assert not found.select("child_id", "factor").is_duplicated().any()
    assert found.filter(pl.col("child_id") == "CH1")["points"].is_sorted(descending=True)
