"""What officers' looking has yielded, by source, lane and likelihood band: how good the leads were."""

import polars as pl

from pipelines.outcomes import CODES, MISSING, standing
from pipelines.publish.report_tables import BANDS

YIELD = pl.Schema(
    {
        "by": pl.String,  # "all", "lane", "likelihood", "source"
        "group": pl.String,
        "looked_into": pl.Int64,  # children with an outcome
        "missing": pl.Int64,  # found to be missing education
        "closed": pl.Int64,  # closed otherwise
        "open": pl.Int64,  # not decided yet
        "share_missing": pl.Float64,  # 0..1, of those looked into
    }
)
"""One row is one group of children with an outcome. A child known to several sources counts for each of them."""


def outcome_yield(outcomes: pl.DataFrame) -> pl.DataFrame:
    """``YIELD`` of ``OUTCOME`` rows: the outcome that stands of each child, as it stood on the list when read in."""
    last = standing(outcomes)
    closing = [code for code, meaning in CODES.items() if meaning.closes]
    band = pl.lit(BANDS[-1][1])
    for low, name in reversed(BANDS[:-1]):
        band = pl.when(pl.col("likelihood") >= low).then(pl.lit(name)).otherwise(band)
    known = last.with_columns(
        missing=pl.col("outcome").is_in(MISSING),
        closed=pl.col("outcome").is_in(closing),
        lane=pl.col("lane").fill_null("not on the list"),
        likelihood=pl.when(pl.col("likelihood").is_null()).then(pl.lit("not on the list")).otherwise(band),
        source=pl.col("records")
        .str.extract_all(r"(?:^|;)[a-z0-9_]+:")
        .list.eval(pl.element().str.strip_chars(";:"))
        .list.unique(),
    )
    groups = [known.with_columns(by=pl.lit("all"), group=pl.lit("all"))]
    groups += [known.with_columns(by=pl.lit(name), group=pl.col(name)) for name in ("lane", "likelihood")]
    groups.append(known.explode("source", empty_as_null=True).with_columns(by=pl.lit("source"), group=pl.col("source")))
    columns = ("by", "group", "missing", "closed")
    counted = (
        pl.concat(group.select(columns) for group in groups)
        .group_by("by", "group")
        .agg(looked_into=pl.len(), missing=pl.col("missing").sum(), closed=pl.col("closed").sum())
    )
    return (
        counted.with_columns(
            open=pl.col("looked_into").cast(pl.Int64)
            - pl.col("missing").cast(pl.Int64)
            - pl.col("closed").cast(pl.Int64),
            share_missing=pl.col("missing") / pl.col("looked_into"),
        )
        .select(YIELD.names())
        .cast(YIELD)
        .sort("by", "looked_into", "group", descending=[False, True, False])
    )


def yield_words(found: pl.DataFrame) -> str:
    """``YIELD`` for people, one line a group."""
    if found.is_empty():
        return "No outcome has been handed in yet. Hand them in: rollcall outcomes FILE --workspace DIR --by NAME"
    lines = []
    for row in found.iter_rows(named=True):
        name = "All children looked into" if row["by"] == "all" else f"{row['by'].capitalize()}: {row['group']}"
        lines.append(
            f"{name}: {row['looked_into']:,} looked into, {row['missing']:,} missing education "
            f"({row['share_missing']:.0%}), {row['closed']:,} closed otherwise, {row['open']:,} not decided yet."
        )
    return "\n".join(lines)
