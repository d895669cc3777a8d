"""Files as they really come: titles above the header, totals below, in last year's layout, out of Excel."""

import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.files import read_bytes
from pipelines.files.rows import FileRows
from pipelines.intake.misleading_files import ENOUGH_ROWS
from pipelines.intake.receive import check_files
from pipelines.intake.standardise import standardise
from tests.made.library_cards import (
    GOOD,
    HEADERS,
    OKAFOR,
    QUILLFEATHER,
    SENTINEL,
    SMITH,
    as_csv,
    as_xlsx,
    as_xml,
    delivered,
    library_contract,
    several_sheets,
    workbook,
)

ROWS = (SMITH, QUILLFEATHER, OKAFOR)
NAMES = ("card_no", "surname", "forename", "born_on", "sex", "address", "postcode", "last_loan_on")
TOTALS = {"empty": ["born_on", "surname"], "begins": ["Total*", "Number of *"]}


def told(found: FileRows) -> list[tuple[str, str, int | None]]:
    return [(breach.rule, breach.stops, breach.line) for breach in found.breaches]


def cards(found: FileRows) -> list[tuple[Any, ...]]:
    return found.rows.select(NAMES).rows()


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


OTHER = ("LC000009", "Underhill", "Perry", "02/03/2013", "M", "4 Low Street", "YO1 7EP", "")
COVER = (("Library cards",), ("made for", "the council"), ("CardNo", "the number on the card"))
PAGE = (HEADERS, *ROWS)
BARE = (("CardNo", "Surname", "Sex"), ("LC000001", "Smith", "F"))


@pytest.mark.parametrize(
    ("sheets", "line_of_told"),
    [
        pytest.param([PAGE, COVER], [], id="the rows come first"),
        pytest.param([PAGE, (), ()], [], id="Excel's empty sheets"),
        pytest.param([COVER, PAGE], [("other sheets", "nothing", None)], id="a cover sheet"),
        pytest.param([(HEADERS,), COVER, PAGE], [("other sheets", "nothing", None)], id="a sheet with a header alone"),
        pytest.param([BARE, PAGE], [("other sheets", "nothing", None)], id="a sheet with part of the header"),
    ],
)
def test_of_several_sheets_the_one_with_rows_under_the_header_is_read(
    sheets: list[Any], line_of_told: list[tuple[str, str, None]]
) -> None:
    found = read_bytes("cards.xlsx", several_sheets(*sheets), library_contract())
    assert told(found) == line_of_told
    assert cards(found) == list(ROWS)


@pytest.mark.parametrize(
    ("sheets", "why"),
    [
        pytest.param([PAGE, COVER, (HEADERS, SMITH)], "Sheets 1 and 3 of 3 all hold rows", id="rows on two sheets"),
        pytest.param([COVER, COVER], "None of the 2 sheets has the header", id="no sheet with the header"),
        pytest.param([COVER, (HEADERS,)], "None of the 2 sheets has the header", id="a header and no row"),
    ],
)
def test_several_sheets_of_which_none_or_more_than_one_fits_are_refused(sheets: list[Any], why: str) -> None:
    found = read_bytes("cards.xlsx", several_sheets(*sheets), library_contract())
    (breach,) = found.breaches
    assert (breach.rule, breach.stops, found.rows_read) == ("sheet", "file", 0)
    assert why in breach.why


def test_a_sheet_named_in_the_contract_is_read_beside_others_like_it() -> None:
    found = read_bytes("cards.xlsx", several_sheets(PAGE, (HEADERS, SMITH)), library_contract(sheet="Sheet2"))
    assert (told(found), cards(found)) == ([], [SMITH])


@pytest.mark.parametrize(
    ("names", "hidden", "is_read"),
    [
        pytest.param(("Hill School", "Dale School"), (), True, id="a sheet a school"),
        pytest.param(("Autumn", "Spring"), (), True, id="a sheet a term"),
        pytest.param(("2026-27", "2025-26"), (), False, id="last year's left in"),
        pytest.param(("Pupils", "Pupils 25-26"), (), False, id="one of them named for a year"),
        pytest.param(("Pupils", "Pupils old"), (), False, id="an old one"),
        pytest.param(("Pupils", "Sheet2"), (1,), False, id="one that nobody sees"),
    ],
)
def test_sheets_that_are_parts_of_one_list_are_all_read(
    tmp_path: Path, names: tuple[str, ...], hidden: tuple[int, ...], is_read: bool
) -> None:
    parts = several_sheets((HEADERS, SMITH, OKAFOR), COVER, (HEADERS, QUILLFEATHER), names=[names[0], "Key", names[1]],
                           hidden=[2 * place for place in hidden])  # fmt: skip
    (tmp_path / "library_cards.xlsx").write_bytes(parts)
    files = check_files(tmp_path, {"library_cards": library_contract()})
    found = [(file.file, file.rows_read, file.is_refused) for file in files]
    if is_read:
        assert found == [("library_cards.xlsx (sheet 1)", 2, False), ("library_cards.xlsx (sheet 3)", 1, False)]
    else:
        assert found == [("library_cards.xlsx", 0, True)]
        assert [breach.rule for breach in files[0].breaches] == ["sheet"]


@pytest.mark.parametrize(
    ("names", "before", "read_from"),
    [
        pytest.param(("2025-26", "2026-27"), ROWS[:2], 2, id="last year's, left in"),
        pytest.param(("Sept 2026", "Sept 2025"), ROWS[1:], 1, id="behind this year's"),
        pytest.param(("26-27", "25-26"), ROWS, 1, id="years in two digits"),
        pytest.param(
            ("2026", "2025"), [OTHER], None, id="other children: a log with a sheet a year, all of which may hold"
        ),
        pytest.param(("2026", "2025"), [OTHER, SMITH], None, id="half of them others"),
        pytest.param(("2026", "Autumn 2026"), ROWS, None, id="of one year"),
        pytest.param(("Pupils", "2025"), ROWS, None, id="one of no year"),
    ],
)
def test_of_the_lists_of_several_years_the_newest_is_read(
    names: tuple[str, str], before: Sequence[tuple[str, ...]], read_from: int | None
) -> None:
    old = (HEADERS, *((f"OLD{place}", *row[1:]) for place, row in enumerate(before)))
    sheets = (old, PAGE) if read_from == 2 else (PAGE, old)
    found = read_bytes("cards.xlsx", several_sheets(*sheets, names=names), library_contract())
    if read_from is None:
        assert told(found) == [("sheet", "file", None)]
    else:
        assert (told(found), cards(found)) == ([("other sheets", "nothing", None)], list(ROWS))
        assert f"read from sheet {read_from}," in found.breaches[0].why


def test_a_sheet_that_lacks_one_column_is_a_part_and_not_passed_over_for_one_that_has_it(tmp_path: Path) -> None:
    without = [row[:6] + row[7:] for row in (HEADERS, SMITH, OKAFOR)]
    (tmp_path / "library_cards.xlsx").write_bytes(several_sheets(without, (HEADERS, QUILLFEATHER)))
    files = check_files(tmp_path, {"library_cards": library_contract()})
    assert [(file.file, file.is_refused) for file in files] == [
        ("library_cards.xlsx (sheet 1)", True),
        ("library_cards.xlsx (sheet 2)", False),
    ]
    assert ("missing column", "file") in [(breach.rule, breach.stops) for breach in files[0].breaches]


def test_two_sheets_of_the_same_children_are_two_deliveries_of_one_list(tmp_path: Path) -> None:
    page = (HEADERS, *((f"LC{number:06}", *SMITH[1:]) for number in range(ENOUGH_ROWS)))
    (tmp_path / "library_cards.xlsx").write_bytes(several_sheets(page, page))
    files = check_files(tmp_path, {"library_cards": library_contract()})
    assert [(file.is_refused, [b.rule for b in file.breaches]) for file in files] == [(True, ["two deliveries"])] * 2


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


# Older versions of a row ---------------------------------------------------------------------------------------------

VERSIONED = (*HEADERS, "valid_from", "valid_to", "is_current")
FOREVER = "9999-12-31 00:00:00.000"


def versions(*marked: tuple[Sequence[str], str]) -> list[tuple[str, ...]]:
    """Each row with the mark behind it, as a data warehouse keeps them."""
    return [(*row, "2026-01-05 00:00:00.000", FOREVER, mark) for row, mark in marked]


@pytest.mark.parametrize(
    ("headers", "marks", "stay"),
    [
        pytest.param(VERSIONED, ("0", "1", "1"), (1, 2), id="a bit"),
        pytest.param((*HEADERS, "EffectiveFrom", "EffectiveTo", "CurrentFlag"), ("N", "Y", "n"), (1,), id="letters"),
        pytest.param((*HEADERS, "row_from", "row_expiry_date", "current_row_indicator"), ("True", "False", " 1 "), (0, 2),
                     id="words, one padded"),
        pytest.param(VERSIONED, ("", "?", "0"), (0, 1), id="a mark that says neither: the row may hold"),
        pytest.param((*HEADERS, "a", "b", "is_current"), ("0", "1", "1"), (0, 1, 2),
                     id="without the day until which a version held it may speak of the child"),
        pytest.param((*HEADERS, "a", "b", "is_deleted"), ("0", "1", "1"), (0,), id="taken out"),
        pytest.param((*HEADERS, "a", "b", "Deleted"), ("0", "1", "1"), (0, 1, 2), id="a school deletes names from its roll"),
        pytest.param((*HEADERS, "a", "valid_to", "Deleted"), ("0", "1", "1"), (0,), id="among versions it is the row's"),
    ],
)  # fmt: skip
def test_rows_that_hold_no_more_are_not_read(
    headers: tuple[str, ...], marks: tuple[str, ...], stay: tuple[int, ...]
) -> None:
    lines = versions(*zip(ROWS, marks, strict=True))
    parquet = io.BytesIO()
    pl.DataFrame(lines, schema=list(headers), orient="row").write_parquet(parquet)
    for found in (
        read_bytes("cards.csv", as_csv(*lines, headers=headers).encode(), library_contract()),
        read_bytes("cards.xlsx", as_xlsx(*lines, headers=headers), library_contract()),
        read_bytes("cards.parquet", parquet.getvalue(), library_contract()),
    ):
        assert cards(found) == [ROWS[place] for place in stay]
        older = [breach.why for breach in found.breaches if breach.rule == "older versions"]
        assert [f" {len(ROWS) - len(stay)} of the file's lines " in why for why in older] == [True] * (
            len(stay) < len(ROWS)
        )


def test_of_the_versions_of_a_row_under_one_key_that_counts_which_holds(tmp_path: Path) -> None:
    moved = (*SMITH[:5], "9 New Street", *SMITH[6:])
    lines = versions((SMITH, "0"), (moved, "1"), (OKAFOR, "1"))
    received = delivered(tmp_path, library_cards__csv=as_csv(*lines, headers=VERSIONED))
    assert received.set_aside.is_empty()
    assert received.raw["library_cards"]["address"].to_list() == ["9 New Street", OKAFOR[5]]


# Dashes under the header ---------------------------------------------------------------------------------------------


def _with_second_line(line: str, text: str = GOOD) -> bytes:
    header, *rows = text.splitlines()
    return "\n".join([header, line, *rows, ""]).encode()


@pytest.mark.parametrize(
    ("dashes", "data"),
    [
        pytest.param("-------,-,---,------,-,-,--,-", GOOD, id="as wide as the columns"),
        pytest.param(";".join(["----------"] * 8), as_csv(*ROWS, delimiter=";"), id="semicolons"),
        pytest.param(" --- , --- ,---,---,---,---,---,--- ", GOOD, id="padded"),
    ],
)
def test_dashes_that_draw_the_width_of_columns_are_no_row(dashes: str, data: str) -> None:
    found = read_bytes("cards.csv", _with_second_line(dashes, data), library_contract())
    assert told(found) == [("line of dashes", "nothing", 2)]
    assert cards(found) == list(ROWS)
    assert found.rows["line"].to_list() == [3, 4, 5]
    assert found.rows_read == 3


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("-,-,-,-,-,-,-,-", id="a dash in each field: a row of which nothing is known"),
        pytest.param("----,Quill,--,--,--,--,--,--", id="a word among them"),
        pytest.param("\n" + ",".join(["---"] * 8), id="not right under the header"),
    ],
)
def test_a_row_that_says_anything_is_a_row_though_it_holds_dashes(line: str) -> None:
    found = read_bytes("cards.csv", _with_second_line(line), library_contract())
    assert told(found) == []
    assert found.rows_read == 4


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
    received = delivered(tmp_path, changed, library_cards__csv=as_csv(*rows))
    assert received.breaches.select("line", "column", "rule", "stops").rows() == [
        (2, "Address", "number shortened by a spreadsheet", "nothing"),
        (2, "Postcode", "number shortened by a spreadsheet", "nothing"),
        (3, "Address", "number shortened by a spreadsheet", "nothing"),
    ]
    assert "as text" in received.breaches["fix"][0]
    person = standardise(received.raw, {"library_cards": changed}, as_at=date(2026, 11, 20)).person
    assert person.select("household", "phone").rows() == [(None, None), (None, "07281235108")]
