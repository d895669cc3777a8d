"""Workbooks as Excel 2003 wrote them in XML, which many systems still do for their reports, under .xml or .xls."""

import io

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError
from xlsxwriter import Workbook
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.worksheet import Worksheet

from pipelines.files.rows import UnreadableFileError

_NAMESPACE = "urn:schemas-microsoft-com:office:spreadsheet"
_SS = f"{{{_NAMESPACE}}}"
_HIDDEN = "{urn:schemas-microsoft-com:office:excel}Visible"
_HEAD = 4096
_MIDNIGHT = "T00:00:00.000"


def is_spreadsheet_xml(data: bytes) -> bool:
    """Whether the first bytes are those of such a workbook, in whatever encoding."""
    head = data[:_HEAD].replace(b"\0", b"")
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<?xml") and _NAMESPACE.encode() in head


def as_workbook(data: bytes) -> bytes:
    """The same sheets as an Excel workbook of today, every cell as text; a day without a time of day as ISO text.

    Raises :class:`UnreadableFileError` if it is cut off or holds what no workbook does.
    """
    kept = io.BytesIO()
    with Workbook(kept, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        parser = DefusedXMLParser(target=_Sheets(book), forbid_dtd=True)
        try:
            parser.feed(data)
            parser.close()
        except (ParseError, DefusedXmlException):
            raise _no_workbook() from None
        if not book.worksheets():
            raise _no_workbook()
    return kept.getvalue()


def _no_workbook() -> UnreadableFileError:
    return UnreadableFileError(
        "form",
        "The file is a workbook in the XML of Excel 2003 and cannot be read: it was cut off, or is damaged.",
        "Export it again, or open it in Excel and save it as an Excel workbook (.xlsx).",
    )


class _Sheets:
    """Writes each cell of the sheets that a parser meets into a workbook. A comment on a cell is not its text."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._sheet: Worksheet | None = None
        self._row = self._column = -1
        self._kind = ""
        self._text: list[str] | None = None
        self._is_comment = False
        self._says_visible = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """A sheet, row, cell or its text begins."""
        place = attributes.get(f"{_SS}Index", "")
        at = int(place) - 1 if place.isdecimal() else None
        if tag == f"{_SS}Worksheet":
            self._sheet, self._row = self._new_sheet(attributes.get(f"{_SS}Name")), -1
        elif tag == f"{_SS}Row":
            self._row, self._column = self._row + 1 if at is None else at, -1
        elif tag == f"{_SS}Cell":
            self._column = self._column + 1 if at is None else at
            across = attributes.get(f"{_SS}MergeAcross", "0")
            self._after = self._column + (int(across) if across.isdecimal() else 0)
        elif tag == f"{_SS}Comment":
            self._is_comment = True
        elif tag == f"{_SS}Data" and not self._is_comment:
            self._text, self._kind = [], attributes.get(f"{_SS}Type", "String")
        elif tag == _HIDDEN:
            self._says_visible = True

    def end(self, tag: str) -> None:
        """A cell or its text ends."""
        if tag == f"{_SS}Data" and self._text is not None:
            self._write("".join(self._text))
            self._text = None
        elif tag == f"{_SS}Cell":
            self._column = self._after
        elif tag == f"{_SS}Comment":
            self._is_comment = False
        elif tag == _HIDDEN:
            self._says_visible = False

    def data(self, text: str) -> None:
        """Text, of the cell that is open."""
        if self._text is not None:
            self._text.append(text)
        elif self._says_visible and self._sheet is not None and text.strip() in ("SheetHidden", "SheetVeryHidden"):
            self._sheet.hide()

    def close(self) -> None:
        """The file ends."""

    def _new_sheet(self, name: str | None) -> Worksheet:
        try:
            return self._book.add_worksheet(name)
        except XlsxWriterException:
            return self._book.add_worksheet()

    def _write(self, text: str) -> None:
        cell = "" if self._kind == "Error" else text.removesuffix(_MIDNIGHT) if self._kind == "DateTime" else text
        if self._sheet is None or (cell and self._sheet.write_string(self._row, self._column, cell)):
            raise _no_workbook()
