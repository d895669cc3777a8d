"""When families leave: in which months, and of whom a list still knows.

Rolls end in crowds: with the school year, at the end of a term, on the day of a census. That many children came off a roll in
one month, more than in those about it, says nothing of whether one of them left the town or stayed in it, as both do. So it is
read from tonight's own children, and taken out of what is said of each.
"""

import numpy as np
from scipy.optimize import isotonic_regression

from pipelines.residence.reading import DEPARTED, PRIOR_CHILDREN, Flags, Floats

CLEANED_AFTER_DAYS = 1095.0
"""As many leave in one month as in another, but fewer are still on a list, the longer ago it is: lists are cleaned about
every three years."""

WIDTHS = np.diff(DEPARTED)
EXPECTED_DEPARTURES = WIDTHS * np.exp(-(((DEPARTED[1:] + DEPARTED[:-1]) / 2.0 / CLEANED_AFTER_DAYS) ** 2))
EXPECTED_DEPARTURES /= EXPECTED_DEPARTURES.sum()

ABOUT_DAYS = 60.0
"""What a time counts for beside another, to say how many usually come off a roll about then, is the ratio of their days ago
once so many are added to both: last month goes with the months about it, and the year before last with years."""

EVEN_CHILDREN = 2.0
"""Children expected to come off a roll in each time as usual: where hardly more are known to have, no time is special."""

NEIGHBOURS = (0.25, 0.5, 0.25)
"""What a time of departure, and those beside it, count for when it is smoothed."""


def season_of(roll_ended_days: Floats) -> Floats:
    """How much more often than usual about then rolls ended in each time of departure.

    ``roll_ended_days``: since the last roll of each child without a place ended; nan: none did.
    """
    counts = np.histogram(roll_ended_days[~np.isnan(roll_ended_days)], DEPARTED)[0]
    middle = (DEPARTED[1:] + DEPARTED[:-1]) / 2.0 + ABOUT_DAYS
    near = np.minimum.outer(middle, middle) / np.maximum.outer(middle, middle)
    usual = near @ counts / (near @ WIDTHS) * WIDTHS
    return np.asarray((counts + EVEN_CHILDREN) / (usual + EVEN_CHILDREN), dtype=np.float64)


def departures(gone: Floats, is_never: Flags, season: Floats) -> Floats:
    """Share of each departure (rows) among those gone (``gone``: by departure and child), once on a roll and never on one
    (columns), each smoothed with its neighbours. What the season (:func:`season_of`) makes of a month is left aside.

    Families leave in every year, and rolls forget those who left long ago, not those who left lately: whom nobody could tell
    from children who stay otherwise. So of those once on a roll no day has fewer leavers than one before it. Not so of those
    never on one: who left lately was mostly on a roll by then, and who left before school age never was. Of these no day has
    more than one before it, but for those whom lists have forgotten since.
    """
    beside = np.convolve(np.pad(season, 1, mode="edge"), NEIGHBOURS, mode="valid")
    once, never = (_smooth(gone[:, mine].sum(axis=1), beside) for mine in (~is_never, is_never))
    once = fading(once, WIDTHS * beside)
    never = fading(never[::-1], (EXPECTED_DEPARTURES * beside)[::-1])[::-1]
    return np.stack([each / each.sum() for each in (once, never)], axis=1)


def _smooth(gone: Floats, season: Floats) -> Floats:
    """Children by departure, and those expected, a month like its neighbours but for the ``season``."""
    days = WIDTHS * season
    rate = (gone + PRIOR_CHILDREN * EXPECTED_DEPARTURES * season) / days
    return np.convolve(np.pad(rate, 1, mode="edge"), NEIGHBOURS, mode="valid") * days


def fading(counts: Floats, days: Floats) -> Floats:
    """Children by level of so many ``days``, the longest ago last, where no day has more than a later one."""
    return np.asarray(isotonic_regression(counts / days, weights=days, increasing=False).x * days, dtype=np.float64)


def ever_fewer_open(here: Floats, gone: Floats, found: Floats) -> Floats:
    """How likely an agency's record of a child gone is absent, open or ended (columns), by departure.

    ``found``: children gone by departure and level, a departure like its neighbours; each leans on ``gone``, the levels of all.
    A list is cleaned once a year, or name by name over years, or never, and until then has those who left as it had them:
    an open record is the rarer the longer ago the child left, and never likelier than of those ``here``.
    """
    before, after = np.vstack([found[:1], found[:-1]]), np.vstack([found[1:], found[-1:]])
    counts = NEIGHBOURS[0] * before + NEIGHBOURS[1] * found + NEIGHBOURS[2] * after + PRIOR_CHILDREN * gone
    sizes = counts.sum(axis=1)
    is_open = isotonic_regression(counts[:, 1] / sizes, weights=sizes, increasing=False).x
    is_open = np.minimum(is_open, here[1])[:, None]
    rest = np.delete(counts, 1, axis=1)
    rest *= (1.0 - is_open) / rest.sum(axis=1, keepdims=True)
    return np.hstack([rest[:, :1], is_open, rest[:, 1:]])
