"""Tonight's records as residence reads them: one row is one record, and children are whole numbers.

What is read of a child comes from a few dates of each of its records. These are taken from the statements once; everything
after that joins, groups and sorts by number.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from pipelines.children.members import members
from pipelines.record_ids import source_of
from pipelines.residence.default_days import without_default_days

SAYS_MOVED = r"\bmoved\b"
"""Matches a reason for closing an entry that says the family has moved away."""

AT_ONCE, ENOUGH_AT_ONCE = 0.02, 50
"""Share of a source's open entries, and number of entries, that begin on one day only if the date belongs to the list: so
many families never arrive at once."""

LATELY = timedelta(days=730)
"""Entries that began longer ago than this are old ones, whatever their date stands for."""


@dataclass(frozen=True, slots=True)
class ChildDates:
    """The records of a night and what each says. Statements dated after the date judged are ignored."""

    children: pl.DataFrame
    """``child_id``, sorted, and ``child``: 0, 1, 2 …, so that ``child`` sorts as ``child_id`` does."""
    records: pl.DataFrame
    """One row is one record of one child. Null: the record says nothing of the kind.

    - ``record_id``, ``child``, ``source``, ``membership`` (0..1)
    - ``first_on``: the child was first seen. ``seen_on``: last seen. ``sighted_on``: last seen on a day on which no entry
      began.
    - ``begun_on``: start of its open entry. ``closed_on``: end of the entry that ended last.
    - ``is_ended``: the record says that the child left, or has closed entries and none open.
    - ``is_of_grown_up``: it calls whom it is about a grown-up of the household.
    - ``left_on``: last day on which it says that the child left; null too if it says so of no known day. ``said_moved``:
      whether it then says that the family moved away; null: it gives no reason.
    """
    rolls: pl.Series
    """Sources whose records prove an education."""
    entry_sources: pl.Series
    """Sources whose records are of homes or places, which begin and end."""
    event_sources: pl.Series
    """Sources that keep no entries and see a child on the day of what they report: an application, a referral."""


@dataclass(frozen=True, slots=True)
class RecordDates:
    """What the records of a night say, whichever child they belong to. Statements dated after the date judged are ignored."""

    records: pl.DataFrame
    """One row is one record that says anything: its ``record_id``, and the dates that ``ChildDates.records`` has; sorted."""
    rolls: pl.Series
    entry_sources: pl.Series
    event_sources: pl.Series
    """As in ``ChildDates``."""


def record_dates(statements: pl.DataFrame, as_at: date) -> RecordDates:
    """What the statements of a night say, record by record."""
    ordered = statements.select("record_id", "source", "kind", "what", "since_on", "until_on")
    if not ordered["record_id"].is_sorted():
        ordered = ordered.sort("record_id")
    records = ordered.select(pl.col("record_id").rle().struct.field("value").alias("record_id")).with_row_index(
        "record"
    )
    ordered = ordered.select(
        "source",
        "what",
        "since_on",
        "until_on",
        kind=pl.col("kind").cast(pl.Categorical),
        record=pl.col("record_id").rle_id(),
    )
    ordered = _without_dates_given_at_once(without_default_days(ordered, of="record"), as_at)
    grown_up = ordered.filter(pl.col("kind") == "grown_up").select(
        pl.col("record").unique(), is_of_grown_up=pl.lit(value=True)
    )
    for dates in (_sightings(ordered, as_at), _entries(ordered, as_at), _leavings(ordered, as_at), grown_up):
        records = records.join(dates, on="record", how="left", validate="1:1", maintain_order="left")
    entry_sources = ordered.filter(pl.col("kind").is_in(["lives_here", "provision"]))["source"].unique()
    return RecordDates(
        records.drop("record"),
        rolls=ordered.filter(pl.col("kind") == "provision")["source"].unique(),
        entry_sources=entry_sources,
        event_sources=_of_events(ordered.filter(~pl.col("source").is_in(entry_sources.implode()))),
    )


def child_dates(record_dates: RecordDates, child_records: pl.DataFrame) -> ChildDates:
    """What the records in ``child_records`` say. Records that belong to no child are ignored."""
    children = child_records.select(pl.col("child_id").unique().sort()).with_row_index("child")
    has_left, has_closed = pl.col("has_left").fill_null(value=False), pl.col("closed_on").is_not_null()
    mine = child_records.select("record_id", "child_id", "membership").join(
        children, on="child_id", how="left", validate="m:1", maintain_order="left"
    )
    records = (
        members(
            mine,
            record_dates.records,
            *(name for name in record_dates.records.columns if name != "record_id"),
            how="left",
        )
        .with_columns(
            pl.col("is_of_grown_up").fill_null(value=False),
            source=source_of(pl.col("record_id")),
            is_ended=has_left | (has_closed & ~pl.col("is_open").fill_null(value=False)),
        )
        .drop("child_id", "is_open", "has_left")
    )
    return ChildDates(children, records, record_dates.rolls, record_dates.entry_sources, record_dates.event_sources)


def _without_dates_given_at_once(statements: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``statements`` without start dates that so many of a source's entries share that they belong to the list, not to a
    family.

    Practices merge, a landlord takes over a stock of homes, a system is replaced: every entry then begins on one day.
    Children who had moved away before would look as if they had just arrived. A child whose own entry began on another day
    was met on that day.
    """
    since = pl.col("since_on")
    entries = statements.filter(pl.col("kind") == "lives_here", pl.col("until_on").is_null())
    days = entries.filter(since > as_at - LATELY, since <= as_at).group_by("source", "since_on").len("begun")
    together = days.join(entries.group_by("source").len("entries"), on="source", how="left", validate="m:1").filter(
        pl.col("begun") >= ENOUGH_AT_ONCE, pl.col("begun") >= AT_ONCE * pl.col("entries")
    )
    if together.is_empty():
        return statements
    begun_at_once = together.select("source", "since_on", at_once=pl.lit(value=True))
    marked = statements.join(
        begun_at_once, on=["source", "since_on"], how="left", validate="m:1", maintain_order="left"
    )
    is_of_list = pl.col("at_once").fill_null(value=False)
    begins = is_of_list & (pl.col("kind") == "lives_here")
    return (
        marked.filter(~(is_of_list & (pl.col("kind") == "seen") & begins.any().over("record")))
        .with_columns(since_on=pl.when(begins).then(None).otherwise(since))
        .drop("at_once")
    )


def _of_events(statements: pl.DataFrame) -> pl.Series:
    """Sources with a record that sees the child on the very day from which its concern holds."""
    seen, concern = (statements.filter(pl.col("kind") == kind) for kind in ("seen", "concern"))
    return concern.join(seen, on=["record", "since_on"], how="semi")["source"].unique()


def _sightings(statements: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``record``, ``first_on``, ``seen_on``, ``sighted_on``.

    If a record says that the child was seen on a day that cannot be read, and on no other but those on which an entry began, it
    does not say when the child was last seen: not that nobody has seen it since.
    """
    dated, met = pl.col("record", "since_on"), statements.filter(pl.col("kind") == "seen")
    seen = met.filter(pl.col("since_on") <= as_at).select(dated)
    starts = statements.filter(pl.col("kind") == "lives_here").select(dated)
    sighted = seen.join(starts, on=["record", "since_on"], how="anti")
    unread = met.filter(pl.col("since_on").is_null())["record"]
    is_unknown = pl.col("record").is_in(unread.implode()) & pl.col("sighted_on").is_null()
    return (
        seen.group_by("record")
        .agg(seen_on=pl.col("since_on").max(), first_on=pl.col("since_on").min())
        .join(sighted.group_by("record").agg(sighted_on=pl.col("since_on").max()), on="record", how="left")
        .with_columns(seen_on=pl.when(~is_unknown).then("seen_on"))
    )


def _entries(statements: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``record``, ``begun_on``, ``is_open``, ``closed_on``."""
    since, until = pl.col("since_on"), pl.col("until_on")
    homes = statements.filter((pl.col("kind") == "lives_here") & (since.is_null() | (since <= as_at)))
    is_open = until.is_null() | (until > as_at)
    return homes.group_by("record").agg(
        begun_on=since.filter(is_open).max(), is_open=is_open.any(), closed_on=until.filter(~is_open).max()
    )


def _leavings(statements: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``record``, ``has_left``, ``left_on``, ``said_moved``."""
    on = pl.col("since_on")
    left = statements.filter((pl.col("kind") == "left") & (on.is_null() | (on <= as_at)))
    is_last = on == on.max()
    said_moved = pl.col("what").str.to_lowercase().str.contains(SAYS_MOVED).filter(is_last).max()
    return left.group_by("record").agg(has_left=pl.lit(value=True), said_moved=said_moved, left_on=on.max())


def days_since(day: pl.Expr, as_at: date) -> pl.Expr:
    """Whole days from a date to ``as_at`` (Int64)."""
    return (pl.lit(as_at) - day).dt.total_days()
