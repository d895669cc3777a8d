"""Files that are not the list that their name says: whose columns they have.

One that breaks a rule under its name is told whose columns it has. One that breaks none is refused where it is another's list
by what a layout has of its own: of a source that shows places each child in it would look educated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from data_contracts.breach import Breach
from data_contracts.contract import Contract
from data_contracts.parts import Column
from data_contracts.values import is_known_code, parse_dates, text_of
from pipelines.files import read_bytes, sniff_headers
from pipelines.files.header_names import columns_of, known_columns
from pipelines.files.headers import must_be_there
from pipelines.files.rows import UnreadableFileError
from pipelines.intake.misleading_files import MOST

ANOTHERS_LIST = "list of another source"
"""Name of the rule, as a breach shows it."""


def under_anothers_name(breach: Breach, file: str, data: bytes, contracts: Mapping[str, Contract]) -> Breach:
    """The breach of a file whose name or header is not that of its source, saying whose columns it has.

    Two extracts saved under each other's names look like this, and one under a name that no contract has. The ``breach``
    as it is where the header is nobody's, or no single contract knows the most of its columns.
    """
    try:
        headers = sniff_headers(file, data)
    except UnreadableFileError:
        return breach
    fits = {source: _fit(headers, contract) for source, contract in contracts.items() if source != breach.source}
    best = max(fits.values(), default=0)
    fitting = [contracts[source] for source, fit in fits.items() if fit == best]
    own = contracts.get(breach.source)
    if best <= (len(known_columns(headers, own)) if own else 0) or len(fitting) != 1:
        return breach
    other = fitting[0]
    swapped = ": perhaps two files have each other's names" if own else ""
    why = f"{breach.why} Its columns are those of {other.name} ({other.id}){swapped}."
    fix = f"If it is that list, start the file's name with {other.id}. If not: {breach.fix}"
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
    """The breach of a file that is another's list: that has all its columns, among them every one by which the file's own
    source says more than who the child is, and tells what its own does not.

    ``read``: our names of the columns that were read -> their headers. ``unread``: the other headers.
    """
    columns = contract.column_named
    told = {header for name, header in read.items() if not columns[name].maps_to and not columns[name].primary_key}
    more = {
        source: only
        for source, other in contracts.items()
        if source != contract.id and (only := _told_besides(file, data, (tuple(read.values()), unread), told, other))
    }
    most = max(map(len, more.values()), default=0)
    best = {source: only for source, only in more.items() if len(only) == most}
    return _anothers_list(file, contract, contracts, best) if best else None


def _told_besides(
    file: str, data: bytes, headers: tuple[Sequence[str], Sequence[str]], told: set[str], other: Contract
) -> list[str]:
    """What another source heads the columns by which it tells of the children, and of which none was read; none where the file
    is not its list.

    ``headers``: those read, and the others. ``told``: by which the file's own source says more than who the child is.
    """
    read, unread = headers
    if not unread:
        return []
    for form in (other, *(other.in_layout(layout) for layout in other.files.layouts)):
        named = list(zip((*read, *unread), columns_of((*read, *unread), form), strict=True))
        there = {column.name for _, column in named if column}
        only = form.told_columns - {column.name for _, column in named[: len(read)] if column}
        own = {header: column for header, column in named[len(read) :] if column and column.name in only}
        is_whole = all(column.name in there or column.primary_key for column in must_be_there(form))
        if own and is_whole and told <= {header for header, column in named if column}:
            return _readable(file, data, own, form)
    return []


def _readable(file: str, data: bytes, own: Mapping[str, Column], form: Contract) -> list[str]:
    """What the source heads those of the columns under which most rows hold what it writes there: a day, a code that is known.

    A column that few rows fill in stands in many a list: a school's own may say which of its pupils was excluded.
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
    """``only``: the sources whose list it may be -> what they head the columns that the file's own source has not."""
    whose = " or ".join(f"{contracts[source].name} ({source})" for source in only)
    columns = ", ".join(dict.fromkeys(header for headers in only.values() for header in headers))
    return Breach(
        contract.id, file, None, None, ANOTHERS_LIST, "file",
        f"Everything that {contract.name} reads about a child in it is also in another list, which has more: {columns}. Its "
        f"columns are those of {whose}: perhaps two files have each other's names.",
        f"If it is that list, start the file's name with {' or '.join(only)}. If not, leave out the columns that only that "
        f"list has, whatever they are called in the file: {columns}.",
    )  # fmt: skip


def _fit(headers: Sequence[str], contract: Contract) -> int:
    """How many columns of the contract these headers name; 0 where one is missing that a file may not lack."""
    named = known_columns(headers, contract)
    return len(named) if all(column.name in named for column in must_be_there(contract)) else 0
