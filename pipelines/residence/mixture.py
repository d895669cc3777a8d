"""Who still lives here, estimated without labels: a mixture of children who are here and children who are gone.

Children with a current school place certainly live here: they show how long ago each agency has typically seen such a
child. Children without one are a mixture. Those here are seen as children with a place are. Those gone were seen so until
the month in which they left, and a few have come back since. Estimated by expectation-maximisation (Dempster, Laird and
Rubin 1977), as in learning from positive and unlabelled examples (Elkan and Noto 2008): how many are here, how many left
when, how often an agency knows a child of either kind, and how families hold together. Times of departure are smoothed
between the rounds, as in the EMS algorithm (Silverman, Jones, Wilson and Nychka 1990), since the data cannot tell one month
from the next.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from scipy.special import expit, logit

from pipelines.residence.agency_readings import readings_of
from pipelines.residence.departures import EXPECTED_DEPARTURES, departures, season_of
from pipelines.residence.evidence import NEVER, Evidence
from pipelines.residence.family import (
    BOTH_PRIOR,
    FOLLOWS_PRIOR,
    Families,
    families_of,
    likelier_beside_those_here,
    log_likelihood_from_others,
    with_household,
)
from pipelines.residence.group_shares import BOUNDS, CLOSE_ENOUGH, ROUNDS, mean_by_group, shares_here, usual_shares
from pipelines.residence.level_likelihoods import gone_by_departure, levels_by_part, shares_of_ways
from pipelines.residence.levels import ENOUGH_KNOWN
from pipelines.residence.reading import (
    DEPARTURES,
    HERE,
    Codes,
    Flags,
    Floats,
    Likelihood,
    ReadingTable,
)
from pipelines.residence.without_place import Children

PLACE_CERTAINTY = 0.995
"""Probability that a child with a current place lives here: a school takes a child off its roll within weeks of a move."""

SURE_PLACE = 0.99
"""From this probability of a place on, no other evidence is used."""

HERE_BOUNDS = (0.5, 0.995)
"""Bounds for the share who live here, among all children of age known to anybody."""

COME_BACK = 0.005
"""Largest share of the children gone who have come back since and are met as children here are. At most half of those whom
an agency dates as if they had not left: where it dates many so, most of those dates are letters, checks of papers or
slips. A date that a child shares with its household does not mean that the child was met."""

FURTHEST_AHEAD = 64.0
"""Longest step of the extrapolation: about the number of rounds it may skip at once."""

TOO_FAR = 10.0
"""An extrapolated start is dropped if its first step is this many times as long as the last step before the extrapolation."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """What is learnt."""

    levels: tuple[Floats, ...]
    """For each reading: likelihood of each level (columns), for those here (first row) and by departure."""
    ways: tuple[Floats, ...]
    """For each reading: share of each of its ways, among the children gone."""
    departures: Floats
    """Share of each departure (rows) among the children gone: once on a roll, and never on one (columns). A roll keeps its
    leavers for some terms, a list until it is cleaned."""
    here: float
    """Share who are here, of all children of age with or without a place."""
    no_place: Floats
    """For each group: how many times likelier a child here is to be without a place than one gone."""
    follows: float
    both: Floats
    """Two numbers: for children once on a roll, and never on one. See :mod:`pipelines.residence.family` for both fields."""

    def parts(self, is_never: Flags) -> Floats:
        """Share of each part (rows) among all children of age, as it applies to each child (columns)."""
        shares = np.vstack([np.full(2, self.here), (1.0 - self.here) * self.departures])
        return np.take(shares, is_never.astype(np.int64), axis=1)  # by rows, as all that it is multiplied by

    @property
    def laid_out(self) -> Floats:
        """All numbers of the mixture in one row, on unbounded scales: logarithms, and log odds of single probabilities."""
        shares = [np.log(each).ravel() for each in (*self.levels, *self.ways, self.departures, self.no_place)]
        return np.concatenate([*shares, logit([self.here, self.follows, *self.both])])

    def at(self, laid_out: Floats) -> "Mixture":
        """A mixture of this one's shape with these numbers. Shares need not add up to one: the next round makes them."""
        shapes = [*self.levels, *self.ways, self.departures, self.no_place]
        parts = np.split(laid_out, np.cumsum([each.size for each in shapes]))
        tables = [np.exp(part).reshape(each.shape) for part, each in zip(parts, shapes, strict=False)]
        *shares, no_place = tables
        here, follows, *both = expit(parts[-1]).tolist()
        count = len(self.levels)
        return Mixture(
            tuple(shares[:count]),
            tuple(shares[count:-1]),
            shares[-1],
            float(np.clip(here, *HERE_BOUNDS)),
            no_place,
            follows,
            np.array(both),
        )


def living_here(evidence: Evidence) -> Floats:
    """Probability (0..1) that each child of ``evidence.children`` lives here, in their order.

    A place in doubt does not prove living here. A child whose only place is a years-old confirmation, or an entry on a
    register that nobody has cleaned, is judged like a child without a place; nothing is learnt from it.
    """
    frame = evidence.children
    place = frame["undoubted_place"].fill_null(0.0).to_numpy()
    is_open = frame["place_probability"].is_null().to_numpy()
    with_school = evidence.without_school
    learn = (frame["age_group"] == "of").to_numpy() & ~with_school.to_numpy()
    if np.count_nonzero(is_open & learn) < ENOUGH_KNOWN:
        learn = np.ones(len(place), dtype=bool)
    is_elsewhere = _placed_elsewhere(evidence, place)
    rows = np.flatnonzero((place < SURE_PLACE) | is_elsewhere)
    season = season_of(frame["roll_ended_days"].cast(pl.Float64).to_numpy()[is_open & learn])
    chance = np.ones(len(place))
    if len(rows):
        group = _groups(frame, is_elsewhere)
        children = Children.of_readings(
            readings_of(evidence, rows, season),
            (is_open & learn)[rows],
            families_of(evidence, rows, is_elsewhere),
            group=group[rows],
            is_never=(frame["last_roll"] == NEVER).fill_null(value=False).to_numpy()[rows],
            with_school=with_school.to_numpy()[rows],
            season=season,
        )
        placed = float(frame["place_probability"].fill_null(0.0).to_numpy()[learn].sum())
        heard = families_of(evidence, rows, is_elsewhere, heard=True)
        chance[rows] = _chances(children, usual_shares(frame, group), placed, is_elsewhere[rows], heard)
    return np.asarray(place * PLACE_CERTAINTY + (1.0 - place) * np.clip(chance, *BOUNDS), dtype=np.float64)


def _groups(frame: pl.DataFrame, is_elsewhere: Flags) -> Codes:
    """Number of each child's group (``Children.group``). Children placed elsewhere are told apart by where."""
    where = pl.when(pl.Series(is_elsewhere)).then(pl.concat_str(pl.lit("elsewhere: "), "place_source"))
    told_apart = pl.concat_str(
        "age_group",
        pl.coalesce("last_roll", where, pl.lit("place")),
        "left_with_all",
        "left_with_school",
        separator="|",
    )
    groups = frame.select(told_apart).to_series()
    return groups.cast(pl.Enum(groups.unique().sort())).to_physical().to_numpy().astype(np.int64)


def _placed_elsewhere(evidence: Evidence, place: Floats) -> Flags:
    """Which children have a certain place, but not on the largest roll, and a brother or sister without one.

    That place does not prove that they live here. Another authority confirms both the children who live here and go to school
    there and those who have moved there.
    """
    frame = evidence.children
    child, other = (evidence.families[name].to_numpy().astype(np.int64) for name in ("child", "other"))
    is_asked = np.zeros(frame.height, dtype=bool)
    is_asked[other[place[child] < SURE_PLACE]] = True
    return np.asarray(is_asked & (place >= SURE_PLACE) & ~frame["is_known_here"].to_numpy())


def _chances(children: Children, usual: Floats, placed: float, elsewhere: Flags, heard: Families) -> Floats:
    """Probability (0..1) that each of the children lives here, leaving their places aside.

    ``usual``: for each group, the share of children without a place, which holds until more is known. ``placed``: number
    of children of age with a place. ``elsewhere``: which of the children have a place elsewhere. The mixture is learnt as if
    these said nothing of their households. Once their own records have been judged by it, they are heard (``heard``: the
    households with them).
    """
    learners = children.of(children.taught_from)
    mixture = fitted(learners, _expected(learners, usual, placed), placed)
    likelihood = _likelihood(children, mixture)
    own, mixture = _by_own_records(children, likelihood, mixture, usual)
    chance = _with_those_come_back(children, likelihood, mixture)
    if not elsewhere.any():
        return chance
    here, whose = np.where(elsewhere, own, chance), np.where(elsewhere, children.group, -1)
    likelier = likelier_beside_those_here(heard, here, children.counts, whose)
    told = mixture.no_place.copy()
    told[children.group[elsewhere]] = likelier[elsewhere]
    return _with_those_come_back(replace(children, families=heard), likelihood, replace(mixture, no_place=told))


def _by_own_records(
    children: Children, likelihood: Likelihood, mixture: Mixture, usual: Floats
) -> tuple[Floats, Mixture]:
    """Probability (0..1) that each child lives here by its own records alone, and the mixture with ``no_place`` of the groups
    from which it was not learnt."""
    gone = (likelihood.own + likelihood.household)[1:]
    highest = gone.max(axis=0)
    departures = mixture.departures[:, children.is_never.astype(np.int64)]
    ratio = -highest - np.log((departures * np.exp(gone - highest)).sum(axis=0))
    with_school = np.bincount(children.group[children.with_school], minlength=len(usual)) > 0
    odds = shares_here(ratio, children.group, usual, with_school)
    learnt = np.bincount(children.group[children.counts], minlength=len(usual)) > 0
    no_place = np.where(learnt, mixture.no_place, np.exp(odds - logit(mixture.here)))
    return np.asarray(expit(odds[children.group] + ratio), dtype=np.float64), replace(mixture, no_place=no_place)


def _with_those_come_back(children: Children, likelihood: Likelihood, mixture: Mixture) -> Floats:
    parts = _posterior(children, likelihood, mixture)[0]
    chances = parts[HERE] + (parts[1:] * _come_back(children.table, mixture)).sum(axis=0)
    return np.asarray(chances, dtype=np.float64)


def _come_back(table: ReadingTable, mixture: Mixture) -> Floats:
    """Probability, by departure (rows) and child, that a child who left then has come back, given meetings since."""
    chances = []
    for reading, ways, levels in zip(table.readings, mixture.ways, mixture.levels, strict=True):
        chance = np.zeros((DEPARTURES, reading.size))
        if reading.meets is not None:
            back = min(COME_BACK, ways[-1] / 2)
            np.divide(back * reading.gone[-1], levels[1:], out=chance, where=reading.meets)
        chances.append(chance)
    return table.any_of(np.hstack(chances))


def fitted(children: Children, start: Mixture, placed: float) -> Mixture:
    """The mixture by expectation-maximisation, from ``start``.

    After every two rounds it extrapolates and starts again from there (SQUAREM, Varadhan and Roland 2008, Scandinavian
    Journal of Statistics 35:335). If that turns out to be too far (``TOO_FAR``), it goes back to the end of the two rounds.
    Without convergence after ``ROUNDS`` it returns what the last rounds found, not the extrapolation, whose shares need not
    add up to one.
    """

    def after(mixture: Mixture) -> tuple[Mixture, Floats]:
        expected = _posterior(children, _likelihood(children, mixture), mixture)
        return _maximise(children, mixture, expected, placed), expected[0][HERE]

    fallback, plain_length = None, np.inf
    for _ in range(ROUNDS):
        once, here = after(start)
        step = once.laid_out - start.laid_out
        if fallback is not None and _length(step) > TOO_FAR * plain_length:
            start, fallback = fallback, None
            continue
        twice, here_after = after(once)
        if np.abs(here_after - here).max(initial=0.0) < CLOSE_ENOUGH:
            return twice
        change = twice.laid_out - once.laid_out - step
        fallback, plain_length = twice, _length(step)
        stride = max(1.0, plain_length / max(_length(change), plain_length / FURTHEST_AHEAD))
        start = twice.at(start.laid_out + 2.0 * stride * step + stride**2 * change)
    return fallback or start


def _length(step: Floats) -> float:
    return float(np.sqrt((step * step).sum()))  # not numpy's norm, whose threads wait for each other


def _share_here_at_start(children: Children, placed: float) -> float:
    """Share who are here of all children of age, before any child is looked at. With the shares without a place expected of
    each group (``usual_shares``), it means that half of the children without a place are gone.

    Only a start, not a bound: an estimate started where hardly anybody is gone may stay there against what the records say,
    in a small authority on one night and not on the next.
    """
    without = np.count_nonzero(children.counts)
    return float(np.clip((placed + without) / (placed + 2.0 * without), *HERE_BOUNDS))


def _expected(children: Children, usual: Floats, placed: float) -> Mixture:
    """The mixture expected before any child is looked at."""
    ways = tuple(reading.ways / reading.ways.sum() for reading in children.readings)
    levels = tuple(
        np.vstack(
            [
                reading.here / reading.here.sum() if reading.learns_here else reading.here,
                gone_by_departure(reading, way),
            ]
        )
        for reading, way in zip(children.readings, ways, strict=True)
    )
    return Mixture(
        levels,
        ways,
        np.repeat(EXPECTED_DEPARTURES[:, None], 2, axis=1),
        _share_here_at_start(children, placed),
        usual,
        FOLLOWS_PRIOR[0] / sum(FOLLOWS_PRIOR),
        np.repeat(BOTH_PRIOR[0] / sum(BOTH_PRIOR), 2),
    )


def _likelihood(children: Children, mixture: Mixture) -> Likelihood:
    """What the readings say of each child, by itself and as one of its household.

    A child never on a roll is in the data only if some agency has a record: its likelihood in each part is divided by that
    chance.
    """
    read = zip(children.readings, mixture.levels, strict=True)
    ratios = np.hstack([np.empty((DEPARTURES, 0)), *(reading.ratios(levels) for reading, levels in read)])
    own, household = (np.vstack([np.zeros(len(children.group)), each]) for each in children.table.of_children(ratios))
    known = np.log1p(-_chances_of_no_record(children, mixture))
    return Likelihood(own - np.where(children.is_never, (known - known[HERE])[:, None], 0.0), household)


def _chances_of_no_record(children: Children, mixture: Mixture) -> Floats:
    """Chance, for each part, that no agency has a record of a child never on a roll; at most 0.9."""
    read = zip(children.readings, mixture.levels, strict=True)
    absent = [levels[:, 0] for reading, levels in read if reading.of_never]
    return np.asarray(np.minimum(np.prod(absent, axis=0), 0.9) if absent else np.zeros(1 + DEPARTURES))


def _posterior(children: Children, likelihood: Likelihood, mixture: Mixture) -> tuple[Floats, Floats]:
    """Probability of each part (rows) for each child, and the probability that the child moves with its household."""
    scaled = np.exp(likelihood.own - likelihood.own.max(axis=0))
    no_place, parts = mixture.no_place[children.group], mixture.parts(children.is_never)
    without = np.where(children.counts, mixture.both[:, None], no_place)
    from_others = log_likelihood_from_others(
        children.families, scaled, without, parts, mixture.follows, is_never=children.is_never
    )
    from_others += likelihood.household
    scaled[HERE] *= no_place
    return with_household(scaled, from_others, children.families.has_others, parts, mixture.follows)


def _maximise(children: Children, before: Mixture, expected: tuple[Floats, Floats], placed: float) -> Mixture:
    """The mixture, from the parts of the children and how likely each moves with its household (``expected``), and the
    priors."""
    posterior, together = expected
    counts, here = children.counts, posterior[HERE]
    mine = posterior[:, counts]
    unknown = _chances_of_no_record(children, before)
    unseen = mine[:, children.is_never[counts]].sum(axis=1) * unknown / (1.0 - unknown)
    table = children.table
    by_level = table.by_level(posterior, unseen)
    ways = shares_of_ways(table.readings, before.ways, by_level)
    levels = [levels_by_part(*each) for each in zip(table.readings, ways, by_level, strict=True)]
    share_here = float(np.clip((placed + mine[HERE].sum()) / (placed + np.count_nonzero(counts)), *HERE_BOUNDS))
    shares = mean_by_group(here[counts], children.group[counts], len(before.no_place))
    is_learnt = np.bincount(children.group[counts], minlength=len(before.no_place)) > 0
    asked = together[counts & children.families.has_others]
    return Mixture(
        tuple(levels),
        ways,
        departures(mine[1:], children.is_never[counts], children.season),
        share_here,
        np.where(is_learnt, np.exp(logit(shares) - logit(share_here)), before.no_place),
        float((asked.sum() + FOLLOWS_PRIOR[0]) / (len(asked) + sum(FOLLOWS_PRIOR))),
        _both(children, here),
    )


def _both(children: Children, here: Floats) -> Floats:
    """For each child here without a place, the share of its brothers and sisters here who have none either: for children
    once on a roll, and never on one."""
    families = children.families
    asks, kind = children.counts[families.child], children.is_never[families.child].astype(np.int64)
    open_too = asks & (families.other >= 0) & children.counts[families.other]
    none = here[families.child[open_too]] * here[families.other[open_too]]
    placed = asks & (families.other < 0)
    some = here[families.child[placed]] * families.place[placed]
    nones, somes = np.bincount(kind[open_too], none, 2), np.bincount(kind[placed], some, 2)
    return np.asarray((nones + BOTH_PRIOR[0]) / (nones + somes + sum(BOTH_PRIOR)), dtype=np.float64)
