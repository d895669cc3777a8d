"""Where, as far as any extract shows, a child is educated, and whether that holds on the date judged.

Nothing here is specific to one source. Which rows prove an education, in what way and until when, is in the contracts and
arrives as statements of the kind ``provision``.
"""

from datetime import date, timedelta

import polars as pl

from pipelines.children.statement_dates import has_begun
from pipelines.intake.in_one_form.statements import UNDATED
from pipelines.intake.schools import plain_number
from pipelines.tables import PROVISION

UNRENEWED_CHILDREN = 10.0
"""Weight of the prior, in children whose entry was not renewed: a few entries cannot show how usual renewal is."""

ROLLS_ARE_TOLD = timedelta(weeks=24)
"""How long after a day in term until every roll has been told of it: from one termly census (May) to the next (November)."""

ENDED_PROVES = 0.1
"""How far an entry still proves an education where a newer source says it has ended: some endings are taken back."""

UNDATED_PROVES = 0.5
"""How far a confirmation without a day proves an education, from a source that gives a day with others: it may be one that was
never entered, or one that has not come yet."""

LIKELIER_THAN_NOT = 0.5
"""From this probability on, an entry counts as the child's place."""

SAID_TO_HAVE_ENDED = "the school has since reported that the place has ended"


def find_provision(statements: pl.DataFrame, child_records: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """Every provision statement of every child (``PROVISION``), in the order of child, start and record.

    ``is_current`` holds where ``since_on`` is null or not after ``as_at``, and ``until_on`` is null or *later than*
    ``as_at``. On its last day an entry no longer proves an education: a leaving date equal to the date judged means that
    the child has left, and a closing date that the entry is closed. A place that starts tomorrow is none today.
    ``link_probability`` is the record's membership in the child. ``proves`` is less than the contract says where most
    entries with such a doubt were renewed and this one was not; and where the entry alone lacks the day on which its source
    dates others. An entry is in doubt where another record says that the child's place at that school has ended since it
    began.

    Raises :class:`ValueError` where a statement's record belongs to no child: dropping it would list a child for no reason.
    """
    places = statements.filter(pl.col("kind") == "provision")
    entries = places.join(child_records, on="record_id", how="left", validate="m:1")
    if homeless := entries["child_id"].null_count():
        raise ValueError(
            f"{homeless} of {entries.height} provision statements belong to a record without a child. "
            "Link the person records that these statements were read from, all of them, and judge again."
        )
    judged = entries.with_columns(is_current=_holds_on(as_at), link_probability=pl.col("membership"))
    return (
        _doubt_if_said_to_have_ended(_discount_undated(_discount_unrenewed(judged)), as_at)
        .select(PROVISION.names())
        .cast(PROVISION)
        .sort(PROVISION.names(), nulls_last=False)
    )


def entry_certainty(doubtful: float) -> pl.Expr:
    """0..1, how certain an entry (``PROVISION``) is to prove its child's education while it lasts.

    As certain as its link; less where the entry is in doubt, by ``proves`` of its contract, or else by ``doubtful``.
    """
    proves = pl.when(pl.col("doubt").is_null()).then(1.0).otherwise(pl.col("proves").fill_null(doubtful))
    return pl.col("link_probability") * proves


def likely_places(provision: pl.DataFrame) -> pl.DataFrame:
    """The current entries (``PROVISION``) that count as their child's place, with ``holds``, how certain each is (0..1)."""
    judged = provision.filter("is_current").with_columns(holds=entry_certainty(doubtful=1.0))
    return judged.filter(pl.col("holds") >= LIKELIER_THAN_NOT)


def _discount_unrenewed(entries: pl.DataFrame) -> pl.DataFrame:
    """``entries``, with ``proves`` lowered for entries that were not renewed.

    A current entry in doubt is renewed where its child has a later current one from the same source. The more entries with
    the same doubt are renewed, the more it means that this one is not: a place that goes on would have been renewed as
    often as the others, one that has ended never (Bayes). Where nobody renews, it means nothing.
    """
    kind = ["source", "doubt"]
    current = entries.filter(pl.col("is_current") & pl.col("since_on").is_not_null())
    doubted = current.filter(pl.col("doubt").is_not_null() & pl.col("proves").is_not_null())
    latest = current.group_by("child_id", "source").agg(latest_on=pl.col("since_on").max())
    beside_latest = doubted.join(latest, on=["child_id", "source"], how="left", validate="m:1")
    children = beside_latest.group_by(*kind, "child_id").agg(
        is_renewed=(pl.col("since_on") < pl.col("latest_on")).all()
    )
    share = children.group_by(kind).agg(renewed=pl.col("is_renewed").sum() / (pl.len() + UNRENEWED_CHILDREN))
    goes_on = pl.col("proves") * (1 - pl.col("renewed"))
    left = pl.when("is_current").then(goes_on / (goes_on + 1 - pl.col("proves")))
    judged = entries.join(share, on=kind, how="left", validate="m:1")
    return judged.with_columns(proves=pl.coalesce(left, "proves")).drop("renewed")


def _discount_undated(entries: pl.DataFrame) -> pl.DataFrame:
    """``entries``, with ``proves`` lowered for confirmations without a day from sources that give a day with others."""
    is_undated = pl.col("doubt").str.contains(UNDATED, literal=True).fill_null(value=False)
    others_are_dated = pl.col("since_on").is_not_null().any().over("source")
    proves = pl.min_horizontal("proves", pl.lit(UNDATED_PROVES))
    return entries.with_columns(proves=pl.when(is_undated & others_are_dated).then(proves).otherwise("proves"))


def _doubt_if_said_to_have_ended(entries: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``entries``, with a doubt on each current entry at a school where another statement says that the child's place has
    ended.

    Such a statement gives only the end, as a school's return of a deletion does. A roll that comes with the termly census
    shows the pupil until the next census is in; a roll that still shows the child once every roll has been told prevails.
    An entry that began after the end is another place.
    """
    until, school = pl.col("until_on"), plain_number(pl.col("place"))
    is_end = pl.col("since_on").is_null() & (until <= as_at) & (until > as_at - ROLLS_ARE_TOLD)
    ends = entries.filter(is_end).group_by("child_id", school=school).agg(ended_on=until.max()).drop_nulls()
    theirs = (
        entries.join(ends, on="child_id", how="semi")
        .with_columns(school=school)
        .join(ends, on=["child_id", "school"], how="left", validate="m:1")
    )
    is_over = (pl.col("is_current") & (pl.col("since_on") < pl.col("ended_on"))).fill_null(value=False)
    doubts = pl.concat_str("doubt", pl.lit(SAID_TO_HAVE_ENDED), separator="; ", ignore_nulls=True)
    doubted = theirs.with_columns(
        doubt=pl.when(is_over).then(doubts).otherwise("doubt"),
        proves=pl.when(is_over).then(pl.min_horizontal("proves", pl.lit(ENDED_PROVES))).otherwise("proves"),
    )
    return pl.concat([entries.join(ends, on="child_id", how="anti"), doubted.select(entries.columns)])


def _holds_on(as_at: date) -> pl.Expr:
    """True where the statement holds on a date; its last day no longer counts."""
    return has_begun(as_at) & (pl.col("until_on").is_null() | (pl.col("until_on") > as_at))
