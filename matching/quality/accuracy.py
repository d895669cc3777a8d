"""Precision, recall, calibration and what blocking misses, with and without truth."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.clustering.cluster import all_pairs_within
from matching.linkage import RIVAL_BITS, Linkage


def blocking_recall(linkage: Linkage) -> float:
    """Share of true pairs between datasets that blocking finds, estimated without truth by capture and recapture.

    Two families of rules find pairs by different evidence: rules that read places, and all others (names and birth dates).
    If the families find n1 and n2 expected matches and n12 of them in common, about n1 n2 / n12 exist (Lincoln & Petersen,
    with Chapman's correction, 1951). Returns 1.0 if either family finds nothing. Raises ValueError for a linkage with held
    measures, which does not record which rules find a pair.
    """
    if linkage.caught is None:
        raise ValueError("measures were held: what blocking misses was estimated when they were made")
    place_columns = {"postcode", "door", "dwelling", "building", "district", "phone"}
    by_place = np.array([bool(set(b.rule.columns) & place_columns) for b in linkage.plan.blocks])
    chances = linkage.probability
    caught = [linkage.caught[:, by_place == place].any(axis=1) for place in (False, True)]
    n1, n2 = (float(chances[which].sum()) for which in caught)
    n12 = float(chances[caught[0] & caught[1]].sum())
    if min(n1, n2) < 1:
        return 1.0
    expected = (n1 + 1) * (n2 + 1) / (n12 + 1) - 1
    return float(min(1.0, chances[caught[0] | caught[1]].sum() / expected))


NEVER_MET = pl.Schema({"left": pl.Int64, "right": pl.Int64, "pairs": pl.Int64, "missed": pl.Int64})
"""One row is two datasets (``left`` <= ``right``, as numbered): their pairs of one child, and how many of those never met."""
NEVER_MET_BEFORE, PAIRS_BEFORE = 1.0, 2000.0
"""Prior: before any are counted, one pair in two thousand is assumed never to have met."""


def share_never_met(counted: pl.DataFrame) -> float:
    """How often two records of one child never meet (0..1). ``counted``: ``pairs`` and ``missed``, as in ``NEVER_MET``."""
    missed, pairs = (int(counted[name].sum()) for name in ("missed", "pairs"))
    return (missed + NEVER_MET_BEFORE) / (pairs + PAIRS_BEFORE)


def never_met(linkage: Linkage) -> pl.DataFrame:
    """``NEVER_MET``. Two records of one child never meet if no rule finds the pair, or its log-odds are too low for rivals.

    Measured without truth on pairs that a record of a third dataset links: it has a link with each of the two by itself, so
    they are one child whether or not they have met. Children hard to link in every dataset are under-represented among those
    pairs, so the result is rather too low.
    """
    tied = pl.DataFrame({"left": linkage.scored.left, "right": linkage.scored.right, "odds": linkage.odds})
    left, right = all_pairs_within(linkage.labels)
    pairs = pl.DataFrame({"left": left, "right": right}).join(tied, on=["left", "right"], how="left", validate="1:1")
    sources = [pl.Series(linkage.dataset).gather(pairs[side]).alias(f"{side}_in") for side in ("left", "right")]
    with_sources = pairs.with_columns(sources)
    third = _both_ways(with_sources.filter(pl.col("odds") > linkage.judge.margin))
    held = (
        with_sources.join(third.rename({"one": "left", "other": "third", "other_in": "third_in"}), on="left")
        .filter((pl.col("third_in") != pl.col("left_in")) & (pl.col("third_in") != pl.col("right_in")))
        .join(third.select(third="one", right="other"), on=["third", "right"], how="semi")
        .unique(["left", "right"])
    )
    ends = (
        pl.min_horizontal("left_in", "right_in").alias("left"),
        pl.max_horizontal("left_in", "right_in").alias("right"),
    )
    missed = (pl.col("odds").fill_null(2 * RIVAL_BITS) <= RIVAL_BITS).sum()
    return held.group_by(*ends).agg(pairs=pl.len(), missed=missed).cast(NEVER_MET).sort("left", "right")


def _both_ways(pairs: pl.DataFrame) -> pl.DataFrame:
    """``one``, ``other`` and the dataset of ``other``, for each pair either way round."""
    return pl.concat(
        [
            pairs.select(one="left", other="right", other_in="right_in"),
            pairs.select(one="right", other="left", other_in="left_in"),
        ]
    )


@dataclass(frozen=True)
class Pairwise:
    """Precision and recall (0..1): of pairs of records put into one child, or of what the function names."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def pairwise(found: pl.Series, truth: pl.Series) -> Pairwise:
    """Measure clusters against the truth by pairs of records. Both: one label per record, in the same order."""
    frame = pl.DataFrame({"found": found, "truth": truth})
    both, ours, theirs = (_pairs(frame, *columns) for columns in (("found", "truth"), ("found",), ("truth",)))
    return Pairwise(both / ours if ours else 1.0, both / theirs if theirs else 1.0)


def _pairs(frame: pl.DataFrame, *columns: str) -> float:
    sizes = frame.group_by(columns).len()["len"].cast(pl.Float64)
    return float((sizes * (sizes - 1) / 2).sum())


def b_cubed(found: pl.Series, truth: pl.Series) -> Pairwise:
    """B-cubed precision and recall (Bagga & Baldwin 1998): the mean over records of how pure and how complete the record's
    cluster is.
    """
    frame = pl.DataFrame({"found": found, "truth": truth})
    if frame.is_empty():
        return Pairwise(1.0, 1.0)
    counted = frame.with_columns(
        ours=pl.len().over("found"), theirs=pl.len().over("truth"), both=pl.len().over("found", "truth")
    )
    means = counted.select(
        (pl.col("both") / pl.col("ours")).mean(), (pl.col("both") / pl.col("theirs")).mean().alias("recall")
    )
    precision, recall = means.row(0)
    return Pairwise(float(precision), float(recall))


def whole_clusters(found: pl.Series, truth: pl.Series) -> Pairwise:
    """Cluster precision and recall: the share of clusters found that equal a true one, and of true ones that were found exactly
    (Menestrina, Whang & Garcia-Molina 2010, PVLDB 3:208). Both: one label per record, in the same order.
    """
    frame = pl.DataFrame({"found": found, "truth": truth})
    whole = frame.group_by("found", "truth").agg(both=pl.len())
    ours, theirs = (frame.group_by(side).len(side + "_size") for side in ("found", "truth"))
    sizes = whole.join(ours, on="found").join(theirs, on="truth")
    right = sizes.filter((pl.col("both") == pl.col("found_size")) & (pl.col("both") == pl.col("truth_size"))).height
    return Pairwise(right / ours.height, right / theirs.height) if frame.height else Pairwise(1.0, 1.0)


def calibration_error(chances: NDArray[np.float64], true: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error (0..1): the mean gap between stated probability and actual share, over equal bins of
    probability. 0 without pairs.
    """
    if not len(chances):
        return 0.0
    place = np.minimum((chances * bins).astype(int), bins - 1)
    stated, actual = np.bincount(place, chances, bins), np.bincount(place, true.astype(float), bins)
    return float(np.abs(stated - actual).sum() / len(chances))
