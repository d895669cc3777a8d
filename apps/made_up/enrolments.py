"""The rolls: one row per enrolment of a child at a school, current or ended."""

from datetime import date

import numpy as np
import polars as pl

from apps.made_up.draws import (
    NEVER,
    Days,
    Dice,
    Flags,
    Numbers,
    Texts,
    between,
    day,
    days,
    school_day_near,
    table,
    texts,
)
from apps.made_up.lives import Lives, entry_year, one_of
from apps.made_up.school_age import school_year

HAS_ENDED_ENTRY = {"ehe": 0.6, "gone": 0.6, "independent": 0.12, "other_la": 0.08, "ap": 0.4, "post16": 0.25}
"""Share of children of school age in each state who have an ended roll entry here."""


def _september(years: Numbers) -> Days:
    return school_day_near(np.array([f"{year}-09-02" for year in years], dtype="datetime64[D]"))


def _summer(years: Numbers) -> Days:
    """Last school day before the summer holidays."""
    return school_day_near(np.array([f"{year}-07-21" for year in years], dtype="datetime64[D]"))


def _rows(
    child: Numbers, school: Numbers, entry_on: Days, leaving_on: Days | None = None, status: Texts | str = "C"
) -> pl.DataFrame:
    count = len(child)
    return table(
        {
            "child": child,
            "school": school,
            "entry_on": entry_on,
            "leaving_on": np.full(count, NEVER) if leaving_on is None else leaving_on,
            "status": np.full(count, status, dtype=object) if isinstance(status, str) else status,
        }
    )


class _Rolls:
    """Draws the entries of one world, kind by kind."""

    def __init__(self, dice: Dice, lives: Lives, born_on: Days, as_at: date) -> None:
        self.dice, self.as_at, self.today = dice, as_at, day(as_at)
        frame = lives.children
        self.state, self.reason = texts(frame["state"]), texts(frame["reason"])
        self.nc, self.born_on = frame["nc"].to_numpy(), born_on
        self.left_on, self.arrived_on = frame["left_on"].to_numpy(), frame["arrived_on"].to_numpy()
        self.school = np.where(self.nc >= 7, frame["secondary"].to_numpy(), frame["primary"].to_numpy())
        self.primary = frame["primary"].to_numpy()
        self.other = np.empty_like(self.school)
        for phase in (self.nc >= 7, self.nc < 7):
            self.other[phase] = dice.permutation(self.school[phase])
        self.moved_school = (self.state == "state") & (self.nc >= 1) & (dice.random(len(self.nc)) < 0.042)
        self.moved_school_on = school_day_near(self.today - days(20 + dice.random(len(self.nc)) * 880))

    def _entered(self, rows: Numbers) -> Days:
        """The start of the phase in September, or a later day for children who moved or arrived later."""
        start = _september(entry_year(self.nc[rows], self.as_at))
        nursery = self.nc[rows] < 0
        third_birthday = self.born_on[rows] + days(np.full(len(rows), 3 * 365.25))
        start = np.where(nursery, np.maximum(third_birthday, start - days(np.full(len(rows), 365))), start)
        late = self.dice.random(len(rows)) < 0.16
        arrived = self.arrived_on[rows]
        since = np.where(
            np.isnat(arrived), start, np.maximum(arrived + days(10 + self.dice.random(len(rows)) * 60), start)
        )
        on = np.where(late, between(self.dice, start, np.full(len(rows), self.today)), since)
        after = self.moved_school_on[rows] + days(self.dice.exponential(12.0, size=len(rows)) - 2)
        on = np.where(self.moved_school[rows] & (self.dice.random(len(rows)) < 0.9), after, on)
        return np.minimum(school_day_near(on), self.today)

    def current(self) -> pl.DataFrame:
        """Pupils on the roll today; a few are also registered at a second school, or have a leaving date in the
        future.
        """
        rows = np.flatnonzero(self.state == "state")
        chance = self.dice.random(len(rows))
        dual = chance < 0.007
        status = np.where(
            dual & (chance < 0.005), "M", np.where(chance > 0.9985, "F", np.where(chance > 0.998, "O", "C"))
        )
        entry = self._entered(rows)
        to_come = self.dice.random(len(rows)) < 0.002
        leaving = np.where(to_come, school_day_near(self.today + days(1 + self.dice.random(len(rows)) * 50)), NEVER)
        main = _rows(rows, self.school[rows], entry, leaving, status.astype(object))
        second = rows[dual]
        since = between(self.dice, entry[dual], np.full(len(second), self.today))
        guest = np.where(self.dice.random(len(second)) < 0.85, "S", "G").astype(object)
        return pl.concat([main, _rows(second, self.other[second], since, status=guest)])

    def placed_elsewhere(self) -> pl.DataFrame:
        """Pupils in alternative provision who are still on their school's roll."""
        rows = np.flatnonzero((self.state == "ap") & (self.dice.random(len(self.nc)) < 0.25))
        return _rows(rows, self.school[rows], self._entered(rows), status="M")

    def earlier(self) -> pl.DataFrame:
        """Ended entries of pupils who are now at another school."""
        pupil = self.state == "state"
        chance = self.dice.random(len(self.nc))
        into_seven = np.flatnonzero(pupil & (self.nc == 7) & (chance < 0.35))
        year = np.full(len(into_seven), school_year(self.as_at))
        primary = _rows(into_seven, self.primary[into_seven], _september(year - 7), _summer(year))
        movers = np.flatnonzero(self.moved_school)
        return pl.concat([primary, self._ended(movers, self.other[movers], self.moved_school_on[movers])])

    def _ended(self, rows: Numbers, school: Numbers, left: Days) -> pl.DataFrame:
        stay = days(60 + self.dice.gamma(1.5, 400.0, size=len(rows)))
        school_starts = self.born_on[rows] + days(np.full(len(rows), 3.2 * 365.25))
        entry = np.maximum(
            np.maximum(left - stay, school_starts),
            np.where(np.isnat(self.arrived_on[rows]), school_starts, self.arrived_on[rows]),
        )
        good = entry < left - days(np.full(len(rows), 5))
        return _rows(rows[good], school[good], school_day_near(entry[good]), school_day_near(left[good]))

    def _ago(self, count: int, shape: float, scale: float) -> Days:
        return self.today - days(8 + self.dice.gamma(shape, scale, size=count))

    def ended(self) -> pl.DataFrame:
        """Ended entries of children who are on no roll now, except those missing education."""
        share = np.array([HAS_ENDED_ENTRY.get(state, 0.0) for state in self.state])
        rows = np.flatnonzero((self.dice.random(len(share)) < share) & (self.nc >= 0))
        left = self._ago(len(rows), 1.8, 260.0)
        left = np.where(
            self.state[rows] == "post16", _summer(school_year(self.as_at) - np.maximum(self.nc[rows] - 12, 0)), left
        )
        gap = days(np.where(self.dice.random(len(rows)) < 0.7, 0, self.dice.random(len(rows)) * 40))
        left = np.where(self.state[rows] == "gone", self.left_on[rows] - gap, left)
        return self._ended(rows, self.school[rows], left)

    def missing(self) -> pl.DataFrame:
        """Ended entries of those missing education; those who moved in or never started have none."""
        had = one_of(self.reason, "failed_transition", "left_roll", "ehe_ended", "excluded")
        rows = np.flatnonzero(had)
        reason = self.reason[rows]
        left = self._ago(len(rows), 1.4, 150.0)
        left = np.where(reason == "ehe_ended", left - days(np.full(len(rows), 330)), left)
        left = np.where(reason == "failed_transition", _summer(np.full(len(rows), school_year(self.as_at))), left)
        left = np.where(left >= self.today, self.today - days(np.full(len(rows), 10)), left)
        school = np.where((reason == "failed_transition") & (self.nc[rows] == 7), self.primary[rows], self.school[rows])
        return self._ended(rows, school, left)


def is_current(leaving_on: Days, as_at: date) -> Flags:
    """True if the leaving date is empty or in the future."""
    return np.isnat(leaving_on) | (leaving_on > day(as_at))


def make_enrolments(dice: Dice, lives: Lives, born_on: Days, as_at: date) -> pl.DataFrame:
    """One row per enrolment: child, school, entry_on, leaving_on (null: open), status. A child has at most one that begins
    at one school on one day.
    """
    rolls = _Rolls(dice, lives, born_on, as_at)
    kinds = [rolls.current(), rolls.placed_elsewhere(), rolls.earlier(), rolls.ended(), rolls.missing()]
    return pl.concat(kinds).unique(["child", "school", "entry_on"], keep="first", maintain_order=True)
