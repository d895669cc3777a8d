"""What analysts judged about pairs of records: which judgement is in force, and which judgements cannot all be true.

A judgement outranks every weight, so judgements must be consistent: no *different* may part what a chain of *same* joins (in
the manner of resolvers that keep negative judgements beside positive ones).
"""

from collections import deque
from dataclasses import dataclass

import polars as pl

from matching.in_numbers.components import components

SAME, DIFFERENT, UNSURE = "same", "different", "unsure"
ANSWERS = (SAME, DIFFERENT, UNSURE)


@dataclass(frozen=True)
class Contradiction:
    """Judgements that cannot all be true: the one that says *different*, and those that together say *same*."""

    different: int
    """Row number in the frame given."""
    same: tuple[int, ...]
    """Row numbers of a shortest chain of *same* from one record of the pair to the other."""


def standing_judgements(judgements: pl.DataFrame) -> pl.DataFrame:
    """The judgements in force: for each pair (whichever record comes first) the last row.

    ``judgements``: left_id, right_id, answer and any further columns, in the order in which they were made. An *unsure*
    withdraws what was judged before it.
    """
    pair = [
        pl.min_horizontal("left_id", "right_id").alias("low_id"),
        pl.max_horizontal("left_id", "right_id").alias("high_id"),
    ]
    paired = judgements.with_columns(pair)
    return paired.unique(["low_id", "high_id"], keep="last", maintain_order=True).drop("low_id", "high_id")


def contradictions(judgements: pl.DataFrame) -> list[Contradiction]:
    """Every *different* whose two records are joined by a chain of *same*; empty if the judgements are consistent.

    ``judgements``: left_id, right_id, answer; row numbers are those of this frame.
    """
    rows = judgements.select("left_id", "right_id", "answer").with_row_index("row")
    same, different = (rows.filter(answer=answer) for answer in (SAME, DIFFERENT))
    if same.is_empty() or different.is_empty():
        return []
    group = _groups(same)
    ends = [pl.col(side).replace_strict(group, default=None, return_dtype=pl.Int64) for side in ("left_id", "right_id")]
    clashing = different.filter(ends[0] == ends[1])
    neighbours = _neighbours(same)
    return [
        Contradiction(row, _chain(neighbours, left_id, right_id)) for row, left_id, right_id, _ in clashing.iter_rows()
    ]


def _groups(same: pl.DataFrame) -> dict[str, int]:
    """Record id -> number of the group to which *same* joins it."""
    ids = pl.concat([same["left_id"], same["right_id"]]).unique().sort()
    place = dict(zip(ids.to_list(), range(len(ids)), strict=True))
    left, right = (
        same[side].replace_strict(place, return_dtype=pl.Int64).to_numpy() for side in ("left_id", "right_id")
    )
    return dict(zip(ids.to_list(), components(len(ids), left, right).tolist(), strict=True))


Neighbours = dict[str, list[tuple[str, int]]]


def _neighbours(same: pl.DataFrame) -> Neighbours:
    found: Neighbours = {}
    for row, left_id, right_id, _ in same.iter_rows():
        found.setdefault(left_id, []).append((right_id, row))
        found.setdefault(right_id, []).append((left_id, row))
    return found


def _chain(neighbours: Neighbours, start: str, end: str) -> tuple[int, ...]:
    """Rows of a shortest chain from one record to another of its group; empty if they are the same record."""
    came: dict[str, tuple[str, int]] = {}
    waiting = deque([start])
    while waiting and end not in came and start != end:
        record = waiting.popleft()
        for other, row in neighbours[record]:
            if other != start and other not in came:
                came[other] = (record, row)
                waiting.append(other)
    rows: list[int] = []
    while end != start:
        end, row = came[end]
        rows.append(row)
    return tuple(reversed(rows))
