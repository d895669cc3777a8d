"""False and missed links by threshold, expected and measured from judged pairs; and calibration of probabilities, by band."""

from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.person import Columns
from matching.quality.fairness import poisson_binomial

THRESHOLDS = (0.5, 0.8, 0.9, 0.95, 0.99, 0.999)
"""Match probabilities from which a pair would count as a link."""
BANDS = (0.01, 0.1, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999)
"""Match probabilities at which one band ends and the next begins."""
DRAWS = 4000
SEED = 20261122
JEFFREYS = 0.5

EXPECTED = pl.Schema(
    Columns(
        {
            "threshold": pl.Float64,  # 0..1
            "links": pl.Int64,  # pairs with at least this probability
            "expected_false_links": pl.Float64,
            "false_low": pl.Float64,  # 95 % interval
            "false_high": pl.Float64,
            "expected_missed_links": pl.Float64,  # among the compared pairs below it
            "missed_low": pl.Float64,  # 95 % interval
            "missed_high": pl.Float64,
            "precision": pl.Float64,  # 0..1, expected; null: no link
            "recall": pl.Float64,  # 0..1, expected, of the true links among the compared pairs; null: none
        }
    )
)
"""One row is one threshold."""

MEASURED = pl.Schema(
    Columns(
        {
            "threshold": pl.Float64,  # 0..1
            "judged": pl.Int64,  # pairs of the sample at or above the threshold
            "links": pl.Float64,  # pairs that these represent
            "false_links": pl.Float64,
            "false_low": pl.Float64,  # 95 % interval, like all that follow
            "false_high": pl.Float64,
            "missed_links": pl.Float64,  # among the pairs that the rest of the sample represents
            "missed_low": pl.Float64,
            "missed_high": pl.Float64,
            "precision": pl.Float64,  # 0..1; null: no pair of the sample is at or above the threshold
            "precision_low": pl.Float64,
            "precision_high": pl.Float64,
            "recall": pl.Float64,  # 0..1; null: no pair of the sample was judged to be one child
            "recall_low": pl.Float64,
            "recall_high": pl.Float64,
        }
    )
)
"""One row is one threshold, as measured on a judged sample."""

SAMPLE = pl.Schema(
    Columns(
        {
            "match_probability": pl.Float64,  # 0..1, when the sample was drawn
            "is_same": pl.Boolean,  # what people judged; null: they could not say
            "stratum": pl.String,  # pairs of one stratum were drawn with the same chance
            "weight": pl.Float64,  # above 0: how many pairs of the stratum this one represents
        }
    )
)
"""One row is one judged pair. There may be further columns (the pair's record ids)."""


RELIABILITY = pl.Schema(
    Columns(
        {
            "band_from": pl.Float64,  # 0..1, lowest match probability of the band
            "band_to": pl.Float64,  # 0..1, where the next band begins; the last band ends with 1, which is in it
            "judged": pl.Int64,  # pairs of the sample in the band
            "pairs": pl.Float64,  # pairs that these represent
            "said": pl.Float64,  # 0..1, their mean probability
            "right": pl.Float64,  # 0..1, the share of them that are one child
            "right_low": pl.Float64,  # 95 % interval
            "right_high": pl.Float64,
        }
    )
)
"""One row is one band in which a pair was judged, the lowest first. Probabilities are sound where said is in the interval."""


def expected_by_threshold(chances: pl.Series, thresholds: tuple[float, ...] = THRESHOLDS) -> pl.DataFrame:
    """What the probabilities themselves lead one to expect at each threshold, as EXPECTED.

    False links are the sum of 1 - p over the links, missed ones the sum of p over the rest (Enamorado, Fifield & Imai
    2019, APSR 113:353). That is only as good as the probabilities are calibrated, and leaves out pairs that blocking never
    brought together. Raises ValueError if a probability is null, not a number, or outside 0 to 1.
    """
    _refuse_odd(chances)
    frame = pl.DataFrame({"p": chances.cast(pl.Float64)})
    return pl.concat([pl.DataFrame(schema=EXPECTED), *(_expected(frame, threshold) for threshold in thresholds)])


def _expected(frame: pl.DataFrame, threshold: float) -> pl.DataFrame:
    p, linked = pl.col("p"), pl.col("p") >= threshold
    false, false_low, false_high = poisson_binomial((1 - p).filter(linked), linked.sum())
    missed, missed_low, missed_high = poisson_binomial(p.filter(~linked), (~linked).sum())
    right, total = p.filter(linked).sum(), p.sum()
    return frame.select(
        threshold=pl.lit(threshold),
        links=linked.sum(),
        expected_false_links=false,
        false_low=false_low,
        false_high=false_high,
        expected_missed_links=missed,
        missed_low=missed_low,
        missed_high=missed_high,
        precision=pl.when(linked.any()).then(right / linked.sum()),
        recall=pl.when(total > 0).then(right / total),
    ).cast(EXPECTED)


def measured_by_threshold(sample: pl.DataFrame, thresholds: tuple[float, ...] = THRESHOLDS) -> pl.DataFrame:
    """What a judged sample shows for each threshold, as MEASURED. Pairs that nobody could decide are left out.

    ``sample``: SAMPLE rows, drawn by strata. The pairs of a stratum between two thresholds make a cell. The share of true
    pairs in a cell has Jeffreys' interval (Beta(x + 1/2, n - x + 1/2); Brown, Cai & DasGupta 2001, Statistical Science
    16:101); sums over cells have intervals from random draws of those, with a fixed seed. A cell from which nothing was drawn
    is not counted at all: sample every stratum. Raises ValueError if a column is missing, a probability is outside 0 to 1,
    or a weight is not above 0.
    """
    cells = _cells(_decided(sample), thresholds)
    drawn = _drawn(cells)
    rows = [_measured(threshold, cells, drawn) for threshold in thresholds]
    return pl.DataFrame(rows, schema=MEASURED, orient="row")


def reliability(sample: pl.DataFrame, edges: tuple[float, ...] = BANDS) -> pl.DataFrame:
    """Are nine in ten of the pairs with probability 0.9 one child? By band of probability, as RELIABILITY.

    ``sample``: SAMPLE rows, as for :func:`measured_by_threshold`, with the same intervals and errors; ``edges``: between 0 and
    1, where bands meet. If the truth of every pair is known, the sample is all of them (:func:`sample_of_known_pairs`).
    """
    cells = _cells(_decided(sample), edges)
    drawn = _drawn(cells)
    upper = dict(pairwise([0.0, *sorted(edges), 1.0]))
    rows = [_in_band((low, upper[low]), cells, drawn) for low in cells["least"].unique().sort()]
    return pl.DataFrame(rows, schema=RELIABILITY, orient="row")


def sample_of_known_pairs(chances: pl.Series, is_same: pl.Series) -> pl.DataFrame:
    """Pairs whose truth is known, as a SAMPLE in which each represents itself."""
    return pl.DataFrame({"match_probability": chances, "is_same": is_same}).with_columns(
        stratum=pl.lit("all"), weight=pl.lit(1.0)
    )


def calibration_error_of(bands: pl.DataFrame) -> float | None:
    """Expected calibration error (0..1): mean gap between said and right of RELIABILITY rows, weighted by pairs; None: no rows.

    Where few pairs were judged, chance alone makes a gap, so the error of a small sample is too high rather than too low.
    """
    gap = (pl.col("said") - pl.col("right")).abs() * pl.col("pairs")
    error: float | None = bands.filter(pl.col("pairs") > 0).select(gap.sum() / pl.col("pairs").sum()).item()
    return error if bands.height else None


def _in_band(band: tuple[float, float], cells: pl.DataFrame, drawn: NDArray[np.float64]) -> dict[str, float | int]:
    inside = cells["least"].to_numpy() == band[0]
    held = cells.filter(inside)
    pairs = float(held["pairs"].sum())
    right = float((held["pairs"] * held["true"] / held["judged"]).sum()) / pairs
    shares = _interval(right, drawn[:, inside].sum(axis=1) / pairs)
    values = (*band, int(held["judged"].sum()), pairs, float(held["said"].sum()) / pairs, *shares)
    return dict(zip(RELIABILITY.names(), values, strict=True))


def _decided(sample: pl.DataFrame) -> pl.DataFrame:
    """The pairs that people decided, as SAMPLE. Raises ValueError as :func:`measured_by_threshold` does."""
    if absent := [name for name in SAMPLE if name not in sample.columns]:
        raise ValueError(f"the judged sample has no column {', '.join(absent)}; it needs {', '.join(SAMPLE)}")
    judged = sample.select(SAMPLE.names()).cast(SAMPLE).drop_nulls("is_same")
    _refuse_odd(judged["match_probability"])
    if not (judged["weight"] > 0).fill_null(value=False).all():
        raise ValueError("every weight of a judged sample must be above 0: how many pairs the judged one stands for")
    return judged


def _cells(judged: pl.DataFrame, thresholds: tuple[float, ...]) -> pl.DataFrame:
    """One row per stratum and interval between thresholds: the threshold reached, the pairs it represents, how many were judged
    and judged true, and ``said``, the sum of the probabilities of the pairs it represents.
    """
    reached = pl.sum_horizontal([(pl.col("match_probability") >= t).cast(pl.Int32) for t in thresholds] or [pl.lit(0)])
    cell = judged.group_by("stratum", reached=reached).agg(
        pairs=pl.col("weight").sum(),
        judged=pl.len(),
        true=pl.col("is_same").sum(),
        said=(pl.col("weight") * pl.col("match_probability")).sum(),
    )
    below = [0.0, *sorted(thresholds)]
    return cell.with_columns(
        least=pl.col("reached").replace_strict(dict(enumerate(below)), return_dtype=pl.Float64)
    ).sort("stratum", "reached")


def _drawn(cells: pl.DataFrame) -> NDArray[np.float64]:
    """Draws x cells: the number of true pairs in each cell, drawn many times from its posterior."""
    x, n = cells["true"].to_numpy().astype(float), cells["judged"].to_numpy().astype(float)
    share = np.random.default_rng(SEED).beta(x + JEFFREYS, n - x + JEFFREYS, size=(DRAWS, len(x)))
    return np.asarray(share * cells["pairs"].to_numpy())


def _measured(threshold: float, cells: pl.DataFrame, drawn: NDArray[np.float64]) -> dict[str, float | int | None]:
    pairs, linked = cells["pairs"].to_numpy(), cells["least"].to_numpy() >= threshold
    true = pairs * cells["true"].to_numpy() / np.maximum(cells["judged"].to_numpy(), 1)
    links, right, missed = float(pairs[linked].sum()), float(true[linked].sum()), float(true[~linked].sum())
    right_drawn, missed_drawn = drawn[:, linked].sum(axis=1), drawn[:, ~linked].sum(axis=1)
    false = _interval(links - right, links - right_drawn)
    missing = _interval(missed, missed_drawn)
    precise = _interval(right / links, right_drawn / links) if links else (None,) * 3
    known = right + missed > 0
    recalled = _interval(right / (right + missed), right_drawn / (right_drawn + missed_drawn)) if known else (None,) * 3
    values = (threshold, int(cells["judged"].to_numpy()[linked].sum()), links, *false, *missing, *precise, *recalled)
    return dict(zip(MEASURED.names(), values, strict=True))


def _interval(value: float, drawn: NDArray[np.float64]) -> tuple[float, float, float]:
    """A value and its 95 % interval, widened to include the value (with none or all true, Jeffreys' interval would not)."""
    low, high = (float(end) for end in np.quantile(drawn, [0.025, 0.975]))
    return value, min(low, value), max(high, value)


def _refuse_odd(chances: pl.Series) -> None:
    if len(chances) and not chances.is_between(0, 1).fill_null(value=False).all():
        raise ValueError("probabilities must lie between 0 and 1, without nulls")
