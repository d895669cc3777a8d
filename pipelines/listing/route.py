"""Which other team the next step of a lead belongs to, read from what statements say, never from a source's name.

A route neither takes a child off the list nor moves it: it says who is asked first. Where several fit, the first of
``ROUTES`` counts, those with fewer readers first.
"""

import polars as pl

from pipelines.formatted import in_small_letters
from pipelines.priority import in_and_out, no_place, referral
from pipelines.priority.circumstances import Circumstances

ADOPTION = "adoption"
SEND = "SEND"
HOME_EDUCATION = "home-education"
ADMISSIONS = "admissions"
ATTENDANCE = "attendance"
NEIGHBOUR = "other authority"
ROUTES = (ADOPTION, SEND, HOME_EDUCATION, ADMISSIONS, ATTENDANCE, NEIGHBOUR)

OF_SEND = (
    r"\bsend\b|\behcp?\b|special educational|education, health and care|\beotas\b|otherwise than at school|\baln\b"
)
"""Education otherwise than at school is mostly arranged under a plan (Children and Families Act 2014, section 61)."""
OF_NEIGHBOUR = r"another authority|other authority"
OF_ATTENDANCE = r"\battendance\b|not attending|never attended|\bexclu|\babsen|part-time timetable"


def routes(circumstances: Circumstances) -> pl.DataFrame:
    """One row is one child with a route: ``child_id``, ``route`` (one of ``ROUTES``).

    Read from open concerns, doubts about a current education, the education that ended last or starts next, a roll from
    which the pupil vanished without a leaving date, and a home outside the authority or near its border.
    """
    next_door = circumstances.homes.select("child_id", route=pl.lit(NEIGHBOUR))
    found = pl.concat(
        [
            _by_concern(circumstances),
            _by_doubt(circumstances),
            _by_place(circumstances),
            _by_vanishing(circumstances),
            next_door,
        ]
    )
    order = pl.col("route").replace_strict(ROUTES, list(range(len(ROUTES))), return_dtype=pl.Int64)
    return found.sort("child_id", order).unique("child_id", keep="first", maintain_order=True)


def _named(text: pl.Expr) -> pl.Expr:
    """The route that a text in lower case names; null: none."""
    return (
        pl.when(text.str.contains(referral.ADOPTION))
        .then(pl.lit(ADOPTION))
        .when(text.str.contains(OF_SEND))
        .then(pl.lit(SEND))
        .when(text.str.contains(in_and_out.AT_HOME))
        .then(pl.lit(HOME_EDUCATION))
        .when(text.str.contains(OF_ATTENDANCE))
        .then(pl.lit(ATTENDANCE))
        .when(text.str.contains(no_place.NAMED))
        .then(pl.lit(ADMISSIONS))
    )


def route_of_doubt() -> pl.Expr:
    """The team that settles a doubt about a current education (``PROVISION``), from its way of education and the doubt."""
    text = in_small_letters(pl.concat_str(pl.col("what").fill_null(""), "doubt", separator=": "))
    elsewhere = pl.when(text.str.contains(OF_NEIGHBOUR)).then(pl.lit(NEIGHBOUR)).otherwise(pl.lit(ATTENDANCE))
    return pl.coalesce(_named(text), elsewhere)


def _routed(frame: pl.DataFrame, text: pl.Expr) -> pl.DataFrame:
    return frame.select("child_id", route=_named(text)).drop_nulls("route")


def _by_concern(circumstances: Circumstances) -> pl.DataFrame:
    return _routed(circumstances.open_concerns(), pl.col("what"))


def _by_doubt(circumstances: Circumstances) -> pl.DataFrame:
    doubtful = circumstances.provision.filter(pl.col("is_current") & pl.col("doubt").is_not_null())
    return doubtful.select("child_id", route=route_of_doubt()).unique()


def _by_place(circumstances: Circumstances) -> pl.DataFrame:
    """From the education that ended last, if a team other than the schools' arranged it, and from a place that is to start."""
    ended = _routed(circumstances.last_ended, in_small_letters(pl.col("what")))
    return pl.concat([ended, circumstances.places_to_come.select("child_id", route=pl.lit(ADMISSIONS)).unique()])


def _by_vanishing(circumstances: Circumstances) -> pl.DataFrame:
    gone = circumstances.statements.filter(pl.col("kind") == "vanished")
    return gone.select("child_id", route=pl.lit(ATTENDANCE)).unique()
