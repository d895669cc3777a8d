"""What tonight's records say about where a child lives: the readings that the judgement of residence rests on.

A source is an *agency* where none of its statements proves an education, else a *roll*. Nothing source-specific stands
here: a further source says its part through its contract. Names are read for one thing only, to see who shares a
household; groups (ethnicity, language, sex) are never read.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.age import ends_on, starts_on

LATELY_DAYS = 365
"""A household member seen within a year counts as seen lately: every agency meets most of its families once a year."""

LARGEST_HOUSEHOLD = 20
"""A reference or address shared by more children than this is a hostel, a hotel or a default, and no household."""

NEVER = "never on a roll"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The readings of a night, for every child that any source knows."""

    children: pl.DataFrame
    """One row is one child, in the order of ``child_id``. ``age_group``: under, of or over compulsory school age (no
    birth date: unknown). ``place_probability``: 0..1, of the surest current provision; null: none.
    ``is_known_here``: has a current place in the largest roll, whose children surely live here. ``last_roll``: source
    of the provision that ended last; ``never on a roll`` where none did; null: has a place. ``roll_ended_days``: since
    then; null: none.
    ``household``: 0 another child of the household has a current place, 1 none has but one was seen lately, 2 none was;
    null: no other child known."""
    agencies: pl.DataFrame
    """One row is one agency that has a record of one child, in the order of ``source`` and ``child`` (row of the child
    in ``children``). ``state``: 1 open, 2 ended. ``sighted_days``: since it last saw the child; null: no date.
    ``is_start``: that was the day its entry began. ``begun_days``: since its open entry began; null: no date.
    ``membership``: 0..1, that the surest record is this child's."""
    families: pl.DataFrame
    """One row is one child and another of its household: ``child`` and ``other``, rows of ``children``."""


def gather_evidence(
    statements: pl.DataFrame, person: pl.DataFrame, child_records: pl.DataFrame, provision: pl.DataFrame, *, as_at: date
) -> Evidence:
    """Readings for each child of ``child_records``; statements dated after ``as_at`` are not heard.

    Statements and person records whose record belongs to no child are left out.
    """
    said = statements.join(child_records, on="record_id", how="inner", validate="m:1")
    mine = child_records.join(
        person.select("record_id", "dataset", "surname", "date_of_birth", "postcode", "address", "uprn", "household"),
        on="record_id",
        how="left",
        validate="1:1",
    )
    children = (
        child_records.select(pl.col("child_id").unique())
        .join(_age_groups(mine, as_at), on="child_id", how="left", validate="1:1")
        .join(_places(provision), on="child_id", how="left", validate="1:1")
        .join(_ended_places(provision, as_at), on="child_id", how="left", validate="1:1")
        .with_columns(pl.col("age_group").fill_null("unknown"), pl.col("is_known_here").fill_null(value=False))
    )
    has_place = pl.col("place_probability").is_not_null()
    children = children.with_columns(
        last_roll=pl.when(has_place).then(None).otherwise(pl.col("last_roll").fill_null(NEVER)),
        roll_ended_days=pl.when(has_place).then(None).otherwise(pl.col("roll_ended_days")),
    )
    families = _families(mine)
    children = (
        children.join(_signs(families, said, children, as_at), on="child_id", how="left", validate="1:1")
        .sort("child_id")
        .with_columns(child=pl.int_range(pl.len(), dtype=pl.Int64))
    )
    numbers = children.select("child_id", "child")
    agencies = _agencies(mine, said, as_at).join(numbers, on="child_id", how="left", validate="m:1")
    families = families.join(numbers, on="child_id", validate="m:1").join(
        numbers.select(other_id="child_id", other="child"), on="other_id", validate="m:1"
    )
    return Evidence(
        children=children.drop("child"),
        agencies=agencies.sort("source", "child"),
        families=families.select("child", "other").sort("child", "other"),
    )


def days_since(day: pl.Expr, as_at: date) -> pl.Expr:
    """Whole days from a date to ``as_at`` (Int64)."""
    return (pl.lit(as_at) - day).dt.total_days()


def _age_groups(mine: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``age_group`` by the birth date that most records give; the later one where two are given as often."""
    born = (
        mine.drop_nulls("date_of_birth")
        .group_by("child_id", "date_of_birth")
        .agg(votes=pl.col("membership").sum().round(6))
        .sort("child_id", "votes", "date_of_birth", descending=[False, True, True])
        .group_by("child_id", maintain_order=True)
        .agg(pl.col("date_of_birth").first())
    )
    birth = pl.col("date_of_birth")
    group = (
        pl.when(starts_on(birth) > as_at)
        .then(pl.lit("under"))
        .when(ends_on(birth) < as_at)
        .then(pl.lit("over"))
        .otherwise(pl.lit("of"))
    )
    return born.select("child_id", age_group=group)


def _places(provision: pl.DataFrame) -> pl.DataFrame:
    """Surest current place of a child, and whether it is one of the largest roll."""
    current = provision.filter("is_current")
    sizes = current.group_by("source").agg(children=pl.col("child_id").n_unique())
    largest = sizes.sort("children", "source", descending=[True, False])["source"].head(1)
    sure = pl.col("source").is_in(largest.implode()) & (pl.col("link_probability") >= 0.5) & pl.col("doubt").is_null()
    return current.group_by("child_id").agg(
        place_probability=pl.col("link_probability").max(), is_known_here=sure.any()
    )


def _ended_places(provision: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """The provision of a child that ended last, and how long ago."""
    ended = provision.filter(~pl.col("is_current") & (pl.col("until_on") <= as_at))
    latest = ended.sort("child_id", "until_on", "source", descending=[False, True, False])
    return latest.group_by("child_id", maintain_order=True).agg(
        last_roll=pl.col("source").first(), roll_ended_days=days_since(pl.col("until_on").first(), as_at)
    )


def _agencies(mine: pl.DataFrame, said: pl.DataFrame, as_at: date) -> pl.DataFrame:
    rolls = said.filter(pl.col("kind") == "provision")["source"].unique()
    records = (
        mine.select("child_id", "record_id", "membership", source=pl.col("record_id").str.split(":").list.first())
        .filter(~pl.col("source").is_in(rolls.implode()))
        .join(_entries(said, as_at), on="record_id", how="left", validate="1:1")
        .with_columns(pl.col("is_ended").fill_null(value=False))
    )
    only_start = pl.col("sighted_on").is_null()
    open_start = pl.when(~pl.col("is_ended")).then(pl.col("begun_on"))
    return (
        records.group_by("child_id", "source")
        .agg(
            state=pl.when(pl.col("is_ended").all()).then(2).otherwise(1).cast(pl.Int64),
            sighted_days=days_since(pl.coalesce("sighted_on", "seen_on").max(), as_at),
            begun_days=days_since(open_start.max(), as_at),
            is_start=only_start.all(),
            membership=pl.col("membership").max(),
        )
        .sort("child_id", "source")
    )


def _entries(said: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """One row is one record: when its entry began, whether it has ended, and when the child was last seen."""
    kind, since, until = pl.col("kind"), pl.col("since_on"), pl.col("until_on")
    lives_here = (kind == "lives_here") & (since.is_null() | (since <= as_at))
    is_open = lives_here & (until.is_null() | (until > as_at))
    is_closed = lives_here & (until <= as_at)
    has_left = (kind == "left") & (since <= as_at)
    by_record = said.group_by("record_id").agg(
        begun_on=since.filter(is_open).max(),
        starts=since.filter(kind == "lives_here").drop_nulls(),
        is_ended=has_left.any() | (is_closed.any() & ~is_open.any()),
        seen_on=since.filter((kind == "seen") & (since <= as_at)).max(),
    )
    sighted = (
        said.filter((kind == "seen") & (since <= as_at))
        .join(by_record.select("record_id", "starts"), on="record_id", how="inner")
        .filter(~pl.col("starts").list.contains(pl.col("since_on")))
        .group_by("record_id")
        .agg(sighted_on=since.max())
    )
    return by_record.drop("starts").join(sighted, on="record_id", how="left", validate="1:1")


def _families(mine: pl.DataFrame) -> pl.DataFrame:
    """One row is a child (``child_id``) and another one of its household (``other_id``): a reference kept by a source,
    or surname and address."""
    surname = pl.col("surname")
    keys = [
        pl.col("household"),
        surname + "|" + pl.col("uprn"),
        surname + "|" + pl.col("address") + "|" + pl.col("postcode"),
    ]
    shared = pl.concat([mine.select("child_id", key=key) for key in keys]).drop_nulls().unique()
    shared = shared.filter(pl.len().over("key").is_between(2, LARGEST_HOUSEHOLD))
    others = shared.join(shared.rename({"child_id": "other_id"}), on="key")
    return others.filter(pl.col("child_id") != pl.col("other_id")).select("child_id", "other_id").unique()


def _signs(families: pl.DataFrame, said: pl.DataFrame, children: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """What the other children of a child's household show at first sight (``household``)."""
    seen = said.filter((pl.col("kind") == "seen") & (pl.col("since_on") <= as_at))
    lately = seen.group_by("child_id").agg(is_seen=(days_since(pl.col("since_on").max(), as_at) <= LATELY_DAYS))
    signs = (
        children.select("child_id", has_place=pl.col("place_probability").is_not_null())
        .join(lately, on="child_id", how="left", validate="1:1")
        .select(
            other_id="child_id", sign=pl.when("has_place").then(0).when("is_seen").then(1).otherwise(2).cast(pl.Int64)
        )
    )
    told = families.join(signs, on="other_id", how="inner", validate="m:1")
    return told.group_by("child_id").agg(household=pl.col("sign").min())
