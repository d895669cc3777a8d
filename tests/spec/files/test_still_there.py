"""Marks beside the rows that say of an entry without an end that it no longer holds (On Roll: No)."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from pipelines.intake.receipt.receive import Received, receive
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()

SAYS_ENDED = """
school_census         | On Roll       | No    | a roll with the kind of registration beside it
school_census         | Active        | FALSE | a mark of a system
school_census         | Off Roll (Y/N) | Y    | a mark of the contrary
ehe_register          | Current EHE   | no    | a list of home education
alternative_provision | Is Current    | 0     | placements
"""

SAYS_NOTHING = """
school_census         | On Roll       |       | nothing in the mark
school_census         | On Roll       | Yes   | who is there
school_census         | Active        | see notes | words that nobody knows
school_census         | LeavingGround | Moved away | a reason alone
school_census         | On Time       | No    | a mark of something else
"""


def received(line: str, tmp_path: Path, end: str = "") -> tuple[str, Received]:
    source, header, cell, _ = (part.strip() for part in line.split("|"))
    ends = {"school_census": "LeavingDate", "ehe_register": "ClosedOn"}.get(source, "EndDate")
    others = [GOOD[source] | {"RecordId": f"K{n}", ends: "", header: ""} for n in range(9)]
    row = GOOD[source] | {"RecordId": "ONE", ends: end, header: cell}
    pl.DataFrame([GOOD["school_census"]]).write_csv(tmp_path / "school_census.csv")
    pl.DataFrame([row, *others]).write_csv(tmp_path / f"{source}.csv")
    return source, receive(tmp_path, CONTRACTS, received_at=datetime(2026, 11, 20, tzinfo=UTC))


@pytest.mark.parametrize("line", SAYS_ENDED.strip().splitlines())
def test_what_is_marked_as_over_and_has_no_end_has_ended_on_an_unknown_day(line: str, tmp_path: Path) -> None:
    """Unread, the mark left 12 of 101 children without a place looking like pupils who are there, and nobody was told."""
    source, found = received(line, tmp_path)
    assert [b["line"] for b in found.breaches.filter(rule="left without a day").to_dicts()] == [2]
    (told,) = found.breaches.filter(rule="said to have ended").to_dicts()
    assert told["source"] == source
    assert told["why"].startswith("1 row is said ")


@pytest.mark.parametrize("line", SAYS_NOTHING.strip().splitlines())
def test_other_marks_say_nothing(line: str, tmp_path: Path) -> None:
    _, found = received(line, tmp_path)
    assert found.breaches.filter(pl.col("rule").is_in(["left without a day", "said to have ended"])).is_empty()


def test_a_mark_beside_a_day_adds_nothing_to_it(tmp_path: Path) -> None:
    _, found = received("school_census | On Roll | No | left", tmp_path, end="2026-07-17")
    assert found.breaches.filter(pl.col("rule").is_in(["left without a day", "said to have ended"])).is_empty()
