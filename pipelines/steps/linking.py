"""The step from records to children."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import polars as pl

from matching.clustering.cluster import id_moves
from matching.clustering.judge import Settings
from pipelines.amendment import Amendment
from pipelines.decisions.keys_tonight import key_now, records_now
from pipelines.decisions.linkage_decisions import LinkageDecisions, read_linkage_decisions
from pipelines.intake.across_sources.at_odds import at_odds_in_words
from pipelines.linking.bucketed import buckets_in
from pipelines.linking.kept_links import KEPT_TABLES, content_fingerprints, keep_all, kept_row, mark_of
from pipelines.linking.link import CHILD_SETTINGS, judged_rows, link, records_by_source
from pipelines.linking.link_again import (
    LinkageChanges,
    LinkageInput,
    known_records,
    link_changed_records,
    unchanged_report,
)
from pipelines.linking.link_groups import GroupInputs
from pipelines.linking.link_report import LinkReport
from pipelines.linking.measures_in_force import (
    MEASURED_TABLES,
    MeasuresInForce,
    fingerprint,
    measure_tables,
    read_measures,
    reason_to_measure,
)
from pipelines.linking.model_file import ModelInUse, model_in_use, model_row
from pipelines.residence.homes import with_homes
from pipelines.residence.records import record_dates
from pipelines.steps.under_way import Counts, Night
from pipelines.store import Store
from pipelines.tables import CHILD_MOVE, GONE_RECORD


def link_step(night: Night) -> Counts:
    """person_record -> link, child_record, rival, child_move. Children keep their ids from last night.

    Measures held from night to night are read from the store, and written back if they were measured again. If they still
    hold and last night's links are kept, only what changed is linked. Meanwhile, for later steps: what the records say of
    where their children are, which homes they name, and which columns disagree.
    """
    store, person = night.store, night.store.read("person_record")
    statements = store.reader("statement")  # its rows may not be in order yet
    night.record_dates = night.in_background(lambda: record_dates(statements(), night.settings.as_at))
    night.homes = night.in_background(partial(with_homes, person))
    night.at_odds = night.in_background(lambda: at_odds_in_words(person, statements(), night.contracts))
    start = _started(night)
    night.judgements = start.decided.judgements
    records, night.by_age = night.records_to_link()
    tonight = None if night.settings.full else _tonight(night, records, start)
    known = None if tonight is None else known_records(store, tonight)
    touched, night.model = None, None if tonight is None else tonight.weights.model
    if tonight is None or known is None:
        report, links, pairs, after = _link_all(night, records, start)
    elif known.is_unchanged:
        (report, links, pairs), after = unchanged_report(store, tonight, known), tonight.before
    else:
        again = link_changed_records(store, tonight, known)
        _write_again(night, again, tonight)
        report, links, pairs, after = again.report, again.links, again.pairs_kept, again.child_records
        touched = pl.Series(again.touched)
    _keep_moves(night, start.before, after, touched)
    store.write("gone_record", GONE_RECORD.to_frame())
    night.link_report = night.in_background(partial(_with_figures, report, start.decided))
    return {"pairs_kept": pairs, "links": links, "children": after["child_id"].n_unique()}


@dataclass(frozen=True, slots=True)
class _Start:
    """What tonight's linkage starts from, besides the records."""

    decided: LinkageDecisions
    in_force: ModelInUse | None
    """The weights that people approved, or else those that an earlier night learnt; null: neither exists, and tonight
    learns its own."""
    held: MeasuresInForce | None
    """Null: nothing was measured yet."""
    last_night: pl.DataFrame | None
    """Last night's ``CHILD_RECORD``, as it was; null: no night has linked yet."""
    before: pl.DataFrame | None
    """The same, with each renumbered record under the key that it has tonight."""
    gone: pl.DataFrame
    """``GONE_RECORD``."""
    settings: Settings
    groups: GroupInputs


def _started(night: Night) -> _Start:
    """What the linkage starts from. Leads whose key was given to another child since are written under their new one."""
    store, renumbered = night.store, night.store.read("renumbered")
    decided = read_linkage_decisions(night.settings.workspace, renumbered)
    given = _given_since(store, renumbered)
    _keep_leads_under(given, store)
    last_night, before = _last_night(store, renumbered, given) if store.has("child_record") else (None, None)
    approved = None if decided.model is None else ModelInUse(decided.model, "in force")
    rolls = [source for source, contract in night.contracts.items() if contract.is_roll]
    return _Start(
        decided,
        approved or model_in_use(store.read_or_empty("link_model")),
        read_measures(night.read(*MEASURED_TABLES)) if _has_tables(store, MEASURED_TABLES) else None,
        last_night,
        before,
        store.read_or_empty("gone_record"),
        replace(CHILD_SETTINGS, link_probability=night.settings.linkage.link_threshold),
        GroupInputs(as_at=night.settings.as_at, rolls=rolls),
    )


def _with_figures(report: Callable[[], LinkReport], decided: LinkageDecisions) -> LinkReport:
    found = report()
    return replace(found, figures=found.figures | decided.figures)


def _last_night(store: Store, renumbered: pl.DataFrame, given: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Last night's ``CHILD_RECORD``, as it was, and with each renumbered record under the key that it has tonight.

    A key ``given`` to another child since no longer carries an id to its new holder: its old record goes under ``now_id``,
    even where that is only the name of a row that is gone.
    """
    previous, person = store.read("child_record"), store.read("person_record")
    asked = pl.concat([renumbered["record_id"], renumbered["now_id"]]).implode()  # few: all others keep their key
    then, now = (ids.filter(ids.is_in(asked)).implode() for ids in (previous["record_id"], person["record_id"]))
    went = pl.col("record_id").is_in(then) & ~pl.col("record_id").is_in(now)
    moved = renumbered.filter(went, pl.col("now_id").is_in(now) & ~pl.col("now_id").is_in(then))
    moved = pl.concat([given, moved]).unique("record_id", keep="first", maintain_order=True)
    if moved.is_empty():
        return previous, previous
    before = previous.with_columns(key_now(pl.col("record_id"), moved)).unique(
        "record_id", keep="first", maintain_order=True
    )
    return previous, before.sort("record_id")


def _keep_leads_under(given: pl.DataFrame, store: Store) -> None:
    """Where a key was ``given`` to another child, write the leads with the old record's new key instead: a lead whose child
    no longer exists is found again by its records."""
    for table in ("lead", "lead_before"):
        if given.height and store.has(table):
            store.write(table, store.read(table).with_columns(records_now(pl.col("records"), given)))


def _given_since(store: Store, renumbered: pl.DataFrame) -> pl.DataFrame:
    """``RENUMBERED`` rows of the keys given to another child since records were last linked; of each key, the first time."""
    kept = store.read_or_empty("link_kept")["linked_at"].to_list()
    since = pl.col("reused_at") > kept[0] if kept and kept[0] else pl.col("reused_at").is_not_null()
    return renumbered.filter(since).sort("reused_at").unique("record_id", keep="first", maintain_order=True)


def _has_tables(store: Store, tables: tuple[str, ...]) -> bool:
    return all(store.has(table) for table in tables)


def _tonight(night: Night, records: pl.DataFrame, start: _Start) -> LinkageInput | None:
    """What is to be linked, if only what changed can be; null: something kept from last night does not hold, or nothing was
    kept.

    ``records``: as they are linked.
    """
    in_force, held, last_night, before = start.in_force, start.held, start.last_night, start.before
    if in_force is None or held is None or last_night is None or before is None:
        return None
    counts = records_by_source(records["dataset"])
    mark = fingerprint(in_force.model, start.settings, tuple(counts))
    if reason_to_measure(held, mark, counts, night.settings.as_at) is not None:
        return None
    if not _has_tables(night.store, KEPT_TABLES) or night.store.read("link_kept")["mark"].item() != mark_of(held):
        return None
    judged = judged_rows(start.decided.judgements, records["record_id"])
    return LinkageInput(
        records=records,
        content=content_fingerprints(records, judged),
        last_night=last_night,
        before=before,
        gone=start.gone,
        judged=judged,
        weights=in_force,
        settings=start.settings,
        groups=start.groups,
        held=held,
    )


def _link_all(
    night: Night, records: pl.DataFrame, start: _Start
) -> tuple[Callable[[], LinkReport], int, int, pl.DataFrame]:
    """Link all records and write everything. Returns the report, pairs in one child, pairs kept, and tonight's
    child_record."""
    store, judgements = night.store, start.decided.judgements
    with buckets_in(night.settings.workspace, night.run_buckets) as buckets:
        linked = link(
            records,
            before=start.before,
            gone=start.gone,
            judgements=judgements,
            in_force=start.in_force,
            settings=start.settings,
            groups=start.groups,
            held=start.held,
            progress=night.on_progress,
            buckets=buckets,
        )
    for table, frame in {"link": linked.links, "child_record": linked.child_records, "rival": linked.rivals}.items():
        store.write(table, frame)
    if linked.held is not start.held:
        for table, frame in measure_tables(linked.held).items():
            store.write(table, frame)
    if linked.weights is not start.in_force:
        store.write("link_model", model_row(linked.weights, night.settings.as_at))
    night.model = linked.weights.model
    keep_all(store, linked, judged_rows(judgements, linked.records["record_id"]), night.started_at)
    links = int(linked.links["is_same_child"].sum())
    return lambda: linked.report, links, linked.links.height, linked.child_records


def _write_again(night: Night, again: LinkageChanges, tonight: LinkageInput) -> None:
    """Write only what changed."""
    store = night.store
    changed, fresh = again.records.filter(~again.unchanged), again.child_records.filter(pl.Series(again.touched))
    store.amend("linked_record", again.records, Amendment(changed, again.gone_ids))
    store.amend("child_record", again.child_records, Amendment(fresh, again.gone_ids))
    store.change("link", again.links_gone, again.links_put)
    store.change("scored_pair", again.pairs_gone, again.pairs_put)
    store.change("block_sign", again.signs_gone, again.signs_put)
    store.write("rival", again.rivals)
    store.write("weighed_children", again.weighed)
    store.write("link_kept", kept_row(tonight.held, again.next_number, night.started_at))


def _keep_moves(night: Night, before: pl.DataFrame | None, after: pl.DataFrame, touched: pl.Series | None) -> None:
    """Add tonight's moves between children to ``CHILD_MOVE``. ``touched``: marks the rows of ``after`` whose child is not
    made of the same records as last night; all moves are among them. Null: any row may have moved."""
    if before is None:
        return
    moves = CHILD_MOVE.to_frame()
    if after is not before:
        now = after if touched is None else after.filter(touched)
        were = before if touched is None else before.filter(pl.col("record_id").is_in(now["record_id"].implode()))
        moves = id_moves(were, now).with_columns(as_at=pl.lit(night.settings.as_at)).select(CHILD_MOVE.names())
    night.store.write("child_move", pl.concat([night.store.read_or_empty("child_move"), moves]))
