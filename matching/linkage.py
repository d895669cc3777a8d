"""The whole linkage of one table in one call: block, train, score, cluster, rivals. It works on any table.

    >>> found = link_records(table, comparisons=COMPARISONS, rules=RULES, training_rules=RULES, dataset="source")

``table`` is a polars or Arrow table with one row a record. ``dataset`` names the column that says where a record comes
from. Of a lazy table (``pl.scan_parquet``) only one column at a time is held as text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.blocking import BlockingRule, Plan, columns_blocked, plan
from matching.budget import choose_rules
from matching.clustering.assign import Coverage, Priors, coverage_of, priors_of, probability
from matching.clustering.cluster import ALWAYS, APART, all_pairs_within, cluster
from matching.clustering.judge import Judge, KnownPairs, PairJudgements, Settings, judged_pairs
from matching.clustering.leaning import membership_of, moved
from matching.clustering.parting import counted_again, parted
from matching.clustering.presence import siblings_in
from matching.clustering.rivals import ChildPairs, KnownChildPairs, Rivalry, Rivals, competing
from matching.clustering.together import is_apart
from matching.clustering.weighing import Weighing
from matching.commonness.households import Households
from matching.comparisons import Comparison, columns_read
from matching.in_numbers.arrays import Bits, Labels, Rows
from matching.in_numbers.components import numbered
from matching.in_numbers.encode import Encoded, encode
from matching.in_numbers.sorting import places_among
from matching.measures import Measures, Strata, held_frequencies, strata_of
from matching.scoring.buckets import Buckets
from matching.scoring.score import OnProgress, Scored, Scorer, score_pairs
from matching.weights.model import Model
from matching.weights.train import train


@dataclass(frozen=True)
class Linkage:
    """What a linkage found. Rows are numbered as in the table."""

    table: Encoded
    dataset: NDArray[np.int32]
    model: Model
    plan: Plan
    """The rules and what they cost, without their rows."""
    scored: Scored
    caught: NDArray[np.bool_] | None
    """Scored pairs x rules of the plan: every rule that finds each pair, not only the first. Null where measures are held,
    as it is only needed to make them.
    """
    priors: Priors
    evidence: Bits
    """Bits of each scored pair: its weight, or a certainty that replaces it."""
    odds: Bits
    """Log-odds (bits) of each scored pair: evidence + prior + coverage."""
    cut: Labels
    """For each row, the lowest row of its child, before children were weighed against each other and joined."""
    labels: Labels
    """For each row, the lowest row of its child."""
    membership: NDArray[np.float64]
    """For each row, the probability (0..1) that it belongs to its child."""
    rivals: Rivals
    weighed: tuple[KnownChildPairs, ...]
    """What was weighed between children in each round of joining."""
    judge: "Judge"
    """What weighed the pairs. It weighs any other pair of rows in the same way."""
    measures: Measures
    """All that weighs a pair besides its two records and the model, to be held for the next linkage."""

    @cached_property
    def probability(self) -> NDArray[np.float64]:
        """Match probability (0..1) of each scored pair, by all the records of its children."""
        return pair_probability(self.scored.left, self.scored.right, self.labels, self.membership, self.rivals)

    @property
    def alone(self) -> NDArray[np.float64]:
        """Match probability (0..1) of each scored pair by itself."""
        return probability(self.odds)


def pair_probability(
    left: Rows, right: Rows, labels: Labels, membership: NDArray[np.float64], rivals: Rivals
) -> NDArray[np.float64]:
    """Match probability (0..1) of pairs of rows, by all the records of their children and not by the two alone.

    If one child holds both rows: the lower of their two memberships. Otherwise: the probability that their two children are
    one; 0 where these were never weighed.
    """
    chances = np.minimum(membership[left], membership[right])
    many = len(labels)
    key, wanted = rivals.child * many + rivals.rival, labels[left] * many + labels[right]
    order = np.argsort(key, kind="stable")
    place = places_among(key[order], wanted)
    of_rivals = np.append(rivals.probability[order], 0.0)[place]  # -1: never weighed
    return np.where(labels[left] == labels[right], chances, of_rivals)


def prepare(
    table: pl.DataFrame | pl.LazyFrame, comparisons: Sequence[Comparison], rules: Sequence[BlockingRule], *more: str
) -> Encoded:
    """Encode every column that the comparisons and rules read, and ``more``. Raises KeyError naming a missing column."""
    return encode(table, [*columns_read(tuple(comparisons)), *columns_blocked(rules), *more])


class ArrowTable(Protocol):
    """Any table that exports Arrow's C stream (pyarrow, DuckDB, pandas 3, nanoarrow)."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The stream."""
        ...


def link_records(
    table: pl.DataFrame | pl.LazyFrame | ArrowTable,
    *,
    comparisons: Sequence[Comparison],
    rules: Sequence[BlockingRule],
    training_rules: Sequence[BlockingRule],
    dataset: str | None = None,
    households: Households | None = None,
    model: Model | None = None,
    judged: PairJudgements | None = None,
    settings: Settings = Settings(),  # noqa: B008 - frozen
    measures: Measures | None = None,
    buckets: Buckets | None = None,
    on_progress: OnProgress | None = None,
) -> Linkage:
    """Link the records of a table, polars (eager or lazy) or Arrow, into children. Deterministic.

    - ``dataset``: column that says where a record comes from; null: one dataset.
    - ``households``: how a list's own siblings are found; null: not at all.
    - ``model``: weights to use; null: trained on this table.
    - ``judged``: analysts' judgements of pairs; null: none.
    - ``measures``: of an earlier linkage of the same datasets with this model; null: measured on this table.
    - ``buckets``: where pairs are scored; null: in this process, with threads.
    - ``on_progress``: is told how far the linkage has got.

    Raises KeyError for a missing column, ValueError for a record without a dataset, and
    :class:`matching.weights.train.TrainingError` if there is nothing to learn from.
    """
    on_progress = on_progress or _nobody
    on_progress(0.0, "putting values into numbers")
    table = table if isinstance(table, pl.DataFrame | pl.LazyFrame) else pl.DataFrame(table)
    further = (*settings.reads, *(households.reads if households else ()))
    encoded = prepare(table, comparisons, [*rules, *training_rules], *further)
    codes = _datasets(table.lazy(), encoded.height, dataset)
    if model is None:
        on_progress(LEARNING, "learning what agreement is worth")
        model = train(
            encoded,
            comparisons,
            training_rules,
            between=codes if settings.one_row_each else None,
            learns=codes if codes.max(initial=0) > 0 else None,
            households=households,
            judged=None if judged is None else (judged.left[judged.same], judged.right[judged.same]),
        )
    scoring = partial(score_pairs, on_progress=_part(on_progress, SCORING, JOINING))
    score = scoring if buckets is None else partial(buckets.scored, table.lazy().collect())
    return link_encoded(
        encoded,
        codes,
        rules=rules,
        model=model,
        households=households,
        judged=judged,
        settings=settings,
        measures=measures,
        score=score,
        on_progress=on_progress,
    )


LEARNING, SCORING, JOINING = 0.1, 0.3, 0.8
"""Share of the work that is usually done when each of these begins."""


def _nobody(share: float, what: str) -> None:
    """Stands for ``on_progress`` where nobody asks for the progress."""


def _part(on_progress: OnProgress, begin: float, end: float) -> OnProgress:
    """``on_progress``, with shares of a part of the work turned into shares of the whole."""
    return lambda share, what: on_progress(begin + (end - begin) * share, what)


def _datasets(table: pl.LazyFrame, height: int, dataset: str | None) -> NDArray[np.int32]:
    """Each record's dataset, numbered from 0. Raises KeyError for a missing column, ValueError if it has nulls."""
    if dataset is None:
        return np.zeros(height, dtype=np.int32)
    if dataset not in (there := table.collect_schema().names()):
        raise KeyError(f"the table has no column {dataset}; it has {', '.join(there)}")
    names = table.select(dataset).collect()[dataset]
    if nulls := names.null_count():
        raise ValueError(f"{nulls} records do not say their dataset (column {dataset}): fill it in for every record")
    return (names.rank("dense").cast(pl.Int32) - 1).to_numpy().astype(np.int32)


def link_encoded(
    encoded: Encoded,
    dataset: NDArray[np.int32],
    *,
    rules: Sequence[BlockingRule],
    model: Model,
    households: Households | None = None,
    judged: PairJudgements | None = None,
    settings: Settings = Settings(),  # noqa: B008 - frozen
    measures: Measures | None = None,
    score: Callable[[Scorer, Plan, float], Scored] = score_pairs,
    on_progress: OnProgress | None = None,
) -> Linkage:
    """Link an encoded table with a model: block, score, estimate priors, cluster, find rivals.

    ``score`` scores the pairs of a plan, as score_pairs does. For the others see :func:`link_records`.
    """
    on_progress = on_progress or _nobody
    on_progress(SCORING, "counting pairs of records")
    model = model.on(encoded.height if measures is None else measures.records)
    pairs = _chosen(rules, encoded, dataset, model, settings=settings, measures=measures)
    scorer = Scorer.of(model, encoded, None if measures is None else measures.frequencies, households=households)
    scored = score(scorer, pairs, floor_of(model, settings))
    caught = pairs.caught(scored.left, scored.right) if measures is None else None
    pairs = pairs.without_rows()
    on_progress(JOINING, "putting together what is one child's")
    strata, stratum = strata_of(encoded, settings.stratum, None if measures is None else measures.strata)
    priors = priors_of(scored, dataset, max(model.match, LEAST_MATCH)) if measures is None else measures.priors
    judge, evidence = _judging(scored, scorer, priors, dataset, stratum, judged=judged, settings=settings)
    coverage = _first_coverage(scored, evidence, judge, judged, households) if measures is None else measures.coverage
    judge = replace(judge, coverage=coverage)
    odds = judge.log_odds(scored.left, scored.right, evidence)
    children = _children(scored, odds, judge, judged, count_again=measures is None)
    judge = replace(judge, coverage=children.coverage)
    if measures is None:
        measures = _measures(scorer, pairs, priors, strata, children.coverage)
    membership = membership_of(len(children.labels), all_pairs_within(children.labels), Weighing.by(judge))
    on_progress(1.0, "linked")
    return Linkage(
        table=encoded,
        dataset=dataset,
        model=model,
        plan=pairs,
        scored=scored,
        caught=caught,
        priors=priors,
        evidence=evidence,
        odds=odds,
        cut=children.cut,
        labels=children.labels,
        membership=membership,
        rivals=competing(children.rivals),
        weighed=children.weighed,
        judge=judge,
        measures=measures,
    )


def _chosen(
    rules: Sequence[BlockingRule],
    encoded: Encoded,
    dataset: NDArray[np.int32],
    model: Model,
    *,
    settings: Settings,
    measures: Measures | None,
) -> Plan:
    """The rules that are worth their pairs; with ``measures``, the rules chosen when these were made."""
    between = dataset if settings.one_row_each else None
    if measures is None:
        return choose_rules(rules, encoded, model, between=between, budget=settings.pairs)
    return plan(measures.chosen(rules), encoded, between)


def _judging(
    scored: Scored,
    scorer: Scorer,
    priors: Priors,
    dataset: NDArray[np.int32],
    stratum: NDArray[np.int32],
    *,
    judged: PairJudgements | None,
    settings: Settings,
) -> tuple[Judge, Bits]:
    """The judge with the scored pairs but without coverage, and the evidence of these pairs."""
    apart = scorer.table.lists[settings.apart] if settings.apart else None
    judge = Judge(scorer, priors, dataset, stratum, None, apart, judged_pairs(judged), settings)
    evidence = judge.ruled(scored.left, scored.right, scored.weight)
    return replace(judge, known=KnownPairs.of(scored, evidence)), evidence


def _measures(scorer: Scorer, pairs: Plan, priors: Priors, strata: Strata, coverage: Coverage) -> Measures:
    chosen = tuple(blocks.rule.name for blocks in pairs.blocks)
    frequencies = held_frequencies(scorer.frequencies, scorer.table)
    return Measures(scorer.table.height, chosen, frequencies, priors, strata, coverage)


def _first_coverage(
    scored: Scored, evidence: Bits, judge: Judge, judged: PairJudgements | None, households: Households | None
) -> Coverage:
    """Coverage, by a first clustering."""
    labels = _clustered(scored, judge.log_odds(scored.left, scored.right, evidence), judge, judged)
    siblings = None
    if households is not None:
        siblings = siblings_in(judge.scorer.table, numbered(labels), households.rules, households.same)
    return coverage_of(labels, judge.dataset, judge.stratum, siblings)


@dataclass(frozen=True)
class _Children:
    """Children, and what was weighed between them."""

    cut: Labels
    labels: Labels
    rivals: ChildPairs
    weighed: tuple[KnownChildPairs, ...]
    coverage: Coverage


def _children(
    scored: Scored, odds: Bits, judge: Judge, judged: PairJudgements | None, *, count_again: bool
) -> _Children:
    """Cluster records, then weigh children against each other. ``count_again``: do the latter once more with the coverage
    that the first time shows.
    """
    together = _clustered(scored, odds, judge, judged)
    pairs = scored.left, scored.right
    linked = above(0.0, *with_judged_pairs(pairs, judge.with_margin(odds), judged))
    near, weigh = near_rivals(*pairs, odds, scored.weight), Weighing.by(judge)
    settled = _settled(together, linked, near, weigh)
    if not count_again:
        return settled
    # Children in two pieces count as such: what two groups of records that may be one leave is counted again.
    coverage = counted_again(settled.coverage, settled.labels, settled.rivals, judge.dataset, judge.stratum)
    del settled
    return _settled(together, linked, near, weigh.given(coverage))


def _settled(together: Labels, linked: tuple[Rows, Rows], near: tuple[Rows, Rows], weigh: Weighing) -> _Children:
    """Part children who are two, move records to the child to whom they lean, and join children who are one.

    ``linked``, ``near``: pairs of rows with a link, or near one.
    """
    judge = weigh.judge
    by_records = replace(judge, coverage=None).for_clusters
    cut = moved(parted(together, by_records, weigh, judge.margins), linked, weigh, judge.margin)
    rivalry = Rivalry(np.arange(len(together), dtype=np.int32), weigh, KnownChildPairs.nothing(), [])
    labels, rivals = rivalry.settle(cut, *near, judge.margins)
    return _Children(cut, labels, rivals, tuple(rivalry.kept), weigh.coverage)


LEAST_MATCH = 1e-9
"""A lower share of pairs that are one child counts as this."""


def floor_of(model: Model, settings: Settings) -> float:
    """The lowest match weight (bits) at which a pair is kept."""
    expected = max(model.match, LEAST_MATCH)
    return float(np.log2((1 - expected) / expected)) - settings.candidate_floor


def _clustered(scored: Scored, odds: Bits, judge: Judge, judged: PairJudgements | None) -> Labels:
    pairs = with_judged_pairs((scored.left, scored.right), judge.with_margin(odds), judged)
    return cluster(len(judge.dataset), *pairs, judge.for_clusters)


RIVAL_BITS = -12.0
"""Children whose likeliest pair of records is below these log-odds (bits) are no rivals."""


def above(least: float, left: Rows, right: Rows, odds: Bits) -> tuple[Rows, Rows]:
    """The pairs of rows with log-odds (bits) above ``least``."""
    near = odds > least
    return np.compress(near, left), np.compress(near, right)


def near_rivals(left: Rows, right: Rows, odds: Bits, weights: Bits) -> tuple[Rows, Rows]:
    """The pairs of rows near enough to make rivals of their children. Two whom identifiers keep apart are as near as they would
    be without that rule: a child whom a new school gave another number may have no third record to bring the two together.
    """
    return above(RIVAL_BITS, left, right, np.where(is_apart(odds), odds - APART + weights, odds))


def with_judged_pairs(pairs: tuple[Rows, Rows], odds: Bits, judged: PairJudgements | None) -> tuple[Rows, Rows, Bits]:
    """``pairs`` and ``odds`` with the pairs judged to be one child added, as blocking may not have found them."""
    if judged is None or not judged.same.any():
        return *pairs, odds
    low = np.minimum(judged.left, judged.right)[judged.same].astype(np.int32)
    high = np.maximum(judged.left, judged.right)[judged.same].astype(np.int32)
    joined = np.concatenate([odds, np.full(len(low), ALWAYS)])
    return np.concatenate([pairs[0], low]), np.concatenate([pairs[1], high]), joined
