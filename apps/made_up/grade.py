"""Grades a list on a made-up authority. This is possible because the truth is known; for the demo and benchmarks."""

import math
from dataclasses import dataclass

import polars as pl

from apps.made_up.truth import true_children


@dataclass(frozen=True, slots=True)
class Grade:
    """A list compared with the truth."""

    rows: int
    """Rows of the list."""
    targets: int
    """Children whom a perfect linker would list."""
    found: int
    """How many of those are on the list."""
    missing: int
    """Children truly missing education; the other targets are educated where no extract shows it."""
    missing_found: int
    """How many of those are on the list."""
    half_found_at: int
    """Rows opened, from rank 1 on, when half of those on the list have been found."""

    def __str__(self) -> str:
        """Three lines for people."""
        half = -(-self.missing_found // 2)
        listed = f"{self.found:,} are ({_percent(self.found, self.targets)})"
        reached = f"{self.missing_found:,} are on it ({_percent(self.missing_found, self.missing)})"
        return (
            f"Of {self.targets:,} children who should be listed, {listed}: {_rows_each(self.rows, self.found)}\n"
            f"Of {self.missing:,} truly missing education, {reached}: {_rows_each(self.rows, self.missing_found)}\n"
            f"From rank 1 on, half of those are found after {self.half_found_at:,} rows: "
            f"{_rows_each(self.half_found_at, half)}"
        )


def graded(candidates: pl.DataFrame, records: pl.DataFrame, children: pl.DataFrame) -> Grade:
    """Compare a list with the truth of a made-up authority.

    ``candidates``: one row per listed child, with its ``records`` as ``source:key;source:key``. ``records`` and ``children``
    are the truth as :func:`apps.made_up.authority.make_authority` returns it.
    """
    first = first_rows(candidates, true_children(records))
    reached = first["true_child"]
    is_target, is_missing = pl.col("target").cast(pl.Int64) == 1, pl.col("true_cme").cast(pl.Int64) == 1
    on_list = pl.col("child_id").is_in(reached.implode())
    counted = children.select(
        targets=is_target.sum(),
        found=(is_target & on_list).sum(),
        missing=is_missing.sum(),
        missing_found=(is_missing & on_list).sum(),
    ).row(0, named=True)
    missing = children.filter(is_missing)["child_id"]
    rows = first.filter(pl.col("true_child").is_in(missing.implode()))["row"]
    return Grade(rows=candidates.height, **counted, half_found_at=opened_until(rows, 0.5))


def first_rows(candidates: pl.DataFrame, whose: pl.DataFrame) -> pl.DataFrame:
    """``true_child`` and ``row``: by how many rows, opened from rank 1 on, each true child of the list has been found.

    ``candidates``: ``rank`` and ``records`` (``source:key;source:key``). ``whose``: ``record_id``, ``true_child``.
    """
    rows = candidates.sort(pl.col("rank").cast(pl.Int64)).with_row_index("row", offset=1)
    held = rows.select("row", record_id=pl.col("records").str.split(";")).explode("record_id", empty_as_null=False)
    theirs = held.join(whose, on="record_id", how="inner", validate="m:1")
    return theirs.group_by("true_child").agg(pl.col("row").min()).sort("row", "true_child")


def opened_until(rows: pl.Series, share: float) -> int:
    """How many rows are opened until a share (0..1) of the children at ``rows`` has been found, rounded up; 0 if there are
    none."""
    return int(rows.sort()[math.ceil(share * len(rows)) - 1]) if len(rows) else 0


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / max(1, whole):.1f}%"


def _rows_each(rows: int, children: int) -> str:
    return f"{rows / max(1, children):.2f} rows of the list for each."
