"""Which team is asked first: what a record says, and the route."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pipelines.listing.route import routes
from tests.made.children import Drawn

BEGAN, ENDED = date(2026, 2, 2), date(2026, 7, 20)


@pytest.mark.parametrize(
    ("kind", "what", "more", "route"),
    [
        pytest.param("concern", "no offer of a school place", {}, "admissions", id="no offer"),
        pytest.param("concern", "refused a school place", {}, "admissions", id="refused"),
        pytest.param("concern", "school place accepted", {}, "admissions", id="an offer accepted and never taken up"),
        pytest.param("concern", "school place deferred", {}, "admissions", id="deferred, and not taken up since"),
        pytest.param("concern", "school place offered", {"until": ENDED}, None, id="an offer long closed"),
        pytest.param("concern", "home education assessed as unsuitable", {}, "home-education", id="unsuitable"),
        pytest.param("concern", "permanently excluded", {}, "attendance", id="excluded"),
        pytest.param("concern", "EHCP without a named school", {}, "SEND", id="a plan without a school"),
        pytest.param("concern", "placed for adoption", {}, "adoption", id="adoption"),
        pytest.param("concern", "child in need", {}, None, id="social care: no other team"),
        pytest.param(
            "provision",
            "home education",
            {"doubt": "not yet assessed"},
            "home-education",
            id="home education not yet assessed",
        ),
        pytest.param("provision", "state school", {"doubt": "only a guest registration"}, "attendance", id="a guest"),
        pytest.param(
            "provision",
            "state school",
            {"doubt": "only a guest registration", "until": ENDED},
            None,
            id="no longer a guest: the doubt is over",
        ),
        pytest.param("provision", "state school", {}, None, id="on a roll, and nobody doubts it"),
        pytest.param("provision", "home education", {"until": ENDED}, "home-education", id="home education closed"),
        pytest.param("provision", "HOME_EDUCATION", {"until": ENDED}, "home-education", id="closed, said as a code"),
        pytest.param("provision", "package otherwise than at school", {"until": ENDED}, "SEND", id="a package ended"),
        pytest.param("provision", "one-to-one tuition", {"until": ENDED}, None, id="tuition ended: the team itself"),
        pytest.param("provision", "state school", {"until": ENDED}, None, id="left a school: the team itself"),
        pytest.param("provision", "state school", {"since": date(2027, 1, 5)}, "admissions", id="a place to come"),
        pytest.param("vanished", None, {}, "attendance", id="gone from a roll without a leaving date"),
        pytest.param("seen", None, {}, None, id="seen only"),
    ],
)
def test_route(kind: str, what: str | None, more: dict[str, Any], route: str | None) -> None:
    drawn = Drawn().record("health:H1", "A").says("health:H1", kind, what, **{"since": BEGAN, **more})
    found = routes(drawn.circumstances())
    assert found["route"].to_list() == ([route] if route else [])


def test_of_several_routes_the_narrowest_circle_counts() -> None:
    drawn = Drawn().record("health:H1", "A").says("health:H1", "concern", "no offer of a school place", BEGAN)
    drawn.says("health:H1", "concern", "EHC plan", BEGAN)
    assert routes(drawn.circumstances()).rows() == [("A", "SEND")]


def test_home_education_that_ended_before_another_school_is_no_route() -> None:
    drawn = Drawn().record("health:H1", "A").says("health:H1", "provision", "home education", BEGAN, date(2026, 3, 1))
    drawn.says("health:H1", "provision", "state school", date(2026, 3, 2), ENDED)
    assert routes(drawn.circumstances()).is_empty()


@pytest.mark.parametrize("turned", [False, True], ids=["as they come", "the other way round"])
def test_of_two_educations_that_ended_on_one_day_the_first_by_record_is_the_last_one(turned: bool) -> None:
    """Whatever order the rows are in: the same list comes out on any number of threads."""
    drawn = Drawn().record("ehe_register:E1", "A").record("school_census:C1", "A")
    drawn.says("ehe_register:E1", "provision", "home education", BEGAN, ENDED).on_roll("school_census:C1", BEGAN, ENDED)
    circumstances = drawn.circumstances()
    rows = circumstances.provision.reverse() if turned else circumstances.provision
    assert routes(replace(circumstances, provision=rows)).rows() == [("A", "home-education")]


def test_a_route_stands_on_the_list() -> None:
    drawn = Drawn().record("health:H1", "A").says("health:H1", "concern", "no offer of a school place", BEGAN)
    assert drawn.lives("A", 1.0).ranked().candidates["route"].to_list() == ["admissions"]
