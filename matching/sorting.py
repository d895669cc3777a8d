"""The order of whole numbers, ties as they stand, at the speed at which plain numbers sort.

A number and its place share one word of 64 bits, so that sorting the words sorts the places along: several times faster
than asking for an order, which has to look each number up. Where both do not fit, the number's last bits are left out
at first and the few ties that this makes are put right afterwards.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

Places = NDArray[np.int64]
Words = NDArray[np.uint64]
Number = TypeVar("Number", bound=np.generic)


def order_of(numbers: NDArray[np.integer]) -> Places:
    """Places of the numbers (none below 0) from the lowest to the highest; equal ones in the order they stand in."""
    many = len(numbers)
    if many < 2:
        return np.arange(many)
    words, dropped = _sorted_words(numbers.astype(np.uint64), np.arange(many), many)
    order = _places_in(words, many)
    if dropped:
        _put_right(order, _as_next(words, many), numbers)
    return order


MOST_HELD = 0.75
"""Zeros are left out before sorting where no more than this share of the numbers is above 0."""


def in_runs(numbers: NDArray[np.integer]) -> tuple[Places, Places]:
    """Places of the numbers (none below 0) that stand in several places, ordered as by :func:`order_of`, and where each run
    of places of one number ends. The number 0 makes no run.
    """
    some, many = int(np.count_nonzero(numbers)), len(numbers)
    if some < 2:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    if some < MOST_HELD * many:
        places = np.flatnonzero(numbers)
        words, dropped = _sorted_words(numbers.take(places).astype(np.uint64, copy=False), places, many)
    else:
        words, dropped = _sorted_words(numbers.astype(np.uint64), np.arange(many), many)
    words, as_next = _several(words, _as_next(words, many))
    order = _places_in(words, many)
    if dropped:
        order, as_next = _several(order, _put_right(order, as_next[:-1], numbers))
    ends = np.flatnonzero(~as_next) + 1
    of_none = int(ends[0]) if len(ends) and numbers[order[0]] == 0 else 0  # the lowest number of all
    return order[of_none:], ends[of_none > 0 :] - of_none


def _sorted_words(words: Words, places: Places, many: int) -> tuple[Words, int]:
    """Numbers with the places that hold them, sorted, in their own place; and how many of their last bits are left out.

    ``many``: of how many places these are some.
    """
    for_places = (many - 1).bit_length()
    dropped = max(0, int(words.max()).bit_length() + for_places - 64)
    words >>= np.uint64(dropped)
    words <<= np.uint64(for_places)
    words |= places.view(np.uint64)
    words.sort()
    return words, dropped


def _last_place(many: int) -> np.uint64:
    """Every bit that a place may have."""
    return np.uint64((1 << (many - 1).bit_length()) - 1)


def _places_in(words: Words, many: int) -> Places:
    return (words & _last_place(many)).view(np.int64)


def _as_next(words: Words, many: int) -> NDArray[np.bool_]:
    """Which words, save the last, have the next one's number."""
    return np.asarray((words[1:] ^ words[:-1]) <= _last_place(many))


def _several(ordered: NDArray[Number], as_next: NDArray[np.bool_]) -> tuple[NDArray[Number], NDArray[np.bool_]]:
    """Those of the ordered that are like a neighbour, and which of them, the last included, are like the next one."""
    like_next = np.append(as_next, False)
    like_any = like_next.copy()
    like_any[1:] |= as_next
    return np.compress(like_any, ordered), np.compress(like_any, like_next)


def _put_right(order: Places, tied: NDArray[np.bool_], numbers: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Sort anew, in place, the stretches of tied beginnings in which the numbers themselves differ.

    Gives which of the places, save the last, then hold the next one's number.
    """
    sorted_ = numbers.take(order)
    differ = np.flatnonzero(tied & (sorted_[1:] != sorted_[:-1]))
    if len(differ):
        stretch = np.concatenate([[0], np.cumsum(~tied)])
        mixed = np.zeros(int(stretch[-1]) + 1, dtype=bool)
        mixed[stretch[differ]] = True
        at = np.flatnonzero(mixed[stretch])
        order[at] = order[at[np.argsort(sorted_[at], kind="stable")]]
        sorted_[at] = numbers.take(order[at])
    return np.asarray(sorted_[1:] == sorted_[:-1])


def run_ends(sorted_: NDArray[np.integer]) -> Places:
    """Where each run of equal numbers ends (the place after its last)."""
    if not len(sorted_):
        return np.zeros(0, dtype=np.int64)
    return np.append(np.flatnonzero(sorted_[1:] != sorted_[:-1]) + 1, len(sorted_))


def distinct(numbers: NDArray[Number]) -> NDArray[Number]:
    """The numbers (none below 0), each once, ascending."""
    sorted_ = np.sort(numbers)
    return np.asarray(sorted_[run_ends(sorted_) - 1])


def counted_off(sizes: NDArray[np.integer], dtype: DTypeLike = np.int64) -> NDArray[np.integer]:
    """0, 1, 2 ... for each of the sizes, one after the other."""
    ends: NDArray[np.integer] = np.cumsum(sizes, dtype=dtype)
    return np.asarray(np.arange(int(sizes.sum()), dtype=dtype) - np.repeat(ends - sizes, sizes))
