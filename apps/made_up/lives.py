"""What became of each child: where it is educated, whether and when it left the area, whether and why it misses education."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from apps.made_up.draws import (
    NEVER,
    YEAR,
    Days,
    Dice,
    Flags,
    Numbers,
    Shares,
    Texts,
    between,
    day,
    days,
    either,
    only,
    said,
    stream,
    table,
)
from apps.made_up.people import People
from apps.made_up.school_age import is_of_age, school_year, year_group
from apps.made_up.schools import Schools, make_schools

GONE = 0.031
"""Share of all children known here who have left the area."""
INDEPENDENT, OTHER_LA, EHE, AP = 0.034, 0.029, 0.0145, 0.010
"""Shares of children of compulsory school age."""
CME = 0.015
"""Share of children of compulsory school age (0.9 % of all children); England's published figure is 0.004."""
CME_REASONS = {
    "failed_transition": 0.25,
    "left_roll": 0.26,
    "moved_in": 0.22,
    "never_started": 0.15,
    "ehe_ended": 0.07,
    "excluded": 0.05,
}
SIXTH_FORM = 0.45
"""Share of those above compulsory school age who stay at a school; the others are at college, at work, or neither."""


@dataclass(frozen=True)
class Lives:
    """The children's lives, and the schools."""

    children: pl.DataFrame
    """One row per child, in the order of People.children: state, reason, of_age, resident, nc (year group), left_on
    (the area), arrived_on (null: born here), primary, secondary (rows of schools).
    """
    schools: Schools


def _chance(dice: Dice, family: Numbers, shared: float) -> Shares:
    """Draw 0..1 for each child; with probability ``shared`` the draw is the family's, so that siblings fare alike."""
    together = dice.random(int(family.max()) + 1)[family]
    return np.where(dice.random(len(family)) < shared, together, dice.random(len(family)))


def _eligible(nc: Numbers) -> dict[str, Shares]:
    """Relative chance of each reason by year group."""
    return {
        "failed_transition": np.where(nc == 7, 1.0, np.where(nc == 3, 0.15, np.where(nc > 7, 0.08, 0.0))),
        "left_roll": np.where(nc >= 1, 1.0, 0.2),
        "moved_in": np.ones(len(nc)),
        "never_started": np.where(nc <= 1, 1.0, np.where(nc == 2, 0.3, 0.05)),
        "ehe_ended": np.where(nc >= 2, 1.0, 0.3),
        "excluded": np.where(nc >= 7, 1.0, np.where(nc >= 4, 0.15, 0.0)),
    }


def _missing(dice: Dice, family: Numbers, nc: Numbers, resident_of_age: Flags, rate: float) -> Texts:
    """Draw who is truly missing education, with the reason; None for all others."""
    reason = np.full(len(nc), None, dtype=object)
    total = rate * resident_of_age.sum()
    for name, openness in _eligible(nc).items():
        weight = np.where(resident_of_age, openness, 0.0)
        share = total * CME_REASONS[name] * weight / max(weight.sum(), 1.0)
        hit = _chance(dice, family, 0.15 if name in ("excluded", "never_started") else 0.45) < share
        reason = either(hit & ~said(reason), name, reason)
    return reason


def _states(
    dice: Dice, family: Numbers, *, nc: Numbers, of_age: Flags, age: Shares, cme_rate: float
) -> tuple[Texts, Texts]:
    """State and reason of each child."""
    count = len(nc)
    gone = _chance(dice, family, 0.85) < GONE
    fate = _chance(dice, family, 0.55)
    edges = np.cumsum([INDEPENDENT, OTHER_LA, EHE, AP])
    schooled = np.array(["independent", "other_la", "ehe", "ap", "state"], dtype=object)[
        np.searchsorted(edges, fate, side="right")
    ]
    schooled = np.where((schooled == "ap") & (nc < 5), "state", schooled)
    chance = dice.random(count)
    young = np.where(
        nc == 0, chance < 0.97, np.where(nc == -1, chance < 0.62, (nc == -2) & (age >= 3) & (chance < 0.4))
    )
    state = np.where(young, "state", "preschool").astype(object)
    state = np.where(~of_age & (nc >= 11), np.where((chance < SIXTH_FORM) & (nc < 14), "state", "post16"), state)
    state = np.where(of_age, schooled, state)
    reason = _missing(dice, family, nc, of_age & ~gone, cme_rate)
    state = either(said(reason), "cme", state)
    return either(gone, "gone", state), only(~gone, reason)


def _left_on(dice: Dice, state: Texts, born_on: Days, family: Numbers, as_at: date) -> Days:
    """Day on which those who are gone left: for a few in the last weeks, for most within three years, never before birth."""
    families = int(family.max()) + 1
    ago = 20 + dice.gamma(1.5, 420.0, size=families)
    on = (day(as_at) - days(np.minimum(ago, 1900)))[family]
    on = np.where(on > born_on, on, between(dice, born_on, np.full(len(born_on), day(as_at))))
    return np.where(state == "gone", on, NEVER)


def _arrived_on(dice: Dice, state: Texts, reason: Texts, *, born_on: Days, family: Numbers, as_at: date) -> Days:
    """Day on which children came from elsewhere: a fifth did at some time; those missing since they moved in, recently."""
    families = int(family.max()) + 1
    came = (dice.random(families) < 0.2)[family]
    on = (day(as_at) - days(dice.random(families) ** 1.5 * 12 * YEAR))[family]
    lately = (day(as_at) - days(5 + dice.gamma(1.3, 110.0, size=families)))[family]
    on = np.where(reason == "moved_in", lately, on)
    return np.where(((came & (state != "gone")) | (reason == "moved_in")) & (on > born_on), on, NEVER)


def live(seed: int, people: People, as_at: date, cme_rate: float | None) -> Lives:
    """Draw each child's life up to the date judged."""
    dice = stream(seed, "lives")
    children = people.children
    family, born_on = children["family"].to_numpy(), children["born_on"].to_numpy()
    nc, of_age = year_group(born_on, as_at), is_of_age(born_on, as_at)
    age = (day(as_at) - born_on).astype(np.int64) / YEAR
    state, reason = _states(dice, family, nc=nc, of_age=of_age, age=age, cme_rate=CME if cme_rate is None else cme_rate)
    schools = make_schools(stream(seed, "schools"), children.height, people.places.districts)
    district = people.places.dwellings["district"].to_numpy()[people.families["home"].to_numpy()]
    pupils = {}
    for name, is_secondary in (("primary", False), ("secondary", True)):
        by_family = schools.choose(dice, district, is_secondary)[family]
        own = schools.choose(dice, district[family], is_secondary)
        pupils[name] = np.where(dice.random(len(family)) < 0.13, own, by_family)
    frame = table(
        {
            "state": state,
            "reason": reason,
            "of_age": of_age,
            "resident": state != "gone",
            "nc": nc,
            "left_on": _left_on(dice, state, born_on, family, as_at),
            "arrived_on": _arrived_on(dice, state, reason, born_on=born_on, family=family, as_at=as_at),
            **pupils,
        }
    )
    return Lives(frame, schools)


def entry_year(nc: Numbers, as_at: date) -> Numbers:
    """Year in whose September a child now in year ``nc`` entered its present phase (Reception or year 7)."""
    return school_year(as_at) - np.where(nc >= 7, nc - 7, np.maximum(nc, 0))


def one_of(state: Texts, *names: str) -> Flags:
    """True where the state is one of the names."""
    return np.isin(state.astype(str), names)
