"""How tonight's list differs from the last one published: who came, went, stays in view, rose or fell."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from data_contracts.rules import WITHHELD
from pipelines.formatted import formatted
from pipelines.ledger.left_list import IN_VIEW, LEFT, LISTED
from pipelines.listing.rank import REASON_IN_WORDS, urgency
from pipelines.reasons import in_100
from pipelines.tables import LEAD, LIST_CHANGE
from pipelines.written_dates import day_written

NEW, RETURNED, GONE, KEPT_IN_VIEW, OUT_OF_VIEW = "new", "returned", "gone", "kept in view", "no longer in view"
RISEN, FALLEN = "risen", "fallen"
CHANGES = (NEW, RETURNED, GONE, KEPT_IN_VIEW, OUT_OF_VIEW, RISEN, FALLEN)
"""``LIST_CHANGE.change``, in the order in which people read them.

- ``gone`` and ``kept in view``: off the list since tonight; the latter because an officer has the child in hand, its
  records are missing from an incomplete file, or nothing new was told of its education. The last list, plus ``new`` and
  ``returned``, minus these two, is tonight's.
- ``no longer in view``: was off the list before.
- ``risen`` and ``fallen``: more, or less, urgent in itself, whatever happened to others on the list.
"""

MOVES = (RISEN, FALLEN)
"""Changes of children who stay on the list."""

LEAST_MOVE = 0.05
"""A smaller change of likelihood is not reported."""

BEFORE = ("lane", "rank", "likelihood", "priority")
"""Columns of the last list that are shown beside tonight's."""

LATER_LIST = "A later list has been published, so this one is not compared with any other."


@dataclass(frozen=True)
class WhatChanged:
    """What a publication says about the list before it."""

    changes: pl.DataFrame
    """``LIST_CHANGE``."""
    in_view: pl.DataFrame
    """``LEAD`` of children in view (:mod:`pipelines.ledger.left_list`)."""
    words: tuple[str, ...]
    """Sentences with counts only."""

    @classmethod
    def empty(cls) -> "WhatChanged":
        """For a night without a ledger."""
        return cls(LIST_CHANGE.to_frame(), LEAD.to_frame(), ())


def what_changed(changes: pl.DataFrame, leads: pl.DataFrame, lists: pl.DataFrame, as_at: date) -> WhatChanged:
    """Tonight's ledger as a publication presents it. Frames: ``LIST_CHANGE``, ``LEAD``, ``LIST_NIGHT``."""
    in_view = (
        leads.filter(state=IN_VIEW)
        .with_columns(pl.col("off_because").replace(REASON_IN_WORDS))
        .sort("off_on", "child_id", descending=[True, False])
    )
    if not lists.filter(pl.col("as_at") > as_at).is_empty():
        return WhatChanged(changes, in_view, (LATER_LIST,))
    return WhatChanged(changes, in_view, _in_words(told_to_all(changes), in_view.height, lists.filter(as_at=as_at)))


def told_to_all(changes: pl.DataFrame) -> pl.DataFrame:
    """``LIST_CHANGE`` without what is not told of protected children, so that no count gives it away: why they came or went,
    and that they rose or fell."""
    told = changes.filter(~(pl.col("restricted") & pl.col("change").is_in(MOVES)))
    return told.with_columns(because=pl.when("restricted").then(pl.lit(WITHHELD)).otherwise("because"))


def _in_words(changes: pl.DataFrame, in_view: int, tonight: pl.DataFrame) -> tuple[str, ...]:
    before_on = tonight["before_on"].item()
    if before_on is None:
        return ("This is the first list, so there is none to compare it with.",)
    counts = dict(changes.group_by("change").len().iter_rows())
    unsaid = {name for name, many in ((KEPT_IN_VIEW, in_view), (OUT_OF_VIEW, counts.get(OUT_OF_VIEW))) if not many}
    counted = ", ".join(f"{counts.get(name, 0):,} {name}" for name in CHANGES if name not in unsaid)
    words = [f"Compared with the list of {day_written(before_on)}: {counted}."]
    for change in (NEW, RETURNED, GONE, KEPT_IN_VIEW, OUT_OF_VIEW):
        if reasons := _reasons(changes.filter(change=change)):
            words.append(f"{change.capitalize()}: {reasons}.")
    if in_view:
        words.append(
            f"In view, off the list but not to be lost from sight: {in_view:,}. Each has its reason in in_view.csv and the "
            "sheet 'In view'."
        )
    return tuple(words)


def _reasons(changes: pl.DataFrame) -> str:
    """Each reason with its number of children in brackets, the commonest first."""
    counted = changes.group_by("because").len().sort("len", "because", descending=[True, False])
    return "; ".join(f"{because} ({count:,})" for because, count in counted.iter_rows())


def list_changes(leads: pl.DataFrame) -> pl.DataFrame:
    """``LIST_CHANGE`` of a night, by kind of change and then by rank.

    ``leads``: ``LEAD`` after the night, with ``was`` (its state after the last list; null: new), ``<name>_before`` for each
    of ``BEFORE``, and ``moved`` (what moved the likelihood, in words; null: not known).
    """
    is_listed, was = pl.col("state") == LISTED, pl.col("was")
    changed = leads.with_columns(change=_change()).drop_nulls("change")
    came, moved = pl.col("change").is_in([NEW, RETURNED]), pl.col("change").is_in([RISEN, FALLEN])
    # The lead of a child off the list keeps its columns from when it was last listed: these are "before".
    before = {
        f"{name}_before": pl.when(~is_listed & was.is_not_null()).then(name).otherwise(f"{name}_before")
        for name in BEFORE
    }
    now = {name: pl.when(is_listed).then(name) for name in BEFORE}
    off = pl.col("off_because").replace(REASON_IN_WORDS)
    words = (
        pl.when(came).then("came_because").when(moved).then(_moved_because()).otherwise(off).alias("because"),
        pl.when(came).then("came_why").when(moved).then(_moved_why()).otherwise("off_why").alias("why"),
    )
    order = pl.col("change").replace_strict({name: at for at, name in enumerate(CHANGES)}, return_dtype=pl.Int64)
    rank = pl.coalesce("rank", "rank_before")
    return (
        changed.with_columns(*words)
        .with_columns(**before)
        .with_columns(**now)
        .sort(order, rank, "child_id", nulls_last=True)
        .select(LIST_CHANGE.names())
        .cast(LIST_CHANGE)
    )


def _change() -> pl.Expr:
    """Which of ``CHANGES`` applies to a lead; null: none."""
    state, was = pl.col("state"), pl.col("was")
    is_listed = state == LISTED
    urgent = urgency(pl.col("likelihood"), pl.col("priority"))
    urgent_before = urgency(pl.col("likelihood_before"), pl.col("priority_before"))
    likelier = (pl.col("likelihood") - pl.col("likelihood_before")).abs() >= LEAST_MOVE
    has_moved = is_listed & (was == LISTED) & (likelier | (pl.col("priority") != pl.col("priority_before")))
    return (
        pl.when(is_listed & was.is_null())
        .then(pl.lit(NEW))
        .when(is_listed & was.is_in([LEFT, IN_VIEW]))
        .then(pl.lit(RETURNED))
        .when((state == LEFT) & (was == LISTED))
        .then(pl.lit(GONE))
        .when((state == IN_VIEW) & (was == LISTED))
        .then(pl.lit(KEPT_IN_VIEW))
        .when((state == LEFT) & (was == IN_VIEW))
        .then(pl.lit(OUT_OF_VIEW))
        .when(has_moved & (urgent > urgent_before))
        .then(pl.lit(RISEN))
        .when(has_moved & (urgent < urgent_before))
        .then(pl.lit(FALLEN))
    )


def _moved_because() -> pl.Expr:
    more, now, before = pl.col("change") == RISEN, pl.col("likelihood"), pl.col("likelihood_before")
    by_likelihood = (now - before).abs() >= LEAST_MOVE
    likelier = pl.when(more).then(pl.lit("more likely")).otherwise(pl.lit("less likely"))
    sooner = pl.when(more).then(pl.lit("more reasons to look sooner")).otherwise(pl.lit("fewer reasons to look sooner"))
    same_way = (pl.col("priority") > pl.col("priority_before")) == more
    return (
        pl.when(by_likelihood & ((now > before) == more)).then(likelier).when(same_way).then(sooner).otherwise(likelier)
    )


def _moved_why() -> pl.Expr:
    """Each figure that has changed, and what moved it."""
    now, before = in_100(pl.col("likelihood")), in_100(pl.col("likelihood_before"))
    parts = [
        pl.when(now != before).then(formatted("likelihood {}, now {}", before, now)),
        pl.when(pl.col("priority") != pl.col("priority_before")).then(
            formatted("priority points {}, now {}", "priority_before", "priority")
        ),
        pl.when(pl.col("lane") != pl.col("lane_before")).then(formatted("lane '{}', now '{}'", "lane_before", "lane")),
    ]
    text = pl.concat_str(parts, separator="; ", ignore_nulls=True)
    figures = text.str.slice(0, 1).str.to_uppercase() + text.str.slice(1) + "."
    return pl.concat_str(figures, "moved", separator=" ", ignore_nulls=True)
