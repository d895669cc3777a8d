"""A list that a person fills in and hands in: a CSV, or a workbook, of which every sheet with the columns is read.

Unlike an extract it has no contract: it is small, read whole or not at all, and only its named columns are kept.
"""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

import polars as pl

from pipelines.files import refuse_no_text
from pipelines.files.rows import UnreadableFileError
from pipelines.files.text import decode_text
from pipelines.files.workbook import all_sheets
from pipelines.settings import SettingsError

FAULTS_TOLD = 30

_ENCODINGS = ("utf-8", "windows-1252", "latin-1")
"""The last takes any byte: what is kept of such a list is written in ASCII, and a name beside it is not kept."""

Lines = list[tuple[int, list[str]]]
"""Each line that holds any text, with its number as a spreadsheet shows it; the first names the columns."""


def cells_handed_in(file: Path, needed: Sequence[str], others: Sequence[str]) -> pl.DataFrame:
    """Each line with any text: ``place`` ("line 3", "sheet 2, line 3") and the columns as text, null where empty.

    ``needed``: columns, by their headers in small letters, without which a sheet is read past; where there are none, it must
    have one of ``others`` at least. Any further column is read past.
    Raises :class:`SettingsError` where it is no such file, naming its lines and no value.
    """
    try:
        sheets = _sheets(file)
    except OSError as error:
        told = f"{file}: it cannot be read: {error.strerror or 'no such file'}."
    except UnreadableFileError as error:
        told = f"{file.name}: nothing was kept. {error}"
    except csv.Error:
        told = (
            f"{file.name}: nothing was kept. A quote in it is never closed. Close it, or save the sheet as a workbook."
        )
    else:
        return _of_sheets(sheets, file.name, needed, others)
    raise SettingsError(told)


def listed(faults: Sequence[str]) -> str:
    """Faults of such a list, each on a line of its own: the first ``FAULTS_TOLD``, and how many more there are."""
    more = [f"and {len(faults) - FAULTS_TOLD} more"] if len(faults) > FAULTS_TOLD else []
    return "".join(f"\n  {told}" for told in [*faults[:FAULTS_TOLD], *more])


def _sheets(file: Path) -> list[Lines]:
    data = file.read_bytes()
    if file.suffix.lower() == ".xlsx":
        return [[line for line in sheet if any(line[1])] for sheet in map(_lines_of_sheet, all_sheets(data))]
    refuse_no_text(data)
    return [_lines_of_text(decode_text(data, _ENCODINGS).text, file.name)]


def _lines_of_sheet(cells: pl.DataFrame) -> Lines:
    return [(line, [cell.strip() for cell in row]) for line, row in enumerate(cells.iter_rows(), start=1)]


def _lines_of_text(text: str, name: str) -> Lines:
    """The lines of a CSV as spreadsheets save it, apart by commas, semicolons or tabs.

    Raises where a line has more cells than the headers, empty ones at its end aside: what stands in which column cannot be
    told there.
    """
    header = text.partition("\n")[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter=max(",;\t", key=header.count))
    lines, begins = [], 1
    for row in reader:
        if any(map(str.strip, row)):
            lines.append((begins, [cell.strip() for cell in row]))
        begins = reader.line_num + 1  # a value in quotes may hold line breaks
    headers = len(lines[0][1]) if lines else 0
    longer = [(line, len(row)) for line, row in lines if any(row[headers:])]
    if longer:
        told = [f"line {line}: it has {cells} cells, and the line of headers {headers}." for line, cells in longer]
        raise SettingsError(
            f"{name}: nothing was kept. Put a value that holds a separator in quotes, and hand it in again.{listed(told)}"
        )
    return lines


def _of_sheets(sheets: Sequence[Lines], name: str, needed: Sequence[str], others: Sequence[str]) -> pl.DataFrame:
    """The lines of all sheets that have the columns; the others are read past."""
    filled = [lines for lines in sheets if lines]
    if not filled:
        raise SettingsError(
            f"{name}: there is nothing in it. Save it with a line of headers first, and a line for each."
        )
    lacking = {number: _lacking(lines, needed, others) for number, lines in enumerate(sheets, start=1) if lines}
    if all(lacking.values()):
        where = f"line {filled[0][0][0]}" if len(filled) == 1 else f"none of its {len(filled)} sheets has them all"
        _, missing = min((len(names), names) for names in lacking.values())
        fix = f"Name the columns {', '.join(needed)}" if needed else "Name at least one of them"
        raise SettingsError(f"{name}, {where}: no column {', '.join(missing)}. {fix}.")
    columns = (*needed, *others)
    read = [
        line for number, names in lacking.items() if not names
        for line in _cells(sheets[number - 1], columns, "" if len(filled) == 1 else f"sheet {number}, ")
    ]  # fmt: skip
    schema = {"place": pl.String, **dict.fromkeys(columns, pl.String)}
    return pl.DataFrame(read, schema=schema, orient="row").with_columns(pl.all().replace("", None))


def _headers(lines: Lines) -> list[str]:
    return [header.strip().lower().replace(" ", "_") for header in lines[0][1]]


def _lacking(lines: Lines, needed: Sequence[str], others: Sequence[str]) -> list[str]:
    headers = _headers(lines)
    if needed:
        return [name for name in needed if name not in headers]
    return [] if set(headers) & set(others) else list(others)


def _cells(lines: Lines, columns: Sequence[str], sheet: str) -> Iterator[tuple[str, ...]]:
    headers = _headers(lines)
    places = [headers.index(name) if name in headers else len(headers) for name in columns]
    for line, row in lines[1:]:
        yield f"{sheet}line {line}", *(row[place] if place < len(row) else "" for place in places)
