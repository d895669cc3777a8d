"""A child whom one source makes of age, on no roll: how likely is it a slip of the pen in a toddler's birth date?"""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

import polars as pl
import pytest

from matching.person import Columns
from pipelines.children.age_slips import BirthDates, birth_dates, with_age_slips
from pipelines.children.facts import child_facts
from pipelines.children.provision import find_provision
from pipelines.tables import CHILD_RECORD, PERSON, STATEMENT

AS_AT = date(2026, 11, 20)
TODDLER, PUPIL = date(2023, 8, 9), date(2015, 8, 9)

RESIDES = pl.Schema(Columns({"child_id": pl.String, "living_here": pl.Float64}))

Child = dict[str, date | None]
"""Source -> the birth date it gives; the census makes a place."""


def town(slips: int) -> list[Child]:
    """500 pupils; 500 toddlers the GP and the nurse know, ``slips`` of them of age by the GP; 300 the GP alone knows."""
    pupils: list[Child] = [{"school_census": PUPIL, "health": PUPIL}] * 500
    toddlers: list[Child] = [{"health": TODDLER, "health_visitor": TODDLER}] * (500 - slips)
    slipped: list[Child] = [{"health": PUPIL, "health_visitor": TODDLER}] * slips
    return [*pupils, *toddlers, *slipped, *[{"health": TODDLER}] * 300, *[{"health": PUPIL}] * 10]


def of_age(
    children: list[Child],
    child: Child,
    gone: Sequence[Child] = (),
    since: date | None = None,
    others_since: timedelta = timedelta(weeks=3),
) -> float:
    """How likely ``child`` is of age, laid beside the others. ``gone``: further children, who have moved away.

    ``since``: since when the child's sources know it, and the others' the others so long after their birth; null: nobody says.
    """
    rows = [
        {"record_id": f"{source}:{n}", "dataset": source, "date_of_birth": born, "child_id": f"CH{n:04}"}
        | ({"household": f"T{n}"} if source == "housing" else {})
        for n, known in enumerate([*children, child, *gone])
        for source, born in known.items()
    ]
    person = pl.DataFrame(rows, schema=dict(PERSON))
    records = pl.DataFrame([{**row, "membership": 1.0} for row in rows], schema=dict(CHILD_RECORD))
    places = [
        {**row, "source": row["dataset"], "kind": "provision"} for row in rows if row["dataset"] == "school_census"
    ]
    if since:
        births = [max((born for born in known.values() if born), default=since) for known in [*children, child, *gone]]
        begun = {f"CH{n:04}": born + others_since for n, born in enumerate(births)} | {f"CH{len(children):04}": since}
        places += [
            {**row, "source": row["dataset"], "kind": "lives_here", "since_on": begun[str(row["child_id"])]}
            for row in rows
        ]
    statements = pl.DataFrame(places, schema=dict(STATEMENT))
    facts = child_facts(person, statements, records, AS_AT)
    said = birth_dates(facts, person, statements, records, find_provision(statements, records, AS_AT), as_at=AS_AT)
    away = [f"CH{n:04}" for n in range(len(children) + 1, len(children) + 1 + len(gone))]
    residence = pl.DataFrame({"child_id": away, "living_here": [0.0] * len(away)}, schema=RESIDES)
    found = with_age_slips(said, residence)
    return float(found.filter(child_id=f"CH{len(children):04}")["of_age"].item())


@pytest.mark.parametrize(
    ("slips", "child", "least", "most"),
    [
        pytest.param(0, {"health": PUPIL}, 0.93, 0.999, id="dates hardly ever slip: of age"),
        pytest.param(
            20, {"health": PUPIL}, 0.4, 0.6, id="one of the GP's dates in 25 slips: every other one a toddler"
        ),
        pytest.param(20, {"health": PUPIL, "housing": PUPIL}, 1.0, 1.0, id="two sources say so: of age"),
        pytest.param(20, {"health": PUPIL, "school_census": PUPIL}, 1.0, 1.0, id="on a roll: of age"),
        pytest.param(20, {"health": TODDLER}, 0.0, 0.0, id="a toddler is none of them"),
        pytest.param(0, {"health": None}, 0.0, 0.1, id="no date: like the dated ones without a place, mostly toddlers"),
        pytest.param(0, {"school_census": None}, 0.9, 1.0, id="no date, but a place: like the others on the roll"),
    ],
)
def test_of_age_after_all(slips: int, child: Child, least: float, most: float) -> None:
    assert least <= of_age(town(slips), child) <= most


@pytest.mark.parametrize(
    ("since", "others_since", "least", "most"),
    [
        pytest.param(
            date(2015, 9, 1), timedelta(weeks=3), 0.99, 1.0, id="known since 2015: no toddler of today was born"
        ),
        pytest.param(
            date(2021, 8, 31), timedelta(weeks=3), 0.99, 1.0, id="on the day on which the youngest of age was"
        ),
        pytest.param(
            date(2023, 8, 30), timedelta(weeks=3), 0.09, 0.11, id="known since 2023: nearly all such are toddlers"
        ),
        pytest.param(
            date(2015, 9, 1), timedelta(days=-900), 0.4, 0.6, id="a source that begins before birth says nothing of it"
        ),
    ],
)
def test_nobody_is_known_before_birth(since: date, others_since: timedelta, least: float, most: float) -> None:
    """Ten children of age whom only the GP knows, known since birth, and 12 slips to be expected of 300 toddlers."""
    assert least <= of_age(town(20), {"health": PUPIL}, since=since, others_since=others_since) <= most


@pytest.mark.parametrize(
    ("since", "least", "most"),
    [
        pytest.param(date(2024, 5, 1), 0.0, 0.01, id="known when toddlers were born: as likely one of them"),
        pytest.param(date(2018, 5, 1), 0.8, 1.0, id="known before any toddler was born: none of them"),
        pytest.param(date(2009, 5, 1), 0.0, 0.1, id="known before anybody now of age was born: a grown-up"),
    ],
)
def test_a_child_without_a_date_is_at_least_as_old_as_its_record(since: date, least: float, most: float) -> None:
    grown_ups: list[Child] = [{"health": date(2008, 8, 9)}] * 30
    assert least <= of_age([*town(0), *grown_ups], {"health": None}, since=since) <= most


def test_a_record_that_may_begin_before_the_birth_says_nothing_of_a_child_without_a_date() -> None:
    tenancy = of_age(town(0), {"health": None}, since=date(2018, 5, 1), others_since=timedelta(weeks=-300))
    assert tenancy == pytest.approx(of_age(town(0), {"health": None}))


@pytest.mark.parametrize("seed", [47, 57])
def test_in_whatever_order_records_come_the_last_digit_is_the_same(seed: int) -> None:
    """Two nights that differ in it alone would publish other bytes."""
    dice = Random(seed)
    since = [(before, long_before) for before in (False, True) for long_before in (False, True)]
    known = [each for each in since for _ in range(dice.randrange(5, 80))]
    without_place = pl.DataFrame(
        [
            {"child_id": f"CH{n:04}", "dataset": "health", "is_of_age": dice.random() < 0.4, "is_young": False}
            | {"is_grown": False, "known_before": before, "known_long_before": long_before}
            for n, (before, long_before) in enumerate(known)
        ]
    )
    living_here = [dice.random() for _ in known]
    residence = without_place.select("child_id", living_here=pl.Series(living_here, dtype=pl.Float64))
    undated = pl.DataFrame(
        {"child_id": "CH", "dataset": "health", "known_before": [True], "known_long_before": [False]}
    )
    facts = pl.DataFrame(
        {
            "child_id": "CH",
            "date_of_birth": None,
            "born_in": None,
            "of_age": 0.5,
            "dates_differ": False,
            "is_placed": [False],
        },
        schema_overrides={"date_of_birth": pl.Date, "born_in": pl.String},
    )
    rates = pl.DataFrame({"dataset": "health", "young": 0.002, "grown": [0.002]})
    blanks = pl.DataFrame({"dataset": "health", "blank": [0.02]})
    sources = pl.DataFrame({"child_id": "CH", "sources": [1]}, schema_overrides={"sources": pl.Int64})
    found = {
        with_age_slips(
            BirthDates(
                facts, without_place.sample(fraction=1, shuffle=True, seed=order), rates, undated, blanks, sources
            ),
            residence,
        )["of_age"].item()
        for order in range(12)
    }
    assert len(found) == 1


@pytest.mark.parametrize(
    ("source", "undated", "of_pupils", "least", "most"),
    [
        pytest.param(
            "housing", 5, 0, 0.45, 0.55, id="as few as there are in any list: like those with a date, half of age"
        ),
        pytest.param("housing", 400, 0, 0.0, 0.02, id="many in a list of households: tenants"),
        pytest.param("housing", 60, 300, 0.45, 0.55, id="many, and it leaves every other pupil's date empty too"),
        pytest.param("health", 400, 0, 0.45, 0.55, id="many in a list that knows no households: children"),
    ],
)
def test_of_people_without_a_birth_date_in_a_list_of_households_most_are_tenants(
    source: str, undated: int, of_pupils: int, least: float, most: float
) -> None:
    """Many lists say neither who is the tenant nor when he was born: a made-up town had 364 of them on its list."""
    pupils: list[Child] = [{"school_census": PUPIL, source: PUPIL}] * 300
    without: list[Child] = [{"school_census": PUPIL, source: None}] * of_pupils
    others: list[Child] = [{source: PUPIL}, {source: TODDLER}] * 30
    assert least <= of_age([*pupils, *without, *others, *[{source: None}] * undated], {source: None}) <= most


def test_a_grown_ups_date_slips_by_ten_years_at_most() -> None:
    """An agency's list has grown-ups among the children: hardly any of them looks of age by a slip."""
    of_thirty, of_seventeen = ([{"housing": date(year, 8, 9)}] * 600 for year in (1996, 2009))
    alone: list[Child] = [{"housing": PUPIL}] * 9
    assert of_age([*alone, *of_thirty], {"housing": PUPIL}) == 1.0
    assert of_age([*alone, *of_seventeen], {"housing": PUPIL}) == pytest.approx(1 - 600 / 500 / 11, abs=0.01)


def test_a_slip_is_likelier_the_more_dates_slip() -> None:
    chances = [of_age(town(slips), {"health": PUPIL}) for slips in (0, 5, 10, 20, 60)]
    assert chances == sorted(chances, reverse=True)
    assert chances[-1] == pytest.approx(0.1)


def test_a_pupil_whose_other_date_has_slipped_makes_no_toddler_of_pupils() -> None:
    """Nobody whom the school and the GP know was born in 2003: it is the school's date that is wrong."""
    slipped: list[Child] = [{"health": PUPIL, "school_census": date(2003, 8, 9)}] * 40
    assert of_age([*town(0), *slipped], {"health": PUPIL}) > 0.95


def test_a_third_source_tells_which_of_two_has_slipped() -> None:
    slipped: list[Child] = [{"health": PUPIL, "health_visitor": TODDLER, "housing": TODDLER}] * 20
    assert of_age([*town(0), *slipped], {"health": PUPIL}) < 0.7


def test_a_source_whose_dates_are_bad_makes_those_of_another_no_worse() -> None:
    """Housing's dates are wrong of half its pupils: where it makes a toddler of the GP's of age, the GP is not in doubt."""
    of_school: list[Child] = [{"school_census": PUPIL, "health": PUPIL, "housing": TODDLER}] * 50
    of_school += [{"school_census": PUPIL, "health": PUPIL, "housing": PUPIL}] * 50
    of_none: list[Child] = [{"health": TODDLER, "housing": PUPIL}] * 50 + [{"health": PUPIL, "housing": TODDLER}] * 5
    assert of_age([*town(0), *of_school, *of_none], {"health": PUPIL}) > 0.9
    assert of_age([*town(0), *of_school, *of_none, *[{"housing": TODDLER}] * 50], {"housing": PUPIL}) < 0.2


BOTH = {"health": PUPIL, "health_visitor": TODDLER}


@pytest.mark.parametrize(
    ("peers", "child", "least", "most"),
    [
        pytest.param({"health": TODDLER, "health_visitor": TODDLER}, BOTH, 0.0, 0.02, id="their like are toddlers"),
        pytest.param({"health": PUPIL, "health_visitor": PUPIL}, BOTH, 0.98, 1.0, id="their like are of age"),
        pytest.param({"health": TODDLER}, BOTH, 0.5, 0.5, id="nobody is like them: the vote stands"),
        pytest.param(
            {"health": TODDLER, "health_visitor": TODDLER, "housing": TODDLER},
            {**BOTH, "housing": PUPIL},
            0.05,
            0.15,
            id="two against one, and a hundred toddlers like them",
        ),
        pytest.param(
            {"health": TODDLER, "school_census": TODDLER},
            {"health": TODDLER, "school_census": PUPIL},
            0.5,
            0.5,
            id="on a roll: the vote stands",
        ),
    ],
)
def test_dates_on_both_sides_are_held_against_children_known_to_the_same_sources(
    peers: Child, child: Child, least: float, most: float
) -> None:
    assert least <= of_age([peers] * 100, child) <= most


@pytest.mark.parametrize(
    ("child", "gone"),
    [
        pytest.param(
            {"health": PUPIL}, {"health": PUPIL}, id="of age by the GP alone: true dates of who has gone are not its"
        ),
        pytest.param({"health": PUPIL}, {"health": TODDLER}, id="toddlers who have gone slip into nobody who is here"),
        pytest.param({"health": None}, {"health": PUPIL}, id="no date: as many of age as are here"),
        pytest.param({"health": None}, {"health": TODDLER}, id="no date: as many toddlers as are here"),
        pytest.param(BOTH, {"health": PUPIL, "health_visitor": PUPIL}, id="dates on both sides: its like who are here"),
    ],
)
def test_whoever_has_gone_tells_nothing_of_those_who_are_here(child: Child, gone: Child) -> None:
    assert of_age(town(20), child, [gone] * 500) == pytest.approx(of_age(town(20), child))


def test_where_all_have_gone_a_child_without_a_date_is_as_its_source_says_of_all() -> None:
    assert 0.5 < of_age([], {"health": None}, [{"health": PUPIL}] * 10) <= 1
