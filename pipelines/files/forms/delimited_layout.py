"""How a file of delimited text is laid out: what separates its fields, and where its header is."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from data_contracts.contract import Contract
from pipelines.files.forms.text import decode_text
from pipelines.files.headers.names import known_columns
from pipelines.files.headers.row import HEADER_WITHIN, find_header, has_visible_text, likely_header
from pipelines.files.rows import LONGEST_VALUE, Fault, UnreadableFileError

_DELIMITERS = ",;\t|"
_SAYS_SEPARATOR = re.compile(r"sep=([,;\t|])\r?\n", re.IGNORECASE)  # Excel's own first line
_DASHES = re.compile(r"\s*-+\s*")


@dataclass(frozen=True, slots=True)
class DelimitedLayout:
    """How a delimited file is laid out."""

    delimiter: str
    headers: list[str]
    header_line: int
    """Line on which the header ends."""
    above: tuple[tuple[str, ...], ...]
    """The cells of each row above the header that has any text: titles and the like."""
    is_underlined: bool
    """Whether the line below it is dashes, as database tools print them."""

    @property
    def first_line(self) -> int:
        """Line on which the first row may start."""
        return self.header_line + 1 + self.is_underlined


def layout_of(text: str, contract: Contract) -> DelimitedLayout:
    """Find the delimiter (the one with which most columns are known) and the header.

    Raises :class:`UnreadableFileError` if there is no header line.
    """
    declared = _SAYS_SEPARATOR.match(text)
    best: DelimitedLayout | None = None
    most = -1
    for delimiter in declared.group(1) if declared else _DELIMITERS:
        first_rows = _first_rows(text, delimiter, skip=1 if declared else 0)
        if max((len(row) for row, _ in first_rows), default=0) <= most:
            continue  # no header of so few fields names more columns
        position = find_header([row for row, _ in first_rows], contract)
        headers, line = first_rows[position] if first_rows else ([], 0)
        known = len(known_columns(headers, contract))
        if known > most:
            is_underlined = _is_underline(first_rows[position + 1 : position + 2], headers, line)
            beyond = _empty_beyond([row for row, _ in first_rows[position + 1 :]], len(headers))
            above = tuple(tuple(row) for row, _ in first_rows[:position])
            best, most = DelimitedLayout(delimiter, [*headers, *beyond], line, above, is_underlined), known
    if best is None or not best.headers:
        raise UnreadableFileError(
            "empty file", "The file does not even have a header line.", "Send the whole file again."
        )
    return best


def _empty_beyond(rows: Sequence[list[str]], count: int) -> list[str]:
    """An empty header for each field that the rows have beyond the ``count`` of the header, if all have as many and all
    those are empty: some software ends its rows, but not its header, with a separator."""
    wide = [row[count:] for row in rows if len(row) >= count]
    widths = {len(row) for row in wide}
    return (
        [""] * widths.pop()
        if len(widths) == 1 and not any(has_visible_text(cell) for row in wide for cell in row)
        else []
    )


def _is_underline(after: Sequence[tuple[list[str], int]], headers: Sequence[str], line: int) -> bool:
    """Whether the row ``after`` the header, which ends on ``line``, is on the next line and has only dashes in every
    column.

    In some column there must be more than one, as widths are drawn: a single dash is how people write that nothing is
    known.
    """
    return any(
        (len(cells), ends) == (len(headers), line + 1)
        and all(map(_DASHES.fullmatch, cells))
        and any("--" in cell for cell in cells)
        for cells, ends in after
    )


def underline_fault(line: int) -> Fault:
    """The fault that a line of dashes under the header was not read."""
    return Fault(
        "line of dashes",
        "nothing",
        "The line under the header only draws the widths of the columns, so it was not read as a row.",
        "There is nothing to do, but an export without it is safer.",
        line,
    )


def _first_rows(text: str, delimiter: str, skip: int) -> list[tuple[list[str], int]]:
    """The first rows with any text, each with the line on which it ends."""
    lines = io.StringIO(text[:LONGEST_VALUE], newline="")
    for _ in range(skip):
        lines.readline()
    reader = csv.reader(lines, delimiter=delimiter)
    rows: list[tuple[list[str], int]] = []
    try:
        for row in reader:
            if any(map(has_visible_text, row)):
                rows.append((row, reader.line_num + skip))
            if len(rows) == HEADER_WITHIN:
                break
    except csv.Error:
        return rows
    return rows


def header_of_any(data: bytes) -> Sequence[str]:
    """The header of a table that has no contract, below its titles; empty if there is none.

    Raises :class:`UnreadableFileError` if the file is not text.
    """
    text = decode_text(data, ("utf-8", "windows-1252")).text
    rows = ([row for row, _ in _first_rows(text, delimiter, skip=0)] for delimiter in _DELIMITERS)
    return max(map(likely_header, rows), key=len, default=())
