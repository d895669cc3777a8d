"""Evidence sheets as one PDF, for people who take them along on paper; made from the sheets as they were published.

Needs the extra ``pdf`` (fpdf2, a font). Nothing is fetched, and no library of the system is needed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from html.parser import HTMLParser
from itertools import chain
from typing import TYPE_CHECKING, Any
from unicodedata import category, normalize

from pipelines.settings import SettingsError
from pipelines.written_dates import day_written

if TYPE_CHECKING:
    from fpdf import FPDF

FONT = "Noto Sans"
MARGIN_MM, LINE_MM, BODY_PT = 13, 4.2, 8.5
HEADINGS_PT = {"h1": 15, "h2": 11}
INK, WARNING = (22, 36, 45), (160, 74, 0)
STROKE_MM = 0.15
"""Width of the outline that makes letters of headings bold: to make a bold cut of the font would take seconds."""
COLUMNS = (2.0, 1.2, 2.4, 3.0)
"""Widths of a table's columns, as shares."""
TEXTS = ("h1", "h2", "p", "li", "dt", "dd")
CELLS = ("th", "td")
LEFT_OUT = ("head", "figure")
"""Left out on paper: the style of a sheet, and the drawing of sightings, which the words below it repeat."""
SHAPED = range(0x0590, 0x1C80)
"""Scripts whose letters change with their neighbours, or run from right to left. The PDF cannot set them, even where the
font has the letters."""
NOT_PRINTED = "\N{REPLACEMENT CHARACTER}"
"""Stands for a letter that the PDF cannot set."""
SAID_OF_NOT_PRINTED = (
    f"Each {NOT_PRINTED} stands for a letter that this PDF cannot print. Before the visit, read the child's own sheet in a "
    "browser: it is in the publication, in the folder evidence (or restricted/evidence)."
)
NEEDS_EXTRA = (
    "A PDF needs a library that is not installed. In a clone:  make setup  ; elsewhere:  python -m pip install "
    "'rollcall[pdf]'  . Until then, print the sheet from a browser: it is laid out for paper."
)


@dataclass
class Block:
    """A heading, a paragraph, an item of a list, a term with its description, or a table."""

    kind: str
    """One of ``TEXTS``, or "table"."""
    text: str = ""
    is_guarded: bool = False
    """A warning about a protected child."""
    rows: list[list[str]] = field(default_factory=list)


class _Sheet(HTMLParser):
    """Reads a published sheet into blocks, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[Block] = []
        self._left_out = 0
        self._into: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A new block, row or cell begins."""
        if tag in LEFT_OUT:
            self._left_out += 1
        elif self._left_out:
            return
        elif tag == "table":
            self.blocks.append(Block("table"))
        elif tag == "tr":
            self.blocks[-1].rows.append([])
        elif tag == "br" and self._into is not None:
            self._into.append(" ")
        elif tag in TEXTS or tag in CELLS:
            self._into = []
            if tag in TEXTS:
                self.blocks.append(Block(tag, is_guarded=("class", "guarded") in attrs))

    def handle_endtag(self, tag: str) -> None:
        """A block or cell ends."""
        if tag in LEFT_OUT:
            self._left_out -= 1
        elif self._into is not None and tag in TEXTS + CELLS:
            text = " ".join("".join(self._into).split())
            if tag in CELLS:
                self.blocks[-1].rows[-1].append(text)
            else:
                self.blocks[-1].text = text
            self._into = None

    def handle_data(self, data: str) -> None:
        """Text of the block or cell that is open."""
        if self._into is not None and not self._left_out:
            self._into.append(data)


def blocks_of(page: str) -> list[Block]:
    """What a published sheet says, block by block."""
    sheet = _Sheet()
    sheet.feed(page)
    sheet.close()
    return sheet.blocks


def sheets_pdf(pages: Sequence[str], as_at: date) -> bytes:
    """The sheets in one PDF, each beginning on a new page; the same sheets give the same bytes.

    Raises :class:`~pipelines.settings.SettingsError` if the extra ``pdf`` is not installed.
    """
    pdf = blank_pdf(as_at)
    letters = letters_of_the_font(pdf)
    for page in pages:
        pdf.add_page()
        for block in printable(_in_lines(blocks_of(page)), letters):
            _lay_out(pdf, block)
    return bytes(pdf.output())


def letters_of_the_font(pdf: FPDF) -> frozenset[int]:
    """The code points that the PDF can set so that they are read correctly."""
    font: Any = pdf.fonts[FONT.lower()]
    return frozenset(font.cmap) - frozenset(SHAPED)


def printable(blocks: Sequence[Block], letters: frozenset[int]) -> list[Block]:
    """The blocks with NOT_PRINTED for every letter that the PDF cannot set. If there is any, a warning comes after the
    first block."""
    printed = [
        Block(
            block.kind,
            _printable_text(letters, block.text),
            block.is_guarded,
            [[_printable_text(letters, c) for c in r] for r in block.rows],
        )
        for block in blocks
    ]
    if not any(NOT_PRINTED in text for block in printed for text in (block.text, *chain.from_iterable(block.rows))):
        return printed
    return [*printed[:1], Block("p", SAID_OF_NOT_PRINTED, is_guarded=True), *printed[1:]]


def _printable_text(letters: frozenset[int], text: str) -> str:
    """A text with NOT_PRINTED for each letter that cannot be set; marks that cannot be set are left out."""
    shown = (c if ord(c) in letters else "" if category(c)[0] in "MC" else NOT_PRINTED for c in normalize("NFC", text))
    return "".join(shown)


def _in_lines(blocks: Sequence[Block]) -> list[Block]:
    """The blocks with each list of terms as one paragraph, so that a sheet takes one page if possible."""
    lines: list[Block] = []
    for block in blocks:
        if block.kind == "dt" and lines and lines[-1].kind == "dd":
            lines[-1].text += f"    {block.text}: "
        elif block.kind == "dt":
            lines.append(Block("dd", f"{block.text}: "))
        elif block.kind == "dd":
            lines[-1].text += block.text
        else:
            lines.append(block)
    return lines


def blank_pdf(as_at: date) -> FPDF:
    """A PDF without a page, with the font for all its text. Raises as :func:`sheets_pdf`."""
    try:
        from importlib.resources import files

        from fpdf import FPDF

        font = files("fontpkg_noto_sans") / "files" / "NotoSans[wdth,wght].ttf"
    except ImportError:
        raise SettingsError(NEEDS_EXTRA) from None
    for talker in ("fpdf", "fontTools"):  # they would name letters of a child's name that the font lacks
        logging.getLogger(talker).setLevel(logging.CRITICAL)
    pdf = FPDF(format="A4")
    pdf.set_creation_date(datetime.combine(as_at, time(), UTC))
    pdf.set_title(f"Evidence sheets as at {day_written(as_at)}")
    pdf.set_lang("en-GB")
    pdf.set_margin(MARGIN_MM)
    pdf.set_auto_page_break(auto=True, margin=MARGIN_MM)
    pdf.add_font(FONT, "", str(font))
    pdf.set_line_width(STROKE_MM)
    return pdf


def _lay_out(pdf: FPDF, block: Block) -> None:
    """Write a block below the last one."""
    if block.kind == "table":
        _table(pdf, block.rows)
        return
    is_heading = block.kind in HEADINGS_PT
    pdf.set_font(FONT, "", HEADINGS_PT.get(block.kind, BODY_PT))
    colour = WARNING if block.is_guarded else INK
    if block.kind == "h2":
        pdf.ln(LINE_MM / 2)
    text = f"•  {block.text}" if block.kind == "li" else block.text
    with pdf.local_context(
        text_mode="FILL_STROKE" if is_heading or block.is_guarded else "FILL", text_color=colour, draw_color=colour
    ):
        pdf.multi_cell(
            0,
            LINE_MM * (1.5 if is_heading else 1),
            text,
            align="L",
            new_x="LMARGIN",
            new_y="NEXT",
            border=1 if block.is_guarded else 0,
        )
    if block.kind in ("p", "dd"):
        pdf.ln(LINE_MM / 3)


def _table(pdf: FPDF, rows: Sequence[Sequence[str]]) -> None:
    from fpdf.fonts import FontFace

    pdf.set_font(FONT, "", BODY_PT - 1)
    with pdf.table(
        width=pdf.epw,
        line_height=LINE_MM - 0.6,
        text_align="LEFT",
        padding=0.8,
        borders_layout="HORIZONTAL_LINES",
        headings_style=FontFace(),
        col_widths=COLUMNS[: len(rows[0])],
        v_align="TOP",
    ) as table:
        for cells in rows:
            row = table.row()
            for cell in cells:
                row.cell(cell)
