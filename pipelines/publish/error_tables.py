"""The match report's tables of errors: by group, by threshold, by band of probability. Counts only; no record is named."""

from collections.abc import Mapping

import polars as pl
from markupsafe import Markup

from matching.quality.fairness import FEWEST_CHILDREN
from matching.quality.thresholds import calibration_error_of
from matching.quality.ties import MOST_TOLD
from pipelines.publish.interval_charts import Estimate, estimates
from pipelines.publish.publication import Publication
from pipelines.publish.report_tables import Row

DIFFERENT = 0.1
"""A standardised difference greater than this is worth a look (Austin 2009, Statistics in Medicine 28:3083)."""
NOT_COMPARED = ("age", "source")
"""Groupings whose groups are on rolls more or less often whatever the linkage does: none of their groups is marked."""
IN_CHART = 24
PARTS = ("false", "missed")


def groupings(publication: Publication) -> list[Row]:
    """One entry for each grouping: its name, and one row for each group; ``look`` marks a group whose link rate stands out.

    A group of fewer than ten children is not shown separately (``few``). Sources have their names for people.
    """
    measured = publication.link_report.groups
    if measured.is_empty():
        return []
    names = publication.source_names
    return [
        {"name": str(grouping), "groups": [_group(row, names) for row in part.to_dicts()]}
        for (grouping,), part in measured.group_by("grouping", maintain_order=True)
    ]


def _group(row: Row, names: Mapping[str, str]) -> Row:
    label = names.get(row["group"], row["group"]) if row["grouping"] == "source" else row["group"]
    few = row["children"] is None or row["children"] < FEWEST_CHILDREN
    compared = row["grouping"] not in NOT_COMPARED
    look = compared and not few and abs(row["standardised_difference"] or 0.0) > DIFFERENT
    return {**row, "label": label, "few": few, "look": look}


def groups_chart(publication: Publication) -> Markup:
    """False and missed links expected in each group, per thousand links (missed ones: per thousand true links)."""
    kept = [
        (f"{grouping['name']}, {row['label']}", [_per_thousand(row, "false"), _per_thousand(row, "missed")])
        for grouping in groupings(publication)
        for row in grouping["groups"]
        if not row["few"] and row["links"] and grouping["name"] not in ("source", "area")
    ]
    title = "Expected false and missed links for each thousand, by group"
    return estimates("groups", title, PARTS, kept[:IN_CHART])


def _per_thousand(row: Row, kind: str) -> Estimate:
    """``false`` for each thousand links, ``missed`` for each thousand true links expected."""
    right = row["links"] - row["expected_false_links"]
    base = row["links"] if kind == "false" else max(right + row["expected_missed_links"], 1e-9)
    value, low, high = (row[f"expected_{kind}_links"], row[f"{kind}_low"], row[f"{kind}_high"])
    return Estimate(*(1000 * number / base for number in (value, low, high)))


def thresholds(publication: Publication) -> list[Row]:
    """One row for each threshold, the lowest first."""
    return publication.link_report.thresholds.sort("threshold").to_dicts()


def measured(publication: Publication) -> list[Row]:
    """One row for each threshold, the lowest first, as measured by judged samples; empty if nothing was judged."""
    return publication.measured.sort("threshold").to_dicts()


def reliability(publication: Publication) -> list[Row]:
    """One row for each band of probability, the lowest first, as measured by judged samples; ``look`` if it does not hold."""
    outside = ~pl.col("said").is_between("right_low", "right_high")
    return publication.reliability.sort("band_from").with_columns(look=outside).to_dicts()


def ties(publication: Publication) -> list[Row]:
    """One row for each number of records that a child has, the smallest first."""
    rows: list[Row] = publication.link_report.ties.to_dicts()
    return [row | {"size": f"{row['records']}{' or more' * (row['records'] == MOST_TOLD)}"} for row in rows]


def calibration_error(publication: Publication) -> float | None:
    """Expected calibration error (0..1) in the judged samples; null: none is judged."""
    return calibration_error_of(publication.reliability)


def reliability_chart(publication: Publication) -> Markup:
    """Of a hundred pairs in each band: how many were said to be one child, and how many people found to be."""
    rows = [
        (
            f"{row['band_from']:.1%} to {row['band_to']:.1%}",
            [
                Estimate(*(100 * row["said"],) * 3),
                Estimate(*(100 * row[f"right{end}"] for end in ("", "_low", "_high"))),
            ],
        )
        for row in reliability(publication)
    ]
    title = "Of a hundred pairs, said to be one child and found to be"
    return estimates("reliability", title, ("said", "found"), rows)


def thresholds_chart(publication: Publication) -> Markup:
    """False and missed links expected at each threshold, with their intervals."""
    rows = [
        (
            f"from {row['threshold']:.1%}",
            [Estimate(row[f"expected_{kind}_links"], row[f"{kind}_low"], row[f"{kind}_high"]) for kind in PARTS],
        )
        for row in thresholds(publication)
    ]
    return estimates("thresholds", "Expected false and missed links by threshold", PARTS, rows)
