"""What is usual of a source, learnt from its nights: how far figures spread, and which shares of a column are unusual."""

from collections.abc import Iterator, Sequence
from datetime import date
from statistics import median

import numpy as np
import polars as pl

SHARE_APART = 0.1
"""Shares (0..1) at least this far apart are different, unless the nights have varied more."""
SPREADS = 4.0
"""A band reaches four robust standard deviations from the median: one normal night in 16,000 is outside it."""
NIGHTS_TO_LEARN = 5
"""A spread is only learnt from this many nights on."""


def shares_risen(shares: pl.DataFrame, as_at: date, rise: float | None) -> Iterator[tuple[str, float, float]]:
    """Each column whose share on the night of ``as_at`` is larger than usual: its name, the usual share, and its own.

    ``shares``: ``SOURCE_MEASURE`` of one measure of one source. ``rise``: by how much the share may be larger; null:
    learnt. Nights on which it had risen say nothing of what is usual after them: a column that comes empty is reported
    until it is whole, or accepted. A share that one usual night in four had is usual again: once the ended entries of a closed
    practice are gone, as few have an end as before.
    """
    nights = shares.filter(pl.col("as_at") < as_at).sort("as_at").group_by("of").agg("value")
    before = dict(nights.iter_rows())
    least = SHARE_APART if rise is None else rise
    for of, share in shares.filter(as_at=as_at).sort("of").select("of", "value").iter_rows():
        values = before.get(of, ())
        if not values or share <= min(values) + least:  # most columns: no night is looked at
            continue
        usual: list[float] = []
        for value in values:
            usual += [] if _has_risen(usual, value, rise) else [value]
        if _has_risen(usual, share, rise):
            yield of, _often(usual), share


def _has_risen(usual: Sequence[float], share: float, rise: float | None) -> bool:
    """Whether a share is larger than that of the last usual night, and than all of them allow; false if there is none."""
    if not usual or share <= usual[-1]:
        return False
    return share > _often(usual) + (max(SHARE_APART, SPREADS * spread(usual)) if rise is None else rise)


def _often(shares: Sequence[float]) -> float:
    """The largest share that one night in four had; of few nights the middle one, as one of them may have been bad."""
    return float(np.quantile(shares, 0.75)) if len(shares) >= NIGHTS_TO_LEARN else median(shares)


def spread(values: Sequence[float]) -> float:
    """Robust standard deviation: 1.4826 times the median absolute deviation; 0 for too few nights."""
    if len(values) < NIGHTS_TO_LEARN:
        return 0.0
    middle = median(values)
    return 1.4826 * median(abs(value - middle) for value in values)
