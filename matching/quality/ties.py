"""What holds each child's records together, measured without truth: how many links, how weak, and which are bridges."""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from matching.in_numbers.arrays import Places
from matching.in_numbers.components import components
from matching.person import Columns

SEED = 20261126

TIES = pl.Schema(
    Columns(
        {
            "child": pl.Int64,  # its label; children with a single record are left out
            "records": pl.Int64,
            "links": pl.Int64,  # pairs of its records among the links given
            "density": pl.Float64,  # 0..1, links as a share of all pairs of its records
            "weakest": pl.Float64,  # 0..1, probability of the weakest link it needs; 0: the links do not connect its records
            "bridges": pl.Int64,  # links without any one of which its records would fall into more pieces
        }
    )
)
"""One row is one child of several records, in the order of the labels."""

DOUBTFUL = 0.95
"""A child whose weakest link is below this probability is doubtful."""
MOST_TOLD = 6
"""Children with this many records or more are counted as one size."""

BY_SIZE = pl.Schema(
    Columns(
        {
            "records": pl.Int64,  # of the child, from 2; MOST_TOLD: that many or more
            "children": pl.Int64,
            "density": pl.Float64,  # 0..1, mean
            "doubtful": pl.Int64,  # children whose weakest needed link is below DOUBTFUL, and not 0
            "hanging": pl.Int64,  # children with a bridge; null for two records, whose only link is always one
            "apart": pl.Int64,  # children whose records the links do not connect
        }
    )
)
"""One row is one size of child."""


def ties(child: pl.Series, pairs: pl.DataFrame) -> pl.DataFrame:
    """How each child's records are tied together, as TIES. Deterministic.

    ``child``: the label of each row, from 0. ``pairs``: left, right (rows, left < right, each pair once) and probability
    (0..1) of the pairs that count as links; links between two children are left out. The weakest link needed is the least of a
    maximum spanning tree: with a higher threshold than its probability the child would fall apart.
    """
    label = child.cast(pl.Int64).to_numpy()
    left, right = (pairs[side].to_numpy().astype(np.int64) for side in ("left", "right"))
    inside = label[left] == label[right]
    left, right, chance = left[inside], right[inside], pairs["probability"].to_numpy()[inside]
    order = np.argsort(-chance, kind="stable")
    left, right, chance = left[order], right[order], chance[order]
    tree = _spanning(left, right, len(label))
    own, size = label[left], int(label.max(initial=-1)) + 1
    bridging = label[_bridges(left, right, tree, len(label))]
    counted = {"records": label, "links": own, "kept": own[tree], "bridges": bridging}
    least = np.ones(size)
    np.minimum.at(least, own[tree], chance[tree])
    whole = pl.DataFrame({name: np.bincount(children, minlength=size) for name, children in counted.items()})
    many = pl.col("records").cast(pl.Float64)
    return (
        whole.with_columns(child=pl.int_range(pl.len()), least=least)
        .filter(pl.col("records") > 1)
        .with_columns(
            density=pl.col("links") / (many * (many - 1) / 2),
            weakest=pl.when(pl.col("kept") == pl.col("records") - 1).then("least").otherwise(0.0),
        )
        .select(TIES.names())
        .cast(TIES)
    )


def by_size(by_child: pl.DataFrame) -> pl.DataFrame:
    """TIES counted by the number of records of the child, as BY_SIZE, the smallest first."""
    weakest = pl.col("weakest")
    counted = by_child.group_by(pl.col("records").clip(upper_bound=MOST_TOLD)).agg(
        children=pl.len(),
        density=pl.col("density").sum() / pl.len(),
        doubtful=((weakest > 0) & (weakest < DOUBTFUL)).sum(),
        hanging=(pl.col("bridges") > 0).sum(),
        apart=(weakest == 0).sum(),
    )
    alone = pl.when(pl.col("records") > 2).then("hanging")
    return counted.with_columns(hanging=alone).select(BY_SIZE.names()).cast(BY_SIZE).sort("records")


def _spanning(left: Places, right: Places, height: int) -> NDArray[np.bool_]:
    """Which links, given strongest first, make a maximum spanning forest."""
    place = np.arange(1, len(left) + 1, dtype=np.float64)
    forest = minimum_spanning_tree(coo_matrix((place, (left, right)), shape=(height, height)).tocsr())
    is_tree = np.zeros(len(left), dtype=bool)
    is_tree[forest.data.astype(np.int64) - 1] = True
    return is_tree


def _bridges(left: Places, right: Places, tree: NDArray[np.bool_], height: int) -> Places:
    """One row of each bridge.

    Every link outside the forest draws a random number. A link of the forest gets, by exclusive or, the numbers of all links
    that bypass it. No link bypasses a bridge, so it is left with 0; any other link is only by a chance of 2**-63
    (Pritchard & Thurimella 2011, ACM Transactions on Algorithms 7:46).
    """
    drawn = np.random.default_rng(SEED).integers(1, np.iinfo(np.int64).max, size=int((~tree).sum()))
    around = np.zeros(height + 1, dtype=np.int64)
    for side in (left, right):
        np.bitwise_xor.at(around, side[~tree], drawn)
    above = _parents(left[tree], right[tree], height)
    depth = np.zeros(height + 1, dtype=np.int64)
    rows = np.arange(height)
    while (deeper := depth[above] + 1 > depth[:height]).any():
        depth[:height][deeper] = depth[above][deeper] + 1
    for level in range(int(depth.max(initial=0)), 1, -1):
        here = rows[depth[:height] == level]
        np.bitwise_xor.at(around, above[here], around[here])
    return np.flatnonzero((depth[:height] > 1) & (around[:height] == 0))


def _parents(left: Places, right: Places, height: int) -> Places:
    """The parent row of each row in a forest; for the first row of every tree it is ``height``."""
    first = np.flatnonzero(components(height, left, right) == np.arange(height))
    ends = np.concatenate([left, np.full(len(first), height)]), np.concatenate([right, first])
    graph = coo_matrix((np.ones(len(ends[0])), ends), shape=(height + 1, height + 1)).tocsr()
    _, above = breadth_first_order(graph, height, directed=False)
    return np.asarray(above[:height], dtype=np.int64)
