"""Were children found to be missing education on the lists of the nights before?

This finds the only miss that nobody can see on the list itself: a child whom a referral or a neighbour brings in, although
a night had explained the child away or knew nothing of it.
"""

from collections.abc import Iterable
from datetime import timedelta

import polars as pl

from data_contracts.rules import WITHHELD
from pipelines.decisions.outcomes import first_found_missing
from pipelines.listing.rank import REASON_IN_WORDS
from pipelines.record_ids import one_row_a_record
from pipelines.reports.published import PublishedNight

WITHIN = timedelta(days=182)
"""How long before it was found a child may have been missing education; the lists of that time are searched."""

LISTED, UNKNOWN = "listed", "on no list, and known to no source as being of age"

BACK_TEST = pl.Schema(
    {
        "child_id": pl.String,  # key; as the outcome has it
        "found_on": pl.Date,  # day of the first outcome that says the child is missing education
        "nights": pl.Int64,  # lists kept of the half year before, and of that morning
        "nights_listed": pl.Int64,
        "first_listed_on": pl.Date,  # null: on none of them
        "told": pl.String,  # LISTED; otherwise why the last of them left the child out (EXPLAINED.reason), or UNKNOWN;
        # WITHHELD: a source protects the child
    }
)
"""One row is one child found to be missing education, if at least one list of the half year before is kept."""


def back_test(outcomes: pl.DataFrame, nights: Iterable[PublishedNight]) -> pl.DataFrame:
    """``BACK_TEST``, by child. ``outcomes``: ``OUTCOME``; ``nights``: lists as they were published, in any order.

    A child is found on a list by its id or by any of its records at the time of the outcome, as ids may change.
    """
    first = first_found_missing(outcomes).select("child_id", "records", found_on="outcome_on")
    found = pl.concat([_BACK_ROWS, *(_on_night(first, night) for night in nights)])
    by_child = found.sort("child_id", "as_at").group_by("child_id", "found_on", maintain_order=True)
    return (
        by_child.agg(
            nights=pl.len(),
            nights_listed=(pl.col("told") == LISTED).sum(),
            first_listed_on=pl.col("as_at").filter(pl.col("told") == LISTED).first(),
            last=pl.col("told").last(),
        )
        .with_columns(told=pl.when(pl.col("nights_listed") > 0).then(pl.lit(LISTED)).otherwise("last"))
        .select(BACK_TEST.names())
        .cast(BACK_TEST)
        .sort("child_id")
    )


_BACK_ROWS = pl.DataFrame(schema={"child_id": pl.String, "found_on": pl.Date, "as_at": pl.Date, "told": pl.String})


def _on_night(found: pl.DataFrame, night: PublishedNight) -> pl.DataFrame:
    """What one list said of each child found in the half year after it. That includes the list's own day, as it is there in
    the morning."""
    since = pl.col("found_on") - pl.lit(night.as_at)
    mine = found.filter((since >= timedelta(0)) & (since <= WITHIN))
    listed = _known_as(mine, night.candidates)
    explained = _known_as(mine, night.explained.select("child_id", "records", "reason"))
    reason = explained.sort("child_id", "reason").unique("child_id", keep="first", maintain_order=True)
    return mine.join(reason.select("child_id", "reason"), on="child_id", how="left", validate="1:1").select(
        "child_id",
        "found_on",
        as_at=pl.lit(night.as_at, pl.Date),
        told=pl.when(pl.col("child_id").is_in(listed["child_id"].implode()))
        .then(pl.lit(LISTED))
        .otherwise(pl.col("reason").fill_null(UNKNOWN)),
    )


def _known_as(mine: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """Rows of a published table about the children in ``mine``, by id or by a shared record, with the ``child_id`` of
    ``mine``."""
    by_id = table.join(mine.select("child_id"), on="child_id", how="semi")
    theirs = one_row_a_record(table, *(name for name in table.columns if name != "child_id"))
    by_record = theirs.join(one_row_a_record(mine, "child_id"), on="record_id", how="inner")
    return pl.concat([by_id, by_record.select(by_id.columns)])


def in_words(reason: pl.Expr) -> pl.Expr:
    """A reason of ``EXPLAINED`` in words for people."""
    return reason.replace({**REASON_IN_WORDS, WITHHELD: "withheld, as a source protects the child"})


def missed(found: pl.DataFrame) -> pl.DataFrame:
    """The rows of ``BACK_TEST`` about children on no list, with ``told`` in words for people."""
    return found.filter(pl.col("nights_listed") == 0).with_columns(in_words(pl.col("told")))


def missed_words(found: int, looked_up: int, on_none: int) -> str:
    """How many children were found, for how many of them an earlier list is kept, and how many of those were on none.

    Of earlier lists a restored workspace has only the dates, and retention removes the oldest.
    """
    if not found:
        return "No child has been found missing education yet."
    if not looked_up:
        return "No list from the half year before is kept for any child found missing education."
    kept = "" if looked_up == found else f"Only for {looked_up:,} of them is a list from the half year before kept. "
    return (
        f"Children found missing education so far: {found:,}. {kept}On a list in the half year before: "
        f"{looked_up - on_none:,}; on none: {on_none:,}."
    )
