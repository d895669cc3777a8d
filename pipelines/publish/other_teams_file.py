"""``other_teams.csv``: children not on the list whom another team should look at, without protected children."""

import polars as pl

from pipelines.listing.route import ADOPTION
from pipelines.publish.restricted_file import is_about_protected, restricted_csv
from pipelines.publish.tabular import csv_bytes


def former_csv(records: pl.DataFrame) -> dict[str, bytes]:
    """Records of identities from before an adoption, by key only, so that the adoption team can have them closed.

    No file if there are none.
    """
    return {"restricted/former_identities.csv": csv_bytes(records)} if records.height else {}


def other_teams_csvs(children: pl.DataFrame, protected: pl.Series) -> dict[str, bytes]:
    """The file for all readers and, if there are any, the rows of the restricted role alone: of protected children, as being
    here says that they are educated, and in some doubt; and of the adoption team's, of whom nobody else may learn."""
    guarded = is_about_protected(protected) | (pl.col("team") == ADOPTION)
    marked = children.with_columns(restricted=guarded)
    shown = csv_bytes(marked.filter(~pl.col("restricted")))
    return {"other_teams.csv": shown, **restricted_csv("other_teams", marked, protected)}
