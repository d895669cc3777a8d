"""Children against each other, counted child by child in plain Python; and what is known is not weighed otherwise."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.blocking import BlockingRule
from matching.clustering.assign import SURE
from matching.clustering.judge import Settings
from matching.clustering.rivals import CERTAIN, LEAST_CLAIM, ChildPairs, child_pairs_of, competing, join_rivals
from matching.linkage import link_records
from tests.made.plain_tables import COMPARISONS, ROW, SCHEMA, plain_model

STEADY = settings(max_examples=60, deadline=None, derandomize=True)
WEIGHT = st.sampled_from([-1e7, -80.0, -3.0, 0.5, 4.0, 4.0, 9.25, 70.0, 1e5])


def _pairs(labels):
    """Pairs of rows of different children, each once, in any order and either way round."""
    different = [(i, j) for i in range(len(labels)) for j in range(len(labels)) if i < j and labels[i] != labels[j]]
    ways = st.tuples(st.sampled_from(different), st.booleans()).map(lambda each: each[0][:: 1 if each[1] else -1])
    return st.lists(ways, max_size=12, unique_by=frozenset) if different else st.just([])


@given(st.lists(st.integers(0, 4), min_size=2, max_size=9), st.data())
@STEADY
def test_children_are_weighed_by_the_mean_of_their_records_and_by_what_is_certain(children, data):
    labels = np.array([children.index(child) for child in children])
    pairs = data.draw(_pairs(labels))
    weights = data.draw(st.lists(WEIGHT, min_size=len(pairs), max_size=len(pairs)))
    left, right = (np.array([pair[side] for pair in pairs], np.int32) for side in (0, 1))
    found = child_pairs_of(labels, left, right, np.array(weights))
    found = found.with_prior(found.one * 0.5 - found.other)
    of_children = defaultdict(list)
    for (i, j), weight in zip(pairs, weights, strict=True):
        of_children[tuple(sorted((int(labels[i]), int(labels[j]))))].append((weight, (min(i, j), max(i, j))))
    assert list(zip(found.one.tolist(), found.other.tolist(), strict=True)) == sorted(of_children)
    for place, (one, other) in enumerate(sorted(of_children)):
        each = of_children[one, other]
        certain = [w for w, _ in each if w > CERTAIN], [w for w, _ in each if w < -CERTAIN]
        mean = np.mean([np.clip(w, -2 * SURE, 2 * SURE) for w, _ in each]) + one * 0.5 - other
        expected = (certain[1] or certain[0] or [mean])[-1]
        assert found.log_odds[place] == pytest.approx(expected)
        likeliest = [pair for w, pair in each if w == max(w for w, _ in each)][-1]
        assert (found.left[place], found.right[place]) == likeliest


def _claims(odds):
    """(child, rival) -> odds to 1 that they are one, and that the more contested is one with any rival; ``odds``: bits of each
    pair of children.
    """
    ratio = {
        pair: 2.0**bits for one, other in odds for pair in ((one, other), (other, one)) for bits in [odds[one, other]]
    }

    total = {child: sum(share for (c, _), share in ratio.items() if c == child) for child, _ in ratio}

    def claims(child, rival):
        thirds = [share for (c, r), share in ratio.items() if c == child and share > 1 and ratio.get((rival, r), 0) > 1]
        return max(total[child] - sum(thirds), ratio[child, rival])

    def contested(pair):
        most = max(total[child] for child in pair)
        is_crowded = most - ratio[pair] > LEAST_CLAIM * (1 + ratio[pair])
        return max(claims(*pair), claims(*pair[::-1])) if is_crowded else most

    return {pair: (share, contested(pair)) for pair, share in ratio.items()}


def _two_thirds(chance):
    """By .65 of its log-odds."""
    odds = (chance / (1 - chance)) ** 0.65
    return odds / (1 + odds)


ODDS = st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 5)), st.floats(-9, 9).map(round), max_size=10)


@given(ODDS)
@STEADY
def test_a_childs_rivals_compete_save_those_that_are_likely_one(odds):
    odds = {pair: float(bits) for pair, bits in sorted(odds.items()) if pair[0] < pair[1]}
    one, other = (np.array([pair[side] for pair in odds], np.int64) for side in (0, 1))
    rows = np.zeros(len(odds), np.int32)
    found = competing(ChildPairs(one, other, np.array(list(odds.values()), float), rows, rows))
    claims = _claims(odds)
    expected = {pair: share / total * _two_thirds(total / (1 + total)) for pair, (share, total) in claims.items()}
    ends = list(zip(found.child.tolist(), found.rival.tolist(), strict=True))
    assert sorted(ends) == sorted(expected)
    assert found.probability.tolist() == pytest.approx([expected[pair] for pair in ends])


@given(ODDS)
@STEADY
def test_children_join_where_each_is_the_others_likeliest_and_sure_enough(odds):
    odds = {pair: float(bits) for pair, bits in sorted(odds.items()) if pair[0] < pair[1]}
    one, other = (np.array([pair[side] for pair in odds], np.int64) for side in (0, 1))
    rows = np.zeros(len(odds), np.int32)
    found = join_rivals(np.arange(6), ChildPairs(one, other, np.array(list(odds.values()), float), rows, rows), 1.0)
    chance = {pair: share / (1 + total) for pair, (share, total) in _claims(odds).items()}
    least = 2 / 3
    likeliest = {}
    for child in range(6):
        rivals = {sum(pair) - child: bits for pair, bits in odds.items() if child in pair and bits > 1.0}
        rivals = {rival: bits for rival, bits in rivals.items() if chance[child, rival] > least}
        likeliest[child] = min(rivals, key=lambda rival: (-rivals[rival], rival), default=None)
    mutual = {child: rival for child, rival in likeliest.items() if rival is not None and likeliest[rival] == child}
    assert found.tolist() == [min(child, mutual.get(child, child)) for child in range(6)]


@given(st.lists(ROW, min_size=40, max_size=60), st.booleans())
@settings(STEADY, max_examples=10)
def test_pairs_that_were_weighed_weigh_the_same_when_they_are_looked_up(rows, one_row_each):
    kinds = pl.Series(["roll" if number % 2 else "health" for number in range(len(rows))])
    table = pl.DataFrame(rows, schema=SCHEMA).with_columns(kinds.alias("dataset"))
    rules = [BlockingRule("block", ("block",)), BlockingRule("other", ("other",))]
    settings_ = Settings(one_row_each=one_row_each)
    found = link_records(
        table,
        comparisons=COMPARISONS,
        rules=rules,
        training_rules=rules,
        dataset="dataset",
        model=plain_model(len(rows)),
        settings=settings_,
    )
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(rows), 1))
    afresh = replace(found.judge, known=None).evidence(left, right)
    assert found.judge.evidence(left, right).tolist() == afresh.tolist()
    assert found.judge.evidence(right, left).tolist() == afresh.tolist()
    assert found.judge.known is not None
    assert (found.judge.known.places(left, right) >= 0).sum() == len(found.scored.left)
