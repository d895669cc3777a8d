"""What counts as contact: that somebody met the child on a day. A letter that an agency sent to its whole list does not, nor a
day that it gives where it knows none."""

import numpy as np
import polars as pl

from pipelines.residence.default_days import without_default_days

SEEN, STARTS = "seen", "lives_here"
"""The kinds of statement that give a day of contact, and a day on which an entry began."""


def without_letters(statements: pl.DataFrame, child_records: pl.DataFrame, residence: pl.DataFrame) -> pl.DataFrame:
    """``statements`` (``STATEMENT``) without letters' dates and default days; the statements of kind ``seen`` that remain and
    have a day are contact.

    ``residence`` (``RESIDENCE``) says of which sources the child's last date is a letter's
    (:mod:`pipelines.residence.letters`). A day on which an entry began never is. The order of rows stays.
    """
    statements = without_default_days(statements)
    written = (
        residence.filter(pl.col("letters_of").is_not_null())
        .select("child_id", source=pl.col("letters_of").str.split(";"))
        .explode("source")
    )
    if written.is_empty():
        return statements
    theirs = child_records.join(written, on="child_id", how="inner").select("record_id", "child_id", "source")
    rows = statements.select("record_id", "source", "kind", "since_on").with_row_index("row")
    dates = rows.filter(pl.col("kind").is_in([SEEN, STARTS]))
    of_children = dates.join(theirs, on=["record_id", "source"], how="inner", validate="m:1")
    starts = of_children.filter(pl.col("kind") == STARTS)
    dated = of_children.filter(pl.col("kind") == SEEN).join(starts, on=["record_id", "since_on"], how="anti")
    last = pl.col("since_on") == pl.col("since_on").max().over("child_id", "source")
    stays = np.ones(statements.height, dtype=bool)
    stays[dated.filter(last)["row"].to_numpy()] = False
    return statements.filter(pl.Series(stays))
