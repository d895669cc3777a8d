"""Rows that say only with the row above what they say: reports of households that print tenancy and home only beside the
tenant, with the other members below; ditto marks. And rows that say nothing of a child."""

import io

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from pipelines.files.read import read_bytes
from pipelines.files.rows import FileRows, KnownLines
from pipelines.intake.at_the_gate.completeness import STAMPING
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()
HOUSING = CONTRACTS["housing"]
HEADERS = (
    "Tenancy Ref",
    "Address",
    "Post Code",
    "Tenancy Start",
    "Tenancy End",
    "Household Member",
    "DOB",
    "Relationship",
)
REPORT = """
T1 | 1 High Street | ZA1 2BD | 03/02/2020 |  | Ann Okafor | 05/05/1986 | Tenant
   |               |         |            |  | Bea Okafor | 01/10/2014 | Child
   |               |         |            |  | Cy Okafor  | 11/08/2016 | Child
T2 | 9 Low Street  | ZA1 2BE | 01/06/2021 |  | Dev Shah   | 05/05/1984 | Tenant
   |               |         |            |  | Esme Shah  | 24/04/2015 | Child
   |               |         |            |  | Finn Shah  | 24/04/2015 | Child
   |               |         |            |  | Gwen Shah  | 30/01/2018 | Child
"""


def rows_of(report: str) -> pl.DataFrame:
    cells = [[cell.strip() for cell in line.split("|")] for line in report.strip("\n").splitlines()]
    return pl.DataFrame(cells, schema=list(HEADERS), orient="row")


def read(rows: pl.DataFrame, form: str = "csv", known: KnownLines | None = None) -> FileRows:
    data = io.BytesIO()
    getattr(rows, {"csv": "write_csv", "xlsx": "write_excel", "parquet": "write_parquet"}[form])(data)
    return read_bytes(f"housing.{form}", data.getvalue(), HOUSING, known)


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
def test_a_child_below_a_tenant_lives_with_the_tenant(form: str) -> None:
    found = read(rows_of(REPORT), form)
    homes = found.rows.select("full_name", "tenancy_ref", "address", "postcode", "tenancy_start")
    assert homes.filter(pl.col("full_name").str.contains("Okafor"))["tenancy_ref"].to_list() == ["T1"] * 3
    assert homes.row(6)[:4] == ("Gwen Shah", "T2", "9 Low Street", "ZA1 2BE")
    assert homes["tenancy_start"].n_unique() == 2
    (told,) = [breach for breach in found.breaches if breach.rule == "said once"]
    assert (told.stops, told.column) == ("nothing", "Tenancy Ref")
    assert told.why.startswith("5 rows leave empty")


@pytest.mark.parametrize(
    "report",
    [
        pytest.param("\n".join(REPORT.strip("\n").splitlines()[:3]), id="few rows, as of people without a home"),
        pytest.param("\n".join([*REPORT.strip("\n").splitlines()[1:3]] * 4), id="no row above that says it"),
        pytest.param(REPORT.replace("   |               |  ", "   |  2 Mill Road  |  "), id="a home of their own"),
    ],
)
def test_a_home_is_taken_from_above_only_where_the_report_prints_it_once(report: str) -> None:
    rows = rows_of(report)
    assert read(rows).rows["address"].to_list() == rows["Address"].to_list()


def test_rows_that_hang_on_the_row_above_are_read_again_each_night() -> None:
    """Known by its line alone, a child would stay in the home of last night's tenant."""
    assert read(rows_of(REPORT), known=KnownLines("tonight")).lines.is_empty()
    each = rows_of(REPORT).with_columns(pl.lit("T1").alias("Tenancy Ref"))
    assert not read(each, known=KnownLines("tonight")).lines.is_empty()


REFERRALS = (
    """Surname,Forename,DateOfBirth,Address,Postcode,ReferredOn,ReferredBy,UPN
Shah,Dev,01/10/2014,"9 Low Street",ZA1 2BE,02/11/2026,Police,
Shah,Esme,24/04/2015,as above,"""
    + '"""",ditto,School,'
    + """
Bell,Cy,11/08/2016,3 Hill Road,ZA1 2BD,03/11/2026,School,"""
    + '""""'
    + """
Year 7,,,,,,,
,,,NB: Mrs Okafor checks the addresses,,,,
Baby Khan,,,,,,,
"""
)


def test_a_ditto_mark_is_the_cell_above_except_under_a_number_of_ones_own() -> None:
    found = read_bytes("referrals.csv", REFERRALS.encode(), read_contracts()["referrals"])
    homes = found.rows.select("forename", "address", "postcode", "referred_on", "upn")
    assert homes.row(1) == ("Esme", "9 Low Street", "ZA1 2BE", "02/11/2026", "")
    assert homes.row(2)[-1] == '"'
    (told,) = [breach for breach in found.breaches if breach.rule == "as above"]
    assert told.why.startswith("3 cells of the file say that they are as the cell above")
    assert found.lines.is_empty()  # no line is known by itself, so the whole file is read on the next night


def test_a_heading_or_a_note_between_the_rows_is_no_child_but_a_lone_name_is() -> None:
    found = read_bytes("referrals.csv", REFERRALS.encode(), read_contracts()["referrals"])
    assert found.rows["surname"].to_list() == ["Shah", "Shah", "Bell", "Baby Khan"]
    assert [breach.line for breach in found.breaches if breach.rule == "row of notes"] == [5, 6]


def test_a_new_row_with_a_ditto_mark_is_read_as_in_the_whole_file() -> None:
    contract = read_contracts()["referrals"]
    lines = REFERRALS.splitlines(keepends=True)
    before = read_bytes("referrals.csv", "".join([*lines[:2], lines[3]]).encode(), contract, KnownLines("us"))
    known = KnownLines("us", before.lines["line_hash"])
    again = read_bytes("referrals.csv", REFERRALS.encode(), contract, known)
    assert again.rows.filter(forename="Esme")["address"].to_list() == ["9 Low Street"]


@pytest.mark.parametrize(
    ("note", "is_told"),
    [
        ("Grey = closed", True),
        ("Red rows are leavers", True),
        ("Yellow: to be visited", True),
        ("Green Lane School only", False),
    ],
)
def test_a_note_that_says_what_a_colour_means_is_a_warning_as_nobody_reads_colours(note: str, is_told: bool) -> None:
    row = ["Shah", "Dev", "01/10/2014", "9 Low Street", "ZA1 2BE", "02/11/2026"]
    cells = [
        ["Surname", "Forename", "DateOfBirth", "Address", "Postcode", "ReferredOn"],
        row,
        row,
        ["", note, *[""] * 4],
    ]
    for lines in (cells, [["Referrals", *[""] * 5], [note, *[""] * 5], *cells[:3]]):
        sheet = io.BytesIO()
        pl.DataFrame(lines, orient="row").write_excel(sheet, include_header=False)
        found = read_bytes("referrals.xlsx", sheet.getvalue(), read_contracts()["referrals"])
        assert [breach.stops for breach in found.breaches if breach.rule == "colours"] == (
            ["nothing"] if is_told else []
        )
    assert "colours" in STAMPING


CONTACTS = ["Contact Name", "Relationship to Pupil"]


def roll_with_contacts(further: int) -> FileRows:
    """A report of two pupils, each with so many contacts below the first."""
    pupil = GOOD["school_census"] | dict.fromkeys(CONTACTS, "Mother")
    below = dict.fromkeys(pupil, "") | dict.fromkeys(CONTACTS, "Father")
    rows = [row for n in range(2) for row in (pupil | {"RecordId": f"P{n}"}, *[below] * further)]
    data = pl.DataFrame(rows).write_csv().encode()
    return read_bytes("school_census.csv", data, CONTRACTS["school_census"])


@pytest.mark.parametrize(("further", "read"), [(1, 2), (9, 2), (10, 22)])
def test_a_row_for_a_further_contact_of_a_pupil_is_passed_over_unless_a_whole_run_says_nothing(
    further: int, read: int
) -> None:
    """As school systems print contacts: the roll was held, as most of its rows had no name."""
    found = roll_with_contacts(further)
    assert found.rows_read == read
    assert [b.stops for b in found.breaches if b.rule == "further contacts"] == (["nothing"] if read == 2 else [])
