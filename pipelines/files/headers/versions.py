"""Rows that a database keeps though they are no longer valid: older versions of a row, and rows marked as deleted.

A view of a data warehouse has every version of a row, each with the day until which it was valid and a mark on the valid
one. An older version of a place still has no end: read as a row, it would show a child who has left as a pupil. Nothing
here is about any one source: databases give such columns the same headers, whatever they are about.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from data_contracts.contract import plain_header
from pipelines.files.rows import Fault

_HOLDS = {
    *("iscurrent", "iscurrentrow", "iscurrentrecord", "iscurrentversion", "iscurrentflag"),
    *("current", "currentrow", "currentrecord", "currentversion", "currentflag", "currentindicator", "currentind"),
    *("currentrowflag", "currentrowindicator", "rowiscurrent", "rowcurrent", "dwcurrentflag", "dwiscurrent"),
    *("islatest", "latestflag"),
}
"""Plain headers of the mark on the valid version."""

_HELD_UNTIL = {
    *("validto", "validtodate", "validuntil", "effectiveto", "effectivetodate", "effectiveenddate"),
    *("rowvalidto", "roweffectiveto", "rowenddate", "rowexpirydate", "rowexpirationdate"),
    *("recordvalidto", "recordenddate", "versionenddate"),
    *("dwvalidto", "dweffectiveto", "scdvalidto", "scdenddate"),
}
"""Plain headers of the day until which a version was valid. Only beside such a column does the mark speak of versions:
alone it may say that a pupil is on roll, and the row of one who has left must be read."""

_TAKEN_OUT = {
    *("isdeleted", "isdeletedflag", "deletedflag", "deletedindicator", "deletedind"),
    *("rowdeleted", "rowisdeleted", "recorddeleted", "dwisdeleted", "dwdeletedflag"),
    *("softdeleted", "issoftdeleted"),
}
"""Plain headers of the mark on a deleted row. ``Deleted`` counts only beside versions: a school deletes names from its
roll."""

YES, NO = ("1", "true", "t", "y", "yes"), ("0", "false", "f", "n", "no")
"""How databases write, here in lower case, that a mark holds and that it does not."""


@dataclass(frozen=True, slots=True)
class VersionMarks:
    """Positions of the columns of a file that say which of its rows are valid."""

    holds: tuple[int, ...] = ()
    taken_out: tuple[int, ...] = ()


def version_marks(headers: Sequence[str], unknown: Sequence[int]) -> VersionMarks:
    """The marks among the headers at positions ``unknown``, which no column of the contract has."""
    plain = {position: plain_header(headers[position]) for position in unknown}
    has_versions = not _HELD_UNTIL.isdisjoint(plain.values())
    taken_out = _TAKEN_OUT | {"deleted"} if has_versions else _TAKEN_OUT
    return VersionMarks(
        tuple(position for position, name in plain.items() if has_versions and name in _HOLDS),
        tuple(position for position, name in plain.items() if name in taken_out),
    )


def mark_at(position: int) -> pl.Expr:
    """The cell of a mark, as ``YES`` and ``NO`` are written."""
    return pl.col(str(position)).str.strip_chars().str.to_lowercase()


def take_out_old_versions(
    rows: pl.DataFrame, headers: Sequence[str], marks: VersionMarks
) -> tuple[pl.DataFrame, list[Fault]]:
    """Take out the rows that are no longer valid: the rows that stay, and a fault (that stops nothing) that says how many
    went.

    ``rows`` have ``line`` and the cells by position. A row whose marks say neither yes nor no stays.
    """
    marked = {at: mark_at(at) for at in (*marks.holds, *marks.taken_out)}
    goes = [marked[at].is_in(NO) for at in marks.holds] + [marked[at].is_in(YES) for at in marks.taken_out]
    kept = rows.filter(~pl.any_horizontal(goes)) if goes else rows
    gone = rows.height - kept.height
    return kept, [_older(gone, [headers[at].strip() for at in marked])] if gone else []


def _older(gone: int, marks: Sequence[str]) -> Fault:
    return Fault(
        "older versions",
        "nothing",
        f"By {' and '.join(marks)}, {gone:,} of the file's lines no longer apply: older versions of a row, or rows taken out. "
        "They were not read as rows.",
        "There is nothing to do, but an export of only the rows that still apply is smaller and safer.",
    )
