"""Workbooks in the XML of Excel 2003, as many systems write their reports, under .xml or .xls."""

from pathlib import Path

import pytest

from data_contracts.contract import read_contracts
from pipelines.files.forms.spreadsheet_xml import as_workbook, is_spreadsheet_xml
from pipelines.files.forms.workbook import all_sheets
from pipelines.files.rows import UnreadableFileError
from pipelines.intake.receipt.receive import check_files, receive
from tests.spec.files.test_list_of_one_school import NIGHT

CONTRACTS = read_contracts()
OPENS = (
    '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:x="urn:schemas-microsoft-com:office:excel" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:html="http://www.w3.org/TR/REC-html40">'
)
HEADERS = ("Surname", "Forename", "DOB", "Address", "Postcode", "Date notified", "Date closed", "Suitability")


def cell(text: str, kind: str = "String", more: str = "") -> str:
    return f'<Cell{more}><Data ss:Type="{kind}">{text}</Data></Cell>'


def sheet(name: str, *rows: str, hidden: bool = False) -> str:
    options = "<x:WorksheetOptions><x:Visible>SheetHidden</x:Visible></x:WorksheetOptions>" if hidden else ""
    body = "".join(row if row.startswith("<Row") else f"<Row>{row}</Row>" for row in rows)
    return f'<Worksheet ss:Name="{name}"><Table>{body}</Table>{options}</Worksheet>'


def child(surname: str, closed: str = "") -> str:
    born = cell("2014-09-01T00:00:00.000", "DateTime")
    own = [*map(cell, (surname, "Zoë")), born, *map(cell, ("2 High St", "ZA1 2BD", "02/01/2025", closed))]
    return "".join(own) + cell("Suitable")


def book(*sheets: str) -> bytes:
    return f"{OPENS}{''.join(sheets)}</Workbook>".encode()


HEAD = "".join(map(cell, HEADERS))
REGISTER = book(sheet("Open", HEAD, child("O’Shea")), sheet("Closed", HEAD, child("Ndiaye", "01/03/2026")))


@pytest.mark.parametrize("name", ["ehe_register.xml", "ehe_register November.xls"])
def test_each_sheet_of_a_workbook_in_xml_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(REGISTER)
    (tmp_path / "school_census Oakfield.csv").write_text(
        "UPN,Surname,Forename,DOB,Sex,Address,Postcode,Date of Leaving\n,Bell,Cy,30/11/2016,M,2 High Street,ZA1 2BE,\n"
    )
    rows = receive(tmp_path, CONTRACTS, received_at=NIGHT).raw["ehe_register"]
    assert rows.select("surname", "date_of_birth", "closed_on", "status").rows() == [
        ("O’Shea", "2014-09-01", "", ""),
        ("Ndiaye", "2014-09-01", "01/03/2026", "Left"),
    ]


def test_cells_stand_where_they_say_they_stand() -> None:
    rows = (
        cell("<B>Sha</B>w", more=' ss:MergeAcross="1"') + cell("0123"),
        '<Row ss:Index="4">' + cell("12", "Number", ' ss:Index="3"') + cell("#N/A", "Error") + "</Row>",
        '<Cell><Data ss:Type="String">a</Data><Comment><ss:Data>left in May</ss:Data></Comment></Cell>',
    )
    (cells,) = all_sheets(as_workbook(book(sheet("Pupils", *rows))))
    assert [row[:3] for row in cells.rows()] == [
        ("Shaw", "", "0123"),
        ("", "", ""),
        ("", "", ""),
        ("", "", "12"),
        ("a", "", ""),
    ]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(REGISTER[:900], id="cut off"),
        pytest.param(book(), id="no sheet"),
        pytest.param(REGISTER.replace(b"<Workbook", b'<!DOCTYPE a [<!ENTITY b "c">]><Workbook', 1), id="entities"),
        pytest.param(book(sheet("Pupils", '<Row ss:Index="99999999">' + HEAD + "</Row>")), id="a row beyond any sheet"),
    ],
)
def test_what_is_no_such_workbook_is_refused_with_what_to_do(data: bytes, tmp_path: Path) -> None:
    assert is_spreadsheet_xml(data)
    with pytest.raises(UnreadableFileError, match="save it as an Excel workbook"):
        as_workbook(data)
    (tmp_path / "ehe_register.xml").write_bytes(data)
    (found,) = check_files(tmp_path, CONTRACTS)
    assert [(breach.rule, breach.stops) for breach in found.breaches] == [("form", "file")]


def test_a_hidden_sheet_is_hidden_still(tmp_path: Path) -> None:
    hidden = book(sheet("Open", HEAD, child("Shaw")), sheet("Before", HEAD, child("Shaw"), hidden=True))
    (tmp_path / "ehe_register.xml").write_bytes(hidden)
    (found,) = check_files(tmp_path, CONTRACTS)
    assert found.is_refused


def test_a_census_in_xml_is_no_workbook() -> None:
    assert not is_spreadsheet_xml(b'<?xml version="1.0"?><Message><Header/></Message>')
