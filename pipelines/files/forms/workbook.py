"""Workbooks (Excel's, also of before 2007, and OpenDocument): every cell as the text it stands for."""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import fastexcel
import polars as pl

from data_contracts.breach import Stops
from data_contracts.contract import Contract
from data_contracts.parts import Column
from data_contracts.values import parse_dates
from pipelines.files.headers.match import WHO, match_headers, must_be_there
from pipelines.files.headers.names import known_columns
from pipelines.files.headers.row import HEADER_WITHIN, find_header
from pipelines.files.rows import LARGEST_UNPACKED, Fault, ReadTable, UnreadableFileError, has_text
from pipelines.files.under_header.rows_of_children import table_under_header

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
"""Endings of a workbook: Excel's; the same with macros, none of which is run; Excel's until 2003, which many systems still
write; and OpenDocument's. The bytes show which it is, whatever the ending."""

MOST_AGAIN = 0.5
"""If more than this share of the children on an old list are on the next one, it is the same list a year later: most stay
at a school for years."""

NEARLY = 0.8
"""Share of the best sheet's fit from which another sheet is a part too. A sheet of pupils on roll may lack the leaving
dates that the sheet of leavers has; a summary has fewer of the columns."""

LOOKED_AT = 200
"""Rows at the head of each of several sheets that are searched for its header."""

_OLD = re.compile(r"\b(?:old|last|previous|archived?|copy|backup|draft|test|template)\b", re.IGNORECASE)
"""Found in names of sheets that may be one list as it was before, and not a part of it."""

OLD_EXCEL = b"\xd0\xcf\x11\xe0"
"""First bytes of an Excel workbook until 2003, and of one locked with a password."""

UNREAD_CHILDREN = "unread sheets"
"""Name of the rule, as a breach shows it, for sheets of children that were not read."""

_LOCKED = "EncryptedPackage".encode("utf-16-le")
_WORKBOOK_INSIDE = {"xl/workbook.xml", "content.xml"}
"""What is inside an archive that is a workbook of Excel's, or of OpenDocument's."""
_MIDNIGHT = r"^(\d{4}-\d{2}-\d{2}) 00:00:00$"


def read_workbook(data: bytes, contract: Contract) -> ReadTable:
    """Read one sheet of a workbook: the contract's, or the only one that has rows under the source's header.

    Cells with real dates become ISO text, numbers their digits, formulas their last result, errors (#N/A) empty text.
    Raises :class:`UnreadableFileError` if the file cannot be read at all.
    """
    _refuse_other_forms(data)
    cells, faults = _cells(data, contract)
    return table_under_header(cells, contract, faults)


def _refuse_other_forms(data: bytes) -> None:
    if data.startswith(OLD_EXCEL):
        if _LOCKED in data:
            raise UnreadableFileError("form", "The workbook is locked with a password.", "Save it without a password.")
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeDecodeError):
        raise _no_workbook() from None
    if _WORKBOOK_INSIDE.isdisjoint(member.filename for member in members):
        raise _no_workbook()
    if sum(member.file_size for member in members) > LARGEST_UNPACKED:
        raise UnreadableFileError(
            "form",
            "The workbook unpacks to more than 2 GB, and no register does that.",
            "Send only the rows, without pictures or empty formatted cells.",
        )


def _no_workbook() -> UnreadableFileError:
    return UnreadableFileError(
        "form",
        "The file is called a workbook but cannot be read as one: it is locked with a password, or damaged, or something "
        "else that was renamed.",
        "Open it and save it as an Excel workbook (.xlsx) without a password, or send text with its true ending (.csv).",
    )


@contextmanager
def _errors_in_our_words() -> Iterator[None]:
    """Turn any failure while a workbook is read into our words: a panic of the Rust reader may quote a cell."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, MemoryError, UnreadableFileError):
        raise
    except BaseException:  # a panic is no Exception
        raise _no_workbook() from None


def all_sheets(data: bytes) -> list[pl.DataFrame]:
    """The cells of every sheet of a workbook as text, in their order. Raises :class:`UnreadableFileError`."""
    _refuse_other_forms(data)
    with _errors_in_our_words():
        return [_sheet(data, sheet) for sheet in fastexcel.read_excel(data).sheet_names]


def sheets_of_parts(data: bytes, contract: Contract) -> dict[int, str]:
    """Place, counted from 1, -> name of the sheets of a workbook that are each a part of one list, such as one school's.

    A sheet of children under headers that the contract does not know is a part too: read by itself, it is told what it lacks.
    Empty if a single sheet is to be read, or if nobody can tell whether they are parts: one is hidden, or named for another
    year or as an old one. Empty too if the workbook cannot be read: :func:`read_workbook` then says so.
    """
    if contract.files.sheet is not None:
        return {}
    try:
        _refuse_other_forms(data)
        with _errors_in_our_words():
            book = fastexcel.read_excel(data)
            if len(book.sheet_names) < 2:
                return {}
            heads = [_sheet(data, name).head(LOOKED_AT) for name in book.sheet_names]
            places = sorted({*_fitting(_fits(heads, contract)), *_with_children(heads, contract)})
            parts = {place + 1: book.sheet_names[place] for place in places}
            if len(parts) < 2 or _are_editions(tuple(parts.values())):
                return {}
            return parts if all(_is_visible(book, name) for name in parts.values()) else {}
    except UnreadableFileError:
        return {}


def _are_editions(names: Sequence[str]) -> bool:
    """Whether sheets may be one list as it was at different times: one is named as an old one, or for a year of its own."""
    return any(map(_OLD.search, names)) or len({_year_in(name) for name in names}) > 1


def _fits(heads: Sequence[pl.DataFrame], contract: Contract) -> list[float]:
    """How well the head of each sheet fits the contract or, if none does, the first further layout that one of them fits."""
    forms = (contract, *(form for _, form in contract.in_layouts()))
    fits = ([_fit(head, form) for head in heads] for form in forms)
    return next(filter(any, fits), [0.0] * len(heads))


def _is_visible(book: fastexcel.ExcelReader, name: str) -> bool:
    return book.load_sheet(name, header_row=None, n_rows=1, dtypes="string").visible == "visible"


def _cells(data: bytes, contract: Contract) -> tuple[pl.DataFrame, list[Fault]]:
    """All cells of the sheet to be read as text, by position, with ``line`` in front; and faults that tell how it was
    chosen.

    Leading empty rows count as lines. Raises :class:`UnreadableFileError`.
    """
    wanted = contract.files.sheet
    with _errors_in_our_words():
        sheets = fastexcel.read_excel(data).sheet_names
        named = sheets if wanted is None else [sheet for sheet in sheets if sheet == wanted]
        read = [_sheet(data, sheet) for sheet in named]
        if read:
            fits = [_fit(cells.head(LOOKED_AT), contract) for cells in read] if len(read) > 1 else [1.0]
            place, faults = _the_one_that_fits(fits, contract, _newest_edition(read, named, fits, contract))
            faults += _children_elsewhere(read, {place, *_fitting(fits)}, contract)
            line = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("line")
            return read[place].select(line, pl.all()), faults
    raise UnreadableFileError(
        "sheet",
        f"The workbook has no sheet called {wanted}." if wanted else "The workbook has no sheet.",
        "Name the sheet with the rows as the contract does, or name the right one in the contract.",
    )


def _fit(cells: pl.DataFrame, contract: Contract) -> float:
    """How well the head of a sheet fits the contract: the share (0..1) of the columns that must be there which its header
    names.

    0 if that is less than half, or if no row is under the header.
    """
    filled = cells.filter(has_text(cells.columns)) if cells.width else cells
    if filled.height < 2:
        return 0.0
    position = find_header(filled.head(HEADER_WITHIN).rows(), contract)
    wanted = {column.name for column in must_be_there(contract)}
    named = len(wanted & known_columns(filled.row(position), contract))
    return named / len(wanted) if 2 * named >= len(wanted) and filled.height > position + 1 else 0.0


def _with_children(sheets: Sequence[pl.DataFrame], contract: Contract) -> list[int]:
    """Places, counted from 0, of the sheets that have rows under a header which names a birth date or a UPN, and something
    else that says who a child is, whatever it lacks."""
    return [place for place, cells in enumerate(sheets) if _has_children(cells.head(LOOKED_AT), contract)]


def _has_children(cells: pl.DataFrame, contract: Contract) -> bool:
    filled = cells.filter(has_text(cells.columns)) if cells.width else cells
    fields = {column.name: column.maps_to for column in contract.columns if column.maps_to in WHO}
    heads = filled.head(min(HEADER_WITHIN, filled.height - 1)).rows() if filled.height > 1 else []
    said = ({fields[name] for name in known_columns(row, contract) if name in fields} for row in heads)
    return any(len(who) > 1 and not who.isdisjoint(("date_of_birth", "upn")) for who in said)


def _children_elsewhere(sheets: Sequence[pl.DataFrame], known: set[int], contract: Contract) -> list[Fault]:
    """A fault if sheets other than those that fit (``known``) have children: nobody has read them."""
    places = [place + 1 for place in _with_children(sheets, contract) if place not in known]
    return [_not_read(places, "file" if contract.is_roll else "nothing")] if places and len(sheets) > 1 else []


def _newest_edition(
    sheets: Sequence[pl.DataFrame], names: Sequence[str], fits: Sequence[float], contract: Contract
) -> int | None:
    """Which of several sheets that fit alike is this year's list, if each of the others is a list of an earlier year.

    Judged by the years in their names, and only if most children of each are on the next newer one: a log with a sheet for
    each year, about other children each, is no such list. Null if that is not so of all.
    """
    fitting = _fitting(fits)
    years = {place: _year_in(names[place]) for place in fitting}
    newest_first = sorted(fitting, key=lambda place: years[place] or 0, reverse=True)
    if None in years.values() or len(set(years.values())) < len(years):
        return None
    children = [_children_on(sheets[place], contract) for place in newest_first]
    again = [len(older & newer) > MOST_AGAIN * len(older) for newer, older in pairwise(children)]
    return newest_first[0] if again and all(again) else None


def _year_in(name: str) -> int | None:
    """The first year in the name of a sheet, without its century, such as 25 in ``Sept 2025`` and ``25-26``; null: none."""
    match = re.search(r"20(\d\d)|\b(\d\d)\s*[-/]\s*\d\d\b", name)
    return int(match[1] or match[2]) if match else None


def _children_on(cells: pl.DataFrame, contract: Contract) -> set[tuple[str, ...]]:
    """The names on a sheet, in small letters, with the birth dates, in whatever form they are written there."""
    filled = cells.filter(has_text(cells.columns))
    position = find_header(filled.head(HEADER_WITHIN).rows(), contract)
    places = match_headers(filled.row(position), contract).position_of
    who = ("surname", "forename", "full_name", "date_of_birth")
    theirs = [column for column in contract.columns if column.maps_to in who and column.name in places]
    if not theirs:
        return set()
    rows = filled.slice(position + 1).select(pl.nth(places[column.name]).alias(column.name) for column in theirs)
    return {row for row in rows.select(map(_as_compared, theirs)).rows() if all(row)}


def _as_compared(column: Column) -> pl.Expr:
    """A cell as it is compared between sheets: a day as one, if it can be read, and anything else in small letters."""
    text = pl.col(column.name).str.strip_chars().str.to_lowercase()
    return pl.coalesce(parse_dates(column).cast(pl.String), text) if column.logical_type == "date" else text


def _fitting(fits: Sequence[float]) -> list[int]:
    """Places, counted from 0, of the sheets that have rows of the source and fit as well as the best or nearly
    (``NEARLY``)."""
    return [place for place, fit in enumerate(fits) if fit > 0 and fit >= NEARLY * max(fits)]


def _the_one_that_fits(fits: list[float], contract: Contract, newest: int | None) -> tuple[int, list[Fault]]:
    """Which of several sheets is read, counted from 0, and the fault that says so if it is not the first. ``newest``: the
    sheet of this year (:func:`_newest_edition`); null: none.

    No sheet is called by its name, as that may be a child's. Raises :class:`UnreadableFileError` if none fits, or if
    several fit alike and are not parts (:func:`sheets_of_parts`): the rows of those not read would be missing without a
    word.
    """
    fitting = _fitting(fits)
    if not fitting:
        raise UnreadableFileError(
            "sheet",
            f"None of the {len(fits)} sheets has the header of this source with rows under it.",
            "Send the rows under their header, which names "
            f"{', '.join(column.header for column in must_be_there(contract))}; a workbook of one sheet is safest.",
        )
    if newest is not None:
        return newest, [_read_newest(newest + 1, len(fitting))]
    if len(fitting) > 1:
        places = ", ".join(str(place + 1) for place in fitting[:-1]) + f" and {fitting[-1] + 1}"
        raise UnreadableFileError(
            "sheet",
            f"Sheets {places} of {len(fits)} all hold rows under the header of this source, and one of them is hidden, or "
            "named for another year or as an old one: nobody can tell which are right.",
            "Put all current rows on one sheet, or delete the old sheets; or name the right one in the contract (files, "
            "sheet). Sheets named for schools, providers or terms are all read.",
        )
    return fitting[0], [_read_from(fitting[0] + 1, len(fits))] if fitting[0] else []


def _read_from(place: int, sheets: int) -> Fault:
    return Fault(
        "other sheets",
        "nothing",
        f"The rows were read from sheet {place} of {sheets}, the only one with the header of this source; the others "
        "were not read.",
        "There is nothing to do, but a workbook with one sheet is safer.",
    )


def _not_read(places: Sequence[int], stops: Stops) -> Fault:
    which = f"Sheet {places[0]} holds" if len(places) == 1 else f"Sheets {', '.join(map(str, places))} hold"
    return Fault(
        UNREAD_CHILDREN,
        stops,
        f"{which} children too, under headers of which this source knows too few, and was not read: if they belong to the "
        "list, they are missing from it.",
        "Put those rows under the same headers as the others, or take the sheet out if it is not part of the list.",
    )


def _read_newest(place: int, sheets: int) -> Fault:
    return Fault(
        "other sheets",
        "nothing",
        f"Of {sheets} sheets with the header of this source, the rows were read from sheet {place}, the newest by its name; "
        "most children on an older one are on the next, so those are lists of earlier years. They were not read.",
        "There is nothing to do, but a workbook without the older sheets is safer.",
    )


def sheet_cells(data: bytes, sheet: str) -> pl.DataFrame:
    """Every cell of a sheet as text, without a header; null: the cell is empty."""
    # Not by pl.read_excel, which loads pyarrow: that takes longer than reading most workbooks.
    cells = fastexcel.read_excel(data).load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
    return pl.DataFrame(cells)


def _sheet(data: bytes, sheet: str) -> pl.DataFrame:
    """The cells of a sheet, by position; an empty one is an empty text."""
    cells = sheet_cells(data, sheet)
    cells.columns = [str(position) for position in range(cells.width)]
    return cells.select(pl.all().cast(pl.String).fill_null("").str.replace(_MIDNIGHT, "${1}"))
