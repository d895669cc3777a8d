"""Pairs out of blocking against every pair of a small table, looked at one by one."""

from dataclasses import replace
from itertools import combinations
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.blocking import BlockingRule, columns_blocked, plan
from matching.in_numbers import blocks
from matching.in_numbers.encode import encode

STEADY = settings(max_examples=80, deadline=None, derandomize=True)

VALUE = st.sampled_from(["a", "b", "c", None])
VALUES = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=3) | st.none()
ROW = st.fixed_dictionaries(
    {"one": VALUE, "two": VALUE, "many": VALUES, "more": VALUES, "side": st.sampled_from(["x", None])}
)
SCHEMA = {"one": pl.String, "two": pl.String, "many": pl.List(pl.String), "more": pl.List(pl.String), "side": pl.String}
RULE = st.builds(
    lambda columns, side: BlockingRule("a rule", tuple(columns), one_side=side),
    st.lists(st.sampled_from(["one", "two", "many", "more"]), min_size=1, max_size=3, unique=True),
    st.sampled_from([None, None, "side"]),
)


def _values(row, column):
    found = row[column]
    return set(found or []) if isinstance(found, list) or found is None else {found}


def _meets(rule, one, other):
    if rule.one_side and one[rule.one_side] is None and other[rule.one_side] is None:
        return False
    return all(_values(one, column) & _values(other, column) for column in rule.columns)


def _first_rule(rules, one, other):
    return next((number for number, rule in enumerate(rules) if _meets(rule, one, other)), None)


def _encoded(rows, rules):
    return encode(pl.DataFrame(rows, schema=SCHEMA), columns_blocked(rules))


def _found(pairs, **how):
    return [
        (number, a, b)
        for number, left, right in pairs.chunks(**how)
        for a, b in zip(left.tolist(), right.tolist(), strict=True)
    ]


@given(
    st.lists(ROW, min_size=0, max_size=14),
    st.lists(RULE, min_size=1, max_size=4),
    st.sampled_from([1, 3, 1000]),
    st.sampled_from([blocks.WORD, 0]),
    st.data(),
)
@STEADY
def test_every_pair_that_a_rule_wants_comes_once_by_its_first_rule(rows, rules, size, word, data):
    datasets = data.draw(st.none() | st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows)))
    between = None if datasets is None else np.array(datasets, np.int32)
    with patch.object(blocks, "WORD", word):  # keys side by side where they fit, else scrambled
        pairs = plan(rules, _encoded(rows, rules), between)
    expected = [
        (first, i, j)
        for i, j in combinations(range(len(rows)), 2)
        if (first := _first_rule(rules, rows[i], rows[j])) is not None
        and (datasets is None or datasets[i] != datasets[j])
    ]
    assert sorted(_found(pairs, size=size)) == sorted(expected)
    assert sum(cost.left_out for cost in pairs.costs) == 0


@given(st.lists(ROW, min_size=0, max_size=14), st.lists(RULE, min_size=2, max_size=4), st.data())
@STEADY
def test_some_rules_alone_leave_out_what_earlier_rules_find(rows, rules, data):
    only = data.draw(st.lists(st.integers(0, len(rules) - 1), unique=True))
    pairs = plan(rules, _encoded(rows, rules))
    assert _found(pairs, only=only) == [found for found in _found(pairs) if found[0] in only]


@given(st.lists(ROW, min_size=0, max_size=14), st.lists(RULE, min_size=1, max_size=3), st.data())
@STEADY
def test_pairs_among_some_rows_are_those_of_all_that_hold_such_a_row(rows, rules, data):
    among = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))), bool)
    pairs = plan(rules, _encoded(rows, rules))
    expected = [(number, a, b) for number, a, b in _found(pairs) if among[a] or among[b]]
    assert _found(replace(pairs, among=among)) == expected
    every = data.draw(st.integers(1, 4))
    assert _found(pairs, every=every) == [found for found in _found(pairs) if found[1] % every == 0]


def test_a_plan_whose_rows_were_let_go_of_tells_its_costs_and_refuses_to_give_pairs():
    rules = [BlockingRule("a rule", ("one",))]
    pairs = plan(rules, encode(pl.DataFrame({"one": ["a", "a"]}), ["one"]))
    spent = pairs.without_rows()
    assert spent.costs == pairs.costs
    with pytest.raises(ValueError, match="make the plan again"):
        next(spent.chunks())


PLAIN_RULE = st.builds(
    lambda columns: BlockingRule("a rule", tuple(columns)),
    st.lists(st.sampled_from(["one", "two"]), min_size=1, unique=True),
)


@given(st.lists(ROW, min_size=0, max_size=20), PLAIN_RULE)
@STEADY
def test_pairs_and_the_largest_block_are_counted_before_any_pair_is_made(rows, rule):
    pairs = plan([rule], _encoded(rows, [rule]))
    (cost,) = pairs.costs
    assert cost.pairs == pairs.pairs == len(_found(pairs))
    keys = [tuple(row[column] for column in rule.columns) for row in rows]
    sizes = [keys.count(key) for key in keys if None not in key]
    assert cost.largest_block == max((size for size in sizes if size > 1), default=0)


SPLIT_RULE = st.builds(
    lambda columns, split: BlockingRule("a rule", tuple(columns), tuple(split)),
    st.lists(st.sampled_from(["one", "two", "many"]), min_size=1, max_size=2, unique=True),
    st.lists(st.sampled_from(["two", "more", "side"]), max_size=2, unique=True),
)


@given(
    st.lists(ROW, min_size=5, max_size=25),
    st.lists(SPLIT_RULE, min_size=1, max_size=3),
    st.integers(1, 4),
    st.integers(1, 3),
)
@STEADY
def test_what_an_over_large_block_leaves_out_another_rule_may_still_find(rows, rules, largest, piece):
    with patch.multiple(blocks, LARGEST_BLOCK=largest, PIECE=piece):
        table = _encoded(rows, rules)
        together = [(a, b) for _, a, b in _found(plan(rules, table))]
        alone = {(a, b) for rule in rules for _, a, b in _found(plan([rule], table))}
    assert len(together) == len(set(together))
    assert set(together) == alone


@given(st.lists(ROW, min_size=5, max_size=25), PLAIN_RULE, st.integers(1, 4), st.integers(1, 3))
@STEADY
def test_what_is_made_and_what_is_left_out_are_all_the_pairs_of_a_rule(rows, rule, largest, piece):
    wanted = sum(_meets(rule, one, other) for one, other in combinations(rows, 2))
    with patch.multiple(blocks, LARGEST_BLOCK=largest, PIECE=piece):
        pairs = plan([rule], _encoded(rows, [rule]))
        (cost,) = pairs.costs
        assert cost.pairs == len(_found(pairs))
        assert cost.pairs + cost.left_out == wanted
