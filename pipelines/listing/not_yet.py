"""Children who are not listed yet, as hardly a day of school has been missed: an enquiry would find them in a holiday.

Two things let a child wait. An authority may let some weeks pass after an education has ended
(:attr:`pipelines.rank_settings.RankSettings.weeks_before_listed`; none by default). And between two school years a child whose
next place is settled is between two schools: else each Year 6 that leaves in July would fill the list until September.
A child at high risk never waits.
"""

from datetime import date

import polars as pl

from pipelines.children.died import CERTAIN
from pipelines.children.promised_places import ACCEPTED, promised_places
from pipelines.formatted import formatted
from pipelines.priority import HIGH_RISK, Evidence
from pipelines.rank_settings import RankSettings
from pipelines.reasons import day

NOT_YET = "not yet listed, by the authority's own threshold"
BETWEEN_SCHOOLS = "between two schools over the summer, with a place to come"

SUMMER = ((7, 1), (9, 15))
"""(month, day) of the first day on which a school year ends and of the last on which the next begins, wherever in England
and Wales: schools set their own terms, and some take in the new Year 7 some days after the others."""

WAITING = pl.Schema({"child_id": pl.String, "waits": pl.String, "listed_from": pl.Date, "waits_why": pl.String})


def not_yet(
    evidence: Evidence, found: pl.DataFrame, child_records: pl.DataFrame, settings: RankSettings
) -> pl.DataFrame:
    """``WAITING``: one row is one child who waits; ``waits``: :data:`NOT_YET` or :data:`BETWEEN_SCHOOLS`.

    ``listed_from``: the day from which it waits no longer; ``waits_why``: a sentence. ``found``: ``FINDING``.
    """
    risky = found.filter(pl.col("factor").is_in(HIGH_RISK)).select("child_id")
    ended = evidence.last_ended().select("child_id", ended_on="until_on")
    both = pl.concat(
        [
            _between_schools(ended, _settled_places(evidence, child_records), evidence.as_at, settings),
            _within_threshold(ended, settings.weeks_before_listed),
        ]
    )
    waiting = both.join(risky, on="child_id", how="anti").filter(pl.col("listed_from") > evidence.as_at)
    return waiting.unique("child_id", keep="first", maintain_order=True).sort("child_id")


def _within_threshold(ended: pl.DataFrame, weeks: int) -> pl.DataFrame:
    due = pl.col("ended_on") + pl.duration(weeks=weeks)
    told = formatted("Education ended lately: listed from {}, as the authority has it.", day(due))
    return ended.select("child_id", waits=pl.lit(NOT_YET), listed_from=due, waits_why=told).cast(WAITING)


def _between_schools(ended: pl.DataFrame, places: pl.DataFrame, as_at: date, settings: RankSettings) -> pl.DataFrame:
    """Of whom an education ended and a place begins within one ``SUMMER``; as long as a roll may not show the place yet.

    A place that is only offered is none: that it was not taken up is a reason of its own to look.
    """
    first, last = (date(as_at.year, *on) for on in SUMMER)
    starts, ended_on = pl.col("since_on"), pl.col("ended_on")
    due = starts + pl.duration(days=settings.points.not_arrived_after_days)
    told = formatted(
        "Between two schools: the last education ended on {}, and a place is accepted from {}. Listed from {} unless a roll "
        "shows the child by then.", day(ended_on), day(starts), day(due),
    )  # fmt: skip
    return (
        ended.filter(ended_on >= first)
        .join(places, on="child_id", how="inner")
        .filter((starts > ended_on) & (starts <= last))
        .sort("child_id", "since_on")
        .unique("child_id", keep="first", maintain_order=True)
        .select("child_id", waits=pl.lit(BETWEEN_SCHOOLS), listed_from=due, waits_why=told)
        .cast(WAITING)
    )


def _settled_places(evidence: Evidence, child_records: pl.DataFrame) -> pl.DataFrame:
    """``child_id``, ``since_on``: places on a roll, and those accepted, by records that are surely the child's."""
    surely = child_records.filter(pl.col("membership") >= CERTAIN).select("record_id")
    places = (evidence.provision, promised_places(evidence.statements, evidence.as_at, [ACCEPTED]))
    said = pl.concat([place.select("child_id", "record_id", "since_on") for place in places])
    return said.join(surely, on="record_id", how="semi").select("child_id", "since_on")
