"""Numbers put in order are those that scipy gives, to the last bit."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from pipelines.residence.isotonic import falling, rising

numbers_with_weights = st.lists(st.tuples(st.floats(0.0, 1e3), st.floats(1e-3, 1e3)), min_size=1, max_size=25)


def test_a_number_out_of_order_shares_the_mean_with_its_neighbours() -> None:
    assert rising(np.array([1.0, 4.0, 2.0, 6.0]), np.array([1.0, 1.0, 3.0, 1.0])).tolist() == [1.0, 2.5, 2.5, 6.0]
    assert falling(np.array([6.0, 1.0, 2.0]), np.ones(3)).tolist() == [6.0, 1.5, 1.5]


@given(numbers_with_weights)
def test_the_same_to_the_last_bit_as_scipy(drawn: list[tuple[float, float]]) -> None:
    numbers, weights = (np.array(column) for column in zip(*drawn, strict=True))
    for ours, is_rising in ((rising, True), (falling, False)):
        scipys = isotonic_regression(numbers, weights=weights, increasing=is_rising).x
        np.testing.assert_array_equal(ours(numbers, weights), scipys, strict=True)
