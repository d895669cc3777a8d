"""When a source's files are complete: what its contract says about that, and the defaults.

A silently missing or half-empty file is the commonest failure of a night: it makes leads of children who are in school, or
hides children who are not.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from data_contracts.parts import Column, Part, fault

Check = Literal[
    "missing",
    "few rows",
    "fewer rows",
    "rows gone",
    "more rows",
    "units",
    "due no more",
    "keys",
    "other children",
    "reused keys",
    "empty values",
    "stale",
    "taken back",
    "ended at once",
    "protection",
]
"""The checks of a source's rows, mostly against earlier nights:

- ``missing``: no rows came, though some came last night or are expected.
- ``few rows``: on the first night, fewer than a file of this source can have.
- ``fewer rows``, ``rows gone``, ``more rows``: compared with the last nights, a fifth fewer, a tenth fewer, half as many again.
- ``units``: a unit (a school) is gone, or has lost most of its rows or places.
- ``due no more``: a unit that the settings name as due is gone, but nobody by it: it has closed or has another number.
- ``keys``: too few of last night's keys came again.
- ``other children``: under last night's keys, many names, birth dates or numbers are different.
- ``reused keys``: under a few keys, both forename and birth date are different.
- ``empty values``: a column has more empty values than before.
- ``stale``: a file should have changed by now, or is an older one again.
- ``taken back``: many entries that had ended no longer have an end. ``ended at once``: many have an end that had none.
- ``protection``: most marks that an address must not be shown are gone."""

Outcome = Literal["holds", "stamps"]
"""``holds``: the night publishes no new list. ``stamps``: it goes on, and everything that it publishes carries the warning."""

HELD_OF_ANY: tuple[Check, ...] = ("other children", "protection")
"""The checks that hold the list if the contract does not say. After the first, children are taken for others and look missing
by the score; after the second, what is shown once cannot be taken back."""

HELD_OF_A_ROLL: tuple[Check, ...] = ("missing", "fewer rows", "units", "taken back", *HELD_OF_ANY)
"""The same for a roll. Each makes children in school look missing by the score, or children without a place look placed."""

STALE_DAYS = {"nightly": 1, "weekly": 8, "termly": 130}
"""Days after which unchanged rows are stale. It allows a weekly file a day's delay, and a termly file a fortnight after the
longest term."""

STANDS_IN_DAYS = 35
"""Days. Allows a source that is sent monthly to be some days late."""


class Completeness(Part):
    """When the files of one source are complete. Shares are 0 to 1; what is null is learnt from earlier nights."""

    expected: Literal["nightly", "weekly", "termly", "never"] = "never"
    """How often new rows are due. ``never``: the source need not send, but rows that have come once are missed if they stop."""
    stale_days: int | None = Field(None, ge=1)
    """Days for which the rows may stay the same; null: by ``expected`` (STALE_DAYS)."""
    stands_in_days: int | None = Field(None, ge=0)
    """Days for which the last rows stand in if none come and the list is not held for it; 0: never. Null: STANDS_IN_DAYS, or a
    term if the rows show places, or as long as the rows may stay the same if that is longer."""
    newest_within_days: int | None = Field(None, ge=0)
    """How many days before the date judged the newest date in the rows may be; null: learnt."""
    rows: tuple[float, float] | None = None
    """Fewest and most rows, as shares of the usual number (1: as many as usual); null: learnt."""
    least_rows: int = Field(5, ge=0)
    """Fewest rows that are enough if nothing is known from earlier nights."""
    unit: str | None = None
    """Column that identifies the unit (the school) a row comes from; null: no units."""
    unit_name: str | None = None
    """Column with the unit's name for people; null: the value of ``unit`` is shown."""
    unit_rows_kept: float = Field(0.5, ge=0, le=1)
    """Share of its rows, and of its current places, that a unit must keep from night to night."""
    keys_kept: float | None = Field(None, ge=0, le=1)
    """Share of last night's keys that must come again; null: learnt."""
    empty_rise: float | None = Field(None, ge=0, le=1)
    """How far a column's share of empty values may rise above the usual; null: learnt."""
    holds: tuple[Check, ...] | None = None
    """The checks that hold the list; all others stamp it. Null: HELD_OF_A_ROLL for a roll, HELD_OF_ANY for other sources."""

    @property
    def stale_after_days(self) -> int | None:
        """Days after which unchanged rows are stale; null: never."""
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

    def check_unit_columns(self, columns: Mapping[str, Column]) -> None:
        """Raise if ``unit`` or ``unit_name`` is no column of the source, or one that could identify a child in a message."""
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
