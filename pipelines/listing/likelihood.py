"""The likelihood that each child is missing education.

It depends on whether the child's own records show an education, or those of a child that may be the same, and on whether
the child lives here and is of age.
"""

import polars as pl

from pipelines.children.members import join_by_child
from pipelines.children.missed_links import sources_without_place, with_missed_places
from pipelines.children.provision import entry_certainty
from pipelines.children.pupils_are_here import odds_of_being_a_pupil
from pipelines.children.time_at_school import odds_by_time_at_school
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.recalibration import recalibrated
from pipelines.rank_settings import RankSettings, reaches

LIKELY_ENOUGH = 0.1
"""From this probability of being its nearest rival on, a child is compared with it by UPN."""


def with_likelihood(ages: pl.DataFrame, inputs: ListInputs) -> pl.DataFrame:
    """``ages`` with the likelihood, its factors, and the own and rival records behind them.

    - ``found_none``: 0..1, that no record found shows a place for the child. ``missed``: 0..1, that a record not found
      does. ``on_no_roll``: 0..1, that neither does.
    - ``estimated``: the likelihood before any recalibration.
    - ``has_other_upn``: true where the nearest rival in education is likely enough and has a UPN that differs from the
      child's.
    """
    own = _in_education(inputs.provision, inputs.settings)
    besides = sources_without_place(inputs.person, inputs.child_records, inputs.provision)
    lives = inputs.residence.select(
        "child_id", "living_here", "last_seen_on", "last_seen_by", residence_because="because"
    )
    aged = join_by_child(ages, own, lives).with_columns(pl.col("living_here").fill_null(1.0))
    pupils = odds_of_being_a_pupil(aged.with_columns(pl.col("own_none").fill_null(1.0)), besides)
    by_time = odds_by_time_at_school(inputs.rivals, inputs.provision, ages)
    near = _nearest_in_education(inputs.rivals, own, pupils, by_time)
    judged = join_by_child(aged, near, _with_other_upn(near, inputs.person, inputs.child_records)).with_columns(
        found_none=(pl.col("own_none").fill_null(1.0) * pl.col("rival_none").fill_null(1.0)).clip(0.0, 1.0)
    )
    missed = with_missed_places(judged, besides, inputs.person, inputs.provision, inputs.never_met)
    return _weighed(missed, inputs.settings)


def _weighed(judged: pl.DataFrame, settings: RankSettings) -> pl.DataFrame:
    """``judged`` with ``on_no_roll``, ``estimated`` and ``likelihood``.

    A place that nobody has found must not take a child off the list by itself: where it would, ``missed`` is set to 0.
    """
    found = (pl.col("found_none") * pl.col("living_here") * pl.col("of_age")).clip(0.0, 1.0)
    line = settings.recalibration
    before, after = recalibrated(found, line), recalibrated(found * (1 - pl.col("missed")), line)
    hides = pl.any_horizontal(
        reaches(before, least) & ~reaches(after, least) for least in (settings.list_from, settings.check_from)
    )
    return (
        judged.with_columns(missed=pl.when(hides).then(0.0).otherwise("missed"))
        .with_columns(
            on_no_roll=pl.col("found_none") * (1 - pl.col("missed")), estimated=found * (1 - pl.col("missed"))
        )
        .with_columns(likelihood=recalibrated(pl.col("estimated"), line))
    )


def _in_education(provision: pl.DataFrame, settings: RankSettings) -> pl.DataFrame:
    """One row is one child with a current provision entry: ``own_none``, the probability that none of its entries holds,
    and the columns of the best entry. Entries count as independent."""
    current = provision.filter("is_current").with_columns(holds=entry_certainty(settings.doubtful_provision))
    kept = ("record_id", "source", "what", "place", "since_on", "until_on", "doubt", "link_probability")
    own, none = [pl.col(name).alias(f"own_{name}") for name in kept], 1 - pl.col("holds")
    has_several = pl.col("child_id").is_duplicated()
    ordered = current.filter(has_several).sort(
        "child_id",
        "holds",
        "since_on",
        "record_id",
        "what",
        descending=[False, True, True, False, False],
        nulls_last=True,
    )
    best = ordered.group_by("child_id", maintain_order=True).agg(
        *(name.first() for name in own), own_none=none.product()
    )
    return pl.concat([current.filter(~has_several).select("child_id", *own, own_none=none), best])


def _nearest_in_education(
    rivals: pl.DataFrame, own: pl.DataFrame, pupils: pl.DataFrame, by_time: pl.DataFrame
) -> pl.DataFrame:
    """One row is one child with a rival in education: ``rival_none``, the probability that the child is none of them, and
    the nearest rival.

    ``pupils``: from :func:`~pipelines.children.pupils_are_here.odds_of_being_a_pupil`; it need not have every child.
    ``by_time``: from :func:`~pipelines.children.time_at_school.odds_by_time_at_school`; it need not have every pair.
    """
    schooled = own.select(
        rival_child_id="child_id",
        schooled=1 - pl.col("own_none"),
        rival_provision_record_id="own_record_id",
        rival_source="own_source",
        rival_what="own_what",
        rival_since_on="own_since_on",
        rival_until_on="own_until_on",
    )
    linked = pl.col("probability") * pl.col("schooled")
    odds = linked * pl.col("is_likelier").fill_null(1.0) * pl.col("is_likelier_by_time").fill_null(1.0)
    # A certain link stays certain, wherever the child lives.
    certainty = pl.when(linked < 1).then(odds / (1 - linked + odds)).otherwise(linked)
    near = (
        rivals.join(schooled, on="rival_child_id", how="inner", validate="m:1")
        .join(pupils, on="child_id", how="left", validate="m:1")
        .join(by_time, on=["child_id", "rival_child_id"], how="left", validate="1:1")
        .with_columns(rival_certainty=certainty, rival_levels=pl.col("levels"))
    )
    ordered = near.sort(
        "child_id", "rival_certainty", "match_weight", "rival_child_id", descending=[False, True, True, False]
    )
    kept = ("rival_record_id", "rival_levels", "rival_certainty", *schooled.columns[2:])
    return ordered.group_by("child_id", maintain_order=True).agg(
        *(pl.col(name).first() for name in kept), rival_none=(1 - pl.col("rival_certainty")).product()
    )


def _with_other_upn(near: pl.DataFrame, person: pl.DataFrame, child_records: pl.DataFrame) -> pl.DataFrame:
    """``child_id`` and ``has_other_upn`` (true), for children who may be their nearest rival under a second UPN."""
    likely = near.filter(pl.col("rival_certainty") >= LIKELY_ENOUGH)
    records = child_records.join(likely, on="child_id", how="semi").select("child_id", "record_id")
    rivals = likely.select("child_id", record_id="rival_provision_record_id")
    asked = pl.concat([records["record_id"], rivals["record_id"]])
    numbered = (
        person.filter(pl.col("record_id").is_in(asked.implode()))
        .select("record_id", number=pl.concat_list("upn", "former_upn").list.drop_nulls())
        .explode("number", empty_as_null=True)
        .drop_nulls("number")
    )
    own = records.join(numbered, on="record_id", how="inner").select("child_id", "number")
    theirs = rivals.join(numbered, on="record_id", how="inner")
    same = own.join(theirs, on=["child_id", "number"], how="semi")
    apart = theirs.join(own, on="child_id", how="semi").join(same, on="child_id", how="anti")
    return apart.select("child_id").unique().with_columns(has_other_upn=pl.lit(value=True))


def with_age(candidates: pl.DataFrame) -> pl.DataFrame:
    """``CANDIDATE`` with ``of_age`` (0..1), the factor of the likelihood that has no column there."""
    others = pl.col("on_no_roll") * pl.col("living_here")
    of_age = pl.when(others > 0).then(pl.col("estimated") / others).otherwise(1.0).clip(0.0, 1.0)
    return candidates.with_columns(of_age=of_age)
