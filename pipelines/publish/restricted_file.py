"""The rows of a table that only the restricted role may read, as a file of their own."""

import polars as pl

from pipelines.publish.tabular import csv_bytes


def is_about_protected(protected: pl.Series) -> pl.Expr:
    """Whether a row is about a child in ``protected`` (ids), or is marked: the ledger marks children whom only it still
    knows."""
    return pl.col("restricted") | pl.col("child_id").is_in(protected.implode())


def restricted_csv(name: str, rows: pl.DataFrame, protected: pl.Series) -> dict[str, bytes]:
    """The rows of protected children in full, by path in the publication; empty if there are none."""
    full = rows.filter(is_about_protected(protected)).with_columns(restricted=pl.lit(True))
    return {f"restricted/{name}_restricted.csv": csv_bytes(full)} if full.height else {}
