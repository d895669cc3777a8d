"""Whose school is asked first, as its roll was last told before the place began: what is known, a day, the lane."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from pipelines.children.silent_schools import A_YEAR, PROMISED, USUAL
from pipelines.intake.schools import named_in, unambiguous_schools
from pipelines.listing.rank import DATA_PROBLEM, FOLLOW_UP, RESTRICTED
from pipelines.listing.roll_to_come import rolls_to_ask_for
from pipelines.listing.route import ADMISSIONS
from pipelines.listing.waiting import NOT_YET, OVER_HOLIDAYS
from pipelines.rank_settings import RankSettings
from tests.made.children import Drawn
from tests.made.deliveries import CONTRACTS

YEAR_6, YEAR_7 = date(2015, 5, 14), date(2014, 5, 14)
"""Born so as to be in that year group in July 2026."""
ENDED, TERM = date(2026, 7, 21), date(2026, 9, 2)
IN_MAY = date(2026, 5, 4)
LATE_SEPTEMBER = date(2026, 9, 24)
PRIORY, RIDGE = "Priory Academy", "Ridge High School"
NUMBERS = {"104002": PRIORY, "8894002": PRIORY, "prioryacademy": PRIORY, "104001": RIDGE, "ridgehigh": RIDGE}


BEGAN = (TERM - 2 * A_YEAR, TERM - A_YEAR)
"""When pupils began at a school in the two years before: three a year, where nothing else is said."""


def rolls(
    priory: date = IN_MAY, ridge: date = TERM, *, began: tuple[date, ...] = BEGAN, a_year: int = USUAL // 2
) -> Drawn:
    """A school that sends its roll with the termly census, and one that sends it each night: who began last at each."""
    drawn = Drawn(schools=[(number, "school_census", place) for number, place in NUMBERS.items()])
    for number, place, last in ((90, PRIORY, priory), (91, RIDGE, ridge)):
        for nth, day in enumerate((*(each for each in began for _ in range(a_year)), last)):
            drawn.record(f"school_census:{number}{nth}", f"CH{number}{nth}", YEAR_7).lives(f"CH{number}{nth}", 0.95)
            drawn.on_roll(f"school_census:{number}{nth}", day, place=place)
    return drawn


def in_autumn(others: int = 0, *, at: str | None = "104002", ended: date = date(2026, 10, 23), **told: Any) -> Drawn:
    """Changed school at half-term, from which on ``others`` have a place accepted there, too."""
    back = date(2026, 11, 2)
    drawn = accepted(at, among=rolls(**{"priory": TERM, "ridge": TERM} | told), ended=ended, starts=back)
    for each in range(2, 2 + others):
        drawn.record(f"admissions:{each}", f"CH{each}", YEAR_6)
        drawn.says(f"admissions:{each}", "concern", "school place accepted", back, place=at)
    return drawn


def accepted(
    at: str | None = "104002", *, among: Drawn | None = None, ended: date = ENDED, starts: date = TERM, number: int = 1
) -> Drawn:
    """Left primary school, is on a GP's list, and has a place accepted at a school."""
    child = f"CH{number}"
    drawn = (among or rolls()).record(f"school_census:{number}", child, YEAR_6).lives(child, 0.95)
    drawn.on_roll(f"school_census:{number}", date(2019, 9, 2), ended).record(f"health:{number}", child, YEAR_6)
    drawn.record(f"admissions:{number}", child, YEAR_6)
    return drawn.says(f"admissions:{number}", "concern", "school place accepted", starts, place=at)


def listed(drawn: Drawn, as_at: date) -> dict[str, Any]:
    """The child's row of the list."""
    return drawn.ranked(as_at=as_at).candidates.row(by_predicate=pl.col("child_id") == "CH1", named=True)


@pytest.mark.parametrize(
    ("drawn", "as_at", "said"),
    [
        pytest.param(accepted(), date(2026, 9, 17), DATA_PROBLEM, id="fifteen days, and that school's roll is of May"),
        pytest.param(accepted("889/4002"), LATE_SEPTEMBER, DATA_PROBLEM, id="the school by its LAESTAB"),
        pytest.param(accepted("PRIORY ACADEMY"), LATE_SEPTEMBER, DATA_PROBLEM, id="the school by its name"),
        pytest.param(accepted("Ridge High"), LATE_SEPTEMBER, FOLLOW_UP, id="a school whose roll is of tonight"),
        pytest.param(accepted("104001"), LATE_SEPTEMBER, FOLLOW_UP, id="the same by its URN"),
        pytest.param(accepted("999999"), LATE_SEPTEMBER, FOLLOW_UP, id="a school on no roll: none will ever show the child"),
        pytest.param(accepted(), date(2026, 11, 3), DATA_PROBLEM, id="the autumn census may still come in"),
        pytest.param(accepted(), date(2026, 11, 4), FOLLOW_UP, id="it ought to be in: the school is asked by name"),
        pytest.param(accepted(among=rolls(priory=TERM)), LATE_SEPTEMBER, FOLLOW_UP, id="the roll came, without the child"),
        pytest.param(accepted(among=rolls(priory=date(2026, 8, 26))), LATE_SEPTEMBER, FOLLOW_UP,
                     id="it dates entries a week before term"),
        pytest.param(accepted(among=rolls(priory=date(2026, 10, 5))), LATE_SEPTEMBER, DATA_PROBLEM,
                     id="its entries for October were made beforehand"),
        pytest.param(accepted(None, among=rolls(ridge=IN_MAY)), LATE_SEPTEMBER, DATA_PROBLEM, id="no school named, all of May"),
        pytest.param(accepted(None, among=rolls(priory=TERM)), LATE_SEPTEMBER, FOLLOW_UP, id="no school named, all of tonight"),
        pytest.param(accepted(among=rolls(a_year=USUAL // 2 - 1)), LATE_SEPTEMBER, FOLLOW_UP,
                     id="too few began in other years to miss any"),
        pytest.param(accepted(among=rolls(began=BEGAN[1:], a_year=USUAL)), LATE_SEPTEMBER, DATA_PROBLEM,
                     id="as many in one of the two years"),
        pytest.param(accepted().says("health:1", "concern", "child protection plan", IN_MAY), LATE_SEPTEMBER, FOLLOW_UP,
                     id="at high risk: is visited all the same"),
    ],
)  # fmt: skip
def test_who_changes_school_over_the_summer_is_its_schools_to_tell_where_no_roll_has_come(
    drawn: Drawn, as_at: date, said: str
) -> None:
    assert listed(drawn, as_at)["lane"] == said


def left_year_six(
    *, born: date = YEAR_6, ended: date = ENDED, ridge: date = IN_MAY, offer: str | None = None, **told: Any
) -> Drawn:
    """Left primary school, and no source names a place that is to follow."""
    drawn = rolls(ridge=ridge, **told).record("school_census:1", "CH1", born)
    drawn.on_roll("school_census:1", date(2019, 9, 2), ended).record("health:1", "CH1", born).lives("CH1", 0.95)
    if offer:
        drawn.record("admissions:1", "CH1", born).says("admissions:1", "concern", offer, IN_MAY)
    return drawn


@pytest.mark.parametrize(
    ("drawn", "as_at", "said"),
    [
        pytest.param(left_year_six(), date(2026, 8, 31), FOLLOW_UP, id="in the summer nobody owes it a place yet"),
        pytest.param(left_year_six(), date(2026, 9, 14), DATA_PROBLEM, id="term has begun, and all rolls are of May"),
        pytest.param(left_year_six(), date(2026, 11, 2), DATA_PROBLEM, id="the autumn census may still come in"),
        pytest.param(left_year_six(), date(2026, 11, 3), FOLLOW_UP, id="it ought to be in"),
        pytest.param(
            left_year_six(ridge=TERM, priory=TERM), date(2026, 9, 14), FOLLOW_UP, id="the rolls came, without it"
        ),
        pytest.param(
            left_year_six(a_year=USUAL // 2 - 1), date(2026, 9, 14), DATA_PROBLEM, id="all schools are, together"
        ),
        pytest.param(left_year_six(born=date(2016, 5, 14)), date(2026, 9, 14), FOLLOW_UP, id="left Year 5: owed none"),
        pytest.param(left_year_six(ended=date(2026, 6, 30)), date(2026, 9, 14), FOLLOW_UP, id="left before the summer"),
        pytest.param(
            left_year_six(offer="refused a school place"), date(2026, 9, 14), FOLLOW_UP, id="a place was refused"
        ),
        pytest.param(
            left_year_six().says("health:1", "concern", "child protection plan", IN_MAY),
            date(2026, 9, 14),
            FOLLOW_UP,
            id="at high risk: is visited all the same",
        ),
    ],
)
def test_who_left_year_six_is_the_rolls_to_tell_where_no_source_names_a_place(
    drawn: Drawn, as_at: date, said: str
) -> None:
    assert listed(drawn, as_at)["lane"] == said


def test_the_reasons_say_that_the_rolls_of_the_new_year_are_to_be_asked_for() -> None:
    assert (
        "Between two schools: the last education ended on 21 July 2026, and Year 7 began on 1 September 2026; the rolls of "
        "most schools for this age show no starters after 4 May 2026: ask for the rolls of the new school year."
    ) in listed(left_year_six(), date(2026, 9, 14))["because"]


AUTUMN = (date(2025, 10, 21), date(2024, 10, 22))
"""Days on which pupils began within the term, in the two years before."""


@pytest.mark.parametrize(
    ("drawn", "as_at", "said"),
    [
        pytest.param(in_autumn(), date(2026, 11, 20), FOLLOW_UP, id="where hardly anybody joins silence says nothing"),
        pytest.param(in_autumn(began=AUTUMN), date(2026, 11, 20), DATA_PROBLEM, id="other years six had joined by now"),
        pytest.param(in_autumn(began=AUTUMN, priory=date(2026, 11, 9)), date(2026, 11, 20), FOLLOW_UP,
                     id="somebody has joined since: the roll was told"),
        pytest.param(in_autumn(began=AUTUMN), date(2026, 11, 1), FOLLOW_UP, id="the place has not begun: without one today"),
        pytest.param(in_autumn(began=AUTUMN), date(2026, 11, 2), DATA_PROBLEM, id="it begins today"),
        pytest.param(in_autumn(began=AUTUMN), date(2027, 1, 3), DATA_PROBLEM, id="for nine weeks"),
        pytest.param(in_autumn(began=AUTUMN), date(2027, 1, 4), FOLLOW_UP, id="and no longer"),
        pytest.param(in_autumn(began=AUTUMN, ended=date(2026, 11, 2)), date(2026, 11, 20), DATA_PROBLEM,
                     id="from one school to the other in a day"),
        pytest.param(in_autumn(began=AUTUMN, ended=date(2026, 11, 9)), date(2026, 11, 20), FOLLOW_UP,
                     id="an education that ended later: the place is not what came of it"),
        pytest.param(in_autumn(PROMISED - 1), date(2026, 11, 9), DATA_PROBLEM,
                     id="five were to begin there, and none is on its roll"),
        pytest.param(in_autumn(PROMISED - 1), date(2026, 11, 8), FOLLOW_UP, id="they may be entered within days"),
        pytest.param(in_autumn(PROMISED - 2), date(2026, 11, 20), FOLLOW_UP, id="of four it may be true"),
        pytest.param(in_autumn(began=AUTUMN, a_year=2), date(2026, 11, 20), DATA_PROBLEM, id="all schools together are quiet"),
        pytest.param(in_autumn(began=AUTUMN, a_year=2, ridge=date(2026, 11, 9)), date(2026, 11, 20), FOLLOW_UP,
                     id="one has been told of somebody: the rolls come nightly"),
        pytest.param(in_autumn(at=None, began=AUTUMN, a_year=2), date(2026, 11, 20), DATA_PROBLEM,
                     id="no school named, all quiet"),
    ],
)  # fmt: skip
def test_who_joins_within_the_term_is_its_schools_to_tell_where_the_roll_is_too_quiet(
    drawn: Drawn, as_at: date, said: str
) -> None:
    assert listed(drawn, as_at)["lane"] == said


def test_whoever_waits_does_so_first() -> None:
    first = accepted().ranked(as_at=date(2026, 9, 16)).explained
    assert first.filter(child_id="CH1")["reason"].item() == OVER_HOLIDAYS, "a fortnight into term"
    weeks = in_autumn(began=AUTUMN).ranked(RankSettings(weeks_before_listed=4), date(2026, 11, 19)).explained
    assert weeks.filter(child_id="CH1")["reason"].item() == NOT_YET, "four weeks, as the authority has it"


@pytest.mark.parametrize(
    ("at", "told"),
    [
        pytest.param(
            "104002",
            "Between two schools: the last education ended on 21 July 2026, with a place accepted from 2 September 2026 at "
            "Priory Academy, whose roll shows no starters after 4 May 2026: ask the school whether the child started.",
            id="the school is named",
        ),
        pytest.param(
            None,
            "Between two schools: the last education ended on 21 July 2026, with a place accepted from 2 September 2026; no "
            "school is named, and the rolls of most schools for this age show no starters after 4 May 2026: ask "
            "admissions which school it is, then ask that school whether the child started.",
            id="it is not",
        ),
    ],
)
def test_it_is_told_whose_roll_is_to_come_and_whom_to_ask(at: str | None, told: str) -> None:
    row = listed(accepted(at, among=rolls(ridge=IN_MAY)), LATE_SEPTEMBER)
    assert told in row["because"]
    assert row["route"] == ADMISSIONS


def test_that_no_roll_shows_the_child_is_no_reason_to_look_sooner_where_none_can() -> None:
    silent, told = (listed(accepted(at), LATE_SEPTEMBER) for at in ("104002", "104001"))
    looked_sooner = "not on a roll, though an offered place was due to start"
    assert [looked_sooner in row["because"] for row in (silent, told)] == [False, True]
    assert silent["priority"] < told["priority"]


def test_of_a_restricted_child_no_school_is_named() -> None:
    row = listed(accepted().says("health:1", "protected"), LATE_SEPTEMBER)
    assert row["lane"] == RESTRICTED
    assert PRIORY not in row["because"]


def test_the_list_is_read_with_the_schools_whose_rolls_are_to_come() -> None:
    drawn = rolls(ridge=IN_MAY)
    for number, at in enumerate(("104001", "104002", "104002", "104002", None, "104002"), start=1):
        accepted(at, among=drawn, number=number)
    drawn.says("health:4", "protected")
    assert rolls_to_ask_for(drawn.ranked(as_at=LATE_SEPTEMBER).to_come) == (
        "No roll can show yet whether 5 children on the list started school, as their schools' rolls are out of date: Priory "
        "Academy (3 children; shows no starters after 4 May 2026), Ridge High School (1 child; shows no starters after 4 May "
        "2026), schools not named (1 child; shows no starters after 4 May 2026). Ask for these rolls first; the children are "
        "in the lane 'data problem'.",
    )
    drawn.says("health:6", "protected")
    assert rolls_to_ask_for(drawn.ranked(as_at=LATE_SEPTEMBER).to_come) == (), "of four their own rows tell"


def test_a_school_goes_by_its_numbers_and_its_name_and_by_none_that_two_have() -> None:
    contract = CONTRACTS["school_census"]
    rows = pl.DataFrame(
        {
            "school_name": ["St Mary's Primary School", "St Mary's Primary School", "Ridge High"],
            "urn": ["104001", "104001", "104002"],
            "estab": ["2001", "2001", "4002"],
            "lea": ["889", "889", ""],
        }
    )
    named = named_in(rows, contract, contract.says[0])
    assert dict(named.select("number", "place").iter_rows()) == {
        **dict.fromkeys(("stmarysprimary", "104001", "2001", "8892001"), "St Mary's Primary School"),
        **dict.fromkeys(("ridgehigh", "104002", "4002"), "Ridge High"),
    }
    other = named.with_columns(place=pl.lit("St Mary's in another town"))
    assert unambiguous_schools(pl.concat([named, other])).is_empty()
