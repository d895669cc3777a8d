"""Match weights: what a level is worth, what a floor keeps, and what a household and a large table take away."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.blocking import BlockingRule, plan
from matching.commonness.frequencies import frequencies_of
from matching.comparisons import Comparison, Level, exact, missing, otherwise
from matching.in_numbers.encode import encode
from matching.pair_tests.similarity import Equal
from matching.pair_tests.word_similarity import InitialOf, WithinEdits
from matching.scoring.score import Scorer, score_pairs
from matching.weights.model import MEASURED_AT, TRUSTED, Model, Weights
from matching.weights.patterns import levels_in, patterns_of

STEADY = settings(max_examples=60, deadline=None, derandomize=True)
EVERYONE = BlockingRule("everyone", ("everyone",))


def _comparison(column):
    return Comparison(
        column,
        (
            missing(column),
            exact(column),
            Level("one slip", WithinEdits(column, 1)),
            Level("initial", InitialOf(column)),
            otherwise(),
        ),
    )


COMPARISONS = (_comparison("forename"), _comparison("surname"))


@st.composite
def _weights(draw, monotone=False):
    """Weights of five levels of which the first says nothing; monotone: a better level is never worth less."""
    positive = st.lists(st.floats(0.01, 1), min_size=4, max_size=4)
    m = np.array(draw(positive))
    others = []
    for _ in range(3):
        ratio = np.array(draw(positive))
        others.append(m * np.sort(ratio) if monotone else ratio)
    return Weights(*(np.r_[np.nan, each / each.sum()] for each in (m, *others)))


@st.composite
def _models(draw, monotone=False):
    weights = {comparison.name: draw(_weights(monotone)) for comparison in COMPARISONS}
    share, twins = draw(st.sampled_from([0.0, 1e-6, 1e-3])), draw(st.floats(0, 1))
    return Model(COMPARISONS, weights, share, twins, draw(st.sampled_from([1e-3, 1e-6])), {})


@given(_models(monotone=True), st.integers(0, 3), st.integers(0, 3), st.integers(1, 4))
@STEADY
def test_the_weight_never_falls_when_a_level_gets_better(model, better, worse, other):
    """Of two levels of one comparison, the other staying as it is; without frequencies of values."""
    better, worse = sorted((better + 1, worse + 1))
    plain = tuple(
        replace(c, levels=tuple(replace(level, frequency_of=None) for level in c.levels)) for c in COMPARISONS
    )
    scorer = Scorer.of(
        replace(model, comparisons=plain),
        encode(pl.DataFrame({"forename": ["A"], "surname": ["B"]}), ["forename", "surname"]),
    )
    patterns = np.array([better + 5 * other, worse + 5 * other])
    nobody = np.zeros(2, np.int32)
    high, low = scorer.weights(patterns, nobody, nobody)
    assert high >= low - 1e-9


def _table(seed, rows=40):
    draw = np.random.default_rng(seed)
    names = ["AMIRA", "AMIRAH", "A", "AMIR", "CHEN", "CHAN", "C", "OKAFOR", "OKAFRO", None]
    columns = {c: [names[i] for i in draw.integers(0, len(names), rows)] for c in ("forename", "surname")}
    return encode(pl.DataFrame(columns | {"everyone": ["x"] * rows}), ["forename", "surname", "everyone"])


@given(_models(), st.integers(0, 50), st.sampled_from([("forename",), ("surname",), ("surname", "forename")]))
@STEADY
def test_what_a_rules_columns_settle_is_what_comparing_its_pairs_finds(model, seed, columns):
    table = _table(seed)
    left, right = (side.astype(np.int32) for side in np.triu_indices(table.height, 1))
    agree = np.all([Equal(column).holds(table, left, right) for column in columns], axis=0)
    left, right = left[agree], right[agree]
    patterns = patterns_of(COMPARISONS, table, left, right)
    scorer = Scorer.of(model, table)
    rule = BlockingRule("settles", columns)
    scored = score_pairs(scorer, plan([rule], table), -np.inf)
    assert (scored.left.tolist(), scored.right.tolist()) == (left.tolist(), right.tolist())
    assert scored.pattern.tolist() == patterns.tolist()
    assert scored.weight.tolist() == scorer.weights(patterns, left, right).tolist()
    assert len(scorer.course_of(rule).comparisons) == len(COMPARISONS) - len(columns)


@given(_models(), st.integers(0, 50), st.floats(-15, 15), st.sampled_from([7, 100_000]))
@STEADY
def test_a_floor_keeps_every_pair_at_or_above_it_and_no_other(model, seed, floor, chunk):
    table = _table(seed)
    scorer = Scorer.of(model, table)
    left, right = (side.astype(np.int32) for side in np.triu_indices(table.height, 1))
    patterns = patterns_of(COMPARISONS, table, left, right)
    weights = scorer.weights(patterns, left, right)
    scored = score_pairs(scorer, plan([EVERYONE], table), floor, chunk)
    keep = weights >= floor
    assert (scored.left.tolist(), scored.right.tolist()) == (left[keep].tolist(), right[keep].tolist())
    assert scored.pattern.tolist() == patterns[keep].tolist()
    np.testing.assert_allclose(scored.weight, weights[keep])
    assert scored.pairs_compared.tolist() == [len(left)]


@given(_models(), st.integers(0, 50))
@STEADY
def test_the_household_only_takes_away_and_nothing_is_nan(model, seed):
    table = _table(seed)
    left, right = (side.astype(np.int32) for side in np.triu_indices(table.height, 1))
    patterns = patterns_of(COMPARISONS, table, left, right)
    with_home = Scorer.of(model, table).weights(patterns, left, right)
    without = Scorer.of(replace(model, household=0.0), table).weights(patterns, left, right)
    assert np.isfinite(with_home).all()
    assert (with_home <= without - np.log2(1 - model.household) + 1e-9).all()


@pytest.mark.parametrize(("household", "times_likelier"), [(0.0, 3.0), (1e-3, 1.0)], ids=["by chance", "at home"])
def test_of_three_times_as_many_records_three_times_as_many_are_alike_by_chance_and_no_more_are_brothers(
    household, times_likelier
):
    """The odds that two records of both names alike are two children, as far as they are believed; the prior is 1 in all."""
    alike = Weights(*(np.array([np.nan, p, 0.1, 0.1, 0.8 - p]) for p in (0.7, 1e-5, 0.6, 0.6)))
    plain = tuple(
        replace(c, levels=tuple(replace(level, frequency_of=None) for level in c.levels)) for c in COMPARISONS
    )
    weights = {comparison.name: alike for comparison in plain}
    model = Model(plain, weights, household, 0.03, 2**-MEASURED_AT, {"records learnt from": 1000})
    pattern, nobody = np.array([1 + 5 * 1]), np.zeros(1, np.int32)
    believed = []
    for records in (1000, 3000):
        weight = Scorer.of(model.on(records), _table(0)).weights(pattern, nobody, nobody)[0]
        believed.append(TRUSTED * (weight - np.log2(records)))
    assert 2 ** (believed[0] - believed[1]) == pytest.approx(times_likelier, rel=1e-3)


def test_a_pattern_is_taken_apart_into_the_levels_it_was_made_of():
    table = _table(3)
    left, right = (side.astype(np.int32) for side in np.triu_indices(table.height, 1))
    levels = levels_in(patterns_of(COMPARISONS, table, left, right), COMPARISONS)
    for k, comparison in enumerate(COMPARISONS):
        assert levels[:, k].tolist() == comparison.levels_of(table, left, right).tolist()


def _one(column_values):
    return Comparison("surname", (missing("surname"), exact("surname"), otherwise())), encode(
        pl.DataFrame({"surname": column_values}), ["surname"]
    )


def test_a_rare_name_weighs_more_than_a_common_one():
    comparison, table = _one(["SMITH"] * 50 + ["FEATHERSTONEHAUGH"] * 2 + ["OKAFOR"] * 48)
    weights = Weights(*(np.array([np.nan, 0.9, 0.1]), *[np.array([np.nan, 0.3, 0.7])] * 3))
    scorer = Scorer.of(Model((comparison,), {"surname": weights}, 0.0, 0.0, 0.01, {}), table)
    left, right = np.array([0, 50], np.int32), np.array([1, 51], np.int32)
    common, rare = scorer.weights(patterns_of([comparison], table, left, right), left, right)
    assert common == pytest.approx(np.log2(0.9 / (49 / 100)))
    assert rare == pytest.approx(np.log2(0.9 / (1 / 100)))


@pytest.mark.parametrize(
    "values", [[], ["SMITH"], [None, None], ["SMITH"] * 3], ids=["none", "one", "nulls", "constant"]
)
def test_frequencies_of_next_to_nothing_are_numbers(values):
    _, table = _one(pl.Series(values, dtype=pl.String))
    assert np.isfinite(frequencies_of("surname", table).of_code).all()


def test_frequencies_of_a_missing_column_name_it():
    comparison, _ = _one(["SMITH"])
    weights = Weights(*[np.array([np.nan, 0.5, 0.5])] * 4)
    with pytest.raises(KeyError, match="no column surname; the table has forename"):
        Scorer.of(
            Model((comparison,), {"surname": weights}, 0.0, 0.0, 0.01, {}),
            encode(pl.DataFrame({"forename": ["A"]}), ["forename"]),
        )


def test_a_level_that_never_was_seen_weighs_for_or_against_but_is_never_nan():
    comparison, table = _one(["SMITH", "SMITH", "OKAFOR", "CHEN"])
    never = Weights(*[np.array([np.nan, 0.0, 1.0])] * 4)
    for share in (0.0, 1e-3):
        scorer = Scorer.of(Model((comparison,), {"surname": never}, share, 0.5, 0.01, {}), table)
        left, right = np.array([0, 0], np.int32), np.array([1, 2], np.int32)
        weights = scorer.weights(patterns_of([comparison], table, left, right), left, right)
        assert not np.isnan(weights).any()


def test_whoever_listens_is_told_how_far_the_scoring_is():
    heard = []
    table = _table(3, rows=60)
    weights = {c.name: Weights(*[np.r_[np.nan, np.full(4, 0.25)]] * 4) for c in COMPARISONS}
    scorer = Scorer.of(Model(COMPARISONS, weights, 0.0, 0.0, 0.01, {}), table)
    score_pairs(scorer, plan([EVERYONE], table), 0.0, 100, on_progress=lambda share, what: heard.append((share, what)))
    shares = [share for share, _ in heard]
    assert shares == sorted(shares)
    assert len(set(shares)) > 5
    assert shares[-1] == 1.0
    assert {what for _, what in heard} == {"looking at pairs of records"}
