"""The step from records to children."""

from dataclasses import replace

import polars as pl

from matching.cluster import id_moves
from pipelines.decided import decided_in
from pipelines.link import CHILD_SETTINGS, link
from pipelines.link_measures import GroupsAsked
from pipelines.model_file import keep_model
from pipelines.steps.under_way import Counts, Night
from pipelines.tables import CHILD_MOVE


def link_step(night: Night) -> Counts:
    """person_record -> link, child_record, rival, child_move. Last night's children keep their ids."""
    previous = night.store.read("child_record") if night.store.has("child_record") else None
    rolls = [source for source, contract in night.contracts.items() if contract.is_roll]
    groups = GroupsAsked(as_at=night.settings.as_at, rolls=rolls)
    decided = decided_in(night.settings.workspace)
    linked = link(
        night.store.read("person_record"),
        previous=previous,
        judgements=decided.judgements,
        model=decided.model,
        settings=replace(CHILD_SETTINGS, link_probability=night.settings.linkage.link_threshold),
        groups=groups,
    )
    if previous is not None:
        moves = id_moves(previous, linked.child_records).with_columns(as_at=pl.lit(night.settings.as_at))
        earlier = [night.store.read("child_move")] if night.store.has("child_move") else []
        night.store.write("child_move", pl.concat([*earlier, moves.select(CHILD_MOVE.names())]))
    night.store.write("link", linked.links)
    night.store.write("child_record", linked.child_records)
    night.store.write("rival", linked.rivals)
    night.store.write("link_prior", linked.priors)
    night.store.write("link_coverage", linked.coverage)
    keep_model(linked.model, night.settings.workspace)
    night.link_report = replace(linked.report, figures=linked.report.figures | decided.figures)
    return {
        "pairs_kept": linked.links.height,
        "links": linked.links.filter("is_same_child").height,
        "children": linked.child_records["child_id"].n_unique(),
    }
