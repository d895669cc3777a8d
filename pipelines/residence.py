"""Does the child still live here, as far as anybody can tell? A probability with its reasons, for every known child.

The readings are gathered in :mod:`pipelines.residence_evidence`, the probability is estimated from the night's own data
in :mod:`pipelines.residence_mixture`; here both become a table with words.
"""

from datetime import date

import polars as pl

from pipelines.residence_evidence import Evidence, days_since, gather_evidence
from pipelines.residence_mixture import living_here
from pipelines.tables import RESIDENCE

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip

NOT_SEEN_SINCE_DAYS = 365
"""After a year without a sighting the words turn from "seen by" to "not seen by anyone since"."""


def judge_residence(
    statements: pl.DataFrame, person: pl.DataFrame, child_records: pl.DataFrame, provision: pl.DataFrame, *, as_at: date
) -> pl.DataFrame:
    """For each child of ``child_records``, how likely the child still lives here on ``as_at`` (``RESIDENCE``).

    ``living_here`` is calibrated against the night's own mixture of children with and without a school place; nothing
    is learned from earlier nights. Statements dated after ``as_at`` are not heard. The order of rows changes nothing.
    """
    evidence = gather_evidence(statements, person, child_records, provision, as_at=as_at)
    children = evidence.children.with_columns(living_here=pl.Series(living_here(evidence), dtype=pl.Float64))
    said = statements.join(child_records, on="record_id", how="inner", validate="m:1")
    return (
        children.join(_last_sightings(said, as_at), on="child_id", how="left", validate="1:1")
        .join(_entries_in_words(said, as_at), on="child_id", how="left", validate="1:1")
        .join(_agencies_in_words(evidence), on="child_id", how="left", validate="1:1")
        .with_columns(because=_because(as_at))
        .select(RESIDENCE.names())
        .cast(RESIDENCE)
        .sort("child_id")
    )


def _last_sightings(said: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """The last day on which anybody saw the child, and who; where several did, all of them."""
    seen = said.filter((pl.col("kind") == "seen") & (pl.col("since_on") <= as_at))
    last = seen.filter(pl.col("since_on") == pl.col("since_on").max().over("child_id"))
    return last.group_by("child_id").agg(
        last_seen_on=pl.col("since_on").first(),
        last_seen_by=_for_people(pl.col("source")).unique().sort().str.join(" and "),
    )


def _entries_in_words(said: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """What the entry that changed last says: it has been open since a date, or ended on one."""
    kind, since, until = pl.col("kind"), pl.col("since_on"), pl.col("until_on")
    homes = said.filter((kind == "lives_here") & (since.is_null() | (since <= as_at)))
    has_ended = until <= as_at
    ended = homes.filter(has_ended).select("child_id", "source", changed_on=until)
    keeps_entries = said.filter(kind.is_in(["lives_here", "provision"]))["source"].unique()
    left = said.filter((kind == "left") & (since <= as_at) & pl.col("source").is_in(keeps_entries.implode()))
    left = left.select("child_id", "source", changed_on=since)
    open_ = homes.filter(~has_ended.fill_null(value=False)).select("child_id", "source", changed_on=since)
    open_ = open_.filter(pl.col("changed_on").is_not_null())
    words = {
        "ended": (pl.concat([ended, left]), pl.lit("the "), " entry ended in ", month(pl.col("changed_on"))),
        "open": (open_, pl.lit("the "), " entry has been open since ", pl.col("changed_on").dt.year().cast(pl.String)),
    }
    children = said.select(pl.col("child_id").unique())
    for name, (entries, the, verb, when) in words.items():
        last = entries.sort("child_id", "changed_on", "source", descending=[False, True, False])
        last = last.group_by("child_id", maintain_order=True).first()
        text = pl.concat_str([the, _for_people(pl.col("source")), pl.lit(verb), when])
        children = children.join(last.select("child_id", text.alias(name)), on="child_id", how="left", validate="1:1")
    return children


def _agencies_in_words(evidence: Evidence) -> pl.DataFrame:
    """How many agencies have an open record of the child."""
    open_ = evidence.agencies.filter(pl.col("state") == 1)
    return open_.group_by("child_id").agg(agencies=pl.col("source").n_unique())


def _because(as_at: date) -> pl.Expr:
    days = days_since(pl.col("last_seen_on"), as_at)
    seen = (
        pl.when(days.is_null())
        .then(pl.lit("never seen with a date"))
        .when(days > NOT_SEEN_SINCE_DAYS)
        .then(pl.concat_str([pl.lit("not seen by anyone since "), month(pl.col("last_seen_on"))]))
        .otherwise(pl.concat_str([pl.lit("seen by "), pl.col("last_seen_by"), pl.lit(" "), how_long_ago(days)]))
    )
    several = pl.when(pl.col("agencies") >= 2).then(
        pl.concat_str([pl.lit("known to "), pl.col("agencies").cast(pl.String), pl.lit(" agencies")])
    )
    place = pl.when(pl.col("place_probability").is_not_null()).then(pl.lit("has a current place"))
    home = (
        pl.when(pl.col("household") == 0)
        .then(pl.lit("another child of the household has a place here"))
        .when(pl.col("household") == 2)
        .then(pl.lit("no other child of the household was seen for a year"))
    )
    parts = [place, seen, pl.col("ended"), pl.col("open"), several, home]
    return pl.concat_str(parts, separator="; ", ignore_nulls=True)


def month(day: pl.Expr) -> pl.Expr:
    """``March 2024``."""
    names = day.dt.month().cast(pl.Int64).replace_strict(dict(enumerate(MONTHS, start=1)), return_dtype=pl.String)
    return pl.concat_str([names, pl.lit(" "), day.dt.year().cast(pl.String)])


def how_long_ago(days: pl.Expr) -> pl.Expr:
    """``today``, ``5 days ago``, ``3 weeks ago``, ``4 months ago``: whole units, of a size that people use."""
    count = pl.when(days < 14).then(days).when(days < 92).then(days // 7).otherwise(days * 12 // 365)
    unit = pl.when(days < 14).then(pl.lit("day")).when(days < 92).then(pl.lit("week")).otherwise(pl.lit("month"))
    plural = pl.when(count == 1).then(pl.lit(" ago")).otherwise(pl.lit("s ago"))
    return (
        pl.when(days == 0)
        .then(pl.lit("today"))
        .otherwise(pl.concat_str([count.cast(pl.String), pl.lit(" "), unit, plural]))
    )


def _for_people(source: pl.Expr) -> pl.Expr:
    return source.str.replace_all("_", " ", literal=True)
