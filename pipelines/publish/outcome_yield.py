"""What officers' enquiries have yielded, by source, lane and bands of what the list said: how good the leads were."""

from collections.abc import Mapping

import polars as pl

from pipelines.decisions.outcomes import CLOSING, by_lead, first_found_missing, newly_found_missing, standing_outcomes
from pipelines.publish.report_tables import BANDS, band_of
from pipelines.reasons import source_name
from pipelines.record_ids import sources_in

YIELD = pl.Schema(
    {
        "by": pl.String,  # "all", "lane", "likelihood", "source", "unlisted_school"
        "group": pl.String,
        "looked_into": pl.Int64,  # children with an outcome
        "missing": pl.Int64,  # ever found to be missing education, also if they have a place since
        "closed": pl.Int64,  # closed, and never found missing
        "open": pl.Int64,  # not decided yet
        "opened_again": pl.Int64,  # closed, and looked into again on a later day, whatever came of it
        "share_missing": pl.Float64,  # 0..1, of those looked into
        "hours": pl.Float64,  # officers' hours on these children; null: given for none of them
        "hours_known": pl.Int64,  # children for whom hours are given
        "hours_per_child_found": pl.Float64,  # of those; null: none of them was found missing, or no hours are given
        "already_known": pl.Int64,  # of those missing: known to be so before, by the officer's first word on it
        "hours_per_child_new": pl.Float64,  # the same for each child found missing that was not already known
    }
)
"""One row is one group of children with an outcome. A child known to several sources counts for each of them."""

BANDED = ("likelihood", "unlisted_school")
"""Numbers of the list that leads are counted by, in bands. ``unlisted_school``: only of those on the list, since it is kept."""

AS_OPENED = ("lane", *BANDED, "records")
"""Columns of ``OUTCOME`` by which leads are grouped: as they were when the lead was opened."""


def outcome_yield(outcomes: pl.DataFrame, names: Mapping[str, str] | None = None) -> pl.DataFrame:
    """``YIELD`` of ``OUTCOME`` rows: each child's standing outcome, with lane, likelihood and the like as on the list when the
    lead was opened.

    ``names``: source -> its name in text for people.
    """
    known = _child_by_child(outcomes)
    groups = [known.with_columns(by=pl.lit("all"), group=pl.lit("all"))]
    parts = ("lane", *BANDED)
    groups += [known.drop_nulls(name).with_columns(by=pl.lit(name), group=pl.col(name)) for name in parts]
    each = known.explode("source", empty_as_null=True)
    groups.append(each.with_columns(by=pl.lit("source"), group=source_name(pl.col("source"), names or {})))
    columns = ("by", "group", "missing", "already_known", "closed", "opened_again", "hours")
    counted = _counted(pl.concat(group.select(columns) for group in groups))
    decided = (pl.col("missing") + pl.col("closed")).cast(pl.Int64)
    return (
        counted.with_columns(
            open=pl.col("looked_into").cast(pl.Int64) - decided,
            share_missing=pl.col("missing") / pl.col("looked_into"),
            hours_per_child_found=pl.when(pl.col("found") > 0).then(pl.col("hours") / pl.col("found")),
            hours_per_child_new=pl.when(pl.col("new") > 0).then(pl.col("hours") / pl.col("new")),
        )
        .select(YIELD.names())
        .cast(YIELD)
        .sort("by", _order(), "looked_into", "group", descending=[False, False, True, False])
    )


def _order() -> pl.Expr:
    """Bands in their order, the highest first, and then those not on the list; other groups are all alike."""
    places = {name: place for place, (_, name) in enumerate(BANDS)}
    place = pl.col("group").replace_strict(places, default=len(BANDS), return_dtype=pl.Int64)
    return pl.when(pl.col("by").is_in(BANDED)).then(place).otherwise(0)


def _child_by_child(outcomes: pl.DataFrame) -> pl.DataFrame:
    """One row for each child: its standing outcome, what that means, the hours, and the groups that the child counts in."""
    not_listed, likelihood = pl.lit("not on the list"), pl.col("likelihood")
    unlisted = pl.col("unlisted_school")
    is_found, is_new = (
        pl.col("child_id").is_in(found["child_id"].implode())
        for found in (first_found_missing(outcomes), newly_found_missing(outcomes))
    )
    return (
        standing_outcomes(outcomes)
        .drop("hours", *AS_OPENED)
        .join(_as_opened(outcomes), on="child_id", how="left", validate="1:1")
        .join(hours_spent(outcomes), on="child_id", how="left", validate="1:1")
        .with_columns(
            missing=is_found,
            already_known=is_found & ~is_new,
            closed=pl.col("outcome").is_in(CLOSING) & ~is_found,
            lane=pl.col("lane").fill_null(not_listed),
            likelihood=pl.when(likelihood.is_null()).then(not_listed).otherwise(band_of(likelihood)),
            unlisted_school=pl.when(unlisted.is_not_null()).then(band_of(unlisted)),
            source=sources_in(pl.col("records")),
            opened_again=pl.col("child_id").is_in(reopened_children(outcomes).implode()),
        )
    )


def _as_opened(outcomes: pl.DataFrame) -> pl.DataFrame:
    """``child_id`` and ``AS_OPENED`` of each child's latest lead: of its first outcome while the child was on a list, or else
    of its first. Whoever is found in education has often left the list before the officer says so."""
    latest = by_lead(outcomes).filter(pl.col("lead") == pl.col("lead").max().over("child_id"))
    listed_first = latest.sort(pl.col("lane").is_null(), maintain_order=True)
    return listed_first.unique("child_id", keep="first", maintain_order=True).select("child_id", *AS_OPENED)


def _counted(children: pl.DataFrame) -> pl.DataFrame:
    """Counts of each group's children, and of those for whom hours are given."""
    has_hours = pl.col("hours").is_not_null()
    return children.group_by("by", "group").agg(
        looked_into=pl.len(),
        missing=pl.col("missing").sum(),
        already_known=pl.col("already_known").sum(),
        closed=pl.col("closed").sum(),
        opened_again=pl.col("opened_again").sum(),
        hours=pl.when(has_hours.any()).then(pl.col("hours").sum()),
        hours_known=has_hours.sum(),
        found=pl.col("missing").filter(has_hours).sum(),
        new=(pl.col("missing") & ~pl.col("already_known")).filter(has_hours).sum(),
    )


def reopened_children(outcomes: pl.DataFrame) -> pl.Series:
    """``child_id`` of children whose lead an officer had closed, and who were looked into again on a later day."""
    by_day = outcomes.unique(["child_id", "outcome_on"], keep="last", maintain_order=True).sort(
        "child_id", "outcome_on"
    )
    was_closed = pl.col("outcome").is_in(CLOSING).shift().over("child_id")
    return by_day.filter(was_closed)["child_id"].unique().sort()


def hours_spent(outcomes: pl.DataFrame) -> pl.DataFrame:
    """``child_id`` and ``hours``, for each child with any: the sum over its outcomes. Of a line handed in again, the last
    counts."""
    once = outcomes.drop_nulls("hours").unique(["child_id", "outcome", "outcome_on"], keep="last", maintain_order=True)
    return once.group_by("child_id", maintain_order=True).agg(pl.col("hours").sum())
