"""Children whom nobody has seen for long and who stay on the list although the judgement of residence would take them off.

Two things keep such a child, in the lane "probably moved away". Not having been seen for long does not prove that the child
has left: a desk check costs less than an enquiry, so it is worth making at a lower likelihood
(:attr:`pipelines.rank_settings.RankSettings.check_from`), unless an agency itself says that the child has left its home.
And a child with an open concern (a referral, exploitation, missing from home, an exclusion) stays however long ago it was
seen: an enquiry that somebody has asked for ends with an answer.
"""

import polars as pl

from pipelines.children.members import join_by_child
from pipelines.listing.list_inputs import ListInputs
from pipelines.priority import HIGH_RISK, social_care
from pipelines.rank_settings import RankSettings, reaches
from pipelines.residence.contact import SEEN

QUIET = "It is not confirmed that the child has left: make a desk check of where they live before anyone visits."
OPEN = "Probably moved away, but still on the list: a concern is open, and nobody has found where the child is."

ASKED_AFTER = tuple(factor for factor in HIGH_RISK if factor != social_care.FACTOR)
"""Factors that keep a child on the list. An open case does not, by itself: its social worker knows the child and loses
nobody."""


def only_residence(settings: RankSettings) -> pl.Expr:
    """True where neither a record of an education nor the child's age keeps the child off the list.

    Reads columns of :func:`pipelines.listing.likelihood.with_likelihood`.
    """
    is_sure = (pl.col("found_none") >= settings.doubtful_link_below) & (pl.col("of_age") >= settings.doubtful_age_below)
    return is_sure & pl.col("date_of_birth").is_not_null()


def kept_for_check(quiet: pl.DataFrame, findings: pl.DataFrame, inputs: ListInputs) -> pl.DataFrame:
    """``child_id`` and ``kept_because`` (a sentence), for those of ``quiet`` who stay on the list.

    ``quiet``: ``child_id`` and ``likelihood`` of children too unlikely to be listed for whom :func:`only_residence` is
    true. ``findings``: ``FINDING`` about them.
    """
    asked_after = findings.filter(pl.col("factor").is_in(ASKED_AFTER))["child_id"].unique()
    is_worth_a_check = reaches(pl.col("likelihood"), inputs.settings.check_from)
    has_left = pl.col("child_id").is_in(_said_to_have_left(quiet, inputs).implode())
    because = (
        pl.when(pl.col("child_id").is_in(asked_after.implode()))
        .then(pl.lit(OPEN))
        .when(is_worth_a_check & ~has_left)
        .then(pl.lit(QUIET))
    )
    return quiet.select("child_id", kept_because=because).drop_nulls("kept_because")


def _said_to_have_left(quiet: pl.DataFrame, inputs: ListInputs) -> pl.Series:
    """``child_id`` of children who left their home according to a source that keeps homes (taken off a doctor's list, a
    tenancy ended), unless another entry has begun since and is open, or somebody has met the child since.

    A child on another doctor's list, or applying for a school, has only moved. The day on which an entry was closed is not
    a meeting: a school, too, takes a family that has left off its roll.
    """
    kind, since = pl.col("kind"), pl.col("since_on")
    with_homes = inputs.contact.filter(kind == "lives_here")["source"].unique().implode()
    theirs = inputs.child_records.join(quiet, on="child_id", how="semi").select("child_id", "record_id")
    statements = inputs.contact.join(theirs, on="record_id", how="semi")
    entries, left = statements.filter(kind == "lives_here"), statements.filter(kind == "left")
    left = left.filter(pl.col("source").is_in(with_homes), since.is_not_null())
    left_on = theirs.join(left, on="record_id").group_by("child_id").agg(left_on=since.max())
    here = theirs.join(entries.filter(pl.col("until_on").is_null()), on="record_id")
    began_on = here.group_by("child_id").agg(began_on=since.max())
    seen = statements.filter(kind == SEEN, since <= inputs.as_at)
    ends = [
        statements.select("record_id", since_on="until_on"),
        statements.filter(kind == "left").select("record_id", since),
    ]
    seen = seen.join(pl.concat(ends), on=["record_id", "since_on"], how="anti")
    met = theirs.join(seen, on="record_id").group_by("child_id").agg(met_on=since.max())
    dated = join_by_child(left_on, began_on, met)
    has_moved = (pl.col("began_on") >= pl.col("left_on")) | (pl.col("met_on") > pl.col("left_on"))
    return dated.filter(~has_moved.fill_null(value=False))["child_id"]
