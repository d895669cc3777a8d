"""Where the header is among the first rows of a file, and rows that repeat it."""

from collections.abc import Sequence

import polars as pl

from data_contracts.contract import Contract
from pipelines.files.headers.match import must_be_there
from pipelines.files.headers.names import known_columns
from pipelines.files.rows import Fault

HEADER_WITHIN = 30
"""Rows with any text that are searched for the header: titles and notes may be above it."""


def has_visible_text(cell: str) -> bool:
    """Whether a cell has anything that a reader would see; a byte-order mark and spaces of any kind do not count."""
    return any(letter.isprintable() and not letter.isspace() for letter in cell)


def find_header(rows: Sequence[Sequence[str]], contract: Contract) -> int:
    """Position of the header among the first rows of a file that have any text: 0, unless titles are above it.

    It is the first row that names at least half of the columns that must be there. The rows above it are skipped only if
    they are sparse, each at most half as full as the header: rows of children are never skipped.
    """
    wanted = {column.name for column in must_be_there(contract)}
    fullest = 0
    for position, row in enumerate(rows[:HEADER_WITHIN]):
        named = known_columns(row, contract)
        if named and 2 * len(named & wanted) >= len(wanted):
            return position if 2 * fullest <= len(named) else 0
        fullest = max(fullest, sum(bool(cell.strip()) for cell in row))
    return 0


def likely_header(rows: Sequence[Sequence[str]]) -> Sequence[str]:
    """The header among the first rows of a file of no known source: the first that is at least half as full as the fullest,
    as titles are sparse; empty if no row has any text."""
    filled = [sum(map(has_visible_text, row)) for row in rows[:HEADER_WITHIN]]
    return next((row for row, count in zip(rows, filled, strict=False) if count and 2 * count >= max(filled)), ())


def header_position_fault(line: int) -> Fault:
    """The fault that says where the header was found; ``line`` is its line."""
    return Fault(
        "rows above the header",
        "nothing",
        "The header was recognised by its names on this line; what is above it was not read.",
        "There is nothing to do, but a file that begins with its header is safer.",
        line,
    )


def take_out_repeated_headers(rows: pl.DataFrame, headers: Sequence[str]) -> tuple[pl.DataFrame, list[Fault]]:
    """Take out rows that repeat the header, as files put one under another have. Returns the rows that stay, and a fault
    (that stops nothing) for each row taken out.

    ``rows`` have ``line`` and the cells by position. Only a row that repeats every header in its place counts.
    """
    wanted = [header.strip("\ufeff \t\r\n").lower() for header in headers]
    first = pl.col("0").str.strip_chars().str.to_lowercase()
    begins = rows.filter(first == wanted[0]) if wanted else rows.head(0)  # few or none: only these are compared in full
    lines = [
        line for line, *cells in begins.iter_rows() if [cell.strip().lower() for cell in cells[: len(wanted)]] == wanted
    ]
    if not lines:
        return rows, []
    return rows.filter(~pl.col("line").is_in(lines)), [_header_again(line) for line in lines]


def _header_again(line: int) -> Fault:
    return Fault(
        "header again",
        "nothing",
        "The line repeats the header, so it was not read as a row. Files pasted one under another look like this.",
        "There is nothing to do if all rows are from one extract, but a file with one header is safer.",
        line,
    )
