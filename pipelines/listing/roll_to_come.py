"""Listed children whose school can tell more than a visit: its roll was last told before their accepted place began.

An academy may send its roll with the termly census alone. Until the next is in, no roll can show whether the child came;
the school can. Nobody waits for that: the child is listed, in a lane of its own, and the school is named.
"""

from datetime import timedelta

import polars as pl

from pipelines.children.promised_places import ACCEPTED, promised_places
from pipelines.children.silent_schools import is_silent, last_told
from pipelines.formatted import formatted
from pipelines.listing.known import Known
from pipelines.listing.not_yet import at_high_risk, known_of_place, surely_theirs, that_follow
from pipelines.priority import Evidence
from pipelines.reasons import day

ROLL_IS_IN = timedelta(weeks=9)
"""How long a roll may be to come: of places from 2 September until 4 November, when the returns of the autumn census are due
(department's termly guide, 2022). Of a school that has told nothing by then each child is followed up."""


def roll_to_come(evidence: Evidence, found: pl.DataFrame, known: Known) -> pl.DataFrame:
    """``child_id``, ``roll_to_come``: one row is one child whose school is to be asked; which, and why, in a sentence.

    Children at high risk are not among them. ``found``: ``FINDING``. ``known``: of all children, as their entries show whether
    the roll of a school has been told.
    """
    starts, as_at = pl.col("since_on"), evidence.as_at
    promised = promised_places(evidence.statements, as_at, [ACCEPTED]).select(
        "child_id", "record_id", "since_on", "place"
    )
    asked = promised.join(evidence.births, on="child_id", how="left", validate="m:1")
    told = surely_theirs(last_told(asked, known.provision, known.person, known.schools, as_at), known.child_records)
    places = that_follow(told.select("child_id", "since_on", "school", "told_on"), evidence)
    silent = places.filter(is_silent(starts, pl.col("told_on")), starts <= as_at, starts + ROLL_IS_IN > as_at).join(
        at_high_risk(found), on="child_id", how="anti"
    )
    return silent.unique("child_id", keep="first", maintain_order=True).select("child_id", roll_to_come=_told())


def _told() -> pl.Expr:
    """Whose roll is to come, what it told last, and whom to ask."""
    school, told_on = pl.col("school"), day(pl.col("told_on"))
    named = formatted(
        "{} at {}, whose roll shows nobody who began after {}: ask the school whether the child came.",
        known_of_place(), school, told_on,
    )  # fmt: skip
    unnamed = formatted(
        "{}; no school is named, and the rolls of most schools for this age show nobody who began after {}: ask admissions "
        "which school it is, and the school whether the child came.",
        known_of_place(), told_on,
    )  # fmt: skip
    return pl.when(school.is_null()).then(unnamed).otherwise(named)
