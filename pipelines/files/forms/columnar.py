"""Parquet: every value as the text it stands for."""

import io

import polars as pl

from data_contracts.contract import Contract
from pipelines.files.headers.match import match_headers
from pipelines.files.rows import LARGEST_UNPACKED, ReadTable, UnreadableFileError
from pipelines.files.under_header.rows_of_children import rows_of_children

_AS_TEXT = (pl.String, pl.Boolean, pl.Categorical, pl.Enum, pl.Null)


def read_parquet(data: bytes, contract: Contract) -> ReadTable:
    """Read a parquet file. Its first row is line 2, as if the names of its columns were on line 1.

    Dates become ISO text, numbers their digits (a whole number loses its ``.0``), nulls empty text. Raises
    :class:`UnreadableFileError` if the file cannot be read at all.
    """
    table = _table(data)
    headers = table.columns
    texts = [_text(table.get_column(header)).alias(str(position)) for position, header in enumerate(headers)]
    matched = match_headers(headers, contract)
    lines = pl.int_range(2, table.height + 2, dtype=pl.Int64, eager=True).alias("line")
    found = rows_of_children(pl.DataFrame([lines, *texts]), headers, matched, contract)
    return ReadTable(found.rows, matched.headers, found.faults, unread=matched.unread)


def _table(data: bytes) -> pl.DataFrame:
    import pyarrow as pa  # few files are parquet, and nights without one start sooner
    import pyarrow.parquet as pq

    try:
        about = pq.ParquetFile(io.BytesIO(data)).metadata
        if sum(about.row_group(group).total_byte_size for group in range(about.num_row_groups)) > LARGEST_UNPACKED:
            raise UnreadableFileError(
                "form",
                "The file unpacks to more than 2 GB, and no extract does that.",
                "Send the rows in several files.",
            )
        if about.num_columns == 0:
            raise UnreadableFileError("empty file", "There are no columns in the file.", "Send the whole file again.")
        return pl.read_parquet(io.BytesIO(data))
    except (UnreadableFileError, KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except (pa.ArrowException, OSError, ValueError, pl.exceptions.PolarsError):
        raise _no_parquet() from None
    except BaseException:  # a panic of the Rust reader is no Exception; its text may quote a value
        raise _no_parquet() from None


def _no_parquet() -> UnreadableFileError:
    return UnreadableFileError(
        "form",
        "The file is called .parquet but cannot be read as one: it was cut off in transit, or is something else.",
        "Send it again, or send the rows as CSV.",
    )


def _text(column: pl.Series) -> pl.Series:
    """A column as text; null as empty text. A column of lists or bytes has no text, and counts as empty."""
    if column.dtype == pl.Datetime:
        text = column.dt.to_string("%Y-%m-%d %H:%M:%S").str.strip_suffix(" 00:00:00")
    elif column.dtype.is_float():
        text = column.cast(pl.String).str.strip_suffix(".0")
    elif column.dtype.is_numeric() or column.dtype.is_temporal() or column.dtype in _AS_TEXT:
        text = column.cast(pl.String)
    else:
        text = pl.repeat("", column.len(), dtype=pl.String, eager=True)
    return text.fill_null("")
