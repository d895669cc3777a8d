"""What the other children of a household tell: families mostly stay together, and leave together.

A household has one part (here, or gone in some time of departure). Each child shares it with probability ``follows``, or
has a part of its own. So three brothers on the roll speak for a fourth child no louder than the probability that the fourth
left alone, or that all left recently and the other entries have yet to be closed (``STILL_OPEN``). Two children without a
place, neither seen for long, speak against each other, unless families here are often without a place together: ``both`` is
the share of the brothers and sisters of a child here without a place who have none either. Children never on a roll are
mostly educated as their brothers and sisters are; children who came off one left them there. So each kind has its own
share.

A brother with a place on the largest roll lives here. One on another authority's roll may have moved there, and the rest of the
family with him; so what his own records say is weighed like what those of a brother without a place say, for being here or for
having left. How often there are such brothers beside children who are here, and beside those gone, is learnt.

A tenancy names all children of a household and is confirmed for all on one day. It stays open for whichever of them still
live there. So an open entry that several children share, with the same dates, counts once for the household, and not at all
for one child alone. The same holds for the days on which brothers and sisters came off their rolls together, and the
reason.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from pipelines.residence.evidence import Evidence
from pipelines.residence.off_roll import TAKEN_OFF, TAKEN_OFF_PRIOR
from pipelines.residence.reading import DEPARTED, PRIOR_CHILDREN, Codes, Flags, Floats

FOLLOWS_PRIOR = (7.0, 3.0)
"""Prior, in children without a place: those who share their household's part, and those who do not. Most families move
together, but a child without a place whose brother has one is already an exception (the other parent, a placement)."""

CLOSED_BY_ITSELF = 0.5
"""Share of the entries of brothers and sisters that are closed on a day of their own; the rest are closed with the entry of
the child off the roll."""


def _still_open() -> Floats:
    """By time of departure: the share of those who left whose entry is still open while a brother's is closed. Schools take
    pupils off up to half a year after they leave (``TAKEN_OFF``)."""
    shares = TAKEN_OFF_PRIOR / TAKEN_OFF_PRIOR.sum()
    open_for = -np.array([np.linspace(*days_before, 20) for days_before in TAKEN_OFF])
    gone = np.clip((open_for[..., None] - DEPARTED[:-1]) / np.diff(DEPARTED), 0.0, 1.0).mean(axis=1)
    return np.asarray(CLOSED_BY_ITSELF * shares @ gone, dtype=np.float64)


STILL_OPEN = _still_open()

BOTH_PRIOR = (15.0, 15.0)
"""Prior, in brothers and sisters here of a child here without a place: those without a place, and those with one. A family
that educates one child at home, privately or across the border mostly educates all of them so. The prior is strong,
because where most children without a place have gone the data show little of it. The same for children once on a roll
and never on one."""


@dataclass(frozen=True, slots=True)
class Families:
    """One row is a child without a place and another child of its household."""

    child: Codes
    """Row of the child among the children without a place."""
    other: Codes
    """Row of the other child among them, or among those with a place elsewhere who are judged by their own records; -1: it
    has a place."""
    place: Floats
    """0..1, that the other child has a place that shows that it lives here."""
    near: csr_matrix
    """One row and one column for each child without a place: 1 where both are of one household."""
    has_others: Flags
    """Which children without a place have another child in their household."""
    paired: Codes
    """Rows of the children without a place whose household has another child without one."""
    near_paired: csr_matrix
    """The columns of ``near`` of the ``paired``."""

    def of(self, rows: Codes, count: int) -> "Families":
        """The same, of the children in ``rows`` out of ``count``, renumbered; other children without a place are left out."""
        number = np.full(count + 1, -1)
        number[rows] = np.arange(len(rows))
        keep = (number[self.child] >= 0) & ((self.other < 0) | (number[self.other] >= 0))
        return _families(number[self.child][keep], number[self.other][keep], self.place[keep], len(rows))


def families_of(evidence: Evidence, rows: Codes, is_elsewhere: Flags, *, heard: bool = False) -> Families:
    """The households of the children in ``rows`` of ``evidence.children``.

    ``is_elsewhere``: which of ``evidence.children`` have a place that does not show that they live here. They say nothing of
    the household, or, if they are ``heard``, what their own records say.
    """
    frame = evidence.children
    is_open = frame["place_probability"].is_null().to_numpy() | (is_elsewhere & heard)
    child, other = (evidence.families[name].to_numpy().astype(np.int64) for name in ("child", "other"))
    number = np.full(frame.height, -1)
    number[rows] = np.arange(len(rows))
    child, other = child[number[child] >= 0], other[number[child] >= 0]
    place = np.where(is_elsewhere, 0.0, frame["place_probability"].fill_null(0.0).to_numpy())[other]
    return _families(number[child], np.where(is_open[other], number[other], -1), place, len(rows))


def _families(child: Codes, other: Codes, place: Floats, count: int) -> Families:
    is_open = other >= 0
    near = csr_matrix((np.ones(np.count_nonzero(is_open)), (child[is_open], other[is_open])), shape=(count, count))
    paired = np.flatnonzero(np.diff(near.indptr) > 0)
    return Families(child, other, place, near, np.bincount(child, minlength=count) > 0, paired, near[:, paired])


def own_and_household(families: Families, shared: csr_matrix) -> tuple[csr_matrix, csr_matrix]:
    """What is said of each child (rows) alone, and what is said of its household.

    ``shared``: what is said of each child as one of its household. The household's is the mean over the children of whom
    anything is said, so that it counts once however many children it names. A child without others keeps what is said of
    it.
    """
    has_others = families.has_others[:, None]
    says = (np.diff(shared.indptr) > 0).astype(np.float64)
    count = np.maximum(says + families.near @ says, 1.0)[:, None]
    household = (shared + families.near @ shared).multiply(has_others / count)
    return csr_matrix(shared.multiply(~has_others)), csr_matrix(household)


def likelier_beside_those_here(families: Families, here: Floats, asks: Flags, elsewhere: Codes) -> Floats:
    """For each child placed elsewhere: how many times likelier such a brother or sister is beside a child without a place who
    is here than beside one who has gone.

    Learnt from the pairs of a child without a place (``asks``) and another of its household, as far as both are here or both
    are gone. Beforehand it is once; each group of children placed elsewhere is drawn towards all of them.
    ``here``: probability of each child that it lives here, by its own records alone if placed elsewhere. ``elsewhere``: the
    group of each child placed elsewhere; -1: it is not.
    """
    asked, other = asks[families.child], families.other
    is_open, placed = asked & (other >= 0), asked & (other < 0)
    mine, theirs, whose = here[families.child[is_open]], here[other[is_open]], elsewhere[other[is_open]]
    here_too, gone_too = mine * theirs, (1.0 - mine) * (1.0 - theirs)
    all_here = here_too.sum() + (here[families.child[placed]] * families.place[placed]).sum()
    usual = (all_here + 1.0) / (all_here + gone_too.sum() + 2.0)
    groups = int(elsewhere.max(initial=0)) + 1
    stayed, left = (np.bincount(whose[whose >= 0], each[whose >= 0], groups) for each in (here_too, gone_too))
    of_all = (stayed.sum() + PRIOR_CHILDREN * usual) / (stayed.sum() + left.sum() + PRIOR_CHILDREN)
    share = (stayed + PRIOR_CHILDREN * of_all) / (stayed + left + PRIOR_CHILDREN)
    return np.asarray((share / (1.0 - share) * (1.0 - usual) / usual)[elsewhere], dtype=np.float64)


def log_likelihood_from_others(
    families: Families, likelihood: Floats, no_place: Floats, parts: Floats, follows: float, *, is_never: Flags
) -> Floats:
    """Natural logarithm of what the other children of a household tell of the household's part (rows), for each child
    (columns).

    - ``likelihood``: of each child's readings in each part.
    - ``no_place``: how many times likelier each child is to be without a place here than gone, given another child of the
      household without one, who was once on a roll (first row) or never (second row).
    - ``parts``: share of each part among all children, as it applies to each child.
    - ``is_never``: which children were never on a roll.
    """
    count, paired, found = likelihood.shape[1], families.paired, np.zeros_like(likelihood)
    for asked, of_kind in zip((~is_never, is_never), no_place, strict=True):
        seen = likelihood[:, paired]
        seen[0] *= of_kind[paired]
        seen *= follows / (parts[:, paired] * seen).sum(axis=0)
        seen += 1.0 - follows
        near = (families.near_paired @ np.log(seen).T).T
        np.copyto(found, near, where=asked)
    is_open = families.other >= 0
    placed, speaks = families.child[~is_open], follows * families.place[~is_open]
    left = np.bincount(placed, np.log1p(-speaks), minlength=count)
    found[1:] += left
    for part in np.flatnonzero(STILL_OPEN):
        lately = np.bincount(placed, np.log1p(-speaks * (1.0 - STILL_OPEN[part])), minlength=count)
        found[1 + part] += lately - left
    return found


def with_household(
    likelihood: Floats, from_others: Floats, has_others: Flags, parts: Floats, follows: float
) -> tuple[Floats, Floats]:
    """Posterior of each part (rows) for each child, and the probability that the child shares its household's part.

    ``from_others``: of the household, from :func:`log_likelihood_from_others`. For a child without others the second is 0.
    """
    household = np.exp(from_others - from_others.max(axis=0))
    household *= parts
    household *= np.where(has_others, follows, 0.0) / household.sum(axis=0)
    household *= likelihood
    either = np.where(has_others, 1.0 - follows, 1.0) * parts
    either *= likelihood  # of those who have a part of their own
    either += household
    total = either.sum(axis=0)
    either /= total
    return either, household.sum(axis=0) / total
