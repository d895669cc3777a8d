"""Workbooks of several sheets: which sheet is read, which are parts of one list, and which are told."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipelines.files.read import read_bytes
from pipelines.intake.at_the_gate.completeness import STAMPING
from pipelines.intake.receipt.misleading_files import ENOUGH_ROWS
from pipelines.intake.receipt.receive import check_files
from tests.made.library_cards import (
    HEADERS,
    OKAFOR,
    QUILLFEATHER,
    ROWS,
    SMITH,
    cards,
    library_contract,
    several_sheets,
    told,
)

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
        pytest.param(("Hill 2026-27", "Dale 2026-27"), (), True, id="all of one year"),
        pytest.param(("2026-27", "2025-26"), (), False, id="last year's left in"),
        pytest.param(("Pupils", "Pupils 25-26"), (), False, id="one of them named for a year"),
        pytest.param(("Pupils", "Pupils old"), (), False, id="an old one"),
        pytest.param(("Pupils", "Sheet2"), (1,), False, id="one that nobody sees"),
    ],
)
def test_sheets_that_are_parts_of_one_list_are_all_read(
    tmp_path: Path, names: tuple[str, ...], hidden: tuple[int, ...], is_read: bool
) -> None:
    parts = several_sheets(
        (HEADERS, SMITH, OKAFOR),
        COVER,
        (HEADERS, QUILLFEATHER),
        names=[names[0], "Key", names[1]],
        hidden=[2 * place for place in hidden],
    )
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
        pytest.param(
            ("2026-27", "2025-26"),
            [(*SMITH[:3], "2014-05-01", *SMITH[4:]), (*OKAFOR[:3], "2012-12-31", *OKAFOR[4:])],
            1,
            id="birth dates written in another form",
        ),
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


PLAIN_WORDS = (("Name", "BirthDate", "Family name"), ("Ann", "01/05/2014", "Smith"))
"""Children under headers of which the contract knows fewer than half."""


def test_a_sheet_of_children_under_other_headers_is_not_left_out_but_told_what_it_lacks(tmp_path: Path) -> None:
    sheets = several_sheets(PAGE, COVER, PLAIN_WORDS, names=["Hill School", "Summary", "Dale School"])
    (tmp_path / "library_cards.xlsx").write_bytes(sheets)
    first, second = check_files(tmp_path, {"library_cards": library_contract()})
    assert [(file.file, file.is_refused) for file in (first, second)] == [
        ("library_cards.xlsx (sheet 1)", False),
        ("library_cards.xlsx (sheet 3)", True),
    ]
    assert ("header", "file") in [(breach.rule, breach.stops) for breach in second.breaches]


@pytest.mark.parametrize(("source", "stops"), [("library_cards", "file"), ("reading_clubs", "nothing")])
def test_children_on_a_sheet_that_is_not_read_stop_a_roll_and_are_a_warning_of_any_other_list(
    source: str, stops: str
) -> None:
    sheets = several_sheets(PAGE, PLAIN_WORDS, names=["2026-27", "2025-26"])
    found = read_bytes("cards.xlsx", sheets, library_contract(source))
    assert told(found) == [("unread sheets", stops, None)]
    assert "Sheet 2 holds children too" in found.breaches[0].why
    assert "unread sheets" in STAMPING
