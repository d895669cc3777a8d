"""Lines of a file that are no row about a child: older versions, what was taken out, dashes, totals."""

import io
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from pipelines.files.read import read_bytes
from tests.made.library_cards import (
    GOOD,
    HEADERS,
    OKAFOR,
    ROWS,
    SMITH,
    as_csv,
    as_xlsx,
    cards,
    delivered,
    library_contract,
    told,
)

TOTALS = {"empty": ["born_on", "surname"], "begins": ["Total*", "Number of *"]}


def as_parquet(lines: Sequence[tuple[str, ...]], headers: Sequence[str] = HEADERS) -> bytes:
    kept = io.BytesIO()
    pl.DataFrame(lines, schema=list(headers), orient="row").write_parquet(kept)
    return kept.getvalue()


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
    for found in (
        read_bytes("cards.csv", as_csv(*lines, headers=headers).encode(), library_contract()),
        read_bytes("cards.xlsx", as_xlsx(*lines, headers=headers), library_contract()),
        read_bytes("cards.parquet", as_parquet(lines, headers), library_contract()),
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


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_a_file_of_any_form_may_repeat_its_header_and_end_in_totals(ending: str) -> None:
    lines = (*ROWS, HEADERS, ("Total", "", "", "", "", "", "", "3"))
    data = {"csv": as_csv(*lines).encode(), "xlsx": as_xlsx(*lines), "parquet": as_parquet(lines)}[ending]
    found = read_bytes(f"cards.{ending}", data, library_contract(totals=TOTALS))
    assert told(found) == [("header again", "nothing", 5), ("row of totals", "nothing", 6)]
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
