"""The workbook of a clerical review: both records of each pair side by side, an answer to choose, a note to write.

It holds names and addresses, so it is written with mode 0600 and says so. Identifiers show only their last three
characters.
"""

import hashlib
import io
from datetime import date
from pathlib import Path
from typing import Any

import fastexcel
import polars as pl
import xlsxwriter

from data_contracts.values import excel_day
from matching.judgement import ANSWERS
from pipelines.files.forms.workbook import sheet_cells
from pipelines.listing.masking import masked_keys
from pipelines.publish.sheet_layout import A4, PROSE_LINE, fit_rows, print_on_a3
from pipelines.settings import SettingsError
from pipelines.written_dates import IN_A_COLUMN, day_written

READ_ME, PAIRS_SHEET = "Read me", "Pairs"
PAIR, ANSWER, NOTE = "Pair", "Answer", "Note"
SIDES = ("A", "B")
LONGEST_NOTE = 1000
FACTS = {
    "Forename": 14,
    "Other given names": 14,
    "Surname": 16,
    "Other surnames": 14,
    "Born": 11,
    "Sex": 5,
    "Address": 26,
    "Postcode": 10,
    "Carer": 18,
    "Phone": 9,
    "UPN": 9,
    "NHS number": 9,
    "Source": 18,
    "Record": 20,
}
"""Fact shown of both records, in the order of the sheet -> width of its column in characters. Each has two columns, side by
side, such as *Forename A* and *Forename B*."""

HEADERS = (PAIR, ANSWER, NOTE, *(f"{fact} {side}" for fact in FACTS for side in SIDES))

_READ_ME = (
    (
        "What this is",
        "Pairs of records. For each: are the two records about one child? Your answers outrank the software.",
    ),
    (
        "Answer",
        "Choose same, different or unsure in the column Answer. Unsure is a good answer if the records do not tell. Leave "
        "a pair empty that you have not looked at.",
    ),
    ("Note", "What decided it, if it is worth keeping. It stays on this authority's own machine."),
    (
        "How to judge",
        "Weigh all of it: names change and are misspelt, families move. Twins share everything but a forename and a number. "
        "A difference in sex is not shown. Do not look up anything that you would not look up for your work; if you did look "
        "something up, note it.",
    ),
    (
        "Do not change",
        "the other cells or their order within a row. Rows may be sorted or filtered as a whole. A row whose "
        "cells were mixed up is refused.",
    ),
    (
        "Why these pairs",
        "Some decide a child's place on the list, some teach the software, and some are drawn at random to "
        "measure it. They are mixed on purpose, so that what the software thinks leads no answer.",
    ),
    ("Then", "Save the workbook and give it back:  rollcall judge FILE --workspace DIR --by NAME"),
    (
        "Please",
        "This is personal data about children: keep it where only you can read it, do not email it on, and delete it "
        "once it has been read back.",
    ),
)


def shown_pairs(pairs: pl.DataFrame, person: pl.DataFrame, source_names: dict[str, str]) -> pl.DataFrame:
    """One row is one pair as the sheet shows it (text; HEADERS without answer and note), in the order of ``pairs``.

    Where two records give different sexes neither is shown, as everywhere outside the restricted folder
    (``NOT_SHOWN_OF_A_PAIR``). ``pairs``: pair, left_id, right_id. Raises polars' ComputeError if a record id is not unique.
    """
    facts = person.select("record_id", *_facts(source_names))
    frame = pairs.select("pair", "left_id", "right_id")
    for side, column in zip(SIDES, ("left_id", "right_id"), strict=True):
        named = facts.select(pl.col("record_id").alias(column), pl.exclude("record_id").name.suffix(f" {side}"))
        frame = frame.join(named, on=column, how="left", validate="m:1", maintain_order="left")
    differ = (pl.col("Sex A") != pl.col("Sex B")).fill_null(value=False)
    sexes = (pl.when(~differ).then(name).alias(name) for name in ("Sex A", "Sex B"))
    shown = frame.with_columns(*sexes).select(pl.col("pair").alias(PAIR), *HEADERS[3:])
    return shown.with_columns(pl.col(pl.String).fill_null(""))


def _facts(source_names: dict[str, str]) -> list[pl.Expr]:
    carer = pl.concat_str("parent_forename", "parent_surname", separator=" ", ignore_nulls=True)
    return [
        pl.coalesce("forename_shown", "forename").alias("Forename"),
        pl.col("middle_names").alias("Other given names"),
        pl.coalesce("surname_shown", "surname").alias("Surname"),
        pl.col("other_surnames").list.join(", ").alias("Other surnames"),
        pl.coalesce(pl.col("date_of_birth").dt.strftime(IN_A_COLUMN), "born_in").alias("Born"),
        pl.col("sex").alias("Sex"),
        pl.coalesce("address_shown", "address").alias("Address"),
        pl.coalesce("postcode_shown", "postcode").alias("Postcode"),
        carer.alias("Carer"),
        _last_three("phone").alias("Phone"),
        _last_three("upn").alias("UPN"),
        _last_three("nhs_number").alias("NHS number"),
        pl.col("dataset").replace(source_names).alias("Source"),
        masked_keys(pl.col("record_id")).alias("Record"),
    ]


def _last_three(column: str) -> pl.Expr:
    """An identifier with all but its last three characters hidden; null stays null."""
    return pl.lit("…") + pl.col(column).str.tail(3)


def fingerprints(shown: pl.DataFrame) -> pl.Series:
    """A fingerprint of each row of :func:`shown_pairs`: the pair and every fact beside it, whatever the spacing."""
    text = shown.select(pl.col(PAIR, *HEADERS[3:]).str.replace_all(r"\s+", " ").str.strip_chars())
    rows = (hashlib.sha256("\x1f".join(row).encode()).hexdigest()[:16] for row in text.iter_rows())
    return pl.Series("facts", rows, dtype=pl.String)


def sample_xlsx(shown: pl.DataFrame, as_at: date) -> bytes:
    """The workbook: a sheet to read first, and the pairs with a drop-down list for each answer."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": f"Pairs to be judged, as at {day_written(as_at)}"})
    _write_read_me(book, as_at)
    _write_pairs(book, shown)
    book.close()
    return buffer.getvalue()


def _write_read_me(book: Any, as_at: date) -> None:
    sheet = book.add_worksheet(READ_ME)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 1, width := 95)
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    bold = book.add_format({"bold": True, "valign": "top"})
    prose = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.write_string(
        0, 0, f"Pairs to be judged, as at {day_written(as_at)}", book.add_format({"bold": True, "font_size": 16})
    )
    for row, (term, text) in enumerate(_READ_ME, start=2):
        sheet.write_string(row, 0, term, bold)
        sheet.write_string(row, 1, text, prose)
    fit_rows(sheet, pl.DataFrame({"text": [text for _, text in _READ_ME]}), {"text": width}, first=2, line=PROSE_LINE)


def _write_pairs(book: Any, shown: pl.DataFrame) -> None:
    sheet = book.add_worksheet(PAIRS_SHEET)
    look = {"valign": "top", "text_wrap": True, "num_format": "@", "font_size": 10}
    header = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#1F3A4D", "font_color": "#FFFFFF"})
    styles = {"A": book.add_format(look), "B": book.add_format({**look, "bg_color": "#DBE8EE"})}
    asked = book.add_format({**look, "bg_color": "#FFF8D6", "border": 1, "border_color": "#B8A44C"})
    widths = [9, 11, 24, *(width for width in FACTS.values() for _ in SIDES)]
    for place, (name, width) in enumerate(zip(HEADERS, widths, strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, name, header)
        style = asked if name in (ANSWER, NOTE) else styles.get(name[-1], styles["A"])
        for row in range(shown.height):
            value = shown[name][row] if name in shown.columns else ""
            (sheet.write_string if value else sheet.write_blank)(row + 1, place, value, style)
    sheet.data_validation(1, 1, max(1, shown.height), 1, CHOICE)
    sheet.freeze_panes(1, 3)
    sheet.autofilter(0, 0, max(1, shown.height), len(HEADERS) - 1)
    sheet.set_row(0, 32)
    fit_rows(sheet, shown, {name: width for name, width in zip(HEADERS, widths, strict=True) if name in shown.columns})
    print_on_a3(sheet, shown.height, len(HEADERS))
    sheet.set_footer("&LPersonal data about children: keep safe.&RPage &P of &N")


def read_sample(path: Path) -> pl.DataFrame:
    """The sheet *Pairs* as text: ``line`` (number as the spreadsheet shows it) and HEADERS; empty rows are left out.

    Raises :class:`~pipelines.settings.SettingsError` if it is no such workbook; the message quotes no cell.
    """
    cells = _cells(path)
    found = [str(name or "").strip() for name in cells.row(0)] if cells.height else []
    if absent := [name for name in HEADERS if name not in found]:
        raise SettingsError(
            f"{path.name}, line 1: no column {', '.join(absent)}. Give back the workbook that rollcall sample wrote, with "
            "its first line unchanged."
        )
    rows = cells.slice(1).select(pl.col(cells.columns[found.index(name)]).alias(name) for name in HEADERS)
    text = rows.with_columns(pl.all().fill_null("").str.strip_chars())
    numbered = text.with_columns(_day(f"Born {side}") for side in SIDES).with_row_index("line", offset=2)
    return numbered.filter(pl.any_horizontal(pl.col(*HEADERS) != ""))


def _day(header: str) -> pl.Expr:
    """A birth date as it was first written, where another spreadsheet has turned the text into a date; any other text
    stays."""
    cell = pl.col(header)
    day = cell.str.extract(r"^(\d{4}-\d\d-\d\d)(?:[ T]00:00:00(?:\.0+)?)?$").str.to_date("%Y-%m-%d", strict=False)
    return pl.coalesce(pl.coalesce(day, excel_day(cell)).dt.strftime(IN_A_COLUMN), cell).alias(header)


CHOICE = {
    "validate": "list",
    "source": list(ANSWERS),
    "input_title": "One child?",
    "input_message": ", ".join(ANSWERS),
    "error_title": "No such answer",
    "error_message": f"Choose one of: {', '.join(ANSWERS)}.",
}
"""What the column for answers takes."""


def _cells(path: Path) -> pl.DataFrame:
    fault = f"{path.name}: this is not a workbook (.xlsx) with a sheet '{PAIRS_SHEET}'."
    try:
        data = path.read_bytes()
        if PAIRS_SHEET in fastexcel.read_excel(data).sheet_names:
            return sheet_cells(data, PAIRS_SHEET)
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except OSError as error:
        fault = f"{path}: it cannot be read: {error.strerror}. Close the program that has it open, if one has."
    except BaseException:  # noqa: S110 - a panic of the reader is no Exception, and its text may quote a cell
        pass
    raise SettingsError(f"{fault} Give back the workbook that rollcall sample wrote.")
