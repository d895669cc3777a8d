"""Links + judgements -> children: which records belong together, and child ids that stay.

Each pair of records has log-odds (bits) of being one child, its prior within. The records of a component are cut into
children so that the log-odds kept together sum highest (correlation clustering: Bansal, Blum & Chawla 2004, Machine
Learning 56:89): exactly where a component is small, greedily by additive edge contraction (Keuper et al. 2015, ICCV) where
it is large. So a chain of weak links cannot join what the other records hold apart, and a record goes to the child
whose records together want it most.
"""

import hashlib
import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, count

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from matching.encode import Rows

Bits = NDArray[np.float64]
Labels = NDArray[np.int64]
LogOdds = Callable[[Rows, Rows], Bits]
"""Log-odds (bits) of any pairs of rows, also of pairs that no blocking rule found."""

EXACT_UP_TO = 8
"""Components of so many records are cut exactly: 8 records have 4,140 partitions."""
FULL_UP_TO = 80
"""Components of so many records have all their pairs scored; larger ones only the pairs that blocking found."""
PAIRS_AT_ONCE = 2_000_000
NEVER = -1e7
"""Log-odds of two records that must not be one child: no sum of links outweighs it, nor a chain of ALWAYS."""
ALWAYS = 1e5
"""Log-odds of two records judged to be one child: no sum of weights outweighs it."""
UNSEEN = -6.0
"""Log-odds taken for a pair that blocking did not find, in a component too large to score in full."""


@dataclass(frozen=True)
class Component:
    """Records hanging together by links: their rows, and the log-odds of every pair (square, symmetric, 0 diagonal)."""

    rows: Rows
    odds: Bits


@cache
def partitions(size: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """All partitions of ``size`` things:
    labels (partitions x things), and which pairs (upper triangle) stay together.
    """
    grown = [[0]]
    for _ in range(size - 1):
        grown = [[*labels, new] for labels in grown for new in range(max(labels) + 2)]
    labels = np.array(grown, dtype=np.int8)
    i, j = np.triu_indices(size, 1)
    return labels, (labels[:, i] == labels[:, j]).astype(np.float32)


def best_partitions(odds: NDArray[np.float32], size: int) -> NDArray[np.int8]:
    """The best partition of each component of one size. ``odds``: components x upper-triangle pairs."""
    labels, together = partitions(size)
    best = np.empty((len(odds), size), dtype=np.int8)
    step = max(1, 4_000_000 // len(labels))
    for start in range(0, len(odds), step):
        best[start : start + step] = labels[np.argmax(odds[start : start + step] @ together.T, axis=1)]
    return best


def contracted(size: int, i: Rows, j: Rows, odds: Bits, rest: float = 0.0) -> NDArray[np.int64]:
    """Greedy additive edge contraction: join the two groups with the highest sum of log-odds while it is above 0.

    ``rest``: log-odds of each pair of records that is not among the pairs given.
    """
    groups: dict[int, dict[int, float]] = {node: {} for node in range(size)}
    weight = dict.fromkeys(range(size), 1)
    for a, b, value in zip(i.tolist(), j.tolist(), odds.tolist(), strict=True):
        groups[a][b] = groups[b][a] = value - rest
    label = np.arange(size)

    def total(a: int, b: int) -> float:
        return groups[a][b] + rest * weight[a] * weight[b]

    queue = [(-total(a, b), a, b) for a in groups for b in groups[a] if a < b and total(a, b) > 0]
    heapq.heapify(queue)
    while queue:
        value, a, b = heapq.heappop(queue)
        if a not in groups or b not in groups[a] or -total(a, b) != value:
            continue
        if len(groups[a]) < len(groups[b]):
            a, b = b, a
        for other, extra in groups.pop(b).items():
            del groups[other][b]
            if other != a:
                groups[a][other] = groups[other][a] = groups[a].get(other, 0.0) + extra
        weight[a] += weight.pop(b)
        label[label == b] = a
        for other in groups[a]:
            low, high = min(a, other), max(a, other)
            if total(a, other) > 0:
                heapq.heappush(queue, (-total(low, high), low, high))
    return label


def _components(height: int, left: Rows, right: Rows, odds: Bits) -> Labels:
    """Connected components over pairs with log-odds above 0."""
    linked = odds > 0
    graph = coo_matrix((np.ones(int(linked.sum()), np.int8), (left[linked], right[linked])), shape=(height, height))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _by_size(component: Labels) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Rows sorted by component; start and size of each component."""
    order = np.argsort(component, kind="stable")
    sizes = np.bincount(component)
    return order, np.cumsum(sizes) - sizes, sizes


def cluster(height: int, left: Rows, right: Rows, odds: Bits, log_odds: LogOdds) -> Labels:
    """Label each row with its child (the lowest row of the child). ``left``, ``right``, ``odds``: the scored pairs."""
    component = _components(height, left, right, odds)
    sizes = np.bincount(component, minlength=1)
    labels = np.arange(height)
    _label_small(labels, component, log_odds)
    if (sizes > FULL_UP_TO).any():
        _label_giants(labels, component, (left, right, odds))
        in_giants = sizes[component] > FULL_UP_TO
        # What blocking did not find may hold apart what contraction joined: its children are looked at in full.
        _, found = np.unique(np.where(in_giants, labels, height + np.arange(height)), return_inverse=True)
        _label_small(labels, found, log_odds)
    return labels


def _label_small(labels: Labels, component: Labels, log_odds: LogOdds) -> None:
    """Cut every component of 2 to FULL_UP_TO records, all its pairs scored."""
    order, starts, sizes = _by_size(component)
    for size in np.unique(sizes[(sizes > 1) & (sizes <= FULL_UP_TO)]):
        which = np.flatnonzero(sizes == size)
        rows = order[starts[which][:, None] + np.arange(size)[None, :]]
        for piece in np.array_split(rows, rows.size * size // PAIRS_AT_ONCE + 1):
            _label_piece(labels, piece, log_odds)


def _label_piece(labels: Labels, rows: NDArray[np.int64], log_odds: LogOdds) -> None:
    """Cut components of one size (one a row of ``rows``) into children, all their pairs scored."""
    size = rows.shape[1]
    i, j = np.triu_indices(size, 1)
    odds = log_odds(rows[:, i].ravel().astype(np.int32), rows[:, j].ravel().astype(np.int32)).reshape(len(rows), -1)
    whole = odds.min(axis=1, initial=np.inf) > 0
    labels[rows[whole]] = rows[whole].min(axis=1, keepdims=True)
    rows, odds = rows[~whole], odds[~whole]
    if size > EXACT_UP_TO:
        for members, values in zip(rows, odds, strict=True):
            _set(labels, members, contracted(size, i.astype(np.int32), j.astype(np.int32), values))
    elif len(rows):
        best = best_partitions(odds.astype(np.float32), size)
        # A child is named after its lowest row: the first place in the row that bears the same label.
        first = np.argmax(best[:, None, :] == best[:, :, None], axis=2)
        labels[rows] = np.take_along_axis(rows, first, axis=1)


def _set(labels: Labels, members: NDArray[np.int64], found: NDArray[np.int64]) -> None:
    for value in np.unique(found):
        labels[members[found == value]] = members[found == value].min()


def _label_giants(labels: Labels, component: Labels, pairs: tuple[Rows, Rows, Bits]) -> None:
    """Components too large to score in full: contraction over the pairs that blocking found (rows and log-odds)."""
    left, right, odds = pairs
    for giant in np.flatnonzero(np.bincount(component) > FULL_UP_TO):
        members = np.flatnonzero(component == giant)
        inside = component[left] == giant
        inside &= component[right] == giant
        place = np.full(len(component), -1, dtype=np.int32)
        place[members] = np.arange(len(members))
        found = contracted(len(members), place[left[inside]], place[right[inside]], odds[inside], UNSEEN)
        _set(labels, members, found)


def pairs_within(labels: Labels, largest: int = FULL_UP_TO) -> Iterator[tuple[Rows, Rows]]:
    """All pairs of rows of one child, child sizes together; of a child of more than ``largest`` rows, the first ones."""
    order, starts, sizes = _by_size(labels)
    for size in np.unique(sizes[sizes > 1]):
        which = np.flatnonzero(sizes == size)
        taken = min(int(size), largest)
        rows = order[starts[which][:, None] + np.arange(taken)[None, :]]
        i, j = np.triu_indices(taken, 1)
        yield rows[:, i].ravel().astype(np.int32), rows[:, j].ravel().astype(np.int32)


def pairs_between(labels: Labels, one: Labels, other: Labels, largest: int = FULL_UP_TO) -> tuple[Rows, Rows]:
    """All pairs of rows of each pair of children (``one``, ``other``:
    their labels); of a large child its first rows.
    """
    order = np.argsort(labels, kind="stable")
    found = labels[order]
    starts_a, starts_b = np.searchsorted(found, one), np.searchsorted(found, other)
    sizes_a = np.minimum(np.searchsorted(found, one, side="right") - starts_a, largest)
    sizes_b = np.minimum(np.searchsorted(found, other, side="right") - starts_b, largest)
    many = sizes_a * sizes_b
    pair = np.repeat(np.arange(len(one)), many)
    place = np.arange(len(pair)) - np.repeat(np.cumsum(many) - many, many)
    left = order[starts_a[pair] + place // sizes_b[pair]]
    right = order[starts_b[pair] + place % sizes_b[pair]]
    return left.astype(np.int32), right.astype(np.int32)


ID_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ23456789"
"""No letter that looks like another: officers read ids aloud."""


def new_child_id(record_id: str) -> str:
    """A child id made from the first record: the same record gives the same id on any machine."""
    number = int.from_bytes(hashlib.blake2b(record_id.encode(), digest_size=8).digest(), "big")
    letters = []
    for _ in range(10):
        number, place = divmod(number, len(ID_LETTERS))
        letters.append(ID_LETTERS[place])
    return "CH" + "".join(letters)


def named(clusters: pl.DataFrame, previous: pl.DataFrame | None) -> pl.DataFrame:
    """Give each cluster its child id. ``clusters``: record_id, cluster. ``previous``: record_id, child_id of last
    night.

    A cluster keeps the id that most of its records bore; an id goes to the cluster that holds most of its records (ties:
    the id that sorts first). A cluster without an id of its own gets one made from its first record id, or, where that
    one is taken, from the next. Returns record_id, cluster, child_id.
    """
    fresh = (
        clusters.group_by("cluster")
        .agg(pl.col("record_id").sort().alias("records"))
        .sort(pl.col("records").list.first())
    )
    taken: dict[int, str] = {}
    used: set[str] = set()
    if previous is not None and previous.height:
        votes = clusters.join(previous.select("record_id", "child_id"), on="record_id", how="inner")
        votes = (
            votes.group_by("cluster", "child_id")
            .agg(pl.len(), pl.col("record_id").min())
            .sort(["len", "child_id", "record_id"], descending=[True, False, False])
        )
        for cluster_, child_id in votes.select("cluster", "child_id").iter_rows():
            if cluster_ not in taken and child_id not in used:
                taken[cluster_] = child_id
                used.add(child_id)
        used |= set(previous["child_id"].to_list())
    for cluster_, records in fresh.iter_rows():
        if cluster_ in taken:
            continue
        candidates = map(new_child_id, chain(records, (f"{records[0]}#{again}" for again in count(2))))
        taken[cluster_] = next(child_id for child_id in candidates if child_id not in used)
        used.add(taken[cluster_])
    names = pl.DataFrame(
        {"cluster": list(taken), "child_id": list(taken.values())},
        schema={"cluster": clusters["cluster"].dtype, "child_id": pl.String},
    )
    return clusters.join(names, on="cluster", how="left", validate="m:1")


def id_moves(previous: pl.DataFrame, current: pl.DataFrame) -> pl.DataFrame:
    """Where records changed child between two nights. Both: record_id, child_id.

    One row is one pair of ids: kind (``merged``: the child of last night is gone and its records are in the other;
    ``split``: the other child is new tonight; ``moved``: both were there and are), child_id (last night's),
    other_child_id (tonight's), records (how many moved). Sorted by the ids.
    """
    both = previous.select("record_id", "child_id").join(
        current.select("record_id", other_child_id="child_id"), on="record_id", validate="1:1"
    )
    moved = both.filter(pl.col("child_id") != pl.col("other_child_id"))
    is_gone = ~pl.col("child_id").is_in(current["child_id"].implode())
    is_new = ~pl.col("other_child_id").is_in(previous["child_id"].implode())
    kind = pl.when(is_gone).then(pl.lit("merged")).when(is_new).then(pl.lit("split")).otherwise(pl.lit("moved"))
    counted = moved.group_by("child_id", "other_child_id").agg(records=pl.len().cast(pl.Int64))
    return counted.select(kind.alias("kind"), "child_id", "other_child_id", "records").sort(
        "child_id", "other_child_id"
    )
