"""Readings: each is one thing observed of children without a place, in levels; and all of them laid out for the estimate."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

DEPARTED = np.array([0.0, 30, 60, 91, 122, 152, 183, 228, 274, 319, 365, 456, 548, 639, 730, 913, 1095, 1460, 2190])
"""Edges, in days before tonight, of the times of departure: months, then quarters, then years. A child who left in one of
them was seen by every agency until then and not since, so that all sightings of one child age together."""

DEPARTURES = len(DEPARTED) - 1
"""How many times of departure there are."""

HERE = 0
"""Row of the children who are here in a table by part; the other rows are of those gone, by time of departure."""

ENDED = 2
"""Code of an ended entry: the last level of a reading that ``has_ends``. Codes from it upwards say how long ago it ended."""

HERE_STILL = DEPARTED[1:, None] < DEPARTED
"""By departure (rows): whether an entry that ended so long ago (columns: cut as departures are, and beyond them) did so
while the child was still here, at least a month before it left. Such an ending has nothing to do with leaving."""

PRIOR_CHILDREN = 10.0
"""How many children a prior is worth."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing observed of each child without a place, in a few levels."""

    codes: Codes
    """Level of each child; -1: says nothing. With ``has_ends``, an ended entry has ``ENDED`` or more: the higher, the
    longer ago."""
    trust: Floats
    """0..1, that the record is this child's."""
    here: Floats
    """Share in each level of the children here. With ``learns_here``: the number of children expected in each beforehand."""
    gone: Floats
    """Share in each level of the children gone: by way in which it came about (first axis), by departure, by level. With
    ``is_alike``: one way, the same for each departure, and the number of children expected beforehand."""
    ways: Floats
    """Number of children expected beforehand for each way."""
    learns_here: bool = False
    """The levels of the children here are learnt from tonight's children without a place."""
    fades_over: Floats | None = None
    """Number of days that each level covers, where fewer children a day are expected the higher the level; 0: the level is
    not part of that order. Null: no such order."""
    is_alike: bool = False
    """The levels of those gone are learnt too, the same for each departure. Level 1 never speaks for having left."""
    is_presence: bool = False
    """The levels are absent, open, ended. As ``is_alike``, but among those gone an open record is rarer the longer ago they
    left."""
    of_never: bool = False
    """A presence reading of children never on a roll, who are in the data only because some agency has a record of them."""
    has_ends: bool = False
    """The last level is an entry that has ended. Of children who left a month or more after the end, it is no sign of
    leaving."""
    habit: str = ""
    """Readings of one habit share their ways: how an agency dates children who left does not depend on their age, nor how
    long it keeps them on whether they were on a roll."""
    is_shared: Flags | None = None
    """For each child, whether the reading is of its household, which has the record in common; null: of no child."""
    meets: Flags | None = None
    """By departure (rows) and level: whether the level means that the child was met after leaving. The last way is then of
    children dated as if they had not left, some of whom have come back. Null: the reading tells of no meetings."""
    unaware: Floats = field(default_factory=lambda: np.zeros(DEPARTURES))
    """By departure: share of those gone who left after the extract's knowledge ends. The extract has them as if they were
    here."""

    @property
    def size(self) -> int:
        """How many codes there can be."""
        return len(self.here) + (HERE_STILL.shape[1] - 1 if self.has_ends else 0)

    def of(self, rows: Codes) -> "Reading":
        """The same reading, of the children in ``rows`` only."""
        is_shared = None if self.is_shared is None else self.is_shared[rows]
        return replace(self, codes=self.codes[rows], trust=self.trust[rows], is_shared=is_shared)

    def ratios(self, levels: Floats) -> Floats:
        """How many times likelier each code (columns) is among those gone than among those here, by departure (rows).

        ``levels``: likelihood of each level, for those here (first row) and by departure.
        """
        ratios = levels[1:] / levels[0]
        return np.hstack([ratios[:, :ENDED], np.where(HERE_STILL, 1.0, ratios[:, ENDED:])]) if self.has_ends else ratios

    def of_levels(self, children: Floats) -> Floats:
        """Numbers of children by level (columns), from numbers by code."""
        if not self.has_ends:
            return children
        return np.hstack([children[:, :ENDED], children[:, ENDED:].sum(axis=1, keepdims=True)])


class Likelihood(NamedTuple):
    """Natural logarithm of P(what is said | part) / P(what is said | here): one row for each part, one column for each
    child."""

    own: Floats
    """From what is said of the child itself."""
    household: Floats
    """From what is said of its household as a whole."""


@dataclass(frozen=True, slots=True)
class ReadingTable:
    """What all readings say of some children, laid out once for every round of the estimate. Codes are numbered through all
    readings, in their order."""

    readings: list[Reading]
    code: Codes
    """Distinct pairs of code and ``trust`` that occur: this is the code, ``trust`` the trust."""
    trust: Floats
    own: csr_matrix
    """One row a child, one column a pair: 1 where it is said of the child itself."""
    shared: csr_matrix
    """The same, where it is said of the child's household, which has the record in common."""
    learnt: csr_matrix
    """One row a code, one column a child the mixture is learnt from: how likely the record is the child's (0..1)."""

    def of_children(self, ratios: Floats) -> Likelihood:
        """Sums of the logarithms of what is said of each child. ``ratios``: by part and code."""
        logs = np.log(self.trust * ratios[:, self.code] + (1.0 - self.trust))
        return Likelihood(*(np.ascontiguousarray((says @ logs.T).T) for says in (self.own, self.shared)))

    def any_of(self, chances: Floats) -> Floats:
        """Probability, by part (rows) and child, that at least one of the child's own readings came about in a given way.

        ``chances``: probability of that for each part and code.
        """
        logs = np.log1p(-self.trust * chances[:, self.code])
        return np.asarray(-np.expm1((self.own @ logs.T).T))

    def by_level(self, posterior: Floats, unseen: Floats) -> list[Floats]:
        """For each reading: the number of children by part (rows) and level, from the parts of each child.

        Children known to nobody (``unseen``, by part) count as absent. Presence readings of one habit share their counts of
        those gone.
        """
        ends = np.cumsum([reading.size for reading in self.readings], dtype=np.int64)
        by_code = np.split((self.learnt @ posterior.T).T, ends, axis=1)[:-1]  # nothing comes after the last
        levels = [reading.of_levels(each) for reading, each in zip(self.readings, by_code, strict=True)]
        gone: dict[str, Floats] = {}
        for reading, parts in zip(self.readings, levels, strict=True):
            if reading.of_never:
                parts[:, 0] += unseen
            if reading.is_presence:
                gone[reading.habit] = gone.get(reading.habit, 0.0) + parts[1:]
        for reading, parts in zip(self.readings, levels, strict=True):
            if reading.is_presence:
                parts[1:] = gone[reading.habit]
        return levels


def reading_table(readings: list[Reading], counts: Flags) -> ReadingTable:
    """What the readings say of the children that have a code; ``counts``: the children from whom the mixture is learnt."""
    first = np.cumsum([0, *(reading.size for reading in readings)], dtype=np.int64)
    codes = np.array([reading.codes for reading in readings], dtype=np.int64).reshape(-1, len(counts))
    trusts = np.array([reading.trust for reading in readings]).reshape(-1, len(counts))
    reading, child = np.nonzero(codes >= 0)
    code, trust = first[reading] + codes[reading, child], trusts[reading, child]
    distinct, trust_of = np.unique(trust, return_inverse=True)
    twos, two = np.unique(trust_of * first[-1] + code, return_inverse=True)
    asked, none = counts[child], np.zeros(len(counts), dtype=bool)
    marks = [none if each.is_shared is None else each.is_shared for each in readings]
    is_shared = np.array(marks, dtype=bool).reshape(-1, len(counts))[reading, child]

    def says(of: Flags) -> csr_matrix:
        return csr_matrix((np.ones(np.count_nonzero(of)), (child[of], two[of])), shape=(len(counts), len(twos)))

    return ReadingTable(
        readings,
        twos % first[-1],
        distinct[twos // first[-1]],
        says(~is_shared),
        says(is_shared),
        csr_matrix((trust[asked], (code[asked], child[asked])), shape=(first[-1], len(counts))),
    )
