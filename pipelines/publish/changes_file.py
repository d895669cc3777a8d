"""``changes.csv`` and ``in_view.csv``: how the list differs from the last one, and who stays in view.

Protected children are masked as on the list; so are children whom only the ledger still knows to be protected.
"""

import polars as pl

from data_contracts.rules import WITHHELD
from pipelines.ledger.list_changes import WhatChanged
from pipelines.listing.masking import masked_off_list, withheld_if_any, withheld_where
from pipelines.listing.rank import RESTRICTED
from pipelines.publish.restricted_file import is_about_protected, restricted_csv
from pipelines.publish.tabular import csv_bytes
from pipelines.tables import LEAD

WHY_WITHHELD = "The named restricted role can find the reason in the folder 'restricted'."


def masked_changes(changes: pl.DataFrame, protected: pl.Series) -> pl.DataFrame:
    """``LIST_CHANGE`` as every reader of the list may see it."""
    lanes = {name: pl.when(pl.col(name).is_not_null()).then(pl.lit(RESTRICTED)) for name in ("lane", "lane_before")}
    withheld = {
        **lanes,
        "why": pl.lit(WHY_WITHHELD),
        "record_id": withheld_if_any("record_id"),
        "restricted": pl.lit(True),
    }
    masked = changes.with_columns(masked_off_list("why", "because"))
    return masked.with_columns(**withheld_where(is_about_protected(protected), withheld))


def masked_in_view(in_view: pl.DataFrame, protected: pl.Series) -> pl.DataFrame:
    """``LEAD`` of the children in view, as every reader of the list may see it."""
    withheld = {
        "off_why": pl.lit(WHY_WITHHELD),
        "came_why": pl.lit(WHY_WITHHELD),
        "record_id": withheld_if_any("record_id"),
        **{name: pl.lit(None, LEAD[name]) for name in ("source", "since_on", "until_on")},
        "lane": pl.lit(RESTRICTED),
        "records": pl.lit(WITHHELD),
        "restricted": pl.lit(True),
    }
    masked = in_view.with_columns(masked_off_list("off_why", "off_because"))
    return masked.with_columns(**withheld_where(is_about_protected(protected), withheld))


def changes_csvs(changed: WhatChanged, protected: pl.Series) -> dict[str, bytes]:
    """The files for all readers and, if a protected child is in them, its full rows for the restricted role."""
    files = {"changes.csv": csv_bytes(masked_changes(changed.changes, protected))}
    if changed.in_view.height:
        files["in_view.csv"] = csv_bytes(masked_in_view(changed.in_view, protected))
    restricted = restricted_csv("changes", changed.changes, protected) | restricted_csv(
        "in_view", changed.in_view, protected
    )
    return files | restricted
