"""Competing candidates: priors of datasets, rivals, and how sure a record belongs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.clustering.assign import ERRED_ALIKE, Groups, believed, coverage_of, prior_of, priors_of, probability
from matching.clustering.cluster import ALWAYS, NEVER
from matching.clustering.rivals import child_pairs_of, competing, join_rivals
from matching.scoring.score import Scored

STEADY = settings(max_examples=40, deadline=None, derandomize=True)


def _scored(pairs):
    left, right, weight = zip(*pairs, strict=True) if pairs else ((), (), ())
    many = len(pairs)
    return Scored(
        np.array(left, np.int32),
        np.array(right, np.int32),
        np.zeros(many, np.int64),
        np.array(weight, float),
        np.zeros(many, np.int16),
        np.zeros(1, np.int64),
    )


def _between(labels, pairs):
    left, right, weight = zip(*pairs, strict=True) if pairs else ((), (), ())
    sides = np.array(left, np.int32), np.array(right, np.int32)
    between = child_pairs_of(np.array(labels), *sides, np.array(weight, float))
    return between.with_prior(np.zeros(len(between)))


def _rivals(labels, pairs):
    return competing(_between(labels, pairs))


@pytest.mark.parametrize(
    ("said", "is_believed"),
    [(0.5, 0.5), (0.8, 0.711), (0.2, 0.289), (0.97, 0.905), (0.03, 0.095), (0.999, 0.989), (0.0, 0.0), (1.0, 1.0)],
)
def test_what_comparisons_say_is_believed_by_two_thirds_and_what_is_certain_whole(said, is_believed):
    assert believed(np.array([said])).tolist() == pytest.approx([is_believed], abs=5e-4)


@pytest.mark.parametrize(
    ("bits", "chance"),
    [(0, 0.5), (1, 2 / 3), (-1, 1 / 3), (np.log2(9), 0.9), (1e7, 1.0), (-1e7, 0.0), (ALWAYS, 1.0), (NEVER, 0.0)],
)
def test_bits_as_a_probability(bits, chance):
    assert probability(np.array([float(bits)]))[0] == pytest.approx(chance)


def test_the_prior_is_learnt_from_how_many_pairs_stand_out():
    """50 of 100 records of each list belong together: 50 links in 10,000 pairs."""
    dataset = np.repeat([0, 1], 100).astype(np.int32)
    priors = priors_of(_scored([(n, 100 + n, 30.0) for n in range(50)]), dataset, 1e-4)
    assert priors.links[0, 1] == priors.links[1, 0] == pytest.approx(50, rel=0.01)
    assert priors.bits[0, 1] == pytest.approx(np.log2(50.5 / 9_950), abs=0.02)
    assert priors.links[0, 0] == pytest.approx(0, abs=1e-6)
    assert priors.bits[0, 0] < priors.bits[0, 1] - 5


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_priors_of_next_to_nothing_are_numbers(rows):
    priors = priors_of(_scored([]), np.zeros(rows, np.int32), 1e-3)
    assert np.isfinite(priors.bits).all()


def test_a_child_sure_to_be_on_the_other_list_needs_less_evidence():
    """Nine in ten of the first list are on the second; of the second only three in ten are on the first."""
    labels = np.r_[np.arange(100), np.arange(90), np.arange(190, 400)]
    dataset = np.r_[np.zeros(100), np.ones(300)].astype(np.int32)
    coverage = coverage_of(labels, dataset, np.zeros(400, np.int32))
    assert coverage.absent[0, 1, 0] == pytest.approx(-np.log2(0.1), abs=0.05)
    assert coverage.absent[1, 0, 0] == pytest.approx(-np.log2(0.7), abs=0.05)
    assert coverage.absent[0, 0, 0] == coverage.absent[1, 1, 0] == 0
    pair = np.array([0], np.int32), np.array([399], np.int32)
    both = coverage.of(dataset, np.zeros(400, np.int32), *pair)
    assert both[0] == pytest.approx(coverage.absent[0, 1, 0] + coverage.absent[1, 0, 0])
    assert coverage.twice[0] > 6


def test_rivals_compete_and_none_of_them_is_possible():
    rivals = _rivals([0, 1, 2], [(0, 1, 3.0), (0, 2, 3.0)])
    of_first = rivals.probability[rivals.child == 0]
    either = believed(np.array([16 / 17]))[0]
    assert of_first.tolist() == pytest.approx([either / 2, either / 2])
    assert rivals.probability[rivals.child == 1].tolist() == pytest.approx([either / 2]), (
        "the other claims the first too"
    )


def test_two_pieces_of_one_child_do_not_compete_for_the_third():
    rivals = _rivals([0, 1, 2], [(0, 1, 9.0), (0, 2, 9.0), (1, 2, 9.0)])
    assert (rivals.probability > 0.98).all()
    assert join_rivals(np.arange(3), _between([0, 1, 2], [(0, 1, 9.0), (0, 2, 9.0), (1, 2, 9.0)]), 2.0).tolist() == [
        0,
        0,
        2,
    ]


def test_children_whom_two_others_claim_alike_are_joined_to_neither():
    assert join_rivals(np.arange(3), _between([0, 1, 2], [(0, 1, 9.0), (0, 2, 8.5)]), 2.0).tolist() == [0, 1, 2]
    assert join_rivals(np.arange(3), _between([0, 1, 2], [(0, 1, 9.0), (0, 2, 2.5)]), 2.0).tolist() == [0, 0, 2]
    judged = _between([0, 1, 2], [(0, 1, ALWAYS), (0, 2, ALWAYS)])
    assert join_rivals(np.arange(3), judged, 2.0).tolist() == [0, 0, 2], "with what is certain nothing competes"


def test_where_rivals_are_a_crowd_all_of_them_compete():
    """Of two thousand likely rivals nobody asks which of them are one with each other."""
    many = 2_000
    pairs = [(0, other, 9.0) for other in range(1, many)] + [(1, 2, 9.0)]
    rivals = competing(_between(list(range(many)), pairs))
    claims = 2**9 * (many - 1)
    any_of_them = believed(np.array([claims / (1 + claims)]))[0]
    assert rivals.probability[rivals.child == 0].tolist() == pytest.approx([any_of_them / (many - 1)] * (many - 1))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(6, 11), st.floats(-80, 80)), max_size=20))
@STEADY
def test_rivals_chances_of_one_child_sum_to_less_than_one(pairs):
    rivals = _rivals(np.arange(12) // 2, pairs)
    assert np.isfinite(rivals.probability).all()
    total = np.bincount(rivals.child, rivals.probability, minlength=12)
    assert (total <= 1 + 1e-9).all()
    assert sorted(zip(rivals.child, rivals.rival, strict=True)) == sorted(zip(rivals.rival, rivals.child, strict=True))


def test_many_records_of_two_children_speak_once():
    once = _rivals([0, 0, 2], [(0, 2, 4.0)])
    often = _rivals([0, 0, 2], [(0, 2, 6.0), (1, 2, 2.0)])
    assert often.log_odds.tolist() == once.log_odds.tolist()
    assert often.nearest.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("judged", "joins"),
    [pytest.param(ALWAYS, True, id="judged to be one"), pytest.param(NEVER, False, id="judged to be two")],
)
def test_a_judgement_outranks_the_mean_of_the_others(judged, joins):
    labels = np.array([0, 0, 2])
    between = _between(labels, [(0, 2, -40.0 if joins else 40.0), (1, 2, judged)])
    assert (len(set(join_rivals(labels, between, 0.0).tolist())) == 1) is joins


def test_only_mutual_best_rivals_join():
    """1 likes 0 best, 0 likes 2 best: 0 and 2 join, and 1 waits."""
    labels = np.arange(3)
    between = _between(labels, [(0, 1, 5.0), (0, 2, 8.0)])
    assert join_rivals(labels, between, 2.0).tolist() == [0, 1, 0]
    assert join_rivals(labels, between, 9.0).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("lists", "alike"), [((1, 1), 0), ((1, 5), 0), ((2, 2), 1), ((2, 4), 1), ((3, 3), 2), ((5, 5), 3)]
)
def test_children_whom_several_lists_know_would_have_erred_alike(lists, alike):
    labels, dataset = np.repeat(np.arange(0, 200, 2), 2), np.tile(np.arange(10), 20).astype(np.int32)
    coverage = coverage_of(labels, dataset, np.zeros(200, np.int32))
    places, stratum = np.arange(10), np.zeros(2, np.int32)
    present = np.stack([places < lists[0], places >= 10 - lists[1]])
    prior = Groups(present, stratum).prior(np.array([0]), np.array([1]), coverage)
    without = prior_of(present[:1], present[1:], (stratum[:1], stratum[1:]), coverage)
    assert without - prior == pytest.approx(alike * ERRED_ALIKE)
