"""One source tonight and before: what the checks of completeness compare."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import polars as pl

from data_contracts.completeness import Check
from data_contracts.contract import Contract
from pipelines.counted import counted, first_of
from pipelines.intake.in_figures.figures import LOST_NOBODY


class SourceNight(NamedTuple):
    """What a SOURCE_NIGHT says of one source."""

    as_at: date
    rows: int
    newest_on: date | None
    content: str


@dataclass(frozen=True)
class SourceTonight:
    """One source tonight and before."""

    contract: Contract
    as_at: date
    tonight: SourceNight
    """``rows`` is 0 if none was loaded."""
    nights: list[SourceNight]
    """Of earlier nights, oldest first."""
    measures: pl.DataFrame
    """Its SOURCE_MEASURE of tonight and before."""
    keys: tuple[int, float] | None
    """Number of keys on the last night, and the share (0..1) of them that came again."""
    files: int
    """Files that came tonight."""
    refused: Sequence[str]
    """Names of the files that were not loaded."""
    set_aside: int
    """Rows set aside from the files that were loaded, leaving out copies of rows that were loaded."""
    set_aside_for: str
    """Columns and rules that kept rows out; empty if none did."""
    refused_for: str
    """Columns and rules that stopped those files; empty if none is known."""
    stands_in_until: date | None
    """The last day on which the rows that came last stand in; null: they do not."""
    unsaid: list[str]
    """What is wrong, and what to do: for each column with many dates in no form that is read, with codes of another system, or
    with the name of a school of another authority; for each missing column that would give an end; for a home that nobody
    read."""
    due: Sequence[str]
    """Units that must have rows, even on the first night."""
    closures: Sequence[tuple[date, date]]
    """First and last day of times when schools are closed, besides the usual holidays."""
    failed_checks: Sequence[tuple[Check, str]]
    """How it differs from the last delivery: the check that fails, and why in words."""

    @property
    def last(self) -> SourceNight:
        """The last night on which it came, if there is one."""
        return self.nights[-1]

    @property
    def newer_each(self) -> list[tuple[SourceNight, date]]:
        """Its nights with the newest date of each, without nights on which that date had gone back: an old file is reported
        until a newer one comes, and says nothing of what is usual."""
        kept: list[tuple[SourceNight, date]] = []
        for night in self.nights:
            if night.newest_on and (not kept or night.newest_on >= kept[-1][1]):
                kept.append((night, night.newest_on))
        return kept

    @property
    def units_losing_no_child(self) -> pl.Series:
        """Units whose children are elsewhere, whatever rows or places they lost: they go on under others, or have closed."""
        return self.measures.filter(measure=LOST_NOBODY, as_at=self.as_at)["of"]

    def rows_still_due(self, night: SourceNight) -> int:
        """Rows of an earlier night, without those that have since gone with units that lost nobody."""
        gone = self.measures.filter(pl.col("as_at") > night.as_at, measure=LOST_NOBODY)["value"].sum()
        return max(night.rows - int(gone), 0)

    @property
    def not_read(self) -> str:
        """What of tonight's files was kept out, and why; a sentence to be appended, empty if everything was read.

        Rows are then missing because nobody could read them: anybody who accepts the file as complete makes leads of its
        children.
        """
        kept_out = []
        if self.refused:
            kept_out.append(f"{first_of(self.refused)} could not be used" + _because(self.refused_for))
        if self.set_aside:
            were = "was" if self.set_aside == 1 else "were"
            kept_out.append(f"{counted(self.set_aside, 'row')} {were} set aside" + _because(self.set_aside_for))
        return f" Not read: {'; '.join(kept_out)}. Have that corrected first." if kept_out else ""


def _because(rules: str) -> str:
    return f" ({rules})" if rules else ""
