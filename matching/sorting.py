"""The order of whole numbers, ties as they stand, at the speed at which plain numbers sort.

A number and its place share one word of 64 bits, so that sorting the words sorts the places along: several times faster
than asking for an order, which has to look each number up. Where both do not fit, the number's last bits are left out
at first and the few ties that this makes are put right afterwards.
"""

import numpy as np
from numpy.typing import DTypeLike, NDArray

Places = NDArray[np.int64]


def order_of(numbers: NDArray[np.integer]) -> Places:
    """Places of the numbers (none below 0) from the lowest to the highest; equal ones in the order they stand in."""
    many = len(numbers)
    if many < 2:
        return np.arange(many)
    for_places = (many - 1).bit_length()
    words = numbers.astype(np.uint64)
    dropped = max(0, int(words.max()).bit_length() + for_places - 64)
    words >>= np.uint64(dropped)
    words <<= np.uint64(for_places)
    words |= np.arange(many, dtype=np.uint64)
    words.sort()
    order = (words & np.uint64((1 << for_places) - 1)).astype(np.int64)
    if dropped:
        words >>= np.uint64(for_places)
        _put_right(order, words, numbers)
    return order


def _put_right(order: Places, beginnings: NDArray[np.uint64], numbers: NDArray[np.integer]) -> None:
    """Sort anew, in place, the stretches of equal beginnings in which the numbers themselves differ."""
    sorted_ = numbers[order]
    tied = beginnings[1:] == beginnings[:-1]
    differ = np.flatnonzero(tied & (sorted_[1:] != sorted_[:-1]))
    if not len(differ):
        return
    stretch = np.concatenate([[0], np.cumsum(~tied)])
    mixed = np.zeros(int(stretch[-1]) + 1, dtype=bool)
    mixed[stretch[differ]] = True
    at = np.flatnonzero(mixed[stretch])
    order[at] = order[at[np.argsort(sorted_[at], kind="stable")]]


def run_ends(sorted_: NDArray[np.integer]) -> Places:
    """Where each run of equal numbers ends (the place after its last)."""
    if not len(sorted_):
        return np.zeros(0, dtype=np.int64)
    return np.append(np.flatnonzero(sorted_[1:] != sorted_[:-1]) + 1, len(sorted_))


def distinct(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers (none below 0), each once, ascending."""
    sorted_ = np.sort(numbers)
    return np.asarray(sorted_[run_ends(sorted_) - 1])


def counted_off(sizes: NDArray[np.integer], dtype: DTypeLike = np.int64) -> NDArray[np.integer]:
    """0, 1, 2 ... for each of the sizes, one after the other."""
    ends: NDArray[np.integer] = np.cumsum(sizes, dtype=dtype)
    return np.asarray(np.arange(int(sizes.sum()), dtype=dtype) - np.repeat(ends - sizes, sizes))
