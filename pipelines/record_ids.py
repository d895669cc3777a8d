"""The records of a child in one text: their ids, sorted and separated by semicolons, which no id contains."""

import polars as pl


def record_ids_by_child(child_records: pl.DataFrame) -> pl.DataFrame:
    """``child_id`` and ``records``: the child's record ids, sorted, separated by ";"."""
    by_child = child_records.select("child_id", "record_id").sort("record_id").group_by("child_id").agg("record_id")
    return by_child.select("child_id", records=pl.col("record_id").list.join(";"))


def one_row_a_record(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """One row is one record of one row of ``frame``: its ``columns``, and ``record_id`` from its ``records``; null: none."""
    each = frame.select(*columns, pl.col("records").str.split(";").alias("record_id"))
    return each.explode("record_id", empty_as_null=True)
