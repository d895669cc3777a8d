"""Orders of whole numbers against numpy's own stable sort, also where number and place do not fit one word."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.in_numbers.sorting import in_runs, order_of, positions_within, run_ends

STEADY = settings(max_examples=100, deadline=None, derandomize=True)
SMALL, LARGE = st.integers(0, 5), st.integers(2**64 - 20, 2**64 - 1)


@given(st.lists(SMALL | LARGE | st.integers(0, 2**64 - 1), max_size=60))
@STEADY
def test_the_order_is_that_of_a_stable_sort(numbers):
    numbers = np.array(numbers, dtype=np.uint64)
    assert order_of(numbers).tolist() == np.argsort(numbers, kind="stable").tolist()


@pytest.mark.parametrize("highest", [3, 2**31, 2**50, 2**64 - 1])
def test_thousands_of_numbers_that_differ_in_their_last_bits_alone(highest):
    draw = np.random.default_rng(highest % 1_000)
    numbers = np.uint64(highest) - draw.integers(0, 4, 5_000).astype(np.uint64)
    assert order_of(numbers).tolist() == np.argsort(numbers, kind="stable").tolist()


@given(st.lists(SMALL | LARGE | st.integers(2**63, 2**63 + 9), max_size=60))
@STEADY
def test_numbers_that_stand_in_several_places_make_runs(numbers):
    places, ends = in_runs(np.array(numbers, dtype=np.uint64))
    several = sorted({number for number in numbers if number and numbers.count(number) > 1})
    runs = [[place for place, number in enumerate(numbers) if number == one] for one in several]
    assert [run.tolist() for run in np.split(places, ends)] == [*runs, []]


@given(st.lists(SMALL, max_size=40).map(sorted))
@STEADY
def test_runs_end_where_the_number_changes(numbers):
    ends = run_ends(np.array(numbers, dtype=np.int64)).tolist()
    assert ends == [n + 1 for n in range(len(numbers)) if numbers[n : n + 1] != numbers[n + 1 : n + 2]]


@given(st.lists(SMALL), st.sampled_from([np.int32, np.int64]))
@STEADY
def test_each_size_is_counted_off(sizes, dtype):
    counted = positions_within(np.array(sizes, dtype=np.int32), dtype)
    assert counted.dtype == dtype
    assert counted.tolist() == [number for size in sizes for number in range(size)]
