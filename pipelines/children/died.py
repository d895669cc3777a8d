"""Children whom a source says have died: nobody is to be sent to such a door.

A wrong link must not hide a living child behind another's death: only a record that is certainly the child's counts.
"""

import polars as pl

CERTAIN = 0.9
"""From this membership on, a record of a death is the child's. Below it, an analyst settles the link first."""


def died(statements: pl.DataFrame, child_records: pl.DataFrame) -> pl.DataFrame:
    """One row is one child with a record that says the child has died; of several, the record most likely the child's.

    Columns: ``child_id``, ``died_record_id``, ``died_source``, ``died_sure`` (0..1, that the record is this child's).
    """
    deaths = statements.filter(pl.col("kind") == "died").select("record_id", "source").unique()
    return (
        child_records.join(deaths, on="record_id", how="inner", validate="1:m")
        .sort("child_id", "membership", "record_id", descending=[False, True, False])
        .unique("child_id", keep="first", maintain_order=True)
        .select("child_id", died_record_id="record_id", died_source="source", died_sure="membership")
    )


def surely_died(statements: pl.DataFrame, child_records: pl.DataFrame) -> pl.Series:
    """``child_id`` of every child who has certainly died (``CERTAIN``)."""
    return died(statements, child_records).filter(pl.col("died_sure") >= CERTAIN)["child_id"]
