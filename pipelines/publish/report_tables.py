"""The match report's tables: rows for the page, from the night's frames. Counts and record ids only."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from data_contracts.breach import STOPS_MOST_FIRST
from data_contracts.rules import WITHHELD
from pipelines.children.members import is_first_of, members
from pipelines.files.folder import UNKNOWN
from pipelines.formatted import formatted
from pipelines.ledger.list_changes import CHANGES
from pipelines.linking.link_report import weights_at
from pipelines.listing.masking import NOT_SHOWN_OF_A_PAIR, Masked, masked_keys
from pipelines.listing.rank import REASON_IN_WORDS, lanes_of
from pipelines.publish.publication import Publication
from pipelines.record_ids import source_of

Row = dict[str, Any]
Bars = tuple[str, list[float]]
"""A bar's label and a number for each of its parts."""

ALIKE_SHOWN = 15
NEAR_MISSES_SHOWN = 25
BANDS = ((0.9, "90% and more"), (0.7, "70 to 90%"), (0.5, "50 to 70%"), (0.3, "30 to 50%"), (0.0, "below 30%"))
"""Lower end of each likelihood band, and its name."""


def files_in(publication: Publication) -> list[Row]:
    """One row for each file: what was read, loaded and set aside, and whether the three agree."""
    share = pl.col("rows_set_aside") / pl.col("rows_read")
    frame = publication.deliveries.sort("source", "file").with_columns(
        name=_named(pl.col("source"), publication.source_names),
        share=pl.when(pl.col("rows_read") > 0).then(share),
        adds_up=pl.col("rows_read") == pl.col("rows_loaded") + pl.col("rows_set_aside"),
    )
    return frame.to_dicts()


def broken_rules(publication: Publication) -> list[Row]:
    """One row for each rule broken in a column of a source: how often, the first line, why it matters and the remedy."""
    by = ["source", "stops", "rule", "column", "why", "fix"]
    frame = publication.breaches.group_by(by).agg(places=pl.len(), first_line=pl.col("line").min())
    order = pl.col("stops").replace_strict(STOPS_MOST_FIRST, return_dtype=pl.Int64)
    named = frame.with_columns(name=_named(pl.col("source"), publication.source_names))
    return named.sort(order, pl.col("places") * -1, "source", "rule", pl.col("column").fill_null("")).to_dicts()


def source_reach(publication: Publication) -> list[Row]:
    """One row for each source: its records, their children, and how many records are joined with a record of another
    source."""
    known = members(publication.child_records, publication.person, "dataset").select("child_id", source="dataset")
    children = known.filter(is_first_of("child_id", "source"))  # one row for each child of a source
    joined = children.filter(pl.col("child_id").is_duplicated())["child_id"]
    frame = (
        known.with_columns(joined=pl.col("child_id").is_in(joined.implode()))
        .group_by("source")
        .agg(pl.col("joined").sum(), records=pl.len())
        .join(children.group_by("source").agg(children=pl.len()), on="source", how="left", validate="1:1")
        .with_columns(
            name=_named(pl.col("source"), publication.source_names), joined_share=pl.col("joined") / pl.col("records")
        )
        .sort("source")
    )
    return frame.to_dicts()


def source_pairs(publication: Publication) -> list[Row]:
    """One row for each pair of sources: links, how many of them are expected to be false, and how many are expected missed."""
    names = publication.source_names
    frame = publication.link_report.source_pairs.with_columns(
        left=_named(pl.col("left_source"), names),
        right=_named(pl.col("right_source"), names),
        false_share=pl.when(pl.col("links") > 0).then(pl.col("expected_false_links") / pl.col("links")),
    )
    return frame.sort("links", "left", "right", descending=[True, False, False]).to_dicts()


def model_levels(publication: Publication) -> list[Row]:
    """One row for each level of a comparison, in the order of the model. ``first`` marks the first level of a comparison;
    ``levels`` is how many the comparison has."""
    model = publication.link_report.model
    levels = model.with_columns(first=pl.col("comparison").is_first_distinct(), levels=pl.len().over("comparison"))
    return levels.to_dicts()


def blocking_cost(publication: Publication) -> list[Row]:
    """One row for each blocking rule, in the order they run: pairs it finds, pairs no earlier rule found, its largest
    block."""
    return publication.link_report.blocking.to_dicts()


def weight_at_threshold(publication: Publication) -> float | None:
    """The match weight (bits) at which a pair by itself reaches the linkage's threshold; null: none can be named.

    Estimated from the pairs: it is the same for all of them, unless the prior differs from pair to pair.
    """
    weights = weights_at(publication.links, _threshold(publication))
    if weights.len() < 10 or weights.quantile(0.95) - weights.quantile(0.05) > 1:  # type: ignore[operator]  # not empty: not null
        return None
    return float(weights.median())  # type: ignore[arg-type]  # as above


def _threshold(publication: Publication) -> float:
    """The probability from which a pair may be joined; 0.5 if the linkage does not say."""
    threshold = publication.link_report.figures.get("link threshold (probability)")
    return threshold if isinstance(threshold, float) and 0 < threshold < 1 else 0.5


def pairs_apart(publication: Publication, listed: Masked) -> tuple[list[Row], list[Row], int]:
    """Pairs that were not joined, likeliest first: those that look like one child, those below the threshold, and a count.

    The count is of pairs left out because a protected child is in them. A record shows only its id and initials; a level
    shows its own bits (before the frequency of any value).
    """
    apart = publication.links.filter(~pl.col("is_same_child"))
    owners = publication.child_records.filter(pl.col("child_id").is_in(listed.protected.implode()))["record_id"]
    touched = pl.any_horizontal(pl.col("left_id", "right_id").is_in(owners.implode()))
    order = apart.filter(~touched).sort("match_probability", "left_id", "right_id", descending=[True, False, False])
    looks_alike = pl.col("match_probability") >= _threshold(publication)
    alike, under = order.filter(looks_alike).head(ALIKE_SHOWN), order.filter(~looks_alike).head(NEAR_MISSES_SHOWN)
    return _pairs_shown(publication, alike), _pairs_shown(publication, under), apart.filter(touched).height


def _pairs_shown(publication: Publication, pairs: pl.DataFrame) -> list[Row]:
    """Pairs as the page prints them: safe ids, initials, and what speaks for and against."""
    initials = _initials(publication.person, pl.concat([pairs["left_id"], pairs["right_id"]]))
    bits = {(row["comparison"], row["level"]): row["weight"] for row in publication.link_report.model.to_dicts()}
    safe = pairs.with_columns(masked_keys(pl.col("left_id", "right_id")).name.suffix("_shown"))
    return [
        row
        | {"left_initials": initials.get(row["left_id"], "?"), "right_initials": initials.get(row["right_id"], "?")}
        | {"evidence": _evidence(row["levels"], bits)}
        for row in safe.to_dicts()
    ]


def by_lane(candidates: pl.DataFrame) -> list[Row]:
    """One row for each lane: children, how many of them are truly missing and here by their likelihoods, and how many have
    points (null: withheld)."""
    frame = candidates.group_by("lane").agg(
        children=pl.len(),
        expected=pl.col("likelihood").sum(),
        middle=pl.col("likelihood").median(),
        with_points=pl.when(pl.col("priority").count() > 0).then((pl.col("priority") > 0).sum()),
    )
    rows = {row["lane"]: row for row in frame.to_dicts()}
    none: Row = {"children": 0, "expected": 0.0, "middle": None, "with_points": 0}
    return [rows.get(lane, {"lane": lane, **none}) for lane in lanes_of(candidates)]


def lanes_by(candidates: pl.DataFrame, column: str, lanes: Sequence[str]) -> list[Bars]:
    """Children by each value of a column, with a number for each lane. A null value is *not known* and comes last."""
    named = candidates.with_columns(pl.col(column).cast(pl.String).fill_null("not known"))
    counts = {(value, lane): count for value, lane, count in named.group_by(column, "lane").len().iter_rows()}
    values = candidates[column].unique().sort(nulls_last=True).cast(pl.String).fill_null("not known")
    return [(value, [counts.get((value, lane), 0) for lane in lanes]) for value in values]


def lanes_by_source(candidates: pl.DataFrame, names: Mapping[str, str], lanes: Sequence[str]) -> list[Bars]:
    """Children whom each source knows, by lane, largest first. A child known to several sources counts for each."""
    keys = candidates.select("lane", "child_id", source=pl.col("records").str.split(";")).explode("source")
    known = keys.with_columns(source_of(pl.col("source"))).unique().drop_nulls("source")
    named = known.with_columns(source=_named(pl.col("source"), names))
    return sorted(lanes_by(named, "source", lanes), key=lambda row: (-sum(row[1]), row[0]))


def lanes_by_band(candidates: pl.DataFrame, lanes: Sequence[str]) -> list[Bars]:
    """Children in each likelihood band, by lane, the likeliest first; every band is included."""
    found = dict(lanes_by(candidates.with_columns(band=band_of(pl.col("likelihood"))), "band", lanes))
    return [(name, found.get(name, [0] * len(lanes))) for _, name in BANDS]


def band_of(likelihood: pl.Expr) -> pl.Expr:
    """The name of a likelihood's band (``BANDS``); the lowest for null."""
    band = pl.lit(BANDS[-1][1])
    for low, name in reversed(BANDS[:-1]):
        band = pl.when(likelihood >= low).then(pl.lit(name)).otherwise(band)
    return band


def changes_by_reason(changes: pl.DataFrame) -> list[Row]:
    """One row for each change and its reason: how many children, in the order in which the changes are read."""
    counted = changes.group_by("change", "because", maintain_order=True).agg(children=pl.len())
    order = {change: at for at, change in enumerate(CHANGES)}
    return sorted(counted.to_dicts(), key=lambda row: (order[row["change"]], -row["children"], row["because"]))


def factors(publication: Publication, protected: pl.Series) -> list[Row]:
    """One row for each reason to look sooner: how many listed children have it, and the points that it gave. Without
    ``protected`` children (``child_id``): less what the open list tells of the others, the counts would tell theirs."""
    on_list = publication.findings.join(publication.candidates, on="child_id", how="semi")
    on_list = on_list.filter(~pl.col("child_id").is_in(protected.implode()))
    frame = on_list.group_by("factor").agg(children=pl.col("child_id").n_unique(), points=pl.col("points").sum())
    return frame.sort("children", "factor", descending=[True, False]).to_dicts()


def explained_by(explained: pl.DataFrame, names: Mapping[str, str]) -> list[Row]:
    """One row for each reason and the source that gives it: how many children of age it keeps off the list.

    ``doubtful``: those whose explaining record is theirs with less than 95%; ``name`` null: no single record explains.
    """
    frame = explained.with_columns(
        pl.col("reason").replace(REASON_IN_WORDS),
        name=_named(pl.col("source"), {**names, WITHHELD: "withheld (protected)"}),
    )
    counted = frame.group_by("reason", "name").agg(
        children=pl.len(), doubtful=(pl.col("link_probability") < 0.95).sum(), link=pl.col("link_probability").mean()
    )
    return counted.sort("children", "reason", "name", descending=[True, False, False]).to_dicts()


def _named(source: pl.Expr, names: Mapping[str, str]) -> pl.Expr:
    """The source's name for people; its id if it has none."""
    return source.replace({UNKNOWN: "no contract", **names})


def _initials(person: pl.DataFrame, record_ids: pl.Series) -> dict[str, str]:
    """Record id -> initials, such as ``A. H.``; a dash for a missing name."""
    named = person.filter(pl.col("record_id").is_in(record_ids.implode()))
    letters = [pl.col(name).str.slice(0, 1).fill_null("–") for name in ("forename", "surname")]
    shown = named.select("record_id", initials=formatted("{}. {}.", *letters))
    return dict(shown.iter_rows())


def _evidence(levels: str, bits: Mapping[tuple[str, str], float]) -> list[Row]:
    """The levels of one pair, as ``{"level": "forename: exact", "bits": 7.2}``; bits null: not in the model. Without sex."""
    parts = [tuple(part.strip().split(": ", 1)) for part in (levels or "").split(";") if ": " in part]
    parts = [part for part in parts if part[0] != NOT_SHOWN_OF_A_PAIR]
    return [{"level": f"{part[0]}: {part[1]}", "bits": bits.get((part[0], part[1]))} for part in parts]
