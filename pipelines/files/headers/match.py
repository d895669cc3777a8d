"""Which column of a file is which column of its contract."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from data_contracts.contract import Contract, plain_header
from data_contracts.parts import Column, PersonField
from pipelines.files.headers.faults import (
    OF_A_RETURN,
    column_faults,
    made_key_fault,
    named_twice_fault,
    names_nobody,
    renamed_columns,
    second_name_fault,
    worked_out_key_fault,
)
from pipelines.files.headers.names import columns_of, is_number_of_child, plain_of_contract, plain_ways
from pipelines.files.headers.versions import VersionMarks, version_marks
from pipelines.files.rows import Fault, UnreadableFileError

NO_HEADER = "header"
"""Name of the rule, as a breach shows it, for a file without a header of its source."""

WHO: frozenset[PersonField] = frozenset(
    {
        "surname",
        "forename",
        "middle_names",
        "full_name",
        "date_of_birth",
        "upn",
        "nhs_number",
        "address",
        "postcode",
        "uprn",
    }
)
"""What tells one child from another: if nothing of it has changed, a row is about the same child."""


@dataclass(frozen=True, slots=True)
class MatchedHeaders:
    """Where each column of the contract is in a file."""

    position_of: dict[str, int]
    """Our name for a column -> its position in the file, 0 first; columns that the file has not are left out."""
    headers: dict[str, str]
    """Our name for a column -> its header in the file."""
    faults: tuple[Fault, ...]
    unread: tuple[str, ...] = ()
    """Every other header of the file. It may be a detail of a child, as in a file without a header line."""
    key_and: tuple[str, ...] = ()
    """Our names of the columns that follow the child's number, or a key that rows share by design, in the key of a row;
    empty: the key is not made so."""
    key_from: tuple[str, ...] = ()
    """Our names of the columns that say who the child of a row is and tell the child's rows apart: from them the key of a
    row is worked out that has no number of the child. Empty: the file has a key."""
    marks: VersionMarks = field(default_factory=VersionMarks)
    """The columns that say which rows are still valid."""


def must_be_there(contract: Contract) -> list[Column]:
    """The columns that a file of the source must have: without its key, if one can be worked out."""
    is_made = contract.files.key_of_child is not None
    return [c for c in contract.columns if not (c.may_be_absent or (is_made and c.primary_key))]


def match_headers(headers: Sequence[str], contract: Contract, optional: frozenset[str] | None = None) -> MatchedHeaders:
    """Match the header line of a file to its contract.

    ``optional``: our names of the columns that the file need not have, if there is no header line as such (XML); null:
    those that may be absent. If several headers name one column, the contract's own counts; the others are ignored, with a
    fault.

    Faults: a column doubled, missing or renamed (the last two stop the file, unless the contract lets the column be
    absent); none of several columns of which every row needs one; a column that the contract does not know (ignored).
    Raises :class:`UnreadableFileError` if the first line is not a header line at all.
    """
    is_header_line = optional is None
    if optional is None:
        optional = frozenset(column.name for column in contract.columns if column.may_be_absent)
    named = columns_of(headers, contract)
    unknown = [position for position, column in enumerate(named) if column is None]
    if is_header_line:
        _refuse_no_header({column.name for column in named if column}, contract)
    found, faults = _places(headers, named, contract)
    made = _key_of_child(headers, contract) if is_header_line and contract.key.name not in found else None
    if made is not None:
        unknown = [position for position in unknown if position != made]
        found[contract.key.name] = [made]
        faults.append(made_key_fault(headers[made].strip(), contract))
    marks = version_marks(headers, unknown) if is_header_line else VersionMarks()
    unknown = [position for position in unknown if position not in (*marks.holds, *marks.taken_out)]
    key_from = _key_from(headers, found, unknown, contract) if is_header_line else ()
    optional |= {contract.key.name} if key_from else frozenset()
    faults += column_faults(headers, found, unknown, contract, optional=optional, is_header_line=is_header_line)
    shared = tuple(name for name in contract.files.key_shared if name in found) if is_header_line else ()
    if made is not None or (shared and not key_from):
        key_from = _who_and_which(contract)
    elif key_from:
        faults.append(worked_out_key_fault(contract))
    position_of = {name: positions[0] for name, positions in found.items()}
    return MatchedHeaders(
        position_of,
        {name: headers[position].strip("\ufeff \t\r\n\u00a0") for name, position in position_of.items()},
        tuple(faults),
        tuple(header for position, header in enumerate(headers) if position not in position_of.values()),
        _key_and(contract, shared, is_made=made is not None, is_there=contract.key.name in found),
        key_from,
        marks,
    )


def _places(
    headers: Sequence[str], named: Sequence[Column | None], contract: Contract
) -> tuple[dict[str, list[int]], list[Fault]]:
    """Our name for a column -> its position, or two positions if nobody can tell which counts; and faults for further
    headers that name a column. ``named``: the column that each header names."""
    found, faults = dict[str, list[int]](), list[Fault]()
    for column in contract.columns:
        positions, others = _own_first(headers, [at for at, each in enumerate(named) if each is column], column)
        faults += others
        if positions:
            found[column.name] = positions
    return found, faults


def _key_of_child(headers: Sequence[str], contract: Contract) -> int | None:
    """Position of the number by which a system knows the child, in a file without a key of its rows; null: there is none.

    A header that says so itself (Pupil ID) comes first: a case may be about several children, and not every child has a
    UPN.
    """
    if contract.files.key_of_child is None:
        return None
    if own := [position for position, header in enumerate(headers) if is_number_of_child(header)]:
        return own[0]
    for name in contract.files.key_of_child.headers:
        there = [position for position, header in enumerate(headers) if plain_of_contract(name) in plain_ways(header)]
        if len(there) == 1:
            return there[0]
    return None


def _key_and(contract: Contract, shared: tuple[str, ...], *, is_made: bool, is_there: bool) -> tuple[str, ...]:
    """The columns that follow what stands in the column of the key. ``is_made``: that is the child's number; ``is_there``: the
    file has such a column at all."""
    of_child = contract.files.key_of_child.and_ if is_made and contract.files.key_of_child else ()
    return (*of_child, *shared) if is_there else ()


def _key_from(
    headers: Sequence[str], found: Mapping[str, Sequence[int]], unknown: Sequence[int], contract: Contract
) -> tuple[str, ...]:
    """The columns from which the key of a row is worked out, in a file without a key and without a number of the child.

    Empty if the file has one, if its key is there under a header like the key's own, or if the contract makes no keys.
    """
    made, key = contract.files.key_of_child, contract.key
    if made is None or key.name in found or renamed_columns(headers, unknown, contract, [key]):
        return ()
    return _who_and_which(contract)


def _who_and_which(contract: Contract) -> tuple[str, ...]:
    """The columns that say who the child of a row is, and those that tell the child's rows apart."""
    which = contract.files.key_of_child.and_ if contract.files.key_of_child else ()
    return (*(column.name for column in contract.columns if column.maps_to in WHO), *which)


def _refuse_no_header(columns: Collection[str], contract: Contract) -> None:
    wanted = must_be_there(contract)
    if 2 * sum(column.name in columns for column in wanted) < len(wanted):
        raise UnreadableFileError(
            NO_HEADER,
            "The first line is not the header of this source: fewer than half of its columns are named there, and no "
            "line under a title names them.",
            f"Send the file with its header line, which names {', '.join(column.header for column in wanted)}."
            + (OF_A_RETURN if names_nobody(columns, contract) else ""),
            line=1,
        )


def _own_first(headers: Sequence[str], positions: list[int], column: Column) -> tuple[list[int], list[Fault]]:
    """The position of a column, and faults for the other headers that name it.

    For a column that is not used any of them will do: Practice and Practice Code keep no patient out.
    """
    if len(positions) < 2:
        return positions, []
    own = [position for position in positions if plain_header(headers[position]) == plain_of_contract(column.header)]
    if not own and column.not_used:
        own = positions[:1]
    if len(own) != 1:
        return positions, [named_twice_fault(headers[positions[1]])]
    read = headers[own[0]].strip()
    return own, [second_name_fault(headers[position], column, read) for position in positions if position not in own]
