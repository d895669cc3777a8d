"""Pairs + model -> match weights, with a level for every comparison."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from matching.blocking import CHUNK, Plan
from matching.comparisons import Comparison, Level
from matching.encode import Encoded, Rows
from matching.model import CLASSES, Model

Patterns = NDArray[np.int64]
"""The levels of all comparisons of a pair in one number (mixed radix)."""
Bits = NDArray[np.float64]

THREADS = 2


def radices(comparisons: Sequence[Comparison]) -> NDArray[np.int64]:
    """Place value of each comparison's level in a pattern."""
    sizes = np.array([len(comparison.levels) for comparison in comparisons], dtype=np.int64)
    return np.concatenate([[1], np.cumprod(sizes)[:-1]]).astype(np.int64)


def patterns_of(comparisons: Sequence[Comparison], table: Encoded, left: Rows, right: Rows) -> Patterns:
    """The agreement pattern of each pair."""
    pattern = np.zeros(len(left), dtype=np.int64)
    for comparison, place in zip(comparisons, radices(comparisons), strict=True):
        pattern += comparison.levels_of(table, left, right).astype(np.int64) * place
    return pattern


def levels_in(patterns: Patterns, comparisons: Sequence[Comparison]) -> NDArray[np.uint8]:
    """Take patterns apart again: (patterns x comparisons) level numbers."""
    sizes = np.array([len(comparison.levels) for comparison in comparisons], dtype=np.int64)
    return (patterns[:, None] // radices(comparisons)[None, :] % sizes[None, :]).astype(np.uint8)


@dataclass(frozen=True)
class Frequencies:
    """How common the values of one column are, among people."""

    of_code: NDArray[np.float64]
    """log2 of the chance that another person has the value, by code (for dates: by place in ``values``)."""
    values: NDArray[np.int64] | None
    """Sorted packed dates, where the column is a date."""

    def bits(self, codes: NDArray[np.int32]) -> Bits:
        """log2 frequency of each value; NaN where null."""
        places = codes if self.values is None else np.searchsorted(self.values, codes)
        bits = (
            self.of_code[np.clip(places, 0, max(0, len(self.of_code) - 1))]
            if len(self.of_code)
            else np.zeros(len(codes))
        )
        return np.where(codes >= 0, bits, np.nan)


def frequencies_of(column: str, table: Encoded) -> Frequencies:
    """Value frequencies of a column. Two rows are taken off each value: the pair at hand would count itself."""
    codes = table.column(column)
    present = codes[codes >= 0]
    if column in table.dates:
        values, counts = np.unique(present, return_counts=True)
        known: NDArray[np.int64] | None = values.astype(np.int64)
    else:
        counts, known = table.frequencies(column), None
    people = max(len(present), 2)
    return Frequencies(np.log2(np.maximum(counts - 1.0, 1.0) / people), known)


@dataclass(frozen=True)
class Scorer:
    """A model made ready for a table: look-up tables by pattern, and value frequencies."""

    model: Model
    table: Encoded
    frequencies: dict[str, Frequencies]

    @classmethod
    def of(cls, model: Model, table: Encoded) -> "Scorer":
        """Make a scorer. Raises KeyError naming a column that the table lacks."""
        named = (level.frequency_of for comparison in model.comparisons for level in comparison.levels)
        columns = sorted({column for column in named if column is not None})
        return cls(model, table, {column: frequencies_of(column, table) for column in columns})

    def class_bits(self, patterns: Patterns) -> list[Bits]:
        """log2 P(pattern | class) for one child, any two, two of a household, twins; without frequencies."""
        distinct, where = np.unique(patterns, return_inverse=True)
        levels = levels_in(distinct, self.model.comparisons)
        sums = []
        for of in CLASSES:
            tables = self.model.tables(of)
            sums.append(sum((table[levels[:, k]] for k, table in enumerate(tables)), np.zeros(len(distinct)))[where])
        return sums

    def frequency_bits(self, patterns: Patterns, left: Rows, right: Rows) -> Bits:
        """Bits by which the values' own frequencies change log2 P(pattern | any two)."""
        levels = levels_in(patterns, self.model.comparisons)
        bits = np.zeros(len(patterns))
        for k, comparison in enumerate(self.model.comparisons):
            u = self.model.weights[comparison.name].u
            for number, level in enumerate(comparison.levels):
                if level.frequency_of is not None:
                    at = np.flatnonzero(levels[:, k] == number)
                    bits[at] += self.level_bits(level, float(u[number]), left[at], right[at])
        return bits

    def level_bits(self, level: Level, u: float, left: Rows, right: Rows) -> Bits:
        """Bits by which the values' own frequency changes log2 ``u`` of one level, for pairs at that level."""
        column = level.frequency_of or ""
        frequencies, codes = self.frequencies[column], self.table.column(column)
        # The commoner of the two values: agreement on a common value is the weaker evidence.
        both = np.fmax(frequencies.bits(codes[left]), frequencies.bits(codes[right]))
        return np.nan_to_num(both - np.log2(u), nan=0.0)

    def weights(self, patterns: Patterns, left: Rows, right: Rows) -> Bits:
        """Match weight in bits: log2 of P(pair | one child) over P(pair | two children), households among them."""
        match, unlike, siblings, twins = self.class_bits(patterns)
        chance = unlike + self.frequency_bits(patterns, left, right)
        share = self.model.household
        if share <= 0:
            return match - chance
        home = np.logaddexp2(_bits(1 - self.model.twins) + siblings, _bits(self.model.twins) + twins)
        return match - np.logaddexp2(np.log2(1 - share) + chance, np.log2(share) + home)


def _bits(share: float) -> float:
    return float(np.log2(max(share, 1e-12)))


@dataclass(frozen=True)
class Scored:
    """Pairs above the floor, one row a pair."""

    left: Rows
    right: Rows
    pattern: Patterns
    weight: Bits
    rule: NDArray[np.int16]
    """Number of the first blocking rule that found the pair."""
    looked_at: NDArray[np.int64]
    """How many pairs each rule was the first to find, floor or not."""


def score_pairs(scorer: Scorer, pairs: Plan, floor: float, chunk: int = CHUNK) -> Scored:
    """Score every pair of a plan, keeping those of at least ``floor`` bits.

    Memory depends on the chunk and on what is kept.
    """

    def scored(piece: tuple[int, Rows, Rows]) -> tuple[int, int, Rows, Rows, Patterns, Bits]:
        rule, left, right = piece
        patterns = patterns_of(scorer.model.comparisons, scorer.table, left, right)
        weights = scorer.weights(patterns, left, right)
        keep = weights >= floor
        return rule, len(left), left[keep], right[keep], patterns[keep], weights[keep]

    looked_at = np.zeros(len(pairs.blocks), dtype=np.int64)
    kept: list[tuple[int, Rows, Rows, Patterns, Bits]] = []
    for rule, seen, *columns in _in_threads(scored, pairs.chunks(chunk)):
        looked_at[rule] += seen
        kept.append((rule, *columns))
    rules = np.concatenate([np.full(len(k[1]), k[0], dtype=np.int16) for k in kept] or [np.zeros(0, dtype=np.int16)])
    joined = [np.concatenate([k[i] for k in kept] or [np.zeros(0)]) for i in range(1, 5)]
    order = np.lexsort((joined[1], joined[0]))
    left, right, pattern, weight = (column[order] for column in joined)
    return Scored(
        left.astype(np.int32), right.astype(np.int32), pattern.astype(np.int64), weight, rules[order], looked_at
    )


Piece = TypeVar("Piece")
Done = TypeVar("Done")


def _in_threads(work: Callable[[Piece], Done], pieces: Iterable[Piece]) -> Iterator[Done]:
    """Run over pieces with a few in flight, in order: numpy and rapidfuzz leave the interpreter free meanwhile."""
    with ThreadPoolExecutor(THREADS) as pool:
        waiting: list[Future[Done]] = []
        for piece in pieces:
            waiting.append(pool.submit(work, piece))
            if len(waiting) > THREADS:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()
