"""The judge of any pair of rows: its weight, what is certain in place of a weight, and its prior.

What keeps records apart whatever their weight (identifiers verified on one roll, an analyst's judgement) is applied here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.clustering.assign import SURE, Coverage, Priors
from matching.clustering.cluster import ALWAYS, APART, NEVER
from matching.clustering.rivals import Margins
from matching.clustering.together import Questions, weigh_together
from matching.in_numbers.arrays import Bits, Patterns, Rows
from matching.in_numbers.sorting import pair_numbers, places_among
from matching.pair_tests.similarity import Test
from matching.scoring.score import Scored, Scorer
from matching.weights.model import TRUSTED
from matching.weights.patterns import SLICE, patterns_of

FLOOR_BITS = 10.0
"""Pairs are kept while their probability is above about one in 2**FLOOR_BITS."""


@dataclass(frozen=True)
class Settings:
    """How sure a link must be, and what keeps records apart whatever their weight."""

    link_probability: float = 0.7
    """Two groups of records are one child only if that is at least this probable."""
    names_of_two: Test | None = None
    """Holds for the names of two rows that may well be two children of one home. None: nothing is known of that."""
    twice_probability: float = 8 / 9
    """As ``link_probability``, if that is less, for two groups of which some dataset has a record each under names of two."""
    apart: str | None = None
    """List column of verified identifiers: rows of one dataset with different ones are never one child."""
    beside: Test | None = None
    """Rows of one dataset for which this holds are never one child: the dataset itself shows them beside each other, such as
    two names in one household's list."""
    stratum: str | None = None
    """Text column by which the share of one dataset's records that are also in another varies: the birth year."""
    one_row_each: bool = False
    """Every dataset has each person once: two of its rows are never one person, and are not compared."""
    candidate_floor: float = FLOOR_BITS
    pairs: int | None = None
    """Budget of pairs to compare; None: in proportion to the records (see :mod:`matching.budget`)."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that are read in addition to those of comparisons and rules."""
        named = tuple(name for name in (self.apart, self.stratum) if name is not None)
        tests = (test for test in (self.beside, self.names_of_two) if test is not None)
        return (*named, *(column for test in tests for column in test.reads))

    def __post_init__(self) -> None:
        """Raise ValueError for a probability that would link all records or none."""
        for name in ("link_probability", "twice_probability"):
            if not 0 < (chance := getattr(self, name)) < 1:
                raise ValueError(f"{name} is {chance}: it must lie between 0 and 1, such as 0.7")


@dataclass(frozen=True)
class PairJudgements:
    """An analyst's judgements on pairs of rows. They outrank every weight."""

    left: Rows
    right: Rows
    same: NDArray[np.bool_]


@dataclass(frozen=True)
class KnownPairs:
    """The evidence of pairs of rows that have been weighed already."""

    keys: NDArray[np.int64]
    """Both rows of each pair in one number (:func:`~matching.in_numbers.sorting.pair_numbers`), ascending."""
    evidence: Bits

    @classmethod
    def of(cls, scored: Scored, evidence: Bits) -> "KnownPairs":
        """From the scored pairs."""
        return cls(pair_numbers(scored.left, scored.right), evidence)

    def places(self, low: Rows, high: Rows) -> NDArray[np.int64]:
        """Position of each pair; -1 if it has not been weighed."""
        return places_among(self.keys, pair_numbers(low, high))


@dataclass(frozen=True)
class Judge:
    """Log-odds of any pair of rows: weight, prior, identifiers that keep apart, judgements."""

    scorer: Scorer
    priors: Priors
    dataset: NDArray[np.int32]
    stratum: NDArray[np.int32]
    coverage: Coverage | None
    apart: NDArray[np.int32] | None
    judged: dict[int, float]
    settings: Settings
    place: Rows | None = None
    """If the scorer's table and ``apart`` hold only some rows, the position of each row in them; None: they hold all rows."""
    known: "KnownPairs | None" = None
    """Pairs that need not be weighed again; None: there are none."""

    @property
    def margin(self) -> float:
        """Bits by which log-odds must exceed 0 for a link of the probability required."""
        return _margin(self.settings.link_probability)

    @property
    def margins(self) -> Margins:
        """The same for two children, by whether some dataset has both."""
        return Margins(self.margin, _margin(self.settings.twice_probability), self.dataset, self.names_of_two)

    def names_of_two(self, left: Rows, right: Rows) -> NDArray[np.bool_]:
        """Whether the names of each pair of rows may well be those of two children of one home."""
        if self.settings.names_of_two is None:
            return np.zeros(len(left), dtype=bool)
        if self.place is not None:
            left, right = self.place[left], self.place[right]
        return self.settings.names_of_two.holds(self.scorer.table, left, right)

    def evidence(self, left: Rows, right: Rows, at_home: Bits | None = None) -> Bits:
        """Match weights of any pairs of rows, replaced by what is certain where anything is.

        ``at_home``: see :meth:`matching.scoring.score.Scorer.weights`.
        """
        evidence = np.empty(len(left))
        for begin in range(0, len(left), SLICE):
            here = slice(begin, begin + SLICE)
            evidence[here] = self._evidence(left[here], right[here], None if at_home is None else at_home[here])
        return evidence

    def _evidence(self, left: Rows, right: Rows, at_home: Bits | None) -> Bits:
        low, high = np.minimum(left, right), np.maximum(left, right)
        if self.known is None:
            return self._weighed(low, high, at_home)
        place = self.known.places(low, high)
        evidence = self.known.evidence.take(place) if len(self.known.evidence) else np.zeros(len(low))
        new = np.flatnonzero(place < 0 if at_home is None else (place < 0) | (at_home > 0))
        evidence[new] = self._weighed(low[new], high[new], None if at_home is None else at_home[new])
        return evidence

    def _weighed(self, low: Rows, high: Rows, at_home: Bits | None) -> Bits:
        weights = np.zeros(len(low))
        # With one row each, two rows of one dataset are two persons whatever they say: they are not compared.
        open_ = slice(None) if not self.settings.one_row_each else self.dataset[low] != self.dataset[high]
        weights[open_] = self.described(low[open_], high[open_], None if at_home is None else at_home[open_])[1]
        return self.ruled(low, high, weights)

    def described(self, left: Rows, right: Rows, at_home: Bits | None = None) -> tuple[Patterns, Bits]:
        """Agreement pattern and match weight of any pairs of rows."""
        left, right, patterns = self._patterns(left, right)
        return patterns, self.scorer.weights(patterns, left, right, at_home)

    def together(self, left: Rows, right: Rows, which: Questions, at_home: Bits) -> Bits:
        """As :func:`matching.clustering.together.weigh_together`, for pairs about which nothing is certain."""
        left, right, patterns = self._patterns(np.minimum(left, right), np.maximum(left, right))
        return weigh_together(self.scorer, patterns, (left, right), which, at_home)

    def _patterns(self, left: Rows, right: Rows) -> tuple[Rows, Rows, Patterns]:
        """Positions of the rows in the scorer's table, and the pairs' agreement patterns."""
        if self.place is not None:
            left, right = self.place[left], self.place[right]
        return left, right, patterns_of(self.scorer.model.comparisons, self.scorer.table, left, right)

    def log_odds(self, left: Rows, right: Rows, evidence: Bits) -> Bits:
        """Evidence -> log-odds (bits): adds the prior of the two datasets and, where known, coverage."""
        odds = evidence + self.priors.of(self.dataset, left, right)
        if self.coverage is not None:
            odds += self.coverage.of(self.dataset, self.stratum, left, right)
        return odds

    def ruled(self, left: Rows, right: Rows, weights: Bits) -> Bits:
        """Replace weights by what is certain: identifiers that keep apart, and judgements, which come last and so prevail."""
        ruled = weights.copy()
        if self.apart is not None:
            ruled[self._apart(left, right)] = APART
        if self.settings.beside is not None:
            ruled[self._beside(self.settings.beside, left, right)] = NEVER
        if self.settings.one_row_each:
            np.copyto(ruled, NEVER, where=self.dataset.take(left) == self.dataset.take(right))
        if self.judged:
            keys = pair_numbers(left, right)
            for place in np.flatnonzero(np.isin(keys, np.fromiter(self.judged, dtype=np.int64))):
                ruled[place] = self.judged[int(keys[place])]
        return ruled

    def _apart(self, left: Rows, right: Rows) -> NDArray[np.bool_]:
        values = self.apart
        if values is None:
            return np.zeros(len(left), dtype=bool)
        apart: NDArray[np.bool_] = self.dataset[left] == self.dataset[right]
        if self.place is not None:
            left, right = self.place[left], self.place[right]
        apart &= (values[left, 0] >= 0) & (values[right, 0] >= 0)
        for i in range(values.shape[1]):
            for j in range(values.shape[1]):
                apart &= ~((values[left, i] == values[right, j]) & (values[left, i] >= 0))
        return apart

    def _beside(self, beside: Test, left: Rows, right: Rows) -> Rows:
        """Positions of the pairs of rows that their dataset itself shows beside each other."""
        at = np.flatnonzero(self.dataset.take(left) == self.dataset.take(right))
        left, right = left.take(at), right.take(at)
        if self.place is not None:
            left, right = self.place.take(left), self.place.take(right)
        return np.compress(beside.holds(self.scorer.table, left, right), at)

    def for_clusters(self, left: Rows, right: Rows) -> Bits:
        """Log-odds less the margin: below 0 unless a link is sure enough; capped so that no pair outweighs all others."""
        return self.with_margin(self.log_odds(left, right, self.evidence(left, right)))

    def with_margin(self, odds: Bits) -> Bits:
        """Subtract the margin and cap the log-odds, except where they are certain."""
        return np.where(np.abs(odds) < ALWAYS / 2, np.clip(odds, -SURE, SURE) - self.margin, odds)


def _margin(chance: float) -> float:
    """Log-odds (bits) that are believed to be a probability of ``chance``."""
    return float(np.log2(chance / (1 - chance))) / TRUSTED


def judged_pairs(judged: PairJudgements | None) -> dict[int, float]:
    """Both rows of each judged pair in one number -> the log-odds that replace its weight."""
    if judged is None:
        return {}
    low, high = np.minimum(judged.left, judged.right), np.maximum(judged.left, judged.right)
    keys = pair_numbers(low, high).tolist()
    return {key: ALWAYS if same else NEVER for key, same in zip(keys, judged.same.tolist(), strict=True)}
