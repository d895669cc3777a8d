"""Workbooks that are not today's Excel's: of Excel until 2003, as many systems write them still, and of OpenDocument; locked
ones; and files that end where a sheet is full. The files in ``tests/fixtures`` were written by such programs."""

from pathlib import Path

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from pipelines.files.handed_in import cells_handed_in
from pipelines.files.read import read_bytes
from pipelines.files.under_header.cut_off import FULL_SHEETS
from pipelines.intake.receipt.receive import check_files
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()
FIXTURES = Path(__file__).parents[2] / "fixtures"

REGISTER = [
    (4, "O’Shea", "Zoë", "2014-09-01", "2025-01-02", ""),
    (5, "Ndiaye", "Ömer", "2012-02-29", "2024-10-01", "2026-03-01"),
]
"""Line, names, birth date, day notified and day closed of the two children on the second sheet, under a title."""


@pytest.mark.parametrize("file", ["ehe_register.xls", "ehe_register.ods"])
def test_a_workbook_of_another_form_is_read_as_todays(file: str) -> None:
    found = read_bytes(file, (FIXTURES / file).read_bytes(), CONTRACTS["ehe_register"])
    columns = ("line", "surname", "forename", "date_of_birth", pl.col("notified_on").str.slice(0, 10), "closed_on")
    assert found.rows.select(*columns).rows() == REGISTER
    assert {breach.stops for breach in found.breaches} == {"nothing"}


@pytest.mark.parametrize("file", ["ehe_register.xls", "ehe_register.ods"])
def test_its_name_says_of_which_source_it_is(file: str, tmp_path: Path) -> None:
    (tmp_path / file).write_bytes((FIXTURES / file).read_bytes())
    (checked,) = check_files(tmp_path, CONTRACTS)
    assert (checked.source, checked.is_refused, checked.rows_read, checked.rows_set_aside) == (
        "ehe_register",
        False,
        2,
        0,
    )


@pytest.mark.parametrize("ending", ["xls", "ods", "csv"])
def test_a_person_may_hand_in_such_a_list_under_any_ending(ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"list.{ending}"
    file.write_bytes((FIXTURES / f"ehe_register.{'ods' if ending == 'ods' else 'xls'}").read_bytes())
    assert cells_handed_in(file, ["surname"], [])["surname"].to_list() == ["O’Shea", "Ndiaye"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param((FIXTURES / "locked.xls").read_bytes(), "with a password", id="locked, of before 2007"),
        pytest.param(b"\xd0\xcf\x11\xe0" + bytes(600), "damaged", id="no more than its first bytes"),
        pytest.param(
            b"<html><body>Sign in as Shaw</body></html>", "a web page without a table", id="a page to sign in"
        ),
        pytest.param(b"Shaw", "something else that was renamed", id="one word of text"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_to_do(data: bytes, words: str) -> None:
    (breach,) = read_bytes("ehe_register.xls", data, CONTRACTS["ehe_register"]).breaches
    assert (breach.rule, breach.stops) == ("form", "file")
    assert words in breach.why
    assert "Shaw" not in breach.why + breach.fix


HEADS = ("Name", "Date of Birth", "Address", "Post Code", "Date notified", "Date closed", "Suitability")
CHILDREN = (
    ("Zoë O’Shea", "01/09/2014", "2 High Street", "ZA1 2BD", "02/01/2025", "", "Suitable"),
    ("Ömer Ndiaye", "29/02/2012", "7 Low Street", "ZA1 2BE", "01/10/2024", "01/03/2026", ""),
)


def _row(cells: tuple[str, ...], tag: str = "td") -> str:
    return "<tr>" + "".join(f"<{tag} class=x>{cell or '&nbsp;'}</{tag}>" for cell in cells) + "</tr>"


PAGE = (
    "<html><head><style>td {color: red}</style><title>Report</title></head><body>"
    f"<table><tr><td colspan=7><b>Home education</b></td></tr>{_row(HEADS, 'th')}{_row(CHILDREN[0])}</table>"
    f"<table>{_row(HEADS, 'th')}{_row(CHILDREN[1])}</table><script>var Shaw;</script></body></html>"
)
TABBED = "\r\n".join("\t".join(cells) for cells in (HEADS, *CHILDREN))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        pytest.param(PAGE.encode("windows-1252"), "a web page", id="a web page, as reports are written for Excel"),
        pytest.param(PAGE.replace("</td>", "").replace("</tr>", "").encode(), "a web page", id="with nothing closed"),
        pytest.param(TABBED.encode("utf-16"), "text", id="Excel's Unicode text"),
        pytest.param(TABBED.replace("\t", ",").encode(), "text", id="commas"),
    ],
)
def test_what_is_only_called_a_workbook_is_read_as_what_it_is(data: bytes, what: str) -> None:
    found = read_bytes("ehe_register.xls", data, CONTRACTS["ehe_register"])
    read = found.rows.select(
        "full_name", "date_of_birth", "address", "postcode", "notified_on", "closed_on", "suitability"
    )
    assert read.rows() == list(CHILDREN)
    assert [breach.stops for breach in found.breaches if breach.rule == "form"] == ["nothing"]
    assert any(f"is {what}. It was read" in breach.why for breach in found.breaches)
    assert not found.is_refused


@pytest.mark.parametrize(
    ("lines", "rules"),
    [(min(FULL_SHEETS) - 1, []), (min(FULL_SHEETS), [("full sheet", "file")]), (min(FULL_SHEETS) + 1, [])],
)
def test_a_file_that_ends_where_a_sheet_is_full_has_lost_its_end(lines: int, rules: list[tuple[str, str]]) -> None:
    rows = pl.DataFrame(GOOD["lost_pupils"]).select(pl.all().repeat_by(lines - 1).explode())
    rows = rows.with_columns(RecordId=pl.lit("LP") + pl.int_range(pl.len()).cast(pl.String))
    found = read_bytes("lost_pupils.csv", rows.write_csv().encode(), CONTRACTS["lost_pupils"])
    assert [(breach.rule, breach.stops) for breach in found.breaches] == rules
