"""``explained.parquet``: every child of compulsory school age that is not on the list, and why not."""

import polars as pl

from pipelines.publish.tabular import parquet_bytes


def explained_parquet(explained: pl.DataFrame) -> bytes:
    """EXPLAINED as Parquet, by child_id, so that the same night gives the same bytes."""
    return parquet_bytes(explained.sort("child_id"))
