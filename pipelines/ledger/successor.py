"""The id under which a child's records continue, when children are merged and split from night to night."""

import polars as pl

from pipelines.ledger.left_list import LEFT
from pipelines.record_ids import one_row_a_record


def current_child_ids(leads: pl.DataFrame, moves: pl.DataFrame, child_records: pl.DataFrame) -> pl.DataFrame:
    """``child_id``, ``spell``, ``now_id`` (tonight's child; null: no record of it is left) and ``continues``.

    A child who is there tonight is itself. One who is gone is the child that took most of its records, followed night by
    night through ``moves`` (``CHILD_MOVE`` since the last list); where those lead nowhere, the child that has most of the
    records that it had when last listed. Where several live leads lead to one child, ``continues`` is true for that child's
    own, or else the one listed first.
    """
    asked = pl.concat([leads["child_id"], moves["other_child_id"]]).unique().alias("child_id").to_frame()
    there = child_records.join(asked, on="child_id", how="semi")["child_id"].unique()
    here = pl.col("now_id").is_in(there.implode())
    ids = leads.select("child_id", "spell", "state", "first_listed_on", "records", now_id=pl.col("child_id"))
    for taken in _merges(moves):
        ids = ids.join(taken, on="now_id", how="left", validate="m:1", maintain_order="left")
        gone_on = pl.when(~here).then(pl.coalesce("into", "now_id")).otherwise("now_id")
        ids = ids.with_columns(now_id=gone_on).drop("into")
    lost = ids.filter(~here)
    by_records = _by_records(lost, child_records)
    found = ids.join(by_records, on=["child_id", "spell"], how="left", validate="1:1", maintain_order="left")
    found = found.with_columns(now_id=pl.when(here).then("now_id").otherwise("with_records"))
    named = found.join(
        _first_of_each(found), on=["child_id", "spell"], how="left", validate="1:1", maintain_order="left"
    )
    return named.select("child_id", "spell", "now_id", pl.col("continues").fill_null(value=False))


def _merges(moves: pl.DataFrame) -> list[pl.DataFrame]:
    """For each night, oldest first: ``now_id`` of a child that was merged away, and ``into`` which child."""
    merged = moves.filter(pl.col("kind") == "merged").sort(
        "as_at", "child_id", "records", "other_child_id", descending=[False, False, True, False]
    )
    most = merged.unique(["as_at", "child_id"], keep="first", maintain_order=True)
    nights = most.partition_by("as_at", maintain_order=True)
    return [night.select(now_id="child_id", into="other_child_id") for night in nights]


def _by_records(lost: pl.DataFrame, child_records: pl.DataFrame) -> pl.DataFrame:
    """``child_id``, ``spell``, ``with_records``: tonight's child that has most of a lead's records."""
    records = one_row_a_record(lost, "child_id", "spell")
    theirs = child_records.join(records, on="record_id", how="semi")
    return holder_of_most(records, theirs.select("record_id", with_records="child_id"))


def holder_of_most(records: pl.DataFrame, whose: pl.DataFrame) -> pl.DataFrame:
    """``child_id`` and ``spell`` of each lead, and who has most of its records; on a tie, the first in order.

    ``records``: ``child_id``, ``spell``, ``record_id``. ``whose``: ``record_id`` and one other column, who has the record.
    Leads of which nobody has a record are left out.
    """
    (holder,) = set(whose.columns) - {"record_id"}
    counted = (
        records.join(whose, on="record_id", how="inner", validate="m:1").group_by("child_id", "spell", holder).len()
    )
    order = counted.sort("child_id", "spell", "len", holder, descending=[False, False, True, False])
    return order.unique(["child_id", "spell"], keep="first", maintain_order=True).drop("len")


def _first_of_each(ids: pl.DataFrame) -> pl.DataFrame:
    """``child_id``, ``spell`` and ``continues`` (true) of the one live lead that continues under each id."""
    live = ids.filter(pl.col("state") != LEFT).drop_nulls("now_id")
    is_other = pl.col("child_id") != pl.col("now_id")
    best = live.sort(is_other, "first_listed_on", "child_id", "spell", nulls_last=True)
    chosen = best.unique("now_id", keep="first", maintain_order=True)
    return chosen.select("child_id", "spell", continues=pl.lit(value=True))
