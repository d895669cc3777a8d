"""Children whom the last list showed openly and a source protects tonight: copies made before still say where to find them."""

from pathlib import Path

import polars as pl

from data_contracts.rules import WITHHELD
from pipelines.counted import counted
from pipelines.publish.outputs import EXPLAINED_FILE, LIST_FILE


def shown_openly(publication: Path | None) -> pl.Series:
    """child_id of every child whose whereabouts a publication shows to all its readers, on its list or among the explained.

    None if there was no publication, or its files cannot be read.
    """
    nobody = pl.Series("child_id", [], pl.String)
    if publication is None:
        return nobody
    try:
        listed = pl.read_parquet(publication / LIST_FILE, columns=["child_id", "restricted"])
        explained = pl.read_parquet(publication / EXPLAINED_FILE, columns=["child_id", "reason"])
    except (OSError, pl.exceptions.PolarsError):
        return nobody
    return pl.concat(
        [listed.filter(~pl.col("restricted")), explained.filter(pl.col("reason") != WITHHELD)], how="diagonal"
    )["child_id"]


def copies_to_destroy(shown: pl.Series, protected: pl.Series) -> tuple[str, ...]:
    """What to do about children of ``shown`` who are among ``protected`` tonight, in a sentence; nothing if there are none."""
    newly = protected.filter(protected.is_in(shown.implode())).len()
    if not newly:
        return ()
    showed = f"The last publication showed the whereabouts of {counted(newly, 'child')} now to be protected."
    return (
        f"{showed} Lists, sheets and copies from before tonight still say where to find them: have these destroyed, as "
        "docs/privacy.md says under 'Children at particular risk'.",
    )
