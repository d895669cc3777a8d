"""A row of totals under the last row is no row about a child: recognised as the contract says, and told."""

import json
from collections.abc import Sequence
from fnmatch import fnmatchcase

import polars as pl

from data_contracts.contract import Contract
from pipelines.files.headers import MatchedHeaders
from pipelines.files.rows import BadRow, Fault

MOST = 5
"""Rows of totals that may stand under the last row."""


def part_totals(
    rows: pl.DataFrame, bad_rows: Sequence[BadRow], matched: MatchedHeaders, contract: Contract
) -> tuple[pl.DataFrame, list[BadRow], list[Fault]]:
    """Take the rows of totals off the end of a file: the rows that stay, and a fault (that stops nothing) for each.

    ``rows`` have ``line`` and the cells by position; ``bad_rows`` those that did not fit the header, as a row of totals
    often does not.
    """
    if contract.files.totals is None:
        return rows, list(bad_rows), []
    ends = [(line, list(cells)) for line, *cells in rows.tail(MOST).iter_rows()]
    ends += [(bad.line, list(json.loads(bad.row).values())) for bad in bad_rows[-MOST:]]
    lines = []
    for line, cells in sorted(ends, reverse=True)[:MOST]:
        if not _is_totals(cells, matched, contract):
            break
        lines.append(line)
    kept = [bad for bad in bad_rows if bad.line not in lines]
    return rows.filter(~pl.col("line").is_in(lines)), kept, [_totals(line) for line in sorted(lines)]


def _is_totals(cells: list[str], matched: MatchedHeaders, contract: Contract) -> bool:
    totals = contract.files.totals
    first = next((cell.strip() for cell in cells if cell.strip()), "")
    if totals is None or not any(fnmatchcase(first.casefold(), pattern.casefold()) for pattern in totals.begins):
        return False
    places = [matched.position_of[name] for name in totals.empty if name in matched.position_of]
    filled = [cells[place].strip() for place in places if place < len(cells)]
    # The word itself may stand under the key's header, as the first cell of the row.
    return all(cell in ("", first) for cell in filled)


def _totals(line: int) -> Fault:
    return Fault(
        "row of totals",
        "nothing",
        "The row sums up the rows above it, so it was not read as a row.",
        "Nothing needs doing; an export without it is safer.",
        line,
    )
