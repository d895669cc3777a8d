"""Ids of records, ``source:key``, and the records of a child in one text: sorted, separated by semicolons, which no id has."""

import polars as pl


def source_of(record_id: pl.Expr) -> pl.Expr:
    """The source whose record it is."""
    return record_id.str.split(":").list.first()


def sources_in(records: pl.Expr) -> pl.Expr:
    """The sources of record ids that are separated by ";", each once; none where the ids are withheld."""
    each = records.str.extract_all(r"(?:^|;)[a-z0-9_]+:").list.eval(pl.element().str.strip_chars(";:"))
    return each.list.unique()


def record_ids_by_child(child_records: pl.DataFrame) -> pl.DataFrame:
    """``child_id`` and ``records``: the child's record ids, sorted, separated by ";"."""
    by_child = child_records.select("child_id", "record_id").sort("record_id").group_by("child_id").agg("record_id")
    return by_child.select("child_id", records=pl.col("record_id").list.join(";"))


def one_row_a_record(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """One row is one record of one row of ``frame``: its ``columns``, and ``record_id`` from its ``records``; null: none."""
    each = frame.select(*columns, pl.col("records").str.split(";").alias("record_id"))
    return each.explode("record_id", empty_as_null=True)
