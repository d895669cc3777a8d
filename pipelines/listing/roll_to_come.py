"""Listed children whose school can tell more than a visit: its roll was last updated before their accepted place began.

An academy may send its roll only with the termly census. Until the next one is in, no roll can show whether the child came;
the school can say. The child is listed all the same, in a lane of its own, with the name of the school. A child who left
Year 6 in the summer is owed a place in Year 7 even if no source names one: admissions may already be at next year's, or
send nothing.
"""

from datetime import date, timedelta

import polars as pl

from pipelines.age import year_seven_from
from pipelines.children.promised_places import ACCEPTED, promised_places
from pipelines.children.silent_schools import is_silent, last_roll_days
from pipelines.counted import counted, first_of
from pipelines.formatted import formatted
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.waiting import at_high_risk, of_certain_records, places_that_follow, wait_in_words
from pipelines.priority import Circumstances
from pipelines.priority.no_place import FACTOR as NO_PLACE
from pipelines.written_dates import day, day_written

ROLL_IS_IN = timedelta(weeks=9)
"""How long a roll may take to come: for places from 2 September until 4 November, when the returns of the autumn census are
due (department's termly guide, 2022). If a school's roll is no newer by then, each child is followed up."""


ENOUGH_TO_WARN = 5
"""Number of listed children from which a warning above the list says that rolls are to come; for fewer, their rows do."""

TO_COME = pl.Schema({"child_id": pl.String, "school": pl.String, "told_on": pl.Date, "ask_school": pl.String})


def roll_to_come(circumstances: Circumstances, finding_rows: pl.DataFrame, inputs: ListInputs) -> pl.DataFrame:
    """``TO_COME``: one row is one child whose school is to be asked.

    ``school``: null: none is named. ``told_on``: the last day that its roll covers. ``ask_school``: both in a sentence.
    Children at high risk are left out. ``finding_rows``: ``FINDING``. ``inputs``: of all children, as their entries show how
    recent a school's roll is.
    """
    starts, as_at = pl.col("since_on"), circumstances.as_at
    promised = promised_places(circumstances.statements, as_at, [ACCEPTED]).select(
        "child_id", "record_id", "since_on", "place"
    )
    owed = _owed_in_year_seven(circumstances, finding_rows, promised)
    asked = pl.concat([promised, owed], how="diagonal").join(
        circumstances.births, on="child_id", how="left", validate="m:1"
    )
    with_roll_days = last_roll_days(asked, inputs.provision, inputs.person, inputs.schools, as_at)
    is_promised = pl.col("record_id").is_not_null()
    certain = of_certain_records(with_roll_days.filter(is_promised), inputs.child_records)
    both = pl.concat([certain, with_roll_days.filter(~is_promised)])
    places = places_that_follow(
        both.select("child_id", "since_on", "school", "told_on", is_promised=is_promised), circumstances
    )
    silent = places.filter(is_silent(starts, pl.col("told_on")), starts <= as_at, starts + ROLL_IS_IN > as_at).join(
        at_high_risk(finding_rows), on="child_id", how="anti"
    )
    first = silent.unique("child_id", keep="first", maintain_order=True)
    return first.select("child_id", "school", "told_on", ask_school=_ask_school_in_words()).cast(TO_COME)


def rolls_to_ask_for(to_come: pl.DataFrame) -> tuple[str, ...]:
    """The warning about rolls that are to come, with the schools of most children first; empty for fewer than
    ``ENOUGH_TO_WARN``.

    ``to_come``: ``TO_COME`` of listed, unprotected children.
    """
    if to_come.height < ENOUGH_TO_WARN:
        return ()
    schools = to_come.group_by("school", "told_on").len()
    schools = schools.sort("len", "school", "told_on", descending=[True, False, False], nulls_last=True)
    named = [
        f"{school or 'schools not named'} ({counted(children, 'child')}; shows no starters after {day_written(told_on)})"
        for school, told_on, children in schools.iter_rows()
    ]
    return (
        f"No roll can show yet whether {counted(to_come.height, 'child')} on the list started school, as their schools' rolls "
        f"are out of date: {first_of(named)}. Ask for these rolls first; the children are in the lane 'data problem'.",
    )


def _owed_in_year_seven(
    circumstances: Circumstances, finding_rows: pl.DataFrame, promised: pl.DataFrame
) -> pl.DataFrame:
    """``child_id``, ``since_on``: children who left Year 6 in the summer and of whom nothing is known about a place, not
    even that there is none (``finding_rows``)."""
    summer, term = date(circumstances.as_at.year, 7, 1), date(circumstances.as_at.year, 9, 1)
    left = circumstances.last_ended.filter(pl.col("until_on") >= summer).select("child_id")
    known = pl.concat([promised["child_id"], finding_rows.filter(factor=NO_PLACE)["child_id"]])
    owed = circumstances.births.join(left, on="child_id", how="semi").filter(
        year_seven_from(pl.col("date_of_birth")) == term, ~pl.col("child_id").is_in(known.implode())
    )
    return owed.select("child_id", since_on=pl.lit(term))


def _ask_school_in_words() -> pl.Expr:
    """In words: whose roll is to come, what it last showed, and whom to ask."""
    school, told_on = pl.col("school"), day(pl.col("told_on"))
    named = formatted(
        "{} at {}, whose roll shows no starters after {}: ask the school whether the child started.",
        wait_in_words(),
        school,
        told_on,
    )
    unnamed = formatted(
        "{}; no school is named, and the rolls of most schools for this age show no starters after {}: ask admissions which "
        "school it is, then ask that school whether the child started.",
        wait_in_words(),
        told_on,
    )
    owed = formatted(
        "{} {}, and Year 7 began on {}; the rolls of most schools for this age show no starters after {}: ask for the rolls "
        "of the new school year.",
        pl.col("owed_why"),
        day(pl.col("owed_on")),
        day(pl.col("since_on")),
        told_on,
    )
    return pl.when(~pl.col("is_promised")).then(owed).when(school.is_null()).then(unnamed).otherwise(named)
