"""Writes the extracts: CSV in each agency's encoding, the workbook, and the XML that some schools send."""

from datetime import datetime
from html import escape
from pathlib import Path

import numpy as np
import polars as pl
from anyascii import anyascii

from apps.made_up.draws import Dice
from apps.made_up.layouts import Layout

UNKNOWN_CODE = "Q"
XML_KEY = ("UPN", "LEA", "Estab", "EntryDate")
"""Columns that together make the key of an XML row, joined by ``|``."""
ABOUT_THE_SCHOOL = ("LEA", "Estab", "URN", "SchoolName")


def break_rows(dice: Dice, frame: pl.DataFrame, layout: Layout, rate: float) -> tuple[pl.DataFrame, int]:
    """Put a date that does not exist, or an unknown code, into some rows; returns how many."""
    rows = np.flatnonzero(dice.random(frame.height) < rate)
    places = [*layout.dates.items(), *((name, UNKNOWN_CODE) for name in layout.codes)]
    if not places:
        return frame, 0
    which = dice.integers(len(places), size=len(rows))
    for number, (name, value) in enumerate(places):
        broken = np.zeros(frame.height, dtype=bool)
        broken[rows[which == number]] = True
        frame = frame.with_columns(pl.when(pl.Series(broken)).then(pl.lit(value)).otherwise(name).alias(name))
    return frame, len(rows)


def add_keys(dice: Dice, frame: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Give each row a key, in random order."""
    keys = [f"{layout.prefix}{number:07d}" for number in dice.permutation(frame.height) + 1]
    key = pl.Series(layout.key, keys, dtype=pl.String)
    return frame.with_columns(key) if layout.key_is_last else frame.insert_column(0, key)


def _in_encoding(text: str, encoding: str) -> bytes:
    """Encode; a character that the encoding lacks is transliterated, as such systems do."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(c if ord(c) < 128 or c.encode(encoding, "ignore") else anyascii(c) for c in text).encode(
            encoding
        )


def write_csv(frame: pl.DataFrame, path: Path, encoding: str) -> None:
    """Write one CSV file. Null is an empty cell."""
    path.write_bytes(_in_encoding(frame.write_csv(), encoding))


def write_xlsx(frame: pl.DataFrame, path: Path) -> None:
    """Write one workbook of text cells; the same rows give the same bytes."""
    import xlsxwriter

    workbook = xlsxwriter.Workbook(
        str(path), {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    )
    workbook.set_properties({"created": datetime(2000, 1, 1)})
    sheet = workbook.add_worksheet("Register")
    for number, row in enumerate([tuple(frame.columns), *frame.rows()]):
        for place, value in enumerate(row):
            if value is not None:
                sheet.write_string(number, place, value)
    workbook.close()


def xml_keys(frame: pl.DataFrame) -> pl.Series:
    """Key of each row of an XML census."""
    return frame.select(pl.concat_str(*(pl.col(name).fill_null("") for name in XML_KEY), separator="|")).to_series()


def _element(name: str, value: str, indent: str) -> str:
    return f"{indent}<{name}>{escape(value, quote=False)}</{name}>"


def write_xml(frame: pl.DataFrame, path: Path, as_at: str) -> None:
    """Write the census of one school in the DfE's form; pupils who have left are in a section of their own."""
    header = frame.row(0, named=True)
    left = pl.col("LeavingDate").is_not_null() & (pl.col("LeavingDate") <= as_at)
    on_roll = frame.filter(~left.fill_null(value=False))
    gone = ("PupilsNoLongerOnRoll", "PupilNoLongerOnRoll", frame.filter(left))
    parts = (("PupilsOnRoll", "PupilOnRoll", on_roll), gone)
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<Message>", "  <Header>", "    <Source>"]
    lines += [_element(name, header[name], "      ") for name in ABOUT_THE_SCHOOL]
    lines += ["    </Source>", "  </Header>", "  <Pupils>"]
    for group, name, rows in parts:
        lines.append(f"    <{group}>")
        for row in rows.iter_rows(named=True):
            lines.append(f"      <{name}>")
            lines += [
                _element(key, value, "        ") for key, value in row.items() if value and key not in ABOUT_THE_SCHOOL
            ]
            lines.append(f"      </{name}>")
        lines.append(f"    </{group}>")
    lines += ["  </Pupils>", "</Message>", ""]
    path.write_bytes("\n".join(lines).encode("utf-8"))
