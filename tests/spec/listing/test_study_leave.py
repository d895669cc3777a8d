"""Year 11 on study leave: whose school took most of the year off its roll before the school leaving date (25 June 2027)."""

from datetime import date

import pytest

from pipelines.listing.rank import DATA_PROBLEM, FOLLOW_UP
from pipelines.listing.study_leave import years_to_ask_for
from tests.made.children import Drawn

YEAR_11, YEAR_10 = date(2011, 3, 14), date(2012, 3, 14)
LEFT, LATE_IN_MAY = date(2027, 5, 7), date(2027, 5, 21)
RIDGE = "Ridge High School"


def year_11(left: int = 6, stay: int = 4, ended: date = LEFT, born: date = YEAR_11, *, sure: float = 1.0) -> Drawn:
    """CH1 came off the roll of its school; so did some others of its year, and some stay."""
    drawn = Drawn()
    for number in range(1, left + stay + 1):
        record, child = f"school_census:{number}", f"CH{number}"
        drawn.record(record, child, born, sure=sure if number == 1 else 1.0)
        drawn.on_roll(record, date(2022, 9, 2), ended if number <= left else None, place=RIDGE).lives(child, 0.95)
    return drawn.record("health:1", "CH1", born)


@pytest.mark.parametrize(
    ("drawn", "as_at", "lane"),
    [
        pytest.param(year_11(), LATE_IN_MAY, DATA_PROBLEM, id="six of ten"),
        pytest.param(year_11(), date(2027, 6, 25), DATA_PROBLEM, id="until they leave"),
        pytest.param(year_11(5, 5), LATE_IN_MAY, FOLLOW_UP, id="half: the others are still there"),
        pytest.param(year_11(4, 0), LATE_IN_MAY, FOLLOW_UP, id="all of four"),
        pytest.param(year_11(ended=date(2027, 4, 30)), LATE_IN_MAY, FOLLOW_UP, id="in April: no examination has begun"),
        pytest.param(
            year_11(9, 0, date(2026, 7, 21)), date(2026, 11, 20), FOLLOW_UP, id="in autumn: its school has closed"
        ),
        pytest.param(year_11(born=YEAR_10), LATE_IN_MAY, FOLLOW_UP, id="Year 10: it has none"),
        pytest.param(year_11(sure=0.85), LATE_IN_MAY, FOLLOW_UP, id="by a record that may be another child's"),
        pytest.param(
            year_11().says("health:1", "concern", "child protection plan", LEFT),
            LATE_IN_MAY,
            FOLLOW_UP,
            id="at high risk",
        ),
        pytest.param(
            year_11().record("school_census:99", "CH1", YEAR_11).on_roll("school_census:99", LEFT, date(2027, 5, 14)),
            LATE_IN_MAY,
            FOLLOW_UP,
            id="at another school since, and off its roll",
        ),
    ],
)
def test_whose_school_is_asked_first(drawn: Drawn, as_at: date, lane: str) -> None:
    listed = drawn.ranked(as_at=as_at).candidates
    assert listed.filter(child_id="CH1")["lane"].to_list() == [lane]


def test_the_reasons_and_the_list_name_the_school_to_ask() -> None:
    ranked = year_11().says("school_census:2", "protected").ranked(as_at=LATE_IN_MAY)
    told = dict(ranked.candidates.select("child_id", "because").iter_rows())
    asked = (
        "Taken off the roll with 6 of the 10 Year 11 pupils at Ridge High School before the school leaving date, 25 June "
        "2027: ask the school whether they are on study leave."
    )
    assert asked in told["CH1"]
    assert RIDGE not in told["CH2"], "whose whereabouts are protected"
    assert years_to_ask_for(ranked.on_leave) == (
        "5 children on the list came off a roll with most of its Year 11, before the school leaving date: Ridge High School (6 "
        "of 10). Pupils on study leave have not left: ask these schools first; the children are in the lane 'data problem'.",
    )


def test_of_no_such_school_nothing_is_said() -> None:
    assert years_to_ask_for(year_11(1, 9).ranked(as_at=LATE_IN_MAY).on_leave) == ()
