"""``WORKSPACE/judgements.sqlite``: which pairs were drawn for review, and what people judged of them. Never deleted.

The next night obeys: *same* and *different* outrank every weight (:func:`judgements_for_linkage`). The blind pairs of
the samples measure the linkage (:func:`blind_sample`).
"""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from matching.judgement import DIFFERENT, SAME, standing_judgements
from matching.person import Columns
from matching.quality.thresholds import SAMPLE, measured_by_threshold, reliability
from pipelines.decisions.append_only import add_rows, read_rows
from pipelines.formatted import formatted

JUDGEMENTS_FILE = "judgements.sqlite"

FOR_LIST, FOR_MODEL, BLIND = "list", "model", "blind"
"""Why a pair was drawn: a child's place on the list depends on it; the model learns from it; by chance, for an unbiased
measurement."""

JUDGEMENT = pl.Schema(
    Columns(
        {
            "left_id": pl.String,  # record_id; left_id < right_id
            "right_id": pl.String,
            "answer": pl.String,  # same, different, unsure
            "by": pl.String,  # name of the person
            "at": pl.Datetime("us", "UTC"),  # when it was read in
            "note": pl.String,  # null: none
            "sample": pl.String,  # the sample that the pair was drawn in
            "stratum": pl.String,  # null: the pair was not drawn by chance
            "stratum_weight": pl.Float64,  # pairs of the stratum that this one stands for; null with stratum
            "night_at": pl.Datetime("us", "UTC"),  # when the night began whose records were judged; null: not kept
        }
    )
)
"""One row is one judgement, in the order in which they were made. A later one of the same pair outranks an earlier."""

DRAWN = pl.Schema(
    Columns(
        {
            "sample": pl.String,
            "pair": pl.String,  # key: the sample and a number, as the workbook shows it
            "left_id": pl.String,  # record_id; left_id < right_id
            "right_id": pl.String,
            "part": pl.String,  # FOR_LIST, FOR_MODEL, BLIND
            "stratum": pl.String,  # band of match weight; null: not drawn by chance
            "stratum_weight": pl.Float64,  # pairs of the stratum for each one drawn; null with stratum
            "match_weight": pl.Float64,  # bits, on the night of the draw
            "match_probability": pl.Float64,  # 0..1, on the night of the draw
            "facts": pl.String,  # fingerprint of the pair's cells as shown: reveals a row whose cells were mixed up
            "night_at": pl.Datetime("us", "UTC"),  # when the night began whose records were drawn; null: not kept
        }
    )
)
"""One row is one pair of one sample."""

TABLES = {
    "judgement": "left_id text not null, right_id text not null, answer text not null "
    "check (answer in ('same', 'different', 'unsure')), by text not null, at text not null, note text, "
    "sample text not null, stratum text, stratum_weight real, night_at text",
    "drawn": "sample text not null, pair text primary key, left_id text not null, right_id text not null, "
    "part text not null, stratum text, stratum_weight real, match_weight real not null, "
    "match_probability real not null, facts text not null, night_at text",
}


def read_judgements(workspace: Path) -> pl.DataFrame:
    """All judgements ever made (``JUDGEMENT``); empty if there are none."""
    return read_rows(workspace / JUDGEMENTS_FILE, TABLES, "judgement", JUDGEMENT)


def read_drawn(workspace: Path) -> pl.DataFrame:
    """All pairs ever drawn (``DRAWN``); empty if there are none."""
    return read_rows(workspace / JUDGEMENTS_FILE, TABLES, "drawn", DRAWN)


def add_judgements(workspace: Path, made: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """Add the ``JUDGEMENT`` rows that ``made`` returns, all or none, and return them. ``made`` is given all earlier
    judgements.

    Nobody else can add any meanwhile. Raises :class:`~pipelines.decisions.append_only.RecordsError`, and what ``made``
    raises.
    """
    return add_rows(workspace / JUDGEMENTS_FILE, TABLES, "judgement", JUDGEMENT, made)


def add_drawn(workspace: Path, made: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """Add the ``DRAWN`` rows that ``made`` returns, as :func:`add_judgements` does."""
    return add_rows(workspace / JUDGEMENTS_FILE, TABLES, "drawn", DRAWN, made)


def judgements_for_linkage(judgements: pl.DataFrame) -> pl.DataFrame:
    """What the linkage obeys: left_id, right_id, is_same, one row for each pair whose last judgement is *same* or
    *different*."""
    decided = standing_judgements(judgements).filter(pl.col("answer").is_in([SAME, DIFFERENT]))
    return decided.select("left_id", "right_id", is_same=pl.col("answer") == SAME)


def blind_sample(judgements: pl.DataFrame, drawn: pl.DataFrame) -> pl.DataFrame:
    """``SAMPLE`` of :mod:`matching.quality.thresholds`: the blind pairs that people decided, with their probabilities then.

    Within its stratum, a decided pair also stands for those judged unsure or not answered yet. A sample is left out if any
    of its strata has no decided pair. The other samples count as one, each with an equal share.
    """
    last = standing_judgements(judgements).select("left_id", "right_id", "answer")
    pairs = drawn.filter(part=BLIND).join(last, on=["left_id", "right_id"], how="left", validate="m:1")
    answered = pairs.with_columns(
        is_same=pl.when(pl.col("answer").is_in([SAME, DIFFERENT])).then(pl.col("answer") == SAME)
    )
    stratum = ["sample", "stratum"]
    counted = answered.with_columns(
        asked=pl.len().over(stratum), decided=pl.col("is_same").count().over(stratum)
    ).with_columns(whole=(pl.col("decided") > 0).all().over("sample"))
    kept = counted.filter("whole").drop_nulls("is_same")
    samples = max(1, kept["sample"].n_unique())
    return kept.select(
        "match_probability",
        "is_same",
        stratum=formatted("{}: {}", "sample", "stratum"),
        weight=pl.col("stratum_weight") * pl.col("asked") / pl.col("decided") / samples,
    ).cast(SAMPLE)


def measured_errors(workspace: Path) -> pl.DataFrame:
    """``MEASURED`` of :mod:`matching.quality.thresholds`, from all blind samples; empty if no pair is decided."""
    sample = _blind_of(workspace)
    return measured_by_threshold(sample) if sample.height else measured_by_threshold(sample, ())


def measured_reliability(workspace: Path) -> pl.DataFrame:
    """``RELIABILITY`` of :mod:`matching.quality.thresholds`, from all blind samples; empty if no pair is decided."""
    return reliability(_blind_of(workspace))


def _blind_of(workspace: Path) -> pl.DataFrame:
    return blind_sample(read_judgements(workspace), read_drawn(workspace))
