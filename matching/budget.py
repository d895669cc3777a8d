"""Blocking within a budget: the rules that find the most new matches per further pair.

Rules are tried on a pilot sample of rows against all rows: how many expected matches each finds that the rules chosen so far
do not, and how many further pairs that takes. A rule that does not fit the budget, or finds nothing new, is left out.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matching.blocking import BlockingRule, Plan, plan
from matching.clustering.assign import probability
from matching.in_numbers.arrays import Rows
from matching.in_numbers.encode import Encoded
from matching.scoring.score import Scorer
from matching.weights.model import Model
from matching.weights.patterns import patterns_of

PILOT_ROWS = 20_000
PAIRS_A_ROW = 60
"""Pairs that may be compared per row of the table: the budget of a night on two cores."""


def choose_rules(
    rules: Sequence[BlockingRule],
    table: Encoded,
    model: Model,
    *,
    between: NDArray[np.int32] | None = None,
    budget: int | None = None,
) -> Plan:
    """Choose blocking rules within a budget of pairs (None: PAIRS_A_ROW per row). Deterministic.

    If the pairs of all rules fit the budget, all are chosen in the order given, without a pilot. ``between``: see
    :func:`matching.blocking.plan`.
    """
    allowed = PAIRS_A_ROW * table.height if budget is None else budget
    pairs = plan(rules, table, between)
    if pairs.pairs <= allowed:
        return pairs
    left, right, share = _pilot(pairs, table.height)
    matches = _expected_matches(table, model, left, right)
    return _greedy(pairs, pairs.caught(left, right).T, matches, allowed * share)


def _pilot(pairs: Plan, height: int) -> tuple[Rows, Rows, float]:
    """All pairs whose left row is one of about PILOT_ROWS spread evenly, and the share of left rows that those are."""
    step = max(1, height // PILOT_ROWS)
    given = [(left, right) for _, left, right in pairs.chunks(every=step)]
    left, right = (np.concatenate([pair[side] for pair in given]) for side in (0, 1))
    return left, right, 1 / step


def _expected_matches(table: Encoded, model: Model, left: Rows, right: Rows) -> NDArray[np.float64]:
    """Match probability of each pilot pair under the model's overall prior."""
    weights = Scorer.of(model, table).weights(patterns_of(model.comparisons, table, left, right), left, right)
    return probability(weights + np.log2(model.match / (1 - model.match)))


def _greedy(pairs: Plan, caught: NDArray[np.bool_], matches: NDArray[np.float64], allowed: float) -> Plan:
    """Take the rule with the most new matches per new pair, again and again, among those that still fit what is allowed."""
    chosen: list[int] = []
    covered = np.zeros(caught.shape[1], dtype=bool)
    spent, left = 0, list(range(len(pairs.blocks)))
    while left:
        gains = [(float(matches[caught[k] & ~covered].sum()), int((caught[k] & ~covered).sum()), k) for k in left]
        affordable = [gain for gain in gains if spent + gain[1] <= allowed and gain[0] > 0]
        if not affordable:
            break
        _, cost, best = max(affordable, key=lambda gain: (gain[0] / (gain[1] + 1), -gain[2]))
        chosen.append(best)
        covered |= caught[best]
        spent += cost
        left.remove(best)
    return Plan(tuple(pairs.blocks[k] for k in chosen), pairs.between)
