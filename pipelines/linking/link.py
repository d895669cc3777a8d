"""person_record -> link, child_record, rival: which rows are the same child."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.blocking import CHILD_BLOCKING_RULES, CHILD_TRAINING_RULES, BlockingRule
from matching.canonical.keys import with_keys
from matching.clustering.cluster import assign_child_ids
from matching.clustering.judge import PairJudgements, Settings
from matching.clustering.rivals import Rivals
from matching.commonness.households import Households
from matching.comparisons import CHILD_COMPARISONS, LISTED_BESIDE
from matching.in_numbers.arrays import Bits, Labels, Patterns, Rows
from matching.linkage import Linkage, link_records
from matching.pair_tests.name_similarity import NAMES_OF_TWO, OTHER_FURTHER_NAMES
from matching.scoring.buckets import Buckets
from matching.scoring.score import OnProgress
from matching.weights.model import Model, read_model
from matching.weights.patterns import levels_in
from matching.weights.train import TrainingError
from pipelines.children.exchanged_births import records_linked_and_by_age
from pipelines.linking.carried_ids import ids_to_carry
from pipelines.linking.counted_among import COUNTED_AMONG, with_whom_counted
from pipelines.linking.family_ties import with_family_ties
from pipelines.linking.link_groups import GroupInputs, measured_by_group
from pipelines.linking.link_report import NOT_LEARNT, LinkReport, report_of
from pipelines.linking.measures_in_force import MeasuresInForce, fingerprint, measures_of_linkage, reason_to_measure
from pipelines.linking.model_file import ModelInUse
from pipelines.linking.shared_upns import without_shared_upns
from pipelines.tables import CHILD_RECORD, LINK, RIVAL
from pipelines.written_dates import day_written

HOUSEHOLDS = Households(
    dataset="dataset",
    identifier="upn",
    rules=(BlockingRule("surname and dwelling", ("surname", "dwelling")),),
    same=("forename", "date_of_birth"),
    two=OTHER_FURTHER_NAMES,
)
"""Two children of one home: rows of one source with two verified UPNs, the same surname and the same dwelling."""

OF_CHILDREN: dict[str, Any] = {
    "comparisons": CHILD_COMPARISONS,
    "rules": CHILD_BLOCKING_RULES,
    "training_rules": CHILD_TRAINING_RULES,
    "dataset": "dataset",
    "households": HOUSEHOLDS,
}
"""How children's records are linked: arguments of :func:`matching.linkage.link_records`."""

Figures = dict[str, float | int | str]

KEPT_PROBABILITY = 0.001
"""Pairs less probable than this are not kept in the store: they neither link nor come near it."""


@dataclass(frozen=True)
class Linked:
    """Tonight's links and children."""

    records: pl.DataFrame
    """The records as they were linked (:func:`records_to_link`)."""
    links: pl.DataFrame
    child_records: pl.DataFrame
    rivals: pl.DataFrame
    report: LinkReport
    weights: ModelInUse
    """Those in force or, if none are or they only stood in, tonight's."""
    held: MeasuresInForce
    """With the weights, everything that a pair's weight rests on besides its two records."""
    linkage: Linkage
    """Rows are records in the order of their ids."""


CHILD_SETTINGS = Settings(
    apart="permanent_upns", beside=LISTED_BESIDE, stratum=COUNTED_AMONG, names_of_two=NAMES_OF_TWO
)
"""How sure a link of children's records must be. Of two twins taken for one child the one without a place is hidden, while of
a child left in two pieces the doubt is shown: hence ``twice_probability`` of 8 in 9, as a child is worth listing from 1 in 9
(``RankSettings.wasted_enquiries_per_missed_child``)."""

APPROVED_MODEL = Path(__file__).parents[2] / "matching" / "data" / "approved_model.toml"
"""Weights trained on a made-up authority, used where tonight's records are too few to learn from."""


def link(
    records: pl.DataFrame,
    *,
    before: pl.DataFrame | None = None,
    gone: pl.DataFrame | None = None,
    judgements: pl.DataFrame | None = None,
    in_force: ModelInUse | None = None,
    settings: Settings = CHILD_SETTINGS,
    groups: GroupInputs = GroupInputs(),  # noqa: B008 - frozen
    held: MeasuresInForce | None = None,
    progress: OnProgress | None = None,
    buckets: Buckets | None = None,
) -> Linked:
    """Link all sources with each other.

    - ``records``: as they are linked (:func:`records_to_link`).
    - ``before``: CHILD_RECORD of last night under tonight's keys, from which children keep their ids; null: none was.
    - ``gone``: GONE_RECORD, by which further children keep theirs; null: none is.
    - ``judgements``: left_id, right_id, is_same; those on records that are not there tonight are ignored.
    - ``in_force``: the weights in force; null: learnt from tonight's records, or the approved weights if those are too few.
    - ``held``: the measures in force; null, or if they no longer fit: measured tonight.
    - ``groups``: what the report's measures by group need to know.
    - ``progress``: is told how far the linkage is.
    - ``buckets``: where pairs are scored; null: in this process.
    """
    table = with_keys(records)
    counts = records_by_source(table["dataset"])
    due = _why_due(held, in_force, settings, counts, groups.as_at)
    given = None if in_force is not None and in_force.stands_in and due else in_force
    judged = judged_rows(judgements, table["record_id"])
    measures = held.measures if held and not due else None
    linked = partial(link_records, table, **OF_CHILDREN, judged=judged, settings=settings, measures=measures)
    linkage, weights = _found(partial(linked, on_progress=progress, buckets=buckets), given, groups.as_at)
    if held is None or due:
        mark = fingerprint(weights.model, settings, tuple(counts))
        held = measures_of_linkage(linkage, table["dataset"], on=groups.as_at, why=due, fingerprint=mark)
    carried = None
    if gone is not None:
        carried = ids_to_carry(gone, records, before, model=weights.model, held=held, settings=settings)
    children = _children(linkage, table["record_id"], before, carried)
    described = partial(_described, linkage)
    pairs = _all_pairs(linkage)
    return Linked(
        records=records,
        links=links_of(pairs.filter(is_kept()), table["record_id"], linkage.model),
        child_records=children,
        rivals=with_family_ties(
            _rivals(linkage, children), table, children, linkage.labels, judged=judged, described=described
        ),
        report=report_of_pairs(pairs, table, linkage.labels, groups, weights=weights, settings=settings, held=held),
        weights=weights,
        held=held,
        linkage=linkage,
    )


def _children(
    linkage: Linkage, ids: pl.Series, before: pl.DataFrame | None, carried: pl.DataFrame | None
) -> pl.DataFrame:
    """CHILD_RECORD in the order of ``ids``, the record of each row."""
    clusters = pl.DataFrame({"record_id": ids, "cluster": linkage.labels})
    children = assign_child_ids(clusters, before, carried=carried)
    sure = children.with_columns(membership=pl.Series(linkage.membership))
    return sure.select(CHILD_RECORD.names()).cast(CHILD_RECORD)


def records_to_link(person: pl.DataFrame) -> pl.DataFrame:
    """``person`` (PERSON) as it is linked, in the order of ``record_id``: without UPNs that their source gives to two children,
    with birth dates put right that a source has exchanged between two, and with whom each child is counted among."""
    return records_to_link_and_to_age(person)[0]


def records_to_link_and_to_age(person: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """:func:`records_to_link`, and ``person`` as children's ages are judged by it."""
    found, by_age = records_linked_and_by_age(without_shared_upns(person), person)
    found = with_whom_counted(found if found["record_id"].is_sorted() else found.sort("record_id"))
    return found, by_age


def _why_due(
    held: MeasuresInForce | None,
    weights: ModelInUse | None,
    settings: Settings,
    counts: dict[str, int],
    as_at: date | None,
) -> str:
    """Why measures must be taken tonight; an empty text: those in force still fit."""
    if weights is None:
        return "none were in force"
    return reason_to_measure(held, fingerprint(weights.model, settings, tuple(counts)), counts, as_at) or ""


def _all_pairs(linkage: Linkage) -> pl.DataFrame:
    """Every scored pair as the report reads it, with its pattern and its match probability by the two records alone."""
    scored, labels = linkage.scored, linkage.labels
    columns = {
        "left": scored.left,
        "right": scored.right,
        "match_weight": scored.weight,
        "match_probability": linkage.probability,
        "is_same_child": labels[scored.left] == labels[scored.right],
        "pattern": scored.pattern,
        "alone": linkage.alone,
    }
    return pl.DataFrame(columns)


def report_of_pairs(
    pairs: pl.DataFrame,
    table: pl.DataFrame,
    labels: Labels,
    groups: GroupInputs,
    *,
    weights: ModelInUse,
    settings: Settings,
    held: MeasuresInForce,
) -> LinkReport:
    """What the match report shows of a linkage.

    ``pairs``: see :func:`~pipelines.linking.link_report.report_of`. ``table``: the records with the keys of their homes;
    ``labels``: the lowest row of each one's child.
    """
    child = pl.Series(labels)
    weighed = pairs.select("left", "right", "is_same_child", probability="match_probability")
    return report_of(
        pairs,
        table["dataset"],
        measured_by_group(table, child, weighed, groups),
        child=child,
        model=weights.model.on(held.measures.records),
        held=held,
        further=_figures(weights.origin, settings, held, labels),
    )


def records_by_source(source: pl.Series) -> dict[str, int]:
    """Number of records of each source, in the order of the sources' names."""
    return dict(source.value_counts().sort(source.name).iter_rows())


def _figures(origin: str, settings: Settings, held: MeasuresInForce, labels: Labels) -> Figures:
    """What the report says of the linkage besides its pairs."""
    on = "tonight" if held.measured_on is None else day_written(held.measured_on)
    return {
        "children": int(np.count_nonzero(labels == np.arange(len(labels)))),
        "model": origin,
        "link threshold (probability)": settings.link_probability,
        "measured": f"{on}, as {held.why}",
    }


def _found(linked: Callable[..., Linkage], given: ModelInUse | None, as_at: date | None) -> tuple[Linkage, ModelInUse]:
    """The linkage, and its weights: as given; or else as learnt from the records or, if these are too few, as approved.

    ``linked``: links with the weights given as ``model``; null: it learns them.
    """
    if given is not None:
        return linked(model=given.model), given
    try:
        linkage = linked(model=None)
    except TrainingError as error:
        approved = read_model(APPROVED_MODEL, CHILD_COMPARISONS)
        return linked(model=approved), ModelInUse(approved, f"{NOT_LEARNT}: {error}", stands_in=True)
    learnt = "learnt from tonight's records" if as_at is None else f"learnt on {day_written(as_at)}"
    return linkage, ModelInUse(linkage.model, learnt)


def judged_rows(judgements: pl.DataFrame | None, ids: pl.Series) -> PairJudgements | None:
    """Judgements on records that are there, by row; null: none. ``ids``: the record of each row."""
    if judgements is None or not judgements.height:
        return None
    rows = pl.DataFrame({"id": ids, "row": np.arange(len(ids), dtype=np.int32)})
    placed = judgements.join(rows.rename({"id": "left_id", "row": "left"}), on="left_id").join(
        rows.rename({"id": "right_id", "row": "right"}), on="right_id"
    )
    return PairJudgements(placed["left"].to_numpy(), placed["right"].to_numpy(), placed["is_same"].to_numpy())


def is_kept() -> pl.Expr:
    """Which pairs are kept in LINK."""
    return pl.col("is_same_child") | (pl.col("match_probability") >= KEPT_PROBABILITY)


def links_of(pairs: pl.DataFrame, ids: pl.Series, model: Model) -> pl.DataFrame:
    """Pairs of rows, with their weight, probability and pattern, as LINK. ``ids``: the record of each row."""
    frame = pairs.with_columns(
        left_id=ids.gather(pairs["left"]),
        right_id=ids.gather(pairs["right"]),
        levels=levels_in_words(model, pairs["pattern"].to_numpy()),
    )
    return frame.select(LINK.names()).cast(LINK)


def levels_in_words(model: Model, patterns: Patterns) -> pl.Series:
    """Each pair's levels in words; levels that say nothing are left out."""
    distinct, where = np.unique(patterns, return_inverse=True)
    words = [
        [None if level.says_nothing else f"{comparison.name}: {level.label}" for level in comparison.levels]
        for comparison in model.comparisons
    ]
    levels = levels_in(distinct, model.comparisons).tolist()
    texts = ["; ".join(word for k, n in enumerate(row) if (word := words[k][n])) for row in levels]
    return pl.Series(texts, dtype=pl.String).gather(where)


def _rivals(linkage: Linkage, children: pl.DataFrame) -> pl.DataFrame:
    rivals = linkage.rivals
    nearest = rivals.nearest[is_kept_rival(rivals)]
    words, weights = _described(linkage, rivals.left[nearest], rivals.right[nearest])
    return rival_rows(rivals, linkage.labels, words, weights, children)


def _described(linkage: Linkage, left: Rows, right: Rows) -> tuple[pl.Series, Bits]:
    """Levels in words and match weight of pairs of rows."""
    patterns, weights = linkage.judge.described(left, right)
    return levels_in_words(linkage.model, patterns), weights


def is_kept_rival(rivals: Rivals) -> NDArray[np.bool_]:
    """Which entries are kept in RIVAL."""
    return np.asarray(rivals.probability >= KEPT_PROBABILITY)


def rival_rows(
    rivals: Rivals, labels: NDArray[np.int64], words: pl.Series, weights: Bits, children: pl.DataFrame
) -> pl.DataFrame:
    """RIVAL rows: children that may be the same after all.

    ``words``, ``weights``: of the nearest pair of each entry that is kept. ``children``: record_id, child_id of each row.
    """
    is_kept = is_kept_rival(rivals)
    nearest, child = rivals.nearest[is_kept], rivals.child[is_kept]
    left, right = rivals.left[nearest], rivals.right[nearest]
    ours = np.where(labels[left] == child, left, right)
    theirs = np.where(labels[left] == child, right, left)
    ids, names = children["record_id"], children["child_id"]
    frame = pl.DataFrame(
        {
            "child_id": names.gather(ours),
            "rival_child_id": names.gather(theirs),
            "probability": rivals.probability[is_kept],
            "record_id": ids.gather(ours),
            "rival_record_id": ids.gather(theirs),
            "match_weight": weights,
            "levels": words,
        }
    )
    return frame.select(RIVAL.names()).cast(RIVAL).sort("child_id", "rival_child_id")
