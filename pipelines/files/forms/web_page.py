"""Tables of a web page: many systems write one under the name of a workbook (.xls), which Excel opens as a sheet."""

from html.parser import HTMLParser

import polars as pl

from data_contracts.contract import Contract
from pipelines.files.forms.text import decode_text
from pipelines.files.rows import ReadTable, UnreadableFileError
from pipelines.files.under_header.rows_of_children import table_under_header

WIDEST = 500
"""Most columns that a cell may stretch over. No list has so many."""

_HEAD = 4096
_UNSEEN = ("script", "style", "head")


def is_web_page(data: bytes) -> bool:
    """Whether the first bytes are those of a web page, in whatever encoding."""
    head = data[:_HEAD].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    return head.startswith((b"<html", b"<!doctype html", b"<table", b"<div", b"<head", b"<meta", b"<style"))


def read_web_page(data: bytes, contract: Contract) -> ReadTable:
    """Read the rows of all tables of a web page as those of one sheet, in their order: reports begin a table on each page.

    Raises :class:`UnreadableFileError` if it has no table, as of a page that asks to sign in.
    """
    decoded = decode_text(data, contract.files.encodings)
    page = _Tables()
    page.feed(decoded.text)
    page.close()
    if not page.rows:
        raise UnreadableFileError(
            "form",
            "The file is a web page without a table.",
            "A sign-in may have expired: sign in and export again, as an Excel workbook (.xlsx) or as CSV.",
        )
    width = max(map(len, page.rows))
    columns = {str(place): [row[place] if place < len(row) else "" for row in page.rows] for place in range(width)}
    cells = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    line = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("line")
    return table_under_header(cells.select(line, pl.all()), contract, decoded.faults)


class _Tables(HTMLParser):
    """The rows of all tables of a page, each cell as the text that a reader sees. Pages often leave cells and rows open."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._tables: list[list[str] | None] = []
        """The row that has begun, or null, of each table that has: one, unless a table stands in a cell of another."""
        self._cell: list[str] | None = None
        self._stretch = 1
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A table, a row or a cell begins."""
        self._unseen += tag in _UNSEEN
        if tag == "table":
            self._end_cell()
            self._tables.append(None)
        elif tag == "tr" and self._tables:
            self._end_row()
            self._tables[-1] = []
        elif tag in ("td", "th"):
            self._end_cell()
            stretch = dict(attrs).get("colspan") or "1"
            self._stretch = min(int(stretch), WIDEST) if stretch.isdecimal() else 1
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """A cell, a row or a table ends."""
        self._unseen -= tag in _UNSEEN and self._unseen > 0
        if tag in ("td", "th"):
            self._end_cell()
        elif tag in ("tr", "table"):
            self._end_row()
            if tag == "table" and self._tables:
                self._tables.pop()

    def handle_data(self, data: str) -> None:
        """Text, of the cell that is open."""
        if self._cell is not None and not self._unseen:
            self._cell.append(data)

    def _end_row(self) -> None:
        self._end_cell()
        if self._tables and (row := self._tables[-1]) is not None:
            self.rows.append(row)
            self._tables[-1] = None

    def _end_cell(self) -> None:
        row = self._tables[-1] if self._tables else None
        if self._cell is not None and row is not None:
            row += [" ".join("".join(self._cell).split()), *[""] * (self._stretch - 1)]
        self._cell = None
