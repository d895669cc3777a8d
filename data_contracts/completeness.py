"""What makes a source's files complete: what its contract says of it, and what holds where the contract says nothing.

A silently missing or half-empty file is the commonest failure of a night: it makes leads out of children who are in
school, or hides children who are not.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from data_contracts.parts import Column, Part, fault

Check = Literal[
    "missing", "few rows", "fewer rows", "rows gone", "more rows", "units", "keys", "other children", "reused keys",
    "empty values", "stale", "taken back", "ended at once", "protection",
]  # fmt: skip
"""``missing``: no row came, though some came last night or are expected. ``few rows``: fewer than a file of this source
can have, on the first night. ``fewer rows``, ``rows gone`` and ``more rows``: a fifth fewer than on the last nights, a tenth
fewer, half as many again. ``units``: a unit (a school) that is gone, or has lost most of its rows or places. ``keys``: too
few of last night's rows came again. ``other children``: under the keys of last night many names, birth dates or numbers are
others. ``reused keys``: under a few keys forename and birth date are both others. ``empty values``: a column that is emptier
than it was. ``stale``: a file that should have changed by now, or an older one again. ``taken back``: many entries that had
ended have no end any more. ``ended at once``: many have one that had none. ``protection``: most marks are gone that say to
show no address."""

Outcome = Literal["holds", "stamps"]
"""``holds``: the night publishes no new list. ``stamps``: it goes on, and all that it publishes carries the warning."""

HELD_OF_ANY: tuple[Check, ...] = ("other children", "protection")
"""What holds the list where a contract does not say: children are taken for others, and look missing by the score; and what is
once shown is not taken back."""

HELD_OF_A_ROLL: tuple[Check, ...] = ("missing", "fewer rows", "units", "taken back", *HELD_OF_ANY)
"""What holds it of a roll: each makes children in school look missing by the score, or those without a place look placed."""

STALE_DAYS = {"nightly": 1, "weekly": 8, "termly": 130}
"""Days after which the same rows again are stale: a day late for a week, a fortnight for the longest term."""

STANDS_IN_DAYS = 35
"""A source sent once a month may be some days late."""


class Completeness(Part):
    """When the files of one source are complete. Shares lie between 0 and 1; what is null is learnt from the nights."""

    expected: Literal["nightly", "weekly", "termly", "never"] = "never"
    """How often new rows are due. ``never``: the source need not send; what once came is missed all the same."""
    stale_days: int | None = Field(None, ge=1)
    """Days for which the rows may stay the same; null: by ``expected`` (STALE_DAYS)."""
    stands_in_days: int | None = Field(None, ge=0)
    """For how many days the last rows stand in where none come and that does not hold the list; 0: they do not; null: for
    STANDS_IN_DAYS, for a term where they show places, or as long as they may stay the same where that is longer."""
    newest_within_days: int | None = Field(None, ge=0)
    """How old the newest date in the rows may be on the date judged; null: learnt."""
    rows: tuple[float, float] | None = None
    """Least and most rows, as shares of the usual number (1: as many as usual); null: learnt."""
    least_rows: int = Field(5, ge=0)
    """Fewer rows than this are too few, where nothing is known of earlier nights."""
    unit: str | None = None
    """Column that names the unit (the school) a row comes from; null: no units."""
    unit_name: str | None = None
    """Column with the unit's name for people; null: the unit is told as ``unit`` has it."""
    unit_rows_kept: float = Field(0.5, ge=0, le=1)
    """Share of its rows, and of its current places, that a unit must keep from night to night."""
    keys_kept: float | None = Field(None, ge=0, le=1)
    """Share of last night's keys that must come again; null: learnt."""
    empty_rise: float | None = Field(None, ge=0, le=1)
    """By how much a column's share of empty values may rise above the usual; null: learnt."""
    holds: tuple[Check, ...] | None = None
    """What holds the list; everything else stamps it. Null: HELD_OF_A_ROLL for a roll, HELD_OF_ANY for other sources."""

    @property
    def stale_after_days(self) -> int | None:
        """Days after which the same rows again are stale; null: never."""
        return self.stale_days or STALE_DAYS.get(self.expected)

    def stands_in_for(self, *, shows_places: bool) -> int:
        """Days for which the last rows stand in."""
        if self.stands_in_days is not None:
            return self.stands_in_days
        least = STALE_DAYS["termly"] if shows_places else STANDS_IN_DAYS
        return max(least, self.stale_after_days or 0)

    def outcome(self, check: Check, *, is_roll: bool) -> Outcome:
        """What a failed check does to the night."""
        held = self.holds if self.holds is not None else HELD_OF_A_ROLL if is_roll else HELD_OF_ANY
        return "holds" if check in held else "stamps"

    def fits(self, columns: Mapping[str, Column]) -> None:
        """Raise where a unit is no column of the source, or one that could name a child in a message."""
        for key, name in (("unit", self.unit), ("unit_name", self.unit_name)):
            if name and (name not in columns or columns[name].classification not in ("public", "internal")):
                raise fault(f"{name} must be a column of the source that is public or internal", "completeness", key)

    @model_validator(mode="after")
    def _bands_are_bands(self) -> "Completeness":
        if self.rows and not 0 <= self.rows[0] <= self.rows[1]:
            raise fault("rows holds the least and the most, as shares of the usual number: [0.8, 1.5]", "rows")
        if self.unit_name and not self.unit:
            raise fault("unit_name needs unit, the column that tells one unit from another", "unit_name")
        return self
