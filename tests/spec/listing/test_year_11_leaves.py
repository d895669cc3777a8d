"""Year 11 leaves school for good: who is on the list of the last days of compulsory school age. The school leaving date of 2027
is Friday 25 June."""

from datetime import date

import pytest

from pipelines.listing.waiting import AGE_ENDS
from tests.made.beside import AtOnce
from tests.made.children import Drawn
from tests.made.nights import Nights

YEAR_11, YEAR_10 = date(2011, 3, 14), date(2011, 9, 1)
LEAVING_DATE, WEDNESDAY = date(2027, 6, 25), date(2027, 6, 23)
AT_RISK = ("health:1", "concern", "child protection plan", date(2026, 1, 5))


def leaver(ended: date, born: date = YEAR_11, *, sure: float = 1.0) -> Drawn:
    """Came off the roll of a school, and is on a GP's list."""
    drawn = Drawn().record("health:1", "CH1", born).lives("CH1", 0.95)
    return drawn.record("school_census:1", "CH1", born, sure=sure).on_roll("school_census:1", date(2022, 9, 2), ended)


LEAVERS = [
    pytest.param(leaver(LEAVING_DATE), LEAVING_DATE, False, id="all of Year 11, on the day on which it leaves"),
    pytest.param(leaver(LEAVING_DATE).says(*AT_RISK), LEAVING_DATE, False, id="at high risk, and at school to the end"),
    pytest.param(leaver(WEDNESDAY), LEAVING_DATE, False, id="taken off after the last examination"),
    pytest.param(leaver(WEDNESDAY), WEDNESDAY, False, id="on that day itself"),
    pytest.param(leaver(WEDNESDAY).says(*AT_RISK), LEAVING_DATE, True, id="then, at high risk"),
    pytest.param(leaver(date(2027, 6, 11)), date(2027, 6, 14), False, id="a fortnight before the end"),
    pytest.param(leaver(date(2027, 6, 10)), date(2027, 6, 14), True, id="a day earlier"),
    pytest.param(leaver(date(2027, 5, 7)), LEAVING_DATE, True, id="in May: on the list to the end"),
    pytest.param(leaver(WEDNESDAY, YEAR_10), LEAVING_DATE, True, id="Year 10, a day of age younger"),
    pytest.param(leaver(WEDNESDAY, sure=0.85), LEAVING_DATE, True, id="by a record that may be another child's"),
    pytest.param(leaver(date(2026, 6, 24)), date(2027, 6, 14), True, id="left a year ago"),
]
"""What is drawn of the child, the day judged, and whether the child is listed."""
AT_ONCE = AtOnce(*(case.values[:2] for case in LEAVERS))


@pytest.mark.parametrize(("drawn", "as_at", "is_listed"), LEAVERS)
def test_who_is_listed_as_compulsory_school_age_ends(drawn: Drawn, as_at: date, is_listed: bool) -> None:
    ranked = AT_ONCE.of(drawn, as_at)
    assert ranked.explained["reason"].to_list() == ([] if is_listed else [AGE_ENDS])
    assert ranked.candidates["lane"].to_list() == (["follow up"] if is_listed else [])


def test_the_last_day_at_school_and_of_the_age_are_told() -> None:
    assert leaver(WEDNESDAY).ranked(as_at=LEAVING_DATE).explained["why"].item() == (
        "Education ended on 23 June 2027. Compulsory school age ends on 25 June 2027."
    )


def test_the_ledger_says_why_a_lead_is_off_the_list() -> None:
    nights = Nights().night(leaver(WEDNESDAY).says(*AT_RISK), on=WEDNESDAY).night(leaver(WEDNESDAY), on=LEAVING_DATE)
    assert (nights.lead("CH1")["state"], nights.lead("CH1")["off_because"]) == ("left", AGE_ENDS)
