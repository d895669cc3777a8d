"""The step that keeps the life of every child that was ever on the list."""

from pipelines.decisions.keys_tonight import snapshot_now
from pipelines.ledger.left_list import Tonight
from pipelines.ledger.list_changes import CHANGES, what_changed
from pipelines.ledger.lives import Ledger, keep_ledger
from pipelines.steps.under_way import Counts, Night

KEPT = {
    "lead": "leads", "lead_before": "leads_before", "lead_night": "nights", "list_night": "lists", "list_change": "changes",
}  # fmt: skip
"""Table of the store -> its part of the ledger."""


def ledger_step(night: Night) -> Counts:
    """candidate, explained and last night's ledger -> lead, lead_before, lead_night, list_night, list_change.

    Raises :class:`~pipelines.failure.NightFailed` where a child has left the list and nothing says why.
    """
    parts = {part: night.store.read_or_empty(table) for table, part in KEPT.items()}
    ledger = keep_ledger(Ledger(**parts), _tonight(night))
    for table, part in KEPT.items():
        night.store.write(table, getattr(ledger, part))
    night.changed = what_changed(ledger.changes, ledger.leads, ledger.lists, night.settings.as_at)
    counts = dict(ledger.changes.group_by("change").len().iter_rows())
    return {"in_view": night.changed.in_view.height, **{change: counts.get(change, 0) for change in CHANGES}}


def _tonight(night: Night) -> Tonight:
    assert night.listed is not None  # noqa: S101 - rank stands before ledger in STEPS
    known = night.known("candidate", "explained", "person_record", "statement", "child_record", "provision", "snapshot")
    known["statements"] = night.contact_told()
    known["snapshot"] = snapshot_now(known["snapshot"], night.store.read("renumbered"))
    return Tonight(
        **known,
        as_at=night.settings.as_at,
        child_moves=night.store.read_or_empty("child_move"),
        outcomes=night.outcomes(),
        protected=night.listed.result().protected,
        loaded=frozenset(night.store.raw_sources()),
        cut_off=night.judged.cut_off if night.judged else frozenset(),
        settings=night.settings.ranking,
        names=night.source_names,
        withheld=night.store.read_or_empty("former_record")["record_id"],
    )
