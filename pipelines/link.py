"""person_record -> link, child_record, rival: which rows are the same child."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from matching.blocking import CHILD_BLOCKING_RULES, CHILD_TRAINING_RULES, BlockingRule
from matching.cluster import named
from matching.comparisons import CHILD_COMPARISONS
from matching.keys import with_keys
from matching.linkage import Judged, Linkage, Settings, link_records
from matching.measure import blocking_recall
from matching.model import Model, read_model
from matching.score import Patterns, levels_in
from matching.thresholds import expected_by_threshold
from matching.train import Households, TrainingError
from pipelines.link_measures import GroupsAsked, coverage_kept, measured_by_group, priors_kept
from pipelines.tables import CHILD_RECORD, LINK, RIVAL

HOUSEHOLDS = Households(
    dataset="dataset",
    identifier="upn",
    rules=(BlockingRule("surname and dwelling", ("surname", "dwelling")),),
    same=("forename", "date_of_birth"),
)
"""Two children of one home: rows of one source with two verified UPNs, the same surname and the same dwelling."""

NEAR_MISSES = 200
KEPT_PROBABILITY = 0.001
"""Pairs below this are not kept in the store: they neither link nor come near it."""


@dataclass(frozen=True)
class LinkReport:
    """What the match report tells of the linkage; counts and record ids only."""

    blocking: pl.DataFrame
    """rule, pairs, new_pairs, largest_block, left_out: one row a blocking rule."""
    weights: pl.DataFrame
    """weight_from, weight_to (bits), pairs, expected_matches: one row a bar of the histogram."""
    model: pl.DataFrame
    """comparison, level, m, u, h, weight (bits): one row a level that says something."""
    source_pairs: pl.DataFrame
    """left_source, right_source, links, expected_false_links, expected_missed_links: one row a pair of sources."""
    near_misses: pl.DataFrame
    """left_id, right_id, match_weight, match_probability, levels: likeliest pairs that were not linked."""
    groups: pl.DataFrame
    """Links and their expected errors by group, as BY_GROUP of :mod:`matching.fairness`."""
    thresholds: pl.DataFrame
    """Expected false and missed links by threshold, as EXPECTED of :mod:`matching.thresholds`."""
    figures: dict[str, float | int | str]


@dataclass(frozen=True)
class Linked:
    """Tonight's links and children."""

    links: pl.DataFrame
    child_records: pl.DataFrame
    rivals: pl.DataFrame
    report: LinkReport
    model: Model
    priors: pl.DataFrame
    """LINK_PRIOR: with the model and ``coverage``, all that weighs a pair besides its two records."""
    coverage: pl.DataFrame
    """LINK_COVERAGE."""


CHILD_SETTINGS = Settings(apart="upns", stratum="birth_year")

APPROVED_MODEL = Path(__file__).parent.parent / "matching" / "data" / "approved_model.toml"
"""Weights trained on a made-up authority: what stands in where tonight's records are too few to learn from."""


def link(
    person: pl.DataFrame,
    *,
    previous: pl.DataFrame | None = None,
    judgements: pl.DataFrame | None = None,
    model: Model | None = None,
    settings: Settings = CHILD_SETTINGS,
    groups: GroupsAsked | None = None,
) -> Linked:
    """Link all sources against each other.

    ``person``: PERSON rows. ``previous``: CHILD_RECORD of last night, from which children keep their ids.
    ``judgements``: left_id, right_id, is_same; rows whose records are not there tonight are left out.
    ``model``: the weights in force; null: learnt from tonight's records, or the approved ones where those are too few.
    ``groups``: what the report's measures by group need to be told; null: nothing.
    """
    table = with_keys(person.sort("record_id"))
    judged = _judged(judgements, table["record_id"])
    try:
        found = _found(table, model, judged, settings)
        origin = "learnt from tonight's records" if model is None else "in force"
    except TrainingError as error:
        found = _found(table, read_model(APPROVED_MODEL, CHILD_COMPARISONS), judged, settings)
        origin = f"the approved one: {error}"
    children = named(pl.DataFrame({"record_id": table["record_id"], "cluster": found.labels}), previous)
    records = (
        children.with_columns(membership=pl.Series(found.membership)).select(CHILD_RECORD.names()).cast(CHILD_RECORD)
    )
    pairs = _pairs(found, table["record_id"])
    links = pairs.filter(pl.col("is_same_child") | (pl.col("match_probability") >= KEPT_PROBABILITY))
    told: dict[str, float | str] = {"model": origin, "link threshold (probability)": settings.link_probability}
    report = _report(found, pairs, told, _by_group(found, table, pairs, groups or GroupsAsked()))
    priors = priors_kept(found, table["dataset"])
    coverage = coverage_kept(found, table["dataset"], table["birth_year"])
    return Linked(links, records, _rivals(found, children), report, found.model, priors, coverage)


def _by_group(found: Linkage, table: pl.DataFrame, pairs: pl.DataFrame, groups: GroupsAsked) -> pl.DataFrame:
    weighed = pairs.select("is_same_child", probability="match_probability").with_columns(
        left=pl.Series(found.scored.left), right=pl.Series(found.scored.right)
    )
    return measured_by_group(table, pl.Series(found.labels), weighed, groups)


def _found(table: pl.DataFrame, model: Model | None, judged: Judged | None, settings: Settings) -> Linkage:
    return link_records(
        table,
        comparisons=CHILD_COMPARISONS,
        rules=CHILD_BLOCKING_RULES,
        training_rules=CHILD_TRAINING_RULES,
        dataset="dataset",
        households=HOUSEHOLDS,
        model=model,
        judged=judged,
        settings=settings,
    )


def _judged(judgements: pl.DataFrame | None, ids: pl.Series) -> Judged | None:
    if judgements is None or not judgements.height:
        return None
    rows = pl.DataFrame({"id": ids, "row": np.arange(len(ids), dtype=np.int32)})
    placed = judgements.join(rows.rename({"id": "left_id", "row": "left"}), on="left_id").join(
        rows.rename({"id": "right_id", "row": "right"}), on="right_id"
    )
    return Judged(placed["left"].to_numpy(), placed["right"].to_numpy(), placed["is_same"].to_numpy())


def _pairs(found: Linkage, ids: pl.Series) -> pl.DataFrame:
    """Every scored pair in the form of LINK."""
    scored = found.scored
    frame = pl.DataFrame(
        {
            "left_id": ids.gather(scored.left),
            "right_id": ids.gather(scored.right),
            "match_weight": scored.weight,
            "match_probability": found.probability,
            "levels": _words(found.model, scored.pattern),
            "is_same_child": found.labels[scored.left] == found.labels[scored.right],
        }
    )
    return frame.select(LINK.names()).cast(LINK)


def _words(model: Model, patterns: Patterns) -> pl.Series:
    """Each pair's levels in words; what says nothing is left out."""
    distinct, where = np.unique(patterns, return_inverse=True)
    words = [
        [None if level.says_nothing else f"{comparison.name}: {level.label}" for level in comparison.levels]
        for comparison in model.comparisons
    ]
    levels = levels_in(distinct, model.comparisons).tolist()
    texts = ["; ".join(word for k, n in enumerate(row) if (word := words[k][n])) for row in levels]
    return pl.Series(texts, dtype=pl.String).gather(where)


def _rivals(found: Linkage, children: pl.DataFrame) -> pl.DataFrame:
    """RIVAL rows: children that may be one after all."""
    ids, names = children["record_id"], children["child_id"]
    rivals = found.rivals
    left, right = rivals.left[rivals.nearest], rivals.right[rivals.nearest]
    patterns, weights = found.described(left, right)
    ours = np.where(found.labels[left] == rivals.child, left, right)
    theirs = np.where(found.labels[left] == rivals.child, right, left)
    frame = pl.DataFrame(
        {
            "child_id": names.gather(ours),
            "rival_child_id": names.gather(theirs),
            "probability": rivals.probability,
            "record_id": ids.gather(ours),
            "rival_record_id": ids.gather(theirs),
            "match_weight": weights,
            "levels": _words(found.model, patterns),
        }
    )
    frame = frame.filter(pl.col("probability") >= KEPT_PROBABILITY)
    return frame.select(RIVAL.names()).cast(RIVAL).sort("child_id", "rival_child_id")


def _report(found: Linkage, pairs: pl.DataFrame, told: dict[str, float | str], groups: pl.DataFrame) -> LinkReport:
    linked = pairs.filter("is_same_child")
    missed = pairs.filter(~pl.col("is_same_child")).sort(
        ["match_probability", "left_id", "right_id"], descending=[True, False, False]
    )
    figures: dict[str, float | int | str] = {
        "records": found.table.height,
        "children": len(np.unique(found.labels)),
        "candidate pairs": int(found.scored.looked_at.sum()),
        "links": linked.height,
        "estimated blocking recall": round(blocking_recall(found), 4),
        "share of pairs of one household": found.model.household,
        **told,
        **found.model.figures,
    }
    near = missed.head(NEAR_MISSES).drop("is_same_child")
    return LinkReport(
        blocking=_blocking(found),
        weights=_histogram(pairs),
        model=_model(found.model),
        source_pairs=_source_pairs(pairs),
        near_misses=near,
        groups=groups,
        thresholds=expected_by_threshold(pairs["match_probability"]),
        figures=figures,
    )


def _blocking(found: Linkage) -> pl.DataFrame:
    costs = pl.DataFrame([(c.rule, c.pairs, c.largest_block, c.left_out) for c in found.plan.costs],
                         schema=["rule", "pairs", "largest_block", "left_out"], orient="row")  # fmt: skip
    return costs.with_columns(new_pairs=pl.Series(found.scored.looked_at)).select(
        "rule", "pairs", "new_pairs", "largest_block", "left_out"
    )


def _histogram(pairs: pl.DataFrame) -> pl.DataFrame:
    bars = pairs.group_by(weight_from=(pl.col("match_weight") / 2).floor() * 2)
    counted = bars.agg(pl.len().alias("pairs"), pl.col("match_probability").sum().alias("expected_matches"))
    return (
        counted.with_columns(weight_to=pl.col("weight_from") + 2)
        .sort("weight_from")
        .select("weight_from", "weight_to", "pairs", "expected_matches")
    )


def _model(model: Model) -> pl.DataFrame:
    rows = []
    for comparison in model.comparisons:
        weights, bits = model.weights[comparison.name], model.match_weights(comparison)
        for number, level in enumerate(comparison.levels):
            if not level.says_nothing:
                m, u, h = (float(p[number]) for p in (weights.m, weights.u, weights.h))
                rows.append((comparison.name, level.label, m, u, h, float(bits[number])))
    return pl.DataFrame(rows, schema=["comparison", "level", "m", "u", "h", "weight"], orient="row")


def _source_pairs(pairs: pl.DataFrame) -> pl.DataFrame:
    """Links between each pair of sources, and what the probabilities themselves expect to be wrong among them."""
    sources = pairs.with_columns(
        a=pl.col("left_id").str.split(":").list.first(), b=pl.col("right_id").str.split(":").list.first()
    ).with_columns(left_source=pl.min_horizontal("a", "b"), right_source=pl.max_horizontal("a", "b"))
    one, p = pl.col("is_same_child"), pl.col("match_probability")
    return (
        sources.group_by("left_source", "right_source")
        .agg(
            one.sum().cast(pl.Int64).alias("links"),
            (1 - p).filter(one).sum().alias("expected_false_links"),
            p.filter(~one).sum().alias("expected_missed_links"),
        )
        .sort("left_source", "right_source")
    )


__all__ = ["HOUSEHOLDS", "LinkReport", "Linked", "link"]
