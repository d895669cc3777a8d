"""Lists one under another on one sheet: a second header, and headings such as ``Leavers`` above rows that have ended."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from data_contracts.contract import Contract
from data_contracts.ended import LEFT, NOT_BEGUN
from pipelines.files.headers.faults import MISSING
from pipelines.files.headers.match import MatchedHeaders, must_be_there
from pipelines.files.headers.names import known_columns
from pipelines.files.headers.unread_home import is_of_a_home
from pipelines.files.rows import Fault
from pipelines.files.under_header.named_ended import kind_of_heading, status_of

SECOND_LIST = "second list"
"""Name of the rule, as a breach shows it."""

LONGEST_HEADING = 50
"""Characters. A longer text is a note about something."""

LAST_LINE = 1 << 62
"""Below every line of a file."""

_HAS = {LEFT: "has ended", NOT_BEGUN: "has not begun"}

_NOTE = re.compile(
    r"(?i)\b(is|are|be|please|nb|note|no|yes|include\w*|including|checked|checking|not|exclud\w*|without|means?|see)\b|[=?]"
)
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


def is_home_alone(fault: Fault, contract: Contract) -> bool:
    """Whether a second list lacks no more than a part of the home: of those who have left, many lists give none."""
    of_home = {column.header for column in contract.columns if is_of_a_home(column)}
    return fault.rule == MISSING and fault.column in of_home


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


@dataclass(frozen=True, slots=True)
class Section:
    """The rows below a heading that says whether they have ended, or not begun."""

    line: int
    """Of the heading; 0: it is above all of these rows."""
    until: int
    """Line of the next such heading, or below every line."""
    kind: str
    """``LEFT`` or ``NOT_BEGUN``."""


def sections(headings: Mapping[int, str], above: str) -> list[Section]:
    """The sections of a list, except those of what goes on. ``headings``: line -> text, in the order of the lines; ``above``:
    what a heading above all of these rows says (empty: nothing).

    A heading of an end holds for all that is below, whatever else comes between, until one says something else: a pupil who
    has left must not be taken for one who is there.
    """
    kinds = ((line, _kind(text)) for line, text in headings.items())
    turns = [(0, above), *((line, kind) for line, kind in kinds if kind is not None)]
    after = [*(line for line, _ in turns[1:]), LAST_LINE]
    return [Section(line, until, kind) for (line, kind), until in zip(turns, after, strict=True) if kind]


def said_by_titles(titles: Iterable[Sequence[str]], matched: MatchedHeaders, contract: Contract) -> str:
    """What the titles above a header say of all rows, as :class:`Section`; empty: nothing, or several things, or the list
    itself gives the day on which each place ended.

    ``titles``: the cells of each row above the header. A report names its parameters there too (Include leavers: No).
    """
    alone = (filled[0] for row in titles if len(filled := [cell.strip() for cell in row if cell.strip()]) == 1)
    said = {kind for title in alone if (kind := _kind(title)) is not None}
    has_ends = not contract.ends_of_places.isdisjoint(matched.position_of)
    return said.pop() if len(said) == 1 and not has_ends else ""


def _kind(heading: str) -> str | None:
    is_note = len(heading) > LONGEST_HEADING or _NOTE.search(heading)
    return None if is_note else kind_of_heading(heading)


def with_status_of_sections(rows: pl.DataFrame, found: Sequence[Section], contract: Contract) -> pl.DataFrame:
    """Rows by our column names, with the code for what their heading says in those that have no status."""
    for section in found:
        for status, code in status_of(section.kind, contract).items():
            is_below = pl.col("line").is_between(section.line, section.until, closed="none")
            said = pl.when((pl.col(status).str.strip_chars() == "") & is_below).then(pl.lit(code))
            rows = rows.with_columns(said.otherwise(pl.col(status)).alias(status))
    return rows


def heading_fault(section: Section, contract: Contract) -> Fault | None:
    """What a heading is said to have done to the rows below it; null: nothing, as the source has no word for it and shows no
    places."""
    where = "A heading on this line says that what is below it"
    return _fault_of(section.kind, contract, where, "take the heading out", section.line)


def title_faults(kind: str, contract: Contract) -> list[Fault]:
    """What a title above the header is said to have done to all rows (``kind``, as :func:`said_by_titles`); empty: nothing."""
    fault = _fault_of(kind, contract, "A title above the header says that what is below it", "take it out")
    return [fault] if fault else []


def name_faults(kind: str | None, contract: Contract) -> list[Fault]:
    """What the name of a file, or of the sheet that is read of it, is said to have done to all rows; empty: nothing."""
    where = "By the name of the file, or of this sheet of it, what is in it"
    fault = _fault_of(kind, contract, where, "give the file or the sheet another name")
    return [fault] if fault else []


def _fault_of(
    kind: str | None, contract: Contract, where: str, otherwise: str, line: int | None = None
) -> Fault | None:
    """``where``: what it is about, up to "has ended"; ``otherwise``: what to do if that is wrong. Null without a ``kind``."""
    if not kind:
        return None
    why = f"{where} {_HAS[kind]}"
    rule = "named as ended" if kind == LEFT else "named as not begun"
    if status_of(kind, contract):
        why = f"{why}, so every row that does not say otherwise counts so."
        return Fault(rule, "nothing", why, f"There is nothing to do if that is right; if not, {otherwise}.", line)
    if kind != NOT_BEGUN or not contract.ends_of_places:
        return None
    why = f"{why}. A child who only waits or asks for a place would be taken to be educated."
    fix = f"Leave such children out, or send them among the admissions or referrals. If they have begun, {otherwise}."
    return Fault(rule, "file", why, fix, line)
