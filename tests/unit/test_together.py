"""Several pairs that speak of one question: each comparison is averaged over the pairs that it says something of."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.clustering.together import mean_of, weigh_together
from matching.comparisons import Comparison, Level, missing, otherwise
from matching.in_numbers.encode import encode
from matching.pair_tests.similarity import Equal
from matching.scoring.score import Scorer
from matching.weights.model import CLASSES, Model, Weights
from matching.weights.patterns import levels_in, patterns_of
from tests.made.plain_tables import COMPARISONS, ROW, SCHEMA, plain_model

STEADY = settings(max_examples=40, deadline=None, derandomize=True)


def _said(scorer, pairs, which, at_home):
    left, right = (np.array([pair[side] for pair in pairs], np.int32) for side in (0, 1))
    patterns = patterns_of(scorer.model.comparisons, scorer.table, left, right)
    return weigh_together(scorer, patterns, (left, right), np.array(which, np.int64), np.array(at_home))


@given(st.lists(ROW, min_size=4, max_size=8), st.data())
@STEADY
def test_pairs_together_weigh_as_counted_one_by_one(rows, data):
    pair = st.tuples(st.integers(0, len(rows) - 1), st.integers(0, len(rows) - 1))
    pairs = data.draw(st.lists(pair, min_size=2, max_size=7))
    which = [0, 1, *data.draw(st.lists(st.integers(0, 1), min_size=len(pairs) - 2, max_size=len(pairs) - 2))]
    model = plain_model(len(rows))
    scorer = Scorer.of(model, encode(pl.DataFrame(rows, schema=SCHEMA), list(SCHEMA)))
    found = _said(scorer, pairs, which, [0.0, 3.0])
    for question, at_home in ((0, 0.0), (1, 3.0)):
        sums = dict.fromkeys(CLASSES, 0.0)
        for place, comparison in enumerate(COMPARISONS):
            spoken = []
            for (a, b), of in zip(pairs, which, strict=True):
                ends = np.array([a], np.int32), np.array([b], np.int32)
                level = int(levels_in(patterns_of(COMPARISONS, scorer.table, *ends), COMPARISONS)[0, place])
                if of == question and not comparison.levels[level].says_nothing:
                    bits = {each: float(model.tables(each)[place][level]) for each in CLASSES}
                    for at, more in scorer.frequent(comparison, np.array([level]), *ends):
                        bits["u"] += float(more.sum()) if len(at) else 0.0
                    spoken.append(bits)
            for each in CLASSES:
                sums[each] += float(np.mean([bits[each] for bits in spoken])) if spoken else 0.0
        homes = np.logaddexp2(np.log2(1 - model.twins) + sums["h"], np.log2(model.twins) + sums["t"])
        homes += np.log2(model.household) - at_home
        expected = sums["m"] - np.logaddexp2(np.log2(1 - model.household) + sums["u"], homes)
        assert found[question] == pytest.approx(expected)


@given(st.lists(ROW, min_size=2, max_size=8), st.floats(0, 5))
@STEADY
def test_a_pair_by_itself_weighs_what_it_always_does(rows, at_home):
    scorer = Scorer.of(plain_model(len(rows)), encode(pl.DataFrame(rows, schema=SCHEMA), list(SCHEMA)))
    ends = np.array([0], np.int32), np.array([1], np.int32)
    alone = scorer.weights(patterns_of(COMPARISONS, scorer.table, *ends), *ends, np.array([at_home]))
    assert _said(scorer, [(0, 1)], [0], [at_home]) == pytest.approx(alone)


def _numbered(column, *shares):
    """A comparison of a column: the same or not; and the chance that it is the same, by class."""
    comparison = Comparison(column, (missing(column), Level("same", Equal(column)), otherwise()))
    return comparison, Weights(*(np.array([np.nan, share, 1 - share]) for share in shares))


def test_what_two_records_say_of_a_number_is_not_watered_down_by_those_without_one():
    """The school has the number of the child's old entry; the doctor and the landlord know of no numbers."""
    records = {"name": ["Amira", "Amira", "Amira", "Amy"], "number": ["A1", None, None, "A1"]}
    cards = [_numbered("name", 0.9, 0.01, 0.1, 0.1), _numbered("number", 0.99, 0.001, 0.01, 0.01)]
    comparisons = tuple(comparison for comparison, _ in cards)
    model = Model(comparisons, {comparison.name: weights for comparison, weights in cards}, 0.0, 0.1, 1e-3, {})
    scorer = Scorer.of(model, encode(pl.DataFrame(records), ["name", "number"]))
    pairs = [(0, 3), (1, 3), (2, 3)]
    alone = [float(_said(scorer, [pair], [0], [0.0])[0]) for pair in pairs]
    of_name, of_number = np.log2(0.1 / 0.99), np.log2(0.99 / 0.001)
    assert alone == pytest.approx([of_name + of_number, of_name, of_name])
    assert _said(scorer, pairs, [0, 0, 0], [0.0])[0] == pytest.approx(of_name + of_number)
    assert mean_of(np.array(alone), np.zeros(3, np.int64), 1)[0] < 0.5
