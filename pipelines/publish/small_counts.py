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

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


def shown(total: int, *breakdowns: Sequence[int]) -> tuple[str, list[list[str]]]:
    """A total and its breakdowns, each of which adds up to it, as text, rounded; ``SUPPRESSED`` for what is not
    to be seen.
    """
    counts = np.array([[total, *(count for parts in breakdowns for count in parts)]], dtype=np.int64)
    hidden = suppressed(counts, (), tuple(len(parts) for parts in breakdowns))[0]
    places, start = [], 1
    for parts in breakdowns:
        places.append(range(start, start + len(parts)))
        start += len(parts)
    for own in places:
        if _are_all_one(counts[0], hidden, own):
            hidden[[place for place in own if counts[0][place] == 0] or [0]] = True
    cells = [SUPPRESSED if is_hidden else _rounded(count) for count, is_hidden in zip(counts[0], hidden, strict=True)]
    return cells[0], [[cells[place] for place in own] for own in places]


def _are_all_one(counts: Counts, hidden: Flags, parts: Sequence[int]) -> bool:
    """Whether what is hidden of a breakdown can be worked out, as so many are hidden that each can be no more than one."""
    unseen = sum(bool(hidden[part]) for part in parts)
    shown_least = sum(
        max(_to_nearest(counts[part]) - 2, SMALLEST_SHOWN) for part in parts if counts[part] and not hidden[part]
    )
    return not hidden[0] and unseen > 0 and unseen >= _to_nearest(counts[0]) + 2 - shown_least


def shown_alone(counts: Sequence[int]) -> list[str]:
    """Counts that add up to nothing that is shown, as children may count in several of them; rounded."""
    return [SUPPRESSED if 0 < count < SMALLEST_SHOWN else _rounded(count) for count in counts]


def _to_nearest(count: int) -> int:
    """Rounded: two less and two more at most."""
    return (int(count) + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO


def _rounded(count: int) -> str:
    return f"{_to_nearest(count):,}"


def as_bar(text: str) -> int:
    """Length of a count's bar: none where it is not to be seen."""
    return 0 if text == SUPPRESSED else int(text.replace(",", ""))


def suppressed(counts: Counts, row_parts: tuple[int, ...], column_parts: tuple[int, ...]) -> Flags:
    """Which cells are not to be shown. Row 0 and column 0 hold totals; the parts of each breakdown follow one another.

    First every count from 1 to 4; then, as long as some sum of parts and its total would give one away, the smallest
    further count of that sum; then the noughts beside them. Where rows and columns have no nought between them, no total of
    what is hidden is shown: that each is one at least would tell some of it.
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
    noughts = _noughts(counts, hidden, sums)
    if hidden.any() and counts.all() and row_parts and column_parts:
        hidden[0, 1:] |= hidden[1:, 1:].any(axis=0)
        hidden[1:, 0] |= hidden[1:, 1:].any(axis=1)
        hidden[0, 0] = True
    return hidden | noughts


def _noughts(counts: Counts, hidden: Flags, sums: Sequence[list[tuple[int, int]]]) -> Flags:
    """The noughts that are hidden too, where anything is: those of lines that have a child.

    Were they shown, each hidden count would be known to be one at least: of five hidden in a total of five, all are one.
    Where that is so of the lines themselves, or of what is hidden in those without a shown total, those that have no child are
    hidden with them.
    """
    unseen = [[counts[place] for place in places[1:] if hidden[place]] for places in sums if (0, 0) in places]
    have_one = any(parts and sum(parts) == len(parts) for parts in unseen)
    has_child = counts.any(axis=1, keepdims=True) & counts.any(axis=0, keepdims=True)
    noughts: Flags = (counts == 0) & hidden.any()
    beside: Flags = noughts & (has_child | have_one)
    are_ones = _are_ones(counts, hidden) or _are_ones(counts.T, hidden.T)
    return noughts if are_ones and not beside.any() else beside


def _are_ones(counts: Counts, hidden: Flags) -> bool:
    """Whether every hidden count of the rows whose totals are hidden is one."""
    rows = hidden[:, 0] & (np.arange(len(hidden)) > 0)
    unseen = counts[rows, 1:][hidden[rows, 1:]]
    return bool(unseen.size and (unseen == 1).all())


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


def _gives_away(counts: Counts, hidden: Flags, places: list[tuple[int, int]]) -> tuple[int, int] | None:
    """The next place to hide, where what is hidden of a sum can be worked out; null where it cannot."""
    unseen = [place for place in places if hidden[place]]
    if not unseen:
        return None
    parts = [place for place in unseen if place != places[0]]
    is_total_shown = not hidden[places[0]]
    is_safe = len(unseen) > 1 and not (is_total_shown and sum(int(counts[part]) for part in parts) < SMALLEST_SHOWN)
    others = sorted((int(counts[place]), place) for place in places if not hidden[place] and counts[place] > 0)
    if is_safe or not others:
        return None
    return others[0][1]
