"""A child whom one source makes of age, on no roll: how likely is it a slip of the pen in a toddler's birth date?"""

from datetime import date

import polars as pl
import pytest

from pipelines.age_slips import with_age_slips
from pipelines.facts import child_facts
from pipelines.provision import find_provision
from pipelines.tables import CHILD_RECORD, PERSON, STATEMENT

AS_AT = date(2026, 11, 20)
TODDLER, PUPIL, DEFAULT = date(2023, 8, 9), date(2015, 8, 9), date(2016, 1, 1)

Child = dict[str, date | None]
"""Source -> the birth date it gives; the census makes a place."""


def town(slips: int) -> list[Child]:
    """500 pupils; 500 toddlers the GP and the nurse know, ``slips`` of them of age by the GP; 300 the GP alone knows."""
    pupils: list[Child] = [{"school_census": PUPIL, "health": PUPIL}] * 500
    toddlers: list[Child] = [{"health": TODDLER, "health_visitor": TODDLER}] * (500 - slips)
    slipped: list[Child] = [{"health": PUPIL, "health_visitor": TODDLER}] * slips
    return [*pupils, *toddlers, *slipped, *[{"health": TODDLER}] * 300, *[{"health": PUPIL}] * 10]


def of_age(children: list[Child], child: Child) -> float:
    """How likely ``child`` is of age, laid beside the others."""
    rows = [
        {"record_id": f"{source}:{n}", "dataset": source, "date_of_birth": born, "child_id": f"CH{n:04}"}
        for n, known in enumerate([*children, child])
        for source, born in known.items()
    ]
    person = pl.DataFrame(rows, schema=dict(PERSON))
    records = pl.DataFrame([{**row, "membership": 1.0} for row in rows], schema=dict(CHILD_RECORD))
    said = [{**row, "source": row["dataset"], "kind": "provision"} for row in rows if row["dataset"] == "school_census"]
    statements = pl.DataFrame(said, schema=dict(STATEMENT))
    facts = child_facts(person, statements, records, AS_AT)
    found = with_age_slips(facts, person, records, find_provision(statements, records, AS_AT), AS_AT)
    return float(found.filter(child_id=f"CH{len(children):04}")["of_age"].item())


@pytest.mark.parametrize(
    ("slips", "child", "least", "most"),
    [
        pytest.param(0, {"health": PUPIL}, 0.93, 0.99, id="dates hardly ever slip: of age"),
        pytest.param(20, {"health": PUPIL}, 0.5, 0.7, id="one date in fifty slips: one in three a toddler"),
        pytest.param(20, {"health": PUPIL, "housing": PUPIL}, 1.0, 1.0, id="two sources say so: of age"),
        pytest.param(20, {"health": PUPIL, "school_census": PUPIL}, 1.0, 1.0, id="on a roll: of age"),
        pytest.param(20, {"health": TODDLER}, 0.0, 0.0, id="a toddler is none of them"),
        pytest.param(0, {"health": None}, 0.0, 0.1, id="no date: like the dated ones without a place, mostly toddlers"),
        pytest.param(0, {"school_census": None}, 0.9, 1.0, id="no date, but a place: like the others on the roll"),
    ],
)
def test_of_age_after_all(slips: int, child: Child, least: float, most: float) -> None:
    assert least <= of_age(town(slips), child) <= most


def test_a_slip_is_likelier_the_more_dates_slip() -> None:
    chances = [of_age(town(slips), {"health": PUPIL}) for slips in (0, 5, 10, 20, 60)]
    assert chances == sorted(chances, reverse=True)
    assert chances[-1] == pytest.approx(0.1)


def test_one_january_is_judged_by_other_dates_of_one_january() -> None:
    drawn = town(0) + [{"health": DEFAULT, "health_visitor": TODDLER}] * 60
    assert of_age(drawn, {"health": PUPIL}) > 0.9
    assert of_age([*drawn, *[{"health": date(2023, 1, 1)}] * 20], {"health": DEFAULT}) < 0.5
