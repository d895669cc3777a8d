"""Files as they really come: titles above the header, totals below, in last year's layout, out of Excel."""

import io
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.files.read import read_bytes
from pipelines.intake.in_one_form.standardise import standardise
from tests.made.library_cards import (
    GOOD,
    HEADERS,
    OKAFOR,
    QUILLFEATHER,
    ROWS,
    SENTINEL,
    SMITH,
    as_csv,
    as_xlsx,
    as_xml,
    cards,
    delivered,
    library_contract,
    told,
    workbook,
)

# The header not on line 1 --------------------------------------------------------------------------------------------

TITLES = "Library cards,,,,,,,\nMade on 20/11/2026,,,,,,,\n\n"


@pytest.mark.parametrize(
    ("ending", "data", "line"),
    [
        pytest.param("csv", TITLES + GOOD, 4, id="titles with commas"),
        pytest.param("csv", "Library cards\n" + GOOD, 2, id="one title"),
        pytest.param("csv", "Library cards; all branches\n\n" + as_csv(*ROWS, delimiter=";"), 3, id="semicolons"),
        pytest.param("csv", "sep=;\nLibrary cards\n" + as_csv(*ROWS, delimiter=";"), 3, id="under Excel's own line"),
    ],
)
def test_rows_above_the_header_are_passed_over_and_said(ending: str, data: str, line: int) -> None:
    found = read_bytes(f"cards.{ending}", data.encode(), library_contract())
    assert told(found) == [("rows above the header", "nothing", line)]
    assert cards(found) == list(ROWS)
    assert found.rows["line"].to_list() == [line + 1, line + 2, line + 3]


def test_a_workbook_may_have_titles_above_its_header_too() -> None:
    def fill(page: Any) -> None:
        page.write_string(0, 0, "Library cards")
        page.write_string(1, 3, "not for passing on")
        for line, row in enumerate((HEADERS, *ROWS), start=3):
            for position, value in enumerate(row):
                page.write_string(line, position, value)

    found = read_bytes("cards.xlsx", workbook(fill), library_contract())
    assert told(found) == [("rows above the header", "nothing", 4)]
    assert cards(found) == list(ROWS)
    assert found.rows["line"].to_list() == [5, 6, 7]


def test_rows_about_children_above_a_header_are_never_passed_over() -> None:
    headless = "\n".join(GOOD.splitlines()[1:]) + "\n"
    found = read_bytes("cards.csv", (headless + GOOD).encode(), library_contract())
    assert told(found) == [("header", "file", 1)]
    assert not any(value in str(found.breaches) for value in SENTINEL)


# The header once more ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "again"),
    [
        pytest.param((HEADERS, *ROWS), [2], id="two headers"),
        pytest.param((SMITH, QUILLFEATHER, HEADERS, OKAFOR), [4], id="two files, one under the other"),
        pytest.param((SMITH, [f" {header.upper()} " for header in HEADERS], *ROWS[1:]), [3], id="written otherwise"),
        pytest.param((*ROWS, ("CardNo", *OKAFOR[1:])), [], id="a row that only begins like it"),
    ],
)
def test_a_header_that_stands_among_the_rows_is_no_child(lines: tuple[Any, ...], again: list[int]) -> None:
    for found in (
        read_bytes("cards.csv", as_csv(*lines).encode(), library_contract()),
        read_bytes("cards.xlsx", as_xlsx(*lines), library_contract()),
    ):
        assert told(found) == [("header again", "nothing", line) for line in again]
        assert found.rows_read == len(lines) - len(again)
        assert "Forename" not in found.rows["forename"]


# Parquet -------------------------------------------------------------------------------------------------------------


def as_parquet(frame: pl.DataFrame) -> bytes:
    kept = io.BytesIO()
    frame.write_parquet(kept)
    return kept.getvalue()


def test_a_parquet_file_says_the_same_as_the_csv() -> None:
    frame = pl.DataFrame(ROWS, schema=list(HEADERS), orient="row")
    found = read_bytes("cards.parquet", as_parquet(frame), library_contract())
    assert told(found) == []
    assert cards(found) == list(ROWS)
    assert found.rows["line"].to_list() == [2, 3, 4]


def test_typed_columns_of_a_parquet_file_become_the_text_they_stand_for() -> None:
    frame = pl.DataFrame(
        {
            "CardNo": [1, 2],
            "Surname": ["Smith", None],
            "Forename": pl.Series(["Ann", "Mo"], dtype=pl.Categorical),
            "BirthDate": [date(2014, 5, 1), None],
            "Sex": [["F"], ["M"]],
            "Address": [1.0, 2.5],
            "Postcode": [True, None],
            "LastLoan": pl.Series([date(2026, 9, 2), None]).cast(pl.Datetime),
        }
    )
    found = read_bytes("cards.parquet", as_parquet(frame), library_contract())
    assert cards(found) == [
        ("1", "Smith", "Ann", "2014-05-01", "", "1", "true", "2026-09-02"),
        ("2", "", "Mo", "", "", "2.5", "", ""),
    ]


@pytest.mark.parametrize("data", [b"PAR1", b"PAR1" + b"x" * 500 + b"PAR1", GOOD.encode()], ids=["cut", "hollow", "csv"])
def test_a_parquet_file_that_is_none_is_refused(data: bytes) -> None:
    assert told(read_bytes("cards.parquet", data, library_contract())) == [("form", "file", None)]


# Last year's layout beside this year's -------------------------------------------------------------------------------

LAST_YEAR = {
    "name": "2025",
    "headers": {"card_no": "Ticket", "surname": ["Name", "Family"], "address": "Sex", "sex": "M or F"},
    "absent": ["postcode"],
}


def in_last_years_layout() -> str:
    headers = ["Ticket", "Name", "Forename", "BirthDate", "M or F", "Sex", "LastLoan"]
    return as_csv(*([*row[:6], row[7]] for row in ROWS), headers=headers)


def test_the_headers_say_which_layout_a_file_has(tmp_path: Path) -> None:
    contract = library_contract(layouts=[LAST_YEAR])
    old = in_last_years_layout().replace("LC0", "OLD0").replace("LC7", "OLD7")
    received = delivered(tmp_path, contract, library_cards_2025__csv=old, library_cards_2026__csv=GOOD)
    assert received.breaches.is_empty()
    by_key = {row["record_id"].split(":")[1]: row for row in received.raw["library_cards"].to_dicts()}
    assert len(by_key) == 6
    assert [by_key["OLD000001"][name] for name in ("surname", "sex", "address", "postcode")] == [
        "Smith",
        "F",
        "1 High Street",
        "",
    ]
    assert [by_key["LC000001"][name] for name in ("surname", "sex", "address", "postcode")] == [
        "Smith",
        "F",
        "1 High Street",
        "ZA1 1AA",
    ]


def test_a_file_of_no_layout_is_told_by_this_years() -> None:
    found = read_bytes("cards.csv", GOOD.replace("Surname", "Shoes", 1).encode(), library_contract(layouts=[LAST_YEAR]))
    assert ("missing column", "file", None) in told(found)
    assert any(breach.column == "Surname" for breach in found.breaches)


# What the name of a file says ----------------------------------------------------------------------------------------


def test_what_the_name_of_a_file_says_stands_in_every_row_that_leaves_it_empty() -> None:
    contract = library_contract(fromName=r"cards_(?P<branch>\w+)\.(?:csv|xml)")
    found = read_bytes("CARDS_north.csv", GOOD.encode(), contract)
    assert found.rows["branch"].to_list() == ["north"] * 3
    from_xml = read_bytes("cards_north.xml", as_xml(SMITH, branch="").encode(), contract)
    assert from_xml.rows.select("branch", "card_no").row(0) == ("north", "Smith|01/05/2014|north")


def test_a_name_that_is_built_otherwise_is_said_and_the_rows_are_read() -> None:
    contract = library_contract(fromName=r"cards_(?P<branch>\w+)\.csv")
    found = read_bytes("cards.csv", GOOD.encode(), contract)
    assert told(found) == [("file name", "nothing", None)]
    assert found.rows_read == 3


# XML: what is about somebody else, and what is said several times ----------------------------------------------------


def test_elements_about_somebody_else_are_passed_over() -> None:
    layout = library_contract().files.xml
    assert layout is not None
    changed = layout.model_dump(by_alias=True) | {"passedOver": ["Parent"], "repeated": {"last_loan_on": "latest"}}
    xml = as_xml(SMITH).replace(
        "</Card>",
        "<Parent><Surname>Jones</Surname><Shoes>7</Shoes></Parent><LastLoan>2026-09-03</LastLoan>"
        "<LastLoan>2025-01-01</LastLoan></Card>",
    )
    found = read_bytes("cards.xml", xml.replace("02/09/2026", "2024-09-03").encode(), library_contract(xml=changed))
    assert told(found) == []
    assert found.rows.select("surname", "last_loan_on").row(0) == ("Smith", "2026-09-03")


# Out of Excel --------------------------------------------------------------------------------------------------------


def test_shortened_numbers_are_counted_with_a_remedy_and_never_match(tmp_path: Path) -> None:
    contract = library_contract()
    table = contract.schema_[0]
    columns = tuple(
        column.model_copy(update={"maps_to": {"address": "household", "postcode": "phone"}[column.name]})
        if column.name in ("address", "postcode")
        else column
        for column in table.properties
    )
    changed = contract.model_copy(update={"schema_": (table.model_copy(update={"properties": columns}),)})
    changed.__dict__.pop("column_named", None)
    rows = [(*SMITH[:5], "1.23E+12", "7.7E+09", ""), (*OKAFOR[:5], "1.23457e+12", "7281235108", "")]
    received = delivered(tmp_path, changed, library_cards__csv=as_csv(*rows))
    assert received.breaches.select("line", "column", "rule", "stops").rows() == [
        (2, "Address", "number shortened by a spreadsheet", "nothing"),
        (2, "Postcode", "number shortened by a spreadsheet", "nothing"),
        (3, "Address", "number shortened by a spreadsheet", "nothing"),
    ]
    assert "as text" in received.breaches["fix"][0]
    person = standardise(received.raw, {"library_cards": changed}, as_at=date(2026, 11, 20)).person
    assert person.select("household", "phone").rows() == [(None, None), (None, "07281235108")]
