"""Who waits for a school whose roll was last told before its place began: what is known, a day, the verdict."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from pipelines.children.provision import find_provision
from pipelines.children.silent_schools import A_YEAR, PROMISED, USUAL
from pipelines.intake.schools import named_in, told_apart
from pipelines.ledger.came_on_list import NOT_TAKEN_UP
from pipelines.listing.not_yet import OVER_HOLIDAYS, ROLL_TO_COME
from pipelines.listing.other_teams import Known, for_other_teams
from pipelines.listing.rank import Ranked, rank
from pipelines.listing.route import ADMISSIONS
from pipelines.rank_settings import RankSettings
from tests.made.children import SOURCE_NAMES, Drawn
from tests.made.deliveries import CONTRACTS
from tests.made.nights import Nights

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
    at: str | None = "104002", *, among: Drawn | None = None, ended: date = ENDED, starts: date = TERM
) -> Drawn:
    """Left primary school, is on a GP's list, and has a place accepted at a school."""
    drawn = (among or rolls()).record("school_census:1", "CH1", YEAR_6)
    drawn.on_roll("school_census:1", date(2019, 9, 2), ended).record("health:1", "CH1", YEAR_6).lives("CH1", 0.95)
    drawn.record("admissions:1", "CH1", YEAR_6)
    return drawn.says("admissions:1", "concern", "school place accepted", starts, place=at)


def as_of(drawn: Drawn, as_at: date) -> Ranked:
    tables = drawn.tables()
    tables["provision"] = find_provision(tables["statements"], tables["child_records"], as_at)
    return rank(**tables, as_at=as_at, settings=RankSettings(), source_names=SOURCE_NAMES)


def verdict(ranked: Ranked) -> str:
    """``listed``, or why the child is not."""
    return (
        "listed"
        if "CH1" in ranked.candidates["child_id"]
        else str(ranked.explained.filter(child_id="CH1")["reason"].item())
    )


@pytest.mark.parametrize(
    ("drawn", "as_at", "said"),
    [
        pytest.param(accepted(), date(2026, 9, 16), OVER_HOLIDAYS, id="a fortnight into term"),
        pytest.param(accepted(), date(2026, 9, 17), ROLL_TO_COME, id="fifteen days, and that school's roll is of May"),
        pytest.param(accepted("889/4002"), LATE_SEPTEMBER, ROLL_TO_COME, id="the school by its LAESTAB"),
        pytest.param(accepted("PRIORY ACADEMY"), LATE_SEPTEMBER, ROLL_TO_COME, id="the school by its name"),
        pytest.param(accepted("Ridge High"), LATE_SEPTEMBER, "listed", id="a school whose roll is of tonight"),
        pytest.param(accepted("104001"), LATE_SEPTEMBER, "listed", id="the same by its URN"),
        pytest.param(accepted("999999"), LATE_SEPTEMBER, "listed", id="a school on no roll: none will ever show the child"),
        pytest.param(accepted(), date(2026, 11, 3), ROLL_TO_COME, id="the autumn census may still come in"),
        pytest.param(accepted(), date(2026, 11, 4), "listed", id="it ought to be in: the school is asked by name"),
        pytest.param(accepted(among=rolls(priory=TERM)), LATE_SEPTEMBER, "listed", id="the roll came, without the child"),
        pytest.param(accepted(among=rolls(priory=date(2026, 8, 26))), LATE_SEPTEMBER, "listed",
                     id="it dates entries a week before term"),
        pytest.param(accepted(among=rolls(priory=date(2026, 10, 5))), LATE_SEPTEMBER, ROLL_TO_COME,
                     id="its entries for October were made beforehand"),
        pytest.param(accepted(None, among=rolls(ridge=IN_MAY)), LATE_SEPTEMBER, ROLL_TO_COME, id="no school named, all of May"),
        pytest.param(accepted(None, among=rolls(priory=TERM)), LATE_SEPTEMBER, "listed", id="no school named, all of tonight"),
        pytest.param(accepted(among=rolls(a_year=USUAL // 2 - 1)), LATE_SEPTEMBER, "listed",
                     id="too few began in other years to miss any"),
        pytest.param(accepted(among=rolls(began=BEGAN[1:], a_year=USUAL)), LATE_SEPTEMBER, ROLL_TO_COME,
                     id="as many in one of the two years"),
        pytest.param(accepted().says("health:1", "concern", "child protection plan", IN_MAY), LATE_SEPTEMBER, "listed",
                     id="at high risk: never waits"),
    ],
)  # fmt: skip
def test_who_waits_for_a_roll_that_is_to_come(drawn: Drawn, as_at: date, said: str) -> None:
    assert verdict(as_of(drawn, as_at)) == said


AUTUMN = (date(2025, 10, 21), date(2024, 10, 22))
"""Days on which pupils began within the term, in the two years before."""


@pytest.mark.parametrize(
    ("drawn", "as_at", "said"),
    [
        pytest.param(in_autumn(), date(2026, 11, 20), "listed", id="a school where hardly anybody joins: silence says nothing"),
        pytest.param(in_autumn(began=AUTUMN), date(2026, 11, 20), ROLL_TO_COME, id="other years six had joined by now"),
        pytest.param(in_autumn(began=AUTUMN, priory=date(2026, 11, 9)), date(2026, 11, 20), "listed",
                     id="somebody has joined since: the roll was told"),
        pytest.param(in_autumn(began=AUTUMN), date(2026, 11, 1), "listed", id="the place has not begun: without one today"),
        pytest.param(in_autumn(began=AUTUMN), date(2026, 11, 2), ROLL_TO_COME, id="it begins today"),
        pytest.param(in_autumn(began=AUTUMN), date(2027, 1, 3), ROLL_TO_COME, id="for nine weeks"),
        pytest.param(in_autumn(began=AUTUMN), date(2027, 1, 4), "listed", id="and no longer"),
        pytest.param(in_autumn(began=AUTUMN, ended=date(2026, 11, 2)), date(2026, 11, 20), ROLL_TO_COME,
                     id="from one school to the other in a day"),
        pytest.param(in_autumn(began=AUTUMN, ended=date(2026, 11, 9)), date(2026, 11, 20), "listed",
                     id="an education that ended later: the place is not what came of it"),
        pytest.param(in_autumn(PROMISED - 1), date(2026, 11, 9), ROLL_TO_COME,
                     id="five were to begin there, and none is on its roll"),
        pytest.param(in_autumn(PROMISED - 1), date(2026, 11, 8), "listed", id="they may be entered within days"),
        pytest.param(in_autumn(PROMISED - 2), date(2026, 11, 20), "listed", id="of four it may be true"),
        pytest.param(in_autumn(began=AUTUMN, a_year=2), date(2026, 11, 20), ROLL_TO_COME, id="all schools together are quiet"),
        pytest.param(in_autumn(began=AUTUMN, a_year=2, ridge=date(2026, 11, 9)), date(2026, 11, 20), "listed",
                     id="one has been told of somebody: the rolls come nightly"),
        pytest.param(in_autumn(at=None, began=AUTUMN, a_year=2), date(2026, 11, 20), ROLL_TO_COME,
                     id="no school named, all quiet"),
    ],
)  # fmt: skip
def test_who_joins_within_the_term_waits_where_the_roll_is_too_quiet(drawn: Drawn, as_at: date, said: str) -> None:
    assert verdict(as_of(drawn, as_at)) == said


@pytest.mark.parametrize(
    ("at", "told"),
    [
        pytest.param(
            "104002",
            "Between two schools: the last education ended on 21 July 2026, and a place is accepted from 2 September 2026 at "
            "Priory Academy, whose roll shows nobody who began after 4 May 2026: ask the school whether the child came. Listed "
            "from 4 November 2026, or once that roll has come without the child.",
            id="the school is named",
        ),
        pytest.param(
            None,
            "Between two schools: the last education ended on 21 July 2026, and a place is accepted from 2 September 2026; no "
            "school is named, and the rolls of most schools for this age show nobody who began after 4 May 2026: ask "
            "admissions which school it is, and the school whether the child came. Listed from 4 November 2026, or once the "
            "rolls have come without it.",
            id="it is not",
        ),
    ],
)
def test_it_is_told_whose_roll_is_to_come_and_whom_to_ask(at: str | None, told: str) -> None:
    explained = as_of(accepted(at, among=rolls(ridge=IN_MAY)), LATE_SEPTEMBER).explained
    assert explained.filter(child_id="CH1")["why"].item() == told


def test_admissions_are_told_of_each_child_who_waits() -> None:
    drawn, on = accepted(), LATE_SEPTEMBER
    tables = drawn.tables()
    known = Known(
        tables["person"],
        tables["statements"],
        tables["child_records"],
        tables["provision"],
        as_of(drawn, on).explained,
    )
    told = for_other_teams(known, on).select("team", "child_id", "because").rows()
    assert told == [
        (ADMISSIONS, "CH1", "A place is accepted and has begun, and the school's roll is still to come: ask the school whether "
         "the child came."),
    ]  # fmt: skip


def test_the_ledger_follows_the_child_until_the_roll_has_come() -> None:
    nights = Nights().night(accepted("999999"), on=date(2026, 9, 17)).night(accepted(), on=date(2026, 9, 18))
    assert (nights.lead("CH1")["state"], nights.lead("CH1")["off_because"]) == ("left", ROLL_TO_COME)
    assert "ask the school whether the child came" in str(nights.lead("CH1")["off_why"])
    nights.night(accepted(among=rolls(priory=TERM)), on=date(2026, 10, 16))
    assert (nights.lead("CH1")["state"], nights.lead("CH1")["came_because"]) == ("listed", NOT_TAKEN_UP)


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
    assert told_apart(pl.concat([named, other])).is_empty()
