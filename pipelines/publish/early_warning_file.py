"""``early_warning.csv``: who will be without education at the next term; protected children are masked as on the list."""

import polars as pl

from data_contracts.rules import WITHHELD
from pipelines.listing.masking import nothing, withheld_where
from pipelines.publish.restricted_file import is_about_protected, restricted_csv
from pipelines.publish.tabular import csv_bytes

BECAUSE_WITHHELD = (
    "No place is known for the next term. The named restricted role can find the rest in the folder 'restricted'."
)


def masked_warning(children: pl.DataFrame, protected: pl.Series) -> pl.DataFrame:
    """``EARLY_WARNING`` as every reader of the list may see it."""
    withheld = {
        "because": pl.lit(BECAUSE_WITHHELD),
        "address": pl.lit(WITHHELD),
        "postcode": pl.lit(WITHHELD),
        "records": pl.lit(WITHHELD),
        **{name: nothing(children, name) for name in ("no_place", "living_here")},
        "restricted": pl.lit(True),
    }
    return children.with_columns(**withheld_where(is_about_protected(protected), withheld))


def early_warning_csvs(children: pl.DataFrame, masked: pl.DataFrame, protected: pl.Series) -> dict[str, bytes]:
    """The file for all readers (``masked``) and, if a protected child is in it, its full rows for the restricted role."""
    return {"early_warning.csv": csv_bytes(masked), **restricted_csv("early_warning", children, protected)}
