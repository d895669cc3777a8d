"""Workbooks (xlsx): every cell as the text it stands for, whatever Excel made of it."""

import io
import zipfile

import fastexcel
import polars as pl

from data_contracts.contract import Contract
from pipelines.files.delimited import by_contract
from pipelines.files.headers import HEADER_WITHIN, above_header, find_header, match_headers, plain_header
from pipelines.files.rows import ReadTable, UnreadableFileError, has_text
from pipelines.files.totals import part_totals

LARGEST_UNPACKED = 2 << 30
"""Bytes. A million rows of a register unpack to far less."""

_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_MIDNIGHT = r"^(\d{4}-\d{2}-\d{2}) 00:00:00$"


def read_workbook(data: bytes, contract: Contract) -> ReadTable:
    """Read one sheet of a workbook: the contract's, or the first.

    Cells with real dates become ISO text, numbers their digits, formulas their last result, errors (#N/A) empty text.
    Raises :class:`UnreadableFileError` where the file as such cannot be read.
    """
    _refuse_other_forms(data)
    cells = _cells(data, contract.files.sheet)
    names = [name for name in cells.columns if name != "line"]
    filled = cells.filter(has_text(names)) if names else cells
    if filled.is_empty():
        raise UnreadableFileError(
            "empty file", "The sheet has not even a header line.", "Send the whole workbook again."
        )
    position = find_header(filled.select(names).head(HEADER_WITHIN).rows(), contract)
    headers = [str(value) for value in filled.select(names).row(position)]
    under = filled.slice(position)
    while headers and not plain_header(headers[-1]) and under.get_column(names[len(headers) - 1]).eq("").all():
        headers.pop()
    matched = match_headers(headers, contract)
    rows, _, totals = part_totals(under.slice(1), (), matched, contract)
    faults = [*matched.faults, *totals]
    if position:
        faults.insert(0, above_header(under.get_column("line").item(0)))
    return ReadTable(by_contract(rows, matched, contract), matched.headers, faults)


def _refuse_other_forms(data: bytes) -> None:
    if data.startswith(_OLD_EXCEL):
        raise UnreadableFileError(
            "form",
            "The file is an old Excel workbook (.xls) or is locked with a password.",
            "Save it as an Excel workbook (.xlsx) without a password.",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeDecodeError):
        raise _no_workbook() from None
    if "xl/workbook.xml" not in {member.filename for member in members}:
        raise _no_workbook()
    if sum(member.file_size for member in members) > LARGEST_UNPACKED:
        raise UnreadableFileError(
            "form",
            "The workbook unpacks to more than 2 GB, which no register does.",
            "Send the rows alone, without pictures or empty formatted cells.",
        )


def _no_workbook() -> UnreadableFileError:
    return UnreadableFileError(
        "form",
        "The file is called .xlsx but is no Excel workbook; perhaps a text file was renamed.",
        "Open it and save it as an Excel workbook (.xlsx), or send it under its true ending (.csv).",
    )


def _cells(data: bytes, sheet: str | None) -> pl.DataFrame:
    """All cells as text, by position, with ``line`` in front. Leading empty rows count as lines."""
    try:
        sheets = fastexcel.read_excel(data).sheet_names
        if sheets and sheet in (None, *sheets):
            cells = _sheet(data, sheet or sheets[0])
            return cells.select(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("line"), pl.all())
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException:  # a panic of the Rust reader is no Exception; its text may quote a cell
        raise _no_workbook() from None
    raise UnreadableFileError(
        "sheet",
        f"The workbook has no sheet called {sheet}." if sheet else "The workbook has no sheet.",
        "Call the sheet with the rows as the contract does, or name the right one in the contract.",
    )


def _sheet(data: bytes, sheet: str) -> pl.DataFrame:
    cells = pl.read_excel(
        io.BytesIO(data),
        sheet_name=sheet,
        engine="calamine",
        has_header=False,
        drop_empty_rows=False,
        drop_empty_cols=False,
        raise_if_empty=False,
        read_options={"skip_rows": 0, "dtypes": "string"},
    )
    cells.columns = [str(position) for position in range(cells.width)]
    return cells.select(pl.all().cast(pl.String).fill_null("").str.replace(_MIDNIGHT, "${1}"))
