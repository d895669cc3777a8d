"""A good row and a good file of any source, made from its contract alone: what every bad one is a change of."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import xlsxwriter

from data_contracts.contract import Column, Contract

BORN_ON, DAY = date(2015, 3, 24), date(2024, 1, 12)
SENTINEL = "Zzyzxquill"
"""Stands in every name and address of the corpus, and may stand in nothing that is said."""

GOOD_UPN, GOOD_NHS_NUMBER = "H823432100123", "9434765919"
PLAIN = {
    "surname": SENTINEL, "forename": SENTINEL, "full_name": f"{SENTINEL} Ann", "postcode": "ZA1 2BD",
    "upn": GOOD_UPN, "former_upn": GOOD_UPN, "uprn": "100012345678", "nhs_number": GOOD_NHS_NUMBER,
    "phone": "07700900461", "address": f"7 {SENTINEL} Row",
}  # fmt: skip

Cells = dict[str, str]
"""Our name for a column -> text of its cell."""


def written(column: Column, day: date) -> str:
    """A day as the source writes it first."""
    return day.strftime(column.date_formats[0])


def good_value(column: Column) -> str:
    """A value that keeps every rule of its column."""
    if column.logical_type == "date":
        return written(column, BORN_ON if column.maps_to == "date_of_birth" else DAY)
    for rule in column.quality:
        if rule.arguments.valid_values:
            return rule.arguments.valid_values[0]
    if column.codes:
        return next(code for code in column.codes if code)
    if column.logical_type == "integer":
        return "1"
    if column.maps_to in PLAIN:
        return PLAIN[column.maps_to]
    return column.examples[0] if column.examples else SENTINEL


def good_cells(contract: Contract, key: str) -> Cells:
    """A row that keeps every rule."""
    cells = {column.name: good_value(column) for column in contract.columns}
    return cells | {contract.key.name: key}


def headers(contract: Contract) -> list[str]:
    """The headers, in the contract's order."""
    return [column.header for column in contract.columns]


def good_rows(contract: Contract, count: int = 3) -> list[list[str]]:
    """Rows of cells in the contract's order, on lines 2, 3 and so on."""
    return [list(good_cells(contract, f"K{number:04d}").values()) for number in range(1, count + 1)]


def as_csv(
    rows: Sequence[Sequence[str]], delimiter: str = ",", end: str = "\r\n", quoting: int = csv.QUOTE_MINIMAL
) -> str:
    """Delimited text."""
    kept = io.StringIO(newline="")
    csv.writer(kept, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return kept.getvalue()


def as_xlsx(rows: Sequence[Sequence[Any]], sheet: str | None = None, titles: int = 0) -> bytes:
    """A workbook; text beginning with ``=`` in a cell of type ``Formula`` is a formula, everything else text."""
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        page = book.add_worksheet(sheet or "Sheet1")
        for line, row in enumerate(rows, start=titles):
            for place, value in enumerate(row):
                if isinstance(value, Formula):
                    page.write_formula(line, place, value.text, value=value.result)
                elif isinstance(value, str):
                    page.write_string(line, place, value)
                else:
                    page.write(line, place, value)
    return kept.getvalue()


class Formula:
    """A cell with a formula and its last result."""

    def __init__(self, text: str, result: str | int) -> None:
        self.text, self.result = text, result


def good_csv(contract: Contract, count: int = 3) -> str:
    """The good file."""
    return as_csv([headers(contract), *good_rows(contract, count)])


def as_census_xml(contract: Contract, rows: Sequence[Cells]) -> str:
    """The good file of a source that takes XML; each row's element on a line of its own, the first on line 3."""
    layout = contract.files.xml
    assert layout is not None
    *groups, row_name = layout.rows[0].split("/")
    named = {column.name: column.header for column in contract.columns}
    said_once = [_nested(path.split("/"), rows[0][name]) for name, path in layout.header.items()]
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f"<{layout.root}>{''.join(f'<{group}>' for group in groups)}"]
    for cells in rows:
        inside = "".join(
            f"<{named[name]}>{_escaped(value)}</{named[name]}>"
            for name, value in cells.items()
            if value and name not in layout.header and name != contract.key.name
        )
        lines.append(f"<{row_name}>{inside}</{row_name}>")
    closing = "".join(f"</{group}>" for group in reversed(groups))
    return "\n".join([*lines, f"{closing}{said_once[0] if said_once else ''}</{layout.root}>\n"])


def _nested(path: Sequence[str], value: str) -> str:
    opening = "".join(f"<{name}>" for name in path)
    return f"{opening}{_escaped(value)}{''.join(f'</{name}>' for name in reversed(path))}"


def _escaped(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
