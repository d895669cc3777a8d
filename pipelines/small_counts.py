"""No count from 1 to 4 is shown, nor any that would let one be worked out from a total.

The Department suppresses so in what it publishes of children missing education; so does every page here that leaves
the team.
"""

from collections.abc import Sequence

import numpy as np

from pipelines.termly_return import SMALLEST_SHOWN, SUPPRESSED, suppressed


def shown(total: int, *breakdowns: Sequence[int]) -> tuple[str, list[list[str]]]:
    """A total and its breakdowns, each of which adds up to it, as text; ``SUPPRESSED`` for what is not to be seen."""
    counts = np.array([[total, *(count for parts in breakdowns for count in parts)]], dtype=np.int64)
    hidden = suppressed(counts, (), tuple(len(parts) for parts in breakdowns))[0]
    cells = [SUPPRESSED if is_hidden else f"{count:,}" for count, is_hidden in zip(counts[0], hidden, strict=True)]
    told, start = [], 1
    for parts in breakdowns:
        told.append(cells[start : start + len(parts)])
        start += len(parts)
    return cells[0], told


def shown_alone(counts: Sequence[int]) -> list[str]:
    """Counts that add up to nothing that is shown, as children may count in several of them."""
    return [SUPPRESSED if 0 < count < SMALLEST_SHOWN else f"{count:,}" for count in counts]


def as_bar(text: str) -> int:
    """Length of a count's bar: none where it is not to be seen."""
    return 0 if text == SUPPRESSED else int(text.replace(",", ""))
