"""Whether two children who may be one were ever at school at the same time.

A pupil whose entries were not linked (the next school gave it another UPN, or has it under another name) was at the one
school until it left, and at the other since. Two children mostly were at school at the same time. So if no school had the
rival as a pupil in the last weeks before the child's own entry ended, the two are likelier one: by Bayes' rule, in the ratio
of how often that is seen of one pupil who changes school and of any two pupils of one age. A roll without ended entries says
little, as most pupils' entries began since.
"""

from datetime import timedelta

import polars as pl

IN_BOTH = timedelta(days=28)
"""Two schools may both have a pupil for so long, as an entry is often ended late."""

BY_TURNS, AS_PUPILS = 0.95, 20.0
"""Prior: so large a share of pupils who changed school had left the old before; and its weight in pupils."""

MOST = 20.0
"""The most by which the odds are multiplied: a school may have got the dates of all its pupils wrong."""

_LEAVERS = ["source", "year", "then"]


def odds_by_time_at_school(rivals: pl.DataFrame, provision: pl.DataFrame, born: pl.DataFrame) -> pl.DataFrame:
    """``child_id``, ``rival_child_id`` and ``is_likelier_by_time``: factor, 1 or more, for the odds that the two are one child.

    Only for rivals (``RIVAL``) of whom one source has the child's entries, all ended, and a current one of the other's.
    ``provision``: ``PROVISION``. ``born``: ``child_id``, ``date_of_birth``; of children without one nothing is said.
    """
    dated = _dated(provision, born)
    pupils = dated.join(dated.filter("is_current"), on=["child_id", "source"], how="semi")
    left = _last_weeks(dated.join(pupils, on=["child_id", "source"], how="anti"))
    pairs = rivals.select("child_id", "rival_child_id").join(left, on="child_id", how="inner", validate="m:m")
    theirs = pupils.select("source", "since_on", "until_on", rival_child_id="child_id")
    met = (
        pairs.join(theirs, on=["source", "rival_child_id"], how="inner")
        .group_by("child_id", "rival_child_id", *_LEAVERS)
        .agg(at_once=_held_then().any())
    )
    # Entries that overlap say nothing: the dates of one of them may be wrong.
    by_turns = met.filter(~pl.col("at_once")).drop("at_once")
    usual = _share_elsewhere(by_turns.select(_LEAVERS).unique(), pupils)
    likelier = (_share_of_one_pupil(pupils) / pl.col("by_chance")).clip(1.0, MOST)
    weighed = by_turns.join(usual, on=_LEAVERS, how="left", validate="m:1").with_columns(is_likelier_by_time=likelier)
    # Where several sources know both, the one that says least is believed.
    return weighed.group_by("child_id", "rival_child_id").agg(pl.col("is_likelier_by_time").min())


def _dated(provision: pl.DataFrame, born: pl.DataFrame) -> pl.DataFrame:
    """The entries that say when they began and, if they are not current, ended; with the child's ``year`` of birth."""
    said = pl.col("since_on").is_not_null() & (pl.col("until_on").is_not_null() | pl.col("is_current"))
    year = born.select("child_id", year=pl.col("date_of_birth").dt.year()).drop_nulls()
    return provision.filter(said).join(year, on="child_id", how="inner", validate="m:1")


def _last_weeks(ended: pl.DataFrame) -> pl.DataFrame:
    """One row is one child with ended entries in one source: ``then`` is the day IN_BOTH before the last ended, or the day on
    which it began."""
    then = pl.max_horizontal("since_on", pl.col("until_on") - IN_BOTH)
    return ended.group_by("child_id", "source", "year").agg(then.max().alias("then"))


def _held_then() -> pl.Expr:
    """Whether an entry held on the day ``then``."""
    return (pl.col("since_on") <= pl.col("then")) & (pl.col("until_on") > pl.col("then")).fill_null(value=True)


def _share_elsewhere(asked: pl.DataFrame, pupils: pl.DataFrame) -> pl.DataFrame:
    """``asked`` (source, year of birth, ``then``) with ``by_chance``: the share of the source's pupils born that year whom
    nobody had as a pupil on that day."""
    group = ["source", "year"]
    many = pupils.group_by(group).agg(pupils=pl.col("child_id").n_unique())
    # Many pupils share their dates, so entries are counted before days and entries are set against each other.
    entries = pupils.group_by(*group, "since_on", "until_on").len()
    on_that_day = asked.join(entries, on=group, how="inner").filter(_held_then())
    had = on_that_day.group_by(_LEAVERS).agg(had=pl.col("len").sum())
    counted = asked.join(many, on=group, how="left").join(had, on=_LEAVERS, how="left")
    elsewhere = (pl.col("pupils").cast(pl.Int64) - pl.col("had").fill_null(0)).clip(lower_bound=0)
    return counted.select(*_LEAVERS, by_chance=(elsewhere + 1) / (pl.col("pupils") + 2))


def _share_of_one_pupil(pupils: pl.DataFrame) -> float:
    """Of the pupils with an ended entry too, the share whose current entry began after the last weeks of that."""
    is_current = pl.col("is_current")
    left = _last_weeks(pupils.filter(~is_current))
    now = pupils.filter(is_current).group_by("child_id", "source").agg(pl.col("since_on").min())
    moved = left.join(now, on=["child_id", "source"], how="inner", validate="1:1")
    by_turns = moved.filter(pl.col("since_on") > pl.col("then")).height
    return (by_turns + BY_TURNS * AS_PUPILS) / (moved.height + AS_PUPILS)
