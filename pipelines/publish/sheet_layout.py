"""How a sheet of a workbook looks on the screen and on paper."""

from collections.abc import Mapping
from typing import Any

import polars as pl

LINE, PROSE_LINE = 13.5, 15.5
"""Height of a line of text in points: in the cells of a table, and in the larger text of a sheet to be read first."""

A3, A4 = 8, 9
"""Sizes of paper, by the numbers that workbooks use for them. Without one, some programs print on US paper."""

TALLEST = 409.0
"""Points. No spreadsheet shows a higher row."""

_LETTERS = 1.1
"""Letters to each digit of a column's width: most letters are narrower than a digit."""


def fit_rows(sheet: Any, rows: pl.DataFrame, widths: Mapping[str, int], *, first: int = 1, line: float = LINE) -> None:
    """Make each row high enough for the longest of its texts: not every program works that out by itself.

    ``widths``: column of text -> its width in digits. ``first``: where the first row is on the sheet; by default, below a
    header. ``line``: height of a line in points. A row without text stays as it is.
    """
    lines = [(pl.col(name).str.len_chars() / (_LETTERS * width)).ceil() for name, width in widths.items()]
    for row, needed in enumerate(rows.select(pl.max_horizontal(lines)).to_series(), start=first):
        if needed:
            sheet.set_row(row, min(needed * line, TALLEST))


def print_on_a3(sheet: Any, rows: int, columns: int) -> None:
    """Print the header, ``rows`` rows and the first ``columns`` columns, on A3 landscape: on A4 they are too small to read."""
    sheet.set_landscape()
    sheet.set_paper(A3)
    sheet.set_margins(left=0.3, right=0.3, top=0.4, bottom=0.6)
    sheet.print_area(0, 0, max(rows, 1), columns - 1)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
