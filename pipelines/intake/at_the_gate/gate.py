"""The gate between the folder and the night's work: is what came complete?

It judges tonight's rows as they came. Only what passes replaces last night's rows in the store
(:mod:`pipelines.intake.keeping`), so that a night that is held leaves everything that the last list was made from.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import polars as pl

from data_contracts.breach import Breach
from data_contracts.contract import Contract
from pipelines.failure import HELD, NightFailed
from pipelines.intake.at_the_gate.acceptance import acceptances_in_force
from pipelines.intake.at_the_gate.completeness import (
    ACCEPTED,
    HOLDS,
    STAMPS,
    IntakeTonight,
    judge_completeness,
    sentences,
)
from pipelines.intake.at_the_gate.date_judged import refuse_date_far_from_files
from pipelines.intake.at_the_gate.standing_in import STANDS_IN, standing_in
from pipelines.intake.in_figures.earlier_nights import HISTORIES, FailedChecks, History, failed_checks_as_measures
from pipelines.intake.in_figures.figures import (
    EMPTY,
    FINGERPRINT,
    KEPT_DAYS,
    LOST_NOBODY,
    UNIT,
    UNKNOWN,
    ChangedSource,
    Intake,
    UnchangedSource,
    measure_intake,
)
from pipelines.intake.receipt.elsewhere import ELSEWHERE, of_elsewhere
from pipelines.intake.receipt.last_intake import LastIntake, RowsBefore, reading_fingerprint
from pipelines.intake.receipt.receive import Received
from pipelines.intake.since_last_night.closed_units import units_losing_no_child
from pipelines.intake.since_last_night.other_children import other_children
from pipelines.intake.since_last_night.renumbered import NOBODY_LEFT, keys_left
from pipelines.intake.since_last_night.units import units_gone, units_that_went_on
from pipelines.intake.since_last_night.withdrawn import (
    TAKEN_BACK,
    established_rows,
    may_lose_with_keys,
    withdrawn_checks,
)
from pipelines.stale import mark_stale
from pipelines.store import Store
from pipelines.written_dates import day_written

ENDS_GONE = "ends that are gone"
"""Name of the rule for which a list of places is refused, as a breach shows it."""


@dataclass(frozen=True)
class JudgedIntake:
    """What the completeness gate found tonight."""

    intake: Intake
    completeness: pl.DataFrame
    """``COMPLETENESS``."""
    accepted: pl.DataFrame
    """``ACCEPTANCE`` in force tonight."""
    stands_in: pl.DataFrame = field(default_factory=STANDS_IN.to_frame)
    """``STANDS_IN``: sources that sent nothing, and whose last rows stand in."""

    @property
    def held(self) -> tuple[str, ...]:
        """Why no list may be published, one sentence for each reason; empty: it may be."""
        return sentences(self.completeness, HOLDS)

    @property
    def held_sources(self) -> tuple[str, ...]:
        """The sources that hold the night, each once."""
        return tuple(self.completeness.filter(outcome=HOLDS)["source"].unique(maintain_order=True))

    @property
    def cut_off(self) -> frozenset[str]:
        """Sources whose file may be cut off, or that have none: fewer rows came than usual, a unit is gone, or no row
        stands in any more; and nobody has accepted that."""
        is_cut = pl.col("check").is_in(["missing", "fewer rows", "rows gone", "units"]) & (pl.col("outcome") == STAMPS)
        return frozenset(self.completeness.filter(is_cut)["source"]) - {*self.accepted["source"]}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What everything published tonight must carry, one sentence each."""
        accepted = {row["source"]: row for row in self.accepted.to_dicts()}
        overruled = tuple(
            f"{row['file']}: {row['words']} Accepted by {accepted[row['source']]['by']}."
            for row in self.completeness.filter(outcome=ACCEPTED).to_dicts()
        )
        return (*overruled, *sentences(self.completeness, STAMPS))


def history_of(store: Store) -> History:
    """What earlier nights had, from the store."""
    return History(**{part: store.read_or_empty(table) for table, part in HISTORIES.items()})


def last_intake(store: Store, as_at: date) -> LastIntake:
    """What the last night loaded; empty if there is nothing to compare with tonight's rows."""
    judged = store.read_or_empty("judged_file")
    if judged.is_empty():
        return LastIntake()
    nights = store.read_or_empty("source_night")["as_at"]
    stood_on: date | None = max(nights.unique().to_list(), default=None)
    is_later = stood_on is not None and timedelta(0) < as_at - stood_on <= timedelta(days=KEPT_DAYS)
    return LastIntake(
        RowsBefore(store.raw_sources(), store.read_raw),
        judged,
        store.read("flawed_row")["record_id"],
        delivered=store.read("delivery"),
        breaches=store.read("breach"),
        set_aside=store.read("set_aside"),
        stood_on=stood_on if is_later else None,
    )


def rows_before(store: Store, received: Received, source: str) -> pl.DataFrame:
    """The rows of a source in the store; if its rows were compared, without those that came again unchanged."""
    return received.previous_rows[source] if source in received.previous_rows else store.read_raw(source)


@dataclass(frozen=True, slots=True)
class AgainstLast:
    """How the sources whose rows in the store differ from tonight's do so."""

    failed: FailedChecks
    """What shows other children or is taken back."""
    went_on: Mapping[str, frozenset[str]]
    """Source -> units that are gone and whose rows go on under others."""


def against_last(store: Store, received: Received, contracts: Mapping[str, Contract], as_at: date) -> AgainstLast:
    """Compare what was received with the rows in the store; with none if tonight is earlier than the last night kept."""
    return _Gate(store, received, contracts, as_at, history_of(store)).against_last()


def judge_tonight(
    store: Store,
    received: Received,
    contracts: Mapping[str, Contract],
    as_at: date,
    units_due: Mapping[str, Sequence[str]],
    *,
    against: AgainstLast,
    closures: Sequence[tuple[date, date]] = (),
) -> JudgedIntake:
    """Compare what was received with earlier nights, and with the units due in each source (``units_due``). Nothing is
    written: what is in the store is read only where it is asked for. ``against``: from :func:`against_last`; sources that are
    no longer ``received`` do not count. ``closures``: first and last day of times when the authority's schools are closed,
    besides the usual holidays."""
    gate = _Gate(store, received, contracts, as_at, history_of(store))
    intake = gate.measured()
    refuse_date_far_from_files(intake, as_at)
    accepted = acceptances_in_force(gate.history.acceptances, received.deliveries, as_at)
    sources, before = accepted["source"].to_list(), gate.history.before(as_at)
    stands_in = standing_in(
        before.nights,
        contracts,
        came=intake.nights["source"].to_list(),
        kept=gate.may_stand(),
        accepted=sources,
        as_at=as_at,
    )
    failed = {source: checks for source, checks in against.failed.items() if source in received.raw}
    failed |= gate.history.failed_checks_on(as_at, intake)
    went_on = {source: units for source, units in against.went_on.items() if source in received.raw}
    lost = gate.units_losing_no_child(before, intake.measures, went_on, accepted=sources)
    intake = replace(intake, measures=pl.concat([intake.measures, lost, failed_checks_as_measures(failed, as_at)]))
    came = IntakeTonight(
        as_at=as_at,
        received=received,
        intake=intake,
        failed_checks=failed,
        stands_in=stands_in,
        accepted=sources,
        due=units_due,
        closures=closures,
    )
    return JudgedIntake(intake, judge_completeness(came, contracts, before), accepted, stands_in)


def places_taken_back(
    against: AgainstLast, acceptances: pl.DataFrame, contracts: Mapping[str, Contract]
) -> dict[str, Breach]:
    """Source -> what is wrong with its files (of no file yet): lists of places in which what had ended would go on, and hide
    children who have lost their place. They are not to be loaded, as their last rows are truer.

    A roll holds the night instead. What a named person has accepted (``acceptances``, in force tonight) is loaded as it is.
    """
    accepted = acceptances["source"].to_list()
    asked = [source for source in against.failed if _is_refused_for(contracts[source]) and source not in accepted]
    told = {source: dict(against.failed[source]).get(TAKEN_BACK) for source in asked}
    fix = "Send the whole file again, with the day on which each entry ended."
    return {source: Breach.of_file(source, "", ENDS_GONE, why, fix) for source, why in told.items() if why}


def _with_columns_since(before: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Rows of the store with the columns that the contract has got since an earlier version took them in: null."""
    since = [column.name for column in contract.columns if column.name not in before.columns]
    return before.with_columns(pl.lit(None, pl.String).alias(name) for name in since)


def _is_refused_for(contract: Contract) -> bool:
    stamps = contract.completeness.outcome(TAKEN_BACK, is_roll=contract.is_roll) == STAMPS
    return bool(contract.ends_of_places) and stamps


@dataclass(frozen=True, slots=True)
class _Gate:
    """One night at the gate: what was received, what is in the store, and what earlier nights had."""

    store: Store
    received: Received
    contracts: Mapping[str, Contract]
    as_at: date
    history: History

    def measured(self) -> Intake:
        """What was received, in figures; for rows unchanged in the store since the last night, the figures of that night."""
        return measure_intake(
            self.received.raw,
            self.contracts,
            self.received.deliveries,
            self.as_at,
            standing=self._standing(),
            stood=self._stood(),
        )

    def _standing(self) -> dict[str, UnchangedSource]:
        """The sources of which nothing was read tonight, as their rows in the store are unchanged."""
        if self.received.last_intake.stood_on is None:
            return {}
        on = pl.col("as_at") == self.received.last_intake.stood_on
        nights = self.history.nights.filter(on)
        measures = self.history.measures.filter(on & pl.col("measure").is_in([EMPTY, UNKNOWN, UNIT]))
        return {
            source: UnchangedSource(
                nights.filter(source=source),
                measures.filter(source=source),
                partial(self.store.raw_cells, source),
                partial(self.store.read_raw_columns, source),
            )
            for source in self.received.unchanged_sources
        }

    def _stood(self) -> dict[str, ChangedSource]:
        """The sources that were compared, row by row, with last night's rows in the store."""
        received, last, history = self.received, self.received.last_intake, self.history
        if last.stood_on is None:
            return {}
        there = set(history.nights.filter(as_at=last.stood_on)["source"])
        stood = history.snapshot.filter(pl.col("last_seen_on") == last.stood_on).select(FINGERPRINT.names())
        empty = history.measures.filter(as_at=last.stood_on, measure=EMPTY)
        counted = {source: set(last.judged.filter(source=source)["read_by"]) for source in received.raw}
        as_now = [source for source, read in counted.items() if read == {reading_fingerprint(self.contracts[source])}]
        return {
            source: ChangedSource(
                stood.filter(source=source),
                received.is_unchanged(source),
                received.previous_rows[source],
                empty.filter((pl.col("source") == source) & pl.lit(source in as_now)),
            )
            for source in received.raw
            if source in there and source in last.raw
        }

    def may_stand(self) -> list[str]:
        """Sources whose rows in the store may stand in for tonight's: not those whose rows are a list of elsewhere, like
        the file that was refused."""
        store, received, contracts = self.store, self.received, self.contracts
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

    def against_last(self) -> AgainstLast:
        """As :func:`against_last`."""
        received, contracts, as_at = self.received, self.contracts, self.as_at
        failed, went_on = {}, {}
        for source in self._comparable():
            contract, tonight, is_same = contracts[source], received.raw[source], received.is_unchanged(source)
            before, came = rows_before(self.store, received, source), tonight.filter(~is_same)
            before = _with_columns_since(before, contract)
            as_settled, still = established_rows(self.history, source, before), tonight.lazy().filter(is_same)
            has_lost = units_gone(before, tonight, contract)
            left = NOBODY_LEFT
            if has_lost or may_lose_with_keys(contract, before, tonight, as_at):
                left = keys_left({source: before}, {source: came}, contracts, as_at)
            failed[source] = [
                *other_children(contract, before, came, int(is_same.sum())).failed_checks,
                *withdrawn_checks(contract, as_settled, came, still, left=left, as_at=as_at),
            ]
            if has_lost:
                went_on[source] = units_that_went_on(before, tonight, left, contract)
        return AgainstLast(failed, went_on)

    def _comparable(self) -> list[str]:
        """Sources that have rows in the store and other rows tonight; none if tonight is earlier than the last night kept."""
        stood_on: date | None = max(self.history.nights["as_at"].unique().to_list(), default=None)
        if stood_on is None or stood_on > self.as_at:
            return []
        there = set(self.received.raw).intersection(self.store.raw_sources())
        return sorted(source for source in there if not self.received.is_unchanged(source).all())

    def units_losing_no_child(
        self,
        before: History,
        measures: pl.DataFrame,
        went_on: Mapping[str, Collection[str]],
        *,
        accepted: Collection[str],
    ) -> pl.DataFrame:
        """``SOURCE_MEASURE``: the units that lost rows or places but nobody by it, in this run of tonight or an earlier
        one.

        ``before``: what counts of the history for tonight. ``measures``: ``SOURCE_MEASURE`` of tonight. ``went_on``: by
        source, units whose rows go on under others. ``accepted``: sources that a named person has accepted.
        """
        as_at, nights = self.as_at, self.history.nights
        again = nights.filter(pl.col("as_at") >= as_at)  # for these, the rows in the store are not an earlier night's
        stand = {
            source: partial(self.store.read_raw, source)
            for source in {*self.store.raw_sources()}.difference(accepted, again["source"])
        }
        earlier = self.history.measures.filter(as_at=as_at, measure=LOST_NOBODY).group_by("source").agg("of", "value")
        lost_nobody = {source: dict(zip(units, rows, strict=True)) for source, units, rows in earlier.iter_rows()}
        known = {
            source: dict.fromkeys(went_on.get(source, ()), 0.0) | lost_nobody.get(source, {})
            for source in self.contracts
        }
        return units_losing_no_child(
            stand, self.received.raw, self.contracts, before, known=known, measures=measures, as_at=as_at
        )


def held_night(published: Path, as_at: date, judged: JudgedIntake) -> NightFailed:
    """Mark the list that stays as stale, and return the error for the night that is held."""
    stays = mark_stale(published, as_at, judged.held)
    stays_up = (
        f"The list of {day_written(stays)} stays in use, marked as stale."
        if stays
        else "No list has been published yet."
    )
    accepted = " ".join(f"--accept {source}" for source in judged.held_sources)
    reasons = "".join(f"\n  {reason}" for reason in judged.held)
    return NightFailed(
        f"The night as at {day_written(as_at)} is held: what was received is not complete, and a list made from it would "
        f"mislead.{reasons}\n{stays_up} Ask the sender for the complete file and run the night again; rollcall check says what "
        "is wrong with a file. If all of it is right as it is, a named person can overrule this for tonight with: "
        f'{accepted} --why "..." --by NAME.',
        exit_code=HELD,
    )
