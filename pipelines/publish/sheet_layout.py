"""How a sheet of a workbook lies on the screen and on paper."""

from collections.abc import Mapping
from typing import Any

import polars as pl

LINE = 13.5
"""Height of a line of a cell's text, in points."""

_LETTERS = 1.1
"""Letters for each digit that a column is wide: most letters are narrower than a digit."""


def fit_rows(sheet: Any, rows: pl.DataFrame, widths: Mapping[str, int]) -> None:
    """Make each row below the header as high as the longest of its texts: not every program works that out by itself.

    ``widths``: column of text -> how wide it is, in digits.
    """
    lines = [(pl.col(name).str.len_chars() / (_LETTERS * width)).ceil() for name, width in widths.items()]
    for row, needed in enumerate(rows.select(pl.max_horizontal(1.0, *lines)).to_series(), start=1):
        sheet.set_row(row, needed * LINE)


def print_on_a3(sheet: Any, rows: int, columns: int) -> None:
    """Print the header, so many rows and the first so many columns, in A3 across: on A4 they are too small to read."""
    sheet.set_landscape()
    sheet.set_paper(8)
    sheet.set_margins(left=0.3, right=0.3, top=0.4, bottom=0.6)
    sheet.print_area(0, 0, max(rows, 1), columns - 1)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
