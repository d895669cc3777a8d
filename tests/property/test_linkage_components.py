"""Connected components against scipy's, and along the longest chains."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from matching.in_numbers.components import components, numbered

STEADY = settings(max_examples=100, deadline=None, derandomize=True)
HEIGHT = 12
PAIRS = st.lists(st.tuples(st.integers(0, HEIGHT - 1), st.integers(0, HEIGHT - 1)), max_size=20)


@given(PAIRS)
@STEADY
def test_rows_hang_together_as_scipy_has_it_and_bear_their_lowest_row(pairs):
    left, right = (np.array([pair[side] for pair in pairs], np.int32) for side in (0, 1))
    found = components(HEIGHT, left, right)
    graph = coo_matrix((np.ones(len(left)), (left, right)), shape=(HEIGHT, HEIGHT))
    _, theirs = connected_components(graph, directed=False)
    assert numbered(found).tolist() == theirs.tolist()
    assert all(label == np.flatnonzero(found == label).min() for label in found.tolist())


@pytest.mark.parametrize("seed", range(3))
def test_a_chain_through_all_rows_in_any_order_is_one_component(seed):
    rows = np.random.default_rng(seed).permutation(50_000)
    assert not components(len(rows), rows[:-1], rows[1:]).any()


def test_no_rows_and_no_pairs():
    none = np.zeros(0, np.int32)
    assert components(0, none, none).tolist() == []
    assert components(3, none, none).tolist() == [0, 1, 2]
