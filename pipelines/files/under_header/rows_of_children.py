"""The rows under a header -> the rows about children, the same way for text, workbooks and Parquet."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from data_contracts.contract import Contract
from pipelines.files.headers.match import MatchedHeaders, match_headers
from pipelines.files.headers.row import (
    HEADER_WITHIN,
    find_header,
    has_visible_text,
    header_position_fault,
    take_out_repeated_headers,
)
from pipelines.files.headers.versions import take_out_old_versions
from pipelines.files.rows import BadRow, Fault, ReadTable, UnreadableFileError, has_text
from pipelines.files.under_header.contract_columns import by_contract
from pipelines.files.under_header.sections import (
    LAST_LINE,
    heading_fault,
    is_home_alone,
    lists_below,
    said_by_titles,
    second_list_fault,
    second_list_read,
    sections,
    title_faults,
    with_status_of_sections,
)
from pipelines.files.under_header.still_there import with_status_of_marks
from pipelines.files.under_header.totals import colours_told, take_out_notes, take_out_totals
from pipelines.files.under_header.words_of_leaving import notes_of_leaving


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
    """Whether some rows say only with the rows above them what they say."""
    said_below: str = ""
    """What the last heading says of the rows below it, as :class:`Section`; empty: nothing, or that they go on."""


_Lines = tuple[pl.DataFrame, list[BadRow]]
"""``line`` and the cells by position; and the rows that do not fit the header."""


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
    said = said_by_titles(filled.head(position).select(names).rows(), matched, contract)
    above = [header_position_fault(under.get_column("line").item(0)), *colours_told(filled.head(position))]
    above = [*above, *title_faults(said, contract)] if position else []
    found = rows_of_children(under.slice(1), headers, matched, contract, said_above=said)
    return ReadTable(found.rows, matched.headers, [*faults, *above, *found.faults], unread=matched.unread)


def rows_of_children(
    under: pl.DataFrame,
    headers: Sequence[str],
    matched: MatchedHeaders,
    contract: Contract,
    *,
    bad_rows: Sequence[BadRow] = (),
    known_to: int = 0,
    said_above: str = "",
) -> RowsOfChildren:
    """Take out blank rows, repeated headers, totals, notes and versions that no longer apply; name the columns as the
    contract does. Rows under a second header are read by that, and rows under a heading such as ``Leavers`` have ended.

    ``under``: ``line`` and the cells by position, as text. ``bad_rows``: rows that do not fit the header. ``known_to``: last
    line that is not in ``under`` as its row is known; 0: every row is there. ``said_above``: what a heading above all these
    rows says of them, as :class:`Section`.
    """
    filled = under.filter(has_text(under.columns[1:]))
    below, again = take_out_repeated_headers(filled, headers)
    further = lists_below(below, matched, contract)
    if further:
        (above, bad), others = _apart(below, bad_rows, further[0][0])
        first = rows_of_children(above, headers, matched, contract, bad_rows=bad, said_above=said_above)
        return _with_second_list(first, others, further[0], contract)
    children, bad, totals = take_out_totals(below, bad_rows, matched, contract, after=known_to)
    children, bad, headings, notes = take_out_notes(children, bad, matched, contract)
    under_headings = sections(headings, said_above)
    told = {section.line: fault for section in under_headings if (fault := heading_fault(section, contract))}
    children = children.filter(~pl.col("line").is_in(list(told)))
    bad = [row for row in bad if row.line not in told]
    valid, older = take_out_old_versions(children, headers, matched.marks)
    own, said_once = by_contract(valid, matched, contract, is_whole=not known_to)
    own = with_status_of_sections(own, under_headings, contract)
    own, marked = with_status_of_marks(own, valid, headers, matched, contract)
    return RowsOfChildren(
        own,
        bad,
        [
            *matched.faults,
            *again,
            *totals,
            *(note for note in notes if note.line not in told),
            *(fault for line, fault in told.items() if line),
            *older,
            *said_once,
            *marked,
            *notes_of_leaving(valid, headers, matched, contract),
        ],
        max(children["line"].tail(1), default=0),
        bool(said_once or told),
        next((section.kind for section in under_headings if section.until == LAST_LINE), ""),
    )


def _apart(rows: pl.DataFrame, bad_rows: Sequence[BadRow], line: int) -> tuple[_Lines, _Lines]:
    """The rows above a line, and those below it; each with the rows that do not fit the header."""
    return (
        (rows.filter(pl.col("line") < line), [bad for bad in bad_rows if bad.line < line]),
        (rows.filter(pl.col("line") > line), [bad for bad in bad_rows if bad.line > line]),
    )


def _with_second_list(
    first: RowsOfChildren, below: _Lines, header: tuple[int, list[str]], contract: Contract
) -> RowsOfChildren:
    """The rows of a list, and those below it that have a header of their own (its line and cells)."""
    line, cells = header
    try:
        matched = match_headers(cells, contract)
    except UnreadableFileError:
        return replace(first, faults=[*first.faults, second_list_fault(line, [])])
    second = rows_of_children(below[0], cells, matched, contract, bad_rows=below[1], said_above=first.said_below)
    faults = [fault for fault in second.faults if not is_home_alone(fault, contract)]
    stopping = [fault for fault in faults if fault.stops == "file"]
    told = [second_list_fault(line, stopping)] if stopping else [second_list_read(line), *faults]
    return RowsOfChildren(
        pl.concat([first.rows, second.rows]),
        [*first.bad_rows, *second.bad_rows],
        list(dict.fromkeys([*first.faults, *told])),
        max(first.last_line, second.last_line),
        is_filled_from_above=True,
        said_below=second.said_below,
    )
