"""What changes in a table of records or of children from one night to the next, and the order in which such a table is
read.
"""

from dataclasses import dataclass

import polars as pl

from pipelines.tables import PROVISION, TABLES

TABLE_ORDER: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("person_record", "statement", "child_record", "linked_record"), ("record_id",)),
    "link": ("left_id", "right_id"),
    "provision": tuple(PROVISION),
    "explained": ("child_id",),
}
"""Tables of which a night may write only some rows, and the columns by which they are sorted when read."""

LARGEST_AMENDMENT = 0.25
"""Share of a table's rows: if more than this change, writing the whole table costs no more and leaves nothing to be
cleared."""


@dataclass(frozen=True, slots=True)
class Amendment:
    """What changes in a table of records from one night to the next."""

    put: pl.DataFrame
    """Rows, with all columns of the table, that replace all rows with their ``record_id``."""
    gone: pl.Series
    """``record_id`` of the records that leave the table."""
    moved: pl.DataFrame | None = None
    """``record_id`` of other records, and columns that have another value for them, such as their line in the file; null:
    none."""

    @property
    def deleted_ids(self) -> pl.Series:
        """``record_id`` of all records whose rows are deleted, including those that are put again."""
        return pl.concat([self.gone, self.put["record_id"]]).unique().alias("record_id")

    @property
    def size(self) -> int:
        """Number of rows to be written."""
        return self.put.height + self.gone.len()


def amended(before: pl.DataFrame, amendment: Amendment) -> pl.DataFrame:
    """A table after the amendment, as the store keeps it: rows put are last. ``moved`` is not applied."""
    stands = before.filter(~pl.col("record_id").is_in(amendment.deleted_ids.implode()))
    return pl.concat([stands, amendment.put])


def changed_children(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """``child_id`` of every child whose rows differ between two states of a table, in no particular order."""
    marks = pl.concat(
        rows.select("child_id", mark=rows.hash_rows()).group_by("child_id").agg(pl.col("mark").sum())
        for rows in (before, after)
    )
    return marks.filter(marks.is_unique()).select(pl.col("child_id").unique())


def typed(table: str, kept: pl.DataFrame) -> pl.DataFrame:
    """Rows of a table as the store keeps them, with the columns and types of :mod:`pipelines.tables`."""
    return kept.select(pl.col(name).cast(kind) for name, kind in TABLES[table].items())


def in_table_order(table: str, kept: pl.DataFrame) -> pl.DataFrame:
    """A whole table in the order in which it is read; rows that are equal in that order keep theirs."""
    by = TABLE_ORDER.get(table, ())
    if not by:
        return kept
    if len(by) == 1 and kept[by[0]].is_sorted():
        return kept
    return kept.sort(by, maintain_order=True)
