"""The records that the agencies of a made-up authority keep between two nights, in columns.

Stored as files: ``extracts/`` as the agencies would send them, ``truth/`` about every record and child, and ``truth/held/``:
rows that are in no extract now but may come (again), each with the reason. Pupils of schools that send XML never change: such
a file comes once a term.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from defusedxml.ElementTree import parse

from apps.made_up import extracts
from apps.made_up.draws import Flags
from apps.made_up.layouts import ISO, LAYOUTS, UK, Layout
from apps.made_up.school_age import is_of_age
from apps.made_up.truth import UNSUITABLE

Rows = dict[str, pl.DataFrame]
"""Source -> the columns of its extract as text, and ``child_id``; rows held back also have ``why`` and ``held_on``."""

LAYOUT_OF = {layout.source: layout for layout in LAYOUTS}
ENDS = {
    "school_census": ("LeavingDate", ISO),
    "ehe_register": ("ClosedOn", UK),
    "alternative_provision": ("EndDate", UK),
}
"""Sources whose rows show an education up to a day; the column and the date style of that day."""
ALWAYS = ("independent_schools", "other_la")
"""Sources whose rows show an education for as long as they are there."""
HELD = {"why": pl.String(), "held_on": pl.Date()}


@dataclass
class Books:
    """The agencies' books, changed in place by :mod:`apps.made_up.history`."""

    rows: Rows
    """All rows except those of XML files."""
    xml: pl.DataFrame
    """One row is one pupil in an XML file: source_record_id, child_id, leaving_on (ISO text; null: on the roll)."""
    records: pl.DataFrame
    """The truth about records, including those that are not there now: source, source_record_id, child_id."""
    children: pl.DataFrame
    """The truth about children."""
    held: Rows
    """Rows that are in no extract now."""


def file_of(folder: Path, layout: Layout) -> Path:
    """Path of a source's extract."""
    return folder / f"{layout.source}.{'xlsx' if layout.source == 'ehe_register' else 'csv'}"


def _read(path: Path, layout: Layout) -> pl.DataFrame:
    if path.suffix == ".xlsx":
        return pl.read_excel(path, infer_schema_length=0).select(pl.all().cast(pl.String))
    return pl.read_csv(path.read_bytes().decode(layout.encoding).encode(), infer_schema=False)


def _read_xml(folder: Path, records: pl.DataFrame) -> pl.DataFrame:
    """The pupils in the XML files of a folder, with their true child."""
    pupils = []
    for path in sorted(folder.glob("school_census_*.xml")):
        sent = parse(path)
        school = [sent.findtext(f"Header/Source/{name}", "") for name in ("LEA", "Estab")]
        for pupil in sent.findall("Pupils/*/*"):
            key = "|".join([pupil.findtext("UPN", ""), *school, pupil.findtext("EntryDate", "")])
            pupils.append((key, pupil.findtext("LeavingDate")))
    schema = {"source_record_id": pl.String, "leaving_on": pl.String}
    found = pl.DataFrame(pupils, schema=schema, orient="row")
    whose = records.filter(source="school_census").drop("source")
    return found.join(whose, on="source_record_id", how="inner", maintain_order="left")


def read_books(folder: Path) -> Books:
    """Read the books of an authority from ``folder``. Raises OSError if there are none."""
    records = pl.read_csv(folder / "truth" / "records.csv", infer_schema=False)
    children = pl.read_csv(
        folder / "truth" / "children.csv", schema_overrides={"reason": pl.String, "born_on": pl.Date}
    )
    rows, held = {}, {}
    for layout in LAYOUTS:
        frame = _read(file_of(folder / "extracts", layout), layout)
        whose = records.filter(source=layout.source).select(pl.col("source_record_id").alias(layout.key), "child_id")
        rows[layout.source] = frame.join(whose, on=layout.key, how="inner", validate="1:1", maintain_order="left")
        kept = folder / "truth" / "held" / f"{layout.source}.parquet"
        empty = rows[layout.source].clear().with_columns(pl.lit(None, kind).alias(n) for n, kind in HELD.items())
        held[layout.source] = pl.read_parquet(kept) if kept.exists() else empty
    return Books(rows, _read_xml(folder / "extracts", records), records, children, held)


def write_books(books: Books, folder: Path, changed: set[str]) -> None:
    """Write the truth, the rows held back, and the extracts of the sources in ``changed``; other files stay as they are."""
    for layout in LAYOUTS:
        if layout.source in changed:
            frame, path = books.rows[layout.source].drop("child_id"), file_of(folder / "extracts", layout)
            if path.suffix == ".xlsx":
                extracts.write_xlsx(frame, path)
            else:
                extracts.write_csv(frame, path, layout.encoding)
    (folder / "truth" / "held").mkdir(exist_ok=True)
    for source, frame in books.held.items():
        frame.write_parquet(folder / "truth" / "held" / f"{source}.parquet")
    books.records.write_csv(folder / "truth" / "records.csv")
    books.children.write_csv(folder / "truth" / "children.csv")


def is_open(frame: pl.DataFrame, source: str, as_at: date) -> pl.Series:
    """True for rows that show a current education on a date."""
    if source in ALWAYS:
        return pl.Series(np.ones(frame.height, dtype=bool))
    column, style = ENDS[source]
    until = frame[column].str.to_date(style, strict=False)
    is_current = until.is_null() | (until > as_at)
    return is_current & (frame["Suitability"] != UNSUITABLE) if source == "ehe_register" else is_current


def in_education(books: Books, as_at: date) -> pl.Series:
    """child_id of every child with a row that shows a current education."""
    rows = {source: books.rows[source] for source in (*ENDS, *ALWAYS)}
    found = [frame.filter(is_open(frame, source, as_at))["child_id"] for source, frame in rows.items()]
    leaving = books.xml["leaving_on"]
    on_roll = books.xml.filter(leaving.is_null() | (leaving > as_at.isoformat()))["child_id"]
    return pl.concat([*found, on_roll]).unique()


def of_age(books: Books, as_at: date) -> Flags:
    """True for children of compulsory school age on a date, in the order of the children."""
    return is_of_age(books.children["born_on"].to_numpy(), as_at)


def judge_truth(books: Books, as_at: date) -> None:
    """Update the flags of the children (of_age, target, true_cme) to a date, from what the extracts now show."""
    known = pl.concat([*(frame["child_id"] for frame in books.rows.values()), books.xml["child_id"]]).unique()
    provided = in_education(books, as_at)
    flags = {"of_age": pl.Series(of_age(books, as_at).astype(np.int64))}
    unsuitable = books.rows["ehe_register"].filter(Suitability=UNSUITABLE)["child_id"].unique()
    child = pl.col("child_id")
    target = (
        (pl.col("of_age") == 1)
        & (pl.col("resident") == 1)
        & child.is_in(known.implode())
        & ~child.is_in(provided.implode())
    )
    state = pl.col("state")
    is_missing = (state == "cme") | ((state == "ehe") & child.is_in(unsuitable.implode()))
    books.children = (
        books.children.with_columns(**flags)
        .with_columns(target=target.cast(pl.Int64))
        .with_columns(true_cme=(target & is_missing).fill_null(value=False).cast(pl.Int64))
    )
