"""The termly return of children missing education, in the department's bands and reasons, from officers' outcomes.

It counts children of compulsory school age whom an officer has confirmed as missing education by the day, and who have no
education on that day; not those who have died. Counts from 1 to 4 are not shown ("c"), nor any that would let one of them
be worked out from a total.
"""

from datetime import date

import numpy as np
import polars as pl

from pipelines.age import school_year, without_education_since
from pipelines.children.died import surely_died
from pipelines.children.exchanged_births import records_by_age
from pipelines.children.facts import child_facts
from pipelines.children.members import join_by_child
from pipelines.children.provision import find_provision, likely_places
from pipelines.decisions.outcomes import DFE_REASONS, MISSING, outcomes_by_current_child, standing_outcomes
from pipelines.formatted import formatted
from pipelines.reports.small_counts import SUPPRESSED, suppressed

DURATIONS = (
    (14, "Less than 2 weeks"),
    (28, "2 to 4 weeks"),
    (56, "4 to 8 weeks"),
    (84, "8 to 12 weeks"),
    (182, "12 to 26 weeks"),
    (365, "26 to 52 weeks"),
)
"""(days under which a child counts in this band, label as published); then "Over 52 weeks" and "Unknown"."""

LONGEST, UNKNOWN = "Over 52 weeks", "Unknown"
NOT_RECORDED = "Not recorded"
TOTAL = "Total"
SEXES = ("Female", "Male", UNKNOWN)
YEARS = ("Reception", *(f"Year {year}" for year in range(1, 12)), UNKNOWN)
BANDS = (*(label for _, label in DURATIONS), LONGEST, UNKNOWN)


def termly_return(children: pl.DataFrame) -> pl.DataFrame:
    """The return of the children counted (:func:`confirmed_missing`).

    One row is one breakdown: ``breakdown_topic``, ``breakdown``, then columns for the total, each sex and each year group,
    as text that may be shown.
    """
    rows = [
        (TOTAL, TOTAL),
        *(("Duration", band) for band in BANDS),
        *(("Primary reason", name) for name in DFE_REASONS),
    ]
    columns = [TOTAL, *SEXES, *YEARS]
    counts = np.array([[_count(children, row, place) for place in range(len(columns))] for row in rows], dtype=np.int64)
    hidden = suppressed(counts, (len(BANDS), len(DFE_REASONS)), (len(SEXES), len(YEARS)))
    cells = [
        [SUPPRESSED if hidden[row, place] else str(counts[row, place]) for row in range(len(rows))]
        for place in range(len(columns))
    ]
    names = [TOTAL, *(f"Sex: {sex}" for sex in SEXES), *(f"Year group: {year}" for year in YEARS)]
    table = pl.DataFrame({"breakdown_topic": [topic for topic, _ in rows], "breakdown": [name for _, name in rows]})
    return table.with_columns(pl.Series(name, column) for name, column in zip(names, cells, strict=True))


def confirmed_missing(
    person: pl.DataFrame, statements: pl.DataFrame, child_records: pl.DataFrame, outcomes: pl.DataFrame, as_at: date
) -> pl.DataFrame:
    """One row is one child counted: ``child_id``, ``sex``, ``year``, ``duration``, ``reason``, as labels of the return.

    Duration runs from the end of the last known education, but not from before the child was of compulsory school age;
    "Unknown" if no education is known to have ended. The reason is the one that an officer gave, or "Not recorded".
    """
    last = outcomes_by_current_child(standing_outcomes(outcomes.filter(pl.col("outcome_on") <= as_at)), child_records)
    known = last.filter(pl.col("outcome").is_in(MISSING)).select("child_id", "reason")
    members = child_records.join(known, on="child_id", how="semi")
    own_statements = statements.join(members, on="record_id", how="semi")
    provision = find_provision(own_statements, members, as_at)
    ended = provision.filter(pl.col("until_on") <= as_at).group_by("child_id").agg(ended_on=pl.col("until_on").max())
    person = records_by_age(person)
    facts = child_facts(person.join(members, on="record_id", how="semi"), own_statements, members, as_at)
    is_counted = (pl.col("of_age") > 0) & ~pl.col("child_id").is_in(surely_died(own_statements, members).implode())
    since = without_education_since(pl.col("ended_on"), pl.col("date_of_birth"))
    days = pl.when(pl.col("ended_on").is_not_null()).then((pl.lit(as_at) - since).dt.total_days())
    band = pl.lit(LONGEST)
    for under, label in reversed(DURATIONS):
        band = pl.when(days < under).then(pl.lit(label)).otherwise(band)
    counted = facts.filter(is_counted).join(likely_places(provision), on="child_id", how="anti")
    return join_by_child(counted, known, ended).select(
        "child_id",
        sex=pl.col("sex").replace_strict({"F": "Female", "M": "Male"}, default=UNKNOWN, return_dtype=pl.String),
        year=year_group(pl.col("date_of_birth"), as_at),
        duration=pl.when(days.is_null()).then(pl.lit(UNKNOWN)).otherwise(band),
        reason=pl.col("reason").fill_null(NOT_RECORDED),
    )


def year_group(date_of_birth: pl.Expr, as_at: date) -> pl.Expr:
    """The year group by age, one of ``YEARS``."""
    year = school_year(date_of_birth, as_at)
    return (
        pl.when(year == 0)
        .then(pl.lit("Reception"))
        .when(year.is_between(1, 11))
        .then(formatted("Year {}", year))
        .otherwise(pl.lit(UNKNOWN))
    )


def _count(children: pl.DataFrame, row: tuple[str, str], place: int) -> int:
    """The number of children in one cell of the table."""
    topic, name = row
    if topic != TOTAL:
        children = children.filter(pl.col("duration" if topic == "Duration" else "reason") == name)
    if 1 <= place <= len(SEXES):
        children = children.filter(pl.col("sex") == SEXES[place - 1])
    elif place > len(SEXES):
        children = children.filter(pl.col("year") == YEARS[place - 1 - len(SEXES)])
    return children.height
