"""The levels of all comparisons of a pair of records as one number."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matching.comparisons import Comparison
from matching.in_numbers.arrays import Patterns, Rows
from matching.in_numbers.encode import Encoded

SLICE = 1 << 16
"""Pairs handled at once: a step's results stay in a core's cache until the next step reads them."""


def radices(comparisons: Sequence[Comparison]) -> NDArray[np.int64]:
    """Place value of each comparison's level in a pattern."""
    sizes = np.array([len(comparison.levels) for comparison in comparisons], dtype=np.int64)
    return np.concatenate([[1], np.cumprod(sizes)[:-1]]).astype(np.int64)


def patterns_of(comparisons: Sequence[Comparison], table: Encoded, left: Rows, right: Rows) -> Patterns:
    """The agreement pattern of each pair."""
    pattern = np.zeros(len(left), dtype=np.int64)
    places = radices(comparisons).tolist()
    for at in range(0, len(left), SLICE):
        here = slice(at, at + SLICE)
        for comparison, place in zip(comparisons, places, strict=True):
            pattern[here] += comparison.levels_of(table, left[here], right[here]).astype(np.int64) * place
    return pattern


def level_in(patterns: Patterns, place: int | NDArray[np.int64], size: int | NDArray[np.int64]) -> NDArray[np.int64]:
    """The level of a comparison with ``size`` levels, by its place value. Avoids remainders, which are slow in numpy."""
    higher = patterns // place
    return np.asarray(higher - higher // size * size)


def levels_in(patterns: Patterns, comparisons: Sequence[Comparison]) -> NDArray[np.uint8]:
    """The level numbers in patterns: patterns x comparisons."""
    sizes = np.array([len(comparison.levels) for comparison in comparisons], dtype=np.int64)
    return level_in(patterns[:, None], radices(comparisons), sizes).astype(np.uint8)
