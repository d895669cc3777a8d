"""Which rows hang together by pairs: connected components, in whole-array steps.

Each round every group joins the lowest that it is paired with, and whoever joined is followed to the end, so that rounds
are few however long a chain: 11 for a shuffled one of 200,000 rows. scipy has the same; importing it costs a third as much
memory again as all libraries that linking needs.
"""

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]


def components(height: int, left: NDArray[np.integer], right: NDArray[np.integer]) -> Labels:
    """The lowest row of each row's component. ``left``, ``right``: pairs of rows, of which there are ``height``."""
    label = np.arange(height)
    while len(left):
        ours, theirs = label[left], label[right]
        open_ = ours != theirs
        left, right, ours, theirs = left[open_], right[open_], ours[open_], theirs[open_]
        np.minimum.at(label, np.maximum(ours, theirs), np.minimum(ours, theirs))
        while not np.array_equal(further := label[label], label):
            label = further
    return label


def numbered(labels: Labels) -> Labels:
    """Groups numbered from 0 in the order of their lowest rows, which are their labels."""
    is_lowest = np.zeros(len(labels), dtype=bool)
    is_lowest[labels] = True
    number = np.cumsum(is_lowest, dtype=np.int32)
    number -= 1
    return number.take(labels).astype(np.int64)


__all__ = ["Labels", "components", "numbered"]
