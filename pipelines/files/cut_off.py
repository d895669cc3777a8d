"""Whether delimited text ends in the middle of a row, as a full disk or a broken transfer leaves it."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from pipelines.files.rows import BadRow, Fault


def with_cut_told(
    bad_rows: list[BadRow], rows: pl.DataFrame, text: str, headers: Sequence[str], key: int
) -> list[BadRow]:
    """The last bad row told as where the file was cut off, if it is: not even its line ends, and it has half of its fields
    or more, or a key that is built as that of the row before. A note under the rows has few fields, or an end of its line.

    ``key``: its position; behind the last where no column is the key.
    """
    if not bad_rows or text.endswith(("\n", "\r")):
        return bad_rows
    last = bad_rows[-1]
    cells = list(json.loads(last.row).values())
    last_line = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    begins_as_a_row = key + 1 < len(cells) and _built(cells[key]) in map(_built, rows[str(key)].tail(1))
    if last.line != last_line or len(cells) >= len(headers):
        return bad_rows
    if not begins_as_a_row and 2 * len(cells) < len(headers):
        return bad_rows
    return [*bad_rows[:-1], replace(last, fault=_cut_off(last.line))]


def _built(key: str) -> str:
    """How a key is built: each digit as 0, each letter as A."""
    return re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "0", key.strip()))


def _cut_off(line: int) -> Fault:
    return Fault(
        "cut off",
        "file",
        "The file ends in the middle of this row: the rest of it, and all rows after it, did not arrive.",
        "Export it again and compare the number of rows; a full disk or a broken transfer cuts a file off.",
        line,
    )
