"""What the match report says of the linkage, worked out from its pairs; counts and record ids only."""

import math
from dataclasses import dataclass

import polars as pl

from matching.quality.accuracy import share_never_met
from matching.quality.thresholds import expected_by_threshold
from matching.quality.ties import by_size, ties
from matching.weights.model import Model
from pipelines.linking.measures_in_force import MeasuresInForce

LIKELY = 0.5
"""From this probability by itself on, a pair counts as a link that holds a child's records together."""
IN_DOUBT = 0.001
"""A pair whose probability is below this, or above 1 less this, is not in doubt: its probability is rounded, so its
log-odds mean little."""
NOT_LEARNT = "the approved one"
"""How the figure *model* begins where weights could not be learnt and the approved ones were used."""


@dataclass(frozen=True)
class LinkReport:
    """What the match report says of the linkage; counts and record ids only."""

    blocking: pl.DataFrame
    """LINK_BLOCKING."""
    weights: pl.DataFrame
    """weight_from, weight_to (bits), pairs, expected_matches: one row a bar of the histogram."""
    model: pl.DataFrame
    """comparison, level, m, u, h, weight (bits): one row a level that says something."""
    source_pairs: pl.DataFrame
    """left_source, right_source, links, expected_false_links, expected_missed_links: one row a pair of sources."""
    groups: pl.DataFrame
    """Links and their expected errors by group, as BY_GROUP of :mod:`matching.quality.fairness`."""
    thresholds: pl.DataFrame
    """Expected false and missed links by threshold, as EXPECTED of :mod:`matching.quality.thresholds`."""
    ties: pl.DataFrame
    """What holds children's records together, by number of records, as BY_SIZE of :mod:`matching.quality.ties`."""
    figures: dict[str, float | int | str]


def weights_at(links: pl.DataFrame, threshold: float) -> pl.Series:
    """Match weight (bits) at which each pair in doubt would have the probability ``threshold``. ``links``: LINK.

    The weight less the log-odds of the probability is the prior of the two records.
    """
    sure = pl.col("match_probability")
    bits = pl.col("match_weight") - (sure / (1 - sure)).log(2) + math.log2(threshold / (1 - threshold))
    return links.filter(sure.is_between(IN_DOUBT, 1 - IN_DOUBT)).select(bits).to_series()


def report_of(
    pairs: pl.DataFrame,
    source: pl.Series,
    groups: pl.DataFrame,
    *,
    child: pl.Series,
    model: Model,
    held: MeasuresInForce,
    further: dict[str, float | int | str],
) -> LinkReport:
    """The report.

    - ``pairs``: every pair kept, in order of its rows: left, right (rows), match_weight, match_probability, is_same_child,
      alone (0 to 1, its match probability without the other records of its children).
    - ``source``, ``child``: of each row.
    - ``groups``: BY_GROUP.
    - ``further``: figures beside those that are worked out here.
    """
    apart = share_never_met(held.never_met.filter(pl.col("source") != pl.col("other_source")))
    figures: dict[str, float | int | str] = {
        "records": len(source),
        "candidate pairs": int(held.blocking["new_pairs"].sum()),
        "links": int(pairs["is_same_child"].sum()),
        "estimated blocking recall": held.blocking_recall,
        "pairs of one child that never come near each other, estimated share": round(apart, 6),
        "share of pairs of one household": model.household,
        **further,
        **model.figures,
    }
    likely = pl.col("is_same_child") & (pl.col("alone") >= LIKELY)
    links = pairs.filter(likely).select("left", "right", probability="alone")
    return LinkReport(
        blocking=held.blocking,
        weights=_histogram(pairs),
        model=_levels(model),
        source_pairs=_source_pairs(pairs, source),
        groups=groups,
        thresholds=expected_by_threshold(pairs["match_probability"]),
        ties=by_size(ties(child, links)),
        figures=figures,
    )


def _histogram(pairs: pl.DataFrame) -> pl.DataFrame:
    bars = pairs.group_by(weight_from=(pl.col("match_weight") / 2).floor() * 2)
    counted = bars.agg(pl.len().alias("pairs"), pl.col("match_probability").sum().alias("expected_matches"))
    return (
        counted.with_columns(weight_to=pl.col("weight_from") + 2)
        .sort("weight_from")
        .select("weight_from", "weight_to", "pairs", "expected_matches")
    )


def _levels(model: Model) -> pl.DataFrame:
    rows = []
    for comparison in model.comparisons:
        weights, bits = model.weights[comparison.name], model.match_weights(comparison)
        for number, level in enumerate(comparison.levels):
            if not level.says_nothing:
                m, u, h = (float(p[number]) for p in (weights.m, weights.u, weights.h))
                rows.append((comparison.name, level.label, m, u, h, float(bits[number])))
    return pl.DataFrame(rows, schema=["comparison", "level", "m", "u", "h", "weight"], orient="row")


def _source_pairs(pairs: pl.DataFrame, source: pl.Series) -> pl.DataFrame:
    """Links between each pair of sources, and how many of them the probabilities expect to be false or missed."""
    one, p = pl.col("is_same_child"), pl.col("match_probability")
    sides = pairs.select(one, p, a=source.gather(pairs["left"]), b=source.gather(pairs["right"]))
    return (
        sides.group_by(left_source=pl.min_horizontal("a", "b"), right_source=pl.max_horizontal("a", "b"))
        .agg(
            one.sum().cast(pl.Int64).alias("links"),
            (1 - p).filter(one).sum().alias("expected_false_links"),
            p.filter(~one).sum().alias("expected_missed_links"),
        )
        .sort("left_source", "right_source")
    )
