"""The children without a certain place: what is read of each, laid out for the mixture of those here and those gone."""

from dataclasses import dataclass, replace

import numpy as np

from pipelines.residence.family import Families, own_and_household
from pipelines.residence.reading import Codes, Flags, Floats, Reading, ReadingTable, reading_table


@dataclass(frozen=True, slots=True)
class Children:
    """The children without a certain place, in columns."""

    readings: list[Reading]
    group: Codes
    """Group number. A group has one age group, one last roll (or place elsewhere), and one answer to whether that roll ended
    with Year 6 or with the school; its children share one share of those here."""
    is_never: Flags
    """Never on a roll: in the data only because some agency has a record."""
    with_school: Flags
    """Left a school as it closed, and has had no place since."""
    counts: Flags
    """Of compulsory school age, without any place, and not because a school closed: the mixture is learnt from these."""
    families: Families
    season: Floats
    """From :func:`pipelines.residence.departures.season_of`."""
    table: ReadingTable
    """What the readings say of these children: laid out once, for both estimates."""

    @classmethod
    def of_readings(
        cls,
        readings: list[Reading],
        counts: Flags,
        families: Families,
        *,
        group: Codes,
        is_never: Flags,
        with_school: Flags,
        season: Floats,
    ) -> "Children":
        """The children with these readings, laid out."""
        table = reading_table(readings, counts)
        alone, together = own_and_household(families, table.shared)
        table = replace(table, own=table.own + alone, shared=together)
        return cls(readings, group, is_never, with_school, counts, families, season, table)

    def of(self, rows: Codes) -> "Children":
        """Only the children in ``rows``."""
        return Children.of_readings(
            [one.of(rows) for one in self.readings],
            self.counts[rows],
            self.families.of(rows, len(self.group)),
            group=self.group[rows],
            is_never=self.is_never[rows],
            with_school=self.with_school[rows],
            season=self.season,
        )

    @property
    def taught_from(self) -> Codes:
        """Rows of those from whom the mixture is learnt: the children who count, and the others of their households."""
        core = np.flatnonzero(self.counts)
        others = self.families.other[np.isin(self.families.child, core)]
        return np.union1d(core, others[others >= 0])
