"""Pairs + model -> match weights, by the level of every comparison."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from matching.blocking import CHUNK, BlockingRule, Plan
from matching.commonness.association import association_of
from matching.commonness.frequencies import Frequencies, HeldFrequencies, frequencies_of
from matching.commonness.given_again import NO_CUSTOM, given_again
from matching.commonness.households import Households
from matching.comparisons import Comparison, Level
from matching.in_numbers.arrays import Bits, Patterns, Rows
from matching.in_numbers.encode import Encoded
from matching.in_numbers.sorting import order_of
from matching.pair_tests.similarity import Equal
from matching.scoring.ceilings import Ceiling
from matching.scoring.grids import Sieve, grids_of
from matching.scoring.threads import in_threads
from matching.weights.model import CLASSES, LEAST, Model, Together
from matching.weights.patterns import SLICE, level_in, levels_in, radices

_Kept = tuple[Rows, Rows, Patterns, Bits]


@dataclass(frozen=True)
class Scorer:
    """A model prepared for a table: look-up tables by pattern, and value frequencies."""

    model: Model
    table: Encoded
    frequencies: dict[str, Frequencies]

    @classmethod
    def of(
        cls,
        model: Model,
        table: Encoded,
        held: Mapping[str, HeldFrequencies] | None = None,
        *,
        households: Households | None = None,
    ) -> "Scorer":
        """Make a scorer. ``held``: value frequencies measured before, for every column that the model weighs by them; None:
        measured on the table. ``households``: where names that a family gives again are found; None: nowhere.

        Raises KeyError naming a column that the table lacks.
        """
        named = (level.frequency_of for comparison in model.comparisons for level in comparison.levels)
        columns = sorted({column for column in named if column is not None})
        together = {two.goes_with.column: two.goes_with for two in model.going_together()}
        again = {given.column: given for _, given in model.given_again()}
        if held is not None:
            columns = sorted({*columns, *((together.keys() | again.keys()) & held.keys())})
            return cls(model, table, {column: held[column].on(column, table) for column in columns})
        found = {column: frequencies_of(column, table) for column in columns}
        found |= {column: association_of(each, table) for column, each in together.items()}
        if households is not None:
            found |= {column: given_again(each, table, households) for column, each in again.items()}
        return cls(model, table, found)

    @cached_property
    def _summed(self) -> "_Summed":
        return _Summed.of(self.model)

    @cached_property
    def _highest(self) -> tuple[list[Bits], float]:
        """The most bits that each level of each comparison can add to a weight, and bits to add to their sum."""
        tables = []
        for comparison, m, u in zip(
            self.model.comparisons, self.model.tables("m"), self.model.tables("u"), strict=True
        ):
            rarest = [self._rarest(level, float(u[number])) for number, level in enumerate(comparison.levels)]
            with np.errstate(invalid="ignore"):
                most = m - np.minimum(u, rarest)
            tables.append(np.nan_to_num(most, nan=-IMPOSSIBLE, posinf=IMPOSSIBLE, neginf=-IMPOSSIBLE))
        # Households only lower a weight, except that the chance of any two is scaled by what they leave of it.
        return tables, ROUNDING - _bits(1 - self.model.household) - self.model.crowd

    def _rarest(self, level: Level, otherwise: float) -> float:
        bits = self.frequencies[level.frequency_of].of_code if level.frequency_of else np.zeros(0)
        return float(bits.min()) if len(bits) else otherwise

    def course_of(self, rule: BlockingRule) -> "Course":
        """The order in which comparisons are applied to a rule's pairs: those that read no letters first."""
        tables, places = self._highest[0], radices(self.model.comparisons).tolist()
        pattern, bits, cards = 0, self._highest[1], []
        for card in zip(self.model.comparisons, places, tables, strict=True):
            level = card[0].level_where_agreed(rule.columns)
            if level is None:
                cards.append(card)
            else:
                pattern, bits = pattern + level * card[1], bits + float(card[2][level])
        cards.sort(key=lambda card: (card[0].reads_letters, -float(np.ptp(card[2]))))
        later = [sum(float(card[2].max()) for card in cards[number + 1 :]) for number in range(len(cards))]
        return Course(pattern, bits, [(*card, most) for card, most in zip(cards, later, strict=True)])

    def may_reach(self, floor: float, left: Rows, right: Rows, course: "Course") -> tuple[Rows, Rows, Patterns]:
        """Pairs whose weight may be ``floor`` bits or more, and their patterns. ``course``: of the rule that found them.

        A pair is dropped once no outcome of the remaining comparisons could lift it to the floor.
        """
        pattern, bits = np.full(len(left), course.pattern, dtype=np.int64), np.full(len(left), course.bits)
        for comparison, place, highest, later in course.comparisons:
            levels = comparison.levels_of(self.table, left, right).astype(np.int64)
            pattern += levels * place
            bits += highest.take(levels)
            keep = np.flatnonzero(bits >= floor - later)
            if len(keep) < MOST_KEPT * len(left):
                left, right, pattern, bits = left.take(keep), right.take(keep), pattern.take(keep), bits.take(keep)
        return left, right, pattern

    def sieve(self, pairs: Plan, floor: float) -> Sieve:
        """Decides for whole blocks which pairs cannot reach ``floor`` bits."""
        tables, added = self._highest
        ceilings = (Ceiling.of(c, most, self.table) for c, most in zip(self.model.comparisons, tables, strict=True))
        return Sieve(self.table, pairs, tuple(ceilings), floor - added)

    def class_bits(self, patterns: Patterns) -> list[Bits]:
        """log2 P(pattern | class) for one child, any two, two of a household, twins; without frequencies.

        For a model without households, only the first two.
        """
        return self._summed.bits(patterns, len(CLASSES) if self.model.household > 0 else 2)

    def frequency_bits(self, patterns: Patterns, left: Rows, right: Rows) -> Bits:
        """Bits by which the values' own frequencies change log2 P(pattern | any two)."""
        bits = np.zeros(len(patterns))
        for comparison, place in zip(self.model.comparisons, radices(self.model.comparisons).tolist(), strict=True):
            if any(level.frequency_of is not None for level in comparison.levels):
                levels = level_in(patterns, place, len(comparison.levels))
                for at, more in self.frequent(comparison, levels, left, right):
                    bits[at] += more
        for _, at, more in self.associated(patterns, left, right):
            bits[at] += more
        return bits

    @cached_property
    def _together(self) -> list[Together]:
        return [two for two in self.model.going_together() if two.goes_with.column in self.frequencies]

    def associated(self, patterns: Patterns, left: Rows, right: Rows) -> Iterator[tuple[int, NDArray[np.int64], Bits]]:
        """For each comparison whose values go together with another's: its number, the positions of the pairs that agree in
        both, and the bits by which two people agree in both more often than if the comparisons were independent.
        """
        comparisons, places = self.model.comparisons, radices(self.model.comparisons).tolist()
        for two in self._together:
            one, other = (level_in(patterns, places[k], len(comparisons[k].levels)) for k in (two.one, two.other))
            at = np.flatnonzero(two.one_agrees.take(one) & two.other_agrees.take(other))
            column = two.goes_with.column
            codes, closely = self.table.column(column), self.frequencies[column].bits
            # The closer of the two sides: the other may be misspelt, and show nothing.
            both = np.fmax(closely(codes.take(left.take(at))), closely(codes.take(right.take(at))))
            yield two.one, at, np.asarray(np.nan_to_num(both, nan=0.0))

    @cached_property
    def _given_again(self) -> list[tuple[int, Rows, Bits]]:
        """For each comparison of a name that families may give again: its number, each row's code, and the code's frequency."""
        column_of = {
            number: given.column for number, given in self.model.given_again() if given.column in self.frequencies
        }
        codes = {number: self.table.column(column) for number, column in column_of.items()}
        return [
            (number, codes[number], self.frequencies[column].bits(codes[number]))
            for number, column in column_of.items()
        ]

    def given_again(
        self, patterns: Patterns, left: Rows, right: Rows
    ) -> Iterator[tuple[int, NDArray[np.int64], tuple[Bits, Bits]]]:
        """For each comparison of a name that families may give again: its number, the positions of the pairs that share such a
        name, and the bits to add to the log2 probability of the pair's level for two children of one home, and for twins.

        Two children given the same name differ in it only as one child's own records do. So their level is at least as likely
        as m times the share of brothers who have the child's name.
        """
        for number, codes, often in self._given_again:
            at = np.flatnonzero(often.take(left) > NO_CUSTOM)
            at = at[codes.take(left.take(at)) == codes.take(right.take(at))]
            place, size = int(radices(self.model.comparisons)[number]), len(self.model.comparisons[number].levels)
            levels, share = level_in(patterns.take(at), place, size), often.take(left.take(at))
            m, h, t = (self.model.tables(of)[number].take(levels) for of in ("m", "h", "t"))
            yield number, at, (np.maximum(share + m - h, 0.0), np.maximum(share + m - t, 0.0))

    def frequent(
        self, comparison: Comparison, levels: NDArray[np.int64], left: Rows, right: Rows
    ) -> Iterator[tuple[NDArray[np.int64], Bits]]:
        """For each level weighed by its values' frequency, the positions of its pairs, and their :meth:`level_bits`."""
        u = self.model.weights[comparison.name].u
        for number, level in enumerate(comparison.levels):
            if level.frequency_of is not None:
                at = np.flatnonzero(levels == number)
                yield at, self.level_bits(level, float(u[number]), left.take(at), right.take(at))

    def level_bits(self, level: Level, u: float, left: Rows, right: Rows) -> Bits:
        """Bits by which the values' own frequency changes log2 ``u`` of one level, for pairs at that level."""
        column = level.frequency_of or ""
        frequencies, codes = self.frequencies[column], self.table.column(column)
        both = frequencies.bits(codes.take(left))
        if level.test != Equal(column):
            # The commoner of the two values: agreement on a common value is weaker evidence.
            both = np.fmax(both, frequencies.bits(codes.take(right)))
        return np.asarray(np.nan_to_num(both - np.log2(max(u, LEAST)), nan=0.0))

    def weights(self, patterns: Patterns, left: Rows, right: Rows, at_home: Bits | None = None) -> Bits:
        """Match weight in bits: log2 of P(pair | one child) over P(pair | two children), with households among the latter.

        ``at_home``: bits by which two children of one home are less likely than in the model; None: 0.
        """
        match, unlike, *homes = self.class_bits(patterns)
        for _, at, more in self.given_again(patterns, left, right):
            for home, bits in zip(homes, more, strict=True):
                home[at] += bits
        return self.ratio(match, unlike + self.frequency_bits(patterns, left, right), homes, at_home)

    def ratio(self, match: Bits, chance: Bits, homes: Sequence[Bits], at_home: Bits | None) -> Bits:
        """The weight, from log2 P of each class: one child, any two by chance; ``homes``: two of one home, and twins (not used
        by a model without households).
        """
        share, chance = self.model.household, chance + self.model.crowd
        if share <= 0:
            return match - chance
        siblings, twins = homes
        home = np.logaddexp2(_bits(1 - self.model.twins) + siblings, _bits(self.model.twins) + twins)
        home += np.log2(share) if at_home is None else np.log2(share) - at_home
        return np.asarray(match - np.logaddexp2(np.log2(1 - share) + chance, home))


@dataclass(frozen=True)
class Course:
    """What a blocking rule settles for all its pairs, and what remains to be compared, in order."""

    pattern: int
    """The levels that the rule's columns settle, as their part of a pattern."""
    bits: float
    """The most bits that those levels can add to a weight, plus what is added to every weight."""
    comparisons: list[tuple[Comparison, int, Bits, float]]
    """Each with its place value, the most bits of each of its levels, and the most that all later ones can add."""


TABULATED = 1 << 18
"""Patterns with a tabulated sum: those of as many of the first comparisons as fit."""


@dataclass(frozen=True)
class _Summed:
    """Sums of log2 probabilities by pattern: tabulated for the first comparisons, added one by one for the others."""

    first: list[Bits]
    """For each class, by the first comparisons' part of the pattern."""
    others: list[tuple[int, int, list[Bits]]]
    """For each further comparison: place value, number of levels, table of each class."""

    @classmethod
    def of(cls, model: Model) -> "_Summed":
        sizes = [len(comparison.levels) for comparison in model.comparisons]
        many = max(int(np.searchsorted(np.cumprod(sizes, dtype=np.float64), TABULATED, side="right")), 1)
        levels = levels_in(np.arange(int(np.prod(sizes[:many])), dtype=np.int64), model.comparisons[:many])
        tables = [model.tables(of) for of in CLASSES]
        first = [sum((table[k][levels[:, k]] for k in range(many)), np.zeros(len(levels))) for table in tables]
        places = radices(model.comparisons)
        others = [(int(places[k]), sizes[k], [table[k] for table in tables]) for k in range(many, len(sizes))]
        return cls(first, others)

    def bits(self, patterns: Patterns, classes: int) -> list[Bits]:
        """The sums for each pattern, of each of the first ``classes`` classes."""
        begin = level_in(patterns, 1, len(self.first[0])) if self.others else patterns
        sums = [table.take(begin) for table in self.first[:classes]]
        for place, size, tables in self.others:
            levels = level_in(patterns, place, size)
            sums = [total + table.take(levels) for total, table in zip(sums, tables[:classes], strict=True)]
        return sums


IMPOSSIBLE = 1e5
"""Bits in place of infinity."""
ROUNDING = 1e-6
"""Bits of slack for sums taken in another order than in the weights."""
MOST_KEPT = 0.8
"""Pairs are compacted once fewer than this share of them is left."""


def _bits(share: float) -> float:
    return float(np.log2(max(share, 1e-12)))


@dataclass(frozen=True)
class Scored:
    """Pairs at or above the floor, one row per pair, in the order of rows."""

    left: Rows
    right: Rows
    pattern: Patterns
    weight: Bits
    rule: NDArray[np.int16]
    """Number of the first blocking rule that found the pair."""
    pairs_compared: NDArray[np.int64]
    """How many pairs each rule was the first to find, whether above the floor or not."""


OnProgress = Callable[[float, str], None]
"""Called now and then with the share of the work done (0 to 1), and what is being done, in words."""


def score_pairs(
    scorer: Scorer, pairs: Plan, floor: float, chunk: int = CHUNK, *, on_progress: OnProgress | None = None
) -> Scored:
    """Score every pair of a plan and keep those of at least ``floor`` bits.

    Memory depends on the chunk and on what is kept.
    """

    courses = [scorer.course_of(blocks.rule) for blocks in pairs.blocks]

    def scored(piece: _Piece) -> tuple[int, int, _Kept]:
        own, left, right = piece.pairs()
        starts, course = range(0, max(len(left), 1), SLICE), courses[piece.rule]
        kept = [_scored(scorer, floor, left[at : at + SLICE], right[at : at + SLICE], course) for at in starts]
        return piece.rule, own, _joined(kept)

    pairs_compared = np.zeros(len(pairs.blocks), dtype=np.int64)
    rules, kept = [], []
    for rule, seen, columns in in_threads(scored, _pieces(pairs, scorer.sieve(pairs, floor), chunk)):
        pairs_compared[rule] += seen
        if on_progress is not None:
            earlier = sum(blocks.pairs for blocks in pairs.blocks[:rule])
            on_progress((earlier + int(pairs_compared[rule])) / max(pairs.pairs, 1), "looking at pairs of records")
        rules.append(np.full(len(columns[0]), rule, dtype=np.int16))
        kept.append(columns)
    left, right, pattern, weight = _joined(kept)
    rule_of = np.concatenate([*rules, np.zeros(0, dtype=np.int16)])
    order = order_of(left * np.int64(scorer.table.height) + right)
    return Scored(
        left.take(order),
        right.take(order),
        pattern.take(order),
        weight.take(order),
        rule_of.take(order),
        pairs_compared,
    )


@dataclass(frozen=True)
class _Piece:
    """Some of a rule's pairs, made only when they are asked for."""

    rule: int
    pairs: Callable[[], tuple[int, Rows, Rows]]
    """Returns how many pairs there are, and those of them that may reach the floor."""


def _pieces(pairs: Plan, sieve: Sieve, chunk: int) -> Iterator[_Piece]:
    """All pairs of a plan; of large blocks only those that a sieve lets through."""
    for number in range(len(pairs.blocks)):
        grids, rest = grids_of(pairs, number)
        for stacks in grids.stacks(chunk):
            yield _Piece(number, partial(sieve.through, stacks))
        others = replace(pairs, blocks=(*pairs.blocks[:number], rest))
        for _, left, right in others.chunks(chunk, only=[number]):
            yield _Piece(number, partial(_as_they_are, left, right))


def _as_they_are(left: Rows, right: Rows) -> tuple[int, Rows, Rows]:
    return len(left), left, right


def _joined(kept: Sequence[_Kept]) -> _Kept:
    left, right = (np.concatenate([*(k[i] for k in kept), np.zeros(0, np.int32)]) for i in (0, 1))
    pattern = np.concatenate([*(k[2] for k in kept), np.zeros(0, np.int64)])
    return left, right, pattern, np.concatenate([*(k[3] for k in kept), np.zeros(0)])


def _scored(scorer: Scorer, floor: float, left: Rows, right: Rows, course: Course) -> _Kept:
    """Pairs of at least ``floor`` bits, their patterns and weights."""
    left, right, patterns = scorer.may_reach(floor, left, right, course)
    weights = scorer.weights(patterns, left, right)
    keep = weights >= floor
    return np.compress(keep, left), np.compress(keep, right), np.compress(keep, patterns), np.compress(keep, weights)
