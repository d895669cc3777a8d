"""Files that are not the list that their name says, and whose list they are by their columns.

If such a file breaks a rule under its name, the message says whose columns it has. If it breaks none, it is refused when
the columns that only another list has show that it is that list: if its source shows places, each child in it would look
educated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from data_contracts.breach import Breach
from data_contracts.contract import Contract
from data_contracts.parts import Column
from data_contracts.values import is_known_code, parse_dates, text_of
from pipelines.files.headers.match import must_be_there
from pipelines.files.headers.names import columns_of, known_columns
from pipelines.files.read import read_bytes, sniff_headers
from pipelines.files.rows import UnreadableFileError
from pipelines.intake.receipt.misleading_files import MOST

ANOTHERS_LIST = "list of another source"
"""Name of the rule, as a breach shows it."""


def under_anothers_name(breach: Breach, file: str, data: bytes, contracts: Mapping[str, Contract]) -> Breach:
    """The breach of a file whose name or header is not that of its source, saying whose columns it has.

    Two extracts saved under each other's names look like this, and so does one under a name that no contract has. The
    ``breach`` is unchanged if the header is nobody's, or if no single contract knows more of the columns than all others.
    """
    try:
        headers = sniff_headers(file, data)
    except UnreadableFileError:
        return breach
    fits = {source: _fit(headers, contract) for source, contract in contracts.items() if source != breach.source}
    best = max(fits.values(), default=(0, 0))
    fitting = [contracts[source] for source, fit in fits.items() if fit == best]
    own = contracts.get(breach.source)
    if best <= (_known(headers, own) if own else (0, 0)) or len(fitting) != 1:
        return breach
    other = fitting[0]
    swapped = ": perhaps two files have each other's names" if own else ""
    why = f"{breach.why} Its columns are those of {other.name} ({other.id}){swapped}."
    otherwise = f"If not: {breach.fix}" if own else "If it is not an extract, take it out of the folder."
    fix = f"If it is that list, start the file's name with {other.id}. {otherwise}"
    return replace(breach, why=why, fix=fix)


def list_of_another(
    file: str,
    data: bytes,
    contract: Contract,
    contracts: Mapping[str, Contract],
    *,
    read: Mapping[str, str],
    unread: Sequence[str],
) -> Breach | None:
    """The breach of a file that is another source's list; null: it is not.

    It is if it has all columns that the other list must have, among them every one by which its own source says more than
    who the child is, and columns that only the other source has and its rows fill in. ``read``: our names of the columns
    that were read -> their headers. ``unread``: the other headers.
    """
    columns = contract.column_named
    own = {header for name, header in read.items() if not columns[name].maps_to and not columns[name].primary_key}
    more = {
        source: only
        for source, other in contracts.items()
        if source != contract.id and (only := _headers_besides(file, data, (tuple(read.values()), unread), own, other))
    }
    most = max(map(len, more.values()), default=0)
    best = {source: only for source, only in more.items() if len(only) == most}
    return _anothers_list(file, contract, contracts, best) if best else None


def _headers_besides(
    file: str, data: bytes, headers: tuple[Sequence[str], Sequence[str]], own_headers: set[str], other: Contract
) -> list[str]:
    """Headers, in another source's words, of columns by which that source says something about the children and of which
    none was read; empty if the file is not its list.

    ``headers``: those read, and the others. ``own_headers``: headers by which the file's own source says more than who the
    child is.
    """
    read, unread = headers
    if not unread:
        return []
    for form in (other, *(form for _, form in other.in_layouts())):
        named = list(zip((*read, *unread), columns_of((*read, *unread), form), strict=True))
        there = {column.name for _, column in named if column}
        only = form.statement_columns - {column.name for _, column in named[: len(read)] if column}
        own = {header: column for header, column in named[len(read) :] if column and column.name in only}
        is_whole = all(column.name in there or column.primary_key for column in must_be_there(form))
        is_whole = is_whole and not form.missed_columns(there)
        if own and is_whole and own_headers <= {header for header, column in named if column}:
            return _readable(file, data, own, form)
    return []


def _readable(file: str, data: bytes, own: Mapping[str, Column], form: Contract) -> list[str]:
    """The source's headers of those columns that most rows fill with what it writes there: a day, or a code that it knows.

    A column that few rows fill in may be in many lists: a school's own may say which of its pupils was excluded.
    """
    rows = read_bytes(file, data, form).rows
    return [column.header for column in own.values() if _is_read(rows, column)]


def _is_read(rows: pl.DataFrame, column: Column) -> bool:
    cells = rows.select(column.name).filter(text_of(column).is_not_null())
    fits = parse_dates(column).is_not_null() if column.logical_type == "date" else pl.lit(value=True)
    fits = is_known_code(column) if column.codes else fits
    return cells.filter(fits).height > MOST * rows.height


def _anothers_list(
    file: str, contract: Contract, contracts: Mapping[str, Contract], only: Mapping[str, Sequence[str]]
) -> Breach:
    """``only``: the sources whose list it may be -> their headers of the columns that the file's own source does not have."""
    whose = " or ".join(f"{contracts[source].name} ({source})" for source in only)
    columns = ", ".join(dict.fromkeys(header for headers in only.values() for header in headers))
    why = (
        f"Everything that {contract.name} reads about a child in it is also in another list, which has more: {columns}. Its "
        f"columns are those of {whose}: perhaps two files have each other's names."
    )
    fix = (
        f"If it is that list, start the file's name with {' or '.join(only)}. If not, leave out the columns that only that "
        f"list has, whatever they are called in the file: {columns}."
    )
    return Breach.of_file(contract.id, file, ANOTHERS_LIST, why, fix)


def _fit(headers: Sequence[str], contract: Contract) -> tuple[int, int]:
    """How many columns these headers name (:func:`_known`) in the layout of a source that fits them best; none if in every
    layout one is missing that a file must have."""
    forms = (contract, *(form for _, form in contract.in_layouts()))
    fitting = (form for form in forms if {c.name for c in must_be_there(form)} <= known_columns(headers, form))
    return max((_known(headers, form) for form in fitting), default=(0, 0))


def _known(headers: Sequence[str], form: Contract) -> tuple[int, int]:
    """How many columns these headers name by which a source says more than who a child is, and how many in all."""
    named = known_columns(headers, form)
    return len(named & form.statement_columns), len(named)
