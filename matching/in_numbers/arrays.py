"""The arrays of a linkage, by what one number in them is."""

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int32]
"""Row numbers of a table; a pair is (left row, right row)."""
Codes = NDArray[np.int32]
"""One column's values in numbers: rows with the same value have the same number; below 0: there is none."""
Labels = NDArray[np.int64]
"""For each row, the lowest row of the group that it belongs to; a group is called by it."""
Patterns = NDArray[np.int64]
"""The levels of all comparisons of a pair in one number (mixed radix)."""
Bits = NDArray[np.float64]
"""Evidence: logarithms to base 2 of probabilities, of odds, or of their ratios."""
Mask = NDArray[np.bool_]
Places = NDArray[np.int64]
"""Positions in another array."""
