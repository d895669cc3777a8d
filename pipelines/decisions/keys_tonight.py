"""What people decided about records, under the keys that those records have tonight (``RENUMBERED``)."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from pipelines.for_readers import store_for_readers
from pipelines.record_ids import one_row_a_record


def key_now(record_id: pl.Expr, renumbered: pl.DataFrame) -> pl.Expr:
    """Record ids; the key of each renumbered record is replaced by its latest."""
    return record_id if renumbered.is_empty() else record_id.replace(renumbered["record_id"], renumbered["now_id"])


def records_now(records: pl.Expr, renumbered: pl.DataFrame) -> pl.Expr:
    """Like :func:`key_now`, for several record ids joined by semicolons."""
    return records.str.split(";").list.eval(key_now(pl.element(), renumbered)).list.join(";")


def keys_at(decided: pl.DataFrame, renumbered: pl.DataFrame) -> pl.Series:
    """``record_id`` under tonight's keys, for each row of ``decided``.

    ``decided``: ``record_id``; ``night_at``, when the night began whose tables were decided on (null: not kept); ``at``,
    when the decision was kept, used where ``night_at`` is null. A key may have been given to another child since. A
    decision on earlier tables is about the child who had the key then, even if the decision came while the night that gave
    the key away was running, or from a sample that lay on a desk meanwhile.
    """
    until = pl.col("reused_at").fill_null(_NEVER)
    asked = decided.select("record_id", at=pl.coalesce("night_at", "at"))
    return _keys_as_of(asked, renumbered.select("record_id", "now_id", at=until))


def snapshot_now(snapshot: pl.DataFrame, renumbered: pl.DataFrame) -> pl.DataFrame:
    """``SNAPSHOT`` with each row under the key that its record has tonight. For a key that another child has now, rows
    first seen before ``since_on`` are the first child's."""
    is_asked = pl.col("record_id").is_in(renumbered["record_id"].implode())
    asked = snapshot.filter(is_asked)
    if asked.is_empty():
        return snapshot
    keys = renumbered.select("record_id", "now_id", at="since_on")
    now = asked.with_columns(_keys_as_of(asked.select("record_id", at="first_seen_on"), keys))
    return pl.concat([snapshot.filter(~is_asked), now])


def _keys_as_of(asked: pl.DataFrame, keys: pl.DataFrame) -> pl.Series:
    """``record_id`` of each row of ``asked`` under tonight's keys. Before ``at`` (``keys``), a key means ``now_id``; later,
    itself."""
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
"""For a key that nobody else has been given: whatever was decided under it is about its last holder."""


def outcomes_now(outcomes: pl.DataFrame, renumbered: pl.DataFrame) -> pl.DataFrame:
    """``OUTCOME`` with each child's records under tonight's keys, so that a renumbered record does not look new."""
    if outcomes.is_empty() or renumbered.is_empty():
        return outcomes
    records = one_row_a_record(outcomes.with_row_index("_outcome"), "_outcome", "night_at", "at")
    now = records.with_columns(keys_at(records, renumbered)).group_by("_outcome", maintain_order=True)
    return outcomes.with_columns(now.agg(pl.col("record_id").str.join(";"))["record_id"].alias("records"))


def judgements_now(judgements: pl.DataFrame, renumbered: pl.DataFrame) -> pl.DataFrame:
    """``JUDGEMENT`` under tonight's keys, with left_id < right_id; without pairs whose two keys are now one record."""
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
    """``RENUMBERED`` of the list in use. Raises :class:`~pipelines.workspace.StoreError` if there is no list."""
    with store_for_readers(workspace) as store:
        return store.read_or_empty("renumbered")
