"""Files as they really come: titles above the header, totals below, packed, in last year's layout, out of Excel."""

import gzip
import io
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_contracts.contract import Contract
from data_contracts.parts import Column
from data_contracts.values import parse_dates
from pipelines.files import FileRows, packed, read_bytes
from pipelines.files.packed import unpack
from pipelines.files.rows import UnreadableFileError
from pipelines.receive import Received, receive
from pipelines.standardise import standardise
from tests.made.library_cards import (
    CHECKS,
    GOOD,
    HEADERS,
    OKAFOR,
    QUILLFEATHER,
    SENTINEL,
    SMITH,
    as_csv,
    as_xlsx,
    as_xml,
    library_contract,
    workbook,
)

ROWS = (SMITH, QUILLFEATHER, OKAFOR)
NAMES = ("card_no", "surname", "forename", "born_on", "sex", "address", "postcode", "last_loan_on")
RECEIVED_AT = datetime(2026, 11, 20, 2, 30)
TOTALS = {"empty": ["born_on", "surname"], "begins": ["Total*", "Number of *"]}


def told(found: FileRows) -> list[tuple[str, str, int | None]]:
    return [(breach.rule, breach.stops, breach.line) for breach in found.breaches]


def cards(found: FileRows) -> list[tuple[Any, ...]]:
    return found.rows.select(NAMES).rows()


def night(folder: Path, *contracts: Contract, **files: bytes | str) -> Received:
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    known = {contract.id: contract for contract in contracts or (library_contract(),)}
    return receive(folder, known, received_at=RECEIVED_AT, identifier_checks=CHECKS)


def zipped(members: dict[str, bytes | str]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return kept.getvalue()


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


# Totals under the last row -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "totals",
    [
        pytest.param("Total,,,,,,,3\n", id="as wide as the header"),
        pytest.param("Total: 3\n", id="one cell"),
        pytest.param(",,,,,TOTAL,3,\n", id="the word further right"),
        pytest.param("Number of cards,,,,,,,3\nTotal,,,,,,,3\n", id="two rows"),
    ],
)
def test_rows_of_totals_are_no_rows_where_the_contract_knows_them(totals: str) -> None:
    found = read_bytes("cards.csv", (GOOD + totals).encode(), library_contract(totals=TOTALS))
    assert set(told(found)) == {("row of totals", "nothing", 5 + n) for n in range(totals.count("\n"))}
    assert cards(found) == list(ROWS)
    assert found.rows_read == 3


def test_a_workbook_may_end_in_totals() -> None:
    found = read_bytes(
        "cards.xlsx", as_xlsx(*ROWS, ("Total", "", "", "", "", "", "", "3")), library_contract(totals=TOTALS)
    )
    assert told(found) == [("row of totals", "nothing", 5)]
    assert cards(found) == list(ROWS)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("LC9,Total,Ann,01/05/2014,F,1 High Street,ZA1 1AA,\n", id="a child whose surname is Total"),
        pytest.param("Total9,Baker,Ann,01/05/2014,F,1 High Street,ZA1 1AA,\n", id="a key like the word"),
        pytest.param("Total,,,01/05/2014,,,,\n", id="a birth date beside the word"),
    ],
)
def test_a_row_about_a_child_is_never_taken_for_totals(row: str) -> None:
    found = read_bytes("cards.csv", (GOOD + row).encode(), library_contract(totals=TOTALS))
    assert found.rows_read == 4
    assert "row of totals" not in [breach.rule for breach in found.breaches]


def test_totals_in_the_middle_are_rows_like_any_other() -> None:
    lines = GOOD.splitlines()
    found = read_bytes(
        "cards.csv", "\n".join([*lines[:3], "Total,,,,,,,2", lines[3]]).encode(), library_contract(totals=TOTALS)
    )
    assert found.rows_read == 4


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
            "CardNo": [1, 2], "Surname": ["Smith", None], "Forename": pl.Series(["Ann", "Mo"], dtype=pl.Categorical),
            "BirthDate": [date(2014, 5, 1), None], "Sex": [["F"], ["M"]], "Address": [1.0, 2.5],
            "Postcode": [True, None], "LastLoan": pl.Series([date(2026, 9, 2), None]).cast(pl.Datetime),
        }
    )  # fmt: skip
    found = read_bytes("cards.parquet", as_parquet(frame), library_contract())
    assert cards(found) == [
        ("1", "Smith", "Ann", "2014-05-01", "", "1", "true", "2026-09-02"),
        ("2", "", "Mo", "", "", "2.5", "", ""),
    ]


@pytest.mark.parametrize("data", [b"PAR1", b"PAR1" + b"x" * 500 + b"PAR1", GOOD.encode()], ids=["cut", "hollow", "csv"])
def test_a_parquet_file_that_is_none_is_refused(data: bytes) -> None:
    assert told(read_bytes("cards.parquet", data, library_contract())) == [("form", "file", None)]


# Packed files --------------------------------------------------------------------------------------------------------

BRANCHES = {
    "north/library_cards_north.csv": as_csv(SMITH),
    "south\\library_cards_south.csv": as_csv(QUILLFEATHER),
    "../../library_cards.xml": as_xml(OKAFOR),
    "__MACOSX/library_cards_north.csv": "x",
    "north/.hidden.csv": "x",
}


@pytest.mark.parametrize(
    ("name", "data", "shown"),
    [
        pytest.param("library_cards__csv__gz", gzip.compress(GOOD.encode()), "library_cards.csv.gz", id="gzip"),
        pytest.param("library_cards__csv__gz", gzip.compress(GOOD[:50].encode()) + gzip.compress(GOOD[50:].encode()),
                     "library_cards.csv.gz", id="gzip in two parts"),
        pytest.param("library_cards__zip", zipped({"export.csv": GOOD}), "library_cards.zip/export.csv",
                     id="a zip named after the source"),
        pytest.param("all_of_it__zip", zipped({"library_cards.csv": GOOD}), "all_of_it.zip/library_cards.csv",
                     id="a file named after the source in a zip"),
        pytest.param("library_cards__xlsx__gz", gzip.compress(as_xlsx(*ROWS)), "library_cards.xlsx.gz",
                     id="a packed workbook"),
    ],
)  # fmt: skip
def test_packed_files_come_in_like_others(tmp_path: Path, name: str, data: bytes, shown: str) -> None:
    received = night(tmp_path, **{name: data})
    assert received.deliveries.select("source", "file", "rows_loaded", "verdict").rows() == [
        ("library_cards", shown, 3, "loaded")
    ]
    assert received.raw["library_cards"].height == 3


def test_each_file_of_a_zip_is_a_delivery_and_no_path_in_it_is_used(tmp_path: Path) -> None:
    folder = tmp_path / "extracts"
    folder.mkdir()
    received = night(folder, library_cards__zip=zipped(dict(BRANCHES)))
    assert sorted(received.deliveries.select("file", "rows_loaded").rows()) == [
        ("library_cards.zip/library_cards.xml", 1),
        ("library_cards.zip/library_cards_north.csv", 1),
        ("library_cards.zip/library_cards_south.csv", 1),
    ]
    assert [path.name for path in tmp_path.rglob("*")] == ["extracts", "library_cards.zip"]


def test_two_files_of_one_name_in_a_zip_are_told_apart() -> None:
    members = unpack("cards.zip", zipped({"a/cards.csv": "1", "b/cards.csv": "2"}))
    assert [member.shown for member in members] == ["cards.zip/cards.csv", "cards.zip/cards.csv (2)"]


def locked(data: bytes) -> bytes:
    """The zip with the mark of a password on its member."""
    marked = bytearray(data)
    for start, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        marked[data.index(start) + place] |= 1
    return bytes(marked)


ARCHIVES = [
    pytest.param("cards.zip", b"", "nothing in the file", id="nothing"),
    pytest.param("cards.zip", b"PK\x03\x04 and no more", "cannot be unpacked", id="no zip"),
    pytest.param("cards.zip", zipped({"cards.csv": GOOD * 50})[:-40], "cannot be unpacked", id="a zip cut short"),
    pytest.param("cards.zip", zipped({}), "no file in the archive", id="an empty zip"),
    pytest.param("cards.zip", zipped({"cards.zip": zipped({"cards.csv": GOOD})}), "further archive", id="nested zips"),
    pytest.param("cards.zip", zipped({"cards.csv.gz": gzip.compress(b"x")}), "further archive", id="a gzip in a zip"),
    pytest.param("cards.zip.gz", gzip.compress(zipped({"cards.csv": GOOD})), "further archive", id="a zip in a gzip"),
    pytest.param("cards.zip", locked(zipped({"cards.csv": GOOD})), "password", id="a locked zip"),
    pytest.param("cards.zip", zipped({"cards.csv": b"0" * (20 << 20)}), "far more than any", id="a zip bomb"),
    pytest.param("cards.csv.gz", gzip.compress(b"0" * (20 << 20)), "far more than any", id="a gzip bomb"),
    pytest.param("cards.csv.gz", gzip.compress(GOOD.encode())[:-12], "cannot be unpacked", id="a gzip cut short"),
    pytest.param("cards.csv.gz", GOOD.encode(), "cannot be unpacked", id="no gzip"),
]


@pytest.mark.parametrize(("file", "data", "words"), ARCHIVES)
def test_an_archive_that_cannot_be_trusted_is_refused(file: str, data: bytes, words: str) -> None:
    with pytest.raises(UnreadableFileError, match=words) as refused:
        unpack(file, data)
    assert not any(value in str(refused.value) for value in SENTINEL)


def test_a_zip_that_lies_about_its_size_is_refused_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(zipped({"cards.csv": b"0" * 5_000_000}))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = (100).to_bytes(4, "little")
    monkeypatch.setattr(packed, "SMALL", 1_000)
    with pytest.raises(UnreadableFileError):
        unpack("cards.zip", bytes(data))


def test_a_zip_of_more_files_than_any_authority_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "MOST_MEMBERS", 2)
    with pytest.raises(UnreadableFileError, match="far more"):
        unpack("cards.zip", zipped({f"{n}.csv": GOOD for n in range(3)}))


def test_a_refused_archive_is_a_delivery_of_its_source(tmp_path: Path) -> None:
    received = night(tmp_path, library_cards__csv=GOOD, library_cards_south__csv__gz=b"\x1f\x8b")
    refused = received.deliveries.filter(verdict="refused")
    assert refused.select("source", "file", "rows_read").rows() == [("library_cards", "library_cards_south.csv.gz", 0)]


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
    received = night(tmp_path, contract, library_cards_2025__csv=old, library_cards_2026__csv=GOOD)
    assert received.breaches.is_empty()
    by_key = {row["record_id"].split(":")[1]: row for row in received.raw["library_cards"].to_dicts()}
    assert len(by_key) == 6
    assert [by_key["OLD000001"][name] for name in ("surname", "sex", "address", "postcode")] == [
        "Smith", "F", "1 High Street", "",
    ]  # fmt: skip
    assert [by_key["LC000001"][name] for name in ("surname", "sex", "address", "postcode")] == [
        "Smith", "F", "1 High Street", "ZA1 1AA",
    ]  # fmt: skip


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


def date_column(*also_written: str) -> Column:
    return Column.model_validate(
        {
            "name": "on", "physicalName": "On", "logicalType": "date", "logicalTypeOptions": {"format": "dd/MM/yyyy"},
            "alsoWritten": also_written, "badTypeWhy": "No day.", "classification": "personal", "description": "A day.",
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "day"),
    [
        pytest.param("44197", date(2021, 1, 1), id="the first of January 2021"),
        pytest.param("42087.75", date(2015, 3, 24), id="with a time of day"),
        pytest.param("24/03/2015", date(2015, 3, 24), id="written out"),
        pytest.param("4419", None, id="too few digits"),
        pytest.param("1.0E+4", None, id="a shortened number"),
    ],
)
def test_days_counted_by_excel_are_taken_where_the_contract_says_so(text: str, day: date | None) -> None:
    frame = pl.DataFrame({"on": [text]})
    assert frame.select(parse_dates(date_column("excel"))).item() == day
    if text.isdigit():
        assert frame.select(parse_dates(date_column())).item() is None


def test_shortened_numbers_are_counted_with_a_remedy_and_never_match(tmp_path: Path) -> None:
    contract = library_contract()
    table = contract.schema_[0]
    columns = tuple(
        column.model_copy(update={"maps_to": {"address": "household", "postcode": "phone"}[column.name]})
        if column.name in ("address", "postcode") else column
        for column in table.properties
    )  # fmt: skip
    changed = contract.model_copy(update={"schema_": (table.model_copy(update={"properties": columns}),)})
    changed.__dict__.pop("column_named", None)
    rows = [(*SMITH[:5], "1.23E+12", "7.7E+09", ""), (*OKAFOR[:5], "1.23457e+12", "7281235108", "")]
    received = night(tmp_path, changed, library_cards__csv=as_csv(*rows))
    assert received.breaches.select("line", "column", "rule", "stops").rows() == [
        (2, "Address", "number shortened by a spreadsheet", "nothing"),
        (2, "Postcode", "number shortened by a spreadsheet", "nothing"),
        (3, "Address", "number shortened by a spreadsheet", "nothing"),
    ]
    assert "as text" in received.breaches["fix"][0]
    person = standardise(received.raw, {"library_cards": changed}, as_at=date(2026, 11, 20)).person
    assert person.select("household", "phone").rows() == [(None, None), (None, "07281235108")]
