"""Children found missing education, looked up in the lists of the nights before, and what looking cost."""

from datetime import date

import polars as pl
import pytest

from pipelines.decisions.outcomes import OUTCOME
from pipelines.publish.outcome_yield import hours_spent, outcome_yield
from pipelines.reports.back_test import LISTED, UNKNOWN, back_test, missed_words
from pipelines.reports.published import PublishedNight
from pipelines.reports.termly_report import hours_for_each_found
from pipelines.tables import CANDIDATE, EXPLAINED
from tests.spec.listing.test_outcomes import outcome

FOUND_ON = date(2026, 11, 10)


def night(
    as_at: date, listed: dict[str, str] | None = None, explained: dict[str, tuple[str, str]] | None = None
) -> PublishedNight:
    """A list as it was published: child -> its records; explained: child -> (records, reason)."""
    rows = [{"child_id": child, "records": records, "rank": 1} for child, records in (listed or {}).items()]
    why = [
        {"child_id": child, "records": records, "reason": why} for child, (records, why) in (explained or {}).items()
    ]
    return PublishedNight(as_at, pl.DataFrame(rows, schema=CANDIDATE), pl.DataFrame(why, schema=EXPLAINED))


FOUND = outcome("CONFIRMED_CME_NEW", FOUND_ON)
ON_ROLL = {"A": ("health:H1", "provision")}


@pytest.mark.parametrize(
    ("nights", "told"),
    [
        pytest.param([night(date(2026, 10, 1), {"A": "health:H1"})], LISTED, id="on the list before"),
        pytest.param([night(date(2026, 10, 1), {"OLD": "health:H1;housing:9"})], LISTED, id="under another id"),
        pytest.param([night(date(2026, 10, 1), explained=ON_ROLL)], "provision", id="explained away by a record"),
        pytest.param([night(date(2026, 10, 1))], UNKNOWN, id="known to nobody"),
        pytest.param(
            [night(date(2026, 9, 1), {"A": "health:H1"}), night(date(2026, 10, 1), explained=ON_ROLL)],
            LISTED,
            id="on the list once",
        ),
        pytest.param([night(FOUND_ON, {"A": "health:H1"})], LISTED, id="on the list of that morning"),
        pytest.param([night(date(2026, 11, 11), {"A": "health:H1"})], None, id="on the list of the day after"),
        pytest.param([night(date(2026, 5, 1), {"A": "health:H1"})], None, id="more than half a year before"),
        pytest.param([], None, id="no list is kept"),
    ],
)
def test_a_child_found_is_looked_up_in_the_lists_before(nights: list[PublishedNight], told: str | None) -> None:
    assert back_test(FOUND, nights)["told"].to_list() == ([told] if told else [])


def test_how_often_and_since_when_it_was_listed() -> None:
    nights = [night(date(2026, 10, day), {"A": "health:H1"} if day > 1 else None) for day in (1, 8, 15)]
    assert back_test(FOUND, nights).rows() == [("A", FOUND_ON, 3, 2, date(2026, 10, 8), LISTED)]


def test_the_day_found_is_the_first_and_a_child_at_school_since_was_found_all_the_same() -> None:
    twice = pl.concat([FOUND, outcome("ALREADY_KNOWN_CME", date(2026, 11, 18))])
    nights = [night(date(2026, 11, 12), {"A": "health:H1"}), night(date(2026, 10, 1))]
    assert back_test(twice, nights)["told"].to_list() == [UNKNOWN]
    placed = pl.concat([FOUND, outcome("ON_ROLL_OWN", date(2026, 11, 18))])
    assert back_test(placed, nights)["told"].to_list() == [UNKNOWN]
    listed_twice = pl.concat([FOUND, outcome("DUPLICATE", date(2026, 11, 18))])
    assert back_test(listed_twice, nights).is_empty()


def test_misses_in_words() -> None:
    assert missed_words(12, 12, 1) == (
        "Children found missing education so far: 12. On a list in the half year before: 11; on none: 1."
    )
    assert missed_words(126, 61, 0) == (
        "Children found missing education so far: 126. Only for 61 of them is a list from the half year before kept. "
        "On a list in the half year before: 61; on none: 0."
    ), "after a restore, say"
    assert missed_words(0, 0, 0) == "No child has been found missing education yet.", "and no list is missed"
    assert missed_words(12, 0, 0) == "No list from the half year before is kept for any child found missing education."


def test_hours_are_added_up_for_each_child_and_divided_by_the_children_found() -> None:
    given = pl.concat(
        [
            outcome("UNDER_ENQUIRY", date(2026, 10, 1), hours=1.0),
            outcome("CONFIRMED_CME_NEW", date(2026, 10, 5), hours=2.0),
            outcome("INDEPENDENT", child="B", hours=3.0),
            outcome("CONFIRMED_CME_NEW", child="C"),
        ]
    )
    assert hours_spent(given).rows() == [("A", 3.0), ("B", 3.0)]
    whole = outcome_yield(given).filter(by="all").row(0, named=True)
    assert (whole["hours"], whole["hours_known"], whole["hours_per_child_found"]) == (6.0, 2, 6.0)
    assert hours_for_each_found(given, date(2026, 11, 20)) is None, "two children found are too few to tell"


def test_a_line_handed_in_again_counts_its_hours_once() -> None:
    assert hours_spent(pl.concat([outcome("UNTRACED"), outcome("UNTRACED", hours=2.0)])).rows() == [("A", 2.0)]
    assert hours_spent(OUTCOME.to_frame()).is_empty()
