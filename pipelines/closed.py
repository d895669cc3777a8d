"""Leads that an officer has closed, and what brings a child back: only what contradicts the outcome."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from pipelines.outcomes import CODES, standing, under_tonights_ids
from pipelines.reasons import day, source_name

CLOSED = pl.Schema({"child_id": pl.String, "closed_why": pl.String, "back_because": pl.String})


def closed_children(
    outcomes: pl.DataFrame,
    statements: pl.DataFrame,
    child_records: pl.DataFrame,
    as_at: date,
    names: Mapping[str, str],
) -> pl.DataFrame:
    """One row is one child of tonight that an officer closed by ``as_at``.

    ``closed_why`` (what the officer found) or ``back_because`` (what has changed since), the other null. Where the child
    has got another id since, it is found by the records that it had.
    """
    codes = pl.DataFrame(
        {
            "outcome": list(CODES),
            "closes": [c.closes for c in CODES.values()],
            "words": [c.words for c in CODES.values()],
        }
    )
    counted = standing(outcomes.filter(pl.col("outcome_on") <= as_at)).join(codes, on="outcome", how="left")
    closing = under_tonights_ids(counted.filter("closes"), child_records)
    if closing.is_empty():
        return pl.DataFrame(schema=CLOSED)
    mine = child_records.join(closing.select("child_id", "outcome_on", "records"), on="child_id", how="inner")
    said = mine.join(statements, on="record_id", how="inner")
    seen = said.filter(
        (pl.col("kind") == "seen") & (pl.col("since_on") > pl.col("outcome_on")) & (pl.col("since_on") <= as_at)
    )
    seen_told = pl.format("seen by {} on {}", source_name(pl.col("source"), names), day(pl.col("since_on")))
    is_new = ~pl.col("record_id").is_in(pl.col("records").str.split(";"))
    new_told = pl.format("a new record {}", "record_id")
    first_seen = seen.sort("child_id", "since_on", "record_id").group_by("child_id").agg(seen=seen_told.last())
    first_new = mine.filter(is_new).sort("child_id", "record_id").group_by("child_id").agg(new=new_told.first())
    changed = pl.concat_str("seen", "new", separator="; ", ignore_nulls=True).replace("", None)
    told = pl.format("An officer closed this on {}: {}", day(pl.col("outcome_on")), pl.col("words"))
    return (
        closing.join(first_seen, on="child_id", how="left", validate="1:1")
        .join(first_new, on="child_id", how="left", validate="1:1")
        .with_columns(changed=changed, told=told)
        .select(
            "child_id",
            closed_why=pl.when(pl.col("changed").is_null()).then(pl.col("told") + ". Nothing has changed since."),
            back_because=pl.col("told") + ". Back on the list, as since then: " + pl.col("changed") + ".",
        )
        .cast(CLOSED)
        .sort("child_id")
    )
