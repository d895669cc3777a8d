"""Which days are of a whole list, and say nothing of when a family came: practices that merge, homes taken over."""

from datetime import date, timedelta

import polars as pl
import pytest

from pipelines.residence.records import AT_ONCE, ENOUGH_AT_ONCE, LATELY, record_dates
from pipelines.tables import STATEMENT

AS_AT, MERGED, MET = date(2026, 11, 20), date(2026, 11, 1), date(2025, 3, 3)
OLD = AS_AT - LATELY


def heard(at_once: int, others: int, *, began: date = MERGED, until: date | None = None) -> pl.DataFrame:
    """What the first of a doctors' list says: so many entries began on one day, and others each on its own."""
    days = [began] * at_once + [date(2015, 1, 1) + timedelta(days=number) for number in range(others)]
    ends = [until] * at_once + [None] * others
    said = [
        {"record_id": f"health:{number:0>5}", "source": "health", "kind": kind, "since_on": day, "until_on": end}
        for number, (day, ended) in enumerate(zip(days, ends, strict=True))
        for kind, day, end in (("lives_here", day, ended), ("seen", day, None), ("seen", MET, None))
    ]
    return record_dates(pl.DataFrame(said, schema=STATEMENT), AS_AT).records.head(1)


FEW_ENTRIES = int(ENOUGH_AT_ONCE / AT_ONCE)
"""Of so many entries the fewest that count are just the share that counts."""


@pytest.mark.parametrize(
    ("row", "begun_on", "seen_on"),
    [
        pytest.param(heard(ENOUGH_AT_ONCE, 100), None, MET, id="half of the list began on one day"),
        pytest.param(heard(ENOUGH_AT_ONCE, FEW_ENTRIES - ENOUGH_AT_ONCE), None, MET, id="one in fifty did"),
        pytest.param(heard(ENOUGH_AT_ONCE, FEW_ENTRIES), MERGED, MERGED, id="one in a hundred: a busy day"),
        pytest.param(heard(ENOUGH_AT_ONCE - 1, 0), MERGED, MERGED, id="a list of a few, made in a day"),
        pytest.param(heard(ENOUGH_AT_ONCE, 0, began=OLD + timedelta(days=1)), None, MET, id="not two years ago"),
        pytest.param(heard(ENOUGH_AT_ONCE, 0, began=OLD), OLD, MET, id="two years ago: they are old entries anyway"),
        pytest.param(heard(ENOUGH_AT_ONCE, 0, until=AS_AT), None, MERGED, id="entries that are closed since"),
    ],
)
def test_a_day_of_the_list_is_no_beginning_and_nobody_was_seen_on_it(
    row: pl.DataFrame, begun_on: date | None, seen_on: date
) -> None:
    assert row.select("begun_on", "seen_on").row(0) == (begun_on, seen_on)


def test_whose_entry_began_another_day_was_met_on_that_one() -> None:
    began = {f"health:{number:0>5}": MERGED for number in range(ENOUGH_AT_ONCE)} | {"health:99999": date(2015, 1, 1)}
    said = [
        {"record_id": record, "source": "health", "kind": kind, "since_on": day}
        for record, since in began.items()
        for kind, day in (("lives_here", since), ("seen", MERGED), ("seen", MET))
    ]
    records = record_dates(pl.DataFrame(said, schema=STATEMENT), AS_AT).records
    assert records.filter(pl.col("seen_on") == MERGED)["record_id"].to_list() == ["health:99999"]
