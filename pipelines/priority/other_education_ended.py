"""Home education, or a place at an alternative provider, has ended and no other place followed."""

import polars as pl

from pipelines.formatted import formatted, in_small_letters
from pipelines.priority.circumstances import OUT_OF_SCHOOL, Circumstances, as_findings
from pipelines.rank_settings import Points
from pipelines.written_dates import day

FACTOR = "other_education_ended"


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child whose education that ended last was not at a school."""
    what = in_small_letters(pl.col("what"))
    out_of_school = circumstances.last_ended.filter(what.str.contains(OUT_OF_SCHOOL))
    because = formatted("{} ended on {} and nothing followed", what, day(pl.col("until_on")))
    return as_findings(out_of_school, FACTOR, points.other_education_ended, because)
