"""Whatever bytes come, the readers never fail, lose no row, and say nothing of a child."""

import csv
import io

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.files.read import FORMS, read_bytes
from pipelines.files.rows import FileRows, KnownLines
from tests.made.library_cards import (
    HEADERS,
    OKAFOR,
    QUILLFEATHER,
    SENTINEL,
    SMITH,
    as_csv,
    as_xlsx,
    as_xml,
    library_contract,
)

CONTRACT = library_contract()
ROWS = (SMITH, QUILLFEATHER, OKAFOR, QUILLFEATHER)
GOOD = {".csv": as_csv(*ROWS).encode(), ".xml": as_xml(*ROWS).encode(), ".xlsx": as_xlsx(*ROWS)}
ENDINGS = st.sampled_from(sorted(FORMS))
quickly = settings(max_examples=150, deadline=None, derandomize=True, database=None)

OF_TEXT = (b'"', b",", b";", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xc3", b"\xe9", b"", b" ")
OF_MARKUP = (b"<", b"</", b"&x;", b"<!DOCTYPE x>", b"<![CDATA[", b"<Card>", b"</Card>", b"PK\x03\x04")
PIECES = (*OF_TEXT, *OF_MARKUP)
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(PIECES) | st.binary(max_size=4)),
    min_size=1,
    max_size=4,
)


def edited(data: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """Replace some bytes at some places (given as shares of the length) by others."""
    for share, length, piece in edits:
        at = int(share * len(data))
        data = data[:at] + piece + data[at + length :]
    return data


def assert_accounted_for(found: FileRows) -> None:
    assert found.rows_read == found.rows.height + found.bad_lines.height
    assert found.rows.columns == ["line", *CONTRACT.column_named]
    assert found.rows.null_count().sum_horizontal().item() == 0
    lines = pl.concat([found.rows["line"], found.bad_lines["line"]])
    assert lines.n_unique() == lines.len()
    assert found.rows["line"].is_sorted()
    assert found.rows_read or found.is_refused
    words = " ".join(map(str, found.breaches)).casefold()
    assert not [value for value in SENTINEL if value.casefold() in words]


@quickly
@given(ENDINGS, st.binary(max_size=400))
def test_random_bytes(ending: str, data: bytes) -> None:
    assert_accounted_for(read_bytes(f"library_cards{ending}", data, CONTRACT))


@quickly
@given(st.text(alphabet='A1,;\t|"\n\r <>/&\ufeff', max_size=60))
def test_random_text_under_a_good_header(text: str) -> None:
    assert_accounted_for(read_bytes("library_cards.csv", (",".join(HEADERS) + "\n" + text).encode(), CONTRACT))


@pytest.mark.parametrize("ending", sorted(GOOD))
@quickly
@given(edits=EDITS)
def test_good_files_damaged(ending: str, edits: list[tuple[float, int, bytes]]) -> None:
    assert_accounted_for(read_bytes(f"library_cards{ending}", edited(GOOD[ending], edits), CONTRACT))


@quickly
@given(st.sampled_from(sorted(GOOD)), st.floats(0, 1))
def test_good_files_cut_short(ending: str, share: float) -> None:
    data = GOOD[ending]
    assert_accounted_for(read_bytes(f"library_cards{ending}", data[: int(share * len(data))], CONTRACT))


VALUES = st.text(alphabet='aé ,;"\n\r\t|1', max_size=5).filter(lambda cell: cell.strip() != '"')  # a ditto mark
CARDS = st.lists(st.tuples(*[st.from_regex(r"[A-Z]{1,3}", fullmatch=True), *[VALUES] * 7]), min_size=1, max_size=6)


@quickly
@given(CARDS, st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_is_written_is_read_back_value_for_value(
    cards: list[tuple[str, ...]], delimiter: str, end: str, quote_all: bool
) -> None:
    text = as_csv(*cards, delimiter=delimiter, end=end)
    if quote_all:
        kept = io.StringIO(newline="")
        csv.writer(kept, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([HEADERS, *cards])
        text = kept.getvalue()
    found = read_bytes("library_cards.csv", text.encode(), CONTRACT)
    assert found.rows.select(pl.nth(range(1, 9))).rows() == cards
    assert found.breaches == ()


ODD_LINES = (
    ",".join(SMITH),
    'a,"b,c",d,e,f,g,h,i',
    'a,b"c,d,e,f,g,h,i',
    'a,"b\nc",d,e,f,g,h,i',
    'a,"b"c,d,e,f,g,h,i',
    "a,b,c,d,e,f,g,h,i",
    "a,b",
    ",,,,,,,",
    "",
)
LINES = st.lists(st.sampled_from(ODD_LINES), max_size=8)


@quickly
@given(LINES)
def test_rows_are_those_that_the_csv_module_finds(lines: list[str]) -> None:
    """The oracle: Python's own parser, row by row, over the whole file."""
    text = "\n".join([",".join(HEADERS), ",".join(OKAFOR).replace('"', ""), *lines])
    found = read_bytes("library_cards.csv", text.encode(), CONTRACT)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    good, bad = [], 0
    while True:
        first = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error:
            bad += 1
            continue
        if len(row) == len(HEADERS) and any(row):
            good.append((first, *row))
        elif any(row):
            bad += 1
    assert found.rows.select(pl.nth(range(9))).rows() == good[1:]
    assert found.bad_lines.height == bad


@quickly
@given(LINES, LINES, st.sets(st.integers(0, 8)))
def test_lines_that_are_known_are_named_and_all_else_is_read_as_ever(
    before: list[str], lines: list[str], forgotten: set[int]
) -> None:
    """The oracle: both files read whole."""
    whole = [
        read_bytes("library_cards.csv", "\n".join([",".join(HEADERS), *own]).encode(), CONTRACT, KnownLines("us"))
        for own in (before, lines)
    ]
    then, now = (found.rows.join(found.lines, on="line") for found in whole)
    hashes = pl.Series([each for n, each in enumerate(then["line_hash"].unique().sort()) if n not in forgotten])
    text = "\n".join([",".join(HEADERS), *lines])
    found = read_bytes("library_cards.csv", text.encode(), CONTRACT, KnownLines("us", hashes.cast(pl.UInt64)))
    standing = then.unique("line_hash").drop("line").join(found.known, on="line_hash").select(now.columns)
    read = found.rows.join(found.lines, on="line", how="left")
    assert pl.concat([read, standing]).sort("line").equals(whole[1].rows.join(whole[1].lines, on="line", how="left"))
    assert found.rows_read == whole[1].rows_read
    assert found.breaches == whole[1].breaches
    assert found.bad_lines.equals(whole[1].bad_lines)


def _known(text: str, name: str = "library_cards.csv", by: str = "us", **files: object) -> list[str]:
    """Cards of the lines that need not be read where those of the good file are known."""
    good = read_bytes("library_cards.csv", as_csv(*ROWS[:3]).encode(), library_contract(), KnownLines("us"))
    found = read_bytes(name, text.encode(), library_contract(**files), KnownLines(by, good.lines["line_hash"]))
    assert found.rows.height + found.known.height == found.rows_read
    return good.rows.join(good.lines, on="line").join(found.known, on="line_hash")["card_no"].to_list()


def test_only_the_line_that_changed_is_read() -> None:
    smith, quillfeather = SMITH[0], QUILLFEATHER[0]
    assert _known(as_csv(*ROWS[:3])) == [smith, quillfeather, OKAFOR[0]]
    assert _known(as_csv(QUILLFEATHER, SMITH, (*OKAFOR[:2], "Chidi Obi", *OKAFOR[3:]))) == [smith, quillfeather]
    assert _known(as_csv(SMITH, QUILLFEATHER, SMITH)) == [quillfeather], "which of two copies counts is for the rules"


def test_a_file_is_known_to_be_cut_off_where_all_its_whole_rows_are_known() -> None:
    """As the census of last night, of which half came tonight."""
    good = read_bytes("library_cards.csv", as_csv(*ROWS[:3]).encode(), library_contract(), KnownLines("us"))
    cut = f"{as_csv(*ROWS[:3])}LC000004,Jon".encode()
    found = read_bytes("library_cards.csv", cut, library_contract(), KnownLines("us", good.lines["line_hash"]))
    assert (found.rows.height, found.known.height) == (0, 3)
    assert [(breach.rule, breach.line) for breach in found.breaches] == [("cut off", 5)]


@pytest.mark.parametrize(
    "other",
    [
        {"by": "another version"},
        {"text": as_csv(*ROWS[:3], delimiter=";")},
        {"text": as_csv(*ROWS[:3]).replace("Address,Postcode", "Postcode,Address", 1)},
        {"name": "library_cards_north.csv", "fromName": "library_cards_(?P<branch>[a-z]+).csv"},
    ],
)
def test_a_line_is_known_only_where_it_says_what_it_said(other: dict[str, str]) -> None:
    assert _known(**{"text": as_csv(*ROWS[:3])} | other) == []


def test_where_a_row_of_totals_may_stand_every_line_is_read() -> None:
    assert _known(as_csv(*ROWS[:3]), totals={"begins": ["total*"], "empty": ["surname"]}) == []
