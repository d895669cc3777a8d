"""Proposes weights by expectation-maximisation over agreement patterns, without labels.

Several samples of pairs are fitted together, each with its own shares of the classes (one child; any two children; two children
of one household): a random sample, which teaches u, and the pairs of each training rule, which teach m of the comparisons that
the rule does not read (pairs cannot teach what the rule requires of them). Within a class comparisons are taken as independent
(Fellegi & Sunter 1969, JASA 64:1183; Winkler 1988; patterns instead of pairs: Enamorado, Fifield & Imai 2019, APSR 113:353).
h comes from pairs known to be two children of one household, see :class:`matching.commonness.households.Households`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matching.blocking import BlockingRule
from matching.commonness.households import Households
from matching.comparisons import Comparison, Level
from matching.in_numbers.arrays import Rows
from matching.in_numbers.encode import Encoded
from matching.weights.model import CLASSES, Model, Weights
from matching.weights.training_samples import Sample, judged_sample, samples_of, samples_within, silent_in

MOST_ITERATIONS = 1000
CONVERGED = 1e-5
"""Rounds stop once no probability of m changes by as much as this."""
FEWEST_MATCHES = 30
"""Likely matches that the sample of at least one rule must have for training to be sound."""
BEGUN_WITHIN = np.array([0.4, 0.5, 0.1])
"""Starting shares of (one child, any two, one household) among pairs within a dataset."""
ROUNDS_WITHIN = 30
"""Rounds after which the shares of the classes among pairs within a dataset have settled."""
SURE_WITHIN = 0.99
"""Pairs within a dataset teach only if everything else gives at least this probability that they are one child."""
FEWEST_AT_HOME = 30
"""Pairs known to be two children of one household that are needed to learn how brothers and sisters are alike."""
M_PRIOR = 50.0
"""Pseudo-pairs behind the starting m: it assumes, before any pair is seen, that errors are rare."""
LEAST_M = 2e-4
"""The least m of any level: an error that tonight's files lack will come on some night."""
LEAST_H = 2e-4
"""The least h of any level of what is each child's own: families also give names one letter apart."""
NOT_SHARED = 0.05
"""Share of pairs in a household that differ in what homes share (children of one home with two surnames)."""
U_PRIOR, HOUSEHOLD_PRIOR = 0.5, 20.0
"""Pseudo-pairs added to each level of u, and to all levels of h together."""
CUSTOM = 0.02
"""The least h of a level that is a custom of families (``family_custom``)."""
TWINS, TWIN_PRIOR = 0.03, 50.0
"""Prior share of twins among pairs of siblings, and the number of pseudo-pairs behind it."""
COPIED = 0.005
"""Share of sibling pairs in which one has the other's identifier: schools now and then copy a sibling's UPN by mistake."""


class TrainingError(Exception):
    """Training cannot give a sound model; the message says what is missing."""


@dataclass
class _State:
    """Parameters during the fit, one array per comparison."""

    m: list[NDArray[np.float64]]
    u: list[NDArray[np.float64]]
    h: list[NDArray[np.float64]]
    t: list[NDArray[np.float64]]
    twins: float
    """Share of twins among pairs of one household."""
    shares: list[NDArray[np.float64]]
    """For each sample, the shares of (one child, any two, one household)."""


def _informative(comparison: Comparison) -> NDArray[np.bool_]:
    return np.array([not level.says_nothing for level in comparison.levels])


def _starting_m(comparison: Comparison) -> NDArray[np.float64]:
    """Starting m: the best level holds for most records of one child, the last for few."""
    informative = _informative(comparison)
    steps = np.cumsum(informative)
    start = np.where(informative, 0.5 ** np.minimum(steps, 6), 0.0)
    start[np.flatnonzero(informative)[0]] = 4.0
    return np.asarray(np.where(informative, start / start.sum(), np.nan))


def _level_counts(
    levels: NDArray[np.uint8], weights: NDArray[np.float64], comparison: Comparison
) -> NDArray[np.float64]:
    return np.asarray(np.bincount(levels, weights=weights, minlength=len(comparison.levels)), dtype=np.float64)


def _normalised(counts: NDArray[np.float64], prior: NDArray[np.float64], comparison: Comparison) -> NDArray[np.float64]:
    """Counts plus a prior in pseudo-counts -> probabilities over the levels that are evidence; NaN for the others."""
    informative = _informative(comparison)
    total = np.where(informative, counts + prior, 0.0)
    return np.asarray(np.where(informative, total / total.sum(), np.nan))


@dataclass(frozen=True)
class _Siblings:
    """What pairs known to be two children of one household show: level counts of each comparison."""

    siblings: list[NDArray[np.float64]]
    twins: list[NDArray[np.float64]]
    found: int
    """How many such pairs there are."""
    share: float
    """The same as a share of all possible pairs of rows within a dataset."""

    @property
    def twin_share(self) -> float:
        """Share of twins among the pairs, with a weak prior."""
        twins, others = (max((float(c.sum()) for c in counts), default=0.0) for counts in (self.twins, self.siblings))
        return (twins + TWIN_PRIOR * TWINS) / (twins + others + TWIN_PRIOR)


def _no_siblings(comparisons: Sequence[Comparison]) -> _Siblings:
    siblings, twins = ([np.zeros(len(c.levels)) for c in comparisons] for _ in range(2))
    return _Siblings(siblings, twins, found=0, share=0.0)


def _known_siblings(table: Encoded, comparisons: Sequence[Comparison], households: Households) -> _Siblings:
    """Count levels over pairs known to be two children of one household."""
    home = _no_siblings(comparisons)
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


def _household_probabilities(
    comparison: Comparison, counts: NDArray[np.float64], m: NDArray[np.float64], base: NDArray[np.float64]
) -> NDArray[np.float64]:
    """h or t of one comparison. For values of each child's own: from the known pairs, with a weak prior ``base``."""
    informative = np.flatnonzero(_informative(comparison))
    if comparison.at_home == "identifier":
        h = np.full(len(counts), np.nan)
        h[informative] = 0.0
        h[informative[0]], h[informative[-1]] = COPIED, 1 - COPIED
        return h
    if comparison.at_home == "shared":
        # What a home shares differs by each agency's own slips and delays, which m includes and a single roll does not show.
        return np.asarray((1 - NOT_SHARED) * m + NOT_SHARED * base)
    h = _normalised(counts, HOUSEHOLD_PRIOR * np.nan_to_num(base), comparison)
    least = [_least_h(comparison, level, m, at) for level, at in zip(comparison.levels, base, strict=True)]
    return np.maximum(h, least)


def _least_h(comparison: Comparison, level: Level, m: NDArray[np.float64], base: float) -> float:
    """The least h of a level, however few known pairs of a household a roll shows at it."""
    if level.slipped_from is not None:
        slipped = next(k for k, other in enumerate(comparison.levels) if other.label == level.slipped_from)
        return max(float(m[slipped]), LEAST_H)
    return max(CUSTOM if level.family_custom else LEAST_H, float(base) if level.by_stand_in else 0.0)


def _set_household_probabilities(comparisons: Sequence[Comparison], state: _State, home: _Siblings) -> None:
    """Set h and t from the current m and u and from the known pairs."""
    for k, comparison in enumerate(comparisons):
        state.h[k] = _household_probabilities(comparison, home.siblings[k], state.m[k], state.u[k])
        # Twins share their birthday, but for the agencies' slips; their names are as much alike as siblings' are, or more.
        state.t[k] = (
            state.m[k]
            if comparison.tells_twins
            else _household_probabilities(comparison, home.twins[k], state.m[k], state.h[k])
        )


def _log_probabilities(state: _State) -> list[NDArray[np.float64]]:
    """Per comparison, the log-probabilities of its levels (rows) in the four classes; 0 for levels that are no evidence."""
    return [
        np.nan_to_num(np.log(np.maximum(np.stack(of_classes, axis=1), 1e-12)))
        for of_classes in zip(state.m, state.u, state.h, state.t, strict=True)
    ]


def _posteriors(sample: Sample, state: _State, number: int, logs: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """E-step of one sample: each pattern's posterior over the four classes."""
    if sample.fixed is not None:
        return sample.fixed
    bits = np.zeros((len(sample.counts), 4))
    for k, log in enumerate(logs):
        if not _is_settled(sample, k):
            bits += log.take(sample.levels[:, k], axis=0)
    with np.errstate(divide="ignore"):
        match, unlike, home = state.shares[number]
        bits += np.log([match, unlike, home * (1 - state.twins), home * state.twins])[None, :]
    weights = np.exp(bits - bits.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _is_settled(sample: Sample, k: int) -> bool:
    """Whether the sample's rule settles the comparison, which then cannot help to tell the classes apart in the sample."""
    return not (sample.teaches_u or bool(sample.teaches_m[k]))


def _maximise(
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
        fitted = _normalised(m, M_PRIOR * np.nan_to_num(_starting_m(comparison)), comparison)
        state.m[k] = _normalised(np.maximum(np.nan_to_num(fitted), LEAST_M), np.zeros(len(m)), comparison)
        state.u[k] = _normalised(u, np.full(len(u), U_PRIOR), comparison)
    for number, (sample, posterior) in enumerate(zip(samples, posteriors, strict=True)):
        shares = (sample.counts[:, None] * posterior).sum(axis=0) / sample.counts.sum()
        state.shares[number] = np.array([shares[0], shares[1], shares[2] + shares[3]])


def _learn_within(
    samples: Sequence[Sample], comparisons: Sequence[Comparison], state: _State, silent: NDArray[np.bool_]
) -> None:
    """Learn m of identifiers that only one dataset has from pairs within it that everything else says are one child."""
    sure = [sample.counts * _sure_of_one(sample, state, silent) for sample in samples]
    for number in np.flatnonzero(silent).tolist():
        comparison = comparisons[number]
        counts = np.zeros(len(comparison.levels))
        for sample, weights in zip(samples, sure, strict=True):
            if sample.teaches_m[number]:
                counts += _level_counts(sample.levels[:, number], weights, comparison)
        state.m[number] = _normalised(counts, M_PRIOR * np.nan_to_num(_starting_m(comparison)), comparison)


def _sure_of_one(sample: Sample, state: _State, silent: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Probability that each pattern of a sample is one child, without the ``silent`` comparisons; 0 below SURE_WITHIN."""
    without_silent = replace(sample, teaches_m=sample.teaches_m & ~silent)
    logs, shares = _log_probabilities(state), BEGUN_WITHIN
    posterior = np.zeros((len(sample.counts), len(CLASSES)))
    for _ in range(ROUNDS_WITHIN):
        posterior = _posteriors(without_silent, replace(state, shares=[shares]), 0, logs)
        sure = (sample.counts[:, None] * posterior).sum(axis=0) / sample.counts.sum()
        shares = np.array([sure[0], sure[1], sure[2] + sure[3]])
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

    ``between``: only rows with different numbers form pairs at all (two tables linked). ``learns``: see :func:`samples_of`.
    ``judged``: pairs that analysts judged to be one child. Raises :class:`TrainingError` if there is too little to learn
    from, or if the fit does not settle.
    """
    possible = _possible_pairs(table.height, between)
    if not possible:
        raise TrainingError("a model needs at least two records that may be one child's; keep the approved model")
    samples = samples_of(table, comparisons, rules, between=between, learns=learns)
    if judged is not None and len(judged[0]):
        samples.append(judged_sample(table, comparisons, *judged))
    home = _known_siblings(table, comparisons, households) if households is not None else _no_siblings(comparisons)
    state = _starting_state(samples, comparisons, home)
    iterations, converged = _fit(samples, comparisons, state, home)
    _set_household_probabilities(comparisons, state, home)
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
    share = min(0.5, _fewest_matches(samples, state) / possible)
    return Model(tuple(comparisons), weights, home.share, home.twin_share, share, figures)


def _fewest_matches(samples: Sequence[Sample], state: _State) -> float:
    """The matches that the best single rule finds: a little too few, but this assumes no recall."""
    expected = [float(share[0]) * sample.pairs for sample, share in zip(samples, state.shares, strict=True)]
    return max(_by_rule(samples[1:], expected[1:]))


def _refuse_too_few(samples: Sequence[Sample], state: _State, home: _Siblings, households: Households | None) -> None:
    """Raise TrainingError if every rule finds too few likely matches, or too few brothers and sisters are known to be two."""
    likely = [_likely_matches(sample, state, number) for number, sample in enumerate(samples)]
    if max(_by_rule(samples[1:], likely[1:]), default=0.0) < FEWEST_MATCHES:
        raise TrainingError(
            f"training finds fewer than {FEWEST_MATCHES} likely matches, too few to learn from: keep the approved model"
        )
    if households is not None and home.found < FEWEST_AT_HOME:
        raise TrainingError(
            f"training finds fewer than {FEWEST_AT_HOME} pairs of brothers and sisters whose {households.identifier} tells "
            "them apart, and would take others for one child: keep the approved model"
        )


def _by_rule(samples: Sequence[Sample], numbers: Sequence[float]) -> list[float]:
    """The sum of the numbers of each rule's samples."""
    sums: dict[str, float] = {}
    for sample, number in zip(samples, numbers, strict=True):
        sums[sample.name] = sums.get(sample.name, 0.0) + number
    return list(sums.values())


def _possible_pairs(height: int, between: NDArray[np.int32] | None) -> float:
    if between is None:
        return height * (height - 1) / 2
    sizes = np.unique(between, return_counts=True)[1].astype(np.float64)
    return float(sizes.sum() ** 2 - (sizes**2).sum()) / 2


def _likely_matches(sample: Sample, state: _State, number: int) -> float:
    """Expected matches among the pairs more likely one child than not. So pairs without any evidence do not count."""
    chance = _posteriors(sample, state, number, _log_probabilities(state))[:, 0]
    return float((sample.counts * chance)[chance > 0.5].sum() / sample.counts.sum() * sample.pairs)


def _starting_state(samples: Sequence[Sample], comparisons: Sequence[Comparison], home: _Siblings) -> _State:
    household = float(home.share > 0)
    shares = [np.array([0.4, 0.6 - 0.1 * household, 0.1 * household]) for _ in samples]
    shares[0] = np.array([1e-4, 1 - 1e-4 - 1e-5 * household, 1e-5 * household])
    m = [_starting_m(comparison) for comparison in comparisons]
    # u starts from the whole random sample: it has few matches, and the first steps remove their influence.
    u = [
        _normalised(_level_counts(samples[0].levels[:, k], samples[0].counts, c), np.full(len(c.levels), U_PRIOR), c)
        for k, c in enumerate(comparisons)
    ]
    state = _State(m, u, list(u), list(u), home.twin_share, shares)
    _set_household_probabilities(comparisons, state, home)
    return state


def _fit(
    samples: Sequence[Sample], comparisons: Sequence[Comparison], state: _State, home: _Siblings
) -> tuple[int, bool]:
    """Alternate E- and M-steps until no probability of m moves by more than CONVERGED."""
    for iteration in range(1, MOST_ITERATIONS + 1):
        before = np.concatenate(state.m)
        logs = _log_probabilities(state)
        posteriors = [_posteriors(sample, state, number, logs) for number, sample in enumerate(samples)]
        _maximise(samples, comparisons, state, posteriors)
        if home.share > 0:  # otherwise no pair is of one household, whatever h and t are
            _set_household_probabilities(comparisons, state, home)
        if np.nanmax(np.abs(np.concatenate(state.m) - before)) < CONVERGED:
            return iteration, True
    return MOST_ITERATIONS, False
