"""Frames as bytes of CSV or Parquet that open safely in a spreadsheet."""

import io

import polars as pl

FORMULA_STARTS = r"^[=+\-@\t\r\n＝＋－＠]"
"""A cell that begins with one of these may be run as a formula by a spreadsheet (OWASP, CSV injection; with the full-width
signs)."""


def csv_bytes(frame: pl.DataFrame) -> bytes:
    """A frame as CSV: UTF-8 with a byte-order mark (so that Excel shows José as José), ISO dates, empty for null.

    Text that a spreadsheet would take for a formula gets a leading apostrophe.
    """
    return frame.with_columns(_harmless(pl.col(pl.String))).write_csv(include_bom=True, float_precision=6).encode()


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """A frame as Parquet, typed, with its text unchanged."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=True)
    return buffer.getvalue()


def _harmless(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(FORMULA_STARTS)).then(pl.lit("'") + text).otherwise(text).name.keep()
