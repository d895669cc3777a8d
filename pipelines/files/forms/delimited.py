"""Delimited text: commas, semicolons, tabs or bars, with quotes.

Lines that are a well-formed row by themselves (nearly all) are read by polars at full speed. Every other row goes through
the csv module, which notices a quote that was left open; polars alone would pad short rows silently. Lines whose rows are
known are not read at all.
"""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import polars as pl

from data_contracts.contract import Contract
from pipelines.files.forms.delimited_layout import DelimitedLayout, layout_of, underline_fault
from pipelines.files.forms.text import decode_text
from pipelines.files.headers.match import match_headers
from pipelines.files.headers.row import header_position_fault
from pipelines.files.rows import (
    LINE,
    LONGEST_VALUE,
    RAGGED,
    BadRow,
    Fault,
    KnownLines,
    ReadTable,
    UnreadableFileError,
)
from pipelines.files.under_header.cut_off import with_cut_off_row
from pipelines.files.under_header.rows_of_children import rows_of_children
from pipelines.files.under_header.sections import said_by_titles, title_faults

DELIMITED = (".csv", ".txt", ".tsv")
"""Endings of delimited text."""

_FORMULA_OPENS = '="'

FEW_OPEN_QUOTES = 20
"""So many rows with a quote left open are slips; more are another way of quoting."""


def read_delimited(data: bytes, contract: Contract, named: Mapping[str, str], known: KnownLines) -> ReadTable:
    """Read delimited text. Raises :class:`UnreadableFileError` if the file cannot be read at all.

    ``named``: what the file's name says; ``known``: lines that need not be read.
    """
    decoded = decode_text(data, contract.files.encodings)
    layout = layout_of(decoded.text, contract)
    matched = match_headers(layout.headers, contract)
    parsed = _parse(decoded.text, layout, _lines_asked(known, layout, contract, named))
    if _FORMULA_OPENS in decoded.text:
        parsed = replace(parsed, rows=_formulas_as_text(parsed.rows))
    known_to = max(parsed.known["line"].tail(1), default=0)
    said = said_by_titles(layout.above, matched, contract)
    found = rows_of_children(
        parsed.rows,
        layout.headers,
        matched,
        contract,
        bad_rows=parsed.bad_rows,
        known_to=known_to,
        said_above=said,
    )
    if known_to and found.is_filled_from_above:  # the row above is perhaps among those that were not read
        return read_delimited(data, contract, named, KnownLines())
    key = matched.position_of.get(contract.key.name, len(layout.headers))
    row_before = max(found.last_line, known_to)
    bad_rows = with_cut_off_row(
        found.bad_rows, decoded.text, layout.headers, delimiter=layout.delimiter, key=key, row_before=row_before
    )
    above = [header_position_fault(layout.header_line), *title_faults(said, contract)] if layout.above else []
    below = [underline_fault(layout.header_line + 1)] if layout.is_underlined else []
    if bad_rows and not row_before:
        below.append(_header_fits_no_row())
    return ReadTable(
        found.rows,
        matched.headers,
        [*above, *decoded.faults, *found.faults, *below],
        bad_rows,
        LINE.to_frame() if found.is_filled_from_above else parsed.lines,  # such a row is not known by its line alone
        parsed.known,
        matched.unread,
    )


def _formulas_as_text(rows: pl.DataFrame) -> pl.DataFrame:
    """Cells without the formula ="0123", in which exports for spreadsheets wrap a number to keep its leading zeros."""
    return rows.with_columns(pl.col(pl.String).str.replace(r'^\s*="([^"]*)"\s*$', "${1}"))


def _header_fits_no_row() -> Fault:
    return Fault(
        "header",
        "file",
        "No row has as many fields as the header: perhaps the header and the first row are on one line.",
        "Export the file again; do not edit it by hand.",
        1,
    )


@dataclass(frozen=True, slots=True)
class _Parsed:
    """Rows by position: ``line``, ``0``, ``1`` ..."""

    rows: pl.DataFrame
    bad_rows: list[BadRow]
    lines: pl.DataFrame
    known: pl.DataFrame
    """As in :class:`ReadTable`."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which lines need not be read."""

    seed: int
    """Of their fingerprints."""
    hashes: pl.Series


def _lines_asked(
    known: KnownLines, layout: DelimitedLayout, contract: Contract, named: Mapping[str, str]
) -> _Asked | None:
    """Null if no fingerprints are asked for, or if a row of totals must be found, which depends on other rows."""
    if not known.read_by or contract.files.totals is not None:
        return None
    read_with = (known.read_by, contract.model_dump_json(), layout.delimiter, layout.headers, sorted(named.items()))
    return _Asked(int.from_bytes(blake2b(repr(read_with).encode(), digest_size=8).digest()), known.hashes)


def _parse(text: str, layout: DelimitedLayout, asked: _Asked | None) -> _Parsed:
    """Lines that are well-formed rows are read by polars all at once, unless they are known; every other row by the csv
    module."""
    lines = pl.Series("text", [text.replace("\r\n", "\n").replace("\r", "\n")]).str.split("\n").explode().to_frame()
    numbered = (
        lines.select(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("line"), "text")
        .slice(layout.first_line - 1)
        .filter(pl.col("text") != "")
    )
    known, unknown = _known_apart(numbered, asked)
    unknown = unknown.with_columns(is_row=_is_well_formed(pl.col("text"), layout))
    others = _other_rows(text, unknown.filter(~pl.col("is_row")).get_column("line").to_list(), layout)
    whole = unknown.filter("is_row").join(others.inner_lines, on="line", how="anti", maintain_order="left")
    rows = pl.concat([_rows_at_once(whole, layout), others.rows]).sort("line")
    known = known.join(others.inner_lines, on="line", how="anti", maintain_order="left")
    lines = LINE.to_frame() if asked is None else whole.select(LINE.names())
    return _Parsed(rows, others.bad_rows, lines, known)


def _known_apart(numbered: pl.DataFrame, asked: _Asked | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """``LINE`` of the known lines, and all others as in ``numbered``, with their fingerprints if these are ``asked``.

    A line that occurs twice is read: the rules say which of its rows counts.
    """
    if asked is None:
        return LINE.to_frame(), numbered
    hashed = numbered.with_columns(line_hash=pl.col("text").hash(asked.seed))
    is_known = pl.col("line_hash").is_in(asked.hashes.implode()) & pl.col("line_hash").is_unique()
    known = hashed.select(is_known).to_series()
    return hashed.filter(known).select(LINE.names()), hashed.filter(~known)


def _is_well_formed(line: pl.Expr, layout: DelimitedLayout) -> pl.Expr:
    return line.str.contains(_row_pattern(layout)) & (line.str.len_bytes() <= LONGEST_VALUE)


def _row_pattern(layout: DelimitedLayout) -> str:
    """One line that is one row: exactly as many values as headers, each bare, or quoted from end to end."""
    delimiter = re.escape(layout.delimiter)
    value = rf'(?:"(?:[^"\r]|"")*"|[^"\r{delimiter}]*)'
    return rf"^{value}(?:{delimiter}{value}){{{len(layout.headers) - 1}}}$"


def _rows_at_once(whole: pl.DataFrame, layout: DelimitedLayout) -> pl.DataFrame:
    """Parse well-formed lines (columns ``line`` and ``text``) by polars."""
    schema = pl.Schema({str(position): pl.String() for position in range(len(layout.headers))})
    if whole.is_empty():
        return pl.DataFrame(schema={"line": pl.Int64, **schema})
    rows = pl.read_csv(
        whole.get_column("text").str.join("\n").item().encode(),
        has_header=False,
        schema=schema,
        separator=layout.delimiter,
    ).fill_null("")
    return pl.concat([whole.select("line"), rows], how="horizontal")


@dataclass(frozen=True, slots=True)
class _OtherRows:
    """Rows whose first line is not a well-formed row by itself."""

    rows: pl.DataFrame
    bad_rows: list[BadRow]
    inner_lines: pl.DataFrame
    """``line``: lines inside a value of several lines, which may look like rows but are not."""


def _other_rows(text: str, first_lines: list[int], layout: DelimitedLayout) -> _OtherRows:
    """Read the rows that start on these lines.

    A quote that is left open spoils only its own row if the next line is a whole row by itself. Raises
    :class:`UnreadableFileError` for any other, and for many.
    """
    lines = io.StringIO(text, newline="").readlines() if first_lines else []
    numbers, values, inner = list[int](), list[list[str]](), list[int]()
    bad = list[BadRow]()
    opened, last = 0, 0
    for first in first_lines:
        if first <= last:
            continue
        row, last = _one_row(lines, first, layout)
        if row is not None and not any(map(str.strip, row)):
            inner += range(first + 1, last + 1)
        elif row is not None and len(row) == len(layout.headers) and not _swallowed_rows(row, layout):
            inner += range(first + 1, last + 1)
            numbers.append(first)
            values.append(row)
        elif last == first:
            bad.append(_bad_row(first, row, lines[first - 1], layout))
        elif opened < FEW_OPEN_QUOTES and re.match(
            _row_pattern(layout), "".join(lines[first : first + 1]).rstrip("\r\n")
        ):
            opened, last = opened + 1, first
            bad.append(_bad_row(first, None, lines[first - 1], layout))
        else:
            raise _unclosed_quote(first)
    columns = zip(*values, strict=True) if values else ([] for _ in layout.headers)
    series = [pl.Series(str(n), column, dtype=pl.String) for n, column in enumerate(columns)]
    line = pl.Series("line", numbers, dtype=pl.Int64)
    return _OtherRows(pl.DataFrame([line, *series]), bad, pl.DataFrame({"line": pl.Series(inner, dtype=pl.Int64)}))


def _one_row(lines: list[str], first: int, layout: DelimitedLayout) -> tuple[list[str] | None, int]:
    """The row that starts on a line, and its last line (past the end of the file: a quote is never closed). Null instead of the
    row: its quotes make no sense."""
    source = (lines[position] for position in range(first - 1, len(lines)))
    reader = csv.reader(source, delimiter=layout.delimiter, strict=True)
    try:
        row = next(reader)
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return None, len(lines) + 1
        return None, first + reader.line_num - 1
    return row, first + reader.line_num - 1


def _swallowed_rows(row: list[str], layout: DelimitedLayout) -> bool:
    """Whether a value over several lines holds whole rows: its quote was opened by mistake and closed by another."""
    others = len(layout.headers) - 1
    for value in row:
        breaks = value.count("\n") or value.count("\r")
        if others >= 5 and breaks and value.count(layout.delimiter) >= breaks * others:
            return True
    return False


def _unclosed_quote(line: int) -> UnreadableFileError:
    return UnreadableFileError(
        "unclosed quote",
        "A quote opens on this line and is not closed there, so the rows after it cannot be told apart.",
        "Close the quote, or double it if it is part of the text, and send the file again.",
        line=line,
    )


def _bad_row(line: int, row: list[str] | None, source: str, layout: DelimitedLayout) -> BadRow:
    if row is None:
        fault = Fault(
            "quotes",
            "row",
            "A quoted value does not end at the next separator, or never ends.",
            "Double each quote that is part of the text, and close each one that opens.",
            line,
        )
        return BadRow(line, json.dumps({"": source.rstrip("\r\n")}, ensure_ascii=False), fault)
    fault = Fault(
        RAGGED,
        "row",
        f"The header names {len(layout.headers)} columns, and the row has fields for {len(row)}.",
        "Give every row one field for each column, and quote any value that holds the separator. Leave out a closing line "
        "that is not a row, such as a count.",
        line,
    )
    return BadRow(line, json.dumps(_named(row, layout.headers), ensure_ascii=False), fault)


def _named(row: Sequence[str], headers: Sequence[str]) -> dict[str, str]:
    surplus = [f"field {position + 1}" for position in range(len(headers), len(row))]
    return dict(zip([*headers, *surplus], row, strict=False))
