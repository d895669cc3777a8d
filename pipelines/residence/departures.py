"""When families leave: how many in each time of departure, and of how many of them a list still knows.

Places on rolls end in crowds: with the school year, at the end of a term, on a census day. That many children came off a
roll in one month, more than in the months around it, does not show whether one of them moved away or stayed: both happen.
So the crowds are read from tonight's own children and taken out of what is said of each child.
"""

import numpy as np
from scipy.optimize import isotonic_regression

from pipelines.residence.reading import DEPARTED, PRIOR_CHILDREN, Flags, Floats

CLEANED_AFTER_DAYS = 1095.0
"""As many families leave in one month as in another, but the longer ago they left, the fewer are still on a list: lists are
cleaned about every three years."""

WIDTHS = np.diff(DEPARTED)
EXPECTED_DEPARTURES = WIDTHS * np.exp(-(((DEPARTED[1:] + DEPARTED[:-1]) / 2.0 / CLEANED_AFTER_DAYS) ** 2))
EXPECTED_DEPARTURES /= EXPECTED_DEPARTURES.sum()

DEPARTED_CHILDREN = 50.0
"""How many children the expected departures are worth. More than other priors: in a small authority some hundred children are
gone, and what they show of eighteen times of departure is mostly chance."""

ABOUT_DAYS = 60.0
"""Added, in days, to the age of two times of departure before their ratio is taken: the weight of one in the usual rate of
the other. So last month is compared with the months around it, and the year before last with years."""

EVEN_CHILDREN = 2.0
"""Children expected to come off a roll in each time of departure: where hardly more are known to have, no time stands out."""

NEIGHBOURS = (0.25, 0.5, 0.25)
"""Weights of the earlier, the same and the later time of departure in smoothing."""


def season_of(roll_ended_days: Floats) -> Floats:
    """How many times as often as usual around then places on rolls ended, for each time of departure.

    ``roll_ended_days``: days since the last place of each child without one ended; nan: none did.
    """
    counts = np.histogram(roll_ended_days[~np.isnan(roll_ended_days)], DEPARTED)[0]
    middle = (DEPARTED[1:] + DEPARTED[:-1]) / 2.0 + ABOUT_DAYS
    near = np.minimum.outer(middle, middle) / np.maximum.outer(middle, middle)
    usual = near @ counts / (near @ WIDTHS) * WIDTHS
    return np.asarray((counts + EVEN_CHILDREN) / (usual + EVEN_CHILDREN), dtype=np.float64)


def departures(gone: Floats, is_never: Flags, season: Floats) -> Floats:
    """Share of each departure (rows) among those gone, for children once on a roll and never on one (columns).

    ``gone``: by departure and child. Each time is smoothed with its neighbours, without the effect of the season (from
    :func:`season_of`).

    Families leave in every year. Rolls forget those who left long ago, not those who left recently, and long-gone leavers
    cannot otherwise be told from children who stay. So of those once on a roll, no day has fewer leavers than any day
    before it. Children never on a roll are different: most who left recently were on a roll by then, and those who left
    before school age never were. Of these, no day has more leavers than any day before it, other than because lists have
    since forgotten earlier ones.
    """
    beside = np.convolve(np.pad(season, 1, mode="edge"), NEIGHBOURS, mode="valid")
    once, never = (_smooth(gone[:, mine].sum(axis=1), beside) for mine in (~is_never, is_never))
    once = fading(once, WIDTHS * beside)
    never = fading(never[::-1], (EXPECTED_DEPARTURES * beside)[::-1])[::-1]
    return np.stack([each / each.sum() for each in (once, never)], axis=1)


def _smooth(gone: Floats, season: Floats) -> Floats:
    """Number of children by departure, with those expected, smoothed over neighbouring times except for the ``season``."""
    days = WIDTHS * season
    rate = (gone + DEPARTED_CHILDREN * EXPECTED_DEPARTURES * season) / days
    return np.convolve(np.pad(rate, 1, mode="edge"), NEIGHBOURS, mode="valid") * days


def fading(counts: Floats, days: Floats) -> Floats:
    """Number of children by level, the longest ago last, adjusted so that no day has more than a more recent one; ``days``:
    how many each level covers."""
    return np.asarray(isotonic_regression(counts / days, weights=days, increasing=False).x * days, dtype=np.float64)


def entry_states_by_departure(here: Floats, gone: Floats, found: Floats) -> Floats:
    """How likely an agency's record of a child gone is absent, open or ended (columns), by departure (rows).

    ``found``: number of children gone, by departure and level. Each departure is smoothed with its neighbours and drawn
    towards ``gone``, the levels of all. A list is cleaned once a year, or name by name over years, or never; until then it
    holds those who left as it held them before. So an open record becomes rarer the longer ago the child left, and is never
    likelier than among those ``here``.
    """
    before, after = np.vstack([found[:1], found[:-1]]), np.vstack([found[1:], found[-1:]])
    counts = NEIGHBOURS[0] * before + NEIGHBOURS[1] * found + NEIGHBOURS[2] * after + PRIOR_CHILDREN * gone
    sizes = counts.sum(axis=1)
    is_open = isotonic_regression(counts[:, 1] / sizes, weights=sizes, increasing=False).x
    is_open = np.minimum(is_open, here[1])[:, None]
    rest = np.delete(counts, 1, axis=1)
    rest *= (1.0 - is_open) / rest.sum(axis=1, keepdims=True)
    return np.hstack([rest[:, :1], is_open, rest[:, 1:]])
