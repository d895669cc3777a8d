"""The order of whole numbers, stable for ties, as fast as plain numbers sort; and where numbers in order are.

A number and its place are packed into one 64-bit word, so that sorting the words sorts the places too. That is several times
faster than an argsort, which has to look each number up. If both do not fit, the number's last bits are dropped at first, and
the few ties that this makes are put right afterwards.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from matching.in_numbers.arrays import Places

Words = NDArray[np.uint64]
Number = TypeVar("Number", bound=np.generic)


def pair_numbers(left: NDArray[np.integer], right: NDArray[np.integer]) -> Places:
    """Both rows of each pair in one number: numbers ascend as pairs do by their left row, then their right."""
    return left.astype(np.int64) << 32 | right


def places_among(ordered: NDArray[Number], wanted: NDArray[Number]) -> Places:
    """Place of each wanted number among numbers in ascending order; -1: it is not there."""
    if not len(ordered):
        return np.full(len(wanted), -1)
    place = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return np.where(ordered.take(place) == wanted, place, -1)


def order_of(numbers: NDArray[np.integer]) -> Places:
    """Places of the numbers (none below 0) in ascending order of the numbers; equal numbers stay in their order."""
    many = len(numbers)
    if many < 2:
        return np.arange(many)
    words, dropped = _sorted_words(numbers.astype(np.uint64), np.arange(many), many)
    order = _places_in(words, many)
    if dropped:
        _resolve_ties(order, _equals_next(words, many), numbers)
    return order


MOST_HELD = 0.75
"""Zeros are dropped before sorting if less than this share of the numbers is above 0."""


def in_runs(numbers: NDArray[np.integer]) -> tuple[Places, Places]:
    """Places of the numbers (none below 0) that occur more than once, ordered as by :func:`order_of`, and where the run of each
    number's places ends. 0 is left out.
    """
    some, many = int(np.count_nonzero(numbers)), len(numbers)
    if some < 2:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    if some < MOST_HELD * many:
        places = np.flatnonzero(numbers)
        words, dropped = _sorted_words(numbers.take(places).astype(np.uint64, copy=False), places, many)
    else:
        words, dropped = _sorted_words(numbers.astype(np.uint64), np.arange(many), many)
    words, as_next = _with_equals(words, _equals_next(words, many))
    order = _places_in(words, many)
    if dropped:
        order, as_next = _with_equals(order, _resolve_ties(order, as_next[:-1], numbers))
    ends = np.flatnonzero(~as_next) + 1
    of_none = int(ends[0]) if len(ends) and numbers[order[0]] == 0 else 0  # the run of zeros comes first
    return order[of_none:], ends[of_none > 0 :] - of_none


def _sorted_words(words: Words, places: Places, many: int) -> tuple[Words, int]:
    """Pack numbers with their places and sort them, in the memory of ``words``. Also returns how many last bits were dropped.

    ``many``: every place is below this.
    """
    for_places = (many - 1).bit_length()
    dropped = max(0, int(words.max()).bit_length() + for_places - 64)
    words >>= np.uint64(dropped)
    words <<= np.uint64(for_places)
    words |= places.view(np.uint64)
    words.sort()
    return words, dropped


def _last_place(many: int) -> np.uint64:
    """A mask of the bits that a place may have."""
    return np.uint64((1 << (many - 1).bit_length()) - 1)


def _places_in(words: Words, many: int) -> Places:
    return (words & _last_place(many)).view(np.int64)


def _equals_next(words: Words, many: int) -> NDArray[np.bool_]:
    """For all words but the last, whether the next one has the same number."""
    return np.asarray((words[1:] ^ words[:-1]) <= _last_place(many))


def _with_equals(ordered: NDArray[Number], as_next: NDArray[np.bool_]) -> tuple[NDArray[Number], NDArray[np.bool_]]:
    """The elements equal to a neighbour, and for each of them, the last included, whether it equals the next one."""
    like_next = np.append(as_next, False)
    like_any = like_next.copy()
    like_any[1:] |= as_next
    return np.compress(like_any, ordered), np.compress(like_any, like_next)


def _resolve_ties(order: Places, tied: NDArray[np.bool_], numbers: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Sort again, in place, the stretches of equal leading bits in which the numbers themselves differ.

    Returns for all places but the last whether the next one then has the same number.
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
    """Where each run of equal numbers ends (the index after its last)."""
    if not len(sorted_):
        return np.zeros(0, dtype=np.int64)
    return np.append(np.flatnonzero(sorted_[1:] != sorted_[:-1]) + 1, len(sorted_))


def distinct(numbers: NDArray[Number]) -> NDArray[Number]:
    """The distinct numbers (none below 0), ascending."""
    sorted_ = np.sort(numbers)
    return np.asarray(sorted_[run_ends(sorted_) - 1])


def positions_within(sizes: NDArray[np.integer], dtype: DTypeLike = np.int64) -> NDArray[np.integer]:
    """0, 1, 2 ... up to each size (excluded), one size after the other."""
    ends: NDArray[np.integer] = np.cumsum(sizes, dtype=dtype)
    return np.asarray(np.arange(int(sizes.sum()), dtype=dtype) - np.repeat(ends - sizes, sizes))
