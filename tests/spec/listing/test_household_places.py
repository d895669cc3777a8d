"""Where other children of a lead's household are educated: one child laid beside it at a time."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from pipelines.listing.household_places import HOUSEHOLD_PLACE, household_places
from pipelines.reports.explain import EXPLAIN_READS, explain
from pipelines.reports.life import LIFE_READS
from tests.made.children import AS_AT, SOURCE_NAMES, Drawn

HOME: dict[str, Any] = {"surname": "HADDAD", "house": "7", "street": "LANTERN ROW", "postcode": "ZA12BD"}
NEXT_DOOR = HOME | {"house": "9"}


def lead() -> Drawn:
    return Drawn().record("health:1", "CH1", **HOME).lives("CH1", 0.9)


def beside(home: dict[str, Any] = HOME, until: date | None = None) -> Drawn:
    """The lead, and another child with a home who is on a roll."""
    drawn = lead().record("school_census:2", "CH2", date(2013, 3, 3), **home)
    return drawn.on_roll("school_census:2", date(2024, 9, 2), until)


def told(drawn: Drawn, protected: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    tables = drawn.tables()
    known = (tables[name] for name in ("person", "statements", "child_records"))
    found = household_places(pl.Series(["CH1"]), *known, protected=pl.Series(protected, dtype=pl.String), as_at=AS_AT)
    assert found.schema == HOUSEHOLD_PLACE
    return found.to_dicts()


@pytest.mark.parametrize(
    ("drawn", "is_told"),
    [
        pytest.param(beside(), True, id="a brother on a roll"),
        pytest.param(beside(NEXT_DOOR), False, id="of the same name, next door"),
        pytest.param(beside(HOME | {"surname": "OKAFOR"}), False, id="of another name at the door: not known"),
        pytest.param(beside(until=date(2026, 7, 17)), False, id="a brother who has left his school"),
        pytest.param(lead().record("health:2", "CH2", **HOME), False, id="a brother without a place"),
        pytest.param(
            lead().record("school_census:2", "CH1", **HOME).on_roll("school_census:2"),
            False,
            id="the child's own place",
        ),
    ],
)
def test_who_can_say_more_of_the_family(drawn: Drawn, is_told: bool) -> None:
    place = {"what": "state school", "place": "Keats Primary School", "record_id": "school_census:2"}
    assert told(drawn) == ([{"child_id": "CH1", **place, "is_open_to_all": True}] if is_told else [])


def test_where_a_protected_brother_goes_to_school_is_not_open_to_all() -> None:
    assert [row["is_open_to_all"] for row in told(beside(), protected=("CH2",))] == [False]


@pytest.mark.parametrize("is_protected", [False, True])
def test_it_is_told_as_a_word_to_ask_for_and_never_of_a_protected_child(is_protected: bool) -> None:
    drawn = beside()
    if is_protected:
        drawn.says("school_census:2", "protected")
    night = drawn.night()
    tables = {name: night[name] for name in (*EXPLAIN_READS, *LIFE_READS)}
    page = " ".join(explain("CH1", tables, SOURCE_NAMES).split())
    where = "state school, Keats Primary School, record school_census:2"
    assert (f"From where another child in the household is educated ({where})" in page) is not is_protected
    assert ("Keats" in page) is not is_protected
