"""Every delivery kept as history, in hashes only: which rows came, changed and went, night by night.

A slowly changing dimension of type 2: one row is one record as it was from one night to another. The same night again
replaces itself; the same rows again change nothing but the day on which they were last seen.
"""

from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from pipelines.intake.in_figures.earlier_nights import History
from pipelines.intake.in_figures.figures import (
    Intake,
    as_key_measures,
    keys_kept,
    keys_on,
    last_nights,
    recent_measures,
    without_old,
)
from pipelines.tables import DELIVERY_CHANGE, SNAPSHOT


def history_after_tonight(kept: History, intake: Intake, as_at: date) -> History:
    """``kept`` with tonight's delivery, which replaces what an earlier run of the same night left.

    A night for a date before the last one kept, run by hand once more, leaves the history as it is: time runs one way.
    """
    if kept.nights.filter(pl.col("as_at") > as_at).height:
        return kept
    changes, nights, measures = (
        frame.filter(pl.col("as_at") < as_at) for frame in (kept.changes, kept.nights, kept.measures)
    )
    rewound = _rewound(kept.snapshot, last_nights(nights), as_at).select(SNAPSHOT.names())
    step = snapshot_changes(
        replace(kept, nights=nights, measures=measures, snapshot=rewound, changes=changes), intake, as_at
    )
    with_last = rewound.join(
        step.seen, on="source", how="left", validate="m:1", maintain_order="left", suffix="_of_source"
    )
    is_seen = (pl.col("last_seen_on") == pl.col("last_seen_on_of_source")) & ~pl.col("record_id").is_in(
        step.ended.implode()
    )
    still = with_last.with_columns(last_seen_on=pl.when(is_seen).then(pl.lit(as_at)).otherwise("last_seen_on"))
    every = pl.concat([still.select(SNAPSHOT.names()), step.opened])
    return replace(step.history, snapshot=without_old(every, as_at, "last_seen_on"))


@dataclass(frozen=True)
class SnapshotChanges:
    """What a night later than all nights kept changes in ``SNAPSHOT``, and the other histories after it."""

    seen: pl.DataFrame
    """``source``, ``last_seen_on`` (its last night): rows with these values were seen tonight too, unless ``ended``."""
    ended: pl.Series
    """``record_id`` of rows that did not come again unchanged."""
    opened: pl.DataFrame
    """``SNAPSHOT``: rows that came in this form for the first time."""
    history: History
    """All histories but the snapshot, including tonight."""


def snapshot_changes(kept: History, intake: Intake, as_at: date) -> SnapshotChanges:
    """What :func:`history_after_tonight` makes of tonight's delivery if ``as_at`` is later than every night kept: only
    what changed."""
    before = last_nights(kept.nights)
    came = intake.nights.select("source")
    others = pl.concat([intake.fingerprints["record_id"], intake.rows_gone["record_id"]])
    may_differ = ~pl.col("source").is_in(list(intake.rows_before)) | pl.col("record_id").is_in(others.implode())
    judged = _with_states(_rewound(kept.snapshot.filter(may_differ), before, as_at), intake.fingerprints, came)
    still = [(as_at, source, 0, 0, 0, rows) for source, rows in intake.rows_unchanged.items()]
    every = pl.concat([_counted(judged, as_at), pl.DataFrame(still, schema=DELIVERY_CHANGE, orient="row")])
    changes = every.group_by("as_at", "source").sum()
    shares = as_key_measures(keys_kept(kept.snapshot, before, intake.fingerprints, intake), as_at)
    measures = pl.concat([intake.measures, shares.join(came, on="source", how="semi", maintain_order="left")])
    return SnapshotChanges(
        seen=before.join(came, on="source", how="semi").rename({"before_on": "last_seen_on"}),
        ended=judged.filter(pl.col("state").is_in(["changed", "went"]))["record_id"],
        opened=_opened(judged, as_at),
        history=replace(
            kept,
            changes=without_old(pl.concat([kept.changes, changes.sort("source")]), as_at),
            nights=without_old(pl.concat([kept.nights, intake.nights]), as_at),
            measures=recent_measures(without_old(pl.concat([kept.measures, measures]), as_at)),
        ),
    )


def _rewound(snapshot: pl.DataFrame, before: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """The snapshot as it was before tonight, with ``before_on``: the previous night of each row's source."""
    last = pl.col("last_seen_on")
    return (
        snapshot.filter(pl.col("first_seen_on") < as_at)
        .join(before, on="source", how="left", validate="m:1", maintain_order="left")
        .with_columns(last_seen_on=pl.when(last >= as_at).then("before_on").otherwise(last))
    )


def _with_states(snapshot: pl.DataFrame, tonight: pl.DataFrame, came: pl.DataFrame) -> pl.DataFrame:
    """``FINGERPRINT`` with ``state`` (came, changed, same, went) of every row before or tonight, for the sources that came.
    ``snapshot``: with ``before_on``; ``came``: ``source``."""
    stood = keys_on(snapshot, pl.col("before_on")).join(came, on="source", how="semi")
    both = tonight.join(
        stood.select("record_id", was="row_hash", was_of="source"), on="record_id", how="full", validate="1:1"
    )
    state = (
        pl.when(pl.col("record_id").is_null())
        .then(pl.lit("went"))
        .when(pl.col("was").is_null())
        .then(pl.lit("came"))
        .when(pl.col("was") == pl.col("row_hash"))
        .then(pl.lit("same"))
        .otherwise(pl.lit("changed"))
    )
    return both.select(
        pl.coalesce("source", "was_of").alias("source"),
        pl.coalesce("record_id", "record_id_right").alias("record_id"),
        "row_hash",
        state=state,
    )


def _opened(judged: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``SNAPSHOT`` of the rows that came in this form for the first time."""
    new = judged.filter(pl.col("state").is_in(["came", "changed"]))
    dated = new.with_columns(first_seen_on=pl.lit(as_at), last_seen_on=pl.lit(as_at))
    return dated.select(SNAPSHOT.names()).cast(SNAPSHOT).sort("record_id")


def _counted(judged: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``DELIVERY_CHANGE``."""
    states = ("came", "changed", "went", "same")
    counted = judged.group_by("source").agg(((pl.col("state") == each).sum()).alias(each) for each in states)
    changes = counted.with_columns(as_at=pl.lit(as_at)).select(DELIVERY_CHANGE.names()).cast(DELIVERY_CHANGE)
    return changes.sort("source")
