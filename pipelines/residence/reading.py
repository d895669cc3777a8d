"""What is read of children without a place: one thing of each, in levels, and all of it laid out for the estimate."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

DEPARTED = np.array(
    [0.0, 30, 60, 91, 122, 152, 183, 228, 274, 319, 365, 456, 548, 639, 730, 913, 1095, 1460, 2190]
)  # fmt: skip
"""Days since children left, cut in months, then quarters, then years. Whoever left in one of these times was seen, by
whichever agency, until then and not since: one child's sightings age together."""

DEPARTURES = len(DEPARTED) - 1
"""How many times of departure there are."""

ENDED = 2
"""Level of an entry that has ended, the last one where a reading ``has_ends``; the codes from it on say how long ago."""

HERE_STILL = DEPARTED[1:, None] < DEPARTED
"""By departure (rows), whether an entry that ended so long ago (columns: cut as departures are, and beyond them) did so while
the child was here still: a month and more before it left. Such an end has nothing to do with the leaving."""

PRIOR_CHILDREN = 10.0
"""A prior is worth this many children."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing observed of each child without a place, in a few levels."""

    codes: Codes
    """Level of each child; -1: says nothing. With ``has_ends`` an ended entry has ``ENDED`` and more, the longer ago."""
    trust: Floats
    """0..1, that the record is this child's."""
    here: Floats
    """Of the children here, the share in each level; with ``learns_here`` the children expected in each beforehand."""
    gone: Floats
    """The same of those gone: ways in which it may have come (first axis), by departure, by level. With ``is_alike``
    one way, the same for each departure, and the children expected beforehand."""
    ways: Floats
    """Children expected beforehand of each way."""
    learns_here: bool = False
    """The levels of the children here are learnt from tonight's children without a place."""
    fades_over: Floats | None = None
    """Fewer children are expected the further the level, each held against so many days (0: not this level); null: no such
    order."""
    is_alike: bool = False
    """The levels of those gone are learnt too, the same for each departure; the level 1 never speaks for having left."""
    is_presence: bool = False
    """Levels are absent, open, ended; alike, but of those gone an open record is the rarer, the longer ago they left."""
    of_never: bool = False
    """Presence of children never on a roll, who are in the data only because some agency has a record."""
    has_ends: bool = False
    """The last level is an entry that has ended: of those who left a month and more later as if they had not."""
    habit: str = ""
    """Readings of one habit came about in the same ways: how an agency dates those who left does not hang on their age, and
    how long it keeps them not on whether they were on a roll."""
    is_shared: Flags | None = None
    """Of each child, whether the reading tells of its household, which has the record in common; null: of none."""
    meets: Flags | None = None
    """By departure (rows) and level, whether it tells of a meeting since the child left. The last of the ways is then of
    children dated as if they had not left, of whom some have come back. Null: the reading tells of no meetings."""
    unaware: Floats = field(default_factory=lambda: np.zeros(DEPARTURES))
    """Of those gone, by departure, the share who left after the extract's knowledge ends: alike, it has them as if here."""

    @property
    def size(self) -> int:
        """How many different codes there may be."""
        return len(self.here) + (HERE_STILL.shape[1] - 1 if self.has_ends else 0)

    def of(self, rows: Codes) -> "Reading":
        """The same of the children in ``rows`` alone."""
        is_shared = None if self.is_shared is None else self.is_shared[rows]
        return replace(self, codes=self.codes[rows], trust=self.trust[rows], is_shared=is_shared)

    def ratios(self, levels: Floats) -> Floats:
        """How much likelier each code (columns) is of those gone than of those here, by departure.

        ``levels``: likelihood of each level here (first row) and by departure.
        """
        ratios = levels[1:] / levels[0]
        return np.hstack([ratios[:, :ENDED], np.where(HERE_STILL, 1.0, ratios[:, ENDED:])]) if self.has_ends else ratios

    def of_levels(self, children: Floats) -> Floats:
        """Children by level (columns), from those by code."""
        if not self.has_ends:
            return children
        return np.hstack([children[:, :ENDED], children[:, ENDED:].sum(axis=1, keepdims=True)])


class Likelihood(NamedTuple):
    """Natural logarithm of P(what is said | part) / P(what is said | here), a row for each part, a column for each child."""

    own: Floats
    """Of what is said of the child itself."""
    household: Floats
    """Of what is said of its household as a whole."""


@dataclass(frozen=True, slots=True)
class Told:
    """What all readings tell of some children, laid out once for every round of the estimate. The codes of all readings
    are numbered on, in the order of the readings."""

    readings: list[Reading]
    code: Codes
    """Code and ``trust`` of what is said of any child, each two once."""
    trust: Floats
    own: csr_matrix
    """A row a child, a column each such two: 1 where it is said of the child itself."""
    shared: csr_matrix
    """The same where it is said of its household, which has the record in common."""
    learnt: csr_matrix
    """A row a code, a column a child: how far its record is the child's (0..1), where the mixture is learnt from it."""

    def of_children(self, ratios: Floats) -> Likelihood:
        """The sums of the logarithms of what is said of each child. ``ratios``: by part and code."""
        logs = np.log(self.trust * ratios[:, self.code] + (1.0 - self.trust))
        return Likelihood(*(np.ascontiguousarray((says @ logs.T).T) for says in (self.own, self.shared)))

    def any_of(self, chances: Floats) -> Floats:
        """Probability, by part (rows) and child, that any of what is said of the child itself came about in one way.
        ``chances``: that it did, by part and code."""
        logs = np.log1p(-self.trust * chances[:, self.code])
        return np.asarray(-np.expm1((self.own @ logs.T).T))

    def by_level(self, posterior: Floats, unseen: Floats) -> list[Floats]:
        """For each reading the children it tells of by part (rows) and level, from the parts of each child. Children known to
        nobody (``unseen``, by part) count as absent. Those gone of whom an agency has a record, or none, are of one habit."""
        ends = np.cumsum([reading.size for reading in self.readings], dtype=np.int64)
        by_code = np.split((self.learnt @ posterior.T).T, ends, axis=1)[:-1]  # nothing stands behind the last
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


def told_by(readings: list[Reading], counts: Flags) -> Told:
    """What readings tell of the children of whom they have a code; ``counts``: those from whom the mixture is learnt."""
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

    return Told(
        readings, twos % first[-1], distinct[twos // first[-1]], says(~is_shared), says(is_shared),
        csr_matrix((trust[asked], (code[asked], child[asked])), shape=(first[-1], len(counts))),
    )  # fmt: skip
