"""The child is at an age at which places are lost between two lists: starting school, or moving to secondary school.

A child whose education went on for weeks after that point lost it later, for another reason.
"""

from datetime import timedelta

import polars as pl

from pipelines.age import school_year, starts_on, year_seven_from
from pipelines.formatted import formatted
from pipelines.priority.circumstances import WENT_ON_FOR, Circumstances, as_findings
from pipelines.rank_settings import Points
from pipelines.written_dates import day

FACTOR = "transition"


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child who became of compulsory school age within the last year, or is of Year 7 age."""
    born, as_at = pl.col("date_of_birth"), circumstances.as_at
    came_of_age = starts_on(born)
    is_new = came_of_age.is_between(as_at - timedelta(days=365), as_at)
    because = (
        pl.when(is_new)
        .then(formatted("reached compulsory school age on {}", day(came_of_age)))
        .when(school_year(born, as_at) == 7)
        .then(pl.lit("of the age to start secondary school (Year 7)"))
    )
    went_on = pl.col("until_on") > pl.when(is_new).then(came_of_age).otherwise(year_seven_from(born)) + WENT_ON_FOR
    last = circumstances.births.join(circumstances.last_ended, on="child_id", how="left", validate="1:1")
    return as_findings(last.filter(~went_on.fill_null(value=False)), FACTOR, points.transition, because).drop_nulls(
        "because"
    )
