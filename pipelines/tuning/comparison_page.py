"""``tuning-TIME.html``: two settings side by side, and which children would come onto the list and which would leave.

One file that opens offline, like the match report: no script, nothing fetched, no name and no address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from markupsafe import Markup

from matching.quality.thresholds import expected_by_threshold
from pipelines.publish import charts
from pipelines.publish.interval_charts import Estimate, estimates
from pipelines.publish.page import REPORT, page
from pipelines.review.sample import weight_of_links
from pipelines.tables.night import judged_on
from pipelines.tuning.trial import (
    COMES,
    FIRST,
    LEAVES,
    JudgedNight,
    by_lane,
    changes,
    differing_settings,
    figures,
    largest_moves,
)

Row = dict[str, Any]

MOVED_SHOWN = 30
BAR_BITS = 2
PARTS = ("before", "after")


@dataclass(frozen=True)
class TuningComparison:
    """What the page is made from."""

    before: JudgedNight
    after: JudgedNight
    measured: pl.DataFrame
    """MEASURED of :mod:`matching.quality.thresholds`; empty if nothing was judged."""
    tables: Mapping[str, pl.DataFrame]
    made_at: datetime
    unlike: Sequence[str] = ()
    """Keys of the settings that are not those of the night; if there are any, ``before`` is the night judged again too."""


def tuning_html(tuned: TuningComparison) -> bytes:
    """The page in UTF-8. It holds child ids and reasons, so it is personal data all the same."""
    return page("tuning.html.j2", styles=REPORT, **_tables(tuned), **_charts(tuned))


def _tables(tuned: TuningComparison) -> dict[str, Any]:
    before, after = tuned.before, tuned.after
    moved = changes(before, after)
    return {
        "as_at": judged_on(tuned.tables),
        "made_at": tuned.made_at,
        "settings": [
            {"key": key, "before": a, "after": b} for key, a, b in differing_settings(before.settings, after.settings)
        ],
        "unlike": tuned.unlike,
        "headline": _headline(tuned),
        "lanes": by_lane(before, after).to_dicts(),
        "comes": moved.filter(what=COMES).to_dicts(),
        "leaves": moved.filter(what=LEAVES).to_dicts(),
        "places": largest_moves(before, after, MOVED_SHOWN).to_dicts(),
        "thresholds": _thresholds(tuned),
        "measured": tuned.measured.sort("threshold").to_dicts(),
        "at_before": before.settings.linkage.link_threshold,
        "at_after": after.settings.linkage.link_threshold,
    }


def _headline(tuned: TuningComparison) -> list[str]:
    """The result in sentences: how many enquiries, and what they would find."""
    counts = figures(tuned.before, tuned.after)
    total = by_lane(tuned.before, tuned.after).row(-1, named=True)
    more = total["after"] - total["before"]
    found = total["expected_after"] - total["expected_before"]
    signed = f"{found:+,.1f}".replace("-", "−")
    size = f"{abs(more):,} {'more' if more >= 0 else 'fewer'}" if more else "as many"
    comes, leaves = counts["come onto the list"], counts["leave the list"]
    others = counts[f"others among the first {FIRST}"]
    return [
        f"Children who would come onto the list: {comes:,}; who would leave it: {leaves:,}."
        if comes or leaves
        else "No child would come onto the list, and none would leave it.",
        f"Of the first {FIRST} by rank, {others} would be different children."
        if others
        else f"The first {FIRST} by rank would be the same children.",
        f"That is {size} enquiries: {total['after']:,} instead of {total['before']:,}.",
        f"Going by the likelihoods themselves, {total['expected_after']:,.1f} of them would really be missing education and "
        f"living here, instead of {total['expected_before']:,.1f} ({signed})."
        + (f" Each additional one costs {more / found:,.1f} enquiries." if more > 0 and found > 0.05 else ""),
    ]


def _thresholds(tuned: TuningComparison) -> list[Row]:
    """One row for each threshold: expected links and errors, before and after."""
    sides = [_expected(listed) for listed in (tuned.before, tuned.after)]
    return [{"threshold": row["threshold"], "before": row, "after": other} for row, other in zip(*sides, strict=True)]


def _expected(listed: JudgedNight) -> list[Row]:
    return expected_by_threshold(listed.links["match_probability"]).sort("threshold").to_dicts()


def _charts(tuned: TuningComparison) -> dict[str, Markup]:
    drawn = {
        f"weights_{name}": charts.weight_histogram(f"weights-{name}", _bins(listed.links), _begins(listed))
        for name, listed in (("before", tuned.before), ("after", tuned.after))
    }
    lanes = by_lane(tuned.before, tuned.after).to_dicts()
    bars = [
        (f"{row['lane']}, {side}", [row[f"expected_{side}"], max(0.0, row[side] - row[f"expected_{side}"])])
        for row in lanes
        for side in PARTS
    ]
    title = "Enquiries by lane, before and after"
    drawn["lanes_chart"] = charts.stacked_bars(
        "lanes", title, ("expected to be right", "the others"), bars, "enquiries"
    )
    drawn["measured_chart"] = _measured_chart(tuned.measured)
    return drawn


def _measured_chart(measured: pl.DataFrame) -> Markup:
    """Precision and recall in percent, as measured by people's judgements."""
    rows = [
        (f"from {row['threshold']:.1%}", [_percent(row, "precision"), _percent(row, "recall")])
        for row in measured.sort("threshold").drop_nulls(["precision", "recall"]).to_dicts()
    ]
    return estimates("measured", "Measured precision and recall in percent", ("precision", "recall"), rows)


def _percent(row: Row, name: str) -> Estimate:
    return Estimate(*(100 * row[column] for column in (name, f"{name}_low", f"{name}_high")))


def _begins(listed: JudgedNight) -> float | None:
    return weight_of_links(listed.links, listed.settings.linkage.link_threshold) if listed.links.height else None


def _bins(links: pl.DataFrame) -> list[charts.Bin]:
    low = (pl.col("match_weight") / BAR_BITS).floor() * BAR_BITS
    counted = links.group_by(low=low).agg(pairs=pl.len(), expected=pl.col("match_probability").sum()).sort("low")
    return [charts.Bin(at, at + BAR_BITS, pairs, expected) for at, pairs, expected in counted.iter_rows()]
