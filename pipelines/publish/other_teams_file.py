"""``other_teams.csv``: children not on the list whom another team should look at; protected children are masked."""

import polars as pl

from data_contracts.rules import WITHHELD
from pipelines.listing.masking import withheld_where
from pipelines.listing.rank import RESTRICTED
from pipelines.listing.route import ADOPTION
from pipelines.publish.restricted_file import is_about_protected, restricted_csv
from pipelines.publish.tabular import csv_bytes

BECAUSE_WITHHELD = "What another team should look at is withheld here: it is in the folder 'restricted'."


def former_csv(records: pl.DataFrame) -> dict[str, bytes]:
    """Records of identities from before an adoption, by key only, so that the adoption team can have them closed.

    No file if there are none.
    """
    return {"restricted/former_identities.csv": csv_bytes(records)} if records.height else {}


def other_teams_csvs(children: pl.DataFrame, protected: pl.Series) -> dict[str, bytes]:
    """The file for all readers and, if a protected child is in it, its full rows for the restricted role.

    Children of the adoption team are in the restricted file only: nobody else may learn of them.
    """
    guarded = is_about_protected(protected) | (pl.col("team") == ADOPTION)
    marked = children.with_columns(restricted=guarded)
    # The team reveals how or where the child is educated, and so would the place of its row among those of the team.
    withheld = {
        "team": pl.lit(RESTRICTED),
        "because": pl.lit(BECAUSE_WITHHELD),
        "records": pl.lit(WITHHELD),
    }
    shown = marked.filter(pl.col("team") != ADOPTION).with_columns(**withheld_where(pl.col("restricted"), withheld))
    hidden = shown.filter("restricted").unique("child_id").sort("child_id")
    files = {"other_teams.csv": csv_bytes(pl.concat([shown.filter(~pl.col("restricted")), hidden]))}
    return files | restricted_csv("other_teams", marked, protected)
