"""Where the authority ends: a home outside it is another authority's, and a school next door may have a child by the border."""

import tomllib
from datetime import date
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from pipelines.decisions.in_force import settings_toml
from pipelines.listing.clearing import what_would_clear
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.rank import MOVED_AWAY, Ranked, rank
from pipelines.rank_settings import Area, RankSettings
from pipelines.residence.area import homes
from pipelines.residence.homes import with_homes
from pipelines.residence.living_here import judge_residence
from pipelines.residence.records import child_dates, record_dates
from pipelines.settings import Settings, read_settings
from tests.made.children import AS_AT, SOURCE_NAMES, Drawn

OURS = Area(
    postcodes=("ZA", "ZB1", "ZB2 4"),
    neighbours={"Zedshire": ("ZB",), "Isle of Zed": ("ZC9",)},
    border={"Zedshire": ("ZA7", "ZB1 3")},
)
EARLY, LATE = date(2024, 3, 1), date(2026, 9, 1)


def drawn(*records: tuple[str, str | None, date | None]) -> Drawn:
    """One child of (record, postcode, last day it was seen there)."""
    made = Drawn()
    for record_id, postcode, seen_on in records:
        made.record(record_id, "A", postcode=postcode)
        if seen_on:
            made.says(record_id, "seen", since=seen_on)
    return made


@pytest.mark.parametrize(
    ("records", "told"),
    [
        pytest.param([("health:1", "ZA11AA", LATE)], None, id="in a postcode area of ours"),
        pytest.param([("health:1", "ZB11AA", LATE)], None, id="in a district of ours"),
        pytest.param([("health:1", "ZB24AA", LATE)], None, id="in a sector of ours"),
        pytest.param([("health:1", "ZB25AA", LATE)], (True, False, "Zedshire"), id="in the sector beside it"),
        pytest.param([("health:1", "ZB101AA", LATE)], (True, False, "Zedshire"), id="ZB10 is not ZB1"),
        pytest.param([("health:1", "ZC91AA", LATE)], (True, False, "Isle of Zed"), id="next door, named by district"),
        pytest.param([("health:1", "ZX11AA", LATE)], (True, False, None), id="far away"),
        pytest.param([("health:1", "ZA71AA", LATE)], (False, True, "Zedshire"), id="by the border"),
        pytest.param([("health:1", "ZB13AA", LATE)], (False, True, "Zedshire"), id="by the border, one sector"),
        pytest.param([("health:1", None, LATE)], None, id="no postcode tells nothing"),
        pytest.param(
            [("health:1", "ZA11AA", EARLY), ("housing:1", "ZX11AA", LATE)], (True, False, None), id="told last outside"
        ),
        pytest.param([("health:1", "ZX11AA", EARLY), ("housing:1", "ZA11AA", LATE)], None, id="told last in ours"),
        pytest.param([("health:1", "ZX11AA", LATE), ("housing:1", "ZA11AA", LATE)], None, id="both on one day: ours"),
        pytest.param([("health:1", "ZX11AA", None), ("housing:1", "ZA11AA", None)], None, id="both undated: ours"),
        pytest.param([("health:1", "ZX11AA", None), ("housing:1", "ZA11AA", EARLY)], None, id="dated before undated"),
    ],
)
def test_where_the_last_known_home_lies(
    records: list[tuple[str, str | None, date | None]], told: tuple[bool, bool, str | None] | None
) -> None:
    tables = drawn(*records).tables()
    found = homes(
        child_dates(record_dates(tables["statements"], AS_AT), tables["child_records"]), tables["person"], OURS
    )
    assert found.drop("child_id").rows() == ([told] if told else [])
    none_named = homes(
        child_dates(record_dates(tables["statements"], AS_AT), tables["child_records"]), tables["person"], Area()
    )
    assert none_named.is_empty()


@pytest.mark.parametrize(
    ("placed_on", "placed_until", "is_outside"),
    [
        pytest.param(EARLY, None, True, id="an open entry tells of today, whenever it began"),
        pytest.param(EARLY, date(2025, 3, 1), False, id="of two that ended, the one that ended last"),
    ],
)
def test_the_home_of_an_ended_entry_is_older_than_that_of_an_open_one(
    placed_on: date, placed_until: date | None, is_outside: bool
) -> None:
    made = drawn(("school_census:1", "ZA11AA", None), ("social_care:1", "ZX11AA", None))
    made.on_roll("school_census:1", EARLY, LATE).says("school_census:1", "left", since=LATE)
    made.says("social_care:1", "lives_here", since=placed_on, until=placed_until)
    tables = made.tables()
    dates = child_dates(record_dates(tables["statements"], AS_AT), tables["child_records"])
    assert homes(dates, tables["person"], OURS)["is_outside"].any() is is_outside


def test_an_entry_said_to_be_left_is_open_no_more_though_no_day_ends_it() -> None:
    made = drawn(("social_care:1", "ZX11AA", None))
    made.says("social_care:1", "lives_here", since=EARLY).says("social_care:1", "left", since=LATE)
    tables = made.tables()
    dates = child_dates(record_dates(tables["statements"], AS_AT), tables["child_records"])
    assert homes(dates, tables["person"], OURS)["is_outside"].to_list() == [True]


CORNER = {"health": 0, "housing": 20, "benefits": 20, "social_care": 20}


@pytest.mark.parametrize(
    ("pupils", "known", "doctor", "is_outside"),
    [
        pytest.param(20, {}, False, True, id="pupils live there, and nobody whom an agency knows"),
        pytest.param(20, {"housing": 20}, False, True, id="and only applicants for a house"),
        pytest.param(
            20, CORNER, False, False, id="all agencies but the doctors know the place: it is a corner of ours"
        ),
        pytest.param(20, {"health": 20}, False, False, id="the doctors know the place"),
        pytest.param(20, {}, True, False, id="the child's own doctor is here"),
        pytest.param(2, {}, False, False, id="so few pupils that no agency may know one by chance"),
        pytest.param(90, {}, False, False, id="so many pupils that the agencies may cover only a part"),
    ],
)
def test_pupils_whom_no_agency_here_knows_show_which_places_lie_next_door(
    pupils: int, known: dict[str, int], doctor: bool, is_outside: bool
) -> None:
    """200 children of ZA1, each on the roll and with a doctor, every other one with a tenancy, a claim and a social worker."""
    made = drawn(("housing:child", "ZX19AA", LATE), *([("health:child", "ZX19AA", LATE)] if doctor else []))
    agencies = {"health": 200, "housing": 100, "benefits": 100, "social_care": 100}
    for postcode, on_roll, by_agency in (("ZA11AA", 200, agencies), ("ZX11AA", pupils, known)):
        for source, count in {"school_census": on_roll, **by_agency}.items():
            for n in range(count):
                record_id = f"{source}:{postcode}{n}"
                made.record(record_id, f"{postcode}{n}", postcode=postcode).says(record_id, "seen", since=EARLY)
    made.on_roll("school_census:ZA11AA0", EARLY)
    tables = made.tables()
    dates = child_dates(record_dates(tables["statements"], AS_AT), tables["child_records"])
    assert ("A" in homes(dates, tables["person"], Area())["child_id"].to_list()) is is_outside
    assert "A" in homes(dates, tables["person"], OURS)["child_id"].to_list()


@pytest.mark.parametrize(
    ("source", "placed", "slips", "doctor", "is_outside"),
    [
        pytest.param(
            "social_care", 6, 0, False, True, id="homes where nobody else lives: the agency placed them there"
        ),
        pytest.param("social_care", 2, 0, False, False, id="so few that they may be slips"),
        pytest.param("social_care", 6, 9, False, False, id="slips are as common in the lists that know everybody"),
        pytest.param("social_care", 6, 0, True, False, id="the child's own doctor is here"),
        pytest.param("admissions", 6, 0, False, False, id="applicants, who may be about to come"),
    ],
)
def test_an_agency_that_places_children_elsewhere_shows_it_by_homes_where_nobody_else_lives(
    source: str, placed: int, slips: int, doctor: bool, is_outside: bool
) -> None:
    """200 children of ZA1, each on the roll and with a doctor; 40 of them with a social worker and an application. Each child
    placed elsewhere lives in a district of its own; each slip, in one list, makes a district too."""
    homes_of = {"school_census": 200, "health": 200, "social_care": 40, "admissions": 40}
    made = Drawn()
    for known_to, count in homes_of.items():
        for n in range(count):
            is_slip = n < slips and known_to in ("school_census", "health")
            postcode = f"Z{known_to[0].upper()}{n}1AA" if is_slip else "ZA11AA"
            made.record(f"{known_to}:{n}", f"here{n}", postcode=postcode)
            made.says(f"{known_to}:{n}", "seen", since=EARLY)
    for n in range(placed):
        made.record(f"{source}:far{n}", f"far{n}", postcode=f"ZX{n}1AA").says(f"{source}:far{n}", "seen", since=LATE)
    made.on_roll("school_census:0", EARLY)
    made.says("social_care:39", "lives_here", since=EARLY)
    if doctor:
        made.record("health:far0", "far0", postcode=None).says("health:far0", "seen", since=EARLY)
    tables = made.tables()
    dates = child_dates(record_dates(tables["statements"], AS_AT), tables["child_records"])
    assert ("far0" in homes(dates, tables["person"], Area())["child_id"].to_list()) is is_outside


def ranked(made: Drawn, area: Area) -> Ranked:
    """The list, with residence as it is judged (and not as drawn)."""
    tables = made.tables()
    residence = judge_residence(
        record_dates(tables["statements"], AS_AT),
        tables["person"],
        tables["child_records"],
        tables["provision"],
        with_homes(tables["person"]),
        as_at=AS_AT,
        source_names=SOURCE_NAMES,
        area=area,
    )
    settings = RankSettings(area=area, wasted_enquiries_per_missed_child=99)
    return rank(
        ListInputs(**{**tables, "residence": residence}, as_at=AS_AT, settings=settings, source_names=SOURCE_NAMES)
    )


def listed(made: Drawn, area: Area) -> dict[str, Any]:
    return ranked(made, area).candidates.row(0, named=True)


def test_a_child_outside_is_asked_of_the_authority_where_it_lives_before_anybody_knocks() -> None:
    made = drawn(("health:1", "ZC91AA", LATE))
    ours, theirs = listed(made, Area()), listed(made, OURS)
    assert theirs["living_here"] == pytest.approx(ours["living_here"] * 0.2)
    assert (ours["lane"], ours["route"]) == ("follow up", None)
    assert (theirs["lane"], theirs["route"]) == (MOVED_AWAY, "other authority")
    assert "The last known home is in Isle of Zed, outside the authority; last seen" in theirs["because"]
    assert "ZC9" not in theirs["because"]
    told = what_would_clear(theirs, has_rival=False)
    assert told[0] == "From the other authority: whether the child lives there, or is on a roll there."


def test_a_child_far_outside_that_no_neighbour_is_named_for() -> None:
    assert (
        "The last known home is outside the authority; " in listed(drawn(("health:1", "ZX11AA", LATE)), OURS)["because"]
    )


def test_a_child_by_the_border_moves_down_with_the_reason_and_the_authority_to_ask() -> None:
    found = listed(drawn(("health:1", "ZA71AA", LATE)), OURS)
    plain = listed(drawn(("health:1", "ZA11AA", LATE)), OURS)
    assert found["priority"] == plain["priority"] - 10
    assert (found["route"], plain["route"]) == ("other authority", None)
    assert found["likelihood"] == plain["likelihood"]
    assert (
        "Can wait a little: lives by the border with Zedshire, and may be on the roll of a school there."
        in found["because"]
    )


def test_a_child_who_lives_here_and_is_on_a_roll_next_door_is_educated() -> None:
    made = drawn(("health:1", "ZA71AA", LATE), ("other_la:1", "ZA71AA", None))
    made.says("other_la:1", "provision", "school in another authority", EARLY, place="Zed High")
    found = ranked(made, OURS)
    assert found.candidates.is_empty()
    assert found.explained["reason"].to_list() == ["provision"]


@pytest.mark.parametrize("text", ["za1", "SY15 6AA", "", "SY15  6", "5SY"])
def test_what_is_no_postcode_area_district_or_sector_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Area(postcodes=(text,))


def test_names_with_spaces_stand_in_the_settings_in_force(tmp_path: Any) -> None:
    settings = Settings(extracts=tmp_path, workspace=tmp_path, as_at=AS_AT, ranking=RankSettings(area=OURS))
    text = settings_toml(settings, "Proposal 1")
    assert tomllib.loads(text)["ranking"]["area"]["neighbours"]["Isle of Zed"] == ["ZC9"]
    (tmp_path / "settings.toml").write_text(text)
    again = read_settings(tmp_path / "settings.toml", extracts=tmp_path, workspace=tmp_path, as_at=AS_AT)
    assert again.ranking == settings.ranking


def test_without_the_authority_s_postcodes_nothing_changes() -> None:
    made = drawn(("health:1", "ZX11AA", LATE))
    assert pl.DataFrame.equals(
        ranked(made, Area()).candidates, ranked(made, Area(border={"Zedshire": ("ZX1",)})).candidates
    )
