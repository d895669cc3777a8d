"""Links + judgements -> children: which records are one child, and child ids that last from night to night.

Each pair of records has log-odds (bits) of being one child, its prior included. The records of a connected component are cut
into children so that the sum of log-odds within children is high (correlation clustering: Bansal, Blum & Chawla 2004, Machine
Learning 56:89), greedily by additive edge contraction (Keuper et al. 2015, ICCV). A chain of weak links therefore cannot join
what the other records hold apart, and a record goes to the child whose records together speak most for it.
"""

import hashlib
import heapq
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import chain, count

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.in_numbers.arrays import Bits, Labels, Rows
from matching.in_numbers.components import components, numbered
from matching.in_numbers.sorting import distinct, order_of, positions_within

LogOdds = Callable[[Rows, Rows], Bits]
"""Log-odds (bits) of any pairs of rows, including pairs that no blocking rule found."""

FULL_UP_TO = 80
"""Rows of the largest component of which all pairs are scored; in larger ones only the pairs that blocking found."""
PAIRS_AT_ONCE = 500_000
NEVER = -1e7
"""Log-odds of two records that must not be one child: no sum of links outweighs it, nor does a chain of ALWAYS."""
APART = NEVER / 2
"""Log-odds of two records with identifiers of two children: no sum of links outweighs it. It is weaker than NEVER, because a
child may have been given two numbers."""
ALWAYS = 1e5
"""Log-odds of two records judged to be one child: no sum of weights outweighs it."""
UNSEEN = -6.0
"""Log-odds assumed for a pair that blocking did not find, in a component too large to score in full."""


def contracted(size: int, i: Rows, j: Rows, odds: Bits, rest: float = 0.0) -> NDArray[np.int64]:
    """Greedy additive edge contraction: join the two groups with the highest sum of log-odds while it is above 0.

    ``rest``: log-odds of each pair of records that is not given. Returns each record's group, by one of its records.
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


@dataclass(frozen=True)
class _Linked:
    """Rows that are linked to others, and the component of each, numbered from 0."""

    rows: Labels
    component: Labels
    sizes: NDArray[np.int64]
    """Rows of each component."""

    @classmethod
    def of(cls, rows: Labels, component: Labels) -> "_Linked":
        """From rows and their components, numbered from 0 without gaps."""
        return cls(rows, component, np.bincount(component))

    def by_size(self, least: int, most: int) -> Iterator[NDArray[np.int64]]:
        """Components of ``least`` to ``most`` rows, one array per size: one line per component, its rows ascending."""
        order, starts = order_of(self.component), np.cumsum(self.sizes) - self.sizes
        for size in np.flatnonzero(np.bincount(self.sizes)):
            if not least <= size <= most:
                continue
            which = np.flatnonzero(self.sizes == size)
            yield self.rows[order[starts[which][:, None] + np.arange(size)[None, :]]]


def _components(height: int, left: Rows, right: Rows) -> _Linked:
    """Connected components of rows that some pair links."""
    in_some = np.zeros(height, dtype=bool)
    in_some[left] = in_some[right] = True
    rows = np.flatnonzero(in_some)
    place = np.empty(height, dtype=np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    return _Linked.of(rows, numbered(components(len(rows), place[left], place[right])))


def _are_alone(height: int, left: Rows, right: Rows) -> NDArray[np.bool_]:
    """Pairs neither of whose rows is in another pair."""
    met = np.bincount(left, minlength=height) + np.bincount(right, minlength=height)
    return np.asarray((met.take(left) == 1) & (met.take(right) == 1))


def cluster(height: int, left: Rows, right: Rows, odds: Bits, log_odds: LogOdds) -> Labels:
    """Label each row with its child (the lowest row of the child). ``left``, ``right``, ``odds``: the scored pairs.

    For a scored pair ``log_odds`` gives the same as ``odds``.
    """
    labels, linked = np.arange(height), odds > 0
    ones, others = np.compress(linked, left), np.compress(linked, right)
    alone = _are_alone(height, ones, others)
    # Two rows with a link above 0 to each other and to no other row are one child, with nothing to weigh. Most children are.
    one, other = np.compress(alone, ones), np.compress(alone, others)
    labels.put(np.maximum(one, other), np.minimum(one, other))
    tangled = _components(height, np.compress(~alone, ones), np.compress(~alone, others))
    _label_small(labels, tangled, log_odds)
    giants = np.flatnonzero(tangled.sizes > FULL_UP_TO)
    if len(giants):
        members = [tangled.rows[tangled.component == giant] for giant in giants]
        for rows in members:
            _label_giant(labels, rows, (left, right, odds))
        # A pair that blocking did not find may hold apart what contraction joined: cut the children found, all pairs scored.
        rows = np.sort(np.concatenate(members))
        _label_small(labels, _Linked.of(rows, np.unique(labels[rows], return_inverse=True)[1]), log_odds)
    return labels


def _label_small(labels: Labels, linked: _Linked, log_odds: LogOdds) -> None:
    """Cut every component of 2 to FULL_UP_TO records, with all its pairs scored."""
    for pieces in _batches(linked.by_size(2, FULL_UP_TO)):
        pairs = [np.triu_indices(rows.shape[1], 1) for rows in pieces]
        left, right = (
            np.concatenate([rows[:, pair[side]].ravel() for rows, pair in zip(pieces, pairs, strict=True)])
            for side in (0, 1)
        )
        odds = log_odds(left.astype(np.int32), right.astype(np.int32))
        ends = np.cumsum([_pairs_of(rows) for rows in pieces])
        for rows, values in zip(pieces, np.split(odds, ends[:-1]), strict=True):
            _label_piece(labels, rows, values.reshape(len(rows), -1))


def _pairs_of(rows: NDArray[np.int64]) -> int:
    """The number of pairs within components of one size (one per line)."""
    many, size = rows.shape
    return int(many * size * (size - 1) // 2)


def _batches(components: Iterator[NDArray[np.int64]]) -> Iterator[list[NDArray[np.int64]]]:
    """Components, each array of one size, joined or split into batches of about PAIRS_AT_ONCE pairs."""
    found: list[NDArray[np.int64]] = []
    for rows in components:
        for piece in np.array_split(rows, _pairs_of(rows) // PAIRS_AT_ONCE + 1):
            if found and sum(map(_pairs_of, found)) + _pairs_of(piece) > PAIRS_AT_ONCE:
                yield found
                found = []
            found.append(piece)
    if found:
        yield found


def _label_piece(labels: Labels, rows: NDArray[np.int64], odds: Bits) -> None:
    """Cut components of one size into children. ``rows``, ``odds``: one line per component; odds of its upper triangle."""
    size = rows.shape[1]
    whole = odds.min(axis=1, initial=np.inf) > 0
    labels[rows[whole]] = rows[whole].min(axis=1, keepdims=True)
    i, j = (side.astype(np.int32) for side in np.triu_indices(size, 1))
    for members, values in zip(rows[~whole], odds[~whole], strict=True):
        _set(labels, members, contracted(size, i, j, values))


def _set(labels: Labels, members: NDArray[np.int64], found: NDArray[np.int64]) -> None:
    for value in distinct(found):
        labels[members[found == value]] = members[found == value].min()


def _label_giant(labels: Labels, members: Labels, pairs: tuple[Rows, Rows, Bits]) -> None:
    """Cut a component too large to score in full, by contraction over the pairs that blocking found (rows and log-odds)."""
    left, right, odds = pairs
    place = np.full(len(labels), -1, dtype=np.int32)
    place[members] = np.arange(len(members))
    inside = (place[left] >= 0) & (place[right] >= 0)
    found = contracted(len(members), place[left[inside]], place[right[inside]], odds[inside], UNSEEN)
    _set(labels, members, found)


def pairs_within(labels: Labels) -> Iterator[tuple[Rows, Rows]]:
    """All pairs of rows of one child, children of one size at a time; only the first ``FULL_UP_TO`` rows of a larger child."""
    held = np.bincount(labels, minlength=len(labels))
    rows = np.flatnonzero(held[labels] > 1)  # a label is a row, its child's lowest
    several = np.zeros(len(labels), dtype=np.int32)
    lowest = np.flatnonzero(held > 1)
    several[lowest] = np.arange(len(lowest), dtype=np.int32)
    for together in _Linked(rows, several[labels[rows]].astype(np.int64), held[lowest]).by_size(2, len(labels)):
        i, j = np.triu_indices(min(together.shape[1], FULL_UP_TO), 1)
        yield together[:, i].ravel().astype(np.int32), together[:, j].ravel().astype(np.int32)


def all_pairs_within(labels: Labels) -> tuple[Rows, Rows]:
    """As :func:`pairs_within`, in one piece."""
    pieces = list(pairs_within(labels))
    empty = np.zeros(0, dtype=np.int32)
    left, right = (np.concatenate([*(piece[side] for piece in pieces), empty]) for side in (0, 1))
    return left, right


def pairs_between(
    labels: NDArray[np.integer], one: NDArray[np.integer], other: NDArray[np.integer]
) -> tuple[Rows, Rows, NDArray[np.int32]]:
    """All pairs of rows across each pair of children (``one``, ``other``: their labels), one pair of children after the other;
    the third array is the number of that pair. Of a large child only the first ``FULL_UP_TO`` rows.
    """
    held = np.bincount(labels, minlength=len(labels)).astype(np.int32)
    rows, starts = order_of(labels).astype(np.int32), np.cumsum(held, dtype=np.int32) - held
    sizes_a, sizes_b = (np.minimum(held.take(of), FULL_UP_TO) for of in (one, other))
    many = sizes_a * sizes_b
    pair = np.repeat(np.arange(len(one), dtype=np.int32), many)
    place = positions_within(many, np.int32)
    of_one, of_other = np.divmod(place, sizes_b.take(pair))
    of_one += starts.take(one).take(pair)
    of_other += starts.take(other).take(pair)
    return rows.take(of_one), rows.take(of_other), pair


ID_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ23456789"
"""Without characters that look alike: officers read ids aloud."""


def new_child_id(record_id: str) -> str:
    """A child id made from its first record: the same record gives the same id on any machine."""
    number = int.from_bytes(hashlib.blake2b(record_id.encode(), digest_size=8).digest(), "big")
    letters = []
    for _ in range(10):
        number, place = divmod(number, len(ID_LETTERS))
        letters.append(ID_LETTERS[place])
    return "CH" + "".join(letters)


def assign_child_ids(
    clusters: pl.DataFrame,
    previous: pl.DataFrame | None,
    known: Collection[str] = (),
    carried: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Give each cluster its child id. ``clusters``: record_id, cluster. ``previous``: record_id, child_id of last
    night. ``known``: further ids that must not be given to a child without one. ``carried``: record_id, child_id, is_sure:
    new records that may be of a child whose own records are all gone.

    A cluster keeps the id that most of its records had; an id goes to the cluster with most of its records (ties: the id
    that sorts first). A cluster with no such id gets the one that is surely carried to it, if that comes near no other
    cluster and no other id comes near it; or else one made from its first record id or, if that is taken, from the next.
    Returns record_id, cluster, child_id.
    """
    fresh = (
        clusters.group_by("cluster")
        .agg(pl.col("record_id").sort().alias("records"))
        .sort(pl.col("records").list.first())
    )
    taken = _kept(clusters, previous)
    taken |= _carried_to(clusters, carried, but=taken)
    used = {*known, *taken.values(), *(previous["child_id"] if previous is not None else ())}
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


def _kept(clusters: pl.DataFrame, previous: pl.DataFrame | None) -> dict[int, str]:
    """Cluster -> the id that it keeps, as most of its records had it; ``previous``: null: none had any."""
    if previous is None or previous.is_empty():
        return {}
    votes = (
        clusters.join(previous.select("record_id", "child_id"), on="record_id", how="inner")
        .group_by("cluster", "child_id")
        .agg(pl.len(), pl.col("record_id").min())
        .sort(["len", "child_id", "record_id"], descending=[True, False, False])
    )
    kept, used = dict[int, str](), set[str]()
    for cluster_, child_id in votes.select("cluster", "child_id").iter_rows():
        if cluster_ not in kept and child_id not in used:
            kept[cluster_] = child_id
            used.add(child_id)
    return kept


def _carried_to(clusters: pl.DataFrame, carried: pl.DataFrame | None, *, but: Collection[int]) -> dict[int, str]:
    """Cluster -> the id that is carried to it, of clusters without an id (``but``)."""
    if carried is None or carried.is_empty():
        return {}
    near = clusters.join(carried, on="record_id", how="inner", validate="1:m")
    both = near.group_by("cluster", "child_id").agg(pl.col("is_sure").any())
    alone = both.filter(pl.col("cluster").is_unique() & pl.col("child_id").is_unique(), pl.col("is_sure"))
    return {cluster: child_id for cluster, child_id, _ in alone.sort("cluster").iter_rows() if cluster not in but}


def id_moves(previous: pl.DataFrame, current: pl.DataFrame) -> pl.DataFrame:
    """The records that changed child between two nights. Both tables: record_id, child_id.

    One row per pair of ids: kind (``merged``: last night's child is gone and these records are in the other; ``split``: the
    other child is new tonight; ``moved``: both children exist on both nights), child_id (last night's), other_child_id
    (tonight's), records (how many moved). Sorted by the ids.
    """
    before, now = (frame.select("record_id", "child_id") for frame in (previous, current))
    both = before.join(now.rename({"child_id": "other_child_id"}), on="record_id", validate="1:1")
    moved = both.filter(pl.col("child_id") != pl.col("other_child_id"))
    still = current["child_id"].filter(current["child_id"].is_in(moved["child_id"].implode()))
    were = previous["child_id"].filter(previous["child_id"].is_in(moved["other_child_id"].implode()))
    is_gone = ~pl.col("child_id").is_in(still.implode())
    is_new = ~pl.col("other_child_id").is_in(were.implode())
    kind = pl.when(is_gone).then(pl.lit("merged")).when(is_new).then(pl.lit("split")).otherwise(pl.lit("moved"))
    counted = moved.group_by("child_id", "other_child_id").agg(records=pl.len().cast(pl.Int64))
    return counted.select(kind.alias("kind"), "child_id", "other_child_id", "records").sort(
        "child_id", "other_child_id"
    )
