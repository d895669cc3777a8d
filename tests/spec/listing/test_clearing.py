"""What would clear a lead, the cheapest enquiry first: a drawn table."""

from datetime import date
from typing import Any

import pytest

from pipelines.listing.clearing import ASK_FIRST, SOCIAL_WORKER, what_would_clear
from pipelines.listing.rank import DATA_PROBLEM, DOUBTFUL_LINK, FOLLOW_UP, MOVED_AWAY, RESTRICTED
from pipelines.listing.route import ADOPTION, ROUTES

PLACE, LEFT, ANALYST, BIRTH, ENTRY, BOTH, SCHOOL = (
    "Evidence of a current place",
    "Evidence that the family has left",
    "From an analyst",
    "From the senders of the records below: the right birth date.",
    "From the senders of the records below: whether an entry in education still holds.",
    "From the senders of the records below: the right birth date, and whether an entry in education still holds.",
    "From the school, team or sender named among the reasons",
)


def lead(**more: Any) -> dict[str, Any]:
    sure = {
        "on_no_roll": 1.0,
        "living_here": 1.0,
        "date_of_birth": date(2015, 5, 14),
        "born_in": None,
        "lane": FOLLOW_UP,
        "route": None,
    }
    row = {**sure, **more}
    return {"estimated": row["on_no_roll"] and row["on_no_roll"] * row["living_here"], **row}


@pytest.mark.parametrize(
    ("candidate", "has_rival", "asked"),
    [
        pytest.param(lead(), False, [PLACE], id="nothing in doubt"),
        pytest.param(lead(route="admissions"), False, ["From the admissions team", PLACE], id="admissions first"),
        pytest.param(
            lead(route="home-education", living_here=0.8),
            False,
            ["From the home education team", LEFT, PLACE],
            id="home education, and perhaps gone",
        ),
        pytest.param(lead(living_here=0.97), False, [PLACE], id="nobody doubts that the child lives here"),
        pytest.param(lead(lane=MOVED_AWAY, living_here=0.3), False, [LEFT, PLACE], id="probably moved away"),
        pytest.param(lead(lane=DOUBTFUL_LINK, on_no_roll=0.7), False, [ANALYST, PLACE], id="a doubtful link"),
        pytest.param(lead(on_no_roll=0.95), True, [ANALYST, PLACE], id="a child in education comes near"),
        pytest.param(lead(), True, [PLACE], id="one comes near, and is surely another: nobody need judge"),
        pytest.param(lead(lane=DATA_PROBLEM, date_of_birth=None), False, [BIRTH, PLACE], id="no birth date"),
        pytest.param(
            lead(lane=DATA_PROBLEM, route="other authority", on_no_roll=0.15),
            False,
            ["From the other authority", ENTRY, PLACE],
            id="an old confirmation: nobody doubts the birth date",
        ),
        pytest.param(lead(lane=DATA_PROBLEM, estimated=0.5), False, [BIRTH, PLACE], id="birth dates that differ"),
        pytest.param(
            lead(lane=DATA_PROBLEM, on_no_roll=0.5, estimated=0.2), False, [BOTH, PLACE], id="both birth date and entry"
        ),
        pytest.param(
            lead(lane=DATA_PROBLEM, on_no_roll=0.99), False, [SCHOOL, PLACE], id="a school whose roll is out of date"
        ),
        pytest.param(
            lead(lane=RESTRICTED, on_no_roll=None, living_here=None),
            True,
            [PLACE],
            id="what is doubted of a protected child is told to nobody else",
        ),
        pytest.param(lead(route="adoption"), False, [PLACE], id="adoption: told to nobody else"),
    ],
)
def test_what_would_clear_a_lead(candidate: dict[str, Any], has_rival: bool, asked: list[str]) -> None:
    lines = what_would_clear(candidate, has_rival=has_rival)
    assert len(lines) == len(asked)
    assert all(line.startswith(start) for line, start in zip(lines, asked, strict=True))


def test_where_brothers_and_sisters_are_educated_is_asked_in_one_sentence_after_the_other_team() -> None:
    places = [
        {"what": "state school", "place": "Keats Primary School", "record_id": "school_census:1"},
        {"what": "home education", "place": None, "record_id": "ehe_register:2"},
    ]
    lines = what_would_clear(lead(route="admissions"), has_rival=False, household=places)
    assert lines[1] == (
        "From where another child in the household is educated (state school, Keats Primary School, record "
        "school_census:1; home education, record ehe_register:2): whether the family still lives here, and where this child "
        "is educated."
    )
    assert [line.startswith(("From the admissions", PLACE)) for line in lines] == [True, False, True]


def test_every_other_team_is_asked_something() -> None:
    assert set(ASK_FIRST) == set(ROUTES) - {ADOPTION}


def test_of_a_child_open_to_social_care_its_social_worker_is_asked_before_any_other_team_and_any_visit() -> None:
    """The sheet of a child on a protection plan sent an officer to admissions and to the door."""
    told = what_would_clear(lead(route="admissions"), has_rival=False, factors={"no_place", "social_care"})
    assert told[:2] == [SOCIAL_WORKER, ASK_FIRST["admissions"]]
    assert "before anybody visits" in SOCIAL_WORKER
    assert SOCIAL_WORKER not in what_would_clear(lead(), has_rival=False, factors={"no_place"})
