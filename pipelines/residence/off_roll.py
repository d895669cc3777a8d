"""Readings of a child's coming off a roll: how long ago, why, and whether with its school or with its family."""

import numpy as np
import polars as pl

from pipelines.residence.departures import WIDTHS
from pipelines.residence.evidence import Evidence
from pipelines.residence.levels import level_of, levels_of_gone, shares_of
from pipelines.residence.reading import DEPARTED, DEPARTURES, PRIOR_CHILDREN, Codes, Flags, Floats, Reading

OFF_ROLL = DEPARTED[1:]
"""Edges, in days since the last provision ended."""

MEDIAN_ABSENCE_DAYS = 84.0
"""Half of the children missing education have been missing it for 12 weeks or less (DfE, autumn 2025: 50 %)."""

ABSENT_CHILDREN = 20.0
"""The published figure for England counts as this many children of one authority. Without it, in a small authority children
off roll for years and seen by nobody would look as if they were usual there. No more than this: where families move a
lot, most of those taken off a roll in the last weeks have moved away."""

FADING_FROM_DAYS = 183.0
"""From half a year on, the longer the time off roll, the fewer children here; before that, ends of terms show."""

TAKEN_OFF = ((-180.0, -30.0), (-30.0, 30.0), (30.0, 180.0), (180.0, 1095.0))
TAKEN_OFF_PRIOR = np.array([3.0, 5.0, 1.0, 1.0])
"""Days from the end of the last place to the day on which the child left, and children expected in each range: taken off
the roll after enquiries, at once, at the end of the term before, or long out of school by then. What holds here is
learnt."""

SAID_MOVED = (0.1, 0.5)
"""Share whom the roll says have moved away, of the children off a roll who are here, and of those gone. Some families tell
the school that they are leaving and some do not, or move no further than the next street. What holds here is learnt."""

LEFT_TOGETHER = 2.0
"""How many times likelier it is among those gone than among those here that a brother or sister came off a roll within days
of the child. A family that moves takes everybody; but one that turns to a private school or home education may do so
too."""

STILL_ON_ROLL = (0.3, 0.02)
"""Share of those gone who are still on a school's roll up to half a year after leaving, as far as it takes them off after
enquiries; and for longer, by a slip."""


def off_roll_readings(evidence: Evidence, rows: Codes, season: Floats) -> list[Reading]:
    """The readings of coming off a roll, for the children in ``rows`` of ``evidence.children``.

    ``season``: from :func:`pipelines.residence.departures.season_of`.
    """
    children = evidence.children
    together = children["left_together"].fill_null(value=False).to_numpy()[rows]
    said_moved = children["said_moved"].cast(pl.Int64).fill_null(-1).to_numpy()[rows]
    days = pl.col("roll_ended_days").cast(pl.Float64)
    off_roll = children.select(pl.when(~pl.col("left_with_all")).then(days)).to_series().to_numpy()[rows]
    closed = children.select(pl.when(evidence.without_school).then(days)).to_series().to_numpy()[rows]
    return [
        *_why_off_roll(said_moved, together),
        _left_together(together),
        *_until_school_closed(closed),
        *_time_off_roll(off_roll, season, together),
    ]


def _why_off_roll(said_moved: Codes, together: Flags) -> list[Reading]:
    """Whether the last roll says that the family moved away (0), or gives another reason (1); said of the household where
    children came off ``together``."""
    codes = np.where(said_moved < 0, -1, 1 - said_moved)
    if (codes < 0).all():
        return []
    here, gone = (PRIOR_CHILDREN * np.array([moved, 1.0 - moved]) for moved in SAID_MOVED)
    return [
        Reading(
            codes,
            np.ones(len(codes)),
            here,
            gone[None, None, :],
            np.ones(1),
            learns_here=True,
            is_alike=True,
            is_shared=together,
        )
    ]


def _left_together(together: Flags) -> Reading:
    """Whether a brother or sister came off a roll within days of the child (0), said of the household. That they came off
    apart, or that no other did, says nothing: one child of a family about to move may go ahead."""
    gone = np.full((1, DEPARTURES, 1), LEFT_TOGETHER)
    codes = np.where(together, 0, -1)
    return Reading(codes, np.ones(len(codes)), np.ones(1), gone, np.ones(1), is_shared=together)


def _until_school_closed(days: Floats) -> list[Reading]:
    """How long ago the child's school closed, for children there until then: hardly any of them had left long before. It
    says nothing more, as all came off its roll, those who are here and those who have left since."""
    if np.isnan(days).all():
        return []
    before = DEPARTED[:-1, None] - OFF_ROLL
    after_enquiries, by_a_slip = STILL_ON_ROLL
    gone = np.where(before < 0.0, 1.0, np.where(before < -TAKEN_OFF[0][0], after_enquiries, by_a_slip))
    gone = np.hstack([gone, gone[:, -1:]])
    return [Reading(level_of(days, OFF_ROLL), np.ones(len(days)), np.ones(gone.shape[1]), gone[None], np.ones(1))]


def _time_off_roll(days: Floats, season: Floats, together: Flags) -> list[Reading]:
    """How long ago the last provision ended; nan for children who came off with Year 6 or as the school closed, as
    everybody did.

    Priors: those who are here return to education, half of them within twelve weeks; those who left were taken off the roll
    about when they left. Either is likelier at times when places mostly end (``season``). Brothers and sisters who came off
    ``together`` did so for one reason, so it is said of the household.
    """
    if np.isnan(days).all():
        return []
    return_by = np.append(1.0 - 0.5 ** (OFF_ROLL / MEDIAN_ABSENCE_DAYS), 1.0)
    often, days_within = np.append(season, 1.0), np.append(WIDTHS, WIDTHS[-1])
    here = shares_of(often * (np.diff(return_by, prepend=0.0) + 0.01))
    taken_off = [often * levels_of_gone(np.linspace(*days_before, 20), OFF_ROLL) for days_before in TAKEN_OFF]
    gone = [0.98 * each / each.sum(axis=1, keepdims=True) + 0.02 * here for each in taken_off]
    return [
        Reading(
            level_of(days, OFF_ROLL),
            np.ones(len(days)),
            ABSENT_CHILDREN * here,
            np.array(gone),
            TAKEN_OFF_PRIOR,
            learns_here=True,
            fades_over=np.where(DEPARTED >= FADING_FROM_DAYS, often * days_within, 0.0),
            habit="taking off a roll",
            is_shared=together,
        )
    ]
