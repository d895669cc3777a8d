"""The pairs that training learns from: a random sample, the pairs of each training rule, and judged pairs.

A sample holds agreement patterns and how often each occurs, so learning from many pairs costs no more than from few.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matching.blocking import BlockingRule, Plan, plan
from matching.comparisons import Comparison
from matching.in_numbers.arrays import Patterns, Rows
from matching.in_numbers.blocks import NO_KEY, Blocks
from matching.in_numbers.encode import Encoded
from matching.in_numbers.sorting import distinct, order_of, pair_numbers, run_ends
from matching.weights.patterns import levels_in, patterns_of

RANDOM_PAIRS = 1_000_000
PAIRS_A_RULE = 1_000_000
SEED = 20261120
STRATA = 12
"""The last stratum of a rule's pairs: those of blocks with 64 rows or more (two strata for each doubling)."""


@dataclass(frozen=True)
class Sample:
    """Agreement patterns of one sample of pairs and how often each occurs."""

    name: str
    levels: NDArray[np.uint8]
    counts: NDArray[np.float64]
    teaches_m: NDArray[np.bool_]
    """Which comparisons learn m here: those that the sample's rule does not settle."""
    teaches_u: bool
    pairs: int
    """How many pairs the sample represents: all pairs of its rule, of which the sample may be a part."""
    fixed: NDArray[np.float64] | None = None
    """For judged pairs, each pattern's known shares of the classes (one child, any two, household, twins); else None."""


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def random_pairs(height: int, between: NDArray[np.int32] | None, many: int) -> tuple[Rows, Rows]:
    """Pairs of different rows, uniformly at random; all pairs if the table has no more than ``many``."""
    if height * (height - 1) // 2 <= many:
        left, right = (side.astype(np.int32) for side in np.triu_indices(height, 1))
    elif between is None:
        rng = _rng(SEED)
        left, right = (rng.integers(0, height, many).astype(np.int32) for _ in range(2))
    else:
        left, right = _drawn_between(between, many)
    keep = left != right
    if between is not None:
        keep &= between.take(left) != between.take(right)
    # Sorted by left row, so that left rows are read one after the other.
    both = np.sort(pair_numbers(np.compress(keep, left), np.compress(keep, right)))
    return (both >> 32).astype(np.int32), (both & 0xFFFFFFFF).astype(np.int32)


def _drawn_between(between: NDArray[np.int32], many: int) -> tuple[Rows, Rows]:
    """Pairs of rows with different numbers, all equally likely: ``many``, or as many as there are.

    If they were drawn from all rows, few would be between a short list and a long one, and u would rest on chance.
    """
    order = order_of(between)
    ends = run_ends(between[order])
    sizes = np.diff(ends, prepend=0)
    others, end = np.repeat(len(between) - sizes, sizes), np.repeat(ends, sizes)
    ways, rng = np.cumsum(others), _rng(SEED)
    left = np.searchsorted(ways, rng.integers(0, ways[-1], min(many, int(ways[-1]) // 2)), side="right")
    right = (end[left] + rng.integers(0, others[left])) % len(between)
    return order[left].astype(np.int32), order[right].astype(np.int32)


def _sampled(pairs: Plan, number: int, many: int) -> tuple[Rows, Rows]:
    """About ``many`` pairs of one rule at most, spread evenly over its blocks."""
    share = many / max(pairs.blocks[number].pairs, 1)
    rng = _rng(SEED + number)
    lefts, rights = [], []
    alone = Plan((pairs.blocks[number],), pairs.between)
    for _, left, right in alone.chunks():
        keep = slice(None) if share >= 1 else rng.random(len(left)) < share
        lefts.append(left[keep])
        rights.append(right[keep])
    return np.concatenate(lefts or [np.zeros(0, np.int32)]), np.concatenate(rights or [np.zeros(0, np.int32)])


def _sample(
    name: str,
    patterns: Patterns,
    comparisons: Sequence[Comparison],
    teaches_m: NDArray[np.bool_],
    pairs: int,
    *,
    teaches_u: bool = False,
) -> Sample:
    patterns.sort()
    ends = run_ends(patterns)
    levels, counts = levels_in(patterns.take(ends - 1), comparisons), np.diff(ends, prepend=0)
    return Sample(name, levels, counts.astype(np.float64), teaches_m, teaches_u=teaches_u, pairs=pairs)


def _random_sample(table: Encoded, comparisons: Sequence[Comparison], between: NDArray[np.int32] | None) -> Sample:
    left, right = random_pairs(table.height, between, RANDOM_PAIRS)
    none = np.zeros(len(comparisons), dtype=bool)
    patterns = patterns_of(comparisons, table, left, right)
    return _sample("random", patterns, comparisons, none, len(left), teaches_u=True)


def judged_sample(table: Encoded, comparisons: Sequence[Comparison], left: Rows, right: Rows) -> Sample:
    """Pairs that analysts judged to be one child. They teach m of every comparison, and each counts JUDGED_WEIGHT times."""
    every = np.ones(len(comparisons), dtype=bool)
    sample = _sample("judged the same", patterns_of(comparisons, table, left, right), comparisons, every, len(left))
    known = np.tile([1.0, 0.0, 0.0, 0.0], (len(sample.counts), 1))
    return replace(sample, counts=sample.counts * JUDGED_WEIGHT, fixed=known)


JUDGED_WEIGHT = 5.0
"""How many pairs that training only supposes to be one child a judged pair counts for."""


def samples_of(
    table: Encoded,
    comparisons: Sequence[Comparison],
    rules: Sequence[BlockingRule],
    *,
    between: NDArray[np.int32] | None,
    learns: NDArray[np.int32] | None,
) -> list[Sample]:
    """The random sample, and one sample per training rule and stratum.

    ``learns``: if given, rules take only pairs of rows with different numbers in it (pairs between datasets: within a
    dataset, copies of one entry would teach that records never differ).
    """
    found = [_random_sample(table, comparisons, between)]
    pairs = plan(rules, table, learns if learns is not None else between)
    for number, rule in enumerate(rules):
        sampled = _sampled(pairs, number, PAIRS_A_RULE)
        found += _rule_samples(table, comparisons, rule, sampled, pairs.blocks[number])
    return found


def _rule_samples(
    table: Encoded, comparisons: Sequence[Comparison], rule: BlockingRule, sampled: tuple[Rows, Rows], blocks: Blocks
) -> list[Sample]:
    """One sample for each stratum of a rule's pairs: by how many rows have in common what the rule requires.

    Two rows with a birthday and a name that nobody else has are mostly one child. Of the many called MUHAMMAD who were
    registered as born on 1 January, few pairs are. If one share were fitted to both, namesakes would pass for one child, and
    m would say that children move and change their names more than they do.
    """
    left, right = sampled
    stratum = _strata(blocks, left, right)
    found = list[Sample]()
    for number in distinct(stratum):
        here = stratum == number
        pairs = round(blocks.pairs * float(here.mean()))
        found += _rule_sample(table, comparisons, rule, (left[here], right[here]), pairs)
    return found


def _strata(blocks: Blocks, left: Rows, right: Rows) -> NDArray[np.int64]:
    """The stratum of each pair, from the rows in the smallest block that both rows are in."""
    sizes = np.bincount(blocks.keys[blocks.keys != NO_KEY], minlength=1)
    rows = np.full(len(left), len(blocks.keys), dtype=np.int64)
    for i in range(blocks.keys.shape[1]):
        ours = blocks.keys[:, i].take(left)
        for j in range(blocks.keys.shape[1]):
            both = (ours != NO_KEY) & (ours == blocks.keys[:, j].take(right))
            rows[both] = np.minimum(rows[both], sizes[ours[both]])
    return np.asarray(np.minimum(2 * np.log2(np.maximum(rows, 1)), STRATA), dtype=np.int64)


def _rule_sample(
    table: Encoded, comparisons: Sequence[Comparison], rule: BlockingRule, sampled: tuple[Rows, Rows], pairs: int
) -> list[Sample]:
    """The sample of one rule, which teaches the comparisons that the rule does not settle; empty if the rule has no pairs."""
    left, right = sampled
    if not len(left):
        return []
    teaches = np.array([not _depends(comparison, rule) for comparison in comparisons])
    return [_sample(rule.name, patterns_of(comparisons, table, left, right), comparisons, teaches, pairs)]


def samples_within(
    table: Encoded, comparisons: Sequence[Comparison], rules: Sequence[BlockingRule], dataset: NDArray[np.int32]
) -> list[Sample]:
    """For each training rule a sample of its pairs within a dataset. These represent no share of all pairs (``pairs`` is 0)."""
    pairs, found = plan(rules, table), list[Sample]()
    for number, rule in enumerate(rules):
        left, right = _sampled(pairs, number, PAIRS_A_RULE)
        inside = dataset[left] == dataset[right]
        found += _rule_sample(table, comparisons, rule, (left[inside], right[inside]), 0)
    return found


def silent_in(comparisons: Sequence[Comparison], samples: Sequence[Sample]) -> NDArray[np.bool_]:
    """Comparisons of an identifier for which no pair of the samples is evidence, because only one dataset has it."""
    silent = np.array([comparison.at_home == "identifier" for comparison in comparisons])
    for number, comparison in enumerate(comparisons):
        speaks = np.array([not level.says_nothing for level in comparison.levels])
        silent[number] &= not any(speaks[sample.levels[:, number]].any() for sample in samples)
    return silent


def _depends(comparison: Comparison, rule: BlockingRule) -> bool:
    """Whether the rule settles the comparison's outcome, wholly or in part."""
    read = {*rule.columns, *((rule.one_side,) if rule.one_side else ())}
    return comparison.name in rule.settles or bool(set(comparison.reads) & read)
