"""What changes in a table of records from one night to the next, and in which order such a table is read."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

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
    def size(self) -> int:
        """Rows to be written."""
        return self.put.height + self.gone.len()


def in_order(kept: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Rows by these columns; those that agree in them stay as they stand."""
    if len(by) == 1 and kept[by[0]].is_sorted():
        return kept
    return kept.sort(by, maintain_order=True)
