"""The night itself."""

import polars as pl

from matching.person import Columns

NIGHT = pl.Schema(
    Columns(
        {
            "as_at": pl.Date,  # the date judged
            "started_at": pl.Datetime("us", "UTC"),
            "published_at": pl.Datetime("us", "UTC"),  # null: the night has not published (it runs, or it failed)
        }
    )
)
"""One row: the night whose tables these are. Written by night."""
