"""What is read from a child's records, in levels, and how likely each level is of a child who is here or who left when.

Every prior is worth few children and says one thing about the world that can be said aloud; it speaks up in a village
and is not heard in a city.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from pipelines.residence.evidence import NEVER, Evidence
from pipelines.residence.letters import gaps_between
from pipelines.residence.levels import (
    ENOUGH_KNOWN,
    MOST_KNOWN,
    begun_before,
    later_is_likelier_gone,
    left_within,
    level_of,
    levels_of_gone,
    quantiles,
    shares_of,
    usual_days,
    with_censored,
)
from pipelines.residence.off_roll import off_roll_readings
from pipelines.residence.reading import DEPARTED, DEPARTURES, ENDED, PRIOR_CHILDREN, Codes, Flags, Floats, Reading

SEEN = np.array([14.0, *DEPARTED[1:]])
"""Days since a sighting, cut where the departures are cut."""

SEEN_AFTER_LEAVING = np.hstack([DEPARTED[:-1, None] >= SEEN, np.zeros((DEPARTURES, len(SEEN) + 2), dtype=bool)])
"""By departure (rows), whether a sighting of each level (columns, twice: seen, and so long ago at the least) came since."""

BEGUN = np.array([30.0, 60, 91, 122, 152, 183, 274, 365, 548, 730, 1095])
"""Days since an entry began."""

LEAVING_PACE = (0.5, 1.0, 2.0)
SEEN_SINCE_PRIOR = np.array([9.0, 12.0, 9.0, 0.3])
"""Sightings of children who left: up to that day at half the gaps that are usual, as usual, or at twice them; or dated as
if they had not left (a letter, a check of papers, another child's record). A family that is to move may be met more than
others or less; an agency's records soon show it. One in a hundred dated as if here, and held firmly: of an agency that
knows few children, one taken for gone although it was met lately would teach that meetings are no sign of being here."""

LATE_SHARE = 0.002
"""So many of the children who live here are seen as late as those who left: no want of contact is proof."""

ONCE_SHARE = 0.25
"""As many children without a place who live here applied, or were told of, at any time rather than when pupils do: these mostly
in the rounds of one year. So a date long ago, by itself, is hardly a sign of having left."""

KNOWN_CHILDREN = 600.0
"""What the known children weigh at the least, as a prior for how often an agency knows a child without a place who lives
here: much, as most are known to the same agencies; and never less than the children without a place, so that those of
them who have moved away, however many, do not teach how those who live here are known."""

OFF_ROLL_CHILDREN = 300.0
"""What it weighs that an agency which works off the roll knows children alike, whether they live here or have gone."""

NEWLY_KNOWN_DAYS = 91
"""Of a child first seen so lately it tells nothing that an agency has no record of it yet: families that come take a term to
register with all of them."""

SURELY_PLACED = 0.9
"""From this probability of a place on, it shows how agencies see children educated outside the largest roll."""

SEEN_APART = (0.1, 0.3)
"""Where the days since an agency saw the largest roll's pupils and others lie so far apart (greatest difference of their
shares, above what chance makes of it), children without a place begin to be taken for, and are, seen as the latter. Not
for less: of the children on other lists some have left unnoticed, and were last seen longer ago for that."""

MOST_OTHERWISE = 0.9
"""However plainly, one child in ten without a place is taken to be seen as the pupils are: days that are usual among those are
no proof of having left, as where an application dates a child and pupils elsewhere are of other years of age."""

SMIRNOV = 1.36
"""Over the root of a sample's size: how far apart chance leaves its shares and the true ones, in 19 of 20 (Smirnov 1948)."""

MOSTLY_LEFT = 0.2
"""An agency of whose entries of known children no more than these are open still is one that all leave as they grow, such as a
nursery: that an entry there has ended tells nothing of a move, and that there is none at all tells the age."""

MOSTLY_OFF_ROLL = 3.0
"""An agency that knows so many times more of the children without a place than of those with one works off the roll."""


@dataclass(frozen=True)
class _Agency:
    """One agency's records, one a child; ``child``: row of the child; the other columns as in ``Evidence.agencies``."""

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

    @cached_property
    def seen_levels(self) -> Codes:
        """Level in ``SEEN`` of each record; -1: never seen with a date."""
        return level_of(self.sighted, SEEN)

    @cached_property
    def entry_levels(self) -> Codes:
        """Level of each record: open (1), or ended (``ENDED``) and so long ago."""
        return np.where(self.state == ENDED, ENDED + level_of(self.ended, DEPARTED[1:]), self.state)

    @cached_property
    def tells_starts_only(self) -> bool:
        """Whether the agency dates little but the start of an entry, which is then all that a sighting is to it."""
        is_dated = ~np.isnan(self.sighted)
        return bool(np.count_nonzero(self.is_start & is_dated) * 2 > np.count_nonzero(is_dated))


def readings_of(evidence: Evidence, rows: Codes, season: Floats) -> list[Reading]:
    """Every reading of the night, of the children in ``rows``: up to three an agency, the household and the time off roll.

    ``season``: as from :func:`pipelines.residence.departures.season_of`.
    """
    children = evidence.children
    is_known = children["is_known_here"].to_numpy()
    is_elsewhere = (children["undoubted_place"] >= SURELY_PLACED).fill_null(value=False).to_numpy() & ~is_known
    is_open = children["place_probability"].is_null().to_numpy()
    of_group = {group: (children["age_group"] == group).to_numpy() for group in ("under", "of", "over", "unknown")}
    without_place = is_open & of_group["of"] & ~evidence.without_school.to_numpy()
    is_never = (children["last_roll"] == NEVER).fill_null(value=False).to_numpy()[rows]
    is_new = (children["known_days"] <= NEWLY_KNOWN_DAYS).fill_null(value=False).to_numpy()
    readings = []
    for records in evidence.agencies.partition_by("source", maintain_order=True):
        agency = _Agency(
            records["source"][0], records["child"].to_numpy().astype(np.int64), records["state"].to_numpy(),
            records["sighted_days"].cast(pl.Float64).to_numpy(), records["begun_days"].cast(pl.Float64).to_numpy(),
            records["ended_days"].cast(pl.Float64).to_numpy(), records["is_start"].to_numpy(),
            records["is_letter"].to_numpy(), records["membership"].to_numpy(),
            records["is_shared"].to_numpy(), records["unsighted_days"][0], records["untold_days"][0],
            records["tells_events"][0],
        )  # fmt: skip
        readings += _presence(agency, rows, (is_known, without_place, is_elsewhere), is_new, is_never)
        for mine in of_group.values():
            readings += _sighting(agency, rows, is_known, is_elsewhere, mine)
        readings += _beginning(agency, rows, is_known)
    return [*readings, _company(evidence, rows, is_known, without_place), *off_roll_readings(evidence, rows, season)]


def _laid_out(agency: _Agency, codes: Codes, rows: Codes) -> tuple[Codes, Floats, Flags]:
    """``codes`` of an agency's records as codes, trust and whether shared of the children in ``rows``; -1: no record."""
    count = 1 + max(int(rows.max(initial=0)), int(agency.child.max(initial=0)))
    by_child, trust, is_shared = np.full(count, -1), np.ones(count), np.zeros(count, dtype=bool)
    by_child[agency.child], trust[agency.child], is_shared[agency.child] = codes, agency.trust, agency.is_shared
    return by_child[rows], trust[rows], is_shared[rows]


def _presence(
    agency: _Agency, rows: Codes, whom: tuple[Flags, Flags, Flags], is_new: Flags, is_never: Flags
) -> list[Reading]:
    """Whether an agency has a record, and whether it is open; of a child who ``is_new``, no record says nothing. Prior: of
    those who leave, a quarter of the entries end, a quarter go, half stay; how long is learnt. One reading of children once on
    a roll, who have applied for a place, and one of those never on one (``is_never``). Those gone are kept alike.

    ``whom``: the known children, those without a place, those educated elsewhere. The second may be known to fewer agencies
    than the first, who are only a prior here; and none for an agency that works through schools, to which hardly one of the
    second is known, nor of the third.

    No reading of an agency that all leave as they grow (``MOSTLY_LEFT``).

    Of an agency that works off the roll (a hotel, a transfer file unclaimed, a referral), knowing children because they have no
    place, whether it has a record, and whether that is open, each by itself.
    """
    counts = [np.bincount(agency.state[mine[agency.child]], minlength=3)[1:] for mine in whom]
    sizes = [np.count_nonzero(mine) for mine in whom]
    rates = [(count.sum() + 0.5) / (size + 1.0) for count, size in zip(counts, sizes, strict=True)]
    if rates[1] > MOSTLY_OFF_ROLL * rates[0]:
        open_or_ended = _open_or_ended(agency, rows, counts[0].astype(np.float64))
        return [*_known_or_not(agency, rows, is_new, is_never, rates[1]), *open_or_ended]
    if counts[0][0] < MOSTLY_LEFT * counts[0].sum():
        return []
    known = shares_of(np.append(sizes[0] - counts[0].sum(), counts[0]) + 0.5)
    at_most = max(2.0 * rates[1], rates[2] if sizes[2] >= ENOUGH_KNOWN else 0.0)
    _, is_current, is_ended = known * min(1.0, at_most / (known[1] + known[2]))
    here = np.array([1.0 - is_current - is_ended, is_current, is_ended])
    gone = np.array([1.0 - 0.75 * is_current - is_ended, 0.5 * is_current, 0.25 * is_current + is_ended])
    codes, trust, is_shared = _laid_out(agency, agency.entry_levels, rows)
    codes = np.where((codes < 0) & ~is_new[rows], 0, codes)
    prior = PRIOR_CHILDREN * gone[None, None, :] + 0.5
    return [
        Reading(
            np.where(is_never == of_never, codes, -1), trust, max(KNOWN_CHILDREN, float(sizes[1])) * here + 0.5, prior,
            np.ones(1), True, is_alike=True, is_presence=True, of_never=of_never, has_ends=True, habit=agency.source,
            is_shared=is_shared, unaware=left_within(agency.untold),
        )
        for of_never in (False, True)
    ]  # fmt: skip


def _known_or_not(agency: _Agency, rows: Codes, is_new: Flags, is_never: Flags, rate: float) -> list[Reading]:
    """Whether an agency that works off the roll has a record (1) or none (0); it knows so many (``rate``) of the children
    without a place. Children with a place cannot show how often it knows those who live here: these and those gone are
    taken to be known alike, and it is learnt."""
    codes, trust, is_shared = _laid_out(agency, np.ones_like(agency.state), rows)
    codes = np.where((codes < 0) & ~is_new[rows], 0, codes)
    alike = OFF_ROLL_CHILDREN * np.array([1.0 - rate, rate])
    return [
        Reading(
            np.where(is_never == of_never, codes, -1), trust, alike, alike[None, None, :], np.ones(1), True, is_alike=True,
            of_never=of_never, is_shared=is_shared, unaware=left_within(agency.untold),
        )
        for of_never in (False, True)
    ]  # fmt: skip


def _open_or_ended(agency: _Agency, rows: Codes, known: Floats) -> list[Reading]:
    """Whether the record of an agency is open (1) or ended (2), of the children of whom it has one: a prior are those of the
    known children of whom it has (``known``: open, ended), and that half of the entries end of those who leave.

    No reading of an agency whose records are all alike: one that has no entries, or lists nobody but leavers.
    """
    if len(np.unique(agency.state)) < len(known):
        return []
    is_current, is_ended = shares_of(known + 0.5)
    gone = np.array([0.0, 0.5 * is_current, 0.5 * is_current + is_ended])
    codes, trust, is_shared = _laid_out(agency, agency.entry_levels, rows)
    return [
        Reading(
            codes, trust, np.append(0.0, known) + 0.5, PRIOR_CHILDREN * gone[None, None, :] + 0.5, np.ones(1), True,
            is_alike=True, has_ends=True, is_shared=is_shared, unaware=left_within(agency.untold),
        )
    ]  # fmt: skip


def _sighting(agency: _Agency, rows: Codes, is_known: Flags, is_elsewhere: Flags, of_group: Flags) -> list[Reading]:
    """How long ago an agency saw the children of one age group; its habits are those with known children of that age,
    or of any where it knows few; or those with children educated elsewhere (:func:`_out_of_school`). Those who left were seen
    with the same habits up to the day they went.

    A child not seen since its entry began, or since a letter to all, was last seen that long ago or longer: twice the levels,
    the second half for "that long ago at the least". Not so by an agency that dates only starts.

    What an agency tells of (an application, a report) comes once, and at other times than with pupils (``ONCE_SHARE``).
    """
    is_dated = ~np.isnan(agency.sighted)
    if not np.any(of_group[agency.child] & is_dated):
        return []
    own = is_known & of_group
    known = own if np.count_nonzero(own[agency.child] & is_dated) >= ENOUGH_KNOWN else is_known
    usual = _gaps(agency, known[agency.child] & is_dated)
    usual = _out_of_school(usual, agency, (is_elsewhere & of_group)[agency.child] & is_dated)
    here = shares_of(np.bincount(np.searchsorted(SEEN, usual), minlength=len(SEEN) + 1).astype(np.float64))
    after = {pace: levels_of_gone(usual, SEEN, agency.unsighted, pace) for pace in LEAVING_PACE}
    late = ONCE_SHARE if agency.tells_events else LATE_SHARE
    here = (1.0 - late) * here + late * after[1.0].mean(axis=0)
    both = with_censored(here)
    is_censored = (agency.is_start & is_dated & (not agency.tells_starts_only)) | agency.is_letter
    levels = agency.seen_levels + np.where(is_censored, len(here), 0)
    ways = [with_censored(later_is_likelier_gone(here, gone) * here) for gone in after.values()]
    as_if_here = np.broadcast_to(both, ways[0].shape)
    gone = np.stack([*ways, as_if_here])
    readings = []
    # The day on which an entry was closed is no meeting: who has left is taken off a list, and has not come back.
    for is_asked, meets in ((agency.state == ENDED, None), (agency.state != ENDED, SEEN_AFTER_LEAVING)):
        codes, trust, is_shared = _laid_out(agency, np.where(of_group[agency.child] & is_asked, levels, -1), rows)
        readings.append(
            Reading(codes, trust, both, gone, SEEN_SINCE_PRIOR, habit=agency.source, is_shared=is_shared, meets=meets)
        )
    return readings


def _gaps(agency: _Agency, mine: Flags) -> Floats:
    """Days since an agency met the children of the records in ``mine``, letters left aside."""
    days, is_letter = agency.sighted[mine], agency.is_letter[mine]
    if not is_letter.any():
        return usual_days(days)
    return gaps_between(days, is_letter) if np.count_nonzero(~is_letter) >= ENOUGH_KNOWN else usual_days(days[:0])


def _out_of_school(known: Floats, agency: _Agency, elsewhere: Flags) -> Floats:
    """``known`` (days since the largest roll's pupils were seen), as far as pupils ``elsewhere`` (records) are not seen plainly
    otherwise: a nurse who comes to the schools, or a school's own report, sees no child without a place either.
    """
    met = np.count_nonzero(elsewhere & ~agency.is_letter)
    if met < ENOUGH_KNOWN:
        return known
    others = _gaps(agency, elsewhere)
    days = np.concatenate([known, others])
    below = [np.searchsorted(np.sort(each), days, side="right") / len(each) for each in (known, others)]
    least, most = SEEN_APART
    apart = np.abs(below[0] - below[1]).max() - SMIRNOV / np.sqrt(met)
    count = round(MOST_KNOWN * float(np.clip((apart - least) / (most - least), 0.0, MOST_OTHERWISE)))
    return np.append(quantiles(known, MOST_KNOWN - count), quantiles(others, count)) if count else known


def _beginning(agency: _Agency, rows: Codes, is_known: Flags) -> list[Reading]:
    """How long ago an open entry began: not before that had the child left. That a family came lately says no more: where
    many come for a season, or are posted, they leave again as soon. A slip of the date in one of fifty.
    """
    is_dated = ~np.isnan(agency.begun)
    if not is_dated.any() or agency.tells_starts_only:
        return []
    usual = usual_days(agency.begun[is_known[agency.child] & is_dated])
    here = shares_of(np.bincount(np.searchsorted(BEGUN, usual), minlength=len(BEGUN) + 1).astype(np.float64) + 1.0)
    gone = here * begun_before(BEGUN, agency.untold)
    gone = 0.98 * gone / gone.sum(axis=1, keepdims=True) + 0.02 * here
    codes, trust, is_shared = _laid_out(agency, level_of(agency.begun, BEGUN), rows)
    return [Reading(codes, trust, here, gone[None], np.ones(1), is_shared=is_shared)]


def _company(evidence: Evidence, rows: Codes, is_known: Flags, without_place: Flags) -> Reading:
    """Whether any other child of the household is known (1) or none (0). Of a family that has left some lists have dropped
    one child and some another, so that fewer have a brother or sister to show; what holds here is learnt."""
    others = np.zeros(len(is_known), dtype=np.int64)
    others[evidence.families["child"].to_numpy()] = 1
    here = shares_of(np.bincount(others[is_known], minlength=2).astype(np.float64) + 0.5)
    prior = max(KNOWN_CHILDREN, float(np.count_nonzero(without_place))) * here + 0.5
    gone = PRIOR_CHILDREN * here[None, None, :] + 0.5
    return Reading(others[rows], np.ones(len(rows)), prior, gone, np.ones(1), learns_here=True, is_alike=True)
