"""What people decided of records, under the keys by which those records go tonight (``RENUMBERED``)."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from pipelines.for_readers import store_for_readers


def key_now(record_id: pl.Expr, renumbered: pl.DataFrame) -> pl.Expr:
    """Record ids, each that goes on under another key replaced by that one."""
    return record_id if renumbered.is_empty() else record_id.replace(renumbered["record_id"], renumbered["now_id"])


def records_now(records: pl.Expr, renumbered: pl.DataFrame) -> pl.Expr:
    """As :func:`key_now`, of several record ids joined by semicolons."""
    return records.str.split(";").list.eval(key_now(pl.element(), renumbered)).list.join(";")


def keys_at(decided: pl.DataFrame, renumbered: pl.DataFrame) -> pl.Series:
    """``record_id`` under the keys of tonight, of what was decided of the tables of the night begun ``night_at`` (null: those
    of the moment ``at`` which it was kept; all three columns of ``decided``).

    A key may have been given to another child since: what was decided of earlier tables is of the child that it was then,
    though it came while the night that gave the key away was running, or in a sample that lay on a desk meanwhile.
    """
    until = pl.col("reused_at").fill_null(_NEVER)
    asked = decided.select("record_id", at=pl.coalesce("night_at", "at"))
    return _keys_as_of(asked, renumbered.select("record_id", "now_id", at=until))


def snapshot_now(snapshot: pl.DataFrame, renumbered: pl.DataFrame) -> pl.DataFrame:
    """``SNAPSHOT`` with each row under the key by which its record goes tonight; of a key that has another child now, what
    came before that night is the first child's."""
    is_asked = pl.col("record_id").is_in(renumbered["record_id"].implode())
    asked = snapshot.filter(is_asked)
    if asked.is_empty():
        return snapshot
    keys = renumbered.select("record_id", "now_id", at="since_on")
    now = asked.with_columns(_keys_as_of(asked.select("record_id", at="first_seen_on"), keys))
    return pl.concat([snapshot.filter(~is_asked), now])


def _keys_as_of(asked: pl.DataFrame, keys: pl.DataFrame) -> pl.Series:
    """``record_id`` of each row of ``asked`` as it goes tonight: a key stands for its ``now_id`` until ``at`` (``keys``)."""
    found = (
        asked.with_row_index("_place")
        .sort("at")
        .join_asof(
            keys.sort("at"),
            on="at",
            by="record_id",
            strategy="forward",
            allow_exact_matches=False,
            check_sortedness=False,
        )
    )
    return found.sort("_place").select(pl.coalesce("now_id", "record_id").alias("record_id")).to_series()


_NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""A key that nobody has: whatever was decided under it is of the child that had it last."""


def outcomes_now(outcomes: pl.DataFrame, renumbered: pl.DataFrame) -> pl.DataFrame:
    """``OUTCOME`` with the records of each child under the keys of tonight: one renumbered since is no new record."""
    if outcomes.is_empty() or renumbered.is_empty():
        return outcomes
    each = outcomes.select("night_at", "at", pl.col("records").str.split(";").alias("record_id")).with_row_index(
        "_outcome"
    )
    records = each.explode("record_id", empty_as_null=True)
    now = records.with_columns(keys_at(records, renumbered)).group_by("_outcome", maintain_order=True)
    return outcomes.with_columns(now.agg(pl.col("record_id").str.join(";"))["record_id"].alias("records"))


def judgements_now(judgements: pl.DataFrame, renumbered: pl.DataFrame) -> pl.DataFrame:
    """``JUDGEMENT`` of pairs under the keys of tonight, each in the order of its ids."""
    if judgements.is_empty() or renumbered.is_empty():
        return judgements
    ends = judgements.with_columns(
        keys_at(judgements.select("night_at", "at", record_id=side), renumbered).alias(side)
        for side in ("left_id", "right_id")
    )
    return ends.with_columns(
        left_id=pl.min_horizontal("left_id", "right_id"), right_id=pl.max_horizontal("left_id", "right_id")
    ).filter(pl.col("left_id") != pl.col("right_id"))


def keys_of_the_list(workspace: Path) -> pl.DataFrame:
    """``RENUMBERED`` as of the list in use. Raises :class:`~pipelines.workspace.StoreError` where there is none."""
    with store_for_readers(workspace) as store:
        return store.read_or_empty("renumbered")
