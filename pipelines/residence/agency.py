"""What one agency knows of children: its records in columns, laid out by child."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from pipelines.residence.levels import level_of
from pipelines.residence.reading import DEPARTED, ENDED, Codes, Flags, Floats

SEEN = np.array([14.0, *DEPARTED[1:]])
"""Edges, in days since a sighting; cut where the departures are cut."""

MOST_STARTS = 0.9
"""If more than this share of an agency's dates are the start of an entry, it notes hardly any meeting."""


@dataclass(frozen=True)
class Agency:
    """One agency's records, one for each child. ``child``: row of the child; the other columns are as in
    ``Evidence.agencies``."""

    source: str
    child: Codes
    state: Codes
    sighted: Floats
    begun: Floats
    ended: Floats
    is_start: Flags
    is_letter: Flags
    trust: Floats
    is_shared: Flags
    unsighted: float
    untold: float
    tells_events: bool

    @classmethod
    def of(cls, records: pl.DataFrame) -> "Agency":
        """From the rows of one agency in ``Evidence.agencies``, at least one."""
        sighted, begun, ended = (
            records[name].cast(pl.Float64).to_numpy() for name in ("sighted_days", "begun_days", "ended_days")
        )
        return cls(
            source=records["source"][0],
            child=records["child"].to_numpy().astype(np.int64),
            state=records["state"].to_numpy(),
            sighted=sighted,
            begun=begun,
            ended=ended,
            is_start=records["is_start"].to_numpy(),
            is_letter=records["is_letter"].to_numpy(),
            trust=records["membership"].to_numpy(),
            is_shared=records["is_shared"].to_numpy(),
            unsighted=records["unsighted_days"][0],
            untold=records["untold_days"][0],
            tells_events=records["tells_events"][0],
        )

    @cached_property
    def seen_levels(self) -> Codes:
        """Level in ``SEEN`` of each record; -1: never seen with a date."""
        return level_of(self.sighted, SEEN)

    @cached_property
    def entry_levels(self) -> Codes:
        """Level of each record: 1 open; ``ENDED`` or more for ended, by how long ago."""
        return np.where(self.state == ENDED, ENDED + level_of(self.ended, DEPARTED[1:]), self.state)

    @cached_property
    def tells_starts_only(self) -> bool:
        """Whether nearly all dates that it gives of open entries are their start, so that a start is all that a sighting means
        to it. Where an entry has ended, an agency often dates the end, whatever it notes before."""
        is_asked = ~np.isnan(self.sighted) & (self.state != ENDED)
        return bool(np.count_nonzero(self.is_start & is_asked) >= MOST_STARTS * np.count_nonzero(is_asked))

    def laid_out(self, codes: Codes, rows: Codes) -> tuple[Codes, Floats, Flags]:
        """``codes`` of the records, laid out as codes, trust and ``is_shared`` of the children in ``rows``; code -1: no
        record."""
        count = 1 + max(int(rows.max(initial=0)), int(self.child.max(initial=0)))
        by_child, trust, is_shared = np.full(count, -1), np.ones(count), np.zeros(count, dtype=bool)
        by_child[self.child], trust[self.child], is_shared[self.child] = codes, self.trust, self.is_shared
        return by_child[rows], trust[rows], is_shared[rows]
