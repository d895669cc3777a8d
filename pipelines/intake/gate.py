"""The two steps between the folder and the work: is what came complete, and what has changed since the last night?

Judged first, on tonight's rows as they came; only what passes takes the place of the last night's rows in the store, so
that a night that is held leaves everything as the last list was made from.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import polars as pl

from data_contracts.contract import Contract
from pipelines.amendment import Amendment
from pipelines.decisions.keys_tonight import key_now
from pipelines.failure import HELD, NightFailed
from pipelines.intake.acceptance import in_force
from pipelines.intake.closed_units import lost_nobody
from pipelines.intake.completeness import ACCEPTED, HOLDS, STAMPS, judge_completeness, sentences
from pipelines.intake.date_judged import refuse_date_far_from_files
from pipelines.intake.earlier_nights import HISTORIES, History, Told, told_as_measures
from pipelines.intake.figures import (
    EMPTY,
    FINGERPRINT,
    KEPT_DAYS,
    LOST_NOBODY,
    UNIT,
    UNKNOWN,
    Intake,
    Standing,
    Stood,
    last_hashes,
    measure,
)
from pipelines.intake.last_intake import PLACE, LastIntake, RowsBefore, read_by
from pipelines.intake.other_children import other_children
from pipelines.intake.receive import Received
from pipelines.intake.renumbered import keys_left, with_tonight
from pipelines.intake.snapshot import forward, keep
from pipelines.intake.standing_in import STANDS_IN, standing_in
from pipelines.intake.taken_back import settled, taken_back
from pipelines.intake.units import units_gone, units_that_went_on
from pipelines.intake.vanished import Rolls, keep_vanished
from pipelines.stale import mark_stale
from pipelines.store import Store


@dataclass(frozen=True)
class JudgedIntake:
    """What the completeness gate found tonight."""

    intake: Intake
    found: pl.DataFrame
    """``COMPLETENESS``."""
    accepted: pl.DataFrame
    """``ACCEPTANCE`` in force tonight."""
    stands_in: pl.DataFrame = field(default_factory=STANDS_IN.to_frame)
    """``STANDS_IN``: sources that sent nothing, and whose last rows stand."""

    @property
    def held(self) -> tuple[str, ...]:
        """Why no list may be published, a sentence a reason; empty: it may."""
        return sentences(self.found, HOLDS)

    @property
    def held_sources(self) -> tuple[str, ...]:
        """The sources that hold the night, each once."""
        return tuple(self.found.filter(outcome=HOLDS)["source"].unique(maintain_order=True))

    @property
    def cut_off(self) -> frozenset[str]:
        """Sources whose file may be cut off, or of which none is there: fewer rows came than are usual, a unit is gone, or no
        row stands in any more; and nobody has accepted that."""
        is_cut = pl.col("check").is_in(["missing", "fewer rows", "rows gone", "units"]) & (pl.col("outcome") == STAMPS)
        return frozenset(self.found.filter(is_cut)["source"]) - {*self.accepted["source"]}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What everything published tonight must carry, a sentence each."""
        accepted = {row["source"]: row for row in self.accepted.to_dicts()}
        overruled = tuple(
            f"{row['file']}: {row['words']} Accepted by {accepted[row['source']]['by']}."
            for row in self.found.filter(outcome=ACCEPTED).to_dicts()
        )
        return (*overruled, *sentences(self.found, STAMPS))


def _history(store: Store) -> History:
    return History(**{part: store.read_or_empty(table) for table, part in HISTORIES.items()})


def last_intake(store: Store, as_at: date) -> LastIntake:
    """What the last night loaded; nothing, where its rows are not to be compared with tonight's."""
    judged = store.read_or_empty("judged_file")
    if judged.is_empty():
        return LastIntake()
    nights = store.read_or_empty("source_night")["as_at"]
    stood_on: date | None = max(nights.unique().to_list(), default=None)
    is_later = stood_on is not None and timedelta(0) < as_at - stood_on <= timedelta(days=KEPT_DAYS)
    return LastIntake(
        RowsBefore(store.raw_sources(), store.read_raw), judged, store.read("flawed_row")["record_id"],
        delivered=store.read("delivery"), breaches=store.read("breach"), set_aside=store.read("set_aside"),
        stood_on=stood_on if is_later else None,
    )  # fmt: skip


def _standing(store: Store, received: Received, history: History) -> dict[str, Standing]:
    """The sources of which nothing was read tonight, as their rows stand in the store."""
    if received.last.stood_on is None:
        return {}
    on = pl.col("as_at") == received.last.stood_on
    nights = history.nights.filter(on)
    measures = history.measures.filter(on & pl.col("measure").is_in([EMPTY, UNKNOWN, UNIT]))
    return {
        source: Standing(
            nights.filter(source=source),
            measures.filter(source=source),
            partial(store.raw_cells, source),
            partial(store.read_raw_columns, source),
        )
        for source in received.stands
    }


def _stood(received: Received, contracts: Mapping[str, Contract], history: History) -> dict[str, Stood]:
    """The sources that were held, row by row, against the rows of the night before that stand in the store."""
    last = received.last
    if last.stood_on is None:
        return {}
    there = set(history.nights.filter(as_at=last.stood_on)["source"])
    stood = history.snapshot.filter(pl.col("last_seen_on") == last.stood_on).select(FINGERPRINT.names())
    empty = history.measures.filter(as_at=last.stood_on, measure=EMPTY)
    counted = {source: set(last.judged.filter(source=source)["read_by"]) for source in received.raw}
    as_now = [source for source, read in counted.items() if read == {read_by(contracts[source])}]
    return {
        source: Stood(
            stood.filter(source=source), received.is_same(source), received.otherwise[source],
            empty.filter((pl.col("source") == source) & pl.lit(source in as_now)),
        )
        for source in received.raw
        if source in there and source in last.raw
    }  # fmt: skip


def _comparable(store: Store, received: Received, history: History, as_at: date) -> list[str]:
    """Sources of which rows stand in the store and others came tonight; none on a night before theirs."""
    stood_on: date | None = max(history.nights["as_at"].unique().to_list(), default=None)
    if stood_on is None or stood_on > as_at:
        return []
    there = set(received.raw).intersection(store.raw_sources())
    return sorted(source for source in there if not received.is_same(source).all())


def _against_last(
    store: Store, received: Received, history: History, contracts: Mapping[str, Contract], as_at: date
) -> tuple[Told, dict[str, frozenset[str]]]:
    """By source, held against the rows that stand in the store: what tells of other children, or is taken back; and the units
    that are gone and whose rows go on under others."""
    told, went_on = {}, {}
    for source in _comparable(store, received, history, as_at):
        contract, tonight, is_same = contracts[source], received.raw[source], received.is_same(source)
        before, came = _before(store, received, source), tonight.filter(~is_same)
        told[source] = [
            *other_children(contract, before, came, int(is_same.sum())).told,
            *taken_back(contract, settled(history, source, before), came, tonight.lazy().filter(is_same), as_at),
        ]
        if units_gone(before, tonight, contract):  # which row goes on as which is asked only then
            left = keys_left({source: before}, {source: came}, contracts, as_at)
            went_on[source] = units_that_went_on(before, tonight, left, contract)
    return told, went_on


def _before(store: Store, received: Received, source: str) -> pl.DataFrame:
    """The rows of a source that stand in the store; without those that came again as they were, where that was seen."""
    return received.otherwise[source] if source in received.otherwise else store.read_raw(source)


def judge_tonight(
    store: Store,
    received: Received,
    contracts: Mapping[str, Contract],
    as_at: date,
    units_due: Mapping[str, Sequence[str]],
) -> JudgedIntake:
    """Hold what was received against earlier nights, and the units that are due in each source; write what was found."""
    history = _history(store)
    intake = _measured(store, received, contracts, history, as_at)
    refuse_date_far_from_files(intake, as_at)
    accepted = in_force(history.acceptances, received.deliveries, as_at)
    sources, before = accepted["source"].to_list(), history.before(as_at)
    stands_in = standing_in(
        before.nights, contracts, came=intake.nights["source"].to_list(), kept=store.raw_sources(),
        accepted=sources, as_at=as_at,
    )  # fmt: skip
    told, went_on = _against_last(store, received, history, contracts, as_at)
    told |= history.told_on(as_at, intake)
    lost = _lost_nobody(
        store, received, contracts, history, before=before, went_on=went_on, accepted=sources, measures=intake.measures,
        as_at=as_at,
    )  # fmt: skip
    intake = replace(intake, measures=pl.concat([intake.measures, lost, told_as_measures(told, as_at)]))
    found = judge_completeness(
        intake,
        received.deliveries,
        contracts,
        before,
        breaches=received.breaches,
        told=told,
        set_aside=received.set_aside,
        stands_in=stands_in,
        accepted=sources,
        due=units_due,
        as_at=as_at,
    )
    store.write("completeness", found)
    return JudgedIntake(intake, found, accepted, stands_in)


def _lost_nobody(
    store: Store,
    received: Received,
    contracts: Mapping[str, Contract],
    history: History,
    *,
    before: History,
    went_on: Mapping[str, Collection[str]],
    accepted: Collection[str],
    measures: pl.DataFrame,
    as_at: date,
) -> pl.DataFrame:
    """``SOURCE_MEASURE``: the units that lost rows or places, and nobody by it, in this run of tonight or an earlier one.

    ``before``: what counts of ``history`` for tonight. ``went_on``: by source, units whose rows go on under others.
    ``accepted``: sources that a named person has accepted. ``measures``: ``SOURCE_MEASURE`` of tonight.
    """
    again = history.nights.filter(pl.col("as_at") >= as_at)  # of these what stands in the store is no earlier night's
    stand = {
        source: partial(store.read_raw, source)
        for source in {*store.raw_sources()}.difference(accepted, again["source"])
    }
    earlier = history.measures.filter(as_at=as_at, measure=LOST_NOBODY).group_by("source").agg("of", "value")
    told = {source: dict(zip(units, rows, strict=True)) for source, units, rows in earlier.iter_rows()}
    known = {source: dict.fromkeys(went_on.get(source, ()), 0.0) | told.get(source, {}) for source in contracts}
    return lost_nobody(stand, received.raw, contracts, before, known=known, measures=measures, as_at=as_at)


def _measured(
    store: Store, received: Received, contracts: Mapping[str, Contract], history: History, as_at: date
) -> Intake:
    """What was received in figures; of rows that stand in the store since the last night, those of that night."""
    stood = _stood(received, contracts, history)
    same = {source: rows["record_id"].filter(received.is_same(source))
            for source, rows in received.raw.items() if source not in stood}  # fmt: skip
    return measure(
        received.raw, contracts, received.deliveries, as_at, hashed=last_hashes(history.snapshot, same) if same else None,
        standing=_standing(store, received, history), stood=stood,
    )  # fmt: skip


def keep_tonight(
    store: Store,
    received: Received,
    judged: JudgedIntake,
    contracts: Mapping[str, Contract],
    as_at: date,
    *,
    at: datetime,
) -> dict[str, int]:
    """Put tonight's rows in the place of the last night's, keep what changed, and count it. ``at``: when the night began."""
    stand = {*received.stands, *judged.stands_in["source"]}
    before = _history(store)
    was_gone, renumbered = store.read_or_empty("vanished"), _renumbered(store, received, contracts, stand, as_at, at=at)
    # A key that is given to another child tonight is, of the rows before, that under which they go on.
    then = key_now(pl.col("record_id"), renumbered.filter(reused_at=at))
    vanished = keep_vanished(
        was_gone.with_columns(then), _rolls(store, received, contracts, stand, then), contracts,
        snapshot=before.snapshot.with_columns(then),
        doubtful=received.set_aside.filter(~pl.col("record_id").is_in(received.left.implode()))["record_id"],
        renumbered=renumbered.filter(pl.col("reused_at").is_null()), as_at=as_at,
    )  # fmt: skip
    changes, is_past = _keep_histories(store, before, judged.intake, as_at, forwards=received.last.stood_on is not None)
    store.write("vanished", vanished)
    store.write("renumbered", renumbered)
    _keep_rows(store, received, stand, _differing(was_gone, vanished))
    # What a night of the past loaded is not what the next night's rows are compared with.
    store.write("judged_file", received.judged.clear() if is_past else received.judged)
    store.write("flawed_row", received.flawed.alias("record_id").to_frame())
    counted = changes.filter(as_at=as_at).select("came", "changed", "went", "same").sum().row(0, named=True)
    gone = vanished.filter(pl.col("vanished_on").is_not_null()).height
    return {**counted, "vanished": gone, "standing_in": vanished.height - gone}


def _rolls(
    store: Store, received: Received, contracts: Mapping[str, Contract], stand: Collection[str], then: pl.Expr
) -> Rolls:
    """The rolls as they stand in the store, keys as ``then``, and as they came, without those that stand as they did."""
    rolls = [source for source in contracts if contracts[source].is_roll and source not in stand]
    there = store.raw_sources()
    return Rolls(
        before={source: _before(store, received, source).with_columns(then) for source in rolls if source in there},
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
) -> pl.DataFrame:
    """``RENUMBERED`` after tonight, of the sources that did not stay as they stand in the store."""
    came = {
        source: rows.filter(~received.is_same(source)) for source, rows in received.raw.items() if source not in stand
    }
    there = set(store.raw_sources()).intersection(contracts)
    before = {
        source: _before(store, received, source) for source, rows in came.items() if rows.height and source in there
    }
    kept, leads = store.read_or_empty("renumbered"), store.read_or_empty("lead")
    return with_tonight(kept, before, came, contracts, as_at, at=at, leads=leads)


def _keep_histories(
    store: Store, before: History, intake: Intake, as_at: date, *, forwards: bool
) -> tuple[pl.DataFrame, bool]:
    """Write the histories with tonight's delivery; ``DELIVERY_CHANGE``, and whether tonight is a night of the past.

    ``forwards``: tonight is later than every night kept, so that of the large one only what changed is written.
    """
    written = ["source_night", "source_measure", "delivery_change"]
    if forwards:
        step = forward(before, intake, as_at)
        store.set_where("snapshot", "last_seen_on", as_at, among=step.seen, but=step.ended)
        store.change("snapshot", before.snapshot.clear(), step.opened)
        store.forget_before("snapshot", "last_seen_on", as_at - timedelta(days=KEPT_DAYS))
        kept = step.history
    else:
        kept = keep(before, intake, as_at)
        written.append("snapshot")
    for table in written:
        store.write(table, getattr(kept, HISTORIES[table]))
    return kept.changes, kept is before


def _differing(one: pl.DataFrame, other: pl.DataFrame) -> pl.Series:
    """``record_id`` of the rows that stand in only one of two tables alike."""
    parts = [a.join(b, on=a.columns, how="anti", nulls_equal=True) for a, b in ((one, other), (other, one))]
    return pl.concat(parts)["record_id"]


def _keep_rows(store: Store, received: Received, stand: Collection[str], differing: pl.Series) -> None:
    """Tonight's rows -> raw_*, and which came, changed or went -> changed_row, the ``differing`` among them.

    Rows that are the same are not written again, nor those of the sources that ``stand``.
    """
    kept = {*received.raw, *stand}
    gone = {}
    for source in store.raw_sources():
        if source not in stand:
            was = received.otherwise.get(source)
            ids = store.read_raw_columns(source, "record_id") if was is None else was.select("record_id")
            here = received.raw[source].select("record_id") if source in received.raw else ids.clear()
            gone[source] = ids.join(here, on="record_id", how="anti")["record_id"]
    changed = [store.read_or_empty("changed_row")["record_id"], differing, *gone.values()]
    store.forget_raw(but=kept)
    for source, rows in received.raw.items():
        if source in stand:
            continue
        is_same = received.is_same(source)
        put = rows.filter(~is_same)
        changed.append(put["record_id"])
        if not is_same.any():
            store.write_raw(source, rows)
            continue
        moved = rows.filter(received.moved[source]).select(PLACE)
        store.amend_raw(source, rows, Amendment(put, gone[source], moved))
    store.write("changed_row", pl.concat(changed).unique().sort().to_frame())


def held_night(published: Path, as_at: date, judged: JudgedIntake) -> NightFailed:
    """Mark the list that stays as stale, and return what is said of the night that was held."""
    stays = mark_stale(published, as_at, judged.held)
    stays_up = f"The list of {stays:%d/%m/%Y} stays up, marked stale." if stays else "No list has been published yet."
    accepted = " ".join(f"--accept {source}" for source in judged.held_sources)
    told = "".join(f"\n  {reason}" for reason in judged.held)
    return NightFailed(
        f"The night as at {as_at:%d/%m/%Y} is held: what came in is not complete, and a list made from it would mislead."
        f"{told}\n{stays_up} Ask the sender for the whole file and run the night again; rollcall check says what is "
        "wrong with a file. Where all of it is right as it is, a named person overrules, for this night, with: "
        f'{accepted} --why "..." --by NAME.',
        exit_code=HELD,
    )
