"""The two steps between the folder and the work: is what came complete, and what has changed since the last night?

Judged first, on tonight's rows as they came; only what passes takes the place of the last night's rows in the store, so
that a night that is held leaves everything as the last list was made from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from data_contracts.contract import Contract
from pipelines.acceptance import in_force
from pipelines.completeness import ACCEPTED, HOLDS, STAMPS, History, judge_completeness, sentences
from pipelines.failure import HELD, NightFailed
from pipelines.intake import Intake, measure
from pipelines.publish.stale import mark_stale
from pipelines.receive import Received
from pipelines.snapshot import Snapshots, changed_tonight, keep
from pipelines.store import Store
from pipelines.tables import TABLES
from pipelines.vanished import Rolls, keep_vanished


@dataclass(frozen=True)
class Judged:
    """What the completeness gate found tonight."""

    intake: Intake
    found: pl.DataFrame
    """``COMPLETENESS``."""
    accepted: pl.DataFrame
    """``ACCEPTANCE`` in force tonight."""

    @property
    def held(self) -> tuple[str, ...]:
        """Why no list may be published, a sentence a reason; empty: it may."""
        return sentences(self.found, HOLDS)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What everything published tonight must carry, a sentence each."""
        accepted = {row["source"]: row for row in self.accepted.to_dicts()}
        overruled = tuple(
            f"{row['file']}: {row['words']} Accepted by {accepted[row['source']]['by']}."
            for row in self.found.filter(outcome=ACCEPTED).to_dicts()
        )
        return (*overruled, *sentences(self.found, STAMPS))


def _read(store: Store, table: str) -> pl.DataFrame:
    """A table of the store; empty before the first night."""
    return store.read(table) if store.has(table) else TABLES[table].to_frame()


def judge_tonight(store: Store, received: Received, contracts: Mapping[str, Contract], as_at: date) -> Judged:
    """Hold what was received against earlier nights; write what was found."""
    tables = ("source_night", "source_measure", "snapshot", "acceptance")
    history = History(*(_read(store, table) for table in tables))
    intake = measure(received.raw, contracts, received.deliveries, as_at)
    accepted = in_force(history.acceptances, received.deliveries, as_at)
    found = judge_completeness(
        intake,
        received.deliveries,
        contracts,
        history,
        came=pl.concat([intake.fingerprints.select("record_id"), received.set_aside.select("record_id")]),
        accepted=accepted["source"].to_list(),
        as_at=as_at,
    )
    store.write("completeness", found)
    return Judged(intake, found, accepted)


def keep_tonight(
    store: Store, received: Received, intake: Intake, contracts: Mapping[str, Contract], as_at: date
) -> dict[str, int]:
    """Put tonight's rows in the place of the last night's, keep what changed, and count it."""
    tables = ("snapshot", "delivery_change", "source_night", "source_measure")
    before = Snapshots(*(_read(store, table) for table in tables))
    rolls = [source for source in contracts if contracts[source].is_roll]
    vanished = keep_vanished(
        _read(store, "vanished"),
        Rolls(
            before={source: store.read_raw(source) for source in rolls if source in store.raw_sources()},
            tonight={source: received.raw[source] for source in rolls if source in received.raw},
        ),
        contracts,
        snapshot=before.snapshot,
        set_aside=received.set_aside,
        as_at=as_at,
    )
    kept = keep(before, intake, as_at)
    for table, frame in zip(tables, (kept.snapshot, kept.changes, kept.nights, kept.measures), strict=True):
        store.write(table, frame)
    store.write("vanished", vanished)
    store.forget_raw()
    for source, rows in received.raw.items():
        store.write_raw(source, rows)
    counted = changed_tonight(kept, as_at).select("came", "changed", "went", "same").sum().row(0, named=True)
    gone = vanished.filter(pl.col("vanished_on").is_not_null()).height
    return {**counted, "vanished": gone, "standing_in": vanished.height - gone}


def held_night(published: Path, as_at: date, held: Sequence[str]) -> NightFailed:
    """Mark the list that stays as stale, and return what is said of the night that was held."""
    stays = mark_stale(published, as_at, held)
    stays_up = f"The list of {stays} stays up, marked stale." if stays else "No list has been published yet."
    told = "".join(f"\n  {reason}" for reason in held)
    return NightFailed(
        f"The night as at {as_at:%d/%m/%Y} is held: what came in is not complete, and a list made from it would mislead."
        f"{told}\n{stays_up} Ask the sender for the whole file and run the night again. Where the file is right, a named "
        'person overrules with: --accept FILE --why "..." --by NAME.',
        exit_code=HELD,
    )
