"""Why, in words: plain sentences for people, built from columns.

A sentence never holds another child's name: rivals are named by record id only. No sentence gives a restricted child's
place of education.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl

from pipelines.formatted import formatted
from pipelines.rank_settings import RankSettings, Recalibration
from pipelines.written_dates import day

HAS_PLACE = "has a current place"
"""How :mod:`pipelines.residence.living_here` says that the child has a place which nobody doubts."""
TOLD_OTHERWISE = ("out_of_education", "other_education_ended", "never_on_a_roll", "long_unseen")
"""Factors whose content is already in other sentences of a ``because``."""

EXACT_IN_WORDS = (": exact", ": the same")
"""The level of agreement that officers read in other words than analysts, and those words."""

PROVED_LITTLE = 0.5
"""An entry that proved an education by less than this was in doubt for what it is, as home education that was assessed as
unsuitable, and an officer should know."""

WORTH_A_SEARCH = 0.03
"""From this probability on, a ``because`` says that a place may have been missed."""

_AN = (8, 11, 18, *range(80, 90))
"""Numbers up to 99 that take "an": they are spoken with a vowel first."""

FINDINGS_TOLD = 3
"""Most findings in a ``because``, those with the most points first; the table ``finding`` has them all."""


def in_100(probability: pl.Expr) -> pl.Expr:
    """A probability as people say it: "37 in 100", "more than 99 in 100", "less than 1 in 100"."""
    return (
        pl.when(probability >= 0.995)
        .then(pl.lit("more than 99 in 100"))
        .when(probability < 0.005)
        .then(pl.lit("less than 1 in 100"))
        .otherwise(formatted("{} in 100", (probability * 100).round(0).cast(pl.Int64)))
    )


def in_100_written(probability: float) -> str:
    """As :func:`in_100`, for one probability."""
    return str(pl.select(in_100(pl.lit(probability))).item())


def percent_written(probability: float) -> str:
    """One probability as a percentage, as a workbook shows it: never as certain."""
    if probability >= 0.995:
        return "over 99%"
    return "under 1%" if probability < 0.005 else f"{probability:.0%}"


def chance(probability: pl.Expr) -> pl.Expr:
    """A probability within a sentence: "a 37 in 100 chance", "more than a 99 in 100 chance", "less than a 1 in 100 chance"."""
    hundredths = (probability * 100).round(0).cast(pl.Int64)
    article = pl.when(hundredths.is_in(_AN)).then(pl.lit("an")).otherwise(pl.lit("a"))
    return (
        pl.when(probability >= 0.995)
        .then(pl.lit("more than a 99 in 100 chance"))
        .when(probability < 0.005)
        .then(pl.lit("less than a 1 in 100 chance"))
        .otherwise(formatted("{} {} in 100 chance", article, hundredths))
    )


def with_commas(*parts: str | None) -> str:
    """What is known of several parts, such as an address and a postcode, with commas between; empty: nothing."""
    return ", ".join(part for part in parts if part)


def full_name(row: Mapping[str, Any]) -> str:
    """``forename`` and ``surname`` of a child, as far as they are known."""
    return " ".join(part for part in (row["forename"], row["surname"]) if part) or "No name known"


def sentences(text: str) -> list[str]:
    """A text cut into its sentences: wherever a full stop is followed by a capital."""
    return [part for part in re.split(r"(?<=\.) (?=[A-Z])", text) if part]


def sentence(text: pl.Expr) -> pl.Expr:
    """A text with a capital at the start and one full stop at the end; null stays null."""
    trimmed = text.str.strip_chars().str.strip_chars_end(".")
    return trimmed.str.slice(0, 1).str.to_uppercase() + trimmed.str.slice(1) + "."


def source_name(source: pl.Expr, names: Mapping[str, str]) -> pl.Expr:
    """A source's name in text for people; without one, its id with spaces for underscores."""
    spaced = source.str.replace_all("_", " ")
    return source.replace_strict(names, default=spaced, return_dtype=pl.String) if names else spaced


def source_called(source: str, names: Mapping[str, str]) -> str:
    """As :func:`source_name`, for one source."""
    return names.get(source, source.replace("_", " "))


def searched(found_none: pl.Expr, sources: int) -> pl.Expr:
    """What was searched, and with what result. ``found_none``: 0..1, that no record found shows a place for the child."""
    count = f"the {sources} sources searched" if sources != 1 else "the one source searched"
    return (
        pl.when(found_none >= 0.995)
        .then(pl.lit(f"No current education was found in {count}."))
        .otherwise(
            formatted(
                f"No current education was found for certain in {count}: there is {{}} that the child has none.",
                chance(found_none),
            )
        )
    )


def missed() -> pl.Expr:
    """That a place may have been missed; reads ``missed``. Null: it is too unlikely (``WORTH_A_SEARCH``)."""
    words = formatted(
        "Few records show the child: there is {} that they are on a roll under a name or birth date too different to be "
        "found. Search the rolls by hand first.",
        chance(pl.col("missed")),
    )
    return pl.when(pl.col("missed") >= WORTH_A_SEARCH).then(words)


def last_education(as_at: date) -> pl.Expr:
    """How the last known education ended, and why it counted for little, if it did; reads ``last_what``, ``last_place``,
    ``last_until_on``, ``last_doubt``, ``last_proves``, ``ever``. Null: unknown how."""
    days = (pl.lit(as_at) - pl.col("last_until_on")).dt.total_days()
    ago = (
        pl.when(days == 0)
        .then(pl.lit("today"))
        .when(days == 1)
        .then(pl.lit("yesterday"))
        .when(days < 14)
        .then(formatted("{} days ago", days))
        .otherwise(formatted("{} weeks ago", days // 7))
    )
    little = pl.when(pl.col("last_proves") < PROVED_LITTLE).then(formatted("; {}", "last_doubt")).fill_null("")
    ended = formatted(
        "Last known education: {}, ended on {} ({}){}.", place_of("last_"), day(pl.col("last_until_on")), ago, little
    )
    return pl.coalesce(ended, pl.when(~pl.col("ever")).then(pl.lit("No extract shows any earlier education.")))


def place_of(prefix: str) -> pl.Expr:
    """Way and place of an education, the place only if the child is not restricted: "state school, Keats Primary".

    Reads ``<prefix>what``, ``<prefix>place`` and ``restricted``.
    """
    what = pl.col(f"{prefix}what").fill_null("education")
    named = pl.when(~pl.col("restricted")).then(", " + pl.col(f"{prefix}place")).fill_null("")
    return what + named


def next_education() -> pl.Expr:
    """The place to come; reads ``next_what``, ``next_place``, ``next_since_on``. Null: none."""
    return formatted(
        "A place is due to start on {} ({}): make sure that the child takes it up.",
        day(pl.col("next_since_on")),
        place_of("next_"),
    )


def nearest_rival() -> pl.Expr:
    """The nearest child in education and how the two compare.

    Reads ``rival_record_id``, ``rival_certainty``, ``rival_levels``, ``has_other_upn`` and ``own_record_id``: if an entry
    may be the child's own, the rival is called another child.
    """
    near = formatted(
        "The closest match in education is the child of record {}, with {} of being this child",
        pl.col("rival_record_id"),
        chance(pl.col("rival_certainty")),
    )
    compared = pl.col("rival_levels").str.replace_all(*EXACT_IN_WORDS, literal=True)
    levels = pl.when(pl.col("rival_levels") != "").then(formatted(" ({})", compared)).fill_null("")
    second = " Their UPN is different: ask the schools whether one child was given two."
    numbered = pl.when(pl.col("has_other_upn").fill_null(value=False)).then(pl.lit(second)).otherwise(pl.lit(""))
    whose = pl.when(pl.col("own_record_id").is_null()).then(pl.lit("No child")).otherwise(pl.lit("No other child"))
    return pl.coalesce(near + levels + "." + numbered, whose + " in education is a close match.")


_NEAREST = (
    r"((?:The closest match in education is the child of record (.+?), with [a-z ]*\d+ in 100 chance of being this child"
    r"|Nearest child in education, by record (.+?): [a-z ]*\d+ in 100 to be this child)) \(.*?\)"
)
"""The words of :func:`nearest_rival`, and of earlier versions' lists, that say how the two compare. Groups: the words
without the comparison, and the record (two, one for each wording)."""


def record_compared(because: pl.Expr) -> pl.Expr:
    """The record of the nearest child in education, if a ``because`` says how the two compare; null: it does not."""
    return pl.coalesce(because.str.extract(_NEAREST, 2), because.str.extract(_NEAREST, 3))


def without_comparison(because: pl.Expr) -> pl.Expr:
    """A ``because`` without how the child and the nearest one in education compare."""
    return because.str.replace(_NEAREST, "${1}")


def doubtful_age(below: float) -> pl.Expr:
    """What is wrong with the birth date; reads ``date_of_birth``, ``born_in``, ``dates_differ``, ``birth_dates``, ``of_age``,
    ``is_birth_put_right``. Null: nothing.

    ``below``: the probability of being of age below which a date that only one source gives is doubtful.
    """
    return (
        pl.when(pl.col("date_of_birth").is_null() & pl.col("born_in").is_not_null())
        .then(
            formatted(
                "Of the birth date only the year is known ({}): there is {} that the child is of compulsory school age.",
                pl.col("born_in"),
                chance(pl.col("of_age")),
            )
        )
        .when(pl.col("date_of_birth").is_null())
        .then(pl.lit("No extract gives a possible birth date: ask the senders for it."))
        .when(pl.col("dates_differ"))
        .then(
            formatted(
                "The records give different birth dates ({}): there is {} that the child is of compulsory school age.",
                pl.col("birth_dates").list.eval(day(pl.element())).list.join(", "),
                chance(pl.col("of_age")),
            )
        )
        .when("is_birth_put_right")
        .then(
            pl.lit("One source has this birth date and a brother's or sister's in each other's place, as others show.")
        )
        .when(pl.col("of_age") < below)
        .then(
            formatted(
                "Only one source gives the birth date, and some such dates are mistakes: there is {} that the child is of "
                "compulsory school age.",
                chance(pl.col("of_age")),
            )
        )
    )


def own_doubt() -> pl.Expr:
    """A current entry that may be the child's; reads ``own_*`` columns. Null: none."""
    doubt = formatted("; {}", pl.col("own_doubt")).fill_null("")
    return formatted(
        "Record {} shows a current education ({}): there is {} that the record is this child's{}.",
        pl.col("own_record_id"),
        place_of("own_"),
        chance(pl.col("own_link_probability")),
        doubt,
    )


def perhaps_died() -> pl.Expr:
    """That a record which may be the child's says the child has died; reads ``died_*``. Null: none does."""
    return formatted(
        "Record {} says that a child has died, and there is {} that the record is this child's: settle this before any "
        "contact.",
        pl.col("died_record_id"),
        chance(pl.col("died_sure")),
    )


def why_died(names: Mapping[str, str]) -> pl.Expr:
    """Which source says that the child has died; reads ``died_*``."""
    return formatted(
        "A source says that the child has died ({}, record {}). Do not contact the family; if in doubt, ask the source.",
        source_name(pl.col("died_source"), names),
        pl.col("died_record_id"),
    )


def findings_in_words(findings: pl.DataFrame) -> pl.DataFrame:
    """One row a child: ``child_id`` and ``told``, a sentence with its main findings and one with what lets it wait."""
    telling = findings.filter(~pl.col("factor").is_in(TOLD_OTHERWISE))
    is_sooner = pl.col("points") > 0
    because = telling.group_by("child_id", maintain_order=True).agg(
        sooner=pl.col("because").filter(is_sooner).head(FINDINGS_TOLD).str.join("; ").replace("", None),
        later=pl.col("because").filter(~is_sooner).str.join("; ").replace("", None),
    )
    sentences = (sentence("Look sooner: " + pl.col("sooner")), sentence("Can wait a little: " + pl.col("later")))
    return because.select("child_id", told=pl.concat_str(sentences, separator=" ", ignore_nulls=True))


def recalibration(line: Recalibration) -> pl.Expr:
    """How officers' outcomes have changed the likelihood; reads ``likelihood``, ``estimated``. Null: no recalibration is in
    force."""
    if line.changes_nothing:
        return pl.lit(None, pl.String)
    return formatted(
        "From the records alone, there is {} that the child is missing education here; allowing for what officers found on "
        "earlier leads, {}.",
        chance(pl.col("estimated")),
        chance(pl.col("likelihood")),
    )


def because(as_at: date, sources: int, settings: RankSettings) -> pl.Expr:
    """Why a child is on the list: a few plain sentences, the most important first. Reads the columns named above, and
    these.

    - ``in_hand``: that an officer has the lead in hand; null: none has.
    - ``back_because``: what brought back a child whose lead an officer had closed; null: none had.
    - ``kept_because``: why a child who has probably moved away stays on the list; null: its likelihood is high enough.
    - ``ask_school``: which school or sender to ask; null: none. ``ask_schools``: that a school which sent no list may have
      the child.
    """
    return pl.concat_str(
        pl.col("in_hand"),
        pl.col("back_because"),
        perhaps_died(),
        searched(pl.col("found_none"), sources),
        missed(),
        own_doubt(),
        last_education(as_at),
        next_education(),
        pl.when(~pl.col("restricted")).then(pl.col("ask_school")),
        pl.col("ask_schools"),
        nearest_rival(),
        sentence(residence_of_a_lead()),
        pl.col("kept_because"),
        pl.col("told"),
        doubtful_age(settings.doubtful_age_below),
        recalibration(settings.recalibration),
        separator=" ",
        ignore_nulls=True,
    )


def residence_of_a_lead() -> pl.Expr:
    """``residence_because`` of a child on the list, without a place in education: :func:`own_doubt` says how far that is the
    child's."""
    return pl.col("residence_because").str.replace(rf"^{HAS_PLACE}; ", "")


NO_EDUCATION_LASTS = timedelta(days=11 * 365)
"""Compulsory school age lasts eleven years. An end this long after the beginning was not named by anybody: it is the
longest that a source's word is relied on, and is not shown."""


def named_end(prefix: str = "") -> pl.Expr:
    """The day on which an education ends if somebody named it, otherwise null, as ``<prefix>until_on``.

    Reads ``<prefix>since_on`` and ``<prefix>until_on``.
    """
    begun, ended = pl.col(f"{prefix}since_on"), pl.col(f"{prefix}until_on")
    return pl.when((ended - begun < NO_EDUCATION_LASTS).fill_null(value=True)).then(ended).alias(f"{prefix}until_on")


def why_in_education(names: Mapping[str, str]) -> pl.Expr:
    """Which record explains the child; reads ``own_*`` columns."""
    since = formatted(" since {}", day(pl.col("own_since_on"))).fill_null("")
    until = formatted(" until {}", day(named_end("own_"))).fill_null("")
    doubt = formatted(" Doubt: {}.", pl.col("own_doubt")).fill_null("")
    says = formatted(" ({}, record {}): ", source_name(pl.col("own_source"), names), pl.col("own_record_id"))
    certain = formatted("there is {} that the record is this child's.", chance(pl.col("own_link_probability")))
    return "In education: " + place_of("own_") + since + until + says + certain + doubt


def why_same_as_rival(names: Mapping[str, str]) -> pl.Expr:
    """Which other child, known to be in education, this one probably is; reads ``rival_*`` columns."""
    return formatted(
        "Probably the same child as that of record {}, who is in education ({}, record {}): there is {} that they are one "
        "child.",
        pl.col("rival_record_id"),
        source_name(pl.col("rival_source"), names),
        pl.col("rival_provision_record_id"),
        chance(pl.col("rival_certainty")),
    )


def why_moved() -> pl.Expr:
    """Why the child is taken to have left; reads ``living_here`` and ``residence_because``."""
    because = formatted(" {}", sentence(pl.col("residence_because"))).fill_null("")
    return (
        formatted("Probably moved away: there is {} that the child still lives here.", chance(pl.col("living_here")))
        + because
    )


def why_not_of_age() -> pl.Expr:
    """Why the child is taken not to be of compulsory school age; reads ``of_age`` and ``date_of_birth``."""
    going_by = (
        pl.when(pl.col("date_of_birth").is_null())
        .then(pl.lit("no record gives a birth date; going by others whom the same agencies have known for as long"))
        .otherwise(pl.lit("going by the birth dates in the records"))
    )
    return formatted(
        "Probably not of compulsory school age: {}, there is {} that the child is.", going_by, chance(pl.col("of_age"))
    )
