"""Days that a source gives where it knows none: who was dated so was met, on no known day."""

from datetime import date, timedelta

import polars as pl
import pytest

from pipelines.residence.contact import without_letters
from pipelines.residence.default_days import without_default_days
from pipelines.tables import CHILD_RECORD, RESIDENCE, STATEMENT
from tests.made.town import AS_AT, ago, at_gp, judge, on_roll, town

NEVER = date(1900, 1, 1)
LATELY = [ago(20 + 7 * n) for n in range(100)]
"""A meeting each week of the last two years."""


def met(days: list[date], source: str = "health") -> pl.DataFrame:
    """One record for each day on which a child was seen."""
    rows = [{"record_id": f"{source}:{n}", "source": source, "kind": "seen", "since_on": d} for n, d in enumerate(days)]
    return pl.DataFrame(rows, schema=dict(STATEMENT))


CASES = [
    pytest.param([*LATELY, *[NEVER] * 60], NEVER, id="60 of 160 met on 1 January 1900: on no known day"),
    pytest.param([*LATELY, *[ago(1500)] * 60], ago(1500), id="60 of 160 met on the day the system began to count"),
    pytest.param([*LATELY, *[NEVER] * 20], None, id="so few may be slips"),
    pytest.param([*LATELY, *[ago(40)] * 60], None, id="a day of last month is one of letters, if anything"),
    pytest.param([*LATELY, *[ago(900)] * 60], None, id="a list dated on one day, and families met from then on"),
    pytest.param(
        [*LATELY, *[ago(1500)] * 60, *[ago(1600 + n) for n in range(20)]],
        None,
        id="families were met before that day too",
    ),
    pytest.param([*[NEVER] * 200, ago(1)], NEVER, id="hardly anything else is dated"),
]


@pytest.mark.parametrize(("days", "default"), CASES)
def test_a_day_long_ago_of_many_children_and_of_nobody_near_is_no_day(days: list[date], default: date | None) -> None:
    told = without_default_days(met(days))
    assert told["since_on"].to_list() == [None if day == default else day for day in days]


def test_one_source_says_nothing_of_the_days_of_another() -> None:
    landlord = met([NEVER + timedelta(days=n) for n in range(300)], "housing")
    told = without_default_days(pl.concat([met([*LATELY, *[NEVER] * 60]), landlord]))
    assert told.filter(source="housing").equals(landlord)
    assert told.filter(source="health")["since_on"].null_count() == 60


def test_a_registration_on_the_day_a_system_began_is_still_a_start() -> None:
    starts = met([ago(1500)] * 60).with_columns(kind=pl.lit("lives_here"))
    told = without_default_days(pl.concat([met([ago(1500)] * 60 + LATELY), starts]))
    assert told["since_on"].null_count() == 0


def test_a_default_day_is_no_contact() -> None:
    told = without_letters(met([*LATELY, *[NEVER] * 60]), CHILD_RECORD.to_frame(), RESIDENCE.to_frame())
    assert told["since_on"].min() == min(LATELY)


@pytest.mark.parametrize(
    ("seen", "least", "most"),
    [
        pytest.param(ago(800), 0.0, 0.1, id="met two years ago, as no pupil with a day was"),
        pytest.param(NEVER, 0.2, 0.8, id="met on no known day, as many pupils were"),
    ],
)
def test_whoever_was_met_on_no_known_day_does_not_show_that_children_go_unmet(
    seen: date, least: float, most: float
) -> None:
    never = (AS_AT - NEVER).days
    undated = {f"undated{n:03}": on_roll() + at_gp(seen=never, since=1500 + 5 * n) for n in range(300)}
    child = {"child": at_gp(seen=(AS_AT - seen).days, since=3000)}
    assert least <= judge(town() | undated | child).filter(child_id="child")["living_here"].item() <= most
