"""Spec: a note that speaks of leaving, in a column that nobody reads, is a warning where the row gives no end."""

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from pipelines.files.read import read_bytes
from pipelines.intake.at_the_gate.completeness import STAMPING
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()

NOTES = """
left 12/3, moved to Leeds??           | told
Left                                  | told
Off roll 3 June                       | told
HAS LEFT US - forwarding address given| told
moved abroad?                         | told
closed 03/11/2026                     | told
Ended: 3 June                         | told
EHE case closed, back at school?      | told
Placement has been ended              | told
                                      |
school closed 12/3 for snow           |
closed file cabinet B                 |
case not closed                       |
referral closed 3 June                |
left-handed                           |
ring mum, left message                |
has not left school                   |
may be moving to Leeds                |
wants to be moved to another class    |
"""


def noted(source: str, note: str, **cells: str) -> list[tuple[int | None, str]]:
    """Line and what is stopped, for each row that is told; the note is beside the row on line 3, and says nothing on line 2."""
    rows = [GOOD[source] | {"Comments": ""}, GOOD[source] | {"RecordId": "X2", "Comments": note} | cells]
    found = read_bytes(f"{source}.csv", pl.DataFrame(rows).write_csv().encode(), CONTRACTS[source])
    assert found.rows.height == 2
    return [(breach.line, breach.stops) for breach in found.breaches if breach.rule == "note of leaving"]


@pytest.mark.parametrize("line", NOTES.strip("\n").splitlines())
def test_a_note_that_speaks_of_leaving_is_told_with_its_line(line: str) -> None:
    note, told = (part.strip() for part in line.split("|"))
    assert noted("school_census", note) == ([(3, "nothing")] if told else [])
    assert "note of leaving" in STAMPING


def test_it_is_told_only_of_a_list_of_places_and_of_a_row_that_gives_no_end() -> None:
    assert noted("school_census", "left 12/3", LeavingDate="2026-03-12") == []
    assert noted("school_census", "left 12/3", EnrolStatus="Left") == []
    assert noted("alternative_provision", "left 12/3", EndDate="") == [(3, "nothing")]
    assert noted("referrals", "left 12/3") == []
