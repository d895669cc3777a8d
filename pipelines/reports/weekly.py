"""The week of the list, for the manager of the team that works on it: what came, what went, what waits, what it cost.

It holds child ids and counts, no name and no address; ids lead to the evidence sheets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from data_contracts.rules import WITHHELD
from pipelines.decisions.outcomes import (
    CODES,
    first_found_missing,
    newly_found_missing,
    open_enquiries,
    outcome_in_words,
    outcomes_by_current_child,
    standing_outcomes,
)
from pipelines.health import SourceState
from pipelines.listing.rank import LANES
from pipelines.publish.outcome_yield import hours_spent, outcome_yield
from pipelines.reports.back_test import back_test, in_words, missed
from pipelines.reports.published import PublishedNight

WEEKLY_FOLDER = "weekly"
WEEK = timedelta(days=7)
TOLD = 10
"""Most children shown in each table."""
LATE_AFTER = timedelta(days=8)
"""A source of which no file has been loaded for longer than this is late."""


@dataclass(frozen=True)
class Weekly:
    """One week."""

    as_at: date
    before: date | None
    """The list that it is compared with; null: none is a week old."""
    lanes: Sequence[tuple[str, int, int | None]]
    """(lane, children now, children then)."""
    came: pl.DataFrame
    """Children new on the list: ``rank``, ``child_id``, ``lane``, ``likelihood``, by rank."""
    went: Sequence[tuple[str, int]]
    """(why no longer listed, children)."""
    outcomes: Sequence[tuple[str, int]]
    """(what officers found this week, children), the commonest first."""
    found: int
    """Children first found missing education this week, and not already known to be."""
    hours: float | None
    """Officers' hours handed in with this week's outcomes; null: none."""
    hours_per_child_found: float | None
    """From all outcomes so far; null: not known."""
    in_hand: pl.DataFrame
    """Children whom an officer has in hand: ``child_id``, ``told`` (withheld of a protected child), ``since``, the longest
    first."""
    untouched: pl.DataFrame
    """Children on the list whom nobody has looked into: ``rank``, ``child_id``, ``lane``, ``since`` (when the child came onto
    the list), the longest first."""
    late: Sequence[SourceState]
    missed: pl.DataFrame
    """``BACK_TEST`` of the children found who were on no list before."""
    found_so_far: int
    """Children ever found missing education."""
    looked_back: int
    """Those of them for whom an earlier list is kept."""


def weekly(
    nights: Sequence[PublishedNight],
    outcomes: pl.DataFrame,
    child_records: pl.DataFrame,
    leads: pl.DataFrame,
    sources: Sequence[SourceState],
) -> Weekly:
    """The week up to the last of ``nights`` (oldest first, at least one). ``outcomes``: ``OUTCOME``; ``leads``: ``LEAD``."""
    now = nights[-1]
    week_ago = now.as_at - WEEK
    earlier = [night for night in nights if night.as_at <= week_ago]
    then = earlier[-1] if earlier else None
    known = outcomes.filter(pl.col("outcome_on") <= now.as_at)
    this_week = known.filter(pl.col("outcome_on") > week_ago)
    ever_found, looked_back = first_found_missing(known), back_test(known, nights)
    hours = this_week["hours"].drop_nulls()
    total = outcome_yield(known).filter(by="all")["hours_per_child_found"]
    return Weekly(
        as_at=now.as_at,
        before=None if then is None else then.as_at,
        lanes=_lanes(now, then),
        came=_came(now, then),
        went=_went(now, then),
        outcomes=_by_words(this_week),
        found=newly_found_missing(known).filter(pl.col("outcome_on") > week_ago).height,
        hours=float(hours_spent(this_week)["hours"].sum()) if hours.len() else None,
        hours_per_child_found=total.item() if total.len() else None,
        in_hand=_in_hand(known, child_records, now),
        untouched=_untouched(now, known, child_records, leads),
        late=[source for source in sources if now.as_at - source.came_on > LATE_AFTER],
        missed=missed(looked_back),
        found_so_far=ever_found.height,
        looked_back=looked_back.height,
    )


def _lanes(now: PublishedNight, then: PublishedNight | None) -> list[tuple[str, int, int | None]]:
    def count(night: PublishedNight, lane: str) -> int:
        return night.candidates.filter(pl.col("lane") == lane).height

    return [(lane, count(now, lane), None if then is None else count(then, lane)) for lane in LANES]


def _came(now: PublishedNight, then: PublishedNight | None) -> pl.DataFrame:
    listed = now.candidates.select("rank", "child_id", "lane", "likelihood").sort("rank")
    if then is None:
        return listed.clear()
    return listed.join(then.candidates.select("child_id"), on="child_id", how="anti", maintain_order="left")


def _went(now: PublishedNight, then: PublishedNight | None) -> list[tuple[str, int]]:
    if then is None:
        return []
    gone = then.candidates.select("child_id").join(now.candidates, on="child_id", how="anti")
    why = gone.join(now.explained.select("child_id", "reason"), on="child_id", how="left", validate="1:1")
    counted = why.group_by(
        in_words(pl.col("reason")).fill_null("no longer in the extracts, or now under another id")
    ).len()
    return list(counted.sort("len", "reason", descending=[True, False]).iter_rows())


def _by_words(outcomes: pl.DataFrame) -> list[tuple[str, int]]:
    counted = standing_outcomes(outcomes).group_by("outcome").len().sort("len", "outcome", descending=[True, False])
    return [(CODES[outcome].words, count) for outcome, count in counted.iter_rows()]


def _in_hand(outcomes: pl.DataFrame, child_records: pl.DataFrame, now: PublishedNight) -> pl.DataFrame:
    """What an officer found of a protected child, such as that it is said to be abroad, is withheld, as on the list."""
    held = open_enquiries(outcomes, child_records, now.as_at)
    off_list = now.explained.filter(pl.col("reason") == WITHHELD)["child_id"]
    protected = pl.concat([now.candidates.filter("restricted")["child_id"], off_list])
    is_protected = pl.col("child_id").is_in(protected.implode())
    words = pl.when(is_protected).then(pl.lit(WITHHELD)).otherwise(outcome_in_words(pl.col("outcome")))
    return held.select("child_id", told=words, since="outcome_on").sort("since", "child_id")


def _untouched(
    now: PublishedNight, outcomes: pl.DataFrame, child_records: pl.DataFrame, leads: pl.DataFrame
) -> pl.DataFrame:
    """Children on the last list without any outcome, under this id or an earlier one.

    ``since``: by the ledger, as of earlier lists a restored workspace has only the dates, and children's ids may change.
    """
    looked_into = outcomes_by_current_child(outcomes, child_records).select("child_id")
    listed = leads.filter(state="listed").select("child_id", since="first_listed_on")
    waiting = now.candidates.select("rank", "child_id", "lane").join(looked_into, on="child_id", how="anti")
    return waiting.join(listed, on="child_id", how="left", validate="1:1").sort("since", "rank")
