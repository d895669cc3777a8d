"""Which column of a file is which column of its contract.

A header that we do not know is named in a message only where it is clearly a header: in a file that came without its header
line, or with it run together with the next, the "headers" are a child's details.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache

import polars as pl

from data_contracts.breach import Stops
from data_contracts.contract import Contract, plain_header
from data_contracts.parts import Column
from pipelines.counted import first_of
from pipelines.files.header_names import columns_of, is_number_of_child, known_columns, plain_of_contract, plain_ways
from pipelines.files.rows import Fault, UnreadableFileError
from pipelines.files.versions import VersionMarks, version_marks

HEADER_WITHIN = 30
"""Rows with any text among which the header is looked for: titles and notes may stand above it."""

MISSING = "missing column"
"""Name of the rule, as a breach shows it. Where it stops nothing, the night is stamped."""

RENAMED = "renamed column"
"""Name of the rule, as a breach shows it."""

EXTRA = "extra column"

NO_HEADER = "header"
"""Name of the rule, as a breach shows it, of a file that has no header of its source."""

_NEAR = 0.7
_ALL_BUT_A_LETTER = 0.93


@dataclass(frozen=True, slots=True)
class MatchedHeaders:
    """Where each column of the contract stands in a file."""

    position_of: dict[str, int]
    """Our name for a column -> its position in the file, 0 first; columns that the file has not are left out."""
    headers: dict[str, str]
    """Our name for a column -> its header in the file."""
    faults: tuple[Fault, ...]
    unread: tuple[str, ...] = ()
    """Every other header of the file. It may be a detail of a child, as in a file without a header line."""
    key_and: tuple[str, ...] = ()
    """Our names of the columns that stand behind the child's number in the key of a row; none: the file has a key."""
    marks: VersionMarks = field(default_factory=VersionMarks)
    """The columns that say which rows hold."""


def shows(cell: str) -> bool:
    """Whether a cell has anything in it that a reader would see: no byte-order mark, nor spaces of any kind."""
    return any(letter.isprintable() and not letter.isspace() for letter in cell)


def must_be_there(contract: Contract) -> list[Column]:
    """The columns that a file of the source may not lack."""
    return [column for column in contract.columns if not column.may_be_absent]


def find_header(rows: Sequence[Sequence[str]], contract: Contract) -> int:
    """Position of the header among the first rows of a file that hold any text: 0, save where titles stand above it.

    It is the first row that names at least half of the columns that must be there. What stands above it is passed over
    only where it is sparse, each row at most half as full as the header: rows of children are never passed over.
    """
    wanted = {column.name for column in must_be_there(contract)}
    fullest = 0
    for position, row in enumerate(rows[:HEADER_WITHIN]):
        named = known_columns(row, contract)
        if named and 2 * len(named & wanted) >= len(wanted):
            return position if 2 * fullest <= len(named) else 0
        fullest = max(fullest, sum(bool(cell.strip()) for cell in row))
    return 0


def above_header(line: int) -> Fault:
    """The fault that says where the header was found; ``line`` is its own."""
    return Fault(
        "rows above the header",
        "nothing",
        "The header of the rows was recognised by its names on this line; what stands above it was not read.",
        "Nothing needs doing; a file that begins with its header is safer.",
        line,
    )


def part_repeated_headers(rows: pl.DataFrame, headers: Sequence[str]) -> tuple[pl.DataFrame, list[Fault]]:
    """Take out rows that say the header once more, as files put one under another have: the rows that stay, and a fault
    (that stops nothing) for each taken out.

    ``rows`` have ``line`` and the cells by position. Only a row that says every header in its place is taken for one.
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
        "The line says the header once more, so it was not read as a row. Files put one under another look like this.",
        "Nothing needs doing if all rows are of one extract; a file with one header is safer.",
        line,
    )


def match_headers(headers: Sequence[str], contract: Contract, optional: frozenset[str] | None = None) -> MatchedHeaders:
    """Match the header line of a file to its contract.

    ``optional``: our names of the columns that the file need not have, where there is no header line to speak of (XML);
    by default those that may be absent.

    Of several headers that name one column the contract's own holds, and the others are ignored, and said.

    Faults: a column twice, a column missing or renamed (both stop the file, unless the contract lets the column be
    absent), none of several columns of which every row needs one, a column that the contract does not know (ignored,
    and said).
    Raises :class:`UnreadableFileError` where the first line is no header line at all.
    """
    is_header_line = optional is None
    if optional is None:
        optional = frozenset(column.name for column in contract.columns if column.may_be_absent)
    wanted = [column for column in contract.columns if column.name not in optional]
    found: dict[str, list[int]] = {}
    unknown: list[int] = []
    for position, column in enumerate(columns_of(headers, contract)):
        if column:
            found.setdefault(column.name, []).append(position)
        else:
            unknown.append(position)
    if is_header_line:
        _refuse_no_header(found, wanted)
    faults = []
    for column in contract.columns:
        found[column.name], others = _own_first(headers, found.get(column.name, []), column)
        faults += others
    found = {name: positions for name, positions in found.items() if positions}
    made = _key_of_child(headers, contract) if is_header_line and contract.key.name not in found else None
    if made is not None:
        unknown = [position for position in unknown if position != made]
        found[contract.key.name] = [made]
        faults.append(_made_key(headers[made].strip(), contract))
    marks = version_marks(headers, unknown) if is_header_line else VersionMarks()
    unknown = [position for position in unknown if position not in (*marks.holds, *marks.taken_out)]
    missing = [column for column in contract.columns if column.name not in found]
    # In XML an element that no row has may be empty in all of them, as none of them has ended.
    endless = contract.ends_unsaid(found) if is_header_line else []
    few = all(c.name in found for c in wanted) and 2 * len(unknown) <= len(found)
    surely = len(headers) if few else _surely_headers(found, len(headers)) if is_header_line else 0
    faults += _missing(headers, unknown, contract, missing, optional, endless=endless, surely=surely)
    faults += _none_of(contract, missing, optional) if is_header_line else []
    faults += [_extra(headers, position, surely) for position in unknown]
    return MatchedHeaders(
        {name: positions[0] for name, positions in found.items()},
        {name: headers[positions[0]].strip("\ufeff \t\r\n\u00a0") for name, positions in found.items()},
        tuple(faults),
        tuple(header for at, header in enumerate(headers) if all(at != positions[0] for positions in found.values())),
        contract.files.key_of_child.and_ if made is not None and contract.files.key_of_child else (),
        marks,
    )


def _key_of_child(headers: Sequence[str], contract: Contract) -> int | None:
    """Position of the number by which a system knows the child, in a file without a key of its rows; None: there is none.

    One that says so itself (Pupil ID) comes first: a case may be of several children, and not every child has a UPN.
    """
    if contract.files.key_of_child is None:
        return None
    if said := [position for position, header in enumerate(headers) if is_number_of_child(header)]:
        return said[0]
    for name in contract.files.key_of_child.headers:
        there = [position for position, header in enumerate(headers) if plain_of_contract(name) in plain_ways(header)]
        if len(there) == 1:
            return there[0]
    return None


def _made_key(header: str, contract: Contract) -> Fault:
    made = contract.files.key_of_child
    behind = " and ".join(contract.column_named[name].header for name in made.and_) if made else ""
    return Fault(
        "key of the child",
        "nothing",
        f"The file has no {contract.key.header}. The key of a row is made of {header} with {behind} behind it.",
        f"Nothing needs doing; a {contract.key.header} that a row keeps from night to night is safer.",
        column=header,
    )


def _refuse_no_header(found: dict[str, list[int]], wanted: list[Column]) -> None:
    if 2 * sum(column.name in found for column in wanted) < len(wanted):
        raise UnreadableFileError(
            NO_HEADER,
            "The first line is not the header of this source: fewer than half of its columns are named there, and no "
            "line under a title names them.",
            f"Send the file with its header line, which names {', '.join(column.header for column in wanted)}.",
            line=1,
        )


def _own_first(headers: Sequence[str], positions: list[int], column: Column) -> tuple[list[int], list[Fault]]:
    """Where a column stands, and faults for the other headers that name it.

    Of a column that is used for nothing any will do: Practice and Practice Code keep no patient out.
    """
    if len(positions) < 2:
        return positions, []
    own = [position for position in positions if plain_header(headers[position]) == plain_of_contract(column.header)]
    if not own and column.not_used:
        own = positions[:1]
    if len(own) != 1:
        return positions, [_twice(headers[positions[1]])]
    read = headers[own[0]].strip()
    return own, [_beside(headers[position], column, read) for position in positions if position not in own]


def _beside(header: str, column: Column, read: str) -> Fault:
    return Fault(
        EXTRA,
        "nothing",
        f"It could be {column.header} by another name. The file has {read} itself, so this one was not read.",
        f"Nothing needs doing where {read} is the right one of the two; else send only the right one.",
        column=header.strip(),
    )


def _twice(header: str) -> Fault:
    return Fault(
        "duplicated column",
        "file",
        "The column stands in the file twice, and nobody can tell which one holds.",
        "Send it once; a column with another meaning needs another header.",
        column=header.strip(),
    )


def _missing(
    headers: Sequence[str],
    unknown: list[int],
    contract: Contract,
    missing: list[Column],
    optional: frozenset[str],
    *,
    endless: Collection[Column],
    surely: int,
) -> list[Fault]:
    """Faults for the columns that no header names, one a column. Takes a renamed column's position out of ``unknown``.

    A header says of itself what it is by the words that the contract knows: an end headed Enrolment End Date is no
    Enrolment Date, nor a Preferred Name a Preferred Surname. A sender who headed it so would send the one for the other.
    """
    faults = []
    words = frozenset(word for column in contract.columns for name in column.headers for word in _words_in(name))
    for column in missing:
        like = {at: _likeness(headers[at], column, words) for at in unknown}
        nearest = max(like, key=lambda at: like[at], default=None)
        renamed = None
        if nearest is not None and like[nearest] >= _NEAR:
            unknown.remove(nearest)
            renamed = headers[nearest].strip()
        if column in endless:
            faults.append(_without_end(column, renamed))
        elif renamed is not None:
            faults.append(_renamed(renamed, column, "nothing" if column.name in optional else "file"))
        elif column.name not in optional:
            faults.append(
                Fault(
                    MISSING,
                    "file",
                    f"The contract needs the column {column.header}, and the file has none of that name."
                    + _perhaps([named for at in unknown if (named := _named(headers, at, surely))]),
                    _sent_as(column),
                    column=column.header,
                )
            )
    return faults


def _none_of(contract: Contract, missing: Sequence[Column], optional: frozenset[str]) -> list[Fault]:
    """Faults for columns of which every row needs one, and the file has none: no row of it could be loaded.

    Told of the file, so that the rows its source sent last stand in for it, and not of each of its rows.
    """
    lacking = {column.name: column.header for column in missing if column.name in optional}
    return [
        Fault(
            MISSING,
            "file",
            f"The file has none of the columns {', '.join(lacking[name] for name in rule.columns)}. {rule.why}",
            "Head the columns with these names, or add the file's own headers to alsoCalled in the contract.",
            column=lacking[rule.columns[0]],
        )
        for rule in contract.table.quality
        if rule.metric == "allEmpty" and rule.stops != "nothing" and all(name in lacking for name in rule.columns)
    ]


def _without_end(column: Column, renamed: str | None) -> Fault:
    """``renamed``: the header that looks like the column's under another name; null: none does."""
    like = f" {renamed} looks like it under another name, and was not read." if renamed else ""
    fix = (
        f"Head {renamed} {column.header} again, or add it to alsoCalled in the contract."
        if renamed
        else _sent_as(column)
    )
    return Fault(
        MISSING,
        "nothing",
        f"The file has no column of that name.{like} {column.absent_why}",
        fix,
        column=column.header,
    )


def _sent_as(column: Column) -> str:
    """What the sender is to do about a column that is missing."""
    if column.primary_key:
        return (
            f"Send {column.header} with a key in every row, which no other row has and the row keeps from night to night: "
            "in a list kept by hand, a number given once to each line."
        )
    return f"Send {column.header} in every row, empty where nothing is known."


def _renamed(header: str, column: Column, stops: Stops) -> Fault:
    return Fault(
        RENAMED,
        stops,
        f"The column {column.header} is missing; this one looks like it under another name, and was not read.",
        f"Head it {column.header} again, or add the new header to alsoCalled in the contract.",
        column=header,
    )


def _surely_headers(found: Mapping[str, Sequence[int]], count: int) -> int:
    """How many cells of the header line, from the first, are surely headers: a row that was run together with it stands
    behind the last that we know, and has as many cells as the header.
    """
    upto = 1 + max((position for positions in found.values() for position in positions), default=-1)
    return count if 2 * (count - upto) <= upto else upto


def _named(headers: Sequence[str], position: int, surely: int) -> str | None:
    """A header as it may be shown; null where it may be a detail of a child: past the first ``surely``, or no short text."""
    header = headers[position].strip()
    return header if position < surely and len(header) <= 60 and sum(map(str.isdigit, header)) < 3 and header else None


def _perhaps(unknown: Sequence[str]) -> str:
    """A sentence that names the headers that nobody knows, of which one may be the column that is missing."""
    return f" Perhaps it is one of those that nobody knows: {first_of(unknown)}." if unknown else ""


def _extra(headers: Sequence[str], position: int, surely: int) -> Fault:
    header = _named(headers, position, surely)
    place = "This column" if header else f"Column {position + 1} of the file"
    return Fault(
        EXTRA,
        "nothing",
        f"{place} is not in the contract, so it was not read.",
        "Leave it out, or add it to the contract with what it means.",
        column=header,
    )


@lru_cache(maxsize=4096)
def _words_in(header: str) -> frozenset[str]:
    """StartDate and Start_Date are start and date; a letter is no word."""
    found = re.findall(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![^\W\d_A-Z])", header)
    return frozenset(word.casefold() for word in found if len(word) > 1)


def _likeness(header: str, column: Column, words: frozenset[str]) -> float:
    """0..1: how like a header is to the names of a column.

    Digits that no name of the column has make it unlike, and so does a word of the contract (``words``) that stands in one
    of the two alone, unless a word that the contract has not stands for it, or the two are the same but for a letter.
    """
    plain, said = plain_header(header), _words_in(header)
    best = 0.0
    for name in column.headers:
        other, own = plain_of_contract(name), _words_in(name)
        is_said = said & words <= own and len(own - said) <= len(said - words)
        if {c for c in plain if c.isdigit()} <= {c for c in other if c.isdigit()}:
            like = SequenceMatcher(None, plain, other).ratio()
            best = max(best, like if is_said or like >= _ALL_BUT_A_LETTER else 0)
    return best
