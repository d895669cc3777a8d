"""No count from 1 to 4 is shown, nor any that would let one be worked out: from a total, or from a report of another day.

The Department suppresses so in what it publishes of children missing education; so does every page here that leaves
the team. What is shown is rounded to the nearest five besides, as universities' figures are (HESA's rounding and
suppression): else two reports made a day apart, one taken from the other, would tell a single child.
"""

from collections.abc import Sequence

import numpy as np

from pipelines.reports.termly_return import SMALLEST_SHOWN, SUPPRESSED, suppressed

ROUNDED_TO = 5


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
