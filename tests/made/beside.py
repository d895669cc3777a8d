"""Many cases judged as one night in one call. Each case has names of its own, so that no case affects another.

This works where nothing is learnt from all children together. A case with a child without a birth date, or with rivals, is
judged alone. Homes are not kept apart.
"""

from collections.abc import Sequence
from datetime import date

import polars as pl

from pipelines.decisions.outcomes import OUTCOME
from pipelines.listing.rank import Ranked
from pipelines.rank_settings import RankSettings
from tests.made.children import AS_AT, Drawn, Row

CASE = r"~(\d+)~"
"""What a name ends with in the combined night: the number of its case."""

CHILDREN = ("child_id", "rival_child_id")
RECORDS = ("record_id", "rival_record_id")


def beside(cases: Sequence[Drawn]) -> Drawn:
    """All cases in one: the name of each child, record and school is followed by the number of its case."""
    all_cases = Drawn()
    for number, case in enumerate(cases):
        assert not case.schools, "schools have numbers, which are not told apart"
        for ours, theirs in (
            (all_cases.persons, case.persons),
            (all_cases.statements, case.statements),
            (all_cases.members, case.members),
            (all_cases.rivals, case.rivals),
            (all_cases.residences, case.residences),
        ):
            ours += [_numbered(row, number) for row in theirs]
    return all_cases


def together(histories: Sequence[Sequence[Drawn]]) -> list[list[int]]:
    """Group histories (one drawing per night) that can be judged together: those of equal length, and others alone."""
    groups: dict[int | str, list[int]] = {}
    for number, history in enumerate(histories):
        is_alone = any(drawn.rivals or any(row["date_of_birth"] is None for row in drawn.persons) for drawn in history)
        groups.setdefault(f"alone {number}" if is_alone else len(history), []).append(number)
    return list(groups.values())


def named(name: object, case: int) -> str:
    """The name of a case's child, record or school in the combined night."""
    return f"{name}~{case}~"


def _numbered(row: Row, number: int) -> Row:
    own = {name: named(row[name], number) for name in (*CHILDREN, *RECORDS, "place") if row.get(name) is not None}
    return row | own


def apart(frame: pl.DataFrame, cases: int) -> list[pl.DataFrame]:
    """The rows of each case, under the names in its drawing."""
    number = pl.col("child_id").str.extract(CASE).cast(pl.Int64)
    texts = pl.col(pl.String).str.replace_all(CASE, "")
    told = frame.with_columns(texts, number.alias("case")).partition_by("case", as_dict=True, include_key=False)
    return [told.get((each,), frame.clear()) for each in range(cases)]


def ranked_beside(
    cases: Sequence[Drawn],
    as_at: date = AS_AT,
    settings: RankSettings | None = None,
    *,
    outcomes: Sequence[pl.DataFrame] | None = None,
) -> list[Ranked]:
    """The list of each case by itself, all judged in one call. ``outcomes``: ``OUTCOME`` of each case; null: none."""
    found = OUTCOME.to_frame()
    for case, own in enumerate(outcomes or ()):
        records = pl.col("records").str.replace_all(r"[^;]+", named("${0}", case))
        found = pl.concat([found, own.with_columns(child_id=pl.col("child_id") + named("", case), records=records)])
    ranked = beside(cases).ranked(settings, as_at, outcomes=found)
    parts = (apart(frame, len(cases)) for frame in (ranked.candidates, ranked.explained, ranked.findings))
    return [Ranked(*each) for each in zip(*parts, strict=True)]


class AtOnce:
    """The lists of many cases by themselves, found by drawing and day judged; all cases of a day are judged in one call."""

    def __init__(self, *cases: tuple[Drawn, date]) -> None:
        self.cases = cases
        self.ranked: dict[int, Ranked] = {}

    def of(self, drawn: Drawn, as_at: date = AS_AT) -> Ranked:
        """The list of one case."""
        case = self.cases.index((drawn, as_at))
        if case not in self.ranked:
            todays = [number for number, (_, day) in enumerate(self.cases) if day == as_at]
            for group in together([[self.cases[number][0]] for number in todays]):
                numbers = [todays[each] for each in group]
                lists = ranked_beside([self.cases[number][0] for number in numbers], as_at)
                self.ranked |= dict(zip(numbers, lists, strict=True))
        return self.ranked[case]
