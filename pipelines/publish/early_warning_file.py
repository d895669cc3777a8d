"""``early_warning.csv``: who will be without education at the next term; protected children as on the list."""

import polars as pl

from pipelines.listing.masking import WITHHELD, keys_without_place
from pipelines.publish.tabular import csv_bytes

BECAUSE_WITHHELD = (
    "No place is known for the next term. The named restricted role finds the rest in the folder 'restricted'."
)


def masked_warning(children: pl.DataFrame, protected: pl.Series) -> pl.DataFrame:
    """``EARLY_WARNING`` as all who read the list may read it."""
    is_protected = pl.col("restricted") | pl.col("child_id").is_in(protected.implode())
    withheld = {
        "because": pl.lit(BECAUSE_WITHHELD),
        "address": pl.lit(WITHHELD),
        "postcode": pl.lit(WITHHELD),
        "records": keys_without_place(pl.col("records")),
        "restricted": pl.lit(True),
    }
    return children.with_columns(
        pl.when(is_protected).then(value).otherwise(pl.col(name)).alias(name) for name, value in withheld.items()
    )


def early_warning_csvs(children: pl.DataFrame, protected: pl.Series) -> dict[str, bytes]:
    """The file for all readers, and, where a protected child is on it, the full rows for the restricted role."""
    shown = masked_warning(children, protected)
    files = {"early_warning.csv": csv_bytes(shown)}
    full = children.filter(shown["restricted"]).with_columns(restricted=pl.lit(True))
    if full.height:
        files["restricted/early_warning_restricted.csv"] = csv_bytes(full)
    return files
