"""Lists one under another on one sheet: a second header, and headings such as ``Leavers`` above rows that have ended."""

import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest

import polars as pl

from data_contracts.contract import Contract
from pipelines.files.header_names import known_columns
from pipelines.files.headers import MatchedHeaders, must_be_there
from pipelines.files.named_ended import says_ended, says_it_goes_on
from pipelines.files.rows import Fault

SECOND_LIST = "second list"
"""Name of the rule, as a breach shows it."""

LONGEST_HEADING = 50
"""Characters. A longer text is a note about something."""

_NOTE = re.compile(r"(?i)\b(is|are|be|please|nb|note|checked|checking|not|exclud\w*|without|means?|see)\b|[=?]")
"""Found in notes, which say something about a row or two, and not in headings."""


def lists_below(rows: pl.DataFrame, matched: MatchedHeaders, contract: Contract) -> list[tuple[int, list[str]]]:
    """The line and the cells of every row that is the header of a further list.

    ``rows``: ``line`` and the cells by position. Such a row names at least half of the columns that must be there. Only a row
    in whose place for the birth date, or the name, is a word without a digit is looked at so closely.
    """
    wanted = {column.name for column in must_be_there(contract)}
    looked_at = _places_of("date_of_birth", matched, contract) or _places_of("upn", matched, contract)
    if not looked_at or not wanted:
        return []
    cell = pl.col(looked_at[0]).str.strip_chars()
    may_be = rows.filter((cell != "") & ~cell.str.contains(r"\d"))
    return [
        (line, _without_empty_ends(cells))
        for line, *cells in may_be.iter_rows()
        if 2 * len(known_columns(cells, contract) & wanted) >= len(wanted)
    ]


def _places_of(field: str, matched: MatchedHeaders, contract: Contract) -> list[str]:
    """Positions, as the rows name them, of the columns that say this of a child."""
    return [
        str(matched.position_of[column.name])
        for column in contract.columns
        if column.maps_to == field and column.name in matched.position_of
    ]


def _without_empty_ends(cells: Sequence[str]) -> list[str]:
    filled = [place for place, cell in enumerate(cells) if cell.strip()]
    return list(cells[: filled[-1] + 1])


def second_list_fault(line: int, faults: Sequence[Fault]) -> Fault:
    """The fault that the list under a second header lacks what the source needs, as the ``faults`` say that stop a file."""
    lacking = ", ".join(dict.fromkeys(fault.column for fault in faults if fault.column))
    what = f"It does not have what the first one has: {lacking}." if lacking else "Its columns cannot be told."
    return Fault(
        SECOND_LIST,
        "file",
        f"A second list begins on this line, with a header of its own. {what} Read by the first header, its rows would say "
        "something else than they do: pupils who have left would count as pupils.",
        "Put each list into a file or on a sheet of its own, named for what it is (Leavers, Closed), with all columns.",
        line,
    )


def second_list_read(line: int) -> Fault:
    """The fault that a second list was read by its own header."""
    return Fault(
        SECOND_LIST,
        "nothing",
        "A second list begins on this line, with a header of its own, and was read by that.",
        "There is nothing to do, but each list in a file or on a sheet of its own is safer.",
        line,
    )


def rows_that_have_ended(headings: Mapping[int, str], *, is_ended_above: bool) -> list[tuple[int, int | None]]:
    """Between which lines the rows are that have ended by the heading above them: its line (0: above all of these rows), and
    that of the next such heading (null: none).

    ``headings``: line -> text, in the order of the lines. A heading of an end holds for all that is below, whatever else comes
    between, until one says that it goes on: a pupil who has left must not be taken for one who is there.
    """
    kinds = ((line, _kind(text)) for line, text in headings.items())
    turns = [(0, is_ended_above), *((line, kind) for line, kind in kinds if kind is not None)]
    after = [line for line, _ in turns[1:]]
    return [(line, until) for (line, kind), until in zip_longest(turns, after) if kind]


def _kind(heading: str) -> bool | None:
    """Whether a heading says that what is below has ended (true) or goes on (false); null: it says neither."""
    if len(heading) > LONGEST_HEADING or _NOTE.search(heading):
        return None
    return True if says_ended(heading) else False if says_it_goes_on(heading) else None


def heading_of_an_end(line: int) -> Fault:
    """The fault that the rows below a heading count as ended."""
    return Fault(
        "named as ended",
        "nothing",
        "A heading on this line says that what is below it has ended, so every row below that does not say otherwise counts "
        "as ended.",
        "There is nothing to do if it has; if not, take the heading out.",
        line,
    )
