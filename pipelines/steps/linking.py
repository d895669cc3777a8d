"""The step from records to children."""

from dataclasses import replace

import polars as pl

from matching.cluster import id_moves
from pipelines.decided import Decided, decided_in
from pipelines.link import CHILD_SETTINGS, Linked, link
from pipelines.link_groups import GroupsAsked
from pipelines.measures_in_force import MEASURED_TABLES, held_in, held_tables
from pipelines.model_file import keep_model, model_in_use, model_row
from pipelines.steps.under_way import Counts, Night
from pipelines.tables import CHILD_MOVE, LINK_MODEL


def link_step(night: Night) -> Counts:
    """person_record -> link, child_record, rival, child_move. Last night's children keep their ids.

    What is measured once and then held is taken from the store, and written there when it was measured again.
    """
    store = night.store
    previous = store.read("child_record") if store.has("child_record") else None
    decided = decided_in(night.settings.workspace)
    linked = _linked(night, previous, decided)
    if previous is not None:
        moves = id_moves(previous, linked.child_records).with_columns(as_at=pl.lit(night.settings.as_at))
        earlier = [store.read("child_move")] if store.has("child_move") else []
        store.write("child_move", pl.concat([*earlier, moves.select(CHILD_MOVE.names())]))
    store.write("link", linked.links)
    store.write("child_record", linked.child_records)
    store.write("rival", linked.rivals)
    for table, frame in held_tables(linked.held).items():
        store.write(table, frame)
    if linked.is_new:
        learnt_on = None if linked.stands_in else night.settings.as_at
        store.write("link_model", model_row(linked.model, linked.origin, learnt_on))
    keep_model(linked.model, night.settings.workspace)
    night.link_report = replace(linked.report, figures=linked.report.figures | decided.figures)
    return {
        "pairs_kept": linked.links.height,
        "links": linked.links.filter("is_same_child").height,
        "children": linked.child_records["child_id"].n_unique(),
    }


def _linked(night: Night, previous: pl.DataFrame | None, decided: Decided) -> Linked:
    store = night.store
    rolls = [source for source, contract in night.contracts.items() if contract.is_roll]
    in_use = model_in_use(store.read("link_model") if store.has("link_model") else LINK_MODEL.to_frame())
    measured = all(store.has(table) for table in MEASURED_TABLES)
    return link(
        store.read("person_record"),
        previous=previous,
        judgements=decided.judgements,
        model=decided.model or (in_use.model if in_use else None),
        origin=in_use.origin if in_use else "in force",
        stands_in=decided.model is None and in_use is not None and in_use.stands_in,
        settings=replace(CHILD_SETTINGS, link_probability=night.settings.linkage.link_threshold),
        groups=GroupsAsked(as_at=night.settings.as_at, rolls=rolls),
        held=held_in(night.read(*MEASURED_TABLES)) if measured else None,
        progress=night.told,
    )
