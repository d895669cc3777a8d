"""What agencies' records say of each child, as readings: how likely each level is for a child who is here, or who left in a
given time.

Every prior is worth few children and states one thing about the world in plain words. It matters in a village and is
outweighed by the data in a city.
"""

import numpy as np
import polars as pl

from pipelines.residence.agency import SEEN, Agency
from pipelines.residence.evidence import NEVER, Evidence
from pipelines.residence.letters import gaps_between
from pipelines.residence.levels import (
    ENOUGH_KNOWN,
    MOST_KNOWN,
    begun_before,
    falling_ratio,
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

SEEN_AFTER_LEAVING = np.hstack([DEPARTED[:-1, None] >= SEEN, np.zeros((DEPARTURES, len(SEEN) + 2), dtype=bool)])
"""By departure (rows): whether a sighting of each level came after the child left. The columns come twice: seen so long
ago, and seen so long ago or longer."""

BEGUN = np.array([30.0, 60, 91, 122, 152, 183, 274, 365, 548, 730, 1095])
"""Edges, in days since an entry began."""

LEAVING_PACE = (0.5, 1.0, 2.0)
SEEN_SINCE_PRIOR = np.array([9.0, 12.0, 9.0, 0.3])
"""Prior for sightings of children who left, in children: seen until the day they left at half the usual gaps, at the usual
gaps, or at twice them (``LEAVING_PACE``); or dated as if they had not left (a letter, a check of papers, another child's
record). A family about to move may be met more often than others, or less; an agency's records soon show which. One in a
hundred is dated as if here, and that is held firmly: at an agency that knows few children, one child wrongly taken for
gone although met recently would otherwise teach that meetings are no sign of being here."""

LATE_SHARE = 0.002
"""Share of the children here who were last seen as long ago as those who left. It keeps a lack of contact from proving
anything."""

ONCE_SHARE = 0.25
"""Share of the children without a place who are here and who applied, or were reported, at any time. The others did so when
pupils did, mostly in the rounds of one year. So a date long ago is, by itself, hardly a sign of having left."""

KNOWN_CHILDREN = 600.0
"""Least weight of the known children, as a prior for how often an agency knows a child without a place who lives here. It
is large, as most are known to the same agencies. The weight used is never less than the number of children without a
place, so that those of them who have moved away, however many, do not teach how those who live here are known."""

OFF_ROLL_CHILDREN = 300.0
"""Weight of the prior that an agency which works off the roll knows children equally often whether they live here or have
gone."""

NEWLY_KNOWN = BEGUN[BEGUN <= 365]
"""Upper ends, in days since a child was first known to anybody, of the classes of newcomers. After that it is none."""

A_TERM = 91
"""Families that arrive take a term to register with all agencies. Until the pupils show otherwise, of children first known
within it half as many as of others are expected to be known to each."""

MOST_UNNOTED = 0.9
"""Largest share of children of whom an agency is taken to note no meeting: where it notes one, that says something."""

SURELY_PLACED = 0.9
"""From this probability of a place on, a child shows how agencies see children educated outside the largest roll."""

SEEN_APART = (0.1, 0.3)
"""A difference between the days since an agency saw the largest roll's pupils and the days since it saw other pupils: the
greatest difference of the cumulative shares, less what chance explains. From the first value on, children without a
place begin to be treated as seen like the other pupils; towards the second, more and more. A small difference does not
count: some children on other lists have left unnoticed, and were last seen longer ago for that reason."""

MOST_OTHERWISE = 0.9
"""Greatest weight of the other pupils' days, however clear the difference: one child in ten without a place is taken to be
seen as the largest roll's pupils are. Days usual among those pupils are no proof of having left, for instance where an
application dates a child and pupils elsewhere are of other ages."""

SMIRNOV = 1.36
"""Divided by the root of a sample's size: how far apart chance leaves its shares and the true ones, in 19 of 20 samples
(Smirnov 1948)."""

MOSTLY_LEFT = 0.2
"""If no more than this share of an agency's entries of known children is still open, every child leaves it with age, as at
a nursery. An ended entry there is no sign of a move, and having none at all shows only the child's age."""

MOSTLY_OFF_ROLL = 3.0
"""An agency that knows this many times as many of the children without a place as of those with one works off the roll."""


def readings_of(evidence: Evidence, rows: Codes, season: Floats) -> list[Reading]:
    """Every reading of the night, of the children in ``rows``: up to three kinds for each agency, the household, and coming
    off the roll.

    ``season``: from :func:`pipelines.residence.departures.season_of`.
    """
    children = evidence.children
    is_known = children["is_known_here"].to_numpy()
    is_elsewhere = (children["undoubted_place"] >= SURELY_PLACED).fill_null(value=False).to_numpy() & ~is_known
    is_open = children["place_probability"].is_null().to_numpy()
    of_group = {group: (children["age_group"] == group).to_numpy() for group in ("under", "of", "over", "unknown")}
    without_place = is_open & of_group["of"] & ~evidence.without_school.to_numpy()
    is_never = (children["last_roll"] == NEVER).fill_null(value=False).to_numpy()[rows]
    known_days = children["known_days"].cast(pl.Float64).fill_null(np.inf).to_numpy()
    readings = []
    for records in evidence.agencies.partition_by("source", maintain_order=True):
        agency = Agency.of(records)
        readings += _presence(agency, rows, (is_known, without_place, is_elsewhere), known_days, is_never)
        for mine in of_group.values():
            readings += _sighting(agency, rows, is_known, is_elsewhere, mine)
        readings += _beginning(agency, rows, is_known)
    return [*readings, _company(evidence, rows, is_known, without_place), *off_roll_readings(evidence, rows, season)]


def _presence(
    agency: Agency, rows: Codes, whom: tuple[Flags, Flags, Flags], known_days: Floats, is_never: Flags
) -> list[Reading]:
    """Whether an agency has a record, and whether it is open. No record says less of a newcomer (:func:`_weight_of_none`).

    Prior: of the entries of children who leave, a quarter end, a quarter are removed and half stay open; how long that
    takes is learnt. There is one reading of children once on a roll, who have applied for a place, and one of those never
    on one (``is_never``). For those gone, both share one habit.

    ``known_days``: as in ``Evidence``; infinite: not known since when.
    ``whom``: the known children, those without a place, those educated elsewhere. Those without a place may be known to
    fewer agencies than the known children, who are only a prior here; and to none that works through schools, which hardly
    knows those educated elsewhere either.

    An agency that every child leaves with age (``MOSTLY_LEFT``) gives no reading.

    An agency that works off the roll (a hotel, an unclaimed transfer file, a referral) knows children because they have no
    place. It gives two separate readings: whether it has a record, and whether that record is open.
    """
    counts = [np.bincount(agency.state[mine[agency.child]], minlength=3)[1:] for mine in whom]
    sizes = [np.count_nonzero(mine) for mine in whom]
    rates = [(count.sum() + 0.5) / (size + 1.0) for count, size in zip(counts, sizes, strict=True)]
    if rates[1] > MOSTLY_OFF_ROLL * rates[0]:
        open_or_ended = _open_or_ended(agency, rows, counts[0].astype(np.float64))
        return [*_known_or_not(agency, rows, is_never, rates[1]), *open_or_ended]
    if counts[0][0] < MOSTLY_LEFT * counts[0].sum():
        return []
    known = shares_of(np.append(sizes[0] - counts[0].sum(), counts[0]) + 0.5)
    at_most = max(2.0 * rates[1], rates[2] if sizes[2] >= ENOUGH_KNOWN else 0.0)
    _, is_current, is_ended = known * min(1.0, at_most / (known[1] + known[2]))
    here = np.array([1.0 - is_current - is_ended, is_current, is_ended])
    gone = np.array([1.0 - 0.75 * is_current - is_ended, 0.5 * is_current, 0.25 * is_current + is_ended])
    codes, trust, is_shared = agency.laid_out(agency.entry_levels, rows)
    trust = np.where(codes < 0, _weight_of_none(agency, known_days, whom[0])[rows], trust)
    codes = np.maximum(codes, 0)
    prior = PRIOR_CHILDREN * gone[None, None, :] + 0.5
    return [
        Reading(
            np.where(is_never == of_never, codes, -1),
            trust,
            max(KNOWN_CHILDREN, float(sizes[1])) * here + 0.5,
            prior,
            np.ones(1),
            learns_here=True,
            is_alike=True,
            is_presence=True,
            of_never=of_never,
            has_ends=True,
            habit=agency.source,
            is_shared=is_shared,
            unaware=left_within(agency.untold),
        )
        for of_never in (False, True)
    ]


def _weight_of_none(agency: Agency, known_days: Floats, is_known: Flags) -> Floats:
    """How much it says of each child that an agency has no record: 0..1 of what it says of a child known for long, as trust.

    If an agency knows a share p of the children here and has removed a share r of those gone, no record is
    1 + r p / (1 - p) times as likely of those gone: what it says is proportional to the odds of being known. These are smaller
    for newcomers, as the pupils (``is_known``) first known as recently show.
    """
    has_record = np.zeros(len(known_days))
    has_record[agency.child] = 1.0
    newness = np.searchsorted(NEWLY_KNOWN, known_days)
    pupils = np.bincount(newness[is_known], minlength=len(NEWLY_KNOWN) + 1)
    known = np.bincount(newness[is_known], has_record[is_known], len(NEWLY_KNOWN) + 1)
    usual = (known.sum() + 0.5) / (pupils.sum() + 1.0)
    expected = usual * np.where(NEWLY_KNOWN <= A_TERM, 0.5, 1.0)
    share = (known[:-1] + PRIOR_CHILDREN * expected) / (pupils[:-1] + PRIOR_CHILDREN)
    odds = share / (1.0 - share) / (usual / (1.0 - usual))
    return np.append(np.minimum(odds, 1.0), 1.0)[newness]


def _known_or_not(agency: Agency, rows: Codes, is_never: Flags, rate: float) -> list[Reading]:
    """Whether an agency that works off the roll has a record (1) or none (0).

    ``rate``: share of the children without a place whom it knows. Children with a place cannot show how often it knows
    those who live here. It is taken to know these and those gone equally often, until tonight's records teach otherwise.
    """
    codes, trust, is_shared = agency.laid_out(np.ones_like(agency.state), rows)
    codes = np.maximum(codes, 0)
    alike = OFF_ROLL_CHILDREN * np.array([1.0 - rate, rate])
    return [
        Reading(
            np.where(is_never == of_never, codes, -1),
            trust,
            alike,
            alike[None, None, :],
            np.ones(1),
            learns_here=True,
            is_alike=True,
            of_never=of_never,
            is_shared=is_shared,
            unaware=left_within(agency.untold),
        )
        for of_never in (False, True)
    ]


def _open_or_ended(agency: Agency, rows: Codes, known: Floats) -> list[Reading]:
    """Whether the record of an agency that works off the roll is open (1) or ended (2), for the children of whom it has
    one.

    Prior: for those here the shares among the known children (``known``: open, ended); for those who leave, half of the
    open entries end. An agency whose records are all open or all ended gives no reading: it keeps no entries, or lists only
    leavers.
    """
    if len(np.unique(agency.state)) < len(known):
        return []
    is_current, is_ended = shares_of(known + 0.5)
    gone = np.array([0.0, 0.5 * is_current, 0.5 * is_current + is_ended])
    codes, trust, is_shared = agency.laid_out(agency.entry_levels, rows)
    return [
        Reading(
            codes,
            trust,
            np.append(0.0, known) + 0.5,
            PRIOR_CHILDREN * gone[None, None, :] + 0.5,
            np.ones(1),
            learns_here=True,
            is_alike=True,
            has_ends=True,
            is_shared=is_shared,
            unaware=left_within(agency.untold),
        )
    ]


def _sighting(agency: Agency, rows: Codes, is_known: Flags, is_elsewhere: Flags, of_group: Flags) -> list[Reading]:
    """How long ago an agency saw the children of one age group.

    Its habits are those with known children (:func:`_met`), adjusted for children educated elsewhere
    (:func:`_out_of_school`). Those who left were seen with the same habits up to the day they
    left.

    A child not seen since its entry began, or since a letter to everybody, was last seen that long ago or longer. The
    levels therefore come twice; the second half means "that long ago at least". At an agency that dates little but starts,
    a start counts as a sighting. Of some children an agency notes no meeting although it met them (:func:`_unnoted`).

    What an agency reports only once (an application, a referral) comes at other times than for pupils (``ONCE_SHARE``).
    """
    is_dated = ~np.isnan(agency.sighted)
    if not np.any(of_group[agency.child] & is_dated):
        return []
    known, is_met = _met(agency, is_known & of_group, is_known)
    is_asked = known[agency.child] & is_dated & ~agency.is_letter
    unnoted = _unnoted(agency, _gaps(agency, known[agency.child] & is_met), is_asked, is_met)
    usual = _gaps_of_all(agency, known[agency.child] & is_dated, is_met, unnoted)
    usual = _out_of_school(usual, agency, (is_elsewhere & of_group)[agency.child] & is_dated, is_met, unnoted)
    here = shares_of(np.bincount(np.searchsorted(SEEN, usual), minlength=len(SEEN) + 1).astype(np.float64))
    after = {pace: levels_of_gone(usual, SEEN, agency.unsighted, pace) for pace in LEAVING_PACE}
    late = ONCE_SHARE if agency.tells_events else LATE_SHARE
    here = (1.0 - late) * here + late * after[1.0].mean(axis=0)
    both = with_censored(here, unnoted)
    is_censored = (agency.is_start & is_dated & (not agency.tells_starts_only)) | agency.is_letter
    levels = agency.seen_levels + np.where(is_censored, len(here), 0)
    ways = [with_censored(falling_ratio(here, gone) * here, unnoted) for gone in after.values()]
    as_if_here = np.broadcast_to(both, ways[0].shape)
    gone = np.stack([*ways, as_if_here])
    readings = []
    # The day on which an entry was closed is not a meeting: a child who has left is taken off a list, and has not come
    # back.
    for is_said, meets in ((agency.state == ENDED, None), (agency.state != ENDED, SEEN_AFTER_LEAVING)):
        codes, trust, is_shared = agency.laid_out(np.where(of_group[agency.child] & is_said, levels, -1), rows)
        readings.append(
            Reading(codes, trust, both, gone, SEEN_SINCE_PRIOR, habit=agency.source, is_shared=is_shared, meets=meets)
        )
    return readings


def _met(agency: Agency, own: Flags, is_known: Flags) -> tuple[Flags, Flags]:
    """The children who show how long ago an agency meets children, and which records tell it.

    The children are the known ones of the age group (``own``), or of any age if it met few of that one. The records are those
    with a day other than the start of their entry; all that are dated, if it notes hardly any such day.
    """
    is_dated = ~np.isnan(agency.sighted)
    is_met = is_dated if agency.tells_starts_only else is_dated & ~agency.is_start
    known = own if np.count_nonzero(own[agency.child] & is_met) >= ENOUGH_KNOWN else is_known
    is_enough = np.count_nonzero(known[agency.child] & is_met & ~agency.is_letter) >= ENOUGH_KNOWN
    return known, is_met if is_enough else is_dated


def _unnoted(agency: Agency, usual: Floats, known: Flags, is_met: Flags) -> float:
    """Share (0..1) of the known children (a flag for each record) of whom no meeting is noted, though there were some: more
    have no date but the start of their entry than, by the ``usual`` days between meetings, were not met since."""
    asked = known & ~np.isnan(agency.begun)
    if np.count_nonzero(asked) < ENOUGH_KNOWN:
        return 0.0
    unmet = 1.0 - np.searchsorted(np.sort(usual), agency.begun[asked], side="right").mean() / len(usual)
    undated = 1.0 - is_met[asked].mean()
    return float(np.clip((undated - unmet) / max(1.0 - unmet, 0.01), 0.0, MOST_UNNOTED))


def _gaps(agency: Agency, mine: Flags) -> Floats:
    """Days since an agency met the children of the records in ``mine``, excluding letters."""
    days, is_letter = agency.sighted[mine], agency.is_letter[mine]
    if not is_letter.any():
        return usual_days(days)
    return gaps_between(days, is_letter) if np.count_nonzero(~is_letter) >= ENOUGH_KNOWN else usual_days(days[:0])


def _gaps_of_all(agency: Agency, mine: Flags, is_met: Flags, unnoted: float) -> Floats:
    """Days since an agency met the children of the records in ``mine``, those not met since their entry began among them.

    Of a child without a day since then, that it was not met is as likely as gaps between meetings so long are, beside the share
    ``unnoted`` of children of whom no meeting is noted.
    """
    usual = _gaps(agency, mine & is_met)
    since = np.sort(agency.sighted[mine & ~is_met & ~agency.is_letter])
    if not len(since):
        return usual
    longer = 1.0 - np.searchsorted(np.sort(usual), since, side="right") / len(usual)
    unmet = (longer + 1e-6) / (longer + 1e-6 + unnoted * (1.0 - longer))
    count = round(MOST_KNOWN * unmet.sum() / (np.count_nonzero(mine & is_met) + unmet.sum()))
    places = (np.arange(count) + 0.5) / max(count, 1) * unmet.sum()
    return np.append(quantiles(usual, MOST_KNOWN - count), since[np.searchsorted(np.cumsum(unmet), places)])


def _out_of_school(known: Floats, agency: Agency, elsewhere: Flags, is_met: Flags, unnoted: float) -> Floats:
    """``known`` (days since the largest roll's pupils were seen), mixed with the days of pupils ``elsewhere`` (a flag for
    each record) as far as these are clearly seen differently. A nurse who visits the schools, or a school's own report,
    sees no child without a place either."""
    met = np.count_nonzero(elsewhere & ~agency.is_letter)
    if met < ENOUGH_KNOWN:
        return known
    others = _gaps_of_all(agency, elsewhere, is_met, unnoted)
    days = np.concatenate([known, others])
    below = [np.searchsorted(np.sort(each), days, side="right") / len(each) for each in (known, others)]
    least, most = SEEN_APART
    apart = np.abs(below[0] - below[1]).max() - SMIRNOV / np.sqrt(met)
    count = round(MOST_KNOWN * float(np.clip((apart - least) / (most - least), 0.0, MOST_OTHERWISE)))
    return np.append(quantiles(known, MOST_KNOWN - count), quantiles(others, count)) if count else known


def _beginning(agency: Agency, rows: Codes, is_known: Flags) -> list[Reading]:
    """How long ago an open entry began: before then, the child cannot have left; one date in fifty may be a slip.

    It means no more than that. A recent arrival is no sign of staying: where many come for a season, or are posted here,
    they leave again as soon.
    """
    is_dated = ~np.isnan(agency.begun)
    if not is_dated.any() or agency.tells_starts_only:
        return []
    usual = usual_days(agency.begun[is_known[agency.child] & is_dated])
    here = shares_of(np.bincount(np.searchsorted(BEGUN, usual), minlength=len(BEGUN) + 1).astype(np.float64) + 1.0)
    gone = here * begun_before(BEGUN, agency.untold)
    gone = 0.98 * gone / gone.sum(axis=1, keepdims=True) + 0.02 * here
    codes, trust, is_shared = agency.laid_out(level_of(agency.begun, BEGUN), rows)
    return [Reading(codes, trust, here, gone[None], np.ones(1), is_shared=is_shared)]


def _company(evidence: Evidence, rows: Codes, is_known: Flags, without_place: Flags) -> Reading:
    """Whether any other child of the household is known (1) or none (0).

    Once a family has left, some lists have dropped one child and some another, so fewer of its children have a brother or
    sister to show. How many of the children here have one is learnt. A child whose records give no home has none to show
    wherever it lives: of such a child it says nothing.
    """
    others = np.where(evidence.children["gives_home"].to_numpy(), 0, -1)
    others[evidence.families["child"].to_numpy()] = 1
    here = shares_of(np.bincount(others[is_known & (others >= 0)], minlength=2).astype(np.float64) + 0.5)
    prior = max(KNOWN_CHILDREN, float(np.count_nonzero(without_place & (others >= 0)))) * here + 0.5
    gone = PRIOR_CHILDREN * here[None, None, :] + 0.5
    return Reading(others[rows], np.ones(len(rows)), prior, gone, np.ones(1), learns_here=True, is_alike=True)
