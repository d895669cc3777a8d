"""Reports of households that print tenancy and home only beside the tenant, with the other members below."""

import io

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from pipelines.files.read import read_bytes
from pipelines.files.rows import FileRows, KnownLines

HOUSING = read_contracts()["housing"]
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
