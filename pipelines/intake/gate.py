"""The gate between the folder and the work: is what came complete?

Judged on tonight's rows as they came; only what passes takes the place of the last night's rows in the store
(:mod:`pipelines.intake.keeping`), so that a night that is held leaves everything as the last list was made from.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import polars as pl

from data_contracts.contract import Contract
from pipelines.failure import HELD, NightFailed
from pipelines.intake.acceptance import in_force
from pipelines.intake.closed_units import lost_nobody
from pipelines.intake.completeness import ACCEPTED, HOLDS, STAMPS, judge_completeness, sentences
from pipelines.intake.date_judged import refuse_date_far_from_files
from pipelines.intake.earlier_nights import HISTORIES, History, Told, told_as_measures
from pipelines.intake.elsewhere import ELSEWHERE, of_elsewhere
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
from pipelines.intake.last_intake import LastIntake, RowsBefore, read_by
from pipelines.intake.other_children import other_children
from pipelines.intake.receive import Received
from pipelines.intake.renumbered import keys_left
from pipelines.intake.standing_in import STANDS_IN, standing_in
from pipelines.intake.taken_back import settled, taken_back
from pipelines.intake.units import units_gone, units_that_went_on
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


def history_of(store: Store) -> History:
    """What earlier nights had, as the store has it."""
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
        before, came = rows_before(store, received, source), tonight.filter(~is_same)
        told[source] = [
            *other_children(contract, before, came, int(is_same.sum())).told,
            *taken_back(contract, settled(history, source, before), came, tonight.lazy().filter(is_same), as_at),
        ]
        if units_gone(before, tonight, contract):  # which row goes on as which is asked only then
            left = keys_left({source: before}, {source: came}, contracts, as_at)
            went_on[source] = units_that_went_on(before, tonight, left, contract)
    return told, went_on


def rows_before(store: Store, received: Received, source: str) -> pl.DataFrame:
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
    history = history_of(store)
    intake = _measured(store, received, contracts, history, as_at)
    refuse_date_far_from_files(intake, as_at)
    accepted = in_force(history.acceptances, received.deliveries, as_at)
    sources, before = accepted["source"].to_list(), history.before(as_at)
    stands_in = standing_in(
        before.nights, contracts, came=intake.nights["source"].to_list(), kept=_may_stand(store, received, contracts),
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


def _may_stand(store: Store, received: Received, contracts: Mapping[str, Contract]) -> list[str]:
    """Sources whose rows in the store may stand in for tonight's: not those of a list of elsewhere, such as the one refused."""
    there = store.raw_sources()
    refused = {*received.breaches.filter(rule=ELSEWHERE)["source"]}.difference(received.raw).intersection(there)
    if not refused:
        return [*there]
    rolls = {
        source: received.raw[source] if source in received.raw else store.read_raw(source)
        for source in {*there, *received.raw}
        if source in contracts and contracts[source].is_roll
    }
    elsewhere = of_elsewhere({source: store.read_raw(source) for source in refused}, rolls, contracts)
    return [source for source in there if source not in elsewhere]


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
