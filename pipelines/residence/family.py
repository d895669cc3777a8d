"""What the other children of a household tell: families mostly stay together, and leave together.

A household has one part (here, or gone since some month); each child follows it with the chance ``follows``, or fares by
itself. So three brothers on the roll speak for a fourth child no louder than the chance that the fourth went alone, or
that all left lately and the entries of the three are still to be closed (``STILL_OPEN``). Two children without a place, long
unseen both, speak against each other: unless families here are often without a place together, in which the share ``both``
of the brothers and sisters of a child without a place here have none either. Who was never on a roll is mostly educated as
the others are; who came off one left them there: so each kind of child has its own share.

A tenancy names all children of a household and is confirmed for all on one day. It is open for whoever of them still lives
there. So an open entry that several have in common, with its dates, is said of the household, and once; of one child of it
by itself it says nothing. So it is with the days on which brothers and sisters came off their rolls together, and with why.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from pipelines.residence.evidence import Evidence
from pipelines.residence.off_roll import TAKEN_OFF, TAKEN_OFF_PRIOR
from pipelines.residence.reading import DEPARTED, Codes, Flags, Floats

FOLLOWS_PRIOR = (7.0, 3.0)
"""Children without a place expected to fare with their household, and by themselves. Most families move together; but a
child without a place whose brother has one is by that alone an exception (the other parent, a placement)."""

CLOSED_BY_ITSELF = 0.5
"""So many entries of brothers and sisters are closed on a day of their own; the others with that of the child off the roll."""


def _still_open() -> Floats:
    """Of those who left in each time of departure, the share whose entry is open still, while a brother's is closed: schools
    take their pupils off up to half a year after they left (``TAKEN_OFF``)."""
    shares = TAKEN_OFF_PRIOR / TAKEN_OFF_PRIOR.sum()
    open_for = -np.array([np.linspace(*days_before, 20) for days_before in TAKEN_OFF])
    gone = np.clip((open_for[..., None] - DEPARTED[:-1]) / np.diff(DEPARTED), 0.0, 1.0).mean(axis=1)
    return np.asarray(CLOSED_BY_ITSELF * shares @ gone, dtype=np.float64)


STILL_OPEN = _still_open()

BOTH_PRIOR = (15.0, 15.0)
"""Brothers and sisters here expected without a place, and with one, of a child without a place here: who educates one at home,
privately or next door mostly educates all so. Held firmly, as where most without a place have gone they show little of it. So
many of the children once on a roll and as many of those never on one."""


@dataclass(frozen=True, slots=True)
class Families:
    """One row is a child without a place and another child of the household."""

    child: Codes
    """Row of the child among those without a place."""
    other: Codes
    """Row of the other one there; -1: has a place."""
    place: Floats
    """0..1, that the other one has a place; 0 where it stands among those without."""
    near: csr_matrix
    """A row and a column a child without a place: 1 where the column's is of the row's household."""
    has_others: Flags
    """Which children without a place have another child in their household."""
    speakers: Codes
    """Rows of the children without a place whose household has another one without."""
    heard: csr_matrix
    """The columns of ``near`` that are speakers'."""

    def of(self, rows: Codes, count: int) -> "Families":
        """The same of the children in ``rows`` of ``count``, numbered anew; others elsewhere are left out."""
        number = np.full(count + 1, -1)
        number[rows] = np.arange(len(rows))
        keep = (number[self.child] >= 0) & ((self.other < 0) | (number[self.other] >= 0))
        return _families(number[self.child][keep], number[self.other][keep], self.place[keep], len(rows))


def families_of(evidence: Evidence, rows: Codes) -> Families:
    """The households of the children in ``rows`` of ``evidence.children``."""
    frame = evidence.children
    has_place = frame["place_probability"].is_not_null().to_numpy()
    child, other = (evidence.families[name].to_numpy().astype(np.int64) for name in ("child", "other"))
    number = np.full(frame.height, -1)
    number[rows] = np.arange(len(rows))
    child, other = child[number[child] >= 0], other[number[child] >= 0]
    place = frame["place_probability"].fill_null(0.0).to_numpy()[other]
    return _families(number[child], np.where(has_place[other], -1, number[other]), place, len(rows))


def _families(child: Codes, other: Codes, place: Floats, count: int) -> Families:
    is_open = other >= 0
    near = csr_matrix((np.ones(np.count_nonzero(is_open)), (child[is_open], other[is_open])), shape=(count, count))
    speakers = np.flatnonzero(np.diff(near.indptr) > 0)
    return Families(child, other, place, near, np.bincount(child, minlength=count) > 0, speakers, near[:, speakers])


def in_common(families: Families, shared: csr_matrix) -> tuple[csr_matrix, csr_matrix]:
    """What is said of each child (rows) by itself and of its household, where ``shared`` says what is said of each as one of
    its household: the mean of all of it of whom any is said, so that it is said once, however many children it names."""
    has_others = families.has_others[:, None]
    says = (np.diff(shared.indptr) > 0).astype(np.float64)
    count = np.maximum(says + families.near @ says, 1.0)[:, None]
    household = (shared + families.near @ shared).multiply(has_others / count)
    return csr_matrix(shared.multiply(~has_others)), csr_matrix(household)


def told_by_others(
    families: Families, likelihood: Floats, no_place: Floats, parts: Floats, follows: float, *, is_never: Flags
) -> Floats:
    """Natural logarithm of what the other children of its household tell of a household's part (rows), for each child.

    ``likelihood``: of each child's readings in each part; ``no_place``: how much likelier here than gone each child has no
    place, if another of its household has none who was once on a roll (first row), or who never was (``is_never``); ``parts``:
    share of each part among all children, as for each child.
    """
    count, speakers, told = likelihood.shape[1], families.speakers, np.zeros_like(likelihood)
    for asked, of_kind in zip((~is_never, is_never), no_place, strict=True):
        seen = likelihood[:, speakers]
        seen[0] *= of_kind[speakers]
        seen *= follows / (parts[:, speakers] * seen).sum(axis=0)
        seen += 1.0 - follows
        heard = (families.heard @ np.log(seen).T).T
        np.copyto(told, heard, where=asked)
    is_open = families.other >= 0
    placed, speaks = families.child[~is_open], follows * families.place[~is_open]
    left = np.bincount(placed, np.log1p(-speaks), minlength=count)
    told[1:] += left
    for part in np.flatnonzero(STILL_OPEN):
        lately = np.bincount(placed, np.log1p(-speaks * (1.0 - STILL_OPEN[part])), minlength=count)
        told[1 + part] += lately - left
    return told


def with_household(
    likelihood: Floats, told: Floats, has_others: Flags, parts: Floats, follows: float
) -> tuple[Floats, Floats]:
    """Posterior of each part (rows) for each child, and how likely the child fares with its household.

    ``told``: of the household, in parts as from :func:`told_by_others`; a child without others has none to fare with.
    """
    household = parts * np.exp(told - told.max(axis=0))
    household *= np.where(has_others, follows, 0.0) / household.sum(axis=0)
    together = household * likelihood
    alone = np.where(has_others, 1.0 - follows, 1.0) * parts * likelihood
    total = (together + alone).sum(axis=0)
    return (together + alone) / total, together.sum(axis=0) / total
