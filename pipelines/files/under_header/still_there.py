"""Marks beside the rows that say that an entry no longer holds, though the row gives no end (``On Roll``: No).

A roll often has such a mark beside the kind of registration, which a pupil who has left keeps. Unread, it left children who are
on no roll looking as if they were at their school, and nobody was told.
"""

from collections.abc import Sequence

import polars as pl

from data_contracts.contract import Contract, plain_header
from data_contracts.ended import LEFT
from data_contracts.values import as_codes, is_empty
from pipelines.counted import counted, first_of
from pipelines.files.headers.match import MatchedHeaders
from pipelines.files.headers.versions import NO, YES, mark_at
from pipelines.files.rows import Fault
from pipelines.files.under_header.named_ended import status_of

_HOLDS = {
    *("onroll", "isonroll", "currentlyonroll", "stillonroll", "onrollnow", "arygofrestr"),
    *("active", "isactive", "current", "iscurrent", "currentpupil", "currentstudent", "open", "isopen"),
    *("enrolled", "isenrolled", "currentlyenrolled", "stillenrolled", "stillattending", "stillthere"),
    *("currentehe", "currentlyehe", "stillehe", "currentlyhomeeducated", "stillhomeeducated", "currentplacement"),
}
"""Plain headers of a mark that says whether an entry holds."""

_IS_OVER = {
    *("left", "hasleft", "leaver", "isleaver", "offroll", "isoffroll", "closed", "isclosed", "caseclosed", "ended"),
    *("hasended", "ceased", "inactive", "isinactive", "deregistered", "archived", "wedigadael"),
}
"""Plain headers of a mark that says whether it is over."""

_ENDINGS = ("yorn", "yesno", "yn", "flag", "indicator")
"""What such headers may end with."""

_YES, _NO = (*YES, "-1", "ie", "ydy"), (*NO, "na", "nac ydy")
"""As databases write them, Access and people who write Welsh."""


def with_status_of_marks(
    rows: pl.DataFrame, cells: pl.DataFrame, headers: Sequence[str], matched: MatchedHeaders, contract: Contract
) -> tuple[pl.DataFrame, list[Fault]]:
    """The rows, by our column names, with the code for what has ended as the status of those that give no end and are said
    beside to have none any more; and the fault, which stops nothing, that says so.

    ``cells``: ``line`` and the cells by position of these rows and perhaps others. Each row is read by itself.
    """
    status = status_of(LEFT, contract)
    if not status:
        return rows, []
    (name, code), end = next(iter(status.items())), contract.ends_in_words[0][1]
    marks = {at: is_over for at, header in enumerate(headers) if (is_over := _mark(header, at, matched)) is not None}
    said_so = [mark_at(at).is_in(_YES if is_over else _NO) for at, is_over in marks.items() if str(at) in cells.columns]
    marked = cells.filter(pl.any_horizontal(said_so))["line"] if said_so else pl.Series("line", [], pl.Int64)
    said = pl.col("line").is_in(marked.implode())
    left = rows.filter(said & is_empty(contract.column_named[end]) & (as_codes(contract.column_named[name]) != LEFT))
    if left.is_empty():
        return rows, []
    is_left = pl.col("line").is_in(left["line"].implode())
    read = [headers[at].strip() for at in marks]
    return rows.with_columns(pl.when(is_left).then(pl.lit(code)).otherwise(pl.col(name)).alias(name)), [
        _told(left.height, read, contract.column_named[end].header)
    ]


def _mark(header: str, at: int, matched: MatchedHeaders) -> bool | None:
    """Whether a column that is not read marks with Yes what is over (true) or what holds (false); null: neither."""
    if at in matched.position_of.values() or at in (*matched.marks.holds, *matched.marks.taken_out):
        return None
    plain = plain_header(header)
    names = {plain, *(plain.removesuffix(ending) for ending in _ENDINGS)}
    return True if names & _IS_OVER else False if names & _HOLDS else None


def _told(count: int, headers: Sequence[str], end: str) -> Fault:
    return Fault(
        "said to have ended",
        "nothing",
        f"{counted(count, 'row')} {'is' if count == 1 else 'are'} said to hold no longer ({first_of(headers)}), without a day "
        f"in {end}. What has ended so counts as ended on a day that is not known.",
        f"Fill in {end} for what has ended.",
        column=end,
    )
