"""Lists that say in words that an entry has ended: counted as going on, it would hide the child."""

from pathlib import Path

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from data_contracts.rules import LEFT_WITHOUT_DAY
from pipelines.intake.receive import CheckedFile, check_files
from tests.spec.test_contracts import GOOD

CONTRACTS = read_contracts()


def checked(row: dict[str, str], folder: Path, source: str) -> CheckedFile:
    pl.DataFrame([row]).write_csv(folder / f"{source}.csv")
    (file,) = check_files(folder, CONTRACTS)
    return file


@pytest.mark.parametrize(
    ("status", "leaving", "aside"),
    [
        pytest.param("Leaver", "", 1, id="has left, nobody says when"),
        pytest.param("Off-roll", "", 1, id="in other words"),
        pytest.param("Wedi gadael", "", 1, id="in Welsh"),
        pytest.param("De-registered", "", 1, id="in those of an office"),
        pytest.param("No longer on roll", "", 1, id="in those of the census"),
        pytest.param("Removed from roll", "", 1, id="in those of a register"),
        pytest.param("Leaver", "2026-07-20", 0, id="has left on a day"),
        pytest.param("On roll", "", 0, id="is on the roll"),
        pytest.param("C", "", 0, id="is on the roll by its code"),
        pytest.param("Something else", "", 0, id="is on the roll in a way that nobody knows"),
    ],
)
def test_a_pupil_who_has_left_on_no_day_is_not_taken_for_one_who_is_there(
    status: str, leaving: str, aside: int, tmp_path: Path
) -> None:
    for source, header in (("school_census", "EnrolStatus"), ("independent_schools", "Status")):
        file = checked(GOOD[source] | {header: status, "LeavingDate": leaving}, tmp_path, source)
        assert file.rows_set_aside == aside, source
        assert [b.rule for b in file.breaches if b.stops == "row"] == [LEFT_WITHOUT_DAY] * aside
        (tmp_path / f"{source}.csv").unlink()


ENDS = {"ehe_register": "ClosedOn", "alternative_provision": "EndDate", "other_la": "LeavingDate"}


@pytest.mark.parametrize(
    ("status", "ended", "aside"),
    [
        pytest.param("Closed", "", 1, id="closed, nobody says when"),
        pytest.param("Returned to school", "", 1, id="in other words"),
        pytest.param("C - Ceased", "", 1, id="behind a code"),
        pytest.param("Closed", "20/07/2026", 0, id="closed on a day"),
        pytest.param("Open", "", 0, id="open"),
        pytest.param("visit booked", "", 0, id="in words that say nothing of it"),
    ],
)
@pytest.mark.parametrize("source", ENDS)
def test_a_place_that_has_ended_on_no_day_is_not_taken_for_one_that_goes_on(
    source: str, status: str, ended: str, aside: int, tmp_path: Path
) -> None:
    """A register of closed and open cases hid each child whose case was only closed in words."""
    file = checked(GOOD[source] | {"Status": status, ENDS[source]: ended}, tmp_path, source)
    assert [b.rule for b in file.breaches if b.stops == "row"] == [LEFT_WITHOUT_DAY] * aside


def test_a_school_that_says_of_each_pupil_whether_it_has_the_child_is_understood(tmp_path: Path) -> None:
    rows = [{**GOOD["school_census"], "EnrolStatus": said} for said in ("Y", "N")]
    pl.DataFrame(rows).with_columns(RecordId=pl.Series(["1", "2"])).rename({"EnrolStatus": "On roll?"}).write_csv(
        tmp_path / "school_census.csv"
    )
    (file,) = check_files(tmp_path, CONTRACTS)
    assert [(b.line, b.rule) for b in file.breaches if b.stops == "row"] == [(3, LEFT_WITHOUT_DAY)]
