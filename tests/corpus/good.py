"""A good row and a good file of any source, made from its contract alone: what every bad one is a change of."""

import csv
import io
from collections.abc import Sequence
from datetime import date

import xlsxwriter

from data_contracts.contract import Contract
from data_contracts.parts import Column

BORN_ON, DAY = date(2015, 3, 24), date(2019, 1, 12)
"""A day on which a child born then is of the age of every source, nurseries too."""
SENTINEL = "Zzyzxquill"
"""Stands in every name and address of the corpus, and may stand in nothing that is said."""

GOOD_UPN, GOOD_NHS_NUMBER = "H823432100123", "9434765919"
PLAIN = {
    "surname": SENTINEL,
    "forename": SENTINEL,
    "full_name": f"{SENTINEL} Ann",
    "postcode": "ZA1 2BD",
    "upn": GOOD_UPN,
    "former_upn": GOOD_UPN,
    "uprn": "100012345678",
    "nhs_number": GOOD_NHS_NUMBER,
    "phone": "07700900461",
    "address": f"7 {SENTINEL} Row",
}

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


def good_rows(contract: Contract) -> list[list[str]]:
    """Rows of cells in the contract's order, on lines 2, 3 and so on."""
    return [list(good_cells(contract, f"K{number:04d}").values()) for number in range(1, 4)]


def as_csv(rows: Sequence[Sequence[str]], end: str = "\r\n") -> str:
    """Delimited text."""
    kept = io.StringIO(newline="")
    csv.writer(kept, lineterminator=end).writerows(rows)
    return kept.getvalue()


def as_xlsx(rows: Sequence[Sequence[str]]) -> bytes:
    """A workbook."""
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for line, row in enumerate(rows):
            for place, value in enumerate(row):
                page.write_string(line, place, value)
    return kept.getvalue()


def good_csv(contract: Contract) -> str:
    """The good file."""
    return as_csv([headers(contract), *good_rows(contract)])
