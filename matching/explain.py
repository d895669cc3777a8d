"""Why two records are, or are not, taken for one child: the waterfall of bits, and a record's nearest rivals.

Every bar of a waterfall is a difference of log-odds (log2, bits) and the bars add up to the log-odds by which the
linkage itself decides: prior, comparisons (Fellegi & Sunter 1969, JASA 64:1183), how common the agreeing values are and
how closely two of them go together, how many more are alike by chance in a large table, what two children of one home would
share anyway, how sure either child is to be in the other's source at all, and what no weight can outvote (a judgement, two
verified numbers on one roll).
"""

import numpy as np
import polars as pl

from matching.assign import Bits, probability
from matching.encode import Rows
from matching.judge import Judge
from matching.patterns import Patterns, levels_in, patterns_of
from matching.person import Columns

PRIOR, COMPARISON, FREQUENCY, TOGETHER, CROWD, HOUSEHOLD, COVERAGE, RULE = (
    "prior", "comparison", "frequency", "together", "crowd", "household", "coverage", "rule",
)  # fmt: skip
"""Parts of a waterfall, in their order (a comparison is followed by its frequency, and by how its values go together with
another's)."""

WATERFALL = pl.Schema(
    Columns(
        {
            "pair": pl.Int64,  # place of the pair in what was asked, from 0
            "step": pl.Int64,  # from 0 within the pair
            "part": pl.String,  # prior, comparison, frequency, together, crowd, household, coverage, rule
            "comparison": pl.String,  # null where the part is no comparison's
            "level": pl.String,  # null likewise
            "bits": pl.Float64,  # what the part adds to the log-odds
            "log_odds": pl.Float64,  # sum so far; on the last row of a pair its whole
            "probability": pl.Float64,  # 0..1, of the sum so far
        }
    )
)
"""One row is one part of one pair's log-odds. Key (pair, step)."""

NEAREST = pl.Schema(
    Columns(
        {
            "row": pl.Int64,  # the other record's row
            "is_same_child": pl.Boolean,  # the linkage put both into one child
            "log_odds": pl.Float64,  # bits, of the pair by itself
            "probability": pl.Float64,  # 0..1, of the pair by itself
            "gap": pl.Float64,  # bits by which the record's nearest record of its own child lies above this one
        }
    )
)
"""One row is one other record, the nearest first. ``gap`` of a record that stands alone is measured from even odds."""


def waterfall(judge: Judge, left: Rows, right: Rows) -> pl.DataFrame:
    """The log-odds of pairs of rows, part by part, as WATERFALL: every pair has the same steps in the same order.

    A level that says nothing has 0 bits. ``left`` and ``right`` may come either way round.
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
"""Name of the part, its comparison, each pair's level and bits."""


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
    """A part for each comparison, its level by itself; further ones, how common the values are and how they go together with
    another's, where that counts.
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

    ``gap`` says how far a rival would have to come to stand level with the record's own child: below 0 the rival is the
    nearer by itself, and only the other records, or a rule, hold the two apart.
    """
    found = others != row
    left, other = np.full(int(found.sum()), row, dtype=np.int32), others[found].astype(np.int32)
    odds = judge.log_odds(left, other, judge.evidence(left, other))
    same = is_same_child.filter(pl.Series(found))
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


__all__ = ["NEAREST", "WATERFALL", "nearest", "waterfall"]
