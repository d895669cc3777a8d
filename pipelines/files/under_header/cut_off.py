"""Whether a file lacks its end.

It may stop in the middle of a row, as after a full disk or a broken transfer, or on the last line that a sheet has room
for: spreadsheets drop every row beyond it without a word.
"""

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import replace

from pipelines.files.rows import BadRow, Fault, ReadTable

FULL_SHEETS = {65_536, 1_048_576}
"""Last line of a sheet in Excel until 2003, and since (Microsoft, Excel specifications and limits)."""


def full_sheet_faults(table: ReadTable) -> list[Fault]:
    """The fault of a workbook, or of text saved from one, whose last line is the last of a sheet; otherwise none."""
    ends = (table.rows["line"].max(), table.known["line"].max(), *(bad.line for bad in table.bad_rows[-1:]))
    last = max((end for end in ends if isinstance(end, int)), default=0)
    if last not in FULL_SHEETS:
        return []
    return [
        Fault(
            "full sheet",
            "file",
            f"The file ends on line {last:,}, the last that a sheet has room for: further rows were dropped when it was made.",
            "Export it again as CSV or XML without a spreadsheet in between, and compare the number of rows.",
        )
    ]


def with_cut_off_row(
    bad_rows: list[BadRow], text: str, headers: Sequence[str], *, delimiter: str, key: int, row_before: int
) -> list[BadRow]:
    """The bad rows; the last one becomes the place where the file was cut off, if it is.

    It is if even its line does not end, and it has at least half of its fields, or a key in the form of that of the row
    before. A note under the rows has few fields, or its line ends. ``key``: position of the key; behind the last if no
    column is the key. ``row_before``: line on which the last good row begins, even if it is known from another night and
    not read; 0: there is none.
    """
    if not bad_rows or text.endswith(("\n", "\r")):
        return bad_rows
    last = bad_rows[-1]
    cells = list(json.loads(last.row).values())
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if last.line != len(lines) or len(cells) >= len(headers):
        return bad_rows
    before = next(csv.reader(lines[row_before - 1 :], delimiter=delimiter)) if row_before else []
    begins_as_a_row = key + 1 < len(cells) and key < len(before) and _built(cells[key]) == _built(before[key])
    if not begins_as_a_row and 2 * len(cells) < len(headers):
        return bad_rows
    return [*bad_rows[:-1], replace(last, fault=_cut_off(last.line))]


def _built(key: str) -> str:
    """The form of a key: each digit as 0, each letter as A."""
    return re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "0", key.strip()))


def _cut_off(line: int) -> Fault:
    return Fault(
        "cut off",
        "file",
        "The file ends in the middle of this row: the rest of it, and all rows after it, did not arrive.",
        "Export it again and compare the number of rows; a full disk or a broken transfer cuts a file off.",
        line,
    )
