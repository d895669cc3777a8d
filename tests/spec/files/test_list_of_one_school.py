"""A roll that a school's own system printed: no column says which school it is, as all of it is about one."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from xlsxwriter import Workbook

from data_contracts.contract import read_contracts
from pipelines.files.headers.faults import MISSING
from pipelines.intake.receipt.receive import CheckedFile, check_files, receive
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()
NIGHT = datetime(2026, 11, 20, 2, tzinfo=UTC)
PUPIL = {k: v for k, v in GOOD["school_census"].items() if k not in ("RecordId", "Estab", "URN", "LEA", "SchoolName")}

CALLED = """
school_census St Marys Primary CME nov 26 JB.csv                        | St Marys Primary CME JB
School Census - Oakfield_Primary_SIMS_20-11-26.csv                      | Oakfield Primary SIMS
SchoolCensus_Arbor - All Students - Hillside Academy 2026-11-20.xlsx    | Arbor - All Students - Hillside Academy
school_census_8992001_Westbrook.csv                                     | 8992001 Westbrook
school_census 8112001.csv                                               | 8112001
school_census 671_4050 Leavers 20-11-26.xlsx                            | 671 4050
school_census_Westbrook_20 Nov 2026.csv                                 | Westbrook
school_census_May Bank Infants.csv                                      | May Bank Infants
school_census.csv                                                       |
school_census_20261120.csv                                              |
school_census_autumn 2026 all schools.csv                               |
school_census_part1of2.csv                                              |
"""


@pytest.mark.parametrize("line", CALLED.strip().splitlines())
def test_a_file_is_called_by_what_is_the_same_in_its_name_from_night_to_night(line: str) -> None:
    file, called = (part.strip() for part in line.split("|"))
    assert CONTRACTS["school_census"].files.called(file) == called


def _check(folder: Path, name: str, rows: list[dict[str, str]]) -> CheckedFile:
    pl.DataFrame(rows).write_csv(folder / name)
    (found,) = check_files(folder, CONTRACTS)
    return found


def _schools(folder: Path) -> list[tuple[str, str]]:
    rows = receive(folder, CONTRACTS, received_at=NIGHT).raw["school_census"]
    return rows.select("estab", "school_name").unique().sort("estab").rows()


def test_the_lists_of_two_schools_are_told_apart_by_the_names_of_their_files(tmp_path: Path) -> None:
    for school in ("Oakfield", "Westbrook"):
        pl.DataFrame([PUPIL | {"Forename": school}]).drop("EnrolStatus").write_csv(
            tmp_path / f"school_census_{school} 20.11.26.csv"
        )
    assert _schools(tmp_path) == [("Oakfield", "Oakfield"), ("Westbrook", "Westbrook")]
    told = {(b.rule, b.column, b.stops) for found in check_files(tmp_path, CONTRACTS) for b in found.breaches}
    assert (MISSING, "Estab", "nothing") in told


def test_a_pupil_on_two_rolls_since_one_day_is_on_both(tmp_path: Path) -> None:
    for school, year in (("Oakfield", "6"), ("Saltings PRU", "Year 6")):
        pl.DataFrame([PUPIL | {"NCyearActual": year}]).write_csv(tmp_path / f"school_census_{school}.csv")
    received = receive(tmp_path, CONTRACTS, received_at=NIGHT)
    assert received.raw["school_census"].height == 2
    assert received.set_aside.is_empty()


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        pytest.param("school_census_20261120.csv", {}, id="the name of the file says nothing"),
        pytest.param("school_census_Oakfield.csv", {"Estab_Nos": "2001"}, id="a number under another header"),
    ],
)
def test_a_list_that_may_be_of_several_schools_is_refused(tmp_path: Path, name: str, cells: dict[str, str]) -> None:
    assert _check(tmp_path, name, [PUPIL | cells]).is_refused


def test_a_list_that_names_its_school_goes_by_that_name(tmp_path: Path) -> None:
    pl.DataFrame([PUPIL | {"SchoolName": "Oakfield"}]).write_csv(tmp_path / "school_census_Westbrook.csv")
    assert _schools(tmp_path) == [("Oakfield", "Oakfield")]


def test_a_workbook_with_a_sheet_for_each_class_and_each_name_in_one_column_is_read(tmp_path: Path) -> None:
    headers = ("Name", "DoB", "M/F", "UPN", "Date Joined", "Date Left", "Address", "PostCode")
    with Workbook(str(tmp_path / "school_census_Kings Academy.xlsx")) as book:
        sheets = {"Summary": [("Row Labels", "Count of UPN"), ("Year 7", "2"), ("Grand Total", "3")]}
        for year, pupils in {"Y7": ("MERRICK, Isla", "SHAH, Dev"), "Mrs Bell": ("BELL, Cy",)}.items():
            rows = [(who, "24/03/2015", "F", "", "01/09/2026", "", "1 High Street", "ZA1 2BD") for who in pupils]
            sheets[year] = [headers, *rows]
        for sheet, cells in sheets.items():
            page = book.add_worksheet(sheet)
            for line, row in enumerate(cells):
                page.write_row(line, 0, row)
    rows = receive(tmp_path, CONTRACTS, received_at=NIGHT).raw["school_census"]
    assert rows.select("full_name", "estab").sort("full_name").rows() == [
        ("BELL, Cy", "Kings Academy, sheet 3"),
        ("MERRICK, Isla", "Kings Academy, Y7"),
        ("SHAH, Dev", "Kings Academy, Y7"),
    ]


@pytest.mark.parametrize(
    ("name", "pupils", "school"),
    [
        pytest.param("St Mary's RC", 5, "St Mary's RC", id="a sheet of pupils"),
        pytest.param("Isla Merrick", 4, None, id="a sheet of few, which may be named for one of them"),
        pytest.param("Sheet2", 5, None, id="a name that says nothing"),
        pytest.param("Year 7", 5, None, id="a year group of an unknown school"),
    ],
)
def test_in_a_workbook_of_all_schools_each_goes_by_the_name_of_its_sheet(
    tmp_path: Path, name: str, pupils: int, school: str | None
) -> None:
    with Workbook(str(tmp_path / "school_census Nov 2026.xlsx")) as book:
        for sheet, number in {"Oakfield": 6, name: pupils}.items():
            page = book.add_worksheet(sheet)
            page.write_row(0, 0, ("Surname, Forename", "DoB", "Sex", "UPN", "Address", "PostCode", "Date Left"))
            for at in range(number):
                row = (
                    f"{sheet[0]}ARTER, {'ABCDEF'[at]}nna",
                    f"{at + 1:02}/03/2015",
                    "F",
                    "",
                    "1 High Street",
                    "ZA1 2BD",
                    "",
                )
                page.write_row(at + 1, 0, row)
    found = check_files(tmp_path, CONTRACTS)
    assert [file.is_refused for file in found] == [False, school is None]
    if school is not None:
        assert [unit for unit, _ in _schools(tmp_path)] == ["Oakfield", school]
