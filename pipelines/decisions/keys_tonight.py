"""What people decided of records, under the keys by which those records go tonight (``RENUMBERED``)."""

from pathlib import Path

import polars as pl

from pipelines.for_readers import store_for_readers
from pipelines.store import Store
from pipelines.tables import RENUMBERED


def key_now(record_id: pl.Expr, renumbered: pl.DataFrame) -> pl.Expr:
    """Record ids, each that goes on under another key replaced by that one."""
    return record_id.replace(renumbered["record_id"], renumbered["now_id"])


def outcomes_now(outcomes: pl.DataFrame, renumbered: pl.DataFrame) -> pl.DataFrame:
    """``OUTCOME`` with the records of each child under the keys of tonight: one renumbered since is no new record."""
    if outcomes.is_empty() or renumbered.is_empty():
        return outcomes
    now = key_now(pl.element(), renumbered)
    return outcomes.with_columns(pl.col("records").str.split(";").list.eval(now).list.join(";"))


def judgements_now(judgements: pl.DataFrame, renumbered: pl.DataFrame) -> pl.DataFrame:
    """``JUDGEMENT`` of pairs under the keys of tonight, each in the order of its ids."""
    if judgements.is_empty() or renumbered.is_empty():
        return judgements
    ends = judgements.with_columns(key_now(pl.col(side), renumbered) for side in ("left_id", "right_id"))
    return ends.with_columns(
        left_id=pl.min_horizontal("left_id", "right_id"), right_id=pl.max_horizontal("left_id", "right_id")
    ).filter(pl.col("left_id") != pl.col("right_id"))


def keys_given_up(store: Store) -> pl.DataFrame:
    """``RENUMBERED``; empty where no night of this version has been run yet."""
    return store.read("renumbered") if store.has("renumbered") else RENUMBERED.to_frame()


def keys_of_the_list(workspace: Path) -> pl.DataFrame:
    """``RENUMBERED`` as of the list in use. Raises :class:`~pipelines.workspace.StoreError` where there is none."""
    with store_for_readers(workspace) as store:
        return keys_given_up(store)
