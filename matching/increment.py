"""Linking again after only some records changed: the result of linking all of them anew, at the cost of the change.

While :class:`~matching.measures.Measures` are held, a pair's weight depends on its two records alone. So pairs of unchanged
records are kept, a component without a changed record keeps its cut, and children without one are not weighed again. Rows of
both linkages are in the order of the same ids, so that whatever depends on order comes out the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.blocking import BlockingRule, plan
from matching.clustering.assign import probability
from matching.clustering.cluster import all_pairs_within, cluster
from matching.clustering.judge import Judge, KnownPairs, PairJudgements, Settings, judged_pairs
from matching.clustering.leaning import membership_of, moved
from matching.clustering.parting import parted
from matching.clustering.rivals import KnownChildPairs, Margins, Rivalry, Rivals, Signs, competing, signs_of
from matching.clustering.together import Questions
from matching.clustering.weighing import Weighing
from matching.in_numbers.arrays import Bits, Labels, Mask, Patterns, Rows
from matching.in_numbers.components import components
from matching.in_numbers.encode import Encoded
from matching.in_numbers.sorting import pair_numbers
from matching.linkage import floor_of, near_rivals, pair_probability, with_judged_pairs
from matching.measures import Measures
from matching.scoring.score import Scorer, score_pairs
from matching.weights.model import Model


@dataclass(frozen=True)
class Pairs:
    """Scored pairs of rows, in the order of :class:`matching.scoring.score.Scored`."""

    left: Rows
    right: Rows
    pattern: Patterns
    weight: Bits
    evidence: Bits
    """The weight, or in its place what is certain (a judgement, identifiers that keep apart)."""
    rule: NDArray[np.int16]

    def at(self, places: NDArray[np.int64] | Mask) -> "Pairs":
        """Some of the pairs."""
        return Pairs(*(getattr(self, name)[places] for name in Pairs.__dataclass_fields__))


@dataclass(frozen=True)
class PreviousLinkage:
    """What the previous linkage knows of tonight's rows."""

    numbers: NDArray[np.int64]
    """Each row's number: its record's number as before or, if the record is new or changed, one never used before."""
    is_new: Mask
    """The record is new, or changed in anything that the linkage reads, judgements included."""
    is_loose: Mask
    """The record was in a pair with a record that is gone or changed."""
    cut: Labels
    """Label of each row before children were joined; ignored for a row that is new or loose."""
    membership: NDArray[np.float64]
    """How sure each row was to belong to its child; ignored for a row whose child has changed."""
    pairs: Pairs
    """Pairs of unchanged records."""
    weighed: KnownChildPairs
    """What was weighed between children of unchanged records."""
    signs: Signs
    """Signs of the children as they were."""


@dataclass(frozen=True)
class IncrementalLinkage:
    """What linking again found. Rows are tonight's."""

    pairs: Pairs
    probability: NDArray[np.float64]
    """Of each pair, taking all records of its children into account."""
    alone: NDArray[np.float64]
    """Of each pair taken alone."""
    cut: Labels
    labels: Labels
    rivals: Rivals
    weighed: tuple[KnownChildPairs, ...]
    is_touched: Mask
    """Rows whose child does not consist of the same records as before."""
    membership: NDArray[np.float64]
    """How sure each row is to belong to its child."""
    described: Callable[[Rows, Rows], tuple[Patterns, Bits]]
    """Agreement pattern and match weight of any pairs of rows."""


@dataclass
class LazyJudge:
    """The judge of pairs of rows, which encodes only the rows that are asked for."""

    encoded: Callable[[Rows], Encoded]
    """Rows in ascending order -> their table."""
    model: Model
    """For a table with as many records as were measured."""
    measures: Measures
    dataset: NDArray[np.int32]
    stratum: NDArray[np.int32]
    judged: dict[int, float]
    settings: Settings
    known: KnownPairs | None = None
    """Pairs whose evidence is known already."""
    judge: Judge | None = None
    has: Mask | None = None

    def only(self, rows: NDArray[np.integer]) -> Judge:
        """The judge, able to weigh these rows and no others: the fewer rows, the quicker its table is made when it grows."""
        self.has = np.zeros(len(self.dataset), dtype=bool)
        self.has[rows] = True
        self.judge = self._judge(np.flatnonzero(self.has).astype(np.int32))
        return self.judge

    def over(self, *rows: NDArray[np.integer]) -> Judge:
        """The judge, able to weigh these rows in addition to those it could weigh before."""
        asked = np.zeros(len(self.dataset), dtype=bool) if self.has is None else self.has.copy()
        for some in rows:
            asked[some] = True
        if self.judge is None or (asked != self.has).any():
            return self.only(np.flatnonzero(asked))
        return self.judge

    def of(self, *rows: NDArray[np.integer]) -> Judge:
        """A judge able to weigh these rows, asked for once: the one at hand or, if it lacks any, one of them alone."""
        if self.judge is not None and self.has is not None and all(self.has[some].all() for some in rows):
            return self.judge
        return self._judge(np.unique(np.concatenate(rows)).astype(np.int32))

    def knowing(self, pairs: Pairs) -> Judge:
        """The judge, which from now on knows the evidence of these pairs without weighing them."""
        self.known = KnownPairs(pair_numbers(pairs.left, pairs.right), pairs.evidence)
        self.judge = replace(self.over(), known=self.known)
        return self.judge

    def weighing(self, left: Rows, right: Rows, at_home: Bits | None = None) -> Judge:
        """The judge, able to weigh these pairs."""
        if self.known is not None:
            new = self.known.places(np.minimum(left, right), np.maximum(left, right)) < 0
            new = new if at_home is None else new | (at_home > 0)
            left, right = left[new], right[new]
        return self.over(left, right)

    def evidence(self, left: Rows, right: Rows, at_home: Bits | None = None) -> Bits:
        """As :meth:`matching.clustering.judge.Judge.evidence`."""
        return self.weighing(left, right, at_home).evidence(left, right, at_home)

    def together(self, left: Rows, right: Rows, which: Questions, at_home: Bits) -> Bits:
        """As :meth:`matching.clustering.judge.Judge.together`."""
        return self.over(left, right).together(left, right, which, at_home)

    @property
    def margins(self) -> Margins:
        """As :attr:`matching.clustering.judge.Judge.margins`."""
        return replace(self.over().margins, names_of_two=lambda *pairs: self.of(*pairs).names_of_two(*pairs))

    def by_records(self, left: Rows, right: Rows) -> Bits:
        """As ``log_odds``, without coverage."""
        return replace(self.weighing(left, right), coverage=None).for_clusters(left, right)

    def log_odds(self, left: Rows, right: Rows) -> Bits:
        """As :meth:`matching.clustering.judge.Judge.for_clusters`."""
        return self.weighing(left, right).for_clusters(left, right)

    def described(self, left: Rows, right: Rows) -> tuple[Patterns, Bits]:
        """As :meth:`matching.clustering.judge.Judge.described`."""
        return self.of(left, right).described(left, right)

    def _judge(self, rows: Rows) -> Judge:
        table = self.encoded(rows)
        place = np.zeros(len(self.dataset), dtype=np.int32)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        apart = table.lists[self.settings.apart] if self.settings.apart else None
        return Judge(
            Scorer.of(self.model, table, self.measures.frequencies),
            self.measures.priors,
            self.dataset,
            self.stratum,
            self.measures.coverage,
            apart,
            self.judged,
            self.settings,
            place,
            self.known,
        )


def link_again(
    previous: PreviousLinkage,
    met: Rows,
    encoded: Callable[[Rows], Encoded],
    *,
    dataset: NDArray[np.int32],
    stratum: NDArray[np.int32],
    rules: Sequence[BlockingRule],
    model: Model,
    judged: PairJudgements | None,
    settings: Settings,
    measures: Measures,
) -> IncrementalLinkage:
    """Link again: score the pairs of changed records, cut the components and weigh the children that they touch.

    ``met``: rows (ascending) that include every new row and every row that shares a block with one. ``encoded``: gives the
    table of some rows. ``dataset``, ``stratum``: of all rows, numbered as in ``measures``.
    """
    model = model.on(measures.records)
    lazy = LazyJudge(encoded, model, measures, dataset, stratum, judged_pairs(judged), settings)
    pairs = _with_new_pairs(previous, met, lazy, rules)
    judge = lazy.knowing(pairs)
    odds = judge.log_odds(pairs.left, pairs.right, pairs.evidence)
    linked = with_judged_pairs((pairs.left, pairs.right), judge.with_margin(odds), judged)
    near = near_rivals(pairs.left, pairs.right, odds, pairs.weight)
    lazy.only(_within_reach(previous, linked, near))
    cut = _cut_again(previous, linked, lazy)
    rivalry = Rivalry(previous.numbers, Weighing.by(judge, lazy), previous.weighed, [])
    labels, may_be_one = rivalry.settle(cut, *near, lazy.margins)
    rivals = competing(may_be_one)
    is_touched = ~np.isin(signs_of(labels, previous.numbers), previous.signs)[labels]
    membership = previous.membership.copy()
    membership[is_touched] = _membership(labels, np.flatnonzero(is_touched), lazy)
    return IncrementalLinkage(
        pairs,
        probability=pair_probability(pairs.left, pairs.right, labels, membership, rivals),
        alone=probability(odds),
        cut=cut,
        labels=labels,
        rivals=rivals,
        weighed=tuple(rivalry.kept),
        is_touched=is_touched,
        membership=membership,
        described=lazy.described,
    )


def _with_new_pairs(previous: PreviousLinkage, met: Rows, lazy: LazyJudge, rules: Sequence[BlockingRule]) -> Pairs:
    """The pairs kept, and those with a new record."""
    judge = lazy.over(met)
    between = lazy.dataset[met] if lazy.settings.one_row_each else None
    found = plan(lazy.measures.chosen(rules), judge.scorer.table, between)
    new = replace(found, among=previous.is_new[met])
    scored = score_pairs(judge.scorer, new, floor_of(lazy.model, lazy.settings))
    left, right = met[scored.left], met[scored.right]
    evidence = judge.ruled(left, right, scored.weight)
    fresh = Pairs(left, right, scored.pattern, scored.weight, evidence, scored.rule)
    both = Pairs(
        *(np.concatenate([getattr(previous.pairs, name), getattr(fresh, name)]) for name in Pairs.__dataclass_fields__)
    )
    return both.at(np.argsort(pair_numbers(both.left, both.right), kind="stable"))


def _within_reach(
    previous: PreviousLinkage, linked: tuple[Rows, Rows, Bits], near: tuple[Rows, Rows]
) -> NDArray[np.int64]:
    """Nearly all rows that will be asked for: those linked, directly or through others, with a new or loose row, and those
    linked likewise with a row that may be one child with one of them.
    """
    left, right, odds = linked
    component = components(len(previous.cut), left[odds > 0], right[odds > 0])
    touched = np.zeros(len(component), dtype=bool)
    touched[component[previous.is_new | previous.is_loose]] = True
    ones, others = (component[side] for side in near)
    beside = touched[ones] | touched[others]
    touched[ones[beside]], touched[others[beside]] = True, True
    return np.flatnonzero(touched[component])


def _cut_again(previous: PreviousLinkage, linked: tuple[Rows, Rows, Bits], lazy: LazyJudge) -> Labels:
    """The labels of all rows; a component without a new or loose row keeps its own."""
    left, right, odds = linked
    height, is_linked = len(previous.cut), odds > 0
    component = components(height, left[is_linked], right[is_linked])
    touched = np.zeros(height, dtype=bool)
    touched[component[previous.is_new | previous.is_loose]] = True
    rows = np.flatnonzero(touched[component])
    place = np.full(height, -1, dtype=np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    inside = (place[left] >= 0) & (place[right] >= 0)

    lazy.weighing(*_inner(rows, component))

    def log_odds(ones: Rows, others: Rows) -> Bits:
        return lazy.log_odds(rows[ones].astype(np.int32), rows[others].astype(np.int32))

    clusters = cluster(len(rows), place[left[inside]], place[right[inside]], odds[inside], log_odds)
    cut = previous.cut.copy()
    cut[rows] = rows[clusters]
    among = np.zeros(height, dtype=bool)
    among[rows] = True
    judge = lazy.over()
    weigh = Weighing.by(judge, lazy)
    cut = parted(cut, lazy.by_records, weigh, lazy.margins, among=among)
    inside = is_linked & among[left]
    return moved(cut, (left[inside], right[inside]), weigh, judge.margin)


def _inner(rows: NDArray[np.int64], component: Labels) -> tuple[Rows, Rows]:
    """All pairs of these rows within components of three rows or more, so that rows not yet known are encoded in one go."""
    several = rows[np.bincount(component, minlength=len(component))[component[rows]] > 2]
    left, right = all_pairs_within(
        np.searchsorted(several, component[several])
    )  # a component's lowest row is one of its rows
    return several[left].astype(np.int32), several[right].astype(np.int32)


def _membership(labels: Labels, rows: NDArray[np.int64], lazy: LazyJudge) -> NDArray[np.float64]:
    """How sure each of these rows is to belong to its child. ``rows``: all rows of some children."""
    place = np.zeros(len(labels), dtype=np.int64)
    place[rows] = np.arange(len(rows))
    left, right = (rows[side].astype(np.int32) for side in all_pairs_within(place[labels[rows]]))
    return membership_of(len(labels), (left, right), Weighing.by(lazy.over(), lazy))[rows]


BLOCKS = 2**31
"""Numbers of blocks. Of 32 bits, the last says whether a row lacks what its rule asks of one side."""


def block_of(sign: pl.Expr) -> pl.Expr:
    """The number of the block of each sign."""
    return sign // 2


def makes_pairs(sign: pl.Expr) -> pl.Expr:
    """Whether a row with this sign is one that its rule asks for on one side: a block without any makes no pairs."""
    return sign % 2 == 0


def signs_of_blocks(blocks: pl.Series) -> pl.Series:
    """Every sign that a row of these blocks may have. ``blocks``: numbers of blocks, each once."""
    return pl.concat([2 * blocks, 2 * blocks + 1]).rename("sign")


def block_signs(table: pl.DataFrame, rules: Sequence[BlockingRule]) -> pl.DataFrame:
    """row, sign: one row per value that a row has in a rule's columns. Rows that share a block share its number.

    A sign is a 32-bit number that stays the same from linkage to linkage: twice the number of the block and, where the row
    lacks what the rule asks of one side (``one_side``), one more. Two values occasionally have the same one; their rows are
    then compared for nothing.
    """
    numbered = table.with_row_index("row")
    parts = [pl.DataFrame(schema={"row": pl.UInt32, "sign": pl.UInt32})]
    for number, rule in enumerate(rules):
        columns = list(rule.columns)
        lacks = pl.col(rule.one_side).is_null() if rule.one_side else pl.lit(value=False)
        values = numbered.select("row", *columns, lacks=lacks).drop_nulls(columns)
        for column in columns:
            if values.schema[column].is_nested():
                values = values.explode(column).drop_nulls(column)
        block = pl.struct(*columns, pl.lit(number, pl.Int16).alias("rule")).hash() % BLOCKS
        parts.append(values.select("row", sign=(2 * block + pl.col("lacks")).cast(pl.UInt32)))
    return pl.concat(parts)
