"""``other_teams.csv``: children not on the list whom another team should look at; protected children as on the list."""

import polars as pl

from pipelines.listing.masking import keys_without_place
from pipelines.listing.route import ADOPTION
from pipelines.publish.tabular import csv_bytes

BECAUSE_WITHHELD = "What another team should look at is withheld here: the folder 'restricted' has it."


def former_csv(records: pl.DataFrame) -> dict[str, bytes]:
    """Records of identities from before an adoption, by their keys alone, so that the adoption team can have them closed.

    No file where there are none.
    """
    return {"restricted/former_identities.csv": csv_bytes(records)} if records.height else {}


def other_teams_csvs(children: pl.DataFrame, protected: pl.Series) -> dict[str, bytes]:
    """The file for all readers, and, where a protected child is on it, the full rows for the restricted role.

    Children of the adoption team stand in the restricted file only: nobody else may learn of them.
    """
    is_protected = pl.col("restricted") | pl.col("child_id").is_in(protected.implode())
    marked = children.with_columns(restricted=is_protected | (pl.col("team") == ADOPTION))
    guarded = pl.col("restricted")
    shown = marked.filter(pl.col("team") != ADOPTION).with_columns(
        because=pl.when(guarded).then(pl.lit(BECAUSE_WITHHELD)).otherwise("because"),
        records=pl.when(guarded).then(keys_without_place(pl.col("records"))).otherwise("records"),
    )
    files = {"other_teams.csv": csv_bytes(shown)}
    full = marked.filter("restricted")
    if full.height:
        files["restricted/other_teams_restricted.csv"] = csv_bytes(full)
    return files
