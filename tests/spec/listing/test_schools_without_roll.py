"""Which schools are named above the list because no list shows any of their pupils."""

from datetime import date

import pytest

from pipelines.listing.schools_without_roll import GIVEN_WITHIN, schools_without_roll
from tests.made.children import Drawn

AS_AT, TERM = date(2026, 11, 20), date(2026, 9, 2)
BORN = date(2014, 5, 14)


def accepted(children: int = 5, *, at: str | None = "104009", starts: date = TERM, among: Drawn | None = None) -> Drawn:
    """So many children with an accepted place at a school, besides a pupil of Ridge High School."""
    drawn = among or Drawn(schools=[("104001", "school_census", "Ridge High School")])
    drawn.record("school_census:99", "CH99", BORN).on_roll("school_census:99", TERM, place="Ridge High School")
    for number in range(1, children + 1):
        drawn.record(f"admissions:{number}", f"CH{number}", BORN)
        drawn.says(f"admissions:{number}", "concern", "school place accepted", starts, place=at)
    return drawn


def of_an_independent_school() -> Drawn:
    drawn = accepted(at="Beck House School")
    return drawn.record("independent_schools:1", "CH70", BORN).on_roll(
        "independent_schools:1", TERM, place="Beck House"
    )


def of_a_school_that_all_have_left() -> Drawn:
    drawn = accepted(at="104002", among=Drawn(schools=[("104002", "school_census", "Priory Academy")]))
    return drawn.record("school_census:98", "CH98", BORN).on_roll(
        "school_census:98", None, TERM, place="Priory Academy"
    )


def placed_elsewhere() -> Drawn:
    drawn = accepted()
    return drawn.record("school_census:1", "CH1", BORN).on_roll("school_census:1", TERM, place="Ridge High School")


@pytest.mark.parametrize(
    ("drawn", "named"),
    [
        pytest.param(accepted(), "104009 (5 children)", id="five places at a school that no list shows"),
        pytest.param(accepted(6), "104009 (6 children)", id="six"),
        pytest.param(accepted(4), None, id="of four, their own rows tell"),
        pytest.param(accepted(at="104001"), None, id="a school of a roll, by its number"),
        pytest.param(of_a_school_that_all_have_left(), "104002 (5 children)", id="by its roll all have left"),
        pytest.param(of_an_independent_school(), None, id="an independent school that sends a list"),
        pytest.param(accepted(at=None), None, id="no school named"),
        pytest.param(accepted(starts=date(2026, 11, 18)), None, id="begun this week: on no roll yet"),
        pytest.param(accepted(starts=AS_AT - GIVEN_WITHIN), "104009 (5 children)", id="a year ago"),
        pytest.param(accepted(starts=date(2025, 9, 2)), None, id="longer ago: they may be at another school since"),
        pytest.param(placed_elsewhere(), None, id="one of the five is at another school"),
        pytest.param(accepted().says("admissions:1", "protected"), None, id="one of the five is protected"),
    ],
)
def test_a_school_is_named_at_which_children_without_a_place_accepted_one_and_which_no_list_shows(
    drawn: Drawn, named: str | None
) -> None:
    told = schools_without_roll(drawn.inputs(as_at=AS_AT))
    assert [words.split(": ")[1].split(". ")[0] for words in told] == ([named] if named else [])
    assert all(words.startswith("No list shows any pupil of these schools") for words in told)
