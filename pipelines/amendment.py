"""What changes in a table of records from one night to the next, and in which order such a table is read."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.tables import TABLES

IN_ORDER_OF = dict.fromkeys(("person_record", "statement", "child_record", "linked_record"), ("record_id",)) | {
    "link": ("left_id", "right_id")
}
"""Tables of which a night writes only some rows: they are read in this order."""

LARGEST_AMENDMENT = 0.25
"""Share of a table's rows: of more, writing the whole table costs no more, and leaves nothing behind to be cleared."""


@dataclass(frozen=True, slots=True)
class Amendment:
    """What changes in a table of records from one night to the next."""

    put: pl.DataFrame
    """Rows, with all columns of the table, that take the place of all rows with their ``record_id``."""
    gone: pl.Series
    """``record_id`` of those that leave."""
    moved: pl.DataFrame | None = None
    """``record_id``, ``file_id`` and ``line`` of the others that stand elsewhere now; null: none."""

    @property
    def leaving(self) -> pl.Series:
        """``record_id`` of all whose rows leave, those that come again among them."""
        return pl.concat([self.gone, self.put["record_id"]]).unique().alias("record_id")

    @property
    def size(self) -> int:
        """Rows to be written."""
        return self.put.height + self.gone.len()


def amended(before: pl.DataFrame, amendment: Amendment) -> pl.DataFrame:
    """A table in the order of ``record_id`` once it is amended; nothing of it is ``moved``."""
    stands = before.filter(~pl.col("record_id").is_in(amendment.leaving.implode()))
    return in_order(pl.concat([stands, amendment.put]), ("record_id",))


def whole(table: str, kept: pl.DataFrame) -> pl.DataFrame:
    """A whole table as :mod:`pipelines.tables` has it, from what the store keeps of it."""
    typed = kept.select(pl.col(name).cast(kind) for name, kind in TABLES[table].items())
    return in_order(typed, IN_ORDER_OF[table]) if table in IN_ORDER_OF else typed


def in_order(kept: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Rows by these columns; those that agree in them stay as they stand."""
    if len(by) == 1 and kept[by[0]].is_sorted():
        return kept
    return kept.sort(by, maintain_order=True)
