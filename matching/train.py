"""Proposes weights: expectation-maximisation over agreement patterns, without labels.

Several samples of pairs are fitted together, each with its own shares of the three classes (one child; any two children;
two children of one household): a random sample, which teaches u, and the pairs of each training rule, which teach m of the
comparisons that the rule does not read (what a rule demands, its pairs cannot teach). Within a class comparisons are taken
as independent (Fellegi & Sunter 1969, JASA 64:1183; Winkler 1988; patterns instead of pairs: Enamorado, Fifield & Imai
2019, APSR 113:353). h comes from pairs known to be two children of one household, see :class:`matching.households.Households`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matching.blocking import BlockingRule
from matching.comparisons import Comparison, Level
from matching.encode import Encoded, Rows
from matching.households import Households
from matching.model import CLASSES, Model, Weights
from matching.training_samples import Sample, judged_sample, samples_of, samples_within, silent_in

MOST_ITERATIONS = 1000
CONVERGED = 1e-5
"""Rounds stop where no probability of m moves by more than this."""
FEWEST_MATCHES = 30
"""Likely matches in the sample of a rule, below which there is too little to learn from."""
BEGUN_WITHIN = np.array([0.4, 0.5, 0.1])
"""Shares of (one child, any two, one household) among a dataset's own pairs, to begin with."""
ROUNDS_WITHIN = 30
"""Rounds after which the shares of the classes among a dataset's own pairs have settled."""
SURE_WITHIN = 0.99
"""A dataset's own pairs of rows teach where all else says with this probability that they are one child."""
FEWEST_AT_HOME = 30
"""Pairs known to be two children of one household, below which nobody can say how brothers and sisters are alike."""
M_PRIOR = 50.0
"""Pseudo-pairs behind the starting m: errors are rare, before any pair is seen."""
LEAST_M = 2e-4
"""No level is rarer than this among two records of one child: an error that tonight's files lack comes some night."""
LEAST_H = 2e-4
"""Nor among two children of one household in what is each child's own: families give names one letter apart, too."""
NOT_SHARED = 0.05
"""Share of pairs of a household that differ in what homes share (children of one home with two surnames)."""
U_PRIOR, HOUSEHOLD_PRIOR = 0.5, 20.0
"""Pseudo-pairs behind each level of u; and behind all levels of h together."""
CUSTOM = 0.02
"""At a level that is a custom of families stand at least so many of two children of one household."""
TWINS, TWIN_PRIOR = 0.03, 50.0
"""Share of twins among pairs of siblings before any pair is seen, and the pairs that stand behind it."""
COPIED = 0.005
"""Share of siblings of whom one bears the other's identifier: schools copy a sibling's UPN by mistake now and then."""


class TrainingError(Exception):
    """Training that cannot give a sound model; the message says what is missing."""


@dataclass
class _State:
    """Parameters under way, as plain lists by comparison."""

    m: list[NDArray[np.float64]]
    u: list[NDArray[np.float64]]
    h: list[NDArray[np.float64]]
    t: list[NDArray[np.float64]]
    twins: float
    """Share of twins among pairs of one household."""
    shares: list[NDArray[np.float64]]
    """For each sample the shares of (one child, any two, one household)."""


def _informative(comparison: Comparison) -> NDArray[np.bool_]:
    return np.array([not level.says_nothing for level in comparison.levels])


def _started(comparison: Comparison) -> NDArray[np.float64]:
    """Where m begins: the best level holds for most records of one child, the last for few."""
    informative = _informative(comparison)
    steps = np.cumsum(informative)
    start = np.where(informative, 0.5 ** np.minimum(steps, 6), 0.0)
    start[np.flatnonzero(informative)[0]] = 4.0
    return np.asarray(np.where(informative, start / start.sum(), np.nan))


def _level_counts(
    levels: NDArray[np.uint8], weights: NDArray[np.float64], comparison: Comparison
) -> NDArray[np.float64]:
    return np.asarray(np.bincount(levels, weights=weights, minlength=len(comparison.levels)), dtype=np.float64)


def _normal(counts: NDArray[np.float64], prior: NDArray[np.float64], comparison: Comparison) -> NDArray[np.float64]:
    """Counts and a prior in pseudo-counts -> probabilities over the levels that say something."""
    informative = _informative(comparison)
    total = np.where(informative, counts + prior, 0.0)
    return np.asarray(np.where(informative, total / total.sum(), np.nan))


@dataclass(frozen=True)
class _Home:
    """What pairs known to be two children of one household show: level counts of each comparison."""

    siblings: list[NDArray[np.float64]]
    twins: list[NDArray[np.float64]]
    found: int
    """How many such pairs there are."""
    share: float
    """The same for each pair of rows of a dataset."""

    @property
    def twin_share(self) -> float:
        """Share of twins among the pairs, upon a weak prior."""
        twins, others = (max((float(c.sum()) for c in counts), default=0.0) for counts in (self.twins, self.siblings))
        return (twins + TWIN_PRIOR * TWINS) / (twins + others + TWIN_PRIOR)


def _nobody(comparisons: Sequence[Comparison]) -> _Home:
    siblings, twins = ([np.zeros(len(c.levels)) for c in comparisons] for _ in range(2))
    return _Home(siblings, twins, found=0, share=0.0)


def _at_home(table: Encoded, comparisons: Sequence[Comparison], households: Households) -> _Home:
    """Count levels over pairs known to be two children of one household."""
    home = _nobody(comparisons)
    found = 0
    for left, right in households.pairs(table):
        found += len(left)
        levels = [comparison.levels_of(table, left, right) for comparison in comparisons]
        twins = np.zeros(len(left), dtype=bool)
        for comparison, level in zip(comparisons, levels, strict=True):
            if comparison.tells_twins:
                twins |= level == np.flatnonzero(_informative(comparison))[0]
        for k, comparison in enumerate(comparisons):
            home.siblings[k][:] += _level_counts(levels[k], (~twins).astype(float), comparison)
            home.twins[k][:] += _level_counts(levels[k], twins.astype(float), comparison)
    possible = households.possible(table)
    return replace(home, found=found, share=found / possible if possible else 0.0)


def _h(
    comparison: Comparison, counts: NDArray[np.float64], m: NDArray[np.float64], base: NDArray[np.float64]
) -> NDArray[np.float64]:
    """h or t of a comparison. What is each child's own: as known pairs of a household show it, upon a weak prior ``base``."""
    informative = np.flatnonzero(_informative(comparison))
    if comparison.at_home == "identifier":
        h = np.full(len(counts), np.nan)
        h[informative] = 0.0
        h[informative[0]], h[informative[-1]] = COPIED, 1 - COPIED
        return h
    if comparison.at_home == "shared":
        # What a home shares is seen through each agency's own slips and delays, which m knows and one roll does not show.
        return np.asarray((1 - NOT_SHARED) * m + NOT_SHARED * base)
    h = _normal(counts, HOUSEHOLD_PRIOR * np.nan_to_num(base), comparison)
    least = [_least_h(comparison, level, m, at) for level, at in zip(comparison.levels, base, strict=True)]
    return np.maximum(h, least)


def _least_h(comparison: Comparison, level: Level, m: NDArray[np.float64], base: float) -> float:
    """What h of a level is at the least, however few of two children of one household a roll shows there."""
    if level.slipped_from is not None:
        slipped = next(k for k, other in enumerate(comparison.levels) if other.label == level.slipped_from)
        return max(float(m[slipped]), LEAST_H)
    return max(CUSTOM if level.family_custom else LEAST_H, float(base) if level.by_stand_in else 0.0)


def _settle_home(comparisons: Sequence[Comparison], state: _State, home: _Home) -> None:
    """h and t from m and u as they stand and from the known pairs."""
    for k, comparison in enumerate(comparisons):
        state.h[k] = _h(comparison, home.siblings[k], state.m[k], state.u[k])
        # Twins share their birthday, seen through the agencies' slips; their names may be alike as siblings' are, or more.
        state.t[k] = state.m[k] if comparison.tells_twins else _h(comparison, home.twins[k], state.m[k], state.h[k])


def _logs(state: _State) -> list[NDArray[np.float64]]:
    """Of each comparison: the log-probabilities of its levels (rows) in the four classes; 0 where a level says nothing."""
    return [
        np.nan_to_num(np.log(np.maximum(np.stack(of_classes, axis=1), 1e-12)))
        for of_classes in zip(state.m, state.u, state.h, state.t, strict=True)
    ]


def _expected(sample: Sample, state: _State, number: int, logs: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """E-step of one sample: each pattern's posterior over the four classes."""
    if sample.fixed is not None:
        return sample.fixed
    bits = np.zeros((len(sample.counts), 4))
    for k, log in enumerate(logs):
        if not _skipped(sample, k):
            bits += log.take(sample.levels[:, k], axis=0)
    with np.errstate(divide="ignore"):
        match, unlike, home = state.shares[number]
        bits += np.log([match, unlike, home * (1 - state.twins), home * state.twins])[None, :]
    weights = np.exp(bits - bits.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _skipped(sample: Sample, k: int) -> bool:
    """A comparison that the sample's rule settles tells the classes apart no further within it."""
    return not (sample.teaches_u or bool(sample.teaches_m[k]))


def _maximised(
    samples: Sequence[Sample], comparisons: Sequence[Comparison], state: _State, posteriors: list[NDArray[np.float64]]
) -> None:
    """M-step: m from the rules' samples, u from the random one, shares from each."""
    for k, comparison in enumerate(comparisons):
        m, u = np.zeros(len(comparison.levels)), np.zeros(len(comparison.levels))
        for sample, posterior in zip(samples, posteriors, strict=True):
            if sample.teaches_m[k]:
                m += _level_counts(sample.levels[:, k], sample.counts * posterior[:, 0], comparison)
            if sample.teaches_u:
                u += _level_counts(sample.levels[:, k], sample.counts * posterior[:, 1], comparison)
        fitted = _normal(m, M_PRIOR * np.nan_to_num(_started(comparison)), comparison)
        state.m[k] = _normal(np.maximum(np.nan_to_num(fitted), LEAST_M), np.zeros(len(m)), comparison)
        state.u[k] = _normal(u, np.full(len(u), U_PRIOR), comparison)
    for number, (sample, posterior) in enumerate(zip(samples, posteriors, strict=True)):
        shares = (sample.counts[:, None] * posterior).sum(axis=0) / sample.counts.sum()
        state.shares[number] = np.array([shares[0], shares[1], shares[2] + shares[3]])


def _learn_within(
    samples: Sequence[Sample], comparisons: Sequence[Comparison], state: _State, silent: NDArray[np.bool_]
) -> None:
    """m of identifiers that one dataset alone bears, from its own pairs of rows: those that all else says are one child."""
    sure = [sample.counts * _sure_of_one(sample, state, silent) for sample in samples]
    for number in np.flatnonzero(silent).tolist():
        comparison = comparisons[number]
        counts = np.zeros(len(comparison.levels))
        for sample, weights in zip(samples, sure, strict=True):
            if sample.teaches_m[number]:
                counts += _level_counts(sample.levels[:, number], weights, comparison)
        state.m[number] = _normal(counts, M_PRIOR * np.nan_to_num(_started(comparison)), comparison)


def _sure_of_one(sample: Sample, state: _State, silent: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How likely each pattern of a sample is one child, ``silent`` comparisons left out; 0 below SURE_WITHIN."""
    told, logs, shares = replace(sample, teaches_m=sample.teaches_m & ~silent), _logs(state), BEGUN_WITHIN
    posterior = np.zeros((len(sample.counts), len(CLASSES)))
    for _ in range(ROUNDS_WITHIN):
        posterior = _expected(told, replace(state, shares=[shares]), 0, logs)
        found = (sample.counts[:, None] * posterior).sum(axis=0) / sample.counts.sum()
        shares = np.array([found[0], found[1], found[2] + found[3]])
    return np.where(posterior[:, 0] >= SURE_WITHIN, posterior[:, 0], 0.0)


def train(
    table: Encoded,
    comparisons: Sequence[Comparison],
    rules: Sequence[BlockingRule],
    *,
    between: NDArray[np.int32] | None = None,
    learns: NDArray[np.int32] | None = None,
    households: Households | None = None,
    judged: tuple[Rows, Rows] | None = None,
) -> Model:
    """Propose a model for a table. Deterministic.

    ``between``: only pairs of rows with different numbers are pairs at all (two tables linked). ``learns``: see
    :func:`samples_of`. ``judged``: pairs that analysts judged to be one child. Raises :class:`TrainingError` where there
    is too little to learn from.
    """
    possible = _possible_pairs(table.height, between)
    if not possible:
        raise TrainingError("a model needs at least two records that may be one child's; keep the approved model")
    samples = samples_of(table, comparisons, rules, between=between, learns=learns)
    if judged is not None and len(judged[0]):
        samples.append(judged_sample(table, comparisons, *judged))
    home = _at_home(table, comparisons, households) if households is not None else _nobody(comparisons)
    state = _begin(samples, comparisons, home)
    iterations, converged = _fit(samples, comparisons, state, home)
    _settle_home(comparisons, state, home)
    silent = silent_in(comparisons, samples[1:])
    if learns is not None and between is None and silent.any():
        _learn_within(samples_within(table, comparisons, rules, learns), comparisons, state, silent)
    if not converged:
        raise TrainingError(f"training did not settle within {MOST_ITERATIONS} rounds: keep the approved model")
    _refuse_too_few(samples, state, home, households)
    weights = {c.name: Weights(state.m[k], state.u[k], state.h[k], state.t[k]) for k, c in enumerate(comparisons)}
    figures: dict[str, float | int | str] = {
        "records learnt from": table.height,
        "training pairs": int(sum(sample.counts.sum() for sample in samples[1:])),
        "random pairs": int(samples[0].counts.sum()),
        "iterations": iterations,
    }
    expected = [float(share[0]) * sample.pairs for sample, share in zip(samples, state.shares, strict=True)]
    # The matches that the best single rule finds, over all pairs: no recall is guessed, and the share is a little low.
    share = min(0.5, max(expected[1:]) / possible)
    return Model(tuple(comparisons), weights, home.share, home.twin_share, share, figures)


def _refuse_too_few(samples: Sequence[Sample], state: _State, home: _Home, households: Households | None) -> None:
    """Raise TrainingError where every rule finds too few likely matches, or too few brothers and sisters are told apart."""
    if max((_likely(sample, state, k) for k, sample in enumerate(samples) if k), default=0.0) < FEWEST_MATCHES:
        raise TrainingError(
            f"training finds fewer than {FEWEST_MATCHES} likely matches, too few to learn from: keep the approved model"
        )
    if households is not None and home.found < FEWEST_AT_HOME:
        raise TrainingError(
            f"training finds fewer than {FEWEST_AT_HOME} pairs of brothers and sisters whose {households.identifier} tells "
            "them apart, and would take others for one child: keep the approved model"
        )


def _possible_pairs(height: int, between: NDArray[np.int32] | None) -> float:
    if between is None:
        return height * (height - 1) / 2
    sizes = np.unique(between, return_counts=True)[1].astype(np.float64)
    return float(sizes.sum() ** 2 - (sizes**2).sum()) / 2


def _likely(sample: Sample, state: _State, number: int) -> float:
    """Expected matches among the pairs that are more likely one child than not: pairs that say nothing are none."""
    chance = _expected(sample, state, number, _logs(state))[:, 0]
    return float((sample.counts * chance)[chance > 0.5].sum() / sample.counts.sum() * sample.pairs)


def _begin(samples: Sequence[Sample], comparisons: Sequence[Comparison], home: _Home) -> _State:
    household = float(home.share > 0)
    shares = [np.array([0.4, 0.6 - 0.1 * household, 0.1 * household]) for _ in samples]
    shares[0] = np.array([1e-4, 1 - 1e-4 - 1e-5 * household, 1e-5 * household])
    m = [_started(comparison) for comparison in comparisons]
    # u begins with the random sample as it is: matches are few in it, and the first steps take them out.
    u = [
        _normal(_level_counts(samples[0].levels[:, k], samples[0].counts, c), np.full(len(c.levels), U_PRIOR), c)
        for k, c in enumerate(comparisons)
    ]
    state = _State(m, u, list(u), list(u), home.twin_share, shares)
    _settle_home(comparisons, state, home)
    return state


def _fit(samples: Sequence[Sample], comparisons: Sequence[Comparison], state: _State, home: _Home) -> tuple[int, bool]:
    """Alternate E- and M-steps until no probability of m moves by more than CONVERGED."""
    for iteration in range(1, MOST_ITERATIONS + 1):
        before = np.concatenate(state.m)
        logs = _logs(state)
        posteriors = [_expected(sample, state, number, logs) for number, sample in enumerate(samples)]
        _maximised(samples, comparisons, state, posteriors)
        if home.share > 0:  # else no pair is of one household, whatever h and t are
            _settle_home(comparisons, state, home)
        if np.nanmax(np.abs(np.concatenate(state.m) - before)) < CONVERGED:
            return iteration, True
    return MOST_ITERATIONS, False
