"""``changes.csv`` and ``in_view.csv``: how the list differs from the last one, and who stays in view.

Protected children are masked as on the list; so are children whom only the ledger still knows to be protected. Of them the
files say who came, went and stays in view, but not why, nor who rose or fell.
"""

import polars as pl

from data_contracts.rules import WITHHELD
from pipelines.ledger.list_changes import MOVES, WhatChanged
from pipelines.listing.masking import masked_off_list, nothing, withheld_where
from pipelines.listing.rank import RESTRICTED
from pipelines.publish.restricted_file import is_about_protected, restricted_csv
from pipelines.publish.tabular import csv_bytes

WHY_WITHHELD = "The named restricted role can find the reason in the folder 'restricted'."


def masked_changes(changes: pl.DataFrame, protected: pl.Series) -> pl.DataFrame:
    """``LIST_CHANGE`` as every reader of the list may see it."""
    lanes = {name: pl.when(pl.col(name).is_not_null()).then(pl.lit(RESTRICTED)) for name in ("lane", "lane_before")}
    withheld = {
        **lanes,
        **{name: nothing(changes, name) for name in _MOVED},
        "because": pl.lit(WITHHELD),
        "why": pl.lit(WHY_WITHHELD),
        "record_id": pl.lit(WITHHELD),
        "restricted": pl.lit(True),
    }
    is_protected = is_about_protected(protected)
    shown = changes.filter(~(is_protected & pl.col("change").is_in(MOVES)))
    masked = shown.with_columns(masked_off_list("why", "because"))
    return masked.with_columns(**withheld_where(is_protected, withheld))


_MOVED = ("rank_before", "likelihood_before", "priority", "priority_before")
"""Columns of ``LIST_CHANGE`` that say how a child moved, or why."""


def masked_in_view(in_view: pl.DataFrame, protected: pl.Series) -> pl.DataFrame:
    """``LEAD`` of the children in view, as every reader of the list may see it."""
    withheld = {
        **{name: pl.lit(WITHHELD) for name in ("off_because", "came_because", "record_id")},
        **{name: pl.lit(WHY_WITHHELD) for name in ("off_why", "came_why")},
        **{name: nothing(in_view, name) for name in _OF_A_LEAD},
        "lane": pl.lit(RESTRICTED),
        "records": pl.lit(WITHHELD),
        "restricted": pl.lit(True),
    }
    masked = in_view.with_columns(masked_off_list("off_why", "off_because"))
    return masked.with_columns(**withheld_where(is_about_protected(protected), withheld))


_OF_A_LEAD = (
    *("source", "since_on", "until_on", "link_probability", "other_child_id"),
    *("rank", "likelihood", "on_no_roll", "living_here", "of_age", "priority"),
)
"""Columns of ``LEAD`` that say why a child is off the list, or how near it was to the top."""


def changes_csvs(
    changed: WhatChanged, changes: pl.DataFrame, in_view: pl.DataFrame, protected: pl.Series
) -> dict[str, bytes]:
    """The files for all readers and, if a protected child is in them, its full rows for the restricted role.

    ``changes``, ``in_view``: those of ``changed``, masked.
    """
    files = {"changes.csv": csv_bytes(changes)}
    if in_view.height:
        files["in_view.csv"] = csv_bytes(in_view)
    restricted = restricted_csv("changes", changed.changes, protected) | restricted_csv(
        "in_view", changed.in_view, protected
    )
    return files | restricted
