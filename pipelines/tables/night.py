"""The night itself."""

from collections.abc import Mapping
from datetime import date, datetime

import polars as pl

from matching.person import Columns

NIGHT = pl.Schema(
    Columns(
        {
            "as_at": pl.Date,  # the date judged
            "started_at": pl.Datetime("us", "UTC"),
            "published_at": pl.Datetime("us", "UTC"),  # null: not published (still running, or failed)
        }
    )
)
"""One row: the night that wrote these tables. Written by night."""


def judged_on(tables: Mapping[str, pl.DataFrame]) -> date:
    """The date judged by the night that wrote ``tables``, which include ``night``."""
    judged: date = tables["night"]["as_at"].item()
    return judged


def begun_at(tables: Mapping[str, pl.DataFrame]) -> datetime:
    """When the night that wrote ``tables``, which include ``night``, began."""
    begun: datetime = tables["night"]["started_at"].item()
    return begun
