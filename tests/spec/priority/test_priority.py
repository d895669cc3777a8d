"""Priority: each factor as a drawn table of literal children, and what it says about each."""

import dataclasses
import re
import sys
from dataclasses import replace
from datetime import date
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
    youth_justice,
)
from pipelines.rank_settings import Points
from pipelines.residence.area import HOME
from pipelines.tables import STATEMENT
from tests.made.children import ELEVEN, Drawn
from tests.made.findings import concern, told

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
            date(1, 1, 1),
            (),
            "excluded on 1 January 0001 (460518 school days ago), with no known place",
            id="the first day that software knows, as some writes for none",
        ),
        pytest.param(date(2026, 11, 21), (), None, id="tomorrow"),
    ],
)
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
        pytest.param(
            "school place accepted", date(2026, 11, 30), "a place is due to start on 30 November 2026", id="in ten days"
        ),
        pytest.param(
            "school place deferred",
            date(2026, 12, 18),
            "a place is due to start on 18 December 2026",
            id="in four weeks",
        ),
        pytest.param("school place accepted", date(2026, 12, 19), None, id="a day later: it does not wait so long"),
        pytest.param(
            "school place accepted",
            date(2026, 11, 16),
            "a place was due to start on 16 November 2026, and the roll may not show it yet",
            id="four days ago",
        ),
        pytest.param(
            "school place accepted",
            date(2026, 11, 20),
            "a place was due to start on 20 November 2026, and the roll may not show it yet",
            id="today",
        ),
        pytest.param("school place accepted", date(2026, 11, 5), None, id="fifteen days ago: it was not taken up"),
        pytest.param("refused a school place", date(2026, 11, 16), None, id="a refusal is no place"),
    ],
)
def test_a_place_to_come_moves_the_child_down(what: str, since: date, because: str | None) -> None:
    assert told(place_to_come.finding, concern(what, since)) == ([(-20, because)] if because else [])


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


def test_a_concern_that_a_factor_names_is_not_counted_once_more_as_a_referral() -> None:
    modules = {sys.modules[factor.__module__] for factor in FACTORS}
    naming = {module.FACTOR for module in modules if hasattr(module, "NAMED") and module is not referral}
    assert naming == {module.FACTOR for module in referral.NAMED_BY}


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
