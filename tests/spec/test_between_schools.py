"""Who is between two schools over the summer, and who is listed all the same: what is known, a day, and the verdict."""

from datetime import date

import pytest

from pipelines.children.provision import find_provision
from pipelines.ledger.came_on_list import NOT_TAKEN_UP
from pipelines.listing.not_yet import BETWEEN_SCHOOLS
from pipelines.listing.rank import Ranked, rank
from pipelines.rank_settings import RankSettings
from tests.made.children import SOURCE_NAMES, Drawn
from tests.made.nights import Nights

YEAR_6 = date(2015, 5, 14)
BEGAN, ENDED, TERM = date(2019, 9, 2), date(2026, 7, 21), date(2026, 9, 2)
AUGUST = date(2026, 8, 10)


def leaver(ended: date = ENDED, accepted_from: date | None = TERM, sure: float = 1.0) -> Drawn:
    """Left primary school, is on a GP's list, and a place at another school is accepted."""
    drawn = Drawn().record("school_census:1", "CH1", YEAR_6).on_roll("school_census:1", BEGAN, ended)
    drawn.record("health:1", "CH1", YEAR_6).lives("CH1", 0.95)
    if accepted_from:
        drawn.record("admissions:1", "CH1", YEAR_6, sure=sure)
        drawn.says("admissions:1", "concern", "school place accepted", accepted_from)
    return drawn


def as_of(drawn: Drawn, as_at: date) -> Ranked:
    tables = drawn.tables()
    tables["provision"] = find_provision(tables["statements"], tables["child_records"], as_at)
    return rank(**tables, as_at=as_at, settings=RankSettings(), source_names=SOURCE_NAMES)


@pytest.mark.parametrize(
    ("drawn", "as_at", "waits"),
    [
        pytest.param(leaver(), AUGUST, True, id="left in July, accepted for September"),
        pytest.param(leaver(), date(2026, 7, 22), True, id="the day after school ended"),
        pytest.param(leaver(), date(2026, 9, 16), True, id="a fortnight into term: the roll may not show it yet"),
        pytest.param(leaver(), date(2026, 9, 17), False, id="fifteen days into term, and on no roll"),
        pytest.param(leaver(ended=date(2026, 7, 1)), AUGUST, True, id="left on 1 July"),
        pytest.param(leaver(ended=date(2026, 6, 30)), AUGUST, False, id="left in June: has missed school"),
        pytest.param(leaver(accepted_from=date(2026, 9, 15)), AUGUST, True, id="accepted for the middle of September"),
        pytest.param(leaver(accepted_from=date(2026, 9, 16)), AUGUST, False, id="accepted for later: will miss school"),
        pytest.param(leaver(accepted_from=date(2026, 7, 20)), AUGUST, False, id="accepted for a day before it left"),
        pytest.param(leaver(accepted_from=None), AUGUST, False, id="no place to come"),
        pytest.param(leaver(accepted_from=None).says("health:1", "concern", "school place offered", TERM), AUGUST, False,
                     id="offered, not accepted"),
        pytest.param(leaver(accepted_from=None).record("school_census:2", "CH1", YEAR_6).on_roll("school_census:2", TERM),
                     AUGUST, True, id="on the next school's roll from September"),
        pytest.param(leaver(sure=0.85), AUGUST, False, id="an application that may be another child's"),
        pytest.param(leaver(accepted_from=None).says("health:1", "concern", "school place accepted", TERM, AUGUST), AUGUST,
                     True, id="accepted, and open until tonight"),
        pytest.param(leaver(accepted_from=None).says("health:1", "concern", "school place accepted", TERM, ENDED), AUGUST,
                     False, id="accepted, and withdrawn"),
        pytest.param(leaver().says("health:1", "concern", "child protection plan", BEGAN), AUGUST, False,
                     id="at high risk: never waits"),
        pytest.param(leaver(date(2026, 10, 23), date(2026, 11, 2)), date(2026, 10, 28), False, id="changes school in autumn"),
    ],
)  # fmt: skip
def test_who_is_between_two_schools(drawn: Drawn, as_at: date, waits: bool) -> None:
    ranked = as_of(drawn, as_at)
    assert ranked.explained["reason"].to_list() == ([BETWEEN_SCHOOLS] if waits else [])
    assert ranked.candidates["lane"].to_list() == ([] if waits else ["follow up"])


def test_the_day_from_which_the_child_is_listed_is_told() -> None:
    assert as_of(leaver(), AUGUST).explained["why"].item() == (
        "Between two schools: the last education ended on 21 July 2026, and a place is accepted from 2 September 2026. Listed "
        "from 17 September 2026 unless a roll shows the child by then."
    )


def test_the_ledger_follows_a_child_into_the_summer_and_out_of_it() -> None:
    nights = Nights().night(leaver(accepted_from=None), on=date(2026, 7, 22)).night(leaver(), on=AUGUST)
    assert (nights.lead("CH1")["state"], nights.lead("CH1")["off_because"]) == ("left", BETWEEN_SCHOOLS)
    assert "a place is accepted from 2 September 2026" in str(nights.lead("CH1")["off_why"])
    nights.night(leaver(), on=date(2026, 9, 17))
    assert (nights.lead("CH1")["state"], nights.lead("CH1")["came_because"]) == ("listed", NOT_TAKEN_UP)
