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
            "published_at": pl.Datetime("us", "UTC"),  # null: the night has not published (it runs, or it failed)
        }
    )
)
"""One row: the night whose tables these are. Written by night."""


def judged_on(tables: Mapping[str, pl.DataFrame]) -> date:
    """The date judged of the night that tables of the store are of. ``tables``: ``night`` among them."""
    judged: date = tables["night"]["as_at"].item()
    return judged


def begun_at(tables: Mapping[str, pl.DataFrame]) -> datetime:
    """When the night began that tables of the store are of. ``tables``: ``night`` among them."""
    begun: datetime = tables["night"]["started_at"].item()
    return begun
