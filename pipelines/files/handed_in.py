"""A list that a person fills in and hands in: a CSV, or a workbook, of which every sheet with the columns is read.

Unlike an extract it has no contract. It is small and read whole or not at all, and only its named columns are kept.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

import polars as pl

from data_contracts.contract import plain_header
from pipelines.files.forms.text import decode_text
from pipelines.files.forms.workbook import OLD_EXCEL, WORKBOOKS, all_sheets
from pipelines.files.headers.row import HEADER_WITHIN
from pipelines.files.packed import ZIP_BEGINS
from pipelines.files.read import refuse_no_text
from pipelines.files.rows import UnreadableFileError
from pipelines.settings import SettingsError

FAULTS_TOLD = 30

_ENCODINGS = ("utf-8", "windows-1252", "latin-1")
"""The last takes any byte: what is kept of such a list is written in ASCII, and a name beside it is not kept."""

_SUM = re.compile(r"(?:(?:grand|sub)[ -]?)?totals?\b|sum\b", re.IGNORECASE)
"""How a line begins that sums up those above it."""

Lines = list[tuple[int, list[str]]]
"""Each line with any text, with its number as a spreadsheet shows it; the first line names the columns."""


def cells_handed_in(file: Path, needed: Sequence[str], others: Sequence[str]) -> pl.DataFrame:
    """Each line with any text: ``place`` ("line 3", "sheet 2, line 3") and the columns as text, null if empty.

    ``needed``: columns, by their headers in small letters, without which a sheet is ignored; if there are none, a sheet
    must have at least one of ``others``. Ignored too are any further columns, titles above the headers, and sums under the
    last line. Raises :class:`SettingsError` if it is no such file, naming its lines and no value.
    """
    try:
        sheets = [_from_headers(lines, needed, others) for lines in _sheets(file, needed, others)]
    except OSError as error:
        close = (
            " Close the program that has it open, or correct the permissions."
            if isinstance(error, PermissionError)
            else ""
        )
        fault = f"{file}: it cannot be read: {error.strerror or 'no such file'}.{close}"
    except UnreadableFileError as error:
        fault = f"{file.name}: nothing was kept. {error.why} {error.fix}"
    except csv.Error:
        fault = (
            f"{file.name}: nothing was kept. A quote in it is never closed. Close it, or save the sheet as a workbook."
        )
    else:
        return _of_sheets(sheets, file.name, needed, others)
    raise SettingsError(fault)


def listed_faults(faults: Sequence[str]) -> str:
    """Faults of such a list, each on a line of its own: the first ``FAULTS_TOLD``, and how many more there are."""
    more = [f"and {len(faults) - FAULTS_TOLD} more"] if len(faults) > FAULTS_TOLD else []
    return "".join(f"\n  {fault}" for fault in [*faults[:FAULTS_TOLD], *more])


def _sheets(file: Path, needed: Sequence[str], others: Sequence[str]) -> list[Lines]:
    data = file.read_bytes()
    if file.suffix.lower() in WORKBOOKS or data.startswith((ZIP_BEGINS, OLD_EXCEL)):
        return [[line for line in sheet if any(line[1])] for sheet in map(_lines_of_sheet, all_sheets(data))]
    refuse_no_text(data, "Hand it in as CSV or as an Excel workbook (.xlsx).")
    text = decode_text(data, _ENCODINGS).text
    first, *more = sorted(",;\t", key=text.partition("\n")[0].count, reverse=True)
    likely = _lines_of_text(text, first)
    if _header_at(likely, needed, others) is None:  # a title may be above, without a separator, or with another one
        each = (_lines_of_text(text, separator) for separator in more)
        return [next((lines for lines in each if _header_at(lines, needed, others) is not None), likely)]
    return [likely]


def _lines_of_sheet(cells: pl.DataFrame) -> Lines:
    return [(line, [cell.strip() for cell in row]) for line, row in enumerate(cells.iter_rows(), start=1)]


def _lines_of_text(text: str, separator: str) -> Lines:
    """The lines of a CSV as spreadsheets save it."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
    lines, begins = [], 1
    for row in reader:
        if any(map(str.strip, row)):
            lines.append((begins, [cell.strip() for cell in row]))
        begins = reader.line_num + 1  # a value in quotes may hold line breaks
    return lines


def _header_at(lines: Lines, needed: Sequence[str], others: Sequence[str]) -> int | None:
    """Position, from 0, of the line that names the columns; null: none does.

    Lines above it are skipped only if each is less than half as full: such a line is a title, not a child.
    """
    fullest = 0
    for position, (_, row) in enumerate(lines[:HEADER_WITHIN]):
        filled = sum(map(bool, row))
        if not _lacking(row, needed, others):
            return position if 2 * fullest < filled else None
        fullest = max(fullest, filled)
    return None


def _from_headers(lines: Lines, needed: Sequence[str], others: Sequence[str]) -> Lines:
    """The lines from the header on, without sums at the end; all of them if none names the columns."""
    at = _header_at(lines, needed, others)
    if at is None:
        return lines
    own = lines[at:]
    headers = _headers(own[0][1])
    key = headers.index(plain_header(needed[0])) if needed else None
    while len(own) > 1 and _sums_up(own[-1][1], key):
        own = own[:-1]
    return own


def _sums_up(row: Sequence[str], key: int | None) -> bool:
    """Whether a line holds sums: it begins with such a word, and names no child."""
    first = next(filter(None, row))
    named = row[key] if key is not None and key < len(row) else ""
    return bool(_SUM.match(first)) and named in ("", first)


def _of_sheets(sheets: Sequence[Lines], name: str, needed: Sequence[str], others: Sequence[str]) -> pl.DataFrame:
    """The lines of all sheets that have the columns; the others are ignored. Raises SettingsError."""
    filled = [lines for lines in sheets if lines]
    if not filled:
        raise SettingsError(
            f"{name}: there is nothing in it. Save it with a line of headers first, then one line for each."
        )
    lacking = {number: _lacking(lines[0][1], needed, others) for number, lines in enumerate(sheets, start=1) if lines}
    if all(lacking.values()):
        where = f"line {filled[0][0][0]}" if len(filled) == 1 else f"none of its {len(filled)} sheets has them all"
        _, missing = min((len(names), names) for names in lacking.values())
        fix = "Head the columns with these names" if needed else "Head one column at least with its name"
        raise SettingsError(f"{name}, {where}: no column {', '.join(missing)}. {fix}.")
    columns = (*needed, *others)
    read: list[tuple[str, ...]] = []
    for number in (number for number, names in lacking.items() if not names):
        lines, sheet = sheets[number - 1], "" if len(filled) == 1 else f"sheet {number}, "
        _refuse_no_columns(lines, columns, name, sheet)
        read += _cells(lines, columns, sheet)
    schema = {"place": pl.String, **dict.fromkeys(columns, pl.String)}
    return pl.DataFrame(read, schema=schema, orient="row").with_columns(pl.all().replace("", None))


def _refuse_no_columns(lines: Lines, columns: Sequence[str], name: str, sheet: str) -> None:
    """Raise if nobody can tell which column a cell belongs to: a header occurs twice, or a line has more cells than the
    header, leaving aside empty ones at its end."""
    (at, row), *rows = lines
    headers = _headers(row)
    if twice := [column for column in columns if headers.count(plain_header(column)) > 1]:
        raise SettingsError(
            f"{name}, {sheet}line {at}: nothing was kept. The column {', '.join(twice)} is there twice, and nobody can tell "
            "which one is right. Give the other one another name."
        )
    longer = [(line, len(cells)) for line, cells in rows if any(cells[len(headers) :])]
    if longer:
        faults = [
            f"line {line}: it has {cells} cells, and the line of headers {len(headers)}." for line, cells in longer
        ]
        raise SettingsError(
            f"{name}: nothing was kept. Put any value that holds a separator in quotes, and hand it in again."
            f"{listed_faults(faults)}"
        )


def _headers(row: Sequence[str]) -> list[str]:
    return [plain_header(header) for header in row]


def _lacking(row: Sequence[str], needed: Sequence[str], others: Sequence[str]) -> list[str]:
    headers = _headers(row)
    if needed:
        return [name for name in needed if plain_header(name) not in headers]
    return [] if set(headers) & set(map(plain_header, others)) else list(others)


def _cells(lines: Lines, columns: Sequence[str], sheet: str) -> Iterator[tuple[str, ...]]:
    headers = _headers(lines[0][1])
    wanted = map(plain_header, columns)
    places = [headers.index(name) if name in headers else len(headers) for name in wanted]
    for line, row in lines[1:]:
        yield f"{sheet}line {line}", *(row[place] if place < len(row) else "" for place in places)
