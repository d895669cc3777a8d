"""How like the listed children are to those at schools outside the authority's own rolls: one that sends no list may have them.

Most children without a place in any extract are no children missing education: they are at an independent school that sends
no list, or at a school of another authority that confirms nobody (Welsh Government, 2021: two further lists explain half of
the children of GPs' lists who are on no state roll). No record says which they are. But some such schools do send lists, and
their pupils show how a child educated there looks to everybody else: who knows it, whether it was ever on a roll here,
whether it came lately, whether anybody is concerned about it.

So the listed children are compared with those pupils. Where ``ours(x)`` of the listed children and ``theirs(x)`` of the pupils
look like ``x``, the share of the listed who are such pupils is proportional to ``theirs(x) / ours(x)``: a sample of one kind
only, and a mixture that holds an unknown share of it (Elkan and Noto, 2008). How large the share is the data cannot say; the
typical pupil's look is taken for one that only such pupils have.

This moves a child down the list and takes nobody off it; it is no part of the likelihood, which says that no extract shows a
place.
"""

from datetime import timedelta

import numpy as np
import polars as pl

from pipelines.children.members import join_by_child
from pipelines.children.missed_links import sources_without_place
from pipelines.children.statement_dates import has_begun, has_not_ended
from pipelines.formatted import in_small_letters
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.logistic import Floats, most_probable
from pipelines.listing.waiting import at_high_risk
from pipelines.reasons import source_called

OUTSIDE = r"\bindependent\b|\banother (?:local )?authority\b"
"""What a place is called where no roll of the authority's own schools would show it."""

SURE = 0.9
"""From this probability of being the child's own, a record of such a place makes the child one of the pupils compared with."""

FEWEST = 30
"""Fewer listed children, or fewer pupils to compare them with, say nothing."""

ALIKE = 0.5
"""From here on, the reasons tell officers to ask such schools first."""

ASK = (
    "Agencies know this child as they know most pupils of schools outside the authority's rolls ({}): such a school may have "
    "the child and have sent no list, so ask before visiting."
)

CAME_LATELY, CONCERN = 1 << 61, 1 << 62
"""The bits of a look that stand for a first home here within :data:`LATELY`, and for an open concern."""

LATELY = timedelta(days=365)

PRIOR = 2.0
"""Precision of the normal prior of what each agency's knowing a child says (log odds, mean 0): a standard deviation of .7."""


def unlisted_school(
    listed: pl.DataFrame, everyone: pl.DataFrame, findings: pl.DataFrame, inputs: ListInputs
) -> pl.DataFrame:
    """One row is one of ``listed``, in their order: ``child_id``, ``unlisted_school``, ``ask_schools``.

    - ``unlisted_school``: the share of its urgency that the child loses, 0 to
      :attr:`pipelines.rank_settings.RankSettings.unlisted_school_weighs` (known as most pupils of such schools are); 0 at high
      risk, and for all where too few children can be compared.
    - ``ask_schools``: a sentence where the child is more like them than not; null elsewhere.

    ``listed`` and ``everyone``: ``child_id``, ``likelihood`` and ``own_*`` of the children of the list, and of all who may be
    of age. ``findings``: ``FINDING``.
    """
    pupils = _pupils(everyone.join(listed, on="child_id", how="anti"))
    if min(listed.height, pupils.height) < FEWEST:
        return listed.select("child_id", unlisted_school=pl.lit(0.0), ask_schools=pl.lit(None, pl.String))
    compared = pl.concat(
        [
            listed.select("child_id", ours="likelihood", theirs=pl.lit(0.0)),
            pupils.select("child_id", ours=pl.lit(0.0), theirs=pl.lit(1.0)),
        ]
    )
    looks = _looks(compared, inputs)
    alike = looks.join(_likeness(looks), on="look", how="left", validate="m:1").select("child_id", "unlisted_school")
    senders = ", ".join(source_called(source, inputs.source_names) for source in pupils["own_source"].unique().sort())
    likeness = pl.when(~_is_at_risk(findings)).then("unlisted_school").otherwise(0.0)
    weighs = inputs.settings.unlisted_school_weighs
    return join_by_child(listed.select("child_id"), alike).select(
        "child_id",
        unlisted_school=likeness * weighs,
        ask_schools=pl.when(likeness >= ALIKE, pl.lit(weighs > 0)).then(pl.lit(ASK.format(senders))),
    )


def _is_at_risk(findings: pl.DataFrame) -> pl.Expr:
    return pl.col("child_id").is_in(at_high_risk(findings)["child_id"].unique().implode())


def _pupils(unlisted: pl.DataFrame) -> pl.DataFrame:
    """Those who are surely at a school outside the authority's rolls."""
    is_sure = pl.col("own_doubt").is_null() & (pl.col("own_link_probability") >= SURE)
    return unlisted.filter(is_sure, in_small_letters(pl.col("own_what")).str.contains(OUTSIDE))


def _looks(compared: pl.DataFrame, inputs: ListInputs) -> pl.DataFrame:
    """``compared`` with ``look``: one bit for each source that knows the child by a record that shows no place now, and two
    for what they say."""
    theirs = inputs.child_records.join(compared, on="child_id", how="semi", maintain_order="left")
    known = sources_without_place(inputs.person, theirs, inputs.provision)
    said = theirs.select("child_id", "record_id").join(inputs.contact, on="record_id", how="inner")
    kind, since = pl.col("kind"), pl.col("since_on")
    came = said.filter(kind == "lives_here").group_by("child_id").agg(came_on=since.min())
    lately = came.filter(pl.col("came_on") > inputs.as_at - LATELY)
    concerned = said.filter(kind == "concern", has_begun(inputs.as_at), has_not_ended(inputs.as_at))
    bits = [
        pl.col("child_id").is_in(children["child_id"].unique().implode()).cast(pl.Int64) * bit
        for children, bit in ((lately, CAME_LATELY), (concerned, CONCERN))
    ]
    sources = join_by_child(compared, known).with_columns(pl.col("sources").fill_null(0))
    return sources.with_columns(look=pl.sum_horizontal("sources", *bits)).drop("sources")


def _likeness(looks: pl.DataFrame) -> pl.DataFrame:
    """``look`` and ``unlisted_school``. The ratio of pupils to listed children is smoothed over looks that share agencies, by
    a logistic regression; that of the middle pupil counts as 1."""
    counted = looks.group_by("look").agg(pl.col("ours", "theirs").sum().round(9)).sort("look")
    look, ours, theirs = (counted[name].to_numpy() for name in ("look", "ours", "theirs"))
    bits = 1 << np.flatnonzero([np.any(look & (1 << place)) for place in range(63)])
    odds = log_odds_by(((look[:, None] & bits) > 0).astype(np.float64), theirs.astype(np.float64), ours)
    by_odds = np.argsort(odds, kind="stable")
    middle = odds[by_odds][np.searchsorted(np.cumsum(theirs[by_odds]), theirs.sum() / 2)]
    likeness = np.exp(np.minimum(odds - middle, 0.0)).round(6)
    return pl.DataFrame({"look": look, "unlisted_school": likeness})


def log_odds_by(known: Floats, yes: Floats, no: Floats) -> Floats:
    """Log odds of ``yes`` against ``no`` (weights of each row) by the columns of ``known`` (0 or 1): a logistic regression
    with a normal prior (:mod:`pipelines.listing.logistic`)."""
    columns = np.column_stack([np.ones(len(known)), known])
    precision = np.array([0.0] + [PRIOR] * known.shape[1])
    at, _ = most_probable(columns, yes, no, start=np.zeros(columns.shape[1]), precision=precision)
    return np.asarray(columns @ at)
