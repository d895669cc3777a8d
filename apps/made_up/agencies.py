"""Which agency knows which child, since when, and when it last saw the child: one function a source.

Each returns one row a record with ``child``, ``seen_on`` (as of when the address is known), ``home`` (row of dwellings
where the record itself is about a dwelling; -1: the child's home as of ``seen_on``) and columns of its own.
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
    pick,
    pick_shares,
    table,
    texts,
    words,
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
        """Draw children by a share for each state, or for each reason of those missing education."""
        label = np.where(self.reason != None, self.reason, self.state)  # noqa: E711
        share = np.full(len(label), otherwise)
        for name, value in by_state.items():
            share[(label == name) | (self.state == name)] = value
        return np.flatnonzero(dice.random(len(share)) < share)


def see(people: People, lives: Lives, as_at: date) -> World:
    """Put people and lives side by side."""
    frame = lives.children
    return World(
        people, lives, as_at, people.children["family"].to_numpy(), people.children["born_on"].to_numpy(),
        texts(frame["state"]), texts(frame["reason"]), frame["nc"].to_numpy(), frame["of_age"].to_numpy(),
        frame["left_on"].to_numpy(), frame["arrived_on"].to_numpy(),
    )  # fmt: skip


def _back(dice: Dice, last: Days, first: Days, spread: Shares | float, tail: float = 0.06) -> Days:
    """Draw the day of the last contact before ``last``: evenly over ``spread`` days, a few long before, none before ``first``."""
    count = len(last)
    ago = dice.random(count) * spread
    ago = np.where(dice.random(count) < tail, np.asarray(spread) + dice.exponential(330.0, size=count), ago)
    return np.maximum(last - days(ago), first)


def health(dice: Dice, world: World, double_registration: float) -> pl.DataFrame:
    """GP lists: nearly every child here, half of those gone; some twice."""
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
            "child": rows, "seen_on": contact, "home": np.full(len(rows), -1), "RegisteredFrom": registered,
            "DeductionDate": deducted, "LastContact": contact, "second": np.zeros(len(rows), dtype=bool),
        }
    )  # fmt: skip
    earlier = between(dice, first[twice], registered[twice])
    second = frame.filter(twice).with_columns(
        RegisteredFrom=earlier, LastContact=between(dice, earlier, contact[twice]), second=pl.lit(True),
        DeductionDate=np.where(old_list[twice], np.maximum(registered[twice], earlier), NEVER),
    )  # fmt: skip
    return pl.concat([frame, second.with_columns(seen_on=pl.col("LastContact"))])


TENURES = {"Secure": 0.27, "Housing benefit": 0.25, "Council tax reduction": 0.24, "Introductory": 0.24}


def _tenancies(dice: Dice, world: World) -> pl.DataFrame:
    """One row a tenancy: family, home, start, end (null: open), tenure."""
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
    """Tenancies, with most of the children in them; those of families gone stay open for a while, or were never closed."""
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
            "child": child, "seen_on": verified, "home": members["home"].to_numpy(), "tenancy": members["tenancy"].to_numpy(),
            "Tenure": texts(members["tenure"]), "TenancyStart": start, "TenancyEnd": end, "LastVerified": verified,
        }
    )  # fmt: skip
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


def admissions(dice: Dice, world: World) -> pl.DataFrame:
    """Applications of the last year: for Reception, for year 7, in-year; some children have a history of several."""
    shares = {"independent": 0.26, "other_la": 0.42, "gone": 0.10, "ehe": 0.14, "ap": 0.10, "post16": 0.02, "preschool": 0.05,
              "failed_transition": 0.58, "never_started": 0.3, "moved_in": 0.2, "left_roll": 0.10, "excluded": 0.15, "ehe_ended": 0.2}  # fmt: skip
    entering = np.isin(world.nc, [0, 7]) & (world.state == "state")
    rows = np.union1d(world.chosen(dice, shares, 0.065), np.flatnonzero(entering & (dice.random(len(entering)) < 0.45)))
    again = rows[dice.random(len(rows)) < 0.07]
    child = np.concatenate([rows, again])
    count, first = len(child), np.arange(len(child)) < len(rows)
    phase = np.where((world.nc[child] == 0) | (world.reason[child] == "never_started"), "Reception", "Year 7")
    in_round = (entering[child] & (dice.random(count) < 0.8)) | np.isin(
        world.reason[child].astype(str), ["failed_transition", "never_started"]
    )
    kind = np.where(in_round & first, phase, "In-year")
    deadline = np.where(phase == "Reception", "01-15", "10-31").astype(object)
    year = (
        np.where(phase == "Reception", school_year(world.as_at), school_year(world.as_at) - 1)
        .astype(str)
        .astype(object)
    )
    in_time = np.array((year + "-" + deadline).tolist(), dtype="datetime64[D]") - days(
        dice.exponential(25.0, size=count)
    )
    in_time = np.where(dice.random(count) < 0.12, in_time + days(dice.random(count) * 200), in_time)
    applied = np.where(in_round & first, in_time, world.here_until[child] - days(5 + dice.random(count) * 355))
    applied = np.clip(np.maximum(applied, world.here_since[child]), None, world.today)
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
        in_round & first, september, np.minimum(applied + days(14 + dice.random(count) * 50), world.today + 60)
    )
    return table(
        {
            "child": child, "seen_on": applied, "home": np.full(count, -1), "ApplicationType": kind.astype(object), "AppliedOn": applied,
            "OfferStatus": offer.astype(object), "OfferedURN": np.where(placed, urns[school], None),
            "ExpectedStartDate": np.where(placed, start, NEVER),
        }
    )  # fmt: skip


def _simple(child: Numbers, seen_on: Days, **columns: Texts | Days) -> pl.DataFrame:
    return table({"child": child, "seen_on": seen_on, "home": np.full(len(child), -1), **columns})


def ehe_register(dice: Dice, world: World) -> pl.DataFrame:
    """Home education: open entries, those that ended with a return to school, and those that ended with nothing."""
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
    """Placements: current ones, and some that ended with a return to school or with none."""
    now = np.flatnonzero(world.state == "ap")
    ended = world.chosen(dice, {"excluded": 0.3, "state": 0.003}, 0.0)
    ended = ended[world.nc[ended] >= 6]
    child = np.concatenate([now, ended])
    start = world.today - days(15 + dice.random(len(child)) * 330)
    end = np.where(
        np.arange(len(child)) < len(now),
        NEVER,
        np.minimum(start + days(20 + dice.random(len(child)) * 200), world.today - 4),
    )
    start = np.where(~np.isnat(end) & (start >= end), end - 30, start)
    return _simple(
        child, start, Provider=pick(dice, words("centre"), len(child)) + " Centre", StartDate=start, EndDate=end
    )


def independent_schools(dice: Dice, world: World) -> pl.DataFrame:
    """Lists of the independent schools that send one: about three quarters of the children."""
    child = world.chosen(dice, {"independent": 0.77}, 0.0)
    start = np.maximum(world.today - days(20 + dice.random(len(child)) * 1500), world.here_since[child])
    return _simple(child, start, School=pick(dice, words("independent"), len(child), 0.7) + " School", StartDate=start)


def other_la(dice: Dice, world: World) -> pl.DataFrame:
    """Neighbours' confirmations: three in five of those at school there, a few of those who moved away."""
    child = world.chosen(dice, {"other_la": 0.62, "gone": 0.08}, 0.0)
    confirmed = world.today - days(2 + dice.random(len(child)) * 270)
    confirmed = np.maximum(confirmed, np.where(np.isnat(world.left_on[child]), confirmed, world.left_on[child]))
    return _simple(
        child, confirmed, ConfirmedOn=confirmed, ConfirmingLA=pick(dice, ["997", "998", "996"], len(child), 1.0),
        SchoolName=pick(dice, [f"{town} {kind}" for town in words("far_town") for kind in ("Primary School", "Academy")], len(child)),
    )  # fmt: skip


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
    """Reports that a child may be out of school: some right, some of children who are on a roll or gone."""
    child = world.chosen(dice, {"cme": 0.18, "gone": 0.012, "state": 0.0012, "ehe": 0.02}, 0.0)
    child = child[world.of_age[child]]
    on = np.maximum(world.today - days(2 + dice.exponential(50.0, size=len(child))), world.here_since[child])
    return _simple(
        child, on, ReferredOn=on,
        ReferredBy=pick(dice, ["Other LA", "Health visitor", "Public", "Police", "School", "Housing officer"], len(child)),
        Concern=pick_shares(dice, {"Not attending": 0.4, "No school place": 0.3, "Whereabouts unknown": 0.22, "Exploitation risk": 0.08}, len(child)),
    )  # fmt: skip


def lost_pupils(dice: Dice, world: World, enrolments: pl.DataFrame) -> pl.DataFrame:
    """Transfer files that no school has claimed: of children missing, gone, and a few on a roll all the same."""
    last = enrolments.filter(pl.col("leaving_on") < world.as_at).unique("child", keep="last", maintain_order=True)
    child, school = last["child"].to_numpy(), last["school"].to_numpy()
    label = np.where(world.reason[child] != None, world.reason[child], world.state[child])  # noqa: E711
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
