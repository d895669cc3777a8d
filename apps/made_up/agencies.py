"""Which agency knows which child, since when, and when it last saw the child: one function per source.

Each returns one row per record with ``child``, ``seen_on`` (the day as of which the address is known), ``home`` (the row of
dwellings if the record itself is about a dwelling; -1: the child's home on ``seen_on``) and columns of its own.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from apps.made_up.draws import (
    NEVER,
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
    pick,
    pick_shares,
    said,
    table,
    texts,
)
from apps.made_up.lives import Lives
from apps.made_up.people import People
from apps.made_up.school_age import school_year


@dataclass(frozen=True)
class World:
    """People and their lives, side by side, as arrays in the order of the children."""

    people: People
    lives: Lives
    as_at: date
    family: Numbers
    born_on: Days
    state: Texts
    reason: Texts
    nc: Numbers
    of_age: Flags
    left_on: Days
    arrived_on: Days

    @property
    def today(self) -> np.datetime64:
        """The date judged."""
        return day(self.as_at)

    @property
    def here_until(self) -> Days:
        """Last day on which somebody here could see the child."""
        return np.where(np.isnat(self.left_on), self.today, self.left_on)

    @property
    def here_since(self) -> Days:
        """First day on which somebody here could see the child."""
        return np.where(np.isnat(self.arrived_on), self.born_on, self.arrived_on)

    def chosen(self, dice: Dice, by_state: dict[str, float], otherwise: float) -> Numbers:
        """Draw children, with a share for each state, or for each reason of those missing education."""
        label = either(said(self.reason), self.reason, self.state)
        share = np.full(len(label), otherwise)
        for name, value in by_state.items():
            share[(label == name) | (self.state == name)] = value
        return np.flatnonzero(dice.random(len(share)) < share)


def see(people: People, lives: Lives, as_at: date) -> World:
    """Put people and lives side by side."""
    frame = lives.children
    return World(
        people,
        lives,
        as_at,
        people.children["family"].to_numpy(),
        people.children["born_on"].to_numpy(),
        texts(frame["state"]),
        texts(frame["reason"]),
        frame["nc"].to_numpy(),
        frame["of_age"].to_numpy(),
        frame["left_on"].to_numpy(),
        frame["arrived_on"].to_numpy(),
    )


SEEN_LONG_AGO = 0.06
"""Share of the children whom an agency has not seen for long."""


def _back(dice: Dice, last: Days, first: Days, spread: Shares | float) -> Days:
    """Draw the day of the last contact: evenly over the ``spread`` days before ``last``, a few much earlier, none before
    ``first``.
    """
    count = len(last)
    ago = dice.random(count) * spread
    ago = np.where(dice.random(count) < SEEN_LONG_AGO, np.asarray(spread) + dice.exponential(330.0, size=count), ago)
    return np.maximum(last - days(ago), first)


def health(dice: Dice, world: World, double_registration: float) -> pl.DataFrame:
    """GP lists: nearly every child who lives here and half of those gone; some children twice."""
    rows = world.chosen(dice, {"gone": 0.56, "moved_in": 0.72, "preschool": 0.96}, 0.97)
    first = world.here_since[rows]
    soon = first + days(dice.exponential(25.0, size=len(rows)))
    moved_list = dice.random(len(rows)) < 0.3
    registered = np.where(
        moved_list, between(dice, first, world.here_until[rows]), np.minimum(soon, world.here_until[rows])
    )
    gone = world.state[rows] == "gone"
    spread = np.where(gone, 500.0, np.clip((world.today - world.born_on[rows]).astype(np.int64) * 0.35, 60, 700))
    contact = _back(dice, world.here_until[rows], registered, spread)
    off = gone & (dice.random(len(rows)) < 0.18)
    deducted = np.where(
        off, np.minimum(world.left_on[rows] + days(10 + dice.exponential(140.0, size=len(rows))), world.today), NEVER
    )
    again = dice.random(len(rows)) < double_registration
    twice = again & ~gone
    old_list = twice & (dice.random(len(rows)) < 0.4)
    frame = table(
        {
            "child": rows,
            "seen_on": contact,
            "home": np.full(len(rows), -1),
            "RegisteredFrom": registered,
            "DeductionDate": deducted,
            "LastContact": contact,
            "second": np.zeros(len(rows), dtype=bool),
        }
    )
    earlier = between(dice, first[twice], registered[twice])
    second = frame.filter(twice).with_columns(
        RegisteredFrom=earlier,
        LastContact=between(dice, earlier, contact[twice]),
        second=pl.lit(True),
        DeductionDate=np.where(old_list[twice], np.maximum(registered[twice], earlier), NEVER),
    )
    return pl.concat([frame, second.with_columns(seen_on=pl.col("LastContact"))])


TENURES = {"Secure": 0.27, "Housing benefit": 0.25, "Council tax reduction": 0.24, "Introductory": 0.24}


def _tenancies(dice: Dice, world: World) -> pl.DataFrame:
    """One row per tenancy: family, home, start, end (null: open), tenure."""
    families = world.people.families
    count = families.height
    home, previous, second = (families[name].to_numpy() for name in ("home", "previous_home", "second_home"))
    in_hostel = np.isin(home, world.people.places.rooms)
    tenant = (dice.random(count) < 0.27) | in_hostel
    tenure = np.where(in_hostel, "Temporary accommodation", pick_shares(dice, TENURES, count))
    moved = families["moved_on"].to_numpy()
    start = np.where(np.isnat(moved), world.today - days(100 + dice.random(count) * 3500), moved)
    now = np.flatnonzero(tenant)
    before = np.flatnonzero(tenant & (previous >= 0) & (dice.random(count) < 0.15))
    parted = np.flatnonzero((second >= 0) & (dice.random(count) < 0.10))
    open_ended = np.full(count, NEVER)
    return pl.concat(
        table({"family": rows, "home": where[rows], "start": since[rows], "end": until[rows], "tenure": kind[rows]})
        for rows, where, since, until, kind in (
            (now, home, start, open_ended, tenure),
            (before, previous, start - days(300 + dice.random(count) * 2000), start, pick_shares(dice, TENURES, count)),
            (
                parted,
                second,
                world.today - days(50 + dice.random(count) * 1500),
                open_ended,
                pick_shares(dice, TENURES, count),
            ),
        )
    ).with_row_index("tenancy")


def housing(dice: Dice, world: World) -> pl.DataFrame:
    """Tenancies, with most of the children in them. Those of families who have left stay open for a while, or are never
    closed.
    """
    tenancies = _tenancies(dice, world)
    members = pl.DataFrame({"family": world.family, "child": np.arange(len(world.family))}).join(
        tenancies, on="family", maintain_order="left"
    )
    members = members.filter(dice.random(members.height) < 0.93)
    child = members["child"].to_numpy()
    start, end = members["start"].to_numpy(), members["end"].to_numpy()
    start = np.maximum(start, np.where(np.isnat(world.arrived_on[child]), start, world.arrived_on[child]))
    left = world.left_on[child]
    closed = ~np.isnat(left) & np.isnat(end) & (dice.random(len(child)) < 0.5)
    end = np.where(closed, np.minimum(left + days(dice.exponential(40.0, size=len(child))), world.today), end)
    start = np.where(start >= world.here_until[child], world.here_until[child] - days(np.full(len(child), 200)), start)
    until = np.where(np.isnat(end), world.here_until[child], np.minimum(end, world.here_until[child]))
    verified = _back(dice, until, np.maximum(start, world.born_on[child]), 400.0)
    frame = table(
        {
            "child": child,
            "seen_on": verified,
            "home": members["home"].to_numpy(),
            "tenancy": members["tenancy"].to_numpy(),
            "Tenure": texts(members["tenure"]),
            "TenancyStart": start,
            "TenancyEnd": end,
            "LastVerified": verified,
        }
    )
    return frame.filter((verified >= world.born_on[child]) & (verified <= world.today))


OFFERS = {
    "state": {"Accepted": 0.86, "Offered": 0.09, "Refused": 0.05},
    "gone": {"Accepted": 0.6, "Offered": 0.15, "Refused": 0.15, "Withdrawn": 0.1},
    "elsewhere": {"Offered": 0.35, "Refused": 0.3, "Withdrawn": 0.22, "No offer": 0.13},
    "cme": {"Refused": 0.5, "Offered": 0.25, "No offer": 0.25},
}


def _offers(dice: Dice, state: Texts) -> Texts:
    group = np.where(
        np.isin(state, ["independent", "other_la"]),
        "elsewhere",
        np.where(np.isin(state, ["cme", "gone"]), state, "state"),
    )
    offer = np.empty(len(state), dtype=object)
    for name, shares in OFFERS.items():
        rows = np.flatnonzero(group == name)
        offer[rows] = pick_shares(dice, shares, len(rows))
    return offer


def _applied_on(dice: Dice, world: World, child: Numbers, phase: Texts, in_round: Flags) -> Days:
    """The day of each application: in an admissions round before its deadline, some late; else any day of the last year."""
    count = len(child)
    deadline = np.where(phase == "Reception", "01-15", "10-31").astype(object)
    entry_year = school_year(world.as_at)
    year = np.where(phase == "Reception", entry_year, entry_year - 1).astype(str).astype(object)
    due = np.array((year + "-" + deadline).tolist(), dtype="datetime64[D]")
    in_time = due - days(dice.exponential(25.0, size=count))
    in_time = np.where(dice.random(count) < 0.12, in_time + days(dice.random(count) * 200), in_time)
    applied = np.where(in_round, in_time, world.here_until[child] - days(5 + dice.random(count) * 355))
    return np.clip(np.maximum(applied, world.here_since[child]), None, world.today)


APPLY = {
    **{"independent": 0.26, "other_la": 0.42, "gone": 0.10, "ehe": 0.14, "ap": 0.10, "post16": 0.02, "preschool": 0.05},
    **{"failed_transition": 0.58, "never_started": 0.3, "moved_in": 0.2, "left_roll": 0.10, "excluded": 0.15},
    "ehe_ended": 0.2,
}
"""State, or reason for missing education -> share of the children who have applied for a school within the year."""


def admissions(dice: Dice, world: World) -> pl.DataFrame:
    """Applications of the last year: for Reception, for year 7, in-year. Some children have more than one."""
    entering = np.isin(world.nc, [0, 7]) & (world.state == "state")
    rows = np.union1d(world.chosen(dice, APPLY, 0.065), np.flatnonzero(entering & (dice.random(len(entering)) < 0.45)))
    again = rows[dice.random(len(rows)) < 0.07]
    child = np.concatenate([rows, again])
    count, first = len(child), np.arange(len(child)) < len(rows)
    phase = np.where((world.nc[child] == 0) | (world.reason[child] == "never_started"), "Reception", "Year 7")
    late = np.isin(world.reason[child].astype(str), ["failed_transition", "never_started"])
    in_round = ((entering[child] & (dice.random(count) < 0.8)) | late) & first
    kind = np.where(in_round, phase, "In-year")
    applied = _applied_on(dice, world, child, phase, in_round)
    offer = np.where(first, _offers(dice, world.state[child]), pick(dice, ["Refused", "Withdrawn", "No offer"], count))
    urns = texts(world.lives.schools.frame["urn"])
    school = np.where(
        world.nc[child] >= 7,
        world.lives.children["secondary"].to_numpy()[child],
        world.lives.children["primary"].to_numpy()[child],
    )
    placed = np.isin(offer.astype(str), ["Accepted", "Offered"])
    september = np.array([f"{school_year(world.as_at)}-09-02"], dtype="datetime64[D]")
    start = np.where(
        in_round, september, np.minimum(applied + days(14 + dice.random(count) * 50), world.today + days(60))
    )
    return table(
        {
            "child": child,
            "seen_on": applied,
            "home": np.full(count, -1),
            "ApplicationType": kind.astype(object),
            "AppliedOn": applied,
            "OfferStatus": offer.astype(object),
            "OfferedURN": only(placed, urns[school]),
            "ExpectedStartDate": np.where(placed, start, NEVER),
        }
    )
