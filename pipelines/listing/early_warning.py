"""Who will be without education soon: known before it happens, while a place can still be found.

Children are lost at two moments: when they become of compulsory school age (Education Act 1996, section 8), and at the move
from Year 6 to Year 7, for which places are offered on 1 March (School Admissions Code, national offer day).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from pipelines.age import birth_dates_of_age, next_term_starts, school_year, starts_on
from pipelines.children.died import surely_died
from pipelines.children.facts import child_facts, without_first_of_month
from pipelines.children.members import join_by_child
from pipelines.children.promised_places import ACCEPTED, OFFERED, promised_places
from pipelines.children.provision import entry_certainty
from pipelines.formatted import formatted
from pipelines.listing.list_inputs import ListInputs
from pipelines.rank_settings import RankSettings, reaches
from pipelines.reasons import place_of
from pipelines.tables import EARLY_WARNING
from pipelines.written_dates import day

COMES_OF_AGE = "comes of compulsory school age"
MOVES_UP = "moves up to Year 7"

OFFERS_FROM = (3, 1)
"""(month, day) from which a Year 6 child should have an offer for Year 7, until term starts."""

MOSTLY_OFFERED = 0.5
"""If a smaller share of the Year 6 children has an offer, the extracts do not include the admissions round."""

LEAST_PUPILS = 10
OLDER_BY_A_SLIP = 0.05
"""A school that ends with Year 6 has at least this many pupils, and less than this share of them older than that, by birth
dates that may be slips. All-through and middle schools have far more. A school with few pupils cannot be judged."""

STARTS_SOON_AFTER = timedelta(days=31)
"""A place that starts within this many days after the first day of term is a place for that term."""


@dataclass(frozen=True)
class EarlyWarning:
    """The children to warn about, and what could not be judged."""

    children: pl.DataFrame
    """``EARLY_WARNING``, by day due, then likelihood, most likely first."""
    notes: tuple[str, ...] = ()
    """Sentences for people: what was not judged tonight, and why."""


def early_warning(inputs: ListInputs) -> EarlyWarning:
    """Children who become of compulsory school age with the next term, and (1 March to August) Year 6 children, who will
    have no place then.

    A place is an education that holds on the first day of term or starts soon after, or a promised one: only an accepted
    one for the first group, also an offered one for the second. Primary schools give no leaving dates before July, so for
    Year 6 an open entry at a school without older pupils does not count. A promised place whose day has come counts for as
    long as a roll may not show it yet. Children are included if their likelihood reaches ``list_from``, as on the list.
    """
    as_at, settings = inputs.as_at, inputs.settings
    term = next_term_starts(as_at)
    born = pl.col("date_of_birth")
    of_age, by_then = birth_dates_of_age(as_at)[1], birth_dates_of_age(term - timedelta(days=1))[1]
    coming = _facts(inputs, (born > of_age) & (born <= by_then))
    holding = _holding(inputs.provision, term, settings)
    warned = [_without_place(inputs, coming, holding, term, [ACCEPTED]).with_columns(warning=pl.lit(COMES_OF_AGE))]
    notes = []
    if OFFERS_FROM <= (as_at.month, as_at.day) < (9, 1):
        leaving = _facts(inputs, school_year(born, as_at) == 6)
        holding = _holding(_beyond_year_six(inputs), term := date(as_at.year, 9, 1), settings)
        waiting = _without_place(inputs, leaving, holding, term, [OFFERED, ACCEPTED])
        if leaving.height and waiting["no_place"].sum() > (1 - MOSTLY_OFFERED) * leaving.height:
            notes.append(
                "Year 6 was not checked: the extracts show a Year 7 place or offer for fewer than half of the children, "
                "so they do not hold this admissions round."
            )
        else:
            warned.append(waiting.with_columns(warning=pl.lit(MOVES_UP)))
    in_words = _in_words(pl.concat(warned), inputs).filter(reaches(pl.col("likelihood"), settings.list_from))
    return EarlyWarning(in_words, tuple(notes))


def _facts(inputs: ListInputs, is_meant: pl.Expr) -> pl.DataFrame:
    """``child_facts`` of the living children whose chosen birth date meets ``is_meant``."""
    maybe = inputs.by_age.filter(is_meant).select("record_id")
    children = inputs.child_records.join(maybe, on="record_id", how="semi").select("child_id").unique()
    members = inputs.child_records.join(children, on="child_id", how="semi")
    alive = ~pl.col("child_id").is_in(surely_died(inputs.statements, members).implode())
    return child_facts(inputs.by_age, inputs.statements, members, inputs.as_at).filter(is_meant & alive)


def _without_place(
    inputs: ListInputs, children: pl.DataFrame, holding: pl.DataFrame, term: date, ways: Sequence[str]
) -> pl.DataFrame:
    """``children`` with ``due_on`` and ``no_place`` (0..1), except those who have a certain place.

    ``holding``: from :func:`_holding`. ``ways``: ways of being promised that count as a place.
    """
    rivals = inputs.rivals.join(children.select("child_id"), on="child_id", how="semi")
    asked = pl.concat([children["child_id"], rivals["rival_child_id"]]).unique().to_frame()
    places = pl.concat([holding, _promised(inputs, term, ways)]).join(asked, on="child_id", how="semi")
    own = places.group_by("child_id").agg(none=(1 - pl.col("sure")).product())
    placed = own.select(rival_child_id="child_id", placed=1 - pl.col("none"))
    near = rivals.join(placed, on="rival_child_id", how="inner").group_by("child_id")
    rival = near.agg(rival_none=(1 - pl.col("probability") * pl.col("placed")).product())
    return (
        join_by_child(children, own, rival)
        .with_columns(due_on=pl.lit(term), no_place=pl.col("none").fill_null(1.0) * pl.col("rival_none").fill_null(1.0))
        .drop("none", "rival_none")
        .filter(pl.col("no_place") > 0)
    )


def _holding(provision: pl.DataFrame, term: date, settings: RankSettings) -> pl.DataFrame:
    """``child_id``, ``sure`` (0..1): educations that hold on the first day of term or start soon after."""
    until, since = pl.col("until_on"), pl.col("since_on")
    holds = (until.is_null() | (until > term)) & (since.is_null() | (since <= term + STARTS_SOON_AFTER))
    sure = entry_certainty(settings.doubtful_provision)
    return provision.filter(holds).select("child_id", sure=sure)


def _beyond_year_six(inputs: ListInputs) -> pl.DataFrame:
    """``PROVISION`` without open entries at schools that end with Year 6."""
    born = inputs.by_age.select("record_id", "date_of_birth").drop_nulls()
    current = inputs.provision.filter("is_current").drop_nulls("place")
    pupils = current.join(born, on="record_id", how="inner", validate="m:1")
    is_older = school_year(pl.col("date_of_birth"), inputs.as_at) > 6
    schools = pupils.group_by("source", "place").agg(pupils=pl.len(), older=is_older.mean())
    primary = schools.filter(pl.col("pupils") >= LEAST_PUPILS, pl.col("older") < OLDER_BY_A_SLIP)
    ends = current.filter(pl.col("until_on").is_null()).join(primary, on=["source", "place"], how="semi")
    return inputs.provision.join(ends, on=["child_id", "record_id"], how="anti")


def _promised(inputs: ListInputs, term: date, ways: Sequence[str]) -> pl.DataFrame:
    """``child_id``, ``sure`` (0..1): promised places that start by soon after the first day of term, and not too long ago."""
    lag, since = timedelta(days=inputs.settings.points.not_arrived_after_days), pl.col("since_on")
    in_time = since.is_null() | ((since > inputs.as_at - lag) & (since <= term + STARTS_SOON_AFTER))
    promised = promised_places(inputs.statements, inputs.as_at, ways).filter(in_time).select("record_id").unique()
    return inputs.child_records.join(promised, on="record_id", how="semi").select("child_id", sure="membership")


def _in_words(warned: pl.DataFrame, inputs: ListInputs) -> pl.DataFrame:
    """``EARLY_WARNING`` in words."""
    theirs = inputs.provision.join(warned, on="child_id", how="semi").filter(
        pl.col("is_current") | (pl.col("until_on") <= inputs.as_at)
    )
    ending = theirs.sort("child_id", "is_current", "until_on", nulls_last=True, maintain_order=True)
    newest = ending.unique("child_id", keep="last", maintain_order=True)
    newest = newest.select("child_id", "is_current", "until_on", now_what="what", now_place="place")
    return (
        warned.join(newest, on="child_id", how="left", validate="m:1")
        .join(inputs.residence.select("child_id", "living_here"), on="child_id", how="left", validate="m:1")
        .with_columns(pl.col("living_here").fill_null(1.0), because=_because())
        .with_columns(
            school_year=school_year(pl.col("date_of_birth"), inputs.as_at),
            likelihood=pl.col("no_place") * pl.col("living_here"),
        )
        .sort("due_on", "likelihood", "child_id", descending=[False, True, False])
        .pipe(without_first_of_month)
        .select(EARLY_WARNING.names())
        .cast(EARLY_WARNING)
    )


def _because() -> pl.Expr:
    """What begins when, and which place the child has or had last; reads ``now_what`` and the like."""
    moment = (
        pl.when(pl.col("warning") == MOVES_UP)
        .then(pl.lit("Year 7 begins"))
        .otherwise(
            formatted("Of compulsory school age from {}; education is due", day(starts_on(pl.col("date_of_birth"))))
        )
    )
    place = (
        pl.when(pl.col("is_current"))
        .then(
            formatted(" Now: {}{}.", place_of("now_"), formatted(", until {}", day(pl.col("until_on"))).fill_null(""))
        )
        .otherwise(formatted(" Until {}: {}.", day(pl.col("until_on")), place_of("now_")))
    )
    found = (
        pl.when(pl.col("no_place") < 1)
        .then(pl.lit("the known place is in doubt"))
        .otherwise(pl.lit("no place or accepted offer is known"))
    )
    return formatted("{} on {}, and {}.", moment, day(pl.col("due_on")), found) + place.fill_null("")
