"""No count from 1 to 4 is shown, nor any that would let one be worked out: from totals, or from a report of another day.

The Department suppresses so in what it publishes of children missing education; so does every page here that leaves
the team. What is shown is rounded to the nearest five besides, as universities' figures are (HESA's rounding and
suppression): else two reports made a day apart, one taken from the other, would tell a single child.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SMALLEST_SHOWN = 5
SUPPRESSED = "c"
ROUNDED_TO = 5

ANY_COUNT = 1e6
"""More children than any authority counts."""

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


def shown(total: int, *breakdowns: Sequence[int]) -> tuple[str, list[list[str]]]:
    """A total and its breakdowns, each of which adds up to it, as text, rounded; ``SUPPRESSED`` for what is not to be seen.

    That is judged by the counts themselves: whoever sees them rounded knows less.
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
    """Counts that add up to nothing that is shown, as children may count in several of them; rounded."""
    return [SUPPRESSED if 0 < count < SMALLEST_SHOWN else _rounded(count) for count in counts]


def _rounded(count: int) -> str:
    """To the nearest: two less and two more at most."""
    return f"{(int(count) + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO:,}"


def suppressed(counts: Counts, row_parts: tuple[int, ...], column_parts: tuple[int, ...]) -> Flags:
    """Which cells are not to be shown. Row 0 and column 0 hold totals; the parts of each breakdown follow one another.

    First every count from 1 to 4; then, as long as some sum of parts and its total would give one away, the smallest
    further count of that sum; then the noughts of lines that have a child, as else what is hidden would be known to be one at
    least. Where a small count follows from all sums together even so: all noughts, then the smallest counts beside it.
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
    """The place of the smallest count that is shown, but for noughts; null where none is."""
    shown = ((int(counts[place]), place) for place in places if not hidden[place] and counts[place] > 0)
    return min(shown, default=(0, None))[1]


def _worked_out(counts: Counts, hidden: Flags, sums: Sequence[list[tuple[int, int]]]) -> Flags:
    """Hidden counts from 1 to 4 that follow from all sums together, by the least and the most that each may be.

    The reader knows which counts are hidden, and why: where no nought is, each is one at least, and so is each hidden total
    where no total of nought is.
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
    """Of each number, from ``least`` on, with ``parts`` times all of them ``known``: whether it may be more than one; looked
    into of those ``asked``.
    """
    from scipy.optimize import linprog  # beside the function: heavy, and asked for a few times a year

    low, high = np.full(len(least), np.inf), np.full(len(least), -np.inf)
    bounds = [(float(count), ANY_COUNT) for count in least]
    for number in np.flatnonzero(asked):
        for sign in (1.0, -1.0):
            if high[number] - low[number] >= 0.5:
                break
            aim = np.zeros(len(least))
            aim[number] = sign
            solved = linprog(aim, A_eq=parts, b_eq=known, bounds=bounds)
            if solved.x is None:  # the table itself is an answer, so that there is one
                raise RuntimeError(f"What is hidden could not be held against the sums: {solved.message}")
            low, high = np.minimum(low, solved.x), np.maximum(high, solved.x)
    differ: Flags = high - low >= 0.5
    return differ


def _sums(lines: int, parts: tuple[int, ...], *, is_row: bool) -> list[list[tuple[int, int]]]:
    """Each sum as its places, the total first."""
    sums = []
    for line in range(lines):
        start = 1
        for length in parts:
            along = [0, *range(start, start + length)]
            sums.append([(line, place) if is_row else (place, line) for place in along])
            start += length
    return sums


def _gives_away(counts: Counts, hidden: Flags, places: list[tuple[int, int]]) -> tuple[int, ...] | None:
    """The next place to hide, where what is hidden of a sum can be worked out; null where it cannot."""
    unseen = [place for place in places if hidden[place]]
    if not unseen:
        return None
    parts = [place for place in unseen if place != places[0]]
    is_total_shown = not hidden[places[0]]
    is_safe = len(unseen) > 1 and not (is_total_shown and sum(int(counts[part]) for part in parts) < SMALLEST_SHOWN)
    return None if is_safe else _smallest_shown(counts, hidden, places)
