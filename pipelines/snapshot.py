"""Every delivery kept as history: which rows came, changed and went, night by night, in hashes only.

A slowly changing dimension of type 2: one row is one record as it stood from one night to another. The same night again
replaces itself, and the same rows again change nothing but the day on which they were last seen.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.intake import (
    KEPT_DAYS,
    LEARNT_DAYS,
    Intake,
    as_key_measures,
    keys_kept,
    keys_on,
    without_old,
)
from pipelines.tables import DELIVERY_CHANGE, SNAPSHOT, SOURCE_MEASURE, SOURCE_NIGHT


@dataclass(frozen=True)
class Snapshots:
    """What is kept of all deliveries, tonight's among them."""

    snapshot: pl.DataFrame
    """``SNAPSHOT``."""
    changes: pl.DataFrame
    """``DELIVERY_CHANGE``."""
    nights: pl.DataFrame
    """``SOURCE_NIGHT``."""
    measures: pl.DataFrame
    """``SOURCE_MEASURE``."""

    @classmethod
    def none(cls) -> "Snapshots":
        """Before the first night."""
        tables = (SNAPSHOT, DELIVERY_CHANGE, SOURCE_NIGHT, SOURCE_MEASURE)
        return cls(*(table.to_frame() for table in tables))


def keep(kept: Snapshots, intake: Intake, as_at: date) -> Snapshots:
    """``kept`` with tonight's delivery. What an earlier run of the same night left is replaced.

    A night for a date before the last one kept, run once more by hand, leaves the history as it is: time runs one way.
    """
    if kept.nights.filter(pl.col("as_at") > as_at).height:
        return kept
    earlier = [frame.filter(pl.col("as_at") < as_at) for frame in (kept.changes, kept.nights, kept.measures)]
    before = earlier[1].group_by("source").agg(before_on=pl.col("as_at").max())
    snapshot, changes = _kept(_rewound(kept.snapshot, before, as_at), intake.fingerprints, as_at)
    shares = as_key_measures(keys_kept(kept.snapshot, before, intake.fingerprints), as_at)
    came = intake.nights["source"].implode()
    measures = pl.concat([intake.measures, shares.filter(pl.col("source").is_in(came))])
    return Snapshots(
        without_old(snapshot, as_at, KEPT_DAYS, "last_seen_on"),
        without_old(pl.concat([earlier[0], changes]), as_at, KEPT_DAYS),
        without_old(pl.concat([earlier[1], intake.nights]), as_at, KEPT_DAYS),
        without_old(pl.concat([earlier[2], measures]), as_at, LEARNT_DAYS),
    )


def changed_tonight(kept: Snapshots, as_at: date) -> pl.DataFrame:
    """``DELIVERY_CHANGE`` of one night, by source."""
    return kept.changes.filter(pl.col("as_at") == as_at).sort("source")


def _rewound(snapshot: pl.DataFrame, before: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """The snapshot as it was before tonight, with ``before_on``: the last night before of each row's source."""
    last = pl.col("last_seen_on")
    return (
        snapshot.filter(pl.col("first_seen_on") < as_at)
        .join(before, on="source", how="left", validate="m:1", maintain_order="left")
        .with_columns(last_seen_on=pl.when(last >= as_at).then("before_on").otherwise(last))
    )


def _kept(snapshot: pl.DataFrame, tonight: pl.DataFrame, as_at: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """``SNAPSHOT`` and ``DELIVERY_CHANGE`` with tonight's rows; sources that did not come stay as they are."""
    stood = keys_on(snapshot, pl.col("before_on")).join(tonight.select("source").unique(), on="source", how="semi")
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
    judged = both.select(pl.coalesce("source", "was_of").alias("source"), "record_id", "row_hash", state=state)
    new = judged.filter(pl.col("state").is_in(["came", "changed"]))
    opened = (
        new.with_columns(first_seen_on=pl.lit(as_at), last_seen_on=pl.lit(as_at))
        .select(SNAPSHOT.names())
        .sort("record_id")
    )
    same = pl.col("record_id").is_in(judged.filter(state="same")["record_id"].implode())
    is_last = pl.col("last_seen_on") == pl.col("before_on")
    still = snapshot.with_columns(
        last_seen_on=pl.when(is_last & same).then(pl.lit(as_at)).otherwise(pl.col("last_seen_on"))
    )
    states = ("came", "changed", "went", "same")
    counted = judged.group_by("source").agg(((pl.col("state") == each).sum()).alias(each) for each in states)
    changes = counted.with_columns(as_at=pl.lit(as_at)).select(DELIVERY_CHANGE.names()).cast(DELIVERY_CHANGE)
    return pl.concat([still.select(SNAPSHOT.names()), opened]).cast(SNAPSHOT), changes.sort("source")
