"""Children out of links: never worse than apart, and ids that stay."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.clustering.cluster import (
    ALWAYS,
    FULL_UP_TO,
    NEVER,
    assign_child_ids,
    cluster,
    contracted,
    id_moves,
    new_child_id,
    pairs_between,
    pairs_within,
)

STEADY = settings(max_examples=60, deadline=None, derandomize=True)
BITS = st.floats(-30, 30).map(lambda bits: round(bits, 2))


def _children(matrix, **more):
    """Clusters of a square matrix of log-odds, every pair scored."""
    size = len(matrix)
    left, right = (side.astype(np.int32) for side in np.triu_indices(size, 1))
    labels = cluster(size, left, right, matrix[left, right], lambda a, b: matrix[a, b])
    return [labels.tolist().index(label) for label in labels]


def _matrix(size, odds):
    matrix = np.zeros((size, size))
    matrix[np.triu_indices(size, 1)] = odds
    return matrix + matrix.T


def _kept(matrix, labels):
    labels = np.asarray(labels)
    together = labels[:, None] == labels[None, :]
    return float((matrix * together)[np.triu_indices(len(matrix), 1)].sum())


@given(st.integers(2, 14), st.data())
@STEADY
def test_contraction_is_never_worse_than_keeping_all_apart_or_all_together(size, data):
    many = size * (size - 1) // 2
    odds = np.array(data.draw(st.lists(BITS, min_size=many, max_size=many)))
    i, j = (side.astype(np.int32) for side in np.triu_indices(size, 1))
    kept = _kept(_matrix(size, odds), contracted(size, i, j, odds))
    assert kept >= -1e-9
    if (odds > 0).all():
        assert kept == pytest.approx(odds.sum())


@given(st.integers(2, 20), st.integers(0, 10_000))
@STEADY
def test_contraction_finds_children_that_are_plain_to_see(size, seed):
    truth = np.random.default_rng(seed).integers(0, 4, size)
    i, j = (side.astype(np.int32) for side in np.triu_indices(size, 1))
    found = contracted(size, i, j, np.where(truth[i] == truth[j], 9.0, -5.0))
    assert (found[:, None] == found).tolist() == (truth[:, None] == truth).tolist()


def test_pairs_that_blocking_did_not_find_count_against_a_large_component():
    i, j = np.array([0, 1], np.int32), np.array([1, 2], np.int32)
    odds = np.array([9.0, 2.0])
    for rest, children in ((-6.0, 2), (0.0, 1)):
        found = contracted(3, i, j, odds, rest=rest)
        assert found[0] == found[1]
        assert len(set(found.tolist())) == children


@pytest.mark.parametrize("size", [3, 9, 30], ids=lambda size: f"{size} records")
def test_a_chain_of_weak_links_does_not_join_its_ends(size):
    matrix = np.full((size, size), -8.0)
    for n in range(size - 1):
        matrix[n, n + 1] = matrix[n + 1, n] = 3.0
    children = _children(matrix)
    assert children[0] != children[-1]
    assert _kept(matrix, children) > 0


@pytest.mark.parametrize("size", [3, 9, 30], ids=lambda size: f"{size} records")
def test_no_strength_of_links_joins_two_records_that_must_be_apart(size):
    matrix = np.full((size, size), 30.0)
    matrix[0, -1] = matrix[-1, 0] = NEVER
    children = _children(matrix)
    assert children[0] != children[-1]
    assert len(set(children)) == 2


@pytest.mark.parametrize("size", [3, 9, 30], ids=lambda size: f"{size} records")
def test_of_judgements_that_contradict_each_other_the_one_that_keeps_apart_holds(size):
    """Judged to be one, link by link, and the ends judged to be two: joining them could hide a child."""
    matrix = np.zeros((size, size))
    for n in range(size - 1):
        matrix[n, n + 1] = matrix[n + 1, n] = ALWAYS
    matrix[0, -1] = matrix[-1, 0] = NEVER
    children = _children(matrix)
    assert children[0] != children[-1]
    assert len(set(children)) == 2


def test_two_records_judged_to_be_one_are_one_whatever_the_others_say():
    matrix = np.full((4, 4), -30.0)
    matrix[0, 3] = matrix[3, 0] = ALWAYS
    assert _children(matrix) == [0, 1, 2, 0]


def test_a_child_is_labelled_by_its_lowest_row_in_components_of_any_size():
    sizes = [1, 2, 8, 11, FULL_UP_TO + 5]
    owner = np.repeat(np.arange(len(sizes)), sizes)
    rows = np.random.default_rng(5).permutation(len(owner))
    owner = owner[rows]
    matrix = np.where(owner[:, None] == owner, 5.0, -5.0)
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(owner), 1))
    labels = cluster(len(owner), left, right, matrix[left, right], lambda a, b: matrix[a, b])
    assert labels.tolist() == [int(np.flatnonzero(owner == whose)[0]) for whose in owner]


def test_a_giant_is_cut_by_pairs_that_blocking_did_not_find_where_its_children_are_small():
    """A chain of 100 records that blocking found neighbour by neighbour, each second link weak."""
    size = FULL_UP_TO + 20
    left = np.arange(size - 1, dtype=np.int32)
    odds = np.where(left % 2 == 0, 20.0, 2.0)
    apart = {(n, n + 1) for n in range(0, size, 10)}

    def log_odds(a, b):
        return np.array([NEVER if (x, y) in apart else 5.0 for x, y in zip(a.tolist(), b.tolist(), strict=True)])

    labels = cluster(size, left, left + np.int32(1), odds, log_odds)
    assert labels[2] == labels[3]
    assert all(labels[x] != labels[y] for x, y in apart)


@given(st.integers(2, 16), st.integers(0, 10_000))
@STEADY
def test_two_records_alone_are_what_the_general_way_makes_of_them(size, seed):
    """Few links, so that many components are a pair; a pair not found by blocking, or below 0, keeps apart."""
    draw = np.random.default_rng(seed)
    matrix = np.where(draw.random((size, size)) < 0.12, draw.uniform(-9, 9, (size, size)).round(2), -12.0)
    matrix = np.triu(matrix, 1) + np.triu(matrix, 1).T
    left, right = (side.astype(np.int32) for side in np.nonzero(np.triu(matrix > -12.0, 1)))
    found = left, right, matrix[left, right]
    told_twice = (np.tile(each, 2) for each in found)  # so that no pair is alone
    generally = cluster(size, *told_twice, lambda a, b: matrix[a, b])
    assert cluster(size, *found, lambda a, b: matrix[a, b]).tolist() == generally.tolist()


@pytest.mark.parametrize("height", [0, 1, 4])
def test_no_pairs_at_all(height):
    none = np.zeros(0, dtype=np.int32)
    assert cluster(height, none, none, np.zeros(0), lambda a, _: np.zeros(len(a))).tolist() == list(range(height))


def test_pairs_within_children_and_between_them():
    labels = np.array([0, 0, 2, 0, 2, 5])
    within = {pair for left, right in pairs_within(labels) for pair in zip(left.tolist(), right.tolist(), strict=True)}
    assert within == {(0, 1), (0, 3), (1, 3), (2, 4)}
    left, right, pair = pairs_between(labels, np.array([0, 2]), np.array([5, 5]))
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == [(0, 5), (1, 5), (3, 5), (2, 5), (4, 5)]
    assert pair.tolist() == [0, 0, 0, 1, 1]


def _night(clusters, previous=None):
    """Ids of tonight's clusters, given as texts of record letters: {"AB": id}."""
    rows = [(record, number) for number, records in enumerate(clusters) for record in records]
    frame = pl.DataFrame(rows, schema=["record_id", "cluster"], orient="row")
    before = [(record, child_id) for records, child_id in (previous or {}).items() for record in records]
    last = None if previous is None else pl.DataFrame(before, schema=["record_id", "child_id"], orient="row")
    found = assign_child_ids(frame, last)
    assert found["record_id"].to_list() == [record for record, _ in rows]
    ids = {
        clusters[number]: found.filter(pl.col("cluster") == number)["child_id"].unique().to_list() for _, number in rows
    }
    assert all(len(names) == 1 for names in ids.values())
    ids = {records: names[0] for records, names in ids.items()}
    assert len(set(ids.values())) == len(ids)
    return ids


@pytest.mark.parametrize(
    ("before", "after", "keeps"),
    [
        pytest.param(["AB", "CD"], ["AB", "CD"], {"AB": "AB", "CD": "CD"}, id="nothing happened"),
        pytest.param(["AB", "CD"], ["CD", "AB"], {"AB": "AB", "CD": "CD"}, id="in another order"),
        pytest.param(["AB"], ["ABX"], {"ABX": "AB"}, id="a record joins"),
        pytest.param(["AB"], ["B"], {"B": "AB"}, id="the first record goes"),
        pytest.param(["ABC", "DE"], ["ABCDE"], {"ABCDE": "ABC"}, id="two children merge: the larger keeps its id"),
        pytest.param(["ABCDE"], ["ABC", "DE"], {"ABC": "ABCDE"}, id="a child is split: the larger part keeps the id"),
        pytest.param(["ABC", "DEF"], ["ABD", "CEF"], {"ABD": "ABC", "CEF": "DEF"}, id="records change places"),
        pytest.param(["AB"], ["X"], {}, id="a child goes and another comes"),
    ],
)
def test_ids_stay_from_night_to_night(before, after, keeps):
    last = _night(before)
    ids = _night(after, last)
    assert {records: last[old] for records, old in keeps.items()} == {
        r: i for r, i in ids.items() if i in last.values()
    }


def test_an_id_is_not_given_again_while_it_is_known():
    last = _night(["ABC"])
    ids = _night(["BC", "A"], last)
    assert ids["BC"] == last["ABC"]
    assert ids["A"] != new_child_id("A")
    assert _night(["BC", "A"], ids) == ids


@pytest.mark.parametrize(
    ("previous", "known"),
    [
        pytest.param({"Z": new_child_id("A")}, (), id="of a child of last night that is gone"),
        pytest.param({}, (new_child_id("A"),), id="of a child that is known otherwise"),
    ],
)
def test_an_id_that_a_record_would_give_is_not_given_where_another_child_bore_it(previous, known):
    before = pl.DataFrame(
        {"record_id": list(previous), "child_id": list(previous.values())},
        schema_overrides={"record_id": pl.String, "child_id": pl.String},
    )
    found = assign_child_ids(pl.DataFrame({"record_id": ["A"], "cluster": [0]}), before, known)
    assert found["child_id"].to_list() == [new_child_id("A#2")]


@pytest.mark.parametrize(
    ("carried", "keeps"),
    [
        pytest.param([("X", True)], "X", id="one record, surely"),
        pytest.param([("X", False)], None, id="likelier than not, but not surely"),
        pytest.param([("X", True), ("Y", False)], "XY", id="both records of one child"),
        pytest.param([("X", True), ("Z", False)], None, id="two children come near the id"),
        pytest.param([("C", True)], None, id="a child that has an id of its own"),
        pytest.param([("X", True), ("C", False)], None, id="that child comes near it too"),
    ],
)
def test_the_id_of_a_child_whose_records_are_all_gone_goes_on_where_it_is_surely_the_same(carried, keeps):
    clusters = {"C": 0, "X": 1, "Z": 2} | ({"Y": 1} if keeps == "XY" else {})
    frame = pl.DataFrame({"record_id": list(clusters), "cluster": list(clusters.values())})
    before = pl.DataFrame({"record_id": ["A", "C"], "child_id": ["CHA", "CHC"]})
    near = pl.DataFrame(
        [(record, "CHA", sure) for record, sure in carried], schema=["record_id", "child_id", "is_sure"], orient="row"
    )
    found = assign_child_ids(frame, before, carried=near)
    assert "".join(found.filter(child_id="CHA")["record_id"].sort()) == (keeps or "")
    assert found.filter(child_id="CHC")["record_id"].to_list() == ["C"]


@pytest.mark.parametrize("ids", [("CHA", "CHB"), ("CHB", "CHA")])
def test_of_two_ids_that_come_near_one_child_neither_goes_on(ids):
    frame = pl.DataFrame({"record_id": ["X"], "cluster": [0]})
    near = pl.DataFrame({"record_id": ["X", "X"], "child_id": ids, "is_sure": [True, False]})
    assert assign_child_ids(frame, None, carried=near)["child_id"].to_list() == [new_child_id("X")]


def _cut_by(letters, children):
    return sorted({"".join(c for c, n in zip(letters, children, strict=True) if n == child) for child in children})


@given(st.integers(1, 8), st.data())
@settings(STEADY, max_examples=25)
def test_ids_are_one_to_one_and_do_not_depend_on_the_order_of_records(size, data):
    letters = "ABCDEFGH"[:size]
    cut = st.lists(st.integers(0, 3), min_size=size, max_size=size).map(lambda children: _cut_by(letters, children))
    before, after = data.draw(cut), data.draw(cut)
    last = _night(before)
    assert _night(after, last) == _night(after[::-1], dict(reversed(last.items())))


def test_merges_and_splits_are_told():
    before, after = (
        pl.DataFrame(
            [(r, c) for c, records in night.items() for r in records], schema=["record_id", "child_id"], orient="row"
        )
        for night in ({"CH1": "AB", "CH2": "CD", "CH3": "EFG"}, {"CH1": "ABCD", "CH3": "E", "CH4": "FG"})
    )
    assert id_moves(before, after).rows() == [("merged", "CH2", "CH1", 2), ("split", "CH3", "CH4", 2)]
    assert id_moves(after, after).is_empty()


def test_ids_are_made_of_letters_that_are_not_misread():
    ids = [new_child_id(f"census:{n}") for n in range(2_000)]
    assert len(set(ids)) == len(ids)
    assert {len(child_id) for child_id in ids} == {12}
    assert {child_id[:2] for child_id in ids} == {"CH"}
    assert not set("0O1IS") & set("".join(child_id[2:] for child_id in ids))
