"""No count from 1 to 4 is shown, nor any that would let one be worked out: from a total, or from a report of another day.

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
    cells = [SUPPRESSED if is_hidden else _rounded(count) for count, is_hidden in zip(counts[0], hidden, strict=True)]
    told, start = [], 1
    for parts in breakdowns:
        told.append(cells[start : start + len(parts)])
        start += len(parts)
    return cells[0], told


def shown_alone(counts: Sequence[int]) -> list[str]:
    """Counts that add up to nothing that is shown, as children may count in several of them; rounded."""
    return [SUPPRESSED if 0 < count < SMALLEST_SHOWN else _rounded(count) for count in counts]


def _rounded(count: int) -> str:
    return f"{(int(count) + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO:,}"


def as_bar(text: str) -> int:
    """Length of a count's bar: none where it is not to be seen."""
    return 0 if text == SUPPRESSED else int(text.replace(",", ""))


def suppressed(counts: Counts, row_parts: tuple[int, ...], column_parts: tuple[int, ...]) -> Flags:
    """Which cells are not to be shown. Row 0 and column 0 hold totals; the parts of each breakdown follow one another.

    First every count from 1 to 4; then, as long as some sum of parts and its total would give one away, the smallest
    further count of that sum.
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
    return hidden


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
