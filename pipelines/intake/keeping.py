"""Puts tonight's rows in the place of last night's, once they are judged complete, and keeps what has changed."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

import polars as pl

from data_contracts.contract import Contract
from pipelines.amendment import Amendment
from pipelines.decisions.keys_tonight import key_now
from pipelines.intake.at_the_gate.gate import JudgedIntake, history_of, rows_before
from pipelines.intake.in_figures.earlier_nights import HISTORIES, History
from pipelines.intake.in_figures.figures import KEPT_DAYS, Intake
from pipelines.intake.in_figures.snapshot import history_after_tonight, snapshot_changes
from pipelines.intake.receipt.last_intake import PLACE
from pipelines.intake.receipt.receive import Received
from pipelines.intake.since_last_night.renumbered import renumbered_after_tonight
from pipelines.intake.since_last_night.vanished import Rolls, keep_vanished
from pipelines.store import Store


def keep_tonight(
    store: Store,
    received: Received,
    judged: JudgedIntake,
    contracts: Mapping[str, Contract],
    as_at: date,
    *,
    at: datetime,
) -> dict[str, int]:
    """Put tonight's rows in the place of last night's, keep what changed, and count it. ``at``: when the night began.

    Rows that count tonight: those that came, changed or are the same, that vanished from a roll, and that stand in (for a
    row of a roll set aside tonight, or because their source sent nothing).
    """
    stand = {*received.unchanged_sources, *judged.stands_in["source"]}
    before, was_gone = history_of(store), store.read_or_empty("vanished")
    gone = partial(
        _renumbered_and_vanished,
        _renumbered(store, received, contracts, stand, as_at, at=at),
        _rolls(store, received, contracts, stand),
        contracts=contracts,
        was_gone=was_gone,
        snapshot=before.snapshot,
        received=received,
        as_at=as_at,
        at=at,
    )
    with ThreadPoolExecutor(1) as aside:  # while this thread writes
        found = aside.submit(gone)
        changes, is_past = _keep_histories(
            store, before, judged.intake, as_at, forwards=received.last_intake.stood_on is not None
        )
        changed = _keep_rows(store, received, stand)
        renumbered, vanished = found.result()
    store.write("vanished", vanished)
    store.write("renumbered", renumbered)
    changed = pl.concat([changed, _differing(was_gone, vanished)])
    store.write("changed_row", changed.unique().sort().to_frame())
    # After a night of the past, the next night's rows are not compared with what it loaded.
    store.write("judged_file", received.judged.clear() if is_past else received.judged)
    store.write("flawed_row", received.flawed.alias("record_id").to_frame())
    counted = changes.filter(as_at=as_at).select("came", "changed", "went", "same").sum().row(0, named=True)
    went = vanished.filter(pl.col("vanished_on").is_not_null()).height
    silent = int(judged.stands_in["rows"].sum())
    return {**counted, "vanished": went, "standing_in": vanished.height - went + silent}


def _renumbered_and_vanished(
    renumber: Callable[[], pl.DataFrame],
    rolls: Rolls,
    *,
    contracts: Mapping[str, Contract],
    was_gone: pl.DataFrame,
    snapshot: pl.DataFrame,
    received: Received,
    as_at: date,
    at: datetime,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """``RENUMBERED`` and ``VANISHED`` after tonight. ``was_gone``, ``snapshot``: as they were before."""
    renumbered = renumber()
    # If a key is given to another child tonight, the earlier rows under it go by the key under which they go on.
    then = key_now(pl.col("record_id"), renumbered.filter(reused_at=at))
    set_aside = received.set_aside["record_id"]
    vanished = keep_vanished(
        was_gone.with_columns(then),
        replace(rolls, before={source: rows.with_columns(then) for source, rows in rolls.before.items()}),
        contracts,
        snapshot=snapshot.with_columns(then),
        doubtful=set_aside.filter(~set_aside.is_in(received.ended_without_day.implode())),
        renumbered=renumbered.filter(pl.col("reused_at").is_null()),
        as_at=as_at,
    )
    return renumbered, vanished


def _rolls(store: Store, received: Received, contracts: Mapping[str, Contract], stand: Collection[str]) -> Rolls:
    """The rolls as they are in the store and as they came; without those that are unchanged."""
    rolls = [source for source in contracts if contracts[source].is_roll and source not in stand]
    there = store.raw_sources()
    return Rolls(
        before={source: rows_before(store, received, source) for source in rolls if source in there},
        tonight={source: received.raw[source] for source in rolls if source in received.raw},
    )


def _renumbered(
    store: Store,
    received: Received,
    contracts: Mapping[str, Contract],
    stand: Collection[str],
    as_at: date,
    *,
    at: datetime,
) -> Callable[[], pl.DataFrame]:
    """What works out ``RENUMBERED`` after tonight, for the sources whose rows in the store change."""
    came = {
        source: rows.filter(~received.is_unchanged(source))
        for source, rows in received.raw.items()
        if source not in stand
    }
    there = set(store.raw_sources()).intersection(contracts)
    before = {
        source: rows_before(store, received, source) for source, rows in came.items() if rows.height and source in there
    }
    kept, leads = store.read_or_empty("renumbered"), store.read_or_empty("lead")
    return partial(renumbered_after_tonight, kept, before, came, contracts, as_at, at=at, leads=leads)


def _keep_histories(
    store: Store, before: History, intake: Intake, as_at: date, *, forwards: bool
) -> tuple[pl.DataFrame, bool]:
    """Write the histories with tonight's delivery. Returns ``DELIVERY_CHANGE``, and whether tonight is a night of the past.

    ``forwards``: tonight is later than every night kept, so that only the changes of the large history are written.
    """
    written = ["source_night", "source_measure", "delivery_change"]
    if forwards:
        step = snapshot_changes(before, intake, as_at)
        store.set_where("snapshot", "last_seen_on", as_at, among=step.seen, but=step.ended)
        store.change("snapshot", before.snapshot.clear(), step.opened)
        store.forget_before("snapshot", "last_seen_on", as_at - timedelta(days=KEPT_DAYS))
        kept = step.history
    else:
        kept = history_after_tonight(before, intake, as_at)
        written.append("snapshot")
    for table in written:
        store.write(table, getattr(kept, HISTORIES[table]))
    return kept.changes, kept is before


def _differing(one: pl.DataFrame, other: pl.DataFrame) -> pl.Series:
    """``record_id`` of the rows that are in only one of two tables, or differ between them."""
    parts = [a.join(b, on=a.columns, how="anti", nulls_equal=True) for a, b in ((one, other), (other, one))]
    return pl.concat(parts)["record_id"]


def _keep_rows(store: Store, received: Received, stand: Collection[str]) -> pl.Series:
    """Tonight's rows -> raw_*. Returns ``record_id`` of those that came, changed or went since records were last made.

    Unchanged rows are not written again, nor are those of the sources in ``stand``.
    """
    kept = {*received.raw, *stand}
    gone = {}
    for source in store.raw_sources():
        if source not in stand:
            was = received.previous_rows.get(source)
            ids = store.read_raw_columns(source, "record_id") if was is None else was.select("record_id")
            here = received.raw[source].select("record_id") if source in received.raw else ids.clear()
            gone[source] = ids.join(here, on="record_id", how="anti")["record_id"]
    changed = [store.read_or_empty("changed_row")["record_id"], *gone.values()]
    store.forget_raw(but=kept)
    for source, rows in received.raw.items():
        if source in stand:
            continue
        is_same = received.is_unchanged(source)
        put = rows.filter(~is_same)
        changed.append(put["record_id"])
        if not is_same.any():
            store.write_raw(source, rows)
            continue
        moved = rows.filter(received.relocated[source]).select(PLACE)
        store.amend_raw(source, rows, Amendment(put, gone[source], moved))
    return pl.concat(changed)
