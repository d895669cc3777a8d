"""Measures of a linkage against recordlinkage's own, and against every pair counted one by one."""

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
import recordlinkage
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.quality.accuracy import (
    NEVER_MET,
    NEVER_MET_BEFORE,
    PAIRS_BEFORE,
    Pairwise,
    b_cubed,
    calibration_error,
    never_met,
    pairwise,
    share_never_met,
    whole_clusters,
)

STEADY = settings(max_examples=60, deadline=None, derandomize=True)
LABELLED = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=14)


def _columns(labelled):
    found, truth = zip(*labelled, strict=True)
    return pl.Series(found), pl.Series(truth)


def _pairs(labels):
    return {(i, j) for i, j in combinations(range(len(labels)), 2) if labels[i] == labels[j]}


@given(LABELLED)
@STEADY
def test_pairwise_is_every_pair_counted_and_recordlinkage_agrees(labelled):
    found, truth = _columns(labelled)
    measured = pairwise(found, truth)
    ours, theirs = _pairs(found), _pairs(truth)
    if not ours or not theirs:
        assert measured == Pairwise(1.0 if not ours else 0.0, 1.0 if not theirs else 0.0)
        return
    links, true = (pd.MultiIndex.from_tuples(sorted(pairs)) for pairs in (ours, theirs))
    assert measured.precision == pytest.approx(recordlinkage.precision(true, links))
    assert measured.recall == pytest.approx(recordlinkage.recall(true, links))
    if ours & theirs:
        assert measured.f1 == pytest.approx(recordlinkage.fscore(true, links))
    else:
        assert measured.f1 == 0.0


@given(LABELLED)
@STEADY
def test_b_cubed_is_the_mean_over_records(labelled):
    found, truth = _columns(labelled)
    precisions, recalls = [], []
    for record in labelled:
        ours = [other for other in labelled if other[0] == record[0]]
        theirs = [other for other in labelled if other[1] == record[1]]
        both = [other for other in ours if other[1] == record[1]]
        precisions.append(len(both) / len(ours))
        recalls.append(len(both) / len(theirs))
    measured = b_cubed(found, truth)
    assert measured.precision == pytest.approx(np.mean(precisions))
    assert measured.recall == pytest.approx(np.mean(recalls))


@given(LABELLED)
@STEADY
def test_whole_clusters_are_the_sets_that_both_have(labelled):
    sets = []
    for column in zip(*labelled, strict=True):
        sets.append({frozenset(row for row, held in enumerate(column) if held == label) for label in column})
    measured = whole_clusters(*_columns(labelled))
    assert measured.precision == pytest.approx(len(sets[0] & sets[1]) / len(sets[0]))
    assert measured.recall == pytest.approx(len(sets[0] & sets[1]) / len(sets[1]))


@pytest.mark.parametrize(
    ("found", "truth", "pairs", "cubed"),
    [
        pytest.param("AABB", "xxyy", (1, 1, 1), (1, 1), id="all right"),
        pytest.param("AAAA", "xxyy", (1 / 3, 1, 1 / 2), (1 / 2, 1), id="everyone one child"),
        pytest.param("ABCD", "xxyy", (1, 0, 0), (1, 1 / 2), id="everyone apart"),
        pytest.param("ABAB", "xxyy", (0, 0, 0), (1 / 2, 1 / 2), id="all wrong"),
        pytest.param("", "", (1, 1, 1), (1, 1), id="no records"),
    ],
)
def test_drawn_clusters(found, truth, pairs, cubed):
    columns = pl.Series(list(found), dtype=pl.String), pl.Series(list(truth), dtype=pl.String)
    measured = pairwise(*columns)
    assert (measured.precision, measured.recall, measured.f1) == pytest.approx(pairs)
    measured = b_cubed(*columns)
    assert (measured.precision, measured.recall) == pytest.approx(cubed)
    assert whole_clusters(*columns).f1 == (1.0 if found in ("AABB", "") else 0.0)


def test_calibration_error_of_drawn_chances():
    said = np.array([0.9] * 10 + [0.1] * 10)
    right = np.array([True] * 9 + [False] + [True] + [False] * 9)
    assert calibration_error(said, right) == pytest.approx(0.0)
    assert calibration_error(said, ~right) == pytest.approx(0.8)
    assert calibration_error(np.array([1.0, 1.0]), np.array([True, False])) == pytest.approx(0.5)
    assert calibration_error(np.zeros(0), np.zeros(0, dtype=bool)) == 0.0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40), st.integers(1, 12))
@STEADY
def test_calibration_error_is_the_mean_gap_over_bins(pairs, bins):
    said, so = (np.array(column) for column in zip(*pairs, strict=True))
    place = [min(int(chance * bins), bins - 1) for chance in said]
    gaps = []
    for number in set(place):
        inside = np.array(place) == number
        gaps.append(inside.mean() * abs(said[inside].mean() - so[inside].mean()))
    error = calibration_error(said, so.astype(bool), bins)
    assert error == pytest.approx(sum(gaps))
    assert 0 <= error <= 1


CHILDREN = 400
SURE, STRANGERS = 20.0, -30.0


def _never_met(odds, datasets=(0, 1, 2), apart=0):
    """Of so many children, each in three records. ``odds``: of the first two of ``apart`` of them (null: no rule finds
    the pair); all other pairs of a child are sure.
    """
    first = np.arange(CHILDREN) * 3
    ends = [(0, 1), (0, 2), (1, 2)]
    left, right = (np.concatenate([first + end[side] for end in ends]).astype(np.int32) for side in (0, 1))
    weights = np.full(len(left), SURE)
    weights[:apart] = STRANGERS if odds is None else odds
    kept = np.arange(len(left)) >= (apart if odds is None else 0)
    found = SimpleNamespace(
        labels=np.repeat(first, 3),
        dataset=np.tile(np.array(datasets, np.int32), CHILDREN),
        odds=weights[kept],
        scored=SimpleNamespace(left=left[kept], right=right[kept]),
        judge=SimpleNamespace(margin=2.0),
    )
    counted = never_met(found)
    assert counted.schema == NEVER_MET
    return counted


@pytest.mark.parametrize(
    ("given", "missed", "seen"),
    [
        pytest.param({"odds": SURE}, 0, 3 * CHILDREN, id="all meet"),
        pytest.param({"odds": None, "apart": 8}, 8, 3 * CHILDREN - 16, id="no rule finds eight pairs"),
        pytest.param({"odds": STRANGERS, "apart": 8}, 8, 3 * CHILDREN - 16, id="eight fall below what makes rivals"),
        pytest.param({"odds": -5.0, "apart": 8}, 0, 3 * CHILDREN - 16, id="eight are in doubt, and so have met"),
        pytest.param(
            {"odds": None, "apart": 8, "datasets": (0, 1, 1)},
            0,
            CHILDREN - 8,
            id="two lists: only two rows of the one, where the other has a link with both",
        ),
        pytest.param(
            {"odds": None, "apart": 8, "datasets": (1, 1, 0)}, 8, CHILDREN, id="eight children are twice on one list"
        ),
    ],
)
def test_how_often_records_never_meet_is_seen_where_a_third_holds_them_together(given, missed, seen):
    """``seen``: pairs that a third record holds together; of a child with a pair that is no link, that pair alone."""
    counted = _never_met(**given)
    assert counted.select("missed", "pairs").sum().row(0) == (missed, seen)
    assert share_never_met(counted) == pytest.approx((missed + NEVER_MET_BEFORE) / (seen + PAIRS_BEFORE))
    assert counted.filter(pl.col("missed") > 0).select("left", "right").rows() == [
        given.get("datasets", (0, 1))[:2]
    ] * (missed > 0)
