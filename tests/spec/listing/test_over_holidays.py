"""Who waits over the holidays for a place that is accepted, and who is listed: what is known, a day, the verdict."""

from datetime import date

import pytest

from pipelines.ledger.came_on_list import NOT_TAKEN_UP
from pipelines.listing.waiting import OVER_HOLIDAYS
from tests.made.beside import AtOnce
from tests.made.children import Drawn
from tests.made.nights import Nights

YEAR_6 = date(2015, 5, 14)
BEGAN, ENDED, TERM = date(2019, 9, 2), date(2026, 7, 21), date(2026, 9, 2)
AUGUST = date(2026, 8, 10)
FIVE_IN_MARCH = date(2021, 2, 3)
"""Of compulsory school age from 31 March 2026, in the Easter holidays."""


def leaver(ended: date = ENDED, accepted_from: date | None = TERM, sure: float = 1.0, *, began: date = BEGAN) -> Drawn:
    """Left primary school, is on a GP's list, and a place at another school is accepted."""
    drawn = Drawn().record("school_census:1", "CH1", YEAR_6).on_roll("school_census:1", began, ended)
    drawn.record("health:1", "CH1", YEAR_6).lives("CH1", 0.95)
    if accepted_from:
        drawn.record("admissions:1", "CH1", YEAR_6, sure=sure)
        drawn.says("admissions:1", "concern", "school place accepted", accepted_from)
    return drawn


def entrant(accepted_from: date | None, born: date = FIVE_IN_MARCH) -> Drawn:
    """Was never at school, is on a GP's list, and has a place accepted for a first term."""
    drawn = Drawn().record("health:1", "CH1", born).lives("CH1", 0.95)
    if accepted_from:
        drawn.record("admissions:1", "CH1", born).says(
            "admissions:1", "concern", "school place accepted", accepted_from
        )
    return drawn


WAITING = [
    pytest.param(leaver(), AUGUST, True, id="left in July, accepted for September"),
    pytest.param(leaver(), date(2026, 7, 22), True, id="the day after school ended"),
    pytest.param(leaver(), date(2026, 9, 16), True, id="a fortnight into term: the roll may not show it yet"),
    pytest.param(leaver(), date(2026, 9, 17), False, id="fifteen days into term, and on no roll"),
    pytest.param(leaver(ended=date(2026, 7, 1)), AUGUST, True, id="left on 1 July"),
    pytest.param(leaver(ended=date(2026, 6, 30)), AUGUST, False, id="left in June: has missed school"),
    pytest.param(leaver(accepted_from=date(2026, 9, 15)), AUGUST, True, id="accepted for the middle of September"),
    pytest.param(leaver(accepted_from=date(2026, 9, 16)), AUGUST, False, id="accepted for later: will miss school"),
    pytest.param(leaver(accepted_from=date(2026, 7, 20)), AUGUST, False, id="accepted for a day before it left"),
    pytest.param(leaver(ended=TERM), date(2026, 9, 7), True, id="from one school to the other in a day"),
    pytest.param(leaver(began=TERM, ended=TERM), date(2026, 9, 7), False, id="taken off on the day it began: not come"),
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
    pytest.param(leaver(date(2025, 12, 19), date(2026, 1, 5)), date(2025, 12, 23), True, id="school closed at Christmas"),
    pytest.param(leaver(date(2025, 12, 19), date(2026, 1, 5)), date(2026, 1, 19), True, id="a fortnight into spring term"),
    pytest.param(leaver(date(2025, 12, 19), date(2026, 1, 5)), date(2026, 1, 20), False, id="not taken up in January"),
    pytest.param(leaver(date(2025, 12, 12), date(2026, 1, 5)), date(2025, 12, 23), True, id="left as the first terms end"),
    pytest.param(leaver(date(2025, 12, 11), date(2026, 1, 5)), date(2025, 12, 23), False, id="left before term ended"),
    pytest.param(leaver(date(2025, 12, 19), date(2026, 1, 13)), date(2025, 12, 23), False, id="a place well into January"),
    pytest.param(leaver(date(2026, 3, 27), date(2026, 4, 13)), date(2026, 4, 1), True, id="changes school at Easter"),
    pytest.param(leaver(date(2026, 3, 20), date(2026, 4, 13)), date(2026, 4, 1), True, id="left on 20 March"),
    pytest.param(leaver(date(2026, 3, 19), date(2026, 4, 13)), date(2026, 4, 1), False, id="left before any term ended"),
    pytest.param(leaver(date(2026, 3, 27), date(2026, 4, 25)), date(2026, 4, 1), True, id="a place from 25 April"),
    pytest.param(leaver(date(2026, 3, 27), date(2026, 4, 26)), date(2026, 4, 1), False, id="a place well into April"),
    pytest.param(entrant(date(2026, 4, 13)), date(2026, 4, 1), True, id="of age in the Easter holidays, begins after them"),
    pytest.param(entrant(date(2026, 4, 13)), date(2026, 4, 28), False, id="of age, and not taken up after Easter"),
    pytest.param(entrant(date(2026, 9, 2)), date(2026, 4, 1), False, id="of age at Easter, begins in September"),
    pytest.param(entrant(date(2025, 9, 3)), date(2026, 4, 1), False, id="of age, and a place that was never taken up"),
    pytest.param(entrant(None), date(2026, 4, 1), False, id="of age at Easter, and no place to come"),
    pytest.param(entrant(date(2026, 1, 5), born=date(2020, 12, 31)), date(2026, 1, 5), True, id="of age on 31 December"),
    pytest.param(entrant(date(2026, 9, 2), born=date(2021, 8, 31)), date(2026, 9, 1), True, id="of age on 31 August"),
    pytest.param(entrant(date(2026, 9, 2), born=YEAR_6), date(2026, 9, 1), False, id="of age for years, never at school"),
]  # fmt: skip
"""What is drawn of the child, the day judged, and whether the child waits."""
AT_ONCE = AtOnce(*(case.values[:2] for case in WAITING))


@pytest.mark.parametrize(("drawn", "as_at", "waits"), WAITING)
def test_who_waits_over_the_holidays(drawn: Drawn, as_at: date, waits: bool) -> None:
    ranked = AT_ONCE.of(drawn, as_at)
    assert ranked.explained["reason"].to_list() == ([OVER_HOLIDAYS] if waits else [])
    assert ranked.candidates["lane"].to_list() == ([] if waits else ["follow up"])


def test_the_day_from_which_the_child_is_listed_is_told() -> None:
    assert leaver().ranked(as_at=AUGUST).explained["why"].item() == (
        "Between two schools: the last education ended on 21 July 2026, with a place accepted from 2 September 2026. To be "
        "listed "
        "from 17 September 2026 unless a roll shows the child by then."
    )


def test_of_whom_no_school_has_been_left_it_is_told_since_when_one_is_due() -> None:
    assert entrant(date(2026, 4, 13)).ranked(as_at=date(2026, 4, 1)).explained["why"].item() == (
        "Not on a roll yet: of compulsory school age from 31 March 2026, with a place accepted from 13 April 2026. To be "
        "listed "
        "from 28 April 2026 unless a roll shows the child by then."
    )


def test_the_ledger_follows_a_child_into_the_summer_and_out_of_it() -> None:
    nights = Nights().night(leaver(accepted_from=None), on=date(2026, 7, 22)).night(leaver(), on=AUGUST)
    assert (nights.lead("CH1")["state"], nights.lead("CH1")["off_because"]) == ("left", OVER_HOLIDAYS)
    assert "a place accepted from 2 September 2026" in str(nights.lead("CH1")["off_why"])
    nights.night(leaver(), on=date(2026, 9, 17))
    assert (nights.lead("CH1")["state"], nights.lead("CH1")["came_because"]) == ("listed", NOT_TAKEN_UP)
