"""Leads that an officer has closed, and what brings a child back: only what contradicts the outcome.

A GP's seeing the child does not contradict "at an independent school"; the end of the place there does. Each outcome names
what contradicts it. Most hold only for a time; after that the question is asked again.
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from pipelines.children.statement_dates import has_begun, has_not_ended
from pipelines.decisions.outcomes import (
    DUPLICATE,
    open_enquiries,
    outcome_in_words,
    outcomes_by_current_child,
    standing_outcomes,
)
from pipelines.formatted import formatted, in_small_letters
from pipelines.priority import social_care, temporary_accommodation
from pipelines.rank_settings import OutcomeHolds
from pipelines.reasons import source_name
from pipelines.written_dates import day

SEEN = "seen"
NEW_RECORD = "new record"
NEW_HOME = "new home"
CONCERN = "concern"
EDUCATION_ENDED = "education ended"

_EDUCATED = (EDUCATION_ENDED, NEW_HOME, CONCERN)
_AWAY = (SEEN, NEW_HOME, NEW_RECORD, CONCERN)

CONTRADICTED_BY: Mapping[str, tuple[str, ...]] = {
    "ON_ROLL_OWN": _EDUCATED,
    "ON_ROLL_OTHER_LA": _EDUCATED,
    "INDEPENDENT": _EDUCATED,
    "EHE_SUITABLE": _EDUCATED,
    "AP_EOTAS": _EDUCATED,
    "MOVED_OTHER_LA_CONFIRMED": _AWAY,
    "EMIGRATED_VERIFIED": _AWAY,
    "NOT_CSA": (NEW_RECORD,),
    "DATA_ERROR": (SEEN, NEW_RECORD, CONCERN),
    DUPLICATE: (NEW_RECORD,),
    "DECEASED": (),
}
"""Closing outcome -> what contradicts it, if it has happened since the outcome's day. Each also expires (``OutcomeHolds``)."""

CIRCUMSTANCE = f"{social_care.NAMED}|{temporary_accommodation.NAMED}|youth justice"
"""Concerns about a child's living conditions, which say nothing about where the child is educated."""

CLOSED = pl.Schema({"child_id": pl.String, "closed_why": pl.String, "back_because": pl.String})


def closed_children(
    outcomes: pl.DataFrame,
    statements: pl.DataFrame,
    child_records: pl.DataFrame,
    *,
    as_at: date,
    names: Mapping[str, str],
    holds: OutcomeHolds,
) -> pl.DataFrame:
    """One row is one child of tonight whose lead an officer closed by ``as_at``.

    ``closed_why`` (what the officer found) or ``back_because`` (what has changed since); the other is null. A child whose
    id has changed since is found by the records it had.
    """
    last = standing_outcomes(outcomes.filter(pl.col("outcome_on") <= as_at))
    closing = outcomes_by_current_child(last, child_records).filter(pl.col("outcome").is_in(list(CONTRADICTED_BY)))
    if closing.is_empty():
        return pl.DataFrame(schema=CLOSED)
    held = _with_days_held(closing, holds)
    mine = child_records.join(held.select("child_id", "outcome", "outcome_on", "records"), on="child_id", how="inner")
    statements_on = mine.join(statements, on="record_id", how="inner").filter(has_begun(as_at))
    changes = pl.concat([*_stated_since(statements_on, as_at, names), _new_records(mine), _grown_old(held, as_at)])
    outcome = closed_in_words()
    again = formatted(" The question comes up again on {}.", day(pl.col("until"))).fill_null("")
    return (
        held.join(_in_words(changes), on="child_id", how="left", validate="1:1")
        .select(
            "child_id",
            closed_why=pl.when(pl.col("changed").is_null()).then(
                outcome + " Nothing has changed since to contradict it." + again
            ),
            back_because=outcome + " Back on the list because of what has happened since: " + pl.col("changed") + ".",
        )
        .cast(CLOSED)
        .sort("child_id")
    )


def held_too_long(outcomes: pl.DataFrame, on_day: date, holds: OutcomeHolds) -> int:
    """How many closing outcomes hold no longer on a day, by their own dates alone. ``outcomes``: ``OUTCOME``."""
    return _with_days_held(outcomes, holds).filter(pl.col("until") <= on_day).height


def closed_in_words() -> pl.Expr:
    """A closing outcome, in a sentence."""
    return formatted(
        "An officer closed this on {}: {}.", day(pl.col("outcome_on")), outcome_in_words(pl.col("outcome"))
    )


def in_hand(outcomes: pl.DataFrame, child_records: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """One row is one child of tonight whom an officer has in hand: ``child_id``, ``in_hand`` (in a sentence).

    It keeps whoever reads the list from sending a second person to the same door.
    """
    words = formatted(
        "An officer has this in hand (as of {}: {}).", day(pl.col("outcome_on")), outcome_in_words(pl.col("outcome"))
    )
    return open_enquiries(outcomes, child_records, as_at).select("child_id", in_hand=words)


def _with_days_held(outcomes: pl.DataFrame, holds: OutcomeHolds) -> pl.DataFrame:
    """``outcomes`` with the ``days`` for which each holds, and the day on which it no longer does (``until``); null: for good,
    or it closes nothing."""
    days = {code.upper(): days or None for code, days in holds.model_dump().items()}
    held = pl.DataFrame(
        {"outcome": list(days), "days": list(days.values())}, schema={"outcome": pl.String, "days": pl.Int64}
    )
    joined = outcomes.join(held, on="outcome", how="left", validate="m:1")
    return joined.with_columns(until=pl.col("outcome_on") + pl.duration(days=pl.col("days")))


def _stated_since(statements: pl.DataFrame, as_at: date, names: Mapping[str, str]) -> list[pl.DataFrame]:
    """What statements dated after the outcome say, one frame for each kind of change, as from :func:`_change`."""
    since, source = pl.col("since_on"), source_name(pl.col("source"), names)
    is_since = since > pl.col("outcome_on")
    what = pl.col("what").fill_null("").str.replace_all("_", " ")
    is_doubt = ~in_small_letters(pl.col("what")).str.contains(CIRCUMSTANCE)
    ended = pl.col("until_on").is_between(pl.col("outcome_on"), as_at, closed="right")
    kind = pl.col("kind")
    return [
        _change(
            statements.filter((kind == "seen") & is_since),
            SEEN,
            since,
            formatted("seen on {} ({})", day(since), source),
        ),
        _change(
            statements.filter((kind == "lives_here") & is_since),
            NEW_HOME,
            since,
            formatted("{} shows the child at a home from {}", source, day(since)),
        ),
        _change(
            statements.filter((kind == "concern") & is_since & is_doubt & has_not_ended(as_at)),
            CONCERN,
            since,
            formatted("{} raised a concern on {} ({})", source, day(since), what),
        ),
        _change(
            statements.filter((kind == "provision") & ended),
            EDUCATION_ENDED,
            pl.col("until_on"),
            formatted("the {} shown by {} ended on {}", what.replace("", "education"), source, day(pl.col("until_on"))),
        ),
        _change(
            statements.filter((kind == "vanished") & is_since),
            EDUCATION_ENDED,
            since,
            formatted("the {} entry vanished on {}", source, day(since)),
        ),
    ]


def _change(rows: pl.DataFrame, change: str, on: pl.Expr, words: pl.Expr) -> pl.DataFrame:
    """One row is one change that contradicts its child's outcome: ``child_id``, ``change``, ``on``, ``told``."""
    contradicts = [code for code, by in CONTRADICTED_BY.items() if change in by]
    return rows.filter(pl.col("outcome").is_in(contradicts)).select(
        "child_id", change=pl.lit(change), on=on, told=words
    )


def _new_records(mine: pl.DataFrame) -> pl.DataFrame:
    """Records of the child that were not known when the outcome was recorded."""
    is_new = ~pl.col("record_id").is_in(pl.col("records").str.split(";"))
    never = pl.lit(None, pl.Date)
    return _change(mine.filter(is_new), NEW_RECORD, never, formatted("a new record {}", "record_id"))


def _grown_old(held: pl.DataFrame, as_at: date) -> pl.DataFrame:
    old = held.filter(pl.col("until") <= as_at)
    words = formatted("the outcome is out of date, as it holds for {} days", "days")
    return old.select("child_id", change=pl.lit("grown old"), on="until", told=words)


def _in_words(changes: pl.DataFrame) -> pl.DataFrame:
    """``child_id``, ``changed``: the latest change of each kind, separated by "; "."""
    ordered = changes.sort("child_id", "change", "on", "told", nulls_last=True)
    last = ordered.unique(["child_id", "change"], keep="last", maintain_order=True)
    return last.group_by("child_id", maintain_order=True).agg(changed=pl.col("told").str.join("; "))
