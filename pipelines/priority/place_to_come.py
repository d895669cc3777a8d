"""A place is to start soon, or has only just started: a reason to look later, so its points move the child down.

A roll arrives some days after a child has started (in England schools tell the authority of a new pupil within five days:
SI 2024/208, regulation 13). So an accepted place is given that time before it counts as not taken up.
"""

from datetime import timedelta

import polars as pl

from pipelines.children.promised_places import promised_places
from pipelines.formatted import formatted
from pipelines.priority.circumstances import Circumstances, as_findings
from pipelines.rank_settings import Points
from pipelines.written_dates import day

FACTOR = "place_to_come"


def finding(circumstances: Circumstances, points: Points) -> pl.DataFrame:
    """One ``FINDING`` a child, with points below 0, from the place that starts first."""
    on, as_at = pl.col("since_on"), circumstances.as_at
    soon = circumstances.places_to_come.filter(on <= as_at + timedelta(days=points.place_to_come_days))
    lag = as_at - timedelta(days=points.not_arrived_after_days)
    fresh = promised_places(circumstances.statements, as_at).filter((on > lag) & (on <= as_at))
    both = pl.concat([soon.select("child_id", "since_on"), fresh.select("child_id", "since_on")])
    first = both.sort("child_id", "since_on").unique("child_id", keep="first", maintain_order=True)
    when = day(on)
    because = (
        pl.when(on > as_at)
        .then(formatted("a place is due to start on {}", when))
        .otherwise(formatted("a place was due to start on {}, and the roll may not show it yet", when))
    )
    return as_findings(first, FACTOR, -points.place_to_come, because)
