"""One file -> its rows: the reader that its ending takes, and the layout of its contract that fits it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf
from pathlib import PurePath

import polars as pl

from data_contracts.breach import Breach
from data_contracts.contract import Contract
from pipelines.files.forms.columnar import read_parquet
from pipelines.files.forms.delimited import DELIMITED, read_delimited
from pipelines.files.forms.delimited_layout import header_of_any
from pipelines.files.forms.markup import read_markup
from pipelines.files.forms.web_page import is_web_page, read_web_page
from pipelines.files.forms.workbook import LOOKED_AT, OLD_EXCEL, WORKBOOKS, all_sheets, read_workbook
from pipelines.files.headers.faults import RENAMED
from pipelines.files.headers.match import NO_HEADER
from pipelines.files.headers.names import known_columns
from pipelines.files.headers.row import has_visible_text, likely_header
from pipelines.files.packed import ZIP_BEGINS
from pipelines.files.rows import BAD_LINE, Fault, FileRows, KnownLines, ReadTable, UnreadableFileError, no_rows
from pipelines.files.under_header.cut_off import full_sheet_faults
from pipelines.files.under_header.named_ended import kind_by_name, status_of
from pipelines.files.under_header.sections import name_faults

FORMS = (*DELIMITED, ".xml", *WORKBOOKS, ".parquet")
"""Endings of the files that are read."""

FEWEST_OF_A_SCHOOL = 5
"""A sheet with fewer rows may be named for a child, and its name is not taken for a school's."""

LONGEST_HEADER = 4000
"""Bytes of a file in which its header ends."""

_NO_TEXT = {
    ZIP_BEGINS: (
        "a workbook or a zip archive",
        "Save a workbook as an Excel workbook (.xlsx), and send anything else unpacked.",
    ),
    b"\x1f\x8b": ("packed with gzip", "Unpack it, or send it with the ending .gz."),
    OLD_EXCEL: (
        "an Excel workbook from before 2007",
        "Send it with its true ending (.xls), or save it as CSV (UTF-8).",
    ),
    b"PAR1": ("a parquet file", "Send it with the ending .parquet, or as CSV."),
    b"%PDF": ("a PDF", "Send the rows as CSV or as an Excel workbook (.xlsx)."),
}
"""First bytes -> what the file is instead of text, and the fix."""


def read_bytes(file: str, data: bytes, contract: Contract, known: KnownLines | None = None) -> FileRows:
    """Read one file as its contract says: every value as text, every row with its line, every fault as a breach.

    ``file``: its name, for its ending and for the breaches. ``known``: lines that need not be read, if the file is
    delimited text; null: none. A file that cannot be read gives no rows and one breach that stops the file; nothing in its
    bytes makes this raise.
    """
    own = contract
    try:
        table, contract = _read_in_its_layout(file, data, own, known or KnownLines())
    except UnreadableFileError as error:
        breach = error.breach(contract, file)
        return FileRows(no_rows(contract), {}, 0, (breach,), pl.DataFrame(schema=BAD_LINE))
    breaches = [fault.breach(contract, file) for fault in table.faults]
    breaches += [bad.fault.breach(contract, file) for bad in table.bad_rows]
    rows_read = table.rows.height + table.known.height + len(table.bad_rows)
    if rows_read == 0 and not _counts_rows(contract):
        breaches.append(_no_rows_breach(contract, file))
    bad = pl.DataFrame([(b.line, b.row, b.fault.rule) for b in table.bad_rows], schema=BAD_LINE, orient="row")
    in_layout = None if contract is own else contract
    return FileRows(
        table.rows, table.headers, rows_read, tuple(breaches), bad, table.lines, table.known, table.unread, in_layout
    )


def _read_in_its_layout(file: str, data: bytes, contract: Contract, known: KnownLines) -> tuple[ReadTable, Contract]:
    """The file as its contract describes it, or in the further layout that fits it: the one that knows most columns.

    If no layout fits, the faults are those under the layout that has least against it, the contract's own before others.
    """
    own: ReadTable | UnreadableFileError
    try:
        own = _read(file, data, contract, known)
    except UnreadableFileError as error:
        own = error
    if isinstance(own, ReadTable) and not own.faults:
        return own, contract
    fitting, nearest = _fitting(file, data, contract, own, known)
    if fitting:
        return _most(fitting)
    if isinstance(own, UnreadableFileError) and (own.rule != NO_HEADER or nearest is None):
        raise own
    assert nearest is not None  # noqa: S101 - it is at least the contract's own
    return nearest


def _fitting(
    file: str, data: bytes, contract: Contract, own: ReadTable | UnreadableFileError, known: KnownLines
) -> tuple[list[tuple[ReadTable, Contract]], tuple[ReadTable, Contract] | None]:
    """The file as read in each layout that fits it, the contract's own (``own``) first; and, of those that do not, in the one
    that has least against it (the first of several; null: none).

    A layout in which one column stands for another (``needs``), or that does without (``absentWhy``), fits only if it reads
    every column that the contract itself found renamed. Once something fits, only layouts that know a further column of the
    file are tried, so that a large file is not read once for each layout; and if the contract itself fits, no two layouts of
    which one does not.
    """
    nearest = (own, contract) if isinstance(own, ReadTable) else None
    fitting = [nearest] if nearest and _fits(nearest[0]) else []
    own_fits, unfit = bool(fitting), set[str]()
    faults = own.faults if isinstance(own, ReadTable) else ()
    renamed = {fault.column for fault in faults if (fault.rule, fault.stops) == (RENAMED, "file")}
    for layouts, other in contract.in_layouts():
        names = {layout.name for layout in layouts}
        if (own_fits and names & unfit) or (fitting and not _knows_more(other, _most(fitting)[0])):
            continue
        table = _read_or_none(file, data, other, known)
        is_free = not any(layout.needs or layout.absent_why for layout in layouts)
        if table is not None and _fits(table) and (is_free or renamed <= set(table.headers.values())):
            fitting.append((table, other))
        else:
            unfit |= names
            if table is not None and 0 < _stopping(table) < (_stopping(nearest[0]) if nearest else inf):
                nearest = table, other
    return fitting, nearest


def _read_or_none(file: str, data: bytes, contract: Contract, known: KnownLines) -> ReadTable | None:
    try:
        return _read(file, data, contract, known)
    except UnreadableFileError:
        return None


def _most(fitting: Sequence[tuple[ReadTable, Contract]]) -> tuple[ReadTable, Contract]:
    """The reading that knows most columns; of several, the first."""
    return max(fitting, key=lambda found: len(found[0].headers))


def _knows_more(contract: Contract, read: ReadTable) -> bool:
    """Whether a contract knows a column of the file that has not been read."""
    return not known_columns([*read.headers.values(), *read.unread], contract) <= set(read.headers)


def _fits(table: ReadTable) -> bool:
    return _stopping(table) == 0


def _stopping(table: ReadTable) -> int:
    """How many faults stop the file."""
    return sum(fault.stops == "file" for fault in table.faults)


def _read(file: str, data: bytes, contract: Contract, known: KnownLines) -> ReadTable:
    """Read a file by its ending, and fill in what its name says."""
    from_name = contract.files.values_from_name(file)
    kind = kind_by_name(contract, file)
    named = status_of(kind, contract) | from_name
    own = contract.of_file(file)
    table = _read_form(file, data, own or contract, named, known)
    by_sheet = own is not None and own.files.filled and own.files.called_by_sheet(file)
    few = by_sheet and table.rows.height < FEWEST_OF_A_SCHOOL
    if own is None or few or not table.headers.keys().isdisjoint(own.files.filled):
        raise UnreadableFileError("layout", "The file is not the list of one school.", "Send it in its own layout.")
    faults = list(table.faults)
    if PurePath(file).suffix.lower() in (*DELIMITED, *WORKBOOKS):
        faults += full_sheet_faults(table)
    faults += name_faults(kind, contract)
    if contract.files.from_name and not from_name:
        faults.append(_name_says_nothing())
    filled = [
        pl.when(pl.col(column).str.strip_chars() == "").then(pl.lit(text)).otherwise(pl.col(column)).alias(column)
        for column, text in named.items()
    ]
    return replace(table, rows=table.rows.with_columns(filled), faults=faults)


def _name_says_nothing() -> Fault:
    return Fault(
        "file name",
        "nothing",
        "The file's name is not in the agreed form, so what it should say about every row is not known.",
        "Send the file under the name that the system gave it.",
    )


def _read_form(file: str, data: bytes, contract: Contract, named: Mapping[str, str], known: KnownLines) -> ReadTable:
    ending = PurePath(file).suffix.lower()
    if ending not in FORMS:
        raise UnreadableFileError(
            "form",
            f"Files ending in {ending or 'nothing'} are not read."
            if len(ending) < 9
            else "This kind of file is not read.",
            f"Send it as one of {', '.join(FORMS)}.",
        )
    if not data.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise UnreadableFileError("empty file", "There is nothing in the file.", "Send the whole file again.")
    if ending not in (*WORKBOOKS, ".parquet"):
        refuse_no_text(data)
    if ending in DELIMITED and data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<?xml", b"<!")):
        raise UnreadableFileError(
            "form",
            f"The file is called {ending} but holds XML or a web page.",
            "Send XML with its true ending. A web page usually means that a sign-in had expired: sign in and export again.",
        )
    if ending == ".xml":
        return read_markup(data, contract, named)
    if ending in DELIMITED:
        return read_delimited(data, contract, named, known)
    if ending not in WORKBOOKS:
        return read_parquet(data, contract)
    if data.startswith((OLD_EXCEL, ZIP_BEGINS)):
        return read_workbook(data, contract)
    return _read_renamed(data, contract, named, known)


def _read_renamed(data: bytes, contract: Contract, named: Mapping[str, str], known: KnownLines) -> ReadTable:
    """Read what is only called a workbook: a web page or delimited text, which Excel opens under that name too.

    Raises :class:`UnreadableFileError`.
    """
    if is_web_page(data):
        return _with(read_web_page(data, contract), _is_called_a_workbook("a web page"))
    if any(mark in data[:LONGEST_HEADER] for mark in b"\t,;|"):
        return _with(read_delimited(data, contract, named, known), _is_called_a_workbook("text"))
    return read_workbook(data, contract)  # which says why it is none


def _with(table: ReadTable, fault: Fault) -> ReadTable:
    return replace(table, faults=[*table.faults, fault])


def _is_called_a_workbook(what: str) -> Fault:
    return Fault(
        "form",
        "nothing",
        f"The file is called a workbook and is {what}. It was read as what it is.",
        "There is nothing to do, but its true ending, or an Excel workbook (.xlsx), is safer.",
    )


def refuse_no_text(data: bytes, fix: str | None = None) -> None:
    """Raise :class:`UnreadableFileError` if the first bytes of a file are those of something other than text.

    ``fix``: what to do about it; null: what the sender of an extract should do.
    """
    for start, (what, of_extracts) in _NO_TEXT.items():
        if data.startswith(start):
            raise UnreadableFileError("form", f"The file is not text but {what}.", fix or of_extracts)


def _counts_rows(contract: Contract) -> bool:
    """Whether the contract itself says how many rows a file must have: then its rule judges an empty one."""
    return any(rule.metric == "rowCount" for rule in contract.table.quality)


def _no_rows_breach(contract: Contract, file: str) -> Breach:
    return Breach.of_file(
        contract.id,
        file,
        "no rows",
        "The file has a header but no rows, which looks like a failed export.",
        "Export it again; if there is truly nobody to send, whoever runs the night can let it pass with --accept.",
    )


def rows_as_json(rows: pl.DataFrame, headers: dict[str, str]) -> pl.Series:
    """Each row unchanged, as a JSON object header -> text (personal data: for the store only)."""
    present = {name: header for name, header in headers.items() if name in rows.columns}
    if rows.is_empty() or not present:
        return pl.Series("row", ["{}"] * rows.height, dtype=pl.String)
    times = Counter(present.values())
    columns = [pl.col(name).alias(header if times[header] == 1 else name) for name, header in present.items()]
    return rows.select(pl.struct(columns).struct.json_encode().alias("row")).to_series()


def sniff_headers(file: str, data: bytes) -> Sequence[str]:
    """Headers of a file that has no contract, below its titles (:func:`likely_header`); for a workbook, on the sheet that has
    most rows.

    Empty if there is none. Raises :class:`UnreadableFileError` if the file is not a table that can be read.
    """
    ending = PurePath(file).suffix.lower()
    if ending in WORKBOOKS:
        longest = max(all_sheets(data), key=lambda sheet: sheet.height, default=pl.DataFrame())
        rows = (row for row in longest.head(LOOKED_AT).rows() if any(map(has_visible_text, row)))
        return likely_header(list(rows))
    if ending not in DELIMITED:
        raise UnreadableFileError("form", "A contract is drafted from a CSV or a workbook.", "Send a sample as CSV.")
    return header_of_any(data)
