"""Grades a list on a made-up authority. This is possible because the truth is known; for the demo and benchmarks."""

from dataclasses import dataclass

import polars as pl


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
    """Children truly missing education; the other targets are educated where no extract shows it."""
    missing_found: int
    """How many of those are on the list."""

    def __str__(self) -> str:
        """Two lines for people."""
        listed = f"{self.found:,} are ({_percent(self.found, self.targets)})"
        reached = f"{self.missing_found:,} are on it ({_percent(self.missing_found, self.missing)})"
        return (
            f"Of {self.targets:,} children who should be listed, {listed}: {_rows_each(self.rows, self.found)}\n"
            f"Of {self.missing:,} truly missing education, {reached}: {_rows_each(self.rows, self.missing_found)}"
        )


def graded(candidates: pl.DataFrame, records: pl.DataFrame, children: pl.DataFrame) -> Grade:
    """Compare a list with the truth of a made-up authority.

    ``candidates``: one row per listed child, with its ``records`` as ``source:key;source:key``. ``records`` and ``children``
    are the truth as :func:`apps.made_up.authority.make_authority` returns it.
    """
    whose = records.select(
        pl.concat_str("source", "source_record_id", separator=":").alias("record_id"),
        pl.col("child_id").alias("true_child"),
    )
    listed = candidates.select(pl.col("records").str.split(";").alias("record_id")).explode(
        "record_id", empty_as_null=False
    )
    reached = listed.join(whose, on="record_id", how="inner", validate="m:1")["true_child"].unique()
    is_target, is_missing = pl.col("target").cast(pl.Int64) == 1, pl.col("true_cme").cast(pl.Int64) == 1
    on_list = pl.col("child_id").is_in(reached.implode())
    counted = children.select(
        targets=is_target.sum(),
        found=(is_target & on_list).sum(),
        missing=is_missing.sum(),
        missing_found=(is_missing & on_list).sum(),
    ).row(0, named=True)
    return Grade(rows=candidates.height, **counted)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / max(1, whole):.1f}%"


def _rows_each(rows: int, children: int) -> str:
    return f"{rows / max(1, children):.2f} rows of the list for each."
