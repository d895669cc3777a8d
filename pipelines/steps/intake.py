"""The steps from files to records in one form."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from pipelines.amendment import LARGEST_AMENDMENT, Amendment
from pipelines.intake.across_sources.name_order import read_the_other_way, with_surname_first
from pipelines.intake.at_the_gate.acceptance import acceptances_in_force
from pipelines.intake.at_the_gate.gate import against_last, judge_tonight, last_intake, places_taken_back
from pipelines.intake.former_identities import FormerIdentities, read_former, without_former
from pipelines.intake.in_one_form.restandardise import cells_changed_by_date, dated_cells, record_fingerprint
from pipelines.intake.in_one_form.standardise import Standardised
from pipelines.intake.keeping import keep_tonight
from pipelines.intake.receipt.receive import receive, sender_files
from pipelines.intake.receipt.rule_history import history_with
from pipelines.intake.schools import schools
from pipelines.intake.since_last_night.vanished import entries_changed_by_date, with_still_known
from pipelines.steps.under_way import Counts, Night
from pipelines.tables import CHANGED_ROW, DATED_CELL, STANDARDISED, STATEMENT

READ_ONCE_RECEIVED = ("child_record", "linked_record", "scored_pair", "provision", "explained")
"""Last night's tables that the steps from linkage on need. They are not read ahead while files are received, as receiving
uses both processors."""


def receive_step(night: Night) -> Counts:
    """Files -> delivery, breach, set_aside, rule_history. The rows themselves are not kept until they are judged complete."""
    received = receive(
        night.settings.extracts,
        night.contracts,
        received_at=night.started_at,
        as_at=night.settings.as_at,
        last=None if night.settings.full else last_intake(night.store, night.settings.as_at),
    )
    night.against_last = against_last(night.store, received, night.contracts, night.settings.as_at)
    accepted = acceptances_in_force(night.store.read_or_empty("acceptance"), received.deliveries, night.settings.as_at)
    refused = places_taken_back(night.against_last, accepted, night.contracts)
    received = received.refusing(refused) if refused else received
    night.store.write("delivery", received.deliveries)
    night.store.write("breach", received.breaches)
    night.store.write("set_aside", received.set_aside)
    night.store.write("rule_history", history_with(night.store.read_or_empty("rule_history"), received.rules))
    night.received, night.sender_files = received, sender_files(received)
    delivered = received.deliveries.select("rows_read", "rows_loaded", "rows_set_aside").sum().row(0, named=True)
    night.refused = tuple(received.deliveries.filter(verdict="refused")["file"])
    return {"files": received.deliveries.height, "files_refused": len(night.refused), **delivered}


def completeness_step(night: Night) -> Counts:
    """Tonight's rows, and what earlier nights had -> completeness. What it finds may hold the night."""
    assert night.received is not None and night.against_last is not None  # noqa: S101 - receive comes before completeness
    settings = night.settings
    if not settings.full:
        night.store.read_ahead(*READ_ONCE_RECEIVED)
    due, closures = settings.schools.due, settings.ranking.school_closures
    judged = judge_tonight(
        night.store,
        night.received,
        night.contracts,
        settings.as_at,
        due,
        against=night.against_last,
        closures=closures,
    )
    night.store.write("completeness", judged.completeness)
    night.judged_intake = judged
    return {"holds": len(judged.held), "warnings": len(judged.warnings)}


def snapshot_step(night: Night) -> Counts:
    """Tonight's rows -> raw_* and what they were judged by, changed_row, renumbered, snapshot, delivery_change, source_*,
    vanished."""
    assert night.received is not None and night.judged_intake is not None  # noqa: S101 - both come before snapshot in STEPS
    as_at, at = night.settings.as_at, night.started_at
    night.contracts = with_surname_first(night.contracts, _surname_first(night))
    counts = keep_tonight(night.store, night.received, night.judged_intake, night.contracts, as_at, at=at)
    night.received = None
    return counts


def standardise_step(night: Night) -> Counts:
    """raw_*, vanished, changed_row -> person_record, statement, school. While software, contracts and what is withheld stay the
    same, only records whose row has changed, or says something else tonight, are made anew. Meanwhile, if they
    are few, for the next step: the records as they are linked. If they show that a source has the surname first, all are made
    anew.

    Records of identities from before an adoption stay behind here (former_record): no later step reads them.
    """
    store, as_at = night.store, night.settings.as_at
    former = read_former(night.settings.workspace)
    last = store.read_or_empty("standardised")
    is_made = (
        last.filter(made_by=record_fingerprint(night.contracts, former.mark)).height > 0 and not night.settings.full
    )
    if not (is_made and _make_changed(night, former, made_on=last["made_on"].item())):
        _make_all(night, former)
        if _turns_names(night):
            _make_all(night, former)
    store.write("school", schools(store, night.contracts))
    stamp = (record_fingerprint(night.contracts, former.mark), as_at, sorted(_surname_first_in(night)))
    store.write("standardised", pl.DataFrame([stamp], schema=STANDARDISED, orient="row"))
    store.write("changed_row", CHANGED_ROW.to_frame())
    return {"person_records": store.count("person_record"), "statements": store.count("statement")}


def _surname_first(night: Night) -> list[str]:
    """The sources whose names were read with the surname first when records were last made."""
    held = night.store.read_or_empty("standardised")["surname_first"].drop_nulls()
    return held.explode().to_list() if held.len() else []


def _surname_first_in(night: Night) -> set[str]:
    return {source for source, contract in night.contracts.items() if contract.surname_first}


def _turns_names(night: Night) -> bool:
    """Whether the records show that names of a source are to be read the other way; from then on its contract says so."""
    read = _surname_first_in(night)
    turned = read_the_other_way(night.store.read("person_record"), read)
    night.contracts = with_surname_first(night.contracts, read.symmetric_difference(turned))
    return bool(turned)


def _make_all(night: Night, former: FormerIdentities) -> None:
    store, contracts, as_at = night.store, night.contracts, night.settings.as_at
    was = store.read_or_empty("person_record")
    raw = {source: store.read_raw(source) for source in store.raw_sources()}
    made, withheld = without_former(
        with_still_known(raw, store.read("vanished"), contracts, as_at), former, store.read("renumbered")
    )
    store.write("former_record", withheld.to_frame())
    store.write("dated_cell", _dated(night, raw))
    store.write("person_record", made.person)
    _keep_gone(night, former, was.join(made.person, on="record_id", how="anti"), made.person["record_id"])
    store.write("statement", made.statements)


def _make_changed(night: Night, former: FormerIdentities, *, made_on: date) -> bool:
    """Make anew the records of rows that changed or say something else tonight. False, with nothing done, if those are so
    many that making all records costs no more, or if they show that a source's names are to be read the other way."""
    store, contracts, as_at = night.store, night.contracts, night.settings.as_at
    vanished = store.read("vanished")
    stale = _stale(night, vanished, made_on)
    if stale.len() > LARGEST_AMENDMENT * store.count("person_record"):
        return False
    own = {source: stale.filter(stale.str.starts_with(f"{source}:")) for source in store.raw_sources()}
    raw = {source: store.read_raw(source, records) for source, records in own.items() if records.len()}
    kept = vanished.filter(pl.col("record_id").is_in(stale.implode()))
    made, withheld = without_former(with_still_known(raw, kept, contracts, as_at), former, store.read("renumbered"))
    if stale.len():
        before = store.read("former_record")["record_id"]
        unchanged = before.filter(~before.is_in(stale.implode()))
        store.write("former_record", pl.concat([unchanged, withheld]).sort().to_frame())
        gone = stale.filter(~stale.is_in(made.person["record_id"].implode())).alias("record_id").to_frame()
        _keep_gone(night, former, store.read_where("person_record", gone), made.person["record_id"])
        store.amend_rows("person_record", Amendment(made.person, stale))  # first, as the linkage waits for it
        if _turns_names(night):
            return False
        night.begin_to_link()
        store.amend_rows("statement", Amendment(made.statements, stale))
        store.change("dated_cell", DATED_CELL.to_frame(), _dated(night, raw, store.read("dated_cell")))
    else:
        night.begin_to_link()
    return True


def _keep_gone(night: Night, former: FormerIdentities, gone: pl.DataFrame, came: pl.Series) -> None:
    """Add records that are gone to ``GONE_RECORD``, but none of those that ``came``, or from before an adoption."""
    store = night.store
    every = pl.concat([store.read_or_empty("gone_record"), gone]).unique("record_id").sort("record_id")
    kept, _ = without_former(Standardised(every, STATEMENT.to_frame()), former, store.read("renumbered"))
    store.write("gone_record", kept.person.filter(~pl.col("record_id").is_in(came.implode())))


def _dated(night: Night, raw: Mapping[str, pl.DataFrame], known: pl.DataFrame | None = None) -> pl.DataFrame:
    """``DATED_CELL`` of these rows, without the cells in ``known``."""
    cells = [dated_cells(rows, night.contracts[source], known) for source, rows in raw.items()]
    return pl.concat([DATED_CELL.to_frame(), *cells])


def _stale(night: Night, vanished: pl.DataFrame, made_on: date) -> pl.Series:
    """``record_id`` of all records that must be made anew or no longer exist."""
    store, contracts, as_at = night.store, night.contracts, night.settings.as_at
    changed = [store.read("changed_row")["record_id"]]
    if as_at != made_on:
        dated = store.read("dated_cell")
        for source in store.raw_sources():
            cells = cells_changed_by_date(dated.filter(source=source), contracts[source], made_on, as_at)
            changed += [store.raw_where(source, column, each) for column, each in cells.items()]
        changed.append(entries_changed_by_date(vanished, contracts, made_on, as_at))
    return pl.concat(changed).unique().sort()
