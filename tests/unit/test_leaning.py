"""How records lean: to their child, or to another."""

from types import SimpleNamespace

import numpy as np
import pytest

from matching.clustering.assign import coverage_of
from matching.clustering.cluster import ALWAYS, NEVER
from matching.clustering.leaning import membership_of, moved
from matching.clustering.together import mean_of
from matching.clustering.weighing import Weighing

MARGIN = 2.0
CROWD = np.repeat(np.arange(10, 210, 2), 2)
"""A hundred children, each on both lists."""


def _weighing(weights):
    """Of ten rows and the crowd. ``weights``: of pairs of rows (the lower first), in bits; all others are strangers."""
    labels, dataset = np.concatenate([np.arange(10), CROWD]), np.tile([0, 1], 105).astype(np.int32)
    stratum = np.zeros(len(labels), np.int32)

    def evidence(left, right, at_home=None):
        ends = zip(np.minimum(left, right).tolist(), np.maximum(left, right).tolist(), strict=True)
        return np.array([weights.get(pair, -20.0) for pair in ends])

    def together(left, right, which, at_home):
        return mean_of(evidence(left, right), which, len(at_home))

    judge = SimpleNamespace(dataset=dataset, stratum=stratum)
    witness = SimpleNamespace(evidence=evidence, together=together)
    return Weighing(coverage_of(labels, dataset, stratum), judge, witness)


def _membership(weights):
    """Of two children, rows 0 and 1 and rows 2 and 3, and of row 4 alone."""
    pairs = np.array([0, 2], np.int32), np.array([1, 3], np.int32)
    return membership_of(5, pairs, _weighing(weights))


def test_membership_is_certain_alone_and_falls_with_the_evidence():
    membership = _membership({(0, 1): 20.0, (2, 3): -12.0})
    assert membership[4] == 1.0
    assert (membership[:2] > 0.99).all()
    assert (membership[2:4] < 0.5).all()


def test_a_record_judged_to_be_its_childs_is_so_for_certain():
    assert (_membership({(0, 1): 0.0, (2, 3): 0.0})[:4] < 1.0).all()
    assert (_membership({(0, 1): ALWAYS, (2, 3): 0.0})[:2] == 1.0).all()


NAMESAKES = {(0, 1): 40.0, (0, 2): 40.0, (1, 2): 40.0, (0, 3): 12.0, (1, 3): 12.0, (2, 3): 12.0, (3, 4): 40.0}
"""Rows 0 to 2 are one child, rows 3 and 4 a namesake: by sums row 3 belongs to the three."""


@pytest.mark.parametrize(
    ("changes", "after"),
    [
        pytest.param({}, [0, 0, 0, 3, 3], id="to its own other record"),
        pytest.param({(3, 4): -2.0}, [0, 0, 0, 0, 4], id="not where it belongs less"),
        pytest.param(
            {(3, 4): -2.0} | dict.fromkeys(((0, 3), (1, 3), (2, 3)), -30.0),
            [0, 0, 0, 0, 4],
            id="not where it belongs more and is still another's",
        ),
        pytest.param({(3, 4): NEVER}, [0, 0, 0, 0, 4], id="not where a judgement keeps it apart"),
        pytest.param({(0, 3): ALWAYS}, [0, 0, 0, 0, 4], id="not from where a judgement has put it"),
    ],
)
def test_a_record_goes_to_the_child_to_which_it_leans_more(changes, after):
    labels = np.arange(210)
    labels[:5] = [0, 0, 0, 0, 4]
    linked = np.array([3], np.int32), np.array([4], np.int32)
    assert moved(labels, linked, _weighing(NAMESAKES | changes), MARGIN)[:5].tolist() == after


def test_two_records_that_lean_to_each_others_child_do_not_both_go():
    """Rows 1 and 2 belong together: whichever goes first, the other stays."""
    labels = np.arange(210)
    labels[:4] = [0, 0, 2, 2]
    weights = {(0, 1): 12.0, (2, 3): 12.0, (1, 2): 60.0, (0, 2): 0.0, (1, 3): 0.0}
    linked = np.array([1], np.int32), np.array([2], np.int32)
    assert moved(labels, linked, _weighing(weights), MARGIN)[:4].tolist() == [0, 1, 1, 1]


def test_a_child_whose_lowest_record_leaves_is_named_after_the_next():
    labels = np.arange(210)
    labels[:5] = [0, 0, 0, 0, 4]
    names = {(1, 2): 40.0, (1, 3): 40.0, (2, 3): 40.0, (0, 1): 12.0, (0, 2): 12.0, (0, 3): 12.0, (0, 4): 40.0}
    linked = np.array([0], np.int32), np.array([4], np.int32)
    assert moved(labels, linked, _weighing(names), MARGIN)[:5].tolist() == [0, 1, 1, 1, 0]
