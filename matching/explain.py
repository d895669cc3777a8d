"""Why two records are, or are not, taken to be one child: the waterfall of bits, and a record's nearest rivals.

Every bar of a waterfall is a difference of log-odds (log2, bits), and the bars add up to the log-odds by which the linkage
decides: the prior, the comparisons (Fellegi & Sunter 1969, JASA 64:1183), how common the agreeing values are and how closely
two of them go together, how many more records are alike by chance in a large table, what two children of one home would share
anyway, how sure either child is to be in the other's source at all, and what no weight can outvote (a judgement, two verified
numbers on one roll).
"""

import numpy as np
import polars as pl

from matching.clustering.assign import probability
from matching.clustering.judge import Judge
from matching.in_numbers.arrays import Bits, Patterns, Rows
from matching.person import Columns
from matching.weights.patterns import levels_in, patterns_of

PRIOR, COMPARISON, FREQUENCY, TOGETHER = "prior", "comparison", "frequency", "together"
CROWD, HOUSEHOLD, COVERAGE, RULE = "crowd", "household", "coverage", "rule"
"""The parts of a waterfall, in order. After each comparison comes its frequency, then how its values go together with
another's."""

WATERFALL = pl.Schema(
    Columns(
        {
            "pair": pl.Int64,  # place of the pair among those asked about, from 0
            "step": pl.Int64,  # from 0 within the pair
            "part": pl.String,  # prior, comparison, frequency, together, crowd, household, coverage, rule
            "comparison": pl.String,  # null if the part belongs to no comparison
            "level": pl.String,  # null likewise
            "bits": pl.Float64,  # what the part adds to the log-odds
            "log_odds": pl.Float64,  # running sum; on a pair's last row, the pair's log-odds
            "probability": pl.Float64,  # 0..1, of the running sum
        }
    )
)
"""One row is one part of one pair's log-odds. Key (pair, step)."""

NEAREST = pl.Schema(
    Columns(
        {
            "row": pl.Int64,  # the other record's row
            "is_same_child": pl.Boolean,  # whether the linkage put both records into one child
            "log_odds": pl.Float64,  # bits, from the pair alone
            "probability": pl.Float64,  # 0..1, from the pair alone
            "gap": pl.Float64,  # bits by which the nearest record of the record's own child is nearer than this one
        }
    )
)
"""One row is one other record, the nearest first. For a record alone in its child, ``gap`` is measured from even odds."""


def waterfall(judge: Judge, left: Rows, right: Rows) -> pl.DataFrame:
    """The log-odds of pairs of rows, part by part, as WATERFALL: every pair has the same steps in the same order.

    A level that is no evidence has 0 bits. ``left`` and ``right`` may be given either way round.
    """
    low, high = np.minimum(left, right).astype(np.int32), np.maximum(left, right).astype(np.int32)
    parts = _parts(judge, low, high)
    many, steps = len(low), len(parts)
    bits = np.array([part[3] for part in parts]).T.reshape(many, steps)
    total = np.cumsum(bits, axis=1)
    frame = {
        "pair": np.repeat(np.arange(many), steps),
        "step": np.tile(np.arange(steps), many),
        "part": [part[0] for part in parts] * many,
        "comparison": [part[1] for part in parts] * many,
        "level": np.array([part[2] for part in parts], dtype=object).T.ravel().tolist(),
        "bits": bits.ravel(),
        "log_odds": total.ravel(),
        "probability": probability(total).ravel(),
    }
    return pl.DataFrame(frame, schema=WATERFALL)


Part = tuple[str, str | None, list[str | None], Bits]
"""Name of the part, its comparison, and the level and bits of each pair."""


def _parts(judge: Judge, low: Rows, high: Rows) -> list[Part]:
    """All parts in order; their bits add up to the judge's log-odds."""
    model = judge.scorer.model
    patterns = patterns_of(model.comparisons, judge.scorer.table, low, high)
    weights = judge.scorer.weights(patterns, low, high)
    silent: list[str | None] = [None] * len(low)
    compared = _compared(judge, patterns, low, high)
    compared.append((CROWD, None, silent, np.full(len(low), -model.crowd)))
    named = np.sum([part[3] for part in compared], axis=0)
    prior = judge.priors.of(judge.dataset, low, high)
    parts: list[Part] = [(PRIOR, None, silent, prior), *compared, (HOUSEHOLD, None, silent, weights - named)]
    if judge.coverage is not None:
        covered = judge.coverage.of(judge.dataset, judge.stratum, low, high)
        parts.append((COVERAGE, None, silent, covered))
    parts.append((RULE, None, silent, judge.ruled(low, high, weights) - weights))
    return parts


def _compared(judge: Judge, patterns: Patterns, low: Rows, high: Rows) -> list[Part]:
    """Per comparison, a part for the level alone and, where they count, parts for how common the values are and how they go
    together with another comparison's.
    """
    parts: list[Part] = []
    levels = levels_in(patterns, judge.scorer.model.comparisons)
    together = {number: (at, bits) for number, at, bits in judge.scorer.associated(patterns, low, high)}
    for k, comparison in enumerate(judge.scorer.model.comparisons):
        at = levels[:, k]
        u = judge.scorer.model.weights[comparison.name].u
        labels: list[str | None] = [comparison.levels[number].label for number in at.tolist()]
        parts.append((COMPARISON, comparison.name, labels, judge.scorer.model.match_weights(comparison)[at]))
        counted = [number for number, level in enumerate(comparison.levels) if level.frequency_of is not None]
        if counted:
            common = np.zeros(len(low))
            for number in counted:
                here = np.flatnonzero(at == number)
                level = comparison.levels[number]
                common[here] = -judge.scorer.level_bits(level, float(u[number]), low[here], high[here])
            parts.append((FREQUENCY, comparison.name, labels, common))
        if k in together:
            here, bits = together[k]
            closely = np.zeros(len(low))
            closely[here] = -bits
            parts.append((TOGETHER, comparison.name, labels, closely))
    return parts


def nearest(judge: Judge, row: int, others: Rows, is_same_child: pl.Series) -> pl.DataFrame:
    """The records nearest to one record, as NEAREST, from ``others`` (their rows; ``is_same_child`` for each).

    ``gap`` is how many bits a rival lacks to equal the record's own child. Below 0 the rival is nearer when taken alone, and
    only the other records, or a rule, hold the two apart.
    """
    is_another = others != row
    left, other = np.full(int(is_another.sum()), row, dtype=np.int32), others[is_another].astype(np.int32)
    odds = judge.log_odds(left, other, judge.evidence(left, other))
    same = is_same_child.filter(pl.Series(is_another))
    own = odds[same.to_numpy().astype(bool)]
    best = float(own.max()) if len(own) else 0.0
    frame = {
        "row": other,
        "is_same_child": same,
        "log_odds": odds,
        "probability": probability(odds),
        "gap": best - odds,
    }
    return pl.DataFrame(frame).cast(NEAREST).sort("log_odds", "row", descending=[True, False])
