"""What is said of headers that are missing, renamed, doubled or unknown.

An unknown header is named in a message only if it is clearly a header: in a file that came without its header line, or with
the header run together with the next line, the "headers" are a child's details.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from data_contracts.breach import Stops
from data_contracts.contract import Contract, plain_header
from data_contracts.parts import Column
from pipelines.counted import first_of
from pipelines.files.headers.names import plain_of_contract
from pipelines.files.headers.unread_home import is_of_a_home, unread_homes
from pipelines.files.headers.unread_mark import may_be_mark, unread_marks
from pipelines.files.rows import Fault

MISSING = "missing column"
"""Name of the rule, as a breach shows it. If it stops nothing, the list carries a warning."""

RENAMED = "renamed column"
"""Name of the rule, as a breach shows it."""

EXTRA = "extra column"

OF_A_RETURN = (
    " A return of figures (SSDA903, the CIN census, Annex A) names no child: if it is one, ask for the list of cases or "
    "children that the same system prints, with names, birth dates and homes."
)
"""What is said to whoever sends a list with birth dates and without names."""

_NAMES = ("surname", "forename", "full_name")

_SPEAKS_OF_AN_END = {
    *("left", "leaver", "leavers", "leave", "leaving", "end", "ends", "ended", "ending", "closed", "closure", "ceased"),
    *(
        "off",
        "withdrawn",
        "removed",
        "removal",
        "deregistered",
        "finish",
        "finished",
        "until",
        "gadael",
        "gorffen",
        "cau",
    ),
}
"""Words in headers of lists that have what has ended."""

_NEAR = 0.7
_ALL_BUT_A_LETTER = 0.93


def made_key_fault(header: str, contract: Contract) -> Fault:
    """The fault that the key of a row is made of the number of the child."""
    made = contract.files.key_of_child
    behind = " and ".join(contract.column_named[name].header for name in made.and_) if made else ""
    return Fault(
        "key of the child",
        "nothing",
        f"The file has no {contract.key.header}. The key of a row is made of {header} with {behind} behind it.",
        f"There is nothing to do, but a {contract.key.header} that stays with a row from night to night is safer.",
        column=header,
    )


def worked_out_key_fault(contract: Contract) -> Fault:
    """The fault that the key of a row is worked out from who its child is."""
    return Fault(
        "key of the child",
        "nothing",
        f"The file has no {contract.key.header} and no number of the child, so the key of a row is worked out from who its "
        "child is (name, birth date, numbers and home) and from what tells the child's rows apart.",
        f"There is nothing to do, but a {contract.key.header} that stays with a row from night to night is safer: a name that "
        "is corrected makes another key.",
        column=contract.key.header,
    )


def second_name_fault(header: str, column: Column, read: str) -> Fault:
    """The fault that a header names a column which has its own header (``read``) in the file."""
    return Fault(
        EXTRA,
        "nothing",
        f"It could be {column.header} under another name. The file also has {read}, so this one was not read.",
        f"There is nothing to do if {read} is the right one of the two; if not, send only the right one.",
        column=header.strip(),
    )


def named_twice_fault(header: str) -> Fault:
    """The fault that two headers name a column."""
    return Fault(
        "duplicated column",
        "file",
        "The column is in the file twice, and nobody can tell which one is right.",
        "Send it once; a column with another meaning needs another header.",
        column=header.strip(),
    )


def column_faults(
    headers: Sequence[str],
    found: Mapping[str, Sequence[int]],
    unknown: Sequence[int],
    contract: Contract,
    *,
    optional: frozenset[str],
    is_header_line: bool,
) -> list[Fault]:
    """Faults for the columns that no header names, and for the headers that name no column.

    ``found``: our names of the columns -> their positions. ``unknown``: positions of the unknown headers. ``optional``: our
    names of the columns that the file need not have. ``is_header_line``: false for XML, where an element that no row has
    may simply be empty in all of them, such as an end when nothing has ended.
    """
    missing = [column for column in contract.columns if column.name not in found]
    few = all(column.name in optional for column in missing) and 2 * len(unknown) <= len(found)
    surely = len(headers) if few else _surely_headers(found, len(headers)) if is_header_line else 0
    renamed = renamed_columns(headers, unknown, contract, missing)
    others = [at for at in unknown if at not in renamed.values()]
    shown, shown_others = (
        [named for at in places if (named := _named(headers, at, surely))] for places in (unknown, others)
    )
    missed = contract.missed_columns(found) if is_header_line else []
    homes = (
        unread_homes(contract, found, shown, MISSING) if is_header_line and not any(map(is_of_a_home, missed)) else []
    )
    faults = []
    of_an_end = _header_of_an_end(headers, found, contract, surely)
    for column in missing:
        header = headers[renamed[column.name]].strip() if column.name in renamed else None
        may_be = header or (of_an_end if column.name in contract.ends_of_places else None)
        if column in missed and may_be and (column.name in contract.days_of_places or column.absent_like):
            faults.append(_renamed(may_be, column, "file"))
        elif column in missed:
            faults.append(_used_without(column, header or _header_of_a_mark(column, shown)))
        elif header is not None and column.header not in {fault.column for fault in homes}:
            faults.append(_renamed(header, column, "nothing" if column.name in optional else "file"))
        elif column.name not in optional:
            faults.append(_missing(column, shown_others, is_nameless=names_nobody(found, contract)))
    faults += _none_of(contract, missing, optional) if is_header_line else []
    faults += [] if any(fault.stops == "file" for fault in faults) else homes
    faults += unread_marks(contract, found, shown, MISSING) if is_header_line else []
    return [*faults, *_extras(headers, others, surely, is_header_line=is_header_line)]


def _header_of_an_end(
    headers: Sequence[str], found: Mapping[str, Sequence[int]], contract: Contract, surely: int
) -> str | None:
    """A header of a list that has what has ended, other than the ends that the contract knows; null: none."""
    ends = {statement.until for statement in contract.says}
    known = {position for name, positions in found.items() if name in ends for position in positions}
    others = (at for at in range(len(headers)) if at not in known and _words_in(headers[at]) & _SPEAKS_OF_AN_END)
    return next((named for at in others if (named := _named(headers, at, surely))), None)


def _header_of_a_mark(column: Column, shown: Sequence[str]) -> str | None:
    """The first header that may mark addresses, if the column does; null: none."""
    return next(iter(may_be_mark(shown)), None) if column.marks_protection else None


def _extras(headers: Sequence[str], unknown: Sequence[int], surely: int, *, is_header_line: bool) -> list[Fault]:
    """Faults for the headers that name no column."""
    if len(unknown) > 1 and not is_header_line:
        return [_extra_elements(len(unknown))]
    return [_extra(headers, position, surely) for position in unknown]


def renamed_columns(
    headers: Sequence[str], unknown: Sequence[int], contract: Contract, missing: Sequence[Column]
) -> dict[str, int]:
    """Our name for a missing column -> position of the header that looks like it under another name.

    Words that the contract knows say what a header is: Enrolment End Date is not Enrolment Date, and Preferred Name is not
    Preferred Surname. A sender told to rename such a header would send the one for the other.
    """
    words = frozenset(word for column in contract.columns for name in column.headers for word in _words_in(name))
    renamed: dict[str, int] = {}
    for column in missing:
        like = {at: _likeness(headers[at], column, words) for at in unknown if at not in renamed.values()}
        nearest = max(like, key=lambda at: like[at], default=None)
        if nearest is not None and like[nearest] >= _NEAR:
            renamed[column.name] = nearest
    return renamed


def names_nobody(found: Collection[str], contract: Contract) -> bool:
    """Whether the columns ``found`` (our names) give a birth date and no name."""
    said = {column.maps_to for column in contract.columns if column.name in found}
    return "date_of_birth" in said and said.isdisjoint(_NAMES)


def _missing(column: Column, unknown: Sequence[str], *, is_nameless: bool) -> Fault:
    """``unknown``: unknown headers that may be shown. ``is_nameless``: whether no column of the file is a name."""
    return Fault(
        MISSING,
        "file",
        f"The contract needs the column {column.header}, and the file has none of that name." + _perhaps(unknown),
        _sent_as(column) + (OF_A_RETURN if is_nameless and column.maps_to in _NAMES else ""),
        column=column.header,
    )


def _none_of(contract: Contract, missing: Sequence[Column], optional: frozenset[str]) -> list[Fault]:
    """A fault for each set of columns of which every row needs one, if the file has none: no row of it could be loaded.

    It is a fault of the file, not of each row, so that the rows that its source sent last stand in for it.
    """
    lacking = {column.name: column.header for column in missing if column.name in optional}
    return [
        Fault(
            MISSING,
            "file",
            f"The file has none of the columns {', '.join(lacking[name] for name in rule.columns)}. {rule.why}",
            "Give the columns these headers, or add the file's own headers to alsoCalled in the contract.",
            column=lacking[rule.columns[0]],
        )
        for rule in contract.table.quality
        if rule.metric == "allEmpty" and rule.stops != "nothing" and all(name in lacking for name in rule.columns)
    ]


def _used_without(column: Column, renamed: str | None) -> Fault:
    """``renamed``: the header that looks like the column's under another name; null: none does."""
    like = f" {renamed} looks like it under another name, and was not read." if renamed else ""
    fix = (
        f"Rename {renamed} to {column.header}, or add it to alsoCalled in the contract."
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
    """What the sender should do about a column that is missing."""
    if column.primary_key:
        return (
            f"Send {column.header} with a key in every row that no other row has and that stays with the row from night to "
            "night: in a list kept by hand, a number given once to each line."
        )
    if column.absent_as:
        return f"Send {column.header} with a code in every row."
    return f"Send {column.header} in every row, left empty where it is not known."


def _renamed(header: str, column: Column, stops: Stops) -> Fault:
    return Fault(
        RENAMED,
        stops,
        f"The column {column.header} is missing; this one looks like it under another name, and was not read.",
        f"Rename it to {column.header}, or add the new header to alsoCalled in the contract.",
        column=header,
    )


def _surely_headers(found: Mapping[str, Sequence[int]], count: int) -> int:
    """How many cells of the header line, from the first, are certainly headers. A row that was run together with it comes
    after the last known header, and has as many cells as the header."""
    upto = 1 + max((position for positions in found.values() for position in positions), default=-1)
    return count if 2 * (count - upto) <= upto else upto


def _named(headers: Sequence[str], position: int, surely: int) -> str | None:
    """A header as it may be shown; null if it may be a detail of a child: after the first ``surely``, or no short text."""
    header = headers[position].strip()
    return header if position < surely and len(header) <= 60 and sum(map(str.isdigit, header)) < 3 and header else None


def _perhaps(unknown: Sequence[str]) -> str:
    """A sentence that names the unknown headers, one of which may be the missing column; empty if there is none."""
    return f" Perhaps it is one of those not in the contract: {first_of(unknown)}." if unknown else ""


def _extra(headers: Sequence[str], position: int, surely: int) -> Fault:
    header = _named(headers, position, surely)
    place = "This column" if header else f"Column {position + 1} of the file"
    return Fault(
        EXTRA,
        "nothing",
        f"{place} is not in the contract, so it was not read.",
        "Leave it out, or add it to the contract with its meaning.",
        column=header,
    )


def _extra_elements(count: int) -> Fault:
    """Said once of an XML file: the department's own forms hold more of a pupil than is read, and nobody can leave it out."""
    return Fault(
        EXTRA,
        "nothing",
        f"{count} elements of a row are not in the contract, so they were not read.",
        "There is nothing to do, unless one of them is a column of the contract under another name.",
    )


@lru_cache(maxsize=4096)
def _words_in(header: str) -> frozenset[str]:
    """The words of a header, in lower case: StartDate and Start_Date are start and date. A single letter is no word."""
    found = re.findall(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![^\W\d_A-Z])", header)
    return frozenset(word.casefold() for word in found if len(word) > 1)


def _likeness(header: str, column: Column, words: frozenset[str]) -> float:
    """How like a header is to the names of a column (0..1).

    Digits that no name of the column has make it unlike. So does a word of the contract (``words``) that is in only one of
    the two, unless an unknown word stands for it, or the two differ by no more than a letter.
    """
    plain, asked = plain_header(header), _words_in(header)
    best = 0.0
    for name in column.headers:
        other, own = plain_of_contract(name), _words_in(name)
        is_named = asked & words <= own and len(own - asked) <= len(asked - words)
        if {c for c in plain if c.isdigit()} <= {c for c in other if c.isdigit()}:
            like = SequenceMatcher(None, plain, other).ratio()
            best = max(best, like if is_named or like >= _ALL_BUT_A_LETTER else 0)
    return best
