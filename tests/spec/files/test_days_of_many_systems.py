"""Days as the systems of other councils write them: birth dates, ends that give the month alone, and ends that are none."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from data_contracts.parts import Column
from data_contracts.values import is_empty, parse_dates
from pipelines.intake.receipt.receive import receive
from tests.spec.contracts.test_contracts import GOOD
from tests.spec.files.test_files_of_many_systems import checked

CONTRACTS = read_contracts()


@pytest.mark.parametrize(("readable", "refused"), [(0, True), (1, False)])
def test_a_short_list_none_of_whose_birth_dates_can_be_read_is_refused(
    readable: int, refused: bool, tmp_path: Path
) -> None:
    rows = [GOOD["ehe_register"] | {"DateOfBirth": "24/3/15"}] * 6 + [GOOD["ehe_register"]] * readable
    file = checked(rows, tmp_path)
    assert file.is_refused is refused
    assert [b.why.split(". ")[1] for b in file.breaches if b.rule == "form of dates"] == (
        ["They look like dd/MM/yy or yy/MM/dd, and the file does not show which"] if refused else []
    )


ONE_DAY = """
14032015            | without separators
14032015.0          | as a number with a decimal
20150314000000      | as hospitals write a moment
201503141230        | to the minute
14 03 2015          | with spaces
14_03_2015          | with what file names have
14 - 03 - 2015      | with spaces around
14/ 03/2015         | with one too many
2015.03.14          | the year first
14/03/2015.         | with a full stop
Mar-14-2015         | the month by name, and first
March 14th, 2015    | as in a letter of America
14th of March, 2015 | as in a letter of here
14 Mar. 2015        | with a point
2015-Mar-14         | the year first, the month by name
"""

NO_DAY = """
140315     | the day or the year first
03142015   | no day, with the day first
31022015   | a day that never was
1032015    | a digit is missing
14/03/2015* | what the star means nobody knows
2015-14-03 | no month
"""


@pytest.mark.parametrize("line", [*ONE_DAY.strip().splitlines(), *NO_DAY.strip().splitlines()])
@pytest.mark.parametrize(
    ("source", "header"), [("school_census", "BirthDate"), ("housing", "DateOfBirth"), ("school_census", "LeavingDate")]
)
def test_a_day_is_read_however_it_is_written_if_there_is_one_way_to_read_it(
    line: str, source: str, header: str
) -> None:
    written, is_a_day = line.split("|", maxsplit=1)[0].strip(), line in ONE_DAY
    column = next(column for column in CONTRACTS[source].columns if column.header == header)
    read = pl.DataFrame({column.name: [written]}).select(parse_dates(column)).item()
    assert read == (date(2015, 3, 14) if is_a_day else None)


def test_a_contract_of_ones_own_may_say_that_a_year_has_two_digits() -> None:
    own = Column.model_validate(
        {
            "name": "born",
            "physicalName": "Born",
            "logicalType": "date",
            "logicalTypeOptions": {"format": "dd/MM/yyyy"},
            "alsoWritten": ["dd/MM/yy"],
            "badTypeWhy": "-",
            "classification": "personal",
            "description": "-",
        }
    )
    cells = pl.DataFrame({own.name: ["24/3/15", "03/09/08", "24/03/2015", "31/02/15"]})
    assert cells.select(parse_dates(own)).to_series().to_list() == [
        date(2015, 3, 24),
        date(2008, 9, 3),
        date(2015, 3, 24),
        None,
    ]


@pytest.mark.parametrize(
    ("cell", "born"),
    [
        pytest.param("02/01/1970", date(1970, 1, 2), id="a tenant's own"),
        pytest.param("01/01/1970", None, id="day 0"),
        pytest.param("1970-01-01 00:00:00", None, id="day 0 of a database"),
        pytest.param("03-Sep-58", date(1958, 9, 3), id="a tenant's, with a year of two digits"),
        pytest.param("03-Sep-15", date(2015, 9, 3), id="a child's"),
    ],
)
def test_among_tenants_a_birth_date_of_day_0_is_none_and_nobody_is_born_in_2058(cell: str, born: date | None) -> None:
    """Day 0 made a grown-up of a child, and a year to come made a child without a birth date of a grown-up."""
    column = CONTRACTS["housing"].column_named["date_of_birth"]
    assert pl.DataFrame({column.name: [cell]}).select(parse_dates(column)).item() == born


DAYS = """
01-Sept-2014                 | en_GB of Java and browsers today
1 Sept 2014                  | people
3rd Sept 2014                | people, and never the 1st
1st September 2014           | people
Mon 01 Sep 2014              | reports
Monday, 1 September 2014     | Excel's long date
September 1, 2014            | software from elsewhere
Sep  1 2014 12:00AM          | SQL Server
01SEP2014                    | SAS
01-SEP-14 00:00:00           | Oracle
"""


@pytest.mark.parametrize("line", DAYS.strip().splitlines())
def test_a_day_with_its_month_by_name_is_read_as_systems_write_it(line: str) -> None:
    column = CONTRACTS["health"].column_named["date_of_birth"]
    cell = line.split(" | ", maxsplit=1)[0].strip()
    day = date(2014, 9, 3 if cell.startswith("3") else 1)
    assert pl.DataFrame({column.name: [cell]}).select(parse_dates(column)).item() == day


@pytest.mark.parametrize("cell", ["Septic 1 2014", "1 Septober 2014", "31st September 2014", "Mon 2014", "13SEP14"])
def test_what_only_looks_like_such_a_day_is_none(cell: str) -> None:
    column = CONTRACTS["health"].column_named["date_of_birth"]
    assert pl.DataFrame({column.name: [cell]}).select(parse_dates(column)).item() is None


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        pytest.param("Sept 2025", date(2025, 9, 30), id="a month by its name"),
        pytest.param("February 2024", date(2024, 2, 29), id="in a leap year"),
        pytest.param("7/2026", date(2026, 7, 31), id="in figures"),
        pytest.param("Summer 2026", date(2026, 8, 31), id="a season of the school year, by which it is over"),
        pytest.param("End of Spring Term 2026", date(2026, 4, 30), id="the end of a term"),
        pytest.param("Easter 2026", date(2026, 4, 30), id="a holiday"),
        pytest.param("Haf 2026", date(2026, 8, 31), id="in Welsh"),
        pytest.param("Nadolig 2025", date(2025, 12, 31), id="Christmas"),
        pytest.param("13/2026", None, id="no month"),
        pytest.param("Sep-25", None, id="a month and a year, or a day and a month"),
    ],
)
def test_an_end_of_which_the_month_alone_is_known_is_its_last_day(cell: str, day: date | None) -> None:
    frame = pl.DataFrame({"leaving_date": [cell], "entry_date": [cell]})
    census = CONTRACTS["school_census"].column_named
    assert frame.select(parse_dates(census["leaving_date"])).item() == day
    assert frame.select(parse_dates(census["entry_date"])).item() is None, "a beginning is no later than it is said"


SET_ASIDE_AND_LEFT = """
RecordId | EnrolStatus | LeavingDate | Surname
KEPT     | C           |             | Lamb
1        | C           | Easter      | Lamb    | left
2        | Leaver      |             |         | left
3        | C           | 31/02/2026  | Lamb    | left
4        | C           | 1900-01-01  | Lamb
5        | C           |             |
6        | C           | July '27    | Lamb
7        | C           | 31/06/2027  | Lamb
8        | C           | Jul-27      | Lamb
9        | C           | Sep-25      | Lamb    | left
10       | C           | see notes   | Lamb    | left
11       | C           | Left 2027   | Lamb
12       | C           | Left        |         | left
"""


def test_of_the_rows_set_aside_those_say_that_a_pupil_has_left_that_have_an_end_and_no_day(tmp_path: Path) -> None:
    """A blank that a computer has filled in says neither, a row without a name nothing of its end, and one that is to end next
    year has not."""
    header, *rows = ([cell.strip() for cell in line.split("|")] for line in SET_ASIDE_AND_LEFT.strip().splitlines())
    sent = [GOOD["school_census"] | {"Forename": ""} | dict(zip(header, row, strict=False)) for row in rows]
    pl.DataFrame(sent).write_csv(tmp_path / "school_census.csv")
    received = receive(tmp_path, CONTRACTS, received_at=datetime(2026, 11, 20, tzinfo=UTC))
    assert received.raw["school_census"]["record_id"].to_list() == ["school_census:KEPT"]
    assert received.ended_without_day.to_list() == [f"school_census:{row[0]}" for row in rows if row[-1] == "left"]


@pytest.mark.parametrize("cell", ["None", "No", "Not left", "On Roll", "OPEN", "Still EHE", "31/12/9999"])
def test_an_end_that_is_said_to_be_none_is_none(cell: str) -> None:
    column = CONTRACTS["school_census"].column_named["leaving_date"]
    assert pl.DataFrame({column.name: [cell]}).select(is_empty(column)).item()


def test_leavers_whose_day_was_lost_in_a_narrow_column_do_not_count_as_there(tmp_path: Path) -> None:
    """Excel saves what it shows: ########. Read as no end, it hid five of 101 children, and nobody was told."""
    rows = [
        GOOD["school_census"] | {"RecordId": f"C{n}", "LeavingDate": "########" if n < 6 else ""} for n in range(30)
    ]
    file = checked(rows, tmp_path, "school_census")
    assert [b.line for b in file.breaches if (b.rule, b.stops) == ("date", "row")] == [2, 3, 4, 5, 6, 7]
    (told,) = [b for b in file.breaches if b.rule == "form of dates"]
    assert "widen LeavingDate" in told.fix
