"""The step that keeps the life of every child that was ever on the list."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from pipelines.decisions.keys_tonight import snapshot_now
from pipelines.intake.former_identities import read_former
from pipelines.ledger.ledger_inputs import LedgerInputs, educations_told, reasons_told
from pipelines.ledger.list_changes import CHANGES, told_to_all, what_changed
from pipelines.ledger.lives import Ledger, keep_ledger
from pipelines.ledger.what_moved import STOOD
from pipelines.publish.newly_protected import copies_to_destroy, shown_openly
from pipelines.publish.outputs import EXPLAINED_FILE, LIST_FILE
from pipelines.record_ids import one_row_a_record
from pipelines.steps.under_way import Counts, Night
from pipelines.store import Store
from pipelines.tables import CANDIDATE, EXPLAINED
from pipelines.workspace import PUBLISHED_FOLDER

KEPT = {
    "lead": "leads",
    "lead_before": "leads_before",
    "lead_night": "nights",
    "list_night": "lists",
    "list_change": "changes",
}
"""Table of the store -> field of :class:`~pipelines.ledger.lives.Ledger`."""


def ledger_step(night: Night) -> Counts:
    """candidate, explained and last night's ledger -> lead, lead_before, lead_night, list_night, list_change.

    Raises :class:`~pipelines.failure.NightFailed` if a child has left the list and nothing says why.
    """
    parts = {part: night.store.read_or_empty(table) for table, part in KEPT.items()}
    before = last_publication(night.settings.workspace, parts["lists"], night.settings.as_at)
    night.protection_warnings = copies_to_destroy(shown_openly(before), night.masked_list.result().protected)
    ledger = keep_ledger(Ledger(**parts), _inputs(night, before))
    for table, part in KEPT.items():
        night.store.write(table, getattr(ledger, part))
    night.list_changes = what_changed(ledger.changes, ledger.leads, ledger.lists, night.settings.as_at)
    counts = dict(told_to_all(ledger.changes).group_by("change").len().iter_rows())
    return {"in_view": night.list_changes.in_view.height, **{change: counts.get(change, 0) for change in CHANGES}}


def _inputs(night: Night, before: Path | None) -> LedgerInputs:
    """``before``: the last publication."""
    known = night.arguments("candidate", "explained", "statement", "child_record", "provision", "snapshot")
    known["statements"] = night.contact_statements()
    known["person"] = night.by_age
    known["snapshot"] = snapshot_now(known["snapshot"], night.store.read("renumbered"))
    same = night.judgements.filter("is_same")
    return LedgerInputs(
        **known,
        as_at=night.settings.as_at,
        child_moves=night.store.read_or_empty("child_move"),
        outcomes=night.outcomes(),
        protected=night.masked_list.result().protected,
        loaded=frozenset(night.store.raw_sources()),
        cut_off=night.judged_intake.cut_off if night.judged_intake else frozenset(),
        set_aside=_set_aside(night.store),
        judged_the_same=pl.concat([same["left_id"], same["right_id"]]),
        settings=night.settings.ranking,
        source_names=night.source_names,
        withheld=former_records(night.store, night.settings.workspace),
        stood=stood_on(before),
        told=told_on(before),
        shown=shown_on(before, night.store.read("renumbered")),
    )


def last_publication(workspace: Path, lists: pl.DataFrame, as_at: date) -> Path | None:
    """Folder of the last list published before ``as_at``; null: there is none. ``lists``: ``LIST_NIGHT``."""
    before = lists.filter(pl.col("published_at").is_not_null(), pl.col("as_at") < as_at)["as_at"].sort()
    if before.is_empty():
        return None
    before_on: date = before[-1]
    return workspace / PUBLISHED_FOLDER / before_on.isoformat()


def stood_on(publication: Path | None) -> pl.DataFrame:
    """``STOOD`` of the children off a list, from its own file: null of protected children.

    No row if there is no such file, or it cannot be read: then nobody is told what raised a likelihood.
    """
    told = _published(publication, EXPLAINED_FILE, STOOD)
    if told is None:
        return EXPLAINED.to_frame().select(STOOD)
    by_parts = pl.col("on_no_roll") * pl.col("living_here") * pl.col("of_age")
    return told.with_columns(likelihood=pl.coalesce("likelihood", by_parts))


def told_on(publication: Path | None) -> pl.DataFrame:
    """:func:`~pipelines.ledger.ledger_inputs.reasons_told` by a publication of those whom it shows openly; no row if it cannot
    be read."""
    listed = _published(publication, LIST_FILE, ("child_id", "because", "restricted"))
    explained = _published(publication, EXPLAINED_FILE, ("child_id", "why", "reason"))
    if listed is None or explained is None:
        return reasons_told(CANDIDATE.to_frame(), EXPLAINED.to_frame())
    return reasons_told(listed.filter(~pl.col("restricted")), explained)


def shown_on(publication: Path | None, renumbered: pl.DataFrame) -> pl.DataFrame:
    """:func:`~pipelines.ledger.ledger_inputs.educations_told` by a publication, without records renumbered since
    (``RENUMBERED``); no row if it cannot be read."""
    explained = _published(publication, EXPLAINED_FILE, ("child_id", "why", "reason", "record_id"))
    if explained is None:
        return educations_told(EXPLAINED.to_frame())
    return educations_told(explained).filter(~pl.col("shown_by").is_in(renumbered["record_id"].implode()))


def _published(publication: Path | None, file: str, columns: Sequence[str]) -> pl.DataFrame | None:
    """Columns of a file of a publication; null: there is none, or it cannot be read so."""
    if publication is None:
        return None
    try:
        return pl.read_parquet(publication / file, columns=list(columns))
    except (OSError, pl.exceptions.PolarsError):
        return None


def _set_aside(store: Store) -> pl.Series:
    """``record_id`` of the rows set aside from files that were loaded tonight. For a refused file, the source as a whole
    explains its rows."""
    loaded = store.read("delivery").filter(verdict="loaded")
    return store.read("set_aside").join(loaded, on=["source", "file_id"], how="semi")["record_id"]


def former_records(store: Store, workspace: Path) -> pl.Series:
    """``record_id`` of records of identities from before an adoption: all that came tonight and, if handed in by key, those of
    leads, which may come no longer because senders are asked to close them."""
    came, leads = store.read_or_empty("former_record")["record_id"], store.read_or_empty("lead")
    of_leads = one_row_a_record(leads)["record_id"]
    return pl.concat([came, read_former(workspace).are("record_id", of_leads)]).unique()
