"""Listed children of Year 11 whom their school took off its roll with most of the year, before the school leaving date.

Examinations begin in May, and some schools enter the first day of study leave as the leaving date, although the pupils are
on the roll until the last Friday in June. If most of a school's Year 11 has left in this way, it says nothing about any one
of them, and the school can say what it meant.
"""

from datetime import date

import polars as pl

from pipelines.age import ends_on
from pipelines.counted import counted, first_of
from pipelines.formatted import formatted
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.waiting import at_high_risk, of_certain_records
from pipelines.priority import Circumstances
from pipelines.written_dates import day

BEGINS = (5, 1)
"""(month, day) from which a school may send Year 11 on study leave: the first examinations are in the first week of May."""

MOST, ENOUGH = 0.5, 5
"""Least share of a school's Year 11, and least number of its pupils, who left in this way: fewer may have left for their
own reasons."""

ON_LEAVE = pl.Schema(
    {"child_id": pl.String, "school": pl.String, "left": pl.Int64, "pupils": pl.Int64, "ask_school": pl.String}
)


def study_leave(circumstances: Circumstances, finding_rows: pl.DataFrame, inputs: ListInputs) -> pl.DataFrame:
    """``ON_LEAVE``: one row is one child whose school is to be asked.

    ``left``: how many pupils in Year 11 have left it, of ``pupils``. ``ask_school``: all of it in a sentence. Children at
    high risk are left out. ``finding_rows``: ``FINDING``. ``inputs``: of all children, as their entries show who left.
    """
    as_at = circumstances.as_at
    begins, ends = date(as_at.year, *BEGINS), date(as_at.year, 6, 30)
    if not begins <= as_at <= ends:  # the school leaving date is a Friday in June
        return ON_LEAVE.to_frame()
    leaves_on = ends_on(pl.col("date_of_birth"))
    born = inputs.by_age.select("record_id", "date_of_birth").filter(
        leaves_on.dt.year() == as_at.year, leaves_on >= as_at
    )
    has_left = ~pl.col("is_current") & pl.col("until_on").is_between(begins, as_at)
    entries = inputs.provision.drop_nulls("place").join(born, on="record_id", how="inner", validate="m:1")
    of_year = entries.filter(has_left | pl.col("is_current")).with_columns(has_left=has_left)
    schools = of_year.group_by("source", "place").agg(left=pl.col("has_left").sum(), pupils=pl.len())
    gone = schools.filter(pl.col("left") >= ENOUGH, pl.col("left") > MOST * pl.col("pupils"))
    last = of_certain_records(circumstances.last_ended, inputs.child_records).filter(pl.col("until_on") >= begins)
    theirs = last.join(born, on="record_id", how="inner", validate="m:1").join(
        gone, on=["source", "place"], how="inner"
    )
    asked = theirs.join(at_high_risk(finding_rows), on="child_id", how="anti").rename({"place": "school"})
    words = formatted(
        "Taken off the roll with {} of the {} Year 11 pupils at {} before the school leaving date, {}: ask the school "
        "whether they are on study leave.",
        "left",
        "pupils",
        pl.col("school"),
        day(leaves_on),
    )
    return asked.select("child_id", "school", "left", "pupils", ask_school=words).cast(ON_LEAVE)


def years_to_ask_for(on_leave: pl.DataFrame) -> tuple[str, ...]:
    """The warning that names the schools to ask, most children first; empty if there are none.

    ``on_leave``: ``ON_LEAVE`` of listed, unprotected children.
    """
    if on_leave.is_empty():
        return ()
    schools = on_leave.group_by("school", "left", "pupils").len().sort("len", "school", descending=[True, False])
    named = [f"{school} ({left:,} of {pupils:,})" for school, left, pupils, _ in schools.iter_rows()]
    return (
        f"{counted(on_leave.height, 'child')} on the list came off a roll with most of its Year 11, before the school leaving "
        f"date: {first_of(named)}. Pupils on study leave have not left: ask these schools first; the children are in the lane "
        "'data problem'.",
    )
