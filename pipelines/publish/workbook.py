"""``candidates.xlsx``: the list as an officer opens it in the morning, one sheet for each lane."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl
import xlsxwriter

from pipelines.decisions.outcomes import CODES, DFE_REASONS, MOST_HOURS
from pipelines.listing.rank import FOLLOW_UP, lanes_of
from pipelines.publish.publication import Publication
from pipelines.publish.read_me import READ_ME, read_me_lines
from pipelines.publish.sheet_layout import A4, PROSE_LINE, fit_rows, print_on_a3
from pipelines.written_dates import birth_written, day_written

WHAT_CHANGED = "what changed"
"""The sheet of how the list differs from the last one published."""

IN_VIEW = "in view"
"""The sheet of the children who are off the list but in view: an officer has them in hand, their file is not whole, or
nothing new was told of their education."""

EARLY_WARNING = "early warning"
"""The sheet of the children who may be without education from the next term."""

LATER = "later"
"""The sheet of the children in the lane *follow up* who come after the first ``top``."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet: the column of the table, its header, its width (characters), its style, and whether it is
    printed."""

    name: str
    header: str
    width: int
    style: str = "text"
    printed: bool = True


WHO = (
    Column("forename", "Forename", 16),
    Column("surname", "Surname", 20),
    Column("date_of_birth", "Date of birth", 12, "date"),
)
"""The child, on every sheet."""

COLUMNS = (
    Column("rank", "Rank", 7, "whole"),
    Column("likelihood", "Likelihood", 11, "share"),
    Column("priority", "Priority points", 10, "whole"),
    *WHO,
    Column("age", "Age", 6, "whole"),
    Column("sex", "Sex", 6),
    Column("address", "Address", 34),
    Column("postcode", "Postcode", 11),
    Column("because", "Why the child is on the list", 70),
    Column("also_here", "Also at this address", 26),
    Column("route", "Ask first", 14),
    Column("last_seen_on", "Last seen on", 12, "date"),
    Column("last_seen_by", "Last seen by", 20),
    Column("on_no_roll", "On no roll", 10, "share"),
    Column("living_here", "Still living here", 10, "share"),
    Column("unlisted_school", "Unlisted school?", 10, "part"),
    Column("child_id", "Child id", 15),
    Column("household", "Household", 15, printed=False),
    Column("records", "Records (source:key)", 44, printed=False),
)


WARNED = (
    Column("warning", "What is coming", 22),
    Column("due_on", "From", 12, "date"),
    Column("likelihood", "Likelihood", 11, "share"),
    *WHO,
    Column("school_year", "Year by age", 11, "school year"),
    Column("sex", "Sex", 6),
    Column("address", "Address", 34),
    Column("postcode", "Postcode", 11),
    Column("because", "Why", 70),
    Column("child_id", "Child id", 15),
    Column("records", "Records (source:key)", 44, printed=False),
)


CHANGED = (
    Column("change", "What changed", 17),
    Column("because", "In short", 24),
    *WHO,
    Column("why", "Why", 70),
    Column("lane", "Lane", 18),
    Column("lane_before", "Lane before", 18),
    Column("rank", "Rank", 7, "whole"),
    Column("rank_before", "Rank before", 7, "whole"),
    Column("likelihood", "Likelihood", 11, "share"),
    Column("likelihood_before", "Likelihood before", 11, "share"),
    Column("first_listed_on", "On the list since", 12, "date"),
    Column("child_id", "Child id", 15),
    Column("former_ids", "Earlier child ids", 15),
)

STAYS_IN_VIEW = (
    Column("off_because", "Off the list because", 24),
    Column("off_on", "Off the list on", 12, "date"),
    *WHO,
    Column("off_why", "What would have taken the child off", 70),
    Column("first_listed_on", "First listed on", 12, "date"),
    Column("last_listed_on", "Last listed on", 12, "date"),
    Column("likelihood", "Likelihood then", 11, "share"),
    Column("child_id", "Child id", 15),
    Column("records", "Records (source:key)", 44, printed=False),
)

REASONS = "reasons"
"""The sheet of the reasons to choose from: there are more than a cell's own list can hold."""

_ASKED: dict[str, dict[str, Any]] = {
    "outcome": {
        "validate": "list",
        "source": list(CODES),
        "error_title": "No such outcome",
        "error_message": "Choose one from the list.",
    },
    "reason": {
        "validate": "list",
        "source": f"={REASONS.capitalize()}!$A$2:$A${1 + len(DFE_REASONS)}",
        "error_title": "No such reason",
        "error_message": "Choose one from the list.",
    },
    "hours": {
        "validate": "decimal",
        "criteria": "between",
        "minimum": 0,
        "maximum": MOST_HOURS,
        "error_title": "Not a number of hours",
        "error_message": f"Give hours as a number from 0 to {MOST_HOURS:g}, such as 2.5.",
    },
}
"""What a spreadsheet lets an officer enter. Days are judged only when they are read, as spreadsheets differ in how they
take them."""

TO_FILL_IN = (
    Column("outcome", "Outcome", 27, printed=False),
    Column("date", "Date", 12, "date", printed=False),
    Column("reason", "Reason", 27, printed=False),
    Column("hours", "Hours", 8, "hours", printed=False),
)
"""Empty columns at the end of the sheets of leads, in which officers enter what they found; ``rollcall outcomes`` reads
them."""

MORE_SHEETS = {WHAT_CHANGED: CHANGED, IN_VIEW: (*STAYS_IN_VIEW, *TO_FILL_IN), EARLY_WARNING: WARNED}
"""Sheets after the lanes, if they have a row -> their columns."""


def candidates_xlsx(publication: Publication, candidates: pl.DataFrame, more: Mapping[str, pl.DataFrame]) -> bytes:
    """The masked list as a workbook: a sheet to read first, one sheet for each lane, each with a filter, and
    ``MORE_SHEETS``.

    ``more``: masked rows of those, by sheet; a sheet without a row is left out. Every text is written as text, never as a
    formula or a link. Nothing is written to a temporary file.
    """
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(buffer, options)
    made_at = datetime.combine(publication.as_at, datetime.min.time(), UTC).replace(tzinfo=None)
    book.set_properties(
        {"title": f"Possibly missing education, as at {day_written(publication.as_at)}", "created": made_at}
    )
    styles = _styles(book)
    lanes = lanes_of(candidates)
    _write_read_me(book, styles, read_me_lines(publication, candidates, lanes))
    for sheet, rows in sheets_of(candidates, lanes, publication.top):
        _write_lane(book, styles, sheet, rows, (*COLUMNS, *TO_FILL_IN))
    for sheet, columns in MORE_SHEETS.items():
        found = more.get(sheet)
        if found is not None and found.height:
            _write_lane(book, styles, sheet, found, columns)
    _write_reasons(book, styles)
    book.close()
    return buffer.getvalue()


def sheets_of(candidates: pl.DataFrame, lanes: Sequence[str], top: int) -> list[tuple[str, pl.DataFrame]]:
    """Each sheet and its rows: one for each lane. Children of one household are together, at the best rank among them.

    Of the lane *follow up* the first ``top`` by rank are on its sheet, the others on *later*; 0: all are on its sheet.
    """
    sheets = []
    for lane in lanes:
        rows = candidates.filter(pl.col("lane") == lane).sort("rank")
        if lane == FOLLOW_UP and 0 < top < rows.height:
            sheets += [(lane, _siblings_together(rows.head(top))), (LATER, _siblings_together(rows.tail(-top)))]
        else:
            sheets.append((lane, _siblings_together(rows)))
    return sheets


def _siblings_together(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows by the best rank of their household on the sheet, then by rank. The rank itself is unchanged."""
    home = pl.coalesce("household", "child_id")
    return rows.sort(pl.col("rank").min().over(home), "rank")


def sheet_name(lane: str) -> str:
    """The name of a lane's sheet: at most 31 characters, and none that a workbook forbids."""
    return "".join(" " if letter in "[]:*?/\\'" else letter for letter in lane).strip().capitalize()[:31]


SHARE = '[>=0.995]"over 99%";[<0.005]"under 1%";0%'
"""How a probability is shown: never as certain, just as the reasons say it in words."""

PART = '0%;;""'
"""How a share that is no probability is shown: nothing where it is none."""


def _styles(book: Any) -> dict[str, Any]:
    cell = {"valign": "top", "font_size": 10}
    number = {**cell, "align": "center"}  # at the right edge it would run into the text of the next column
    return {
        "text": book.add_format({**cell, "text_wrap": True, "num_format": "@"}),
        "whole": book.add_format({**number, "num_format": "0"}),
        # Still a number, so that it sorts; shown as people say it.
        "school year": book.add_format({**cell, "num_format": '"Year "0;"Nursery";"Reception"', "align": "left"}),
        "share": book.add_format({**number, "num_format": SHARE}),
        "part": book.add_format({**number, "num_format": PART}),
        "date": book.add_format({**cell, "num_format": "dd/mm/yyyy", "align": "left"}),
        "hours": book.add_format({**cell, "num_format": "0.0"}),
        "header": book.add_format(
            {"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#1F3A4D", "font_color": "#FFFFFF"}
        ),
        "header to fill in": book.add_format(
            {"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#FFF2CC", "font_color": "#1F3A4D"}
        ),
        "title": book.add_format({"bold": True, "font_size": 16, "font_color": "#1F3A4D"}),
        "heading": book.add_format({"bold": True, "font_size": 12, "font_color": "#1F3A4D", "valign": "top"}),
        "prose": book.add_format({"text_wrap": True, "valign": "top", "font_size": 11}),
        "link": book.add_format({"underline": 1, "font_color": "#0B5394", "valign": "top", "font_size": 11}),
    }


def _write_read_me(book: Any, styles: dict[str, Any], lines: Sequence[tuple[str, str, str]]) -> None:
    """Write the first sheet: lines of (style, term, text); the term of a lane links to its sheet."""
    sheet = book.add_worksheet(READ_ME)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, width := 95)
    sheet.set_portrait()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    for row, (style, term, text) in enumerate(lines):
        if style == "lane":
            sheet.write_url(row, 0, f"internal:'{sheet_name(term)}'!A1", styles["link"], sheet_name(term))
        else:
            sheet.write_string(row, 0, term, styles["title" if style == "title" else "heading"])
        if text:
            sheet.write_string(row, 1, text, styles["prose"])
    fit_rows(sheet, pl.DataFrame({"text": [text for _, _, text in lines]}), {"text": width}, first=0, line=PROSE_LINE)


def _write_lane(book: Any, styles: dict[str, Any], lane: str, rows: pl.DataFrame, columns: Sequence[Column]) -> None:
    """Write one sheet: header frozen with the name columns, filter on, printed at the width of one page.

    Columns for the machine, or to be filled in, are not printed, so that the rest can be read.
    """
    sheet = book.add_worksheet(sheet_name(lane))
    for place, column in enumerate(columns):
        is_to_fill_in = column in TO_FILL_IN
        sheet.set_column(place, place, column.width, styles[column.style])
        sheet.write_string(0, place, column.header, styles["header to fill in" if is_to_fill_in else "header"])
        if not is_to_fill_in:
            _write_cells(sheet, styles[column.style], place, rows[column.name])
            if column.name == "date_of_birth":
                _write_cells(sheet, styles["text"], place, _without_days(rows))
        elif rows.height and column.name in _ASKED:
            sheet.data_validation(1, place, rows.height, place, _ASKED[column.name])
    sheet.set_row(0, 32)
    texts = {column.name: column.width for column in columns if column.style == "text" and column not in TO_FILL_IN}
    fit_rows(sheet, rows, texts)
    sheet.freeze_panes(1, 5)
    sheet.autofilter(0, 0, max(rows.height, 1), len(columns) - 1)
    print_on_a3(sheet, rows.height, sum(column.printed for column in columns))
    sheet.set_footer("&LPossibly missing, to be looked into. Personal data: keep safe.&RPage &P of &N")
    if rows.is_empty():
        sheet.write_string(1, 0, "No child in this lane tonight.")


def _without_days(rows: pl.DataFrame) -> pl.Series:
    """In place of birth dates of which the day is not known, the month or year; else null."""
    return pl.Series([birth_written(None, said) if said else None for said in rows["born_in"]], dtype=pl.String)


def _write_reasons(book: Any, styles: dict[str, Any]) -> None:
    """Write the last sheet: the reasons to choose from, and what each outcome says and does."""
    sheet = book.add_worksheet(sheet_name(REASONS))
    sheet.set_paper(A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    does = [
        "off the list, until something contradicts it" if code.closes else "stays in view" for code in CODES.values()
    ]
    columns = (
        (0, 56, "Reasons to choose from, in the department's words", list(DFE_REASONS)),
        (2, 28, "Outcomes to choose from", list(CODES)),
        (3, 66, "What it says", [code.words for code in CODES.values()]),
        (4, 34, "What the next night does", does),
    )
    for place, width, header, values in columns:
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, header, styles["header"])
        _write_cells(sheet, styles["text"], place, pl.Series(values))


def _write_cells(sheet: Any, style: Any, place: int, values: pl.Series) -> None:
    """Write one column: text always as text, so that no name becomes a formula; null stays empty."""
    if values.dtype == pl.String:
        write = sheet.write_string
    elif values.dtype == pl.Date:
        write = sheet.write_datetime
    else:
        write = sheet.write_number
    for row, value in enumerate(values, start=1):
        if value is not None:
            write(row, place, value, style)
