"""The steps from files to records in one form."""

from datetime import date

import polars as pl

from pipelines.gate import judge_tonight, keep_tonight, last_intake
from pipelines.receive import receive, sender_files
from pipelines.restandardise import PLACE, made_by, renewed, to_make, turned, turning_columns
from pipelines.rule_history import with_tonight
from pipelines.standardise import Standardised, standardise
from pipelines.steps.under_way import Counts, Night
from pipelines.tables import CHANGED_ROW, RULE_HISTORY, STANDARDISED
from pipelines.vanished import still_known, together


def receive_step(night: Night) -> Counts:
    """Files -> delivery, breach, set_aside. The rows themselves wait until they are judged complete."""
    received = receive(
        night.settings.extracts,
        night.contracts,
        received_at=night.started_at,
        as_at=night.settings.as_at,
        last=None if night.settings.full else last_intake(night.store, night.settings.as_at),
    )
    night.store.write("delivery", received.deliveries)
    night.store.write("breach", received.breaches)
    night.store.write("set_aside", received.set_aside)
    history = night.store.read("rule_history") if night.store.has("rule_history") else RULE_HISTORY.to_frame()
    night.store.write("rule_history", with_tonight(history, received.rules))
    night.received, night.sender_files = received, sender_files(received)
    delivered = received.deliveries.select("rows_read", "rows_loaded", "rows_set_aside").sum().row(0, named=True)
    night.refused = tuple(received.deliveries.filter(verdict="refused")["file"])
    return {"files": received.deliveries.height, "files_refused": len(night.refused), **delivered}


def judge_completeness(night: Night) -> Counts:
    """Tonight's rows against earlier nights -> completeness. May hold the night."""
    assert night.received is not None  # noqa: S101 - receive stands before completeness in STEPS
    night.judged = judge_tonight(night.store, night.received, night.contracts, night.settings.as_at)
    return {"holds": len(night.judged.held), "warnings": len(night.judged.warnings)}


def keep_snapshot(night: Night) -> Counts:
    """Tonight's rows -> raw_* and what they were judged by, snapshot, delivery_change, source_*, vanished."""
    assert night.received is not None and night.judged is not None  # noqa: S101 - as STEPS has it
    intake = night.judged.intake
    counts = keep_tonight(night.store, night.received, intake, night.contracts, night.settings.as_at)
    night.received = None
    return counts


def standardise_step(night: Night) -> Counts:
    """raw_*, vanished, changed_row -> person_record, statement. Records whose row has not changed stay as they are."""
    store, as_at = night.store, night.settings.as_at
    known = still_known(store.read("vanished"), night.contracts, as_at)
    stamp = pl.DataFrame([(made_by(night.contracts), as_at)], schema=STANDARDISED, orient="row")
    last = store.read("standardised") if store.has("standardised") and not night.settings.full else stamp.clear()
    if last.filter(made_by=stamp["made_by"].item()).height:
        made = _with_changes(night, known, made_on=last["made_on"].item())
    else:
        raw = {source: store.read_raw(source) for source in store.raw_sources()}
        made = together(standardise(raw, night.contracts, as_at=as_at), known)
        store.write("person_record", made.person)
        store.write("statement", made.statements)
    store.write("standardised", stamp)
    store.write("changed_row", CHANGED_ROW.to_frame())
    return {"person_records": made.person.height, "statements": made.statements.height}


def _with_changes(night: Night, known: Standardised, *, made_on: date) -> Standardised:
    """Last night's records with those of changed rows made anew, written to the store."""
    store, contracts, as_at = night.store, night.contracts, night.settings.as_at
    sources = store.raw_sources()
    places = pl.concat(store.read_raw_columns(source, *PLACE).with_columns(source=pl.lit(source)) for source in sources)
    changed = [store.read("changed_row")["record_id"]]
    for source in sources if as_at != made_on else ():
        dated = store.read_raw_columns(source, "record_id", *turning_columns(contracts[source]))
        changed.append(turned(dated, contracts[source], made_on, as_at))
    kept = Standardised(store.read("person_record"), store.read("statement"))
    stale = to_make(changed, kept.person, places)
    raw = {
        str(source): store.read_raw(str(source), rows["record_id"])
        for (source,), rows in stale.partition_by("source", as_dict=True).items()
    }
    tonight = renewed(kept, together(standardise(raw, contracts, as_at=as_at), known), places)
    store.amend("person_record", tonight.standardised.person, tonight.person)
    store.amend("statement", tonight.standardised.statements, tonight.statements)
    return tonight.standardised
