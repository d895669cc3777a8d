"""Bounds on whole grids of pairs: never below what a pair is worth, and the same pairs come out with grids as without."""

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.blocking import BlockingRule, plan
from matching.comparisons import CHILD_COMPARISONS, columns_read
from matching.in_numbers.encode import encode
from matching.pair_tests.date_similarity import SameYear
from matching.pair_tests.similarity import (
    Equal,
    EqualAcross,
    Missing,
    SharesAny,
    Swapped,
    Unequal,
    both,
    either,
    none_of,
)
from matching.pair_tests.word_similarity import CrosswiseAlike, InitialOf, JaroWinklerAtLeast, WithinEdits
from matching.scoring import grids
from matching.scoring.ceilings import Ceiling, is_cheap, may_hold
from matching.scoring.score import Scorer, score_pairs
from matching.weights.model import Model, Weights
from tests.made.plain_tables import COMPARISONS, ROW, SCHEMA

STEADY = settings(max_examples=60, deadline=None, derandomize=True)

TESTS = [
    Missing("one"), Missing("many"), Missing("born"), Equal("one"), Equal("born"), Unequal("one"), EqualAcross("one", "two"),
    Swapped("one", "two"), SharesAny("many"), SharesAny("many", "one"), InitialOf("one"), JaroWinklerAtLeast("one", 0.84),
    JaroWinklerAtLeast("one", 0.97), JaroWinklerAtLeast("one", 0.3), WithinEdits("one", 1, shortest=4),
    WithinEdits("one", 2), CrosswiseAlike("one", "two"), either(Equal("one"), SharesAny("many")),
    both(Unequal("one"), SharesAny("many", "one")), both(Equal("one"), SameYear("born")),
    both(Equal("one"), none_of(Missing("many"), SharesAny("many"))),
]  # fmt: skip


def _encoded(rows):
    return encode(pl.DataFrame(rows, schema=SCHEMA), list(SCHEMA))


@pytest.mark.parametrize("test", TESTS, ids=repr)
@given(st.lists(ROW, min_size=1, max_size=8))
@settings(STEADY, max_examples=25)
def test_what_holds_of_a_pair_may_hold_on_a_grid(test, rows):
    table, every = _encoded(rows), np.arange(len(rows), dtype=np.int32)
    down, along = np.repeat(every, len(rows)), np.tile(every, len(rows))
    assert is_cheap(test, table)
    may = np.broadcast_to(may_hold(test, table, every[:, None], every[None, :]), (len(rows), len(rows)))
    assert not (test.holds(table, down, along) & ~may.ravel()).any()


@pytest.mark.parametrize("comparison", CHILD_COMPARISONS, ids=lambda comparison: comparison.name)
@given(st.lists(ROW, min_size=2, max_size=8), st.data())
@settings(STEADY, max_examples=25)
def test_no_pair_is_worth_more_than_its_ceiling(comparison, rows, data):
    frame = pl.DataFrame(rows, schema=SCHEMA)
    lists = {"forename_groups", "middle_tokens", "middle_initials", "all_surnames", "surname_parts", "upns"}
    columns = {
        name: frame["many" if name in lists else data.draw(st.sampled_from(["one", "two"]))]
        for name in columns_read((comparison,))
    }
    table = encode(pl.DataFrame(columns | {"date_of_birth": frame["born"]}), [*columns, "date_of_birth"])
    most = np.array(data.draw(st.lists(st.floats(-20, 20), min_size=(n := len(comparison.levels)), max_size=n)))
    every = np.arange(len(rows), dtype=np.int32)
    bound = np.broadcast_to(
        Ceiling.of(comparison, most, table).bits(table, every[:, None], every[None, :]), (len(rows), len(rows))
    )
    levels = comparison.levels_of(table, np.repeat(every, len(rows)), np.tile(every, len(rows)))
    assert (bound.ravel() >= most[levels] - 1e-5).all()


RULES = st.lists(
    st.builds(
        lambda columns, side: BlockingRule("a rule", tuple(columns), one_side=side),
        st.lists(st.sampled_from(["block", "other", "many"]), min_size=1, max_size=2, unique=True),
        st.sampled_from([None, None, "side"]),
    ),
    min_size=1,
    max_size=3,
)


@st.composite
def _models(draw):
    weights = {}
    for comparison in COMPARISONS:
        m, u = (
            np.array(draw(st.lists(st.floats(0.001, 1), min_size=(n := len(comparison.levels)), max_size=n)))
            for _ in range(2)
        )
        m[0] = u[0] = np.nan
        weights[comparison.name] = Weights(m / np.nansum(m), u / np.nansum(u), u / np.nansum(u), u / np.nansum(u))
    household, match = draw(st.sampled_from([0.0, 1e-3])), draw(st.sampled_from([1e-3, 1e-6]))
    return Model(COMPARISONS, weights, household, 0.1, match, {})


@given(_models(), st.lists(ROW, min_size=0, max_size=24), RULES, st.sampled_from([None, 2, 3]), st.data())
@settings(STEADY, max_examples=120)
def test_grids_give_the_same_pairs_weights_and_counts_as_pairs_one_by_one(model, rows, rules, tables, data):
    floor = data.draw(st.floats(-8, 8))
    number = st.lists(st.integers(0, (tables or 1) - 1), min_size=len(rows), max_size=len(rows))
    between = None if tables is None else np.array(data.draw(number), np.int32)
    table = _encoded(rows)
    among = data.draw(st.none() | st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    pairs = replace(plan(rules, table, between), among=None if among is None else np.array(among, bool))
    scorer = Scorer.of(model, table)
    with patch.multiple(grids, LEAST_PAIRS=10**9):
        one_by_one = score_pairs(scorer, pairs, floor)
    sizes = data.draw(st.sampled_from([(2, 3, 1, 1), (3, 2, 2, 50), (64, 1024, 8, 1 << 16)]))
    with patch.multiple(
        grids, LEAST_PAIRS=1, LEAST_TOGETHER=1, **dict(zip(("TALL", "WIDE", "STEP", "AT_ONCE"), sizes, strict=True))
    ):
        found = score_pairs(scorer, pairs, floor, chunk=data.draw(st.sampled_from([5, 10_000])))
    for name in ("left", "right", "pattern", "weight", "rule", "pairs_compared"):
        assert getattr(found, name).tolist() == getattr(one_by_one, name).tolist(), name


def test_grids_too_few_to_be_worth_it_stay_pairs():
    table = encode(pl.DataFrame({"block": ["x"] * 40 + ["y"] * 3}), ["block"])
    pairs = plan([BlockingRule("block", ("block",))], table)
    laid_out, rest = grids.grids_of(pairs, 0)
    assert not list(laid_out.stacks(10**9))
    assert rest.pairs == pairs.pairs


def test_large_blocks_are_laid_out_as_grids_and_every_pair_of_them_once():
    rows = 200
    table = encode(pl.DataFrame({"block": ["x"] * rows + ["y"] * 3}), ["block"])
    pairs = plan([BlockingRule("block", ("block",))], table)
    with patch.multiple(grids, LEAST_TOGETHER=1):
        laid_out, rest = grids.grids_of(pairs, 0)
    assert rest.pairs == 3
    sieve = grids.Sieve(table, pairs, (), 0.0)
    (own, left, right), *others = [sieve.through(stacks) for stacks in laid_out.stacks(10**9)]
    assert not others
    assert own == len(left) == rows * (rows - 1) // 2
    assert set(zip(left.tolist(), right.tolist(), strict=True)) == {(i, j) for j in range(rows) for i in range(j)}
