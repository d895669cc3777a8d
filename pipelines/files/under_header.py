"""The rows under a header -> the rows about children, the same way for text, workbooks and Parquet."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from data_contracts.contract import Contract
from pipelines.files.contract_columns import by_contract
from pipelines.files.header_row import (
    HEADER_WITHIN,
    find_header,
    has_visible_text,
    header_position_fault,
    take_out_repeated_headers,
)
from pipelines.files.headers import MatchedHeaders, match_headers
from pipelines.files.rows import BadRow, Fault, ReadTable, UnreadableFileError, has_text
from pipelines.files.totals import colours_told, take_out_notes, take_out_totals
from pipelines.files.versions import take_out_old_versions
from pipelines.files.words_of_leaving import notes_of_leaving


@dataclass(frozen=True, slots=True)
class RowsOfChildren:
    """Rows about children, and what was found on the way to them."""

    rows: pl.DataFrame
    """``line`` and every column of the contract."""
    bad_rows: list[BadRow]
    faults: list[Fault]
    """What the header is accused of, and what was taken out or filled in."""
    last_line: int
    """Line on which the last row about a child begins, be it an older version; 0: there is none."""
    is_filled_from_above: bool
    """Whether some rows say only with the row above them what they say."""


def table_under_header(cells: pl.DataFrame, contract: Contract, faults: Sequence[Fault]) -> ReadTable:
    """The rows under the header of a sheet, wherever the header is. ``cells``: ``line`` and every cell by position, as text;
    ``faults``: those found before.

    Raises :class:`UnreadableFileError` if the sheet is empty or has no header of the source.
    """
    names = [name for name in cells.columns if name != "line"]
    filled = cells.filter(has_text(names)) if names else cells
    if filled.is_empty():
        raise UnreadableFileError(
            "empty file", "The sheet does not even have a header line.", "Send the whole workbook again."
        )
    position = find_header(filled.select(names).head(HEADER_WITHIN).rows(), contract)
    headers = [str(value) for value in filled.select(names).row(position)]
    under = filled.slice(position)
    while headers and not has_visible_text(headers[-1]) and under.get_column(names[len(headers) - 1]).eq("").all():
        headers.pop()
    matched = match_headers(headers, contract)
    above = [header_position_fault(under.get_column("line").item(0)), *colours_told(filled.head(position))]
    above = above if position else []
    found = rows_of_children(under.slice(1), headers, matched, contract)
    return ReadTable(found.rows, matched.headers, [*faults, *above, *found.faults], unread=matched.unread)


def rows_of_children(
    under: pl.DataFrame,
    headers: Sequence[str],
    matched: MatchedHeaders,
    contract: Contract,
    *,
    bad_rows: Sequence[BadRow] = (),
    known_to: int = 0,
) -> RowsOfChildren:
    """Take out blank rows, repeated headers, totals, notes and versions that no longer apply; name the columns as the
    contract does.

    ``under``: ``line`` and the cells by position, as text. ``bad_rows``: rows that do not fit the header. ``known_to``: last
    line that is not in ``under`` as its row is known; 0: every row is there.
    """
    filled = under.filter(has_text(under.columns[1:]))
    below, again = take_out_repeated_headers(filled, headers)
    children, bad, totals = take_out_totals(below, bad_rows, matched, contract, after=known_to)
    children, notes = take_out_notes(children, matched, contract)
    valid, older = take_out_old_versions(children, headers, matched.marks)
    own, said_once = by_contract(valid, matched, contract, is_whole=not known_to)
    return RowsOfChildren(
        own,
        bad,
        [
            *matched.faults,
            *again,
            *totals,
            *notes,
            *older,
            *said_once,
            *notes_of_leaving(valid, headers, matched, contract),
        ],
        max(children["line"].tail(1), default=0),
        bool(said_once),
    )
