"""The steps from files to records in one form."""

from pipelines.gate import judge_tonight, keep_tonight
from pipelines.receive import receive, sender_files
from pipelines.rule_history import with_tonight
from pipelines.standardise import standardise
from pipelines.steps.under_way import Counts, Night
from pipelines.tables import RULE_HISTORY
from pipelines.vanished import still_known, together


def receive_step(night: Night) -> Counts:
    """Files -> delivery, breach, set_aside. The rows themselves wait until they are judged complete."""
    received = receive(
        night.settings.extracts, night.contracts, received_at=night.started_at, as_at=night.settings.as_at
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
    """Tonight's rows -> raw_*, snapshot, delivery_change, source_night, source_measure, vanished."""
    assert night.received is not None and night.judged is not None  # noqa: S101 - as STEPS has it
    intake = night.judged.intake
    counts = keep_tonight(night.store, night.received, intake, night.contracts, night.settings.as_at)
    night.received = None
    return counts


def standardise_step(night: Night) -> Counts:
    """raw_*, vanished -> person_record, statement."""
    raw = {source: night.store.read_raw(source) for source in night.store.raw_sources()}
    as_at = night.settings.as_at
    known = still_known(night.store.read("vanished"), night.contracts, as_at)
    made = together(standardise(raw, night.contracts, as_at=as_at), known)
    night.store.write("person_record", made.person)
    night.store.write("statement", made.statements)
    return {"person_records": made.person.height, "statements": made.statements.height}
