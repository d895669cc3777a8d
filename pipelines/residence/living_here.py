"""Whether the child still lives here, as far as anybody can tell: a probability with its reasons, for every known child.

The evidence is gathered in :mod:`pipelines.residence.evidence`; the probability is estimated from the night's own data in
:mod:`pipelines.residence.mixture`. Here both become a table with words.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import polars as pl

from pipelines.children.members import join_by_child
from pipelines.formatted import formatted
from pipelines.rank_settings import Area
from pipelines.reasons import HAS_PLACE, source_name
from pipelines.residence.area import homes as last_homes
from pipelines.residence.evidence import gather_evidence, with_last_contact
from pipelines.residence.mixture import SURE_PLACE, living_here
from pipelines.residence.records import ChildDates, RecordDates, child_dates, days_since
from pipelines.tables import RESIDENCE

SIBLING_AT_SCHOOL = "another child in the household has a place"
SIBLINGS_UNSEEN = "no other child in the household has been seen for a year"
LEFT_TOGETHER = "another child in the household came off a roll within two weeks of this one"
OF_THE_FAMILY = (SIBLING_AT_SCHOOL, SIBLINGS_UNSEEN, LEFT_TOGETHER)
"""What is said of the other children of a household."""

OLD_EXTRACT_DAYS = 42
"""From six weeks on, the words say that an extract knows nothing of what has happened since."""

NOT_SEEN_SINCE_DAYS = 365
"""After a year without a sighting the words turn from "seen by" to "not seen by anyone since"."""

UNKNOWN_PLACE = (
    "the last known home is where hardly anybody else known to agencies here lives: probably outside the authority"
)


def judge_residence(
    record_dates: RecordDates,
    person: pl.DataFrame,
    child_records: pl.DataFrame,
    provision: pl.DataFrame,
    homes: pl.DataFrame,
    *,
    as_at: date,
    source_names: Mapping[str, str],
    area: Area,
) -> pl.DataFrame:
    """For each child of ``child_records``, how likely the child is to live here still on ``as_at`` (``RESIDENCE``).

    ``living_here`` is calibrated against the night's own mixture of children with and without a school place; nothing is
    learnt from earlier nights. The order of rows changes nothing.

    - ``record_dates``: what the statements say, as at the same ``as_at`` (:func:`pipelines.residence.records.record_dates`).
    - ``homes``: what :func:`~pipelines.residence.homes.with_homes` gives for ``person``.
    - ``source_names``: source -> its name in text for people.
    - ``area``: where the authority ends. If a child's last known home lies outside, ``living_here`` is multiplied by
      ``area.living_here_outside``.
    """
    dates = child_dates(record_dates, child_records)
    evidence = gather_evidence(dates, homes, provision, as_at=as_at)
    with ThreadPoolExecutor(1) as aside:  # the estimate on one core, meanwhile the words on another
        estimated = aside.submit(living_here, evidence)
        outside = _homes_outside(dates, person, area)
        children = evidence.children.join(outside, on="child_id", how="left", validate="1:1")
        in_words = _with_words(children, dates, evidence.agencies, source_names, as_at).sort("child")
    left = pl.when(pl.col("outside").is_not_null()).then(area.living_here_outside).otherwise(1.0)
    judged = in_words.with_columns(living_here=pl.Series(estimated.result(), dtype=pl.Float64) * left)
    return judged.select(RESIDENCE.names()).cast(RESIDENCE)


def _with_words(
    children: pl.DataFrame, dates: ChildDates, agencies: pl.DataFrame, names: Mapping[str, str], as_at: date
) -> pl.DataFrame:
    """``children`` with ``last_seen_on``, ``last_seen_by`` and ``because``; ``agencies``: as in ``Evidence``.

    Children with a certain place (``SURE_PLACE``) get no more than that in words: they are most children, and nobody asks
    where they live.
    """
    is_settled = (pl.col("undoubted_place") >= SURE_PLACE).fill_null(value=False)
    asked = children.filter(~is_settled)
    theirs = replace(dates, records=dates.records.join(asked, on="child", how="semi"))
    known = agencies.join(asked, on="child", how="semi")
    letters = known.filter("is_letter")
    asked = join_by_child(
        asked,
        _last_sightings(with_last_contact(theirs, letters, as_at), names),
        *_entries_in_words(theirs, names),
        _letters_in_words(letters, names, as_at),
        _agencies_in_words(known),
        _old_extracts_in_words(known, names, as_at),
        by="child",
    )
    settled = pl.concat_str(pl.lit(HAS_PLACE), "outside", separator="; ", ignore_nulls=True)
    return pl.concat(
        [asked.with_columns(because=_because(as_at)), children.filter(is_settled).with_columns(because=settled)],
        how="diagonal",
    )


def _homes_outside(dates: ChildDates, person: pl.DataFrame, area: Area) -> pl.DataFrame:
    """``child_id`` and ``outside``, in words, for children whose last known home lies outside the authority."""
    outside = last_homes(dates, person, area).filter("is_outside")
    where = formatted("the last known home is in {}, outside the authority", "neighbour")
    unnamed = "the last known home is outside the authority" if area.postcodes else UNKNOWN_PLACE
    return outside.select("child_id", outside=where.fill_null(unnamed))


def _last_sightings(dates: ChildDates, names: Mapping[str, str]) -> pl.DataFrame:
    """The last day on which anybody saw each child, and who did; several are joined by "and". ``others_saw_on``: the last
    day on which anybody else did; null: nobody else did."""
    seen = dates.records.drop_nulls("seen_on").group_by("child", "source").agg(pl.col("seen_on").max())
    is_last = pl.col("seen_on") == pl.col("seen_on").max().over("child")
    by_whom = seen.select("child", "seen_on", is_last=is_last, by=source_name(pl.col("source"), names))
    return (
        by_whom.sort("child", "by")
        .group_by("child", maintain_order=True)
        .agg(
            last_seen_on=pl.col("seen_on").max(),
            last_seen_by=pl.col("by").filter("is_last").str.join(" and "),
            others_saw_on=pl.col("seen_on").filter(~pl.col("is_last")).max(),
        )
    )


def _entries_in_words(dates: ChildDates, names: Mapping[str, str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two tables in words: ``ended``, the entry that ended last, with ``ended_on`` and ``ended_at`` (the source's name);
    ``open``, the one opened last and since when. Where both are of one source, as after a move, they are told apart."""
    records, changed_on = dates.records, pl.col("changed_on")
    closed = records.select("child", "source", changed_on="closed_on")
    left = records.filter(pl.col("source").is_in(dates.entry_sources.implode()))
    ended = _latest(pl.concat([closed, left.select("child", "source", changed_on="left_on")]))
    open_ = _latest(records.select("child", "source", changed_on="begun_on"))
    of_one_source = pl.col("child").is_in(ended.join(open_, on=["child", "source"], how="semi")["child"].implode())
    one, other = (pl.when(of_one_source).then(pl.lit(word)).otherwise(pl.lit("the")) for word in ("one", "another"))
    source = source_name(pl.col("source"), names)
    return (
        ended.select("child", ended=formatted("{} {} entry ended", one, source), ended_on=changed_on, ended_at=source),
        open_.select(
            "child", open=formatted("{} {} entry has been open since {}", other, source, changed_on.dt.year())
        ),
    )


def _latest(entries: pl.DataFrame) -> pl.DataFrame:
    """Each child's entry that changed last; of two on one day, the first by source."""
    dated = entries.drop_nulls("changed_on")
    last = dated.group_by("child").agg(pl.col("changed_on").max())
    on_that_day = dated.join(last, on=["child", "changed_on"], how="semi")
    return on_that_day.group_by("child").agg(pl.col("changed_on").first(), pl.col("source").min())


def _letters_in_words(letters: pl.DataFrame, names: Mapping[str, str], as_at: date) -> pl.DataFrame:
    """Agencies whose date of the child is a letter's and so no meeting: in words (``letter``), and by source
    (``letters_of``)."""
    dated = month(pl.lit(as_at) - pl.duration(days="sighted_days"))
    words = formatted(
        "{} gives a date in {}, which does not show that anyone met the child",
        source_name(pl.col("source"), names),
        dated,
    )
    in_order = letters.sort("child", "source").with_columns(letter=words)
    return in_order.group_by("child", maintain_order=True).agg(
        pl.col("letter").str.join("; "), letters_of=pl.col("source").str.join(";")
    )


def _agencies_in_words(agencies: pl.DataFrame) -> pl.DataFrame:
    """Number of agencies with an open record of the child; no row for a child of whom no agency has a record."""
    return agencies.group_by("child").agg(agencies=(pl.col("state") == 1).sum())


def _old_extracts_in_words(agencies: pl.DataFrame, names: Mapping[str, str], as_at: date) -> pl.DataFrame:
    """In words: which of the child's agencies know nothing of the last weeks and so could not notice a child leaving in
    them."""
    old = agencies.filter((pl.col("unsighted_days") >= OLD_EXTRACT_DAYS) & ~pl.col("is_start"))
    ends = pl.lit(as_at) - pl.duration(days=pl.col("unsighted_days").round())
    words = formatted("{} shows nobody seen since {}", source_name(pl.col("source"), names), month(ends))
    in_order = old.sort("child", "source").with_columns(old=words)
    return in_order.group_by("child", maintain_order=True).agg(pl.col("old").str.join("; "))


def _because(as_at: date) -> pl.Expr:
    known = (
        # Youth justice reports homes and also places in custody. So it is an agency here, and also a register because of
        # its list.
        pl.when(pl.col("agencies").is_null() & pl.col("open").is_null())
        .then(pl.lit("known to no agency other than a school or register"))
        .when(pl.col("agencies") >= 2)
        .then(formatted("known to {} agencies besides schools", "agencies"))
    )
    place = (
        pl.when(pl.col("undoubted_place").is_not_null())
        .then(pl.lit(HAS_PLACE))
        .when(pl.col("place_probability").is_not_null())
        .then(pl.lit("has an entry in education that is in doubt"))
    )
    home = (
        pl.when(pl.col("household") == 0)
        .then(pl.lit(SIBLING_AT_SCHOOL))
        .when(pl.col("household") == 2)
        .then(pl.lit(SIBLINGS_UNSEEN))
    )
    seen, ended = _seen_and_ended(as_at)
    moved = pl.when("said_moved").then(pl.lit("taken off the last roll as having moved away"))
    together = pl.when("left_together").then(pl.lit(LEFT_TOGETHER))
    parts = (place, "outside", seen, "letter", "old", ended, moved, together, "open", known, home)
    return pl.concat_str(parts, separator="; ", ignore_nulls=True)


def _seen_and_ended(as_at: date) -> tuple[pl.Expr, pl.Expr]:
    """When the child was last seen, and which entry has ended; the latter null if that is said in the former."""
    days = days_since(pl.col("last_seen_on"), as_at)
    # Who was last seen on leaving has not been seen here since: said apart, the two read as if somebody had met the child.
    as_it_ended = (pl.col("ended_on") == pl.col("last_seen_on")) & (pl.col("ended_at") == pl.col("last_seen_by"))
    on_leaving = pl.when(as_it_ended).then(formatted(", when {}", "ended")).fill_null("")
    ended = (
        pl.when(as_it_ended.fill_null(value=False))
        .then(None)
        .otherwise(formatted("{} in {}", "ended", month(pl.col("ended_on"))))
    )
    # Otherwise nothing would say why a child whom one agency has just met may have left: the silence of the others does.
    is_old = days_since(pl.col("others_saw_on"), as_at) > NOT_SEEN_SINCE_DAYS
    others = pl.when(is_old).then(formatted(", by nobody else since {}", month(pl.col("others_saw_on")))).fill_null("")
    seen = (
        pl.when(days.is_null() & pl.col("letter").is_not_null())
        .then(None)
        .when(days.is_null())
        .then(pl.lit("no extract says when the child was last seen"))
        .when(days > NOT_SEEN_SINCE_DAYS)
        .then(formatted("not seen by anyone since {}{}", month(pl.col("last_seen_on")), on_leaving))
        .when(as_it_ended)
        .then(formatted("last seen {}{}{}", _how_long_ago(days), on_leaving, others))
        .otherwise(formatted("last seen {} ({}){}", _how_long_ago(days), "last_seen_by", others))
    )
    return seen, ended


def month(day: pl.Expr) -> pl.Expr:
    """``March 2024``."""
    return day.dt.strftime("%B %Y")


def _how_long_ago(days: pl.Expr) -> pl.Expr:
    """``today``, ``5 days ago``, ``3 weeks ago``, ``4 months ago``: in whole units of the size that people use."""
    count = pl.when(days < 14).then(days).when(days < 92).then(days // 7).otherwise(days * 12 // 365)
    unit = pl.when(days < 14).then(pl.lit("day")).when(days < 92).then(pl.lit("week")).otherwise(pl.lit("month"))
    plural = pl.when(count == 1).then(pl.lit("")).otherwise(pl.lit("s"))
    return pl.when(days == 0).then(pl.lit("today")).otherwise(formatted("{} {}{} ago", count, unit, plural))
