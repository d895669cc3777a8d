"""The smaller lists: home education, placements, other schools and authorities, social care, reports, lost pupils.

As in :mod:`apps.made_up.agencies`, one function per source and one row per record.
"""

import numpy as np
import polars as pl

from apps.made_up.agencies import World
from apps.made_up.draws import (
    NEVER,
    Days,
    Dice,
    Numbers,
    Texts,
    between,
    days,
    either,
    pick,
    pick_shares,
    said,
    table,
    texts,
    words,
)


def _simple(child: Numbers, seen_on: Days, **columns: Texts | Days) -> pl.DataFrame:
    return table({"child": child, "seen_on": seen_on, "home": np.full(len(child), -1), **columns})


def ehe_register(dice: Dice, world: World) -> pl.DataFrame:
    """Home education: open entries, and entries that ended, with a return to school or with nothing."""
    open_rows = world.chosen(dice, {"ehe": 0.95}, 0.0)
    ended = world.chosen(dice, {"ehe_ended": 1.0, "state": 0.003, "gone": 0.015}, 0.0)
    ended = ended[world.nc[ended] >= 1]
    child = np.concatenate([open_rows, ended])
    is_open = np.arange(len(child)) < len(open_rows)
    closed = np.minimum(world.here_until[child], world.today) - days(5 + dice.gamma(1.3, 130.0, size=len(child)))
    notified = np.where(
        is_open,
        world.today - days(3 + dice.gamma(1.4, 420.0, size=len(child))),
        closed - days(30 + dice.gamma(1.5, 180.0, size=len(child))),
    )
    notified = np.maximum(notified, world.here_since[child])
    suited = pick_shares(
        dice, {"Suitable": 0.56, "Not yet assessed": 0.26, "Under review": 0.16, "Unsuitable": 0.02}, len(child)
    )
    lacking = world.reason[child] == "ehe_ended"
    suitability = np.where(lacking, pick_shares(dice, {"Unsuitable": 0.8, "Under review": 0.2}, len(child)), suited)
    return _simple(
        child,
        notified,
        NotifiedOn=notified,
        ClosedOn=np.where(is_open, NEVER, np.maximum(closed, notified)),
        Suitability=suitability,
    )


def alternative_provision(dice: Dice, world: World) -> pl.DataFrame:
    """Placements: current ones, and some that ended, with a return to school or with nothing."""
    now = np.flatnonzero(world.state == "ap")
    ended = world.chosen(dice, {"excluded": 0.3, "state": 0.003}, 0.0)
    ended = ended[world.nc[ended] >= 6]
    child = np.concatenate([now, ended])
    start = world.today - days(15 + dice.random(len(child)) * 330)
    end = np.where(
        np.arange(len(child)) < len(now),
        NEVER,
        np.minimum(start + days(20 + dice.random(len(child)) * 200), world.today - days(4)),
    )
    start = np.where(~np.isnat(end) & (start >= end), end - days(30), start)
    return _simple(
        child, start, Provider=pick(dice, words("centre"), len(child)) + " Centre", StartDate=start, EndDate=end
    )


def independent_schools(dice: Dice, world: World) -> pl.DataFrame:
    """Lists of the independent schools that send one: about three quarters of the children at such schools."""
    child = world.chosen(dice, {"independent": 0.77}, 0.0)
    start = np.maximum(world.today - days(20 + dice.random(len(child)) * 1500), world.here_since[child])
    return _simple(child, start, School=pick(dice, words("independent"), len(child), 0.7) + " School", StartDate=start)


def other_la(dice: Dice, world: World) -> pl.DataFrame:
    """Other authorities' confirmations: for three in five children at school there, and a few who moved away."""
    child = world.chosen(dice, {"other_la": 0.62, "gone": 0.08}, 0.0)
    confirmed = world.today - days(2 + dice.random(len(child)) * 270)
    confirmed = np.maximum(confirmed, np.where(np.isnat(world.left_on[child]), confirmed, world.left_on[child]))
    schools = [f"{town} {kind}" for town in words("far_town") for kind in ("Primary School", "Academy")]
    return _simple(
        child,
        confirmed,
        ConfirmedOn=confirmed,
        ConfirmingLA=pick(dice, ["997", "998", "996"], len(child), 1.0),
        SchoolName=pick(dice, schools, len(child)),
    )


def social_care(dice: Dice, world: World) -> pl.DataFrame:
    """Children in need, on a protection plan or looked after; one in twenty with an address that must not be shown."""
    child = world.chosen(dice, {"cme": 0.14, "gone": 0.025, "ap": 0.12, "ehe": 0.03}, 0.034)
    count = len(child)
    opened = np.maximum(world.here_until[child] - days(dice.random(count) * 800), world.here_since[child])
    over = dice.random(count) < np.where(world.state[child] == "gone", 0.5, 0.2)
    closed = np.where(over, between(dice, opened, np.full(count, world.today)), NEVER)
    hidden = dice.random(world.people.families.height)[world.family[child]] < 0.05
    status = np.where(hidden, "CIN", pick_shares(dice, {"CIN": 0.78, "CP": 0.14, "CLA": 0.08}, count))
    return _simple(
        child,
        opened,
        Status=status.astype(object),
        Opened=opened,
        Closed=closed,
        AddressProtected=np.where(hidden, "Y", "N").astype(object),
    )


def referrals(dice: Dice, world: World) -> pl.DataFrame:
    """Reports that a child may be out of school: some right, some about children who are on a roll or gone."""
    child = world.chosen(dice, {"cme": 0.18, "gone": 0.012, "state": 0.0012, "ehe": 0.02}, 0.0)
    child = child[world.of_age[child]]
    on = np.maximum(world.today - days(2 + dice.exponential(50.0, size=len(child))), world.here_since[child])
    referrers = ["Other LA", "Health visitor", "Public", "Police", "School", "Housing officer"]
    concerns = {"Not attending": 0.4, "No school place": 0.3, "Whereabouts unknown": 0.22, "Exploitation risk": 0.08}
    by = pick(dice, referrers, len(child))
    return _simple(child, on, ReferredOn=on, ReferredBy=by, Concern=pick_shares(dice, concerns, len(child)))


def lost_pupils(dice: Dice, world: World, enrolments: pl.DataFrame) -> pl.DataFrame:
    """Transfer files that no school has claimed: of children missing education, gone, and a few who are on a roll after all."""
    last = enrolments.filter(pl.col("leaving_on") < world.as_at).unique("child", keep="last", maintain_order=True)
    child, school = last["child"].to_numpy(), last["school"].to_numpy()
    label = either(said(world.reason), world.reason, world.state)[child]
    share = np.array(
        [
            {"left_roll": 0.33, "gone": 0.10, "excluded": 0.1, "independent": 0.15, "state": 0.01}.get(name, 0.0)
            for name in label
        ]
    )
    hit = dice.random(len(child)) < share
    child, school = child[hit], school[hit]
    uploaded = np.minimum(last["leaving_on"].to_numpy()[hit] + days(15 + dice.random(len(child)) * 40), world.today)
    return _simple(child, uploaded, UploadedOn=uploaded, LastSchoolURN=texts(world.lives.schools.frame["urn"])[school])
