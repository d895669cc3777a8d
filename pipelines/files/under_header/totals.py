"""Rows that sum up a file or close it, and notes and headings among its rows, are no rows about a child: they are recognised,
with a fault.

They are found as the contract says or, if it says nothing, by how reports and database tools close what they print
(``_CLOSINGS``).
"""

import json
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

import polars as pl

from data_contracts.contract import Contract
from pipelines.files.headers.match import MatchedHeaders
from pipelines.files.rows import RAGGED, BadRow, Fault

MOST = 5
"""Most rows of totals at the end of a file."""

_CLOSINGS = (
    *("total", "total *", "totals", "totals *", "grand total*", "cyfanswm*", "number of *", "count", "count of *"),
    *("applied filters:*", "report *", "printed *", "produced *", "generated *", "run by *", "run on *", "source: *"),
    *("end of report*", "end of file*", "end of extract*", "trl", "trailer"),
    *("page * of *", "official*", "confidential*"),
    *("([0-9]* row)", "([0-9]* rows)", "([0-9]* row affected)", "([0-9]* rows affected)", "[0-9]* rows selected."),
)
"""Patterns of the first cell of such a row: by people, reports (``Number of pupils: 120``), Power BI, ``sqlcmd``, ``psql``,
SQL*Plus."""

COLOURS = "colours"
"""Name of the rule, as a breach shows it, for a list that says something by colours."""

_COLOURS = (
    r"(?i)\b(gr[ea]y|red|yellow|green|amber|orange|blue|pink|purple|shaded|highlighted|coloured|struck through|strikethrough)\b"
    r"\s*(rows?|cells?|text|names?|entries)?\s*([=:\x{2013}-]|means?|are|is)\s*\w"
)

FEWEST_COLUMNS = 4
"""Of a file with fewer columns, a row with one filled cell may be a child's."""

_SEVERAL_WORDS = r"[^\W\d_]\S*\s+\S"
"""Found in notes and headings, and not in the key of a row or a code."""

_NAME = r"^\s*[^\W\d_][^\d:;?!()=]*$"
"""What may be a name, however short or long."""

_CLOSING_CELLS = 2
"""Most cells filled in such a row: a word and a number."""


def take_out_totals(
    rows: pl.DataFrame,
    bad_rows: Sequence[BadRow],
    matched: MatchedHeaders,
    contract: Contract,
    *,
    after: int,
) -> tuple[pl.DataFrame, list[BadRow], list[Fault]]:
    """Take the rows of totals off the end of a file: the rows that stay, and a fault (that stops nothing) for each one
    removed.

    ``rows`` have ``line`` and the cells by position; ``bad_rows`` are those that do not fit the header, as a row of totals
    often does not. ``after``: the last line that is known to be a row about a child, if that is not in ``rows``; 0: none.
    """
    ends = [(line, list(cells)) for line, *cells in rows.tail(MOST).iter_rows()]
    ends += [(bad.line, list(json.loads(bad.row).values())) for bad in bad_rows[-MOST:]]
    lines = []
    for line, cells in sorted(ends, reverse=True)[:MOST]:
        if line <= after or not _is_totals(cells, matched, contract):
            break
        lines.append(line)
    kept = [bad for bad in bad_rows if bad.line not in lines]
    return rows.filter(~pl.col("line").is_in(lines)), kept, [_totals(line) for line in sorted(lines)]


def _is_totals(cells: list[str], matched: MatchedHeaders, contract: Contract) -> bool:
    """Whether a row is one of totals. If the contract says nothing, it has no birth date and no postcode, and no more than
    a word and a number."""
    own = contract.files.totals
    if own is not None:
        return _closes(cells, own.begins, own.empty, matched)
    of_child = [column.name for column in contract.columns if column.maps_to in ("date_of_birth", "postcode")]
    is_short = sum(bool(cell.strip()) for cell in cells) <= _CLOSING_CELLS
    return is_short and _closes(cells, _CLOSINGS, of_child, matched)


def _closes(cells: list[str], begins: Sequence[str], empty: Sequence[str], matched: MatchedHeaders) -> bool:
    """Whether the first filled cell of a row has one of these forms, and the columns ``empty`` are empty."""
    first = next((cell.strip() for cell in cells if cell.strip()), "")
    if not any(fnmatchcase(first.casefold(), form.casefold()) for form in begins):
        return False
    places = [matched.position_of[name] for name in empty if name in matched.position_of]
    filled = [cells[place].strip() for place in places if place < len(cells)]
    # The word itself may be under the key's header, as the first cell of the row.
    return all(cell in ("", first) for cell in filled)


def _totals(line: int) -> Fault:
    return Fault(
        "row of totals",
        "nothing",
        "The row totals the rows above it or closes the file, so it was not read as a row.",
        "There is nothing to do, but an export without it is safer.",
        line,
    )


def take_out_notes(
    rows: pl.DataFrame, bad_rows: Sequence[BadRow], matched: MatchedHeaders, contract: Contract
) -> tuple[pl.DataFrame, list[BadRow], dict[int, str], list[Fault]]:
    """Take out rows with a single filled cell of several words that are no name, such as ``Year 7`` and ``NB: addresses
    to be checked``; a fault (that stops nothing) for each. Nobody could say who such a child is. Only of files with columns
    enough.

    Returns the rows and the ``bad_rows`` that stay, and the line and text of every row with a single filled cell.
    """
    names = [name for name in rows.columns if name != "line"]
    if len(matched.position_of) < FEWEST_COLUMNS:
        return rows, list(bad_rows), {}, []
    cells = [pl.col(name).str.strip_chars() for name in names]
    alone = rows.filter(pl.sum_horizontal((cell != "").cast(pl.Int32) for cell in cells) == 1)
    of_name = [
        str(matched.position_of[column.name])
        for column in contract.columns
        if column.maps_to in ("surname", "forename", "full_name") and column.name in matched.position_of
    ]
    may_be_name = pl.any_horizontal(pl.lit(value=False), *(pl.col(name).str.contains(_NAME) for name in of_name))
    says_something = pl.any_horizontal(cell.str.contains(_SEVERAL_WORDS) for cell in cells)
    of_colours = pl.any_horizontal(cell.str.contains(_COLOURS) for cell in cells)
    lines = alone.filter(says_something & (~may_be_name | of_colours))["line"].to_list()
    headings = dict(alone.select("line", pl.concat_str(cells)).iter_rows())
    ragged = [bad for bad in bad_rows if bad.fault.rule == RAGGED]
    short = {bad.line: filled[0] for bad in ragged if len(filled := _filled(bad)) == 1}
    lines += [line for line, text in short.items() if re.search(_SEVERAL_WORDS, text) and not re.search(_NAME, text)]
    kept = rows.filter(~pl.col("line").is_in(lines))
    faults = [*map(_note, sorted(lines)), *colours_told(rows.filter(pl.col("line").is_in(lines)))]
    return kept, [bad for bad in bad_rows if bad.line not in lines], dict(sorted({**headings, **short}.items())), faults


def _filled(bad: BadRow) -> list[str]:
    """The cells of a row that does not fit the header which have something in them."""
    return [text for cell in json.loads(bad.row).values() if (text := str(cell).strip())]


def colours_told(notes: pl.DataFrame) -> list[Fault]:
    """A fault for each row of notes (``line`` and cells) that says what a colour means: nobody reads colours."""
    cells = [pl.col(name).str.contains(_COLOURS) for name in notes.columns if name != "line"]
    told = notes.filter(pl.any_horizontal(pl.lit(value=False), *cells))
    return [_colours(line) for line in told["line"]]


def _colours(line: int) -> Fault:
    return Fault(
        COLOURS,
        "nothing",
        "A note says what a colour means, such as that an entry has ended, and colours are not read: such a row counts like "
        "any other, and a child may be taken to be educated who is not.",
        "Say in a column of words or dates what the colour says, as in an end date.",
        line,
    )


def _note(line: int) -> Fault:
    return Fault(
        "row of notes",
        "nothing",
        "One cell of the row is filled, and it is no name: the row is a heading or a note, and was not read as a child's.",
        "There is nothing to do, but an export without it is safer.",
        line,
    )
