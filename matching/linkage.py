"""The whole linkage of one table: block, train, score, cluster, rivals. Use this on any table.

    >>> found = link_records(table, comparisons=COMPARISONS, rules=RULES, training_rules=RULES, dataset="source")

``table`` is a polars DataFrame with one row a record; ``dataset`` names the column that says where a record comes from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.assign import Bits, Priors, Rivals, membership_of, priors_of, probability, rivals_of
from matching.blocking import BlockingRule, Plan, columns_blocked, plan
from matching.cluster import ALWAYS, NEVER, cluster, pairs_within
from matching.comparisons import Comparison, columns_read
from matching.encode import Encoded, Rows, encode
from matching.model import Model
from matching.score import Scored, Scorer, patterns_of, score_pairs
from matching.train import Households, train

FLOOR_BITS = 10.0
"""Pairs are kept while their probability is above about one in 2**FLOOR_BITS."""


@dataclass(frozen=True)
class Settings:
    """How sure a link must be, and what keeps records apart whatever their weight."""

    link_probability: float = 0.8
    """Two groups of records are one child only if their pairs are, on the whole, at least so probable."""
    apart: str | None = None
    """List column of verified identifiers: rows of one dataset that bear different ones are never one child."""
    one_row_each: bool = False
    """Every dataset holds each person once: two of its rows are never one person, and are not looked at."""
    candidate_floor: float = FLOOR_BITS


@dataclass(frozen=True)
class Judged:
    """An analyst's judgements on pairs of rows: they outrank every weight."""

    left: Rows
    right: Rows
    same: NDArray[np.bool_]


@dataclass(frozen=True)
class Linkage:
    """What a linkage found. Row numbers are those of the table."""

    table: Encoded
    dataset: NDArray[np.int32]
    model: Model
    plan: Plan
    scored: Scored
    priors: Priors
    odds: Bits
    """Log-odds (bits) of each scored pair, by itself: weight and prior."""
    labels: NDArray[np.int64]
    """The lowest row of each row's child."""
    membership: NDArray[np.float64]
    rivals: Rivals

    @property
    def probability(self) -> NDArray[np.float64]:
        """Match probability of each scored pair by itself."""
        return probability(self.odds)


@dataclass(frozen=True)
class _Judge:
    """Log-odds of any pair of rows: weight, prior, identifiers that keep apart, judgements."""

    scorer: Scorer
    priors: Priors
    dataset: NDArray[np.int32]
    apart: NDArray[np.int32] | None
    judged: dict[int, float]
    settings: Settings

    @property
    def margin(self) -> float:
        """Bits by which log-odds must be above 0 for a link of the probability asked for."""
        return float(np.log2(self.settings.link_probability / (1 - self.settings.link_probability)))

    def log_odds(self, left: Rows, right: Rows) -> Bits:
        """Bits for and against, without the margin."""
        low, high = np.minimum(left, right), np.maximum(left, right)
        patterns = patterns_of(self.scorer.model.comparisons, self.scorer.table, low, high)
        return self.ruled(low, high, self.scorer.weights(patterns, low, high) + self.priors.of(self.dataset, low, high))

    def ruled(self, left: Rows, right: Rows, odds: Bits) -> Bits:
        """Put what is certain in place of what is likely."""
        odds = odds.copy()
        if self.apart is not None:
            odds[self._apart(left, right)] = NEVER
        if self.settings.one_row_each:
            odds[self.dataset[left] == self.dataset[right]] = NEVER
        if self.judged:
            keys = left.astype(np.int64) << 32 | right
            for place in np.flatnonzero(np.isin(keys, np.fromiter(self.judged, dtype=np.int64))):
                odds[place] = self.judged[int(keys[place])]
        return odds

    def _apart(self, left: Rows, right: Rows) -> NDArray[np.bool_]:
        values = self.apart
        if values is None:
            return np.zeros(len(left), dtype=bool)
        apart = (self.dataset[left] == self.dataset[right]) & (values[left, 0] >= 0) & (values[right, 0] >= 0)
        for i in range(values.shape[1]):
            for j in range(values.shape[1]):
                apart &= ~((values[left, i] == values[right, j]) & (values[left, i] >= 0))
        return apart

    def for_clusters(self, left: Rows, right: Rows) -> Bits:
        """Log-odds with the margin: below 0 unless sure enough; capped, so that no one pair outweighs all others."""
        odds = self.log_odds(left, right)
        return np.where(np.abs(odds) < ALWAYS / 2, np.clip(odds, -30, 30) - self.margin, odds)


def _judged(judged: Judged | None) -> dict[int, float]:
    if judged is None:
        return {}
    low, high = np.minimum(judged.left, judged.right), np.maximum(judged.left, judged.right)
    keys = (low.astype(np.int64) << 32 | high).tolist()
    return {key: ALWAYS if same else NEVER for key, same in zip(keys, judged.same.tolist(), strict=True)}


def prepare(table: pl.DataFrame, comparisons: Sequence[Comparison], rules: Sequence[BlockingRule], *more: str) -> Encoded:
    """Encode every column that the comparisons and rules read. Raises KeyError naming a missing column."""
    return encode(table, [*columns_read(tuple(comparisons)), *columns_blocked(rules), *more])


def link_records(
    table: pl.DataFrame,
    *,
    comparisons: Sequence[Comparison],
    rules: Sequence[BlockingRule],
    training_rules: Sequence[BlockingRule],
    dataset: str | None = None,
    households: Households | None = None,
    model: Model | None = None,
    judged: Judged | None = None,
    settings: Settings = Settings(),
) -> Linkage:
    """Link the records of a table into children. Deterministic.

    ``model``: weights in force; null: trained on this table. Raises KeyError for a missing column and
    :class:`matching.train.TrainingError` where there is nothing to learn from.
    """
    further = [name for name in (settings.apart, *_household_columns(households)) if name]
    encoded = prepare(table, comparisons, [*rules, *training_rules], *further)
    sources = pl.Series("", [0] * table.height) if dataset is None else table[dataset].rank("dense").cast(pl.Int32) - 1
    codes = sources.to_numpy().astype(np.int32)
    if model is None:
        learns = codes if codes.max(initial=0) > 0 else None
        between = codes if settings.one_row_each else None
        model = train(encoded, comparisons, training_rules, between=between, learns=learns, households=households)
    return link_encoded(encoded, codes, rules=rules, model=model, judged=judged, settings=settings)


def _household_columns(households: Households | None) -> tuple[str, ...]:
    if households is None:
        return ()
    return (households.dataset, households.identifier, *households.same, *columns_blocked(households.rules))


def link_encoded(
    encoded: Encoded,
    dataset: NDArray[np.int32],
    *,
    rules: Sequence[BlockingRule],
    model: Model,
    judged: Judged | None = None,
    settings: Settings = Settings(),
) -> Linkage:
    """Link an encoded table with a model: block, score, estimate priors, cluster, find rivals."""
    pairs = plan(rules, encoded, dataset if settings.one_row_each else None)
    scorer = Scorer.of(model, encoded)
    expected = max(model.match, 1e-9)
    floor = float(np.log2((1 - expected) / expected)) - settings.candidate_floor
    scored = score_pairs(scorer, pairs, floor)
    priors = priors_of(scored, dataset, expected)
    apart = encoded.lists[settings.apart] if settings.apart else None
    judge = _Judge(scorer, priors, dataset, apart, _judged(judged), settings)
    odds = judge.ruled(scored.left, scored.right, scored.weight + priors.of(dataset, scored.left, scored.right))
    left, right, for_clusters = _with_judged_pairs(scored, odds - np.where(np.abs(odds) < ALWAYS / 2, judge.margin, 0), judged)
    labels = cluster(encoded.height, left, right, for_clusters, judge.for_clusters)
    within = [(a, b, judge.log_odds(a, b)) for a, b in pairs_within(labels)]
    a, b, c = (np.concatenate([piece[k] for piece in within] or [np.zeros(0)]) for k in range(3))
    membership = membership_of(encoded.height, dataset, a.astype(np.int32), b.astype(np.int32), c)
    rivals = rivals_of(labels, scored.left, scored.right, odds)
    return Linkage(encoded, dataset, model, pairs, scored, priors, odds, labels, membership, rivals)


def _with_judged_pairs(scored: Scored, odds: Bits, judged: Judged | None) -> tuple[Rows, Rows, Bits]:
    """Pairs judged to be one child stand among the links even where blocking did not find them."""
    if judged is None or not judged.same.any():
        return scored.left, scored.right, odds
    low = np.minimum(judged.left, judged.right)[judged.same].astype(np.int32)
    high = np.maximum(judged.left, judged.right)[judged.same].astype(np.int32)
    joined = np.concatenate([odds, np.full(len(low), ALWAYS)])
    return np.concatenate([scored.left, low]), np.concatenate([scored.right, high]), joined
