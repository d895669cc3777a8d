"""No count from 1 to 4 is shown, nor any that would let one be worked out from totals or from a report of another day.

The Department suppresses counts like this in what it publishes of children missing education; so does every page here that
leaves the team. What is shown is also rounded to the nearest five, as universities' figures are (HESA's rounding and
suppression): otherwise the difference between two reports made a day apart would reveal a single child.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SMALLEST_SHOWN = 5
SUPPRESSED = "c"
ROUNDED_TO = 5

ANY_COUNT = 1e6
"""More children than any authority has."""

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


def shown(total: int, *breakdowns: Sequence[int]) -> tuple[str, list[list[str]]]:
    """A total and its breakdowns, each of which adds up to it, as rounded text; ``SUPPRESSED`` for what must not be shown.

    What must not be shown is judged by the exact counts: whoever sees them rounded knows less.
    """
    counts = np.array([[total, *(count for parts in breakdowns for count in parts)]], dtype=np.int64)
    hidden = suppressed(counts, (), tuple(len(parts) for parts in breakdowns))[0]
    places, start = [], 1
    for parts in breakdowns:
        places.append(range(start, start + len(parts)))
        start += len(parts)
    cells = [SUPPRESSED if is_hidden else _rounded(count) for count, is_hidden in zip(counts[0], hidden, strict=True)]
    return cells[0], [[cells[place] for place in own] for own in places]


def shown_alone(counts: Sequence[int]) -> list[str]:
    """Counts that add up to no total that is shown, as a child may count in several; rounded, or ``SUPPRESSED``."""
    return [SUPPRESSED if 0 < count < SMALLEST_SHOWN else _rounded(count) for count in counts]


def _rounded(count: int) -> str:
    """Rounded to the nearest five: at most two more or less."""
    return f"{(int(count) + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO:,}"


def suppressed(counts: Counts, row_parts: tuple[int, ...], column_parts: tuple[int, ...]) -> Flags:
    """Which cells must not be shown. Row 0 and column 0 hold totals; the parts of each breakdown follow one another.

    First, every count from 1 to 4. Then, as long as the parts of a sum and its total would give one away, the smallest
    further count of that sum. Then zeros whose row and column both have a child: otherwise every hidden count would be
    known to be at least one. If a small count still follows from all sums together: all zeros, then the smallest counts in
    its sums.
    """
    hidden = (counts > 0) & (counts < SMALLEST_SHOWN)
    sums = [*_sums(counts.shape[0], column_parts, is_row=True), *_sums(counts.shape[1], row_parts, is_row=False)]
    changed = True
    while changed:
        changed = False
        for places in sums:
            if (further := _gives_away(counts, hidden, places)) is not None:
                hidden[further] = True
                changed = True
    has_child = counts.any(axis=1, keepdims=True) & counts.any(axis=0, keepdims=True)
    hidden |= (counts == 0) & has_child & hidden.any()
    while (found := _worked_out(counts, hidden, sums)).any():
        noughts = (counts == 0) & ~hidden
        if noughts.any():
            hidden |= noughts
            continue
        beside = [place for places in sums if any(found[place] for place in places) for place in places]
        further = _smallest_shown(counts, hidden, beside) or _smallest_shown(
            counts, hidden, list(np.ndindex(*counts.shape))
        )
        hidden[further] = True
    return hidden


def _smallest_shown(counts: Counts, hidden: Flags, places: Sequence[tuple[int, ...]]) -> tuple[int, ...] | None:
    """The place of the smallest count that is shown and is not 0; null: there is none."""
    shown = ((int(counts[place]), place) for place in places if not hidden[place] and counts[place] > 0)
    return min(shown, default=(0, None))[1]


def _worked_out(counts: Counts, hidden: Flags, sums: Sequence[list[tuple[int, int]]]) -> Flags:
    """Hidden counts from 1 to 4 that follow from all sums together, given the least and the most that each can be.

    The reader knows which counts are hidden, and why: if no zero is hidden, each hidden count is at least 1; if no total of
    zero is hidden, so is each hidden total.
    """
    which = np.full(counts.shape, -1)
    which[hidden] = np.arange(np.count_nonzero(hidden))
    asked = [places for places in sums if any(hidden[place] for place in places)]
    parts, known = np.zeros((len(asked), np.count_nonzero(hidden))), np.zeros(len(asked))
    for at, places in enumerate(asked):
        for place in places:
            sign = -1 if place == places[0] else 1
            if hidden[place]:
                parts[at, which[place]] = sign
            else:
                known[at] -= sign * counts[place]
    noughts = hidden & (counts == 0)
    least = np.full(counts.shape, 0 if noughts.any() else 1)
    least[0], least[:, 0] = (0, 0) if noughts[0].any() or noughts[:, 0].any() else (1, 1)
    is_small = (counts[hidden] > 0) & (counts[hidden] < SMALLEST_SHOWN)
    found = np.zeros_like(hidden)
    found[hidden] = is_small & ~_may_differ(parts, known, least[hidden], is_small)
    return found


def _may_differ(parts: NDArray[np.float64], known: NDArray[np.float64], least: Counts, asked: Flags) -> Flags:
    """For each number in ``asked``: whether it may have more than one value. Each is at least ``least``; ``parts`` times
    all of them is ``known``."""
    from scipy.optimize import linprog  # in the function: it is slow to load, and needed a few times a year

    low, high = np.full(len(least), np.inf), np.full(len(least), -np.inf)
    bounds = [(float(count), ANY_COUNT) for count in least]
    for number in np.flatnonzero(asked):
        for sign in (1.0, -1.0):
            if high[number] - low[number] >= 0.5:
                break
            aim = np.zeros(len(least))
            aim[number] = sign
            solved = linprog(aim, A_eq=parts, b_eq=known, bounds=bounds)
            if solved.x is None:  # the table itself is a solution, so there must be one
                raise RuntimeError(f"What is hidden could not be checked against the sums: {solved.message}")
            low, high = np.minimum(low, solved.x), np.maximum(high, solved.x)
    differ: Flags = high - low >= 0.5
    return differ


def _sums(lines: int, parts: tuple[int, ...], *, is_row: bool) -> list[list[tuple[int, int]]]:
    """The places of each sum, the total first. ``parts``: length of each breakdown."""
    sums = []
    for line in range(lines):
        start = 1
        for length in parts:
            along = [0, *range(start, start + length)]
            sums.append([(line, place) if is_row else (place, line) for place in along])
            start += length
    return sums


def _gives_away(counts: Counts, hidden: Flags, places: list[tuple[int, int]]) -> tuple[int, ...] | None:
    """The next place to hide, if anything hidden in a sum can be worked out; null: nothing can."""
    unseen = [place for place in places if hidden[place]]
    if not unseen:
        return None
    parts = [place for place in unseen if place != places[0]]
    is_total_shown = not hidden[places[0]]
    is_safe = len(unseen) > 1 and not (is_total_shown and sum(int(counts[part]) for part in parts) < SMALLEST_SHOWN)
    return None if is_safe else _smallest_shown(counts, hidden, places)
