"""A child off a roll who may be one with a pupil: whether the two were ever at school at the same time."""

from datetime import date

import polars as pl
import pytest

from pipelines.children.time_at_school import MOST, odds_by_time_at_school
from pipelines.tables import PROVISION, RIVAL
from tests.made.children import Drawn

BEGAN, LEFT = date(2020, 9, 1), date(2026, 3, 31)
"""When the child's only entry began and ended."""

Entry = tuple[date | None, date | None]


def entry(child_id: str, number: int, begin: date | None, end: date | None) -> dict[str, object]:
    return {
        "child_id": child_id,
        "record_id": f"roll:{child_id}-{number}",
        "source": "roll",
        "what": "state school",
        "since_on": begin,
        "until_on": end,
        "is_current": end is None,
        "link_probability": 1.0,
    }


def likelier(
    rival: list[Entry], own: list[Entry] | None = None, others: list[Entry] | None = None, born: date | None = None
) -> float | None:
    """What the odds that the child is the rival are multiplied by; null: nothing is said. ``others``: entries of each of
    200 pupils of their age."""
    entries = {"child": own or [(BEGAN, LEFT)], "rival": rival}
    entries |= {f"pupil {n:03}": others or [(BEGAN, None)] for n in range(200)}
    provision = pl.DataFrame(
        [entry(child, n, *dates) for child, theirs in entries.items() for n, dates in enumerate(theirs)],
        schema=PROVISION,
    )
    birth = pl.DataFrame({"child_id": list(entries), "date_of_birth": born or date(2015, 5, 1)})
    rivals = pl.DataFrame([{"child_id": "child", "rival_child_id": "rival"}], schema=RIVAL)
    found = odds_by_time_at_school(rivals, provision, birth)
    return found["is_likelier_by_time"].item() if found.height else None


@pytest.mark.parametrize(
    ("rival", "expected"),
    [
        pytest.param([(date(2026, 4, 1), None)], MOST, id="begins the day after"),
        pytest.param([(date(2026, 3, 16), None)], MOST, id="begins two weeks before, as the old school ended it late"),
        pytest.param([(date(2026, 9, 1), None)], MOST, id="begins half a year later"),
        pytest.param(
            [(date(2019, 9, 1), date(2020, 7, 21)), (date(2026, 4, 1), None)], MOST, id="there before and after"
        ),
        pytest.param([(date(2025, 9, 1), None)], None, id="at another school meanwhile: rather a namesake"),
        pytest.param(
            [(date(2025, 9, 1), date(2026, 3, 31)), (date(2026, 4, 1), None)], None, id="both came off on one day"
        ),
        pytest.param([(None, None)], None, id="nobody says since when"),
        pytest.param([(date(2026, 4, 1), date(2026, 7, 21))], None, id="no pupil either"),
    ],
)
def test_a_place_that_began_when_the_childs_had_ended_is_likelier_its_own(
    rival: list[Entry], expected: float | None
) -> None:
    assert likelier(rival) == expected


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        pytest.param([(date(2026, 4, 1), None)], 1.0, id="a roll without ended entries, of pupils who all began then"),
        pytest.param([(BEGAN, date(2026, 3, 31)), (date(2026, 4, 1), None)], MOST, id="all of them changed school"),
        pytest.param([(BEGAN, None)], MOST, id="all of them were there"),
    ],
)
def test_it_says_as_much_as_it_is_rare_among_pupils_of_that_age(others: list[Entry], expected: float) -> None:
    assert likelier([(date(2026, 4, 1), None)], others=others) == pytest.approx(expected, abs=0.06)


def test_a_child_with_a_place_of_its_own_on_the_roll_is_not_asked_about() -> None:
    assert likelier([(date(2026, 4, 1), None)], own=[(BEGAN, LEFT), (date(2026, 4, 1), None)]) is None


@pytest.mark.parametrize(
    ("began", "lanes"),
    [
        pytest.param(date(2026, 4, 1), [], id="the next school gave it another number: explained by its place there"),
        pytest.param(BEGAN, ["doubtful link"], id="at school at the same time: an analyst is asked"),
    ],
)
def test_a_child_whose_next_school_has_it_as_another_is_explained(began: date, lanes: list[str]) -> None:
    drawn = Drawn().record("school_census:1", "CH1").on_roll("school_census:1", BEGAN, LEFT).lives("CH1", 0.9)
    drawn.record("school_census:9", "CH9").on_roll("school_census:9", began)
    drawn.rivalry(("CH1", "school_census:1"), ("CH9", "school_census:9"), 0.8)
    for n in range(100):
        drawn.record(f"school_census:X{n}", f"X{n}").on_roll(f"school_census:X{n}", BEGAN)
    assert drawn.ranked().candidates.filter(child_id="CH1")["lane"].to_list() == lanes
