"""The blocks of one blocking rule: the rows of a table sorted by key. Their pairs are counted, but none is made.

A rule is a list of columns that must agree; a list column agrees where one value is shared.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matching.in_numbers.arrays import Rows
from matching.in_numbers.encode import Encoded
from matching.in_numbers.sorting import distinct, in_runs, order_of, positions_within

Hashes = NDArray[np.uint64]
"""The values that must agree, in 64 bits: rows x hashes per row. Where they fit, the values' own codes side by side."""
NO_HASH = np.uint64(0)
Keys = NDArray[np.int32]
"""Numbers of blocks: rows x keys per row. Rows meet in a block if they have a key in common."""
NO_KEY = np.int32(-1)
"""No block: a value is missing, or no other row has it."""

LARGEST_BLOCK = 3_000
"""Rows that a block may have before it is split by the rule's further columns."""

PIECE = 60
"""Rows in a piece of a block that no further column could split; the pairs across pieces are left out, and counted."""


@dataclass(frozen=True)
class BlockingRule:
    """One rule: all columns agree."""

    name: str
    columns: tuple[str, ...]
    split_by: tuple[str, ...] = ()
    """Further columns that split a block of more than LARGEST_BLOCK rows."""
    one_side: str | None = None
    """If given, only pairs where this column is not null on at least one side."""
    settles: tuple[str, ...] = ()
    """Comparisons whose outcome the rule decides through derived columns: its pairs cannot teach their m."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Every column the rule reads."""
        return (*self.columns, *self.split_by, *((self.one_side,) if self.one_side else ()))


def scrambled(keys: Hashes) -> Hashes:
    """Scramble 64-bit numbers one to one (splitmix64, Steele, Lea & Flood 2014); 0 stays 0."""
    mixed = keys >> np.uint64(30)
    mixed ^= keys
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def _with_column(keys: Hashes, codes: NDArray[np.int32], place_value: np.uint64 | None) -> Hashes:
    """Every hash combined with every value of a further column; NO_HASH where either is missing.

    ``place_value``: greater than every code of the column, so that codes fit side by side; None: they are scrambled.
    """
    out = np.empty((len(keys), keys.shape[1] * codes.shape[1]), dtype=np.uint64)
    for i in range(keys.shape[1]):
        for j in range(codes.shape[1]):
            added = keys[:, i] * (np.uint64(31) if place_value is None else place_value)
            added += codes[:, j].astype(np.uint64)
            if place_value is None:
                added += np.uint64(0x9E3779B97F4A7C15)
                added = scrambled(added)
            absent = np.flatnonzero((keys[:, i] == NO_HASH) | (codes[:, j] < 0))
            added[absent] = NO_HASH
            out[:, i * codes.shape[1] + j] = added
    return out


def _split_large(keys: Hashes, rule: BlockingRule, table: Encoded) -> Hashes:
    """Extend the hashes of rows in over-large blocks by the rule's further columns (null counts as a value there)."""
    for column in rule.split_by:
        flat = np.sort(keys[keys != NO_HASH])
        again = flat[LARGEST_BLOCK:]  # a key also found LARGEST_BLOCK places earlier has a larger block
        large = distinct(np.compress(again == flat[: len(again)], again))
        if not len(large):
            break
        codes = table.values(column)[:, 0].astype(np.int64) + 2
        for i in range(keys.shape[1]):
            inside = np.isin(keys[:, i], large)
            keys[inside, i] = scrambled(keys[inside, i] * np.uint64(31) + codes[inside].astype(np.uint64))
    return keys


WORD = 64
"""Bits that a key and its place may take together; keys with more values than fit are scrambled."""
ROWS_AT_ONCE = 1 << 15
"""Rows hashed at a time: few enough to stay in a core's cache from one column to the next."""


def hashes_of(rule: BlockingRule, table: Encoded) -> Hashes:
    """Hashes of each row under a rule (rows x hashes a row), NO_HASH (0) where a column is empty."""
    columns = [table.values(column) for column in rule.columns]
    keys = np.ones((table.height, int(np.prod([codes.shape[1] for codes in columns]))), dtype=np.uint64)
    place_values = [np.uint64(codes.max(initial=0)) + np.uint64(1) for codes in columns]
    # One bit more for the 1 that every key begins with, so that none is NO_HASH. Sorting puts the place beside the key.
    fits = math.prod(map(int, place_values)).bit_length() + 1 + keys.size.bit_length() <= WORD
    for begin in range(0, table.height, ROWS_AT_ONCE):
        here = slice(begin, begin + ROWS_AT_ONCE)
        made = np.ones((len(keys[here]), 1), dtype=np.uint64)
        for codes, place_value in zip(columns, place_values, strict=True):
            made = _with_column(made, codes[here], place_value if fits else None)
        keys[here] = made
    return _split_large(keys, rule, table)


MOST_TABLES = 16
"""Up to this many tables, rows are gathered table by table; beyond it they are sorted."""


@dataclass(frozen=True)
class Tables:
    """The rows of several tables, where only rows of different tables meet."""

    first: Rows
    """All rows, table by table."""
    begins: NDArray[np.int64]
    """Where in ``first`` each table after the first begins."""

    @classmethod
    def of(cls, number: NDArray[np.int32] | None) -> "Tables | None":
        """From the number of each row's table. None if all rows meet each other."""
        if number is None:
            return None
        sizes = np.bincount(number)
        if len(sizes) > MOST_TABLES:
            first = order_of(number)
        else:  # faster than sorting
            first = np.concatenate([*(np.flatnonzero(number == table) for table in range(len(sizes))), sizes[:0]])
        return cls(first.astype(np.int32), np.cumsum(np.compress(sizes > 0, sizes))[:-1])


@dataclass(frozen=True)
class Blocks:
    """One rule's blocks: rows sorted by key. The row at position p meets those from ``begins[p]`` up to ``ends[p]`` (excluded).

    Rows that meet no other have no position.
    """

    rule: BlockingRule
    keys: Keys
    one_side: NDArray[np.bool_] | None
    """Per row, whether the rule's ``one_side`` column is not null; None: the rule has no such column."""
    order: Rows
    slots: NDArray[np.int16]
    """Which of its row's keys each position is for."""
    begins: NDArray[np.int32]
    ends: NDArray[np.int32]
    pairs: int
    """Exact number of pairs the rule makes, before pairs of earlier rules are left out."""
    largest_block: int
    """Rows in the largest block before it was split into pieces; 0 where no rows meet."""
    left_out: int
    """Pairs left out because their block could not be split any further."""

    @property
    def pairs_from(self) -> NDArray[np.int32]:
        """The number of pairs that begin at each position."""
        return self.ends - self.begins

    def without_rows(self) -> "Blocks":
        """What the rule costs, without the rows from which its pairs are made."""
        none = np.zeros(0, dtype=np.int32)
        keys = self.keys[:0].copy()
        return replace(self, keys=keys, one_side=None, order=none, slots=none.astype(np.int16), begins=none, ends=none)

    @cached_property
    def reach(self) -> NDArray[np.int16]:
        """One more than the slot of each row's last key; 0: the row has none."""
        numbers = np.arange(1, self.keys.shape[1] + 1, dtype=np.int16)
        return np.asarray(((self.keys != NO_KEY) * numbers).max(axis=1))

    @property
    def has_lists(self) -> bool:
        """Whether a row may have several keys, and so meet another row twice, or itself."""
        return bool(self.keys.shape[1] > 1)


@dataclass(frozen=True)
class _Sorted:
    """Places of a table's keys (row by row, each row's slots together), sorted by key. Only blocks in which rows meet."""

    places: NDArray[np.integer]
    sizes: NDArray[np.int64]
    """Keys in each block."""

    @property
    def pairs(self) -> int:
        """Pairs within blocks."""
        return int((self.sizes * (self.sizes - 1) // 2).sum())

    @property
    def numbers(self) -> NDArray[np.int32]:
        """The number of each place's block."""
        return np.repeat(np.arange(len(self.sizes), dtype=np.int32), self.sizes)


def _sorted_by_key(keys: Hashes | Keys, tables: Tables | None = None) -> _Sorted:
    """Sort the hashes or keys of rows; within a block by table, then in the order of rows. 0: no block."""
    flat = (keys if tables is None else keys.take(tables.first, axis=0)).ravel()
    places, ends = in_runs(flat)
    sizes = np.diff(ends, prepend=0)
    if tables is not None:
        begins = tables.begins * keys.shape[1]
        first, last = (_tables_of(places.take(edge), begins) for edge in (ends - sizes, ends - 1))
        meet = first != last
        places, sizes = np.compress(np.repeat(meet, sizes), places), np.compress(meet, sizes)
    return _Sorted(places, sizes)


def _tables_of(places: NDArray[np.integer], begins: NDArray[np.int64]) -> NDArray[np.int16]:
    """Number of each place's table. There are few tables: comparing with each is faster than a search."""
    found = np.zeros(len(places), dtype=np.int16)
    for begin in begins:
        found += places >= begin
    return found


def blocks_of(rule: BlockingRule, table: Encoded, between: Tables | None = None) -> Blocks:
    """Sort the rows of a table into the blocks of a rule."""
    hashes = hashes_of(rule, table)
    side = table.column(rule.one_side) >= 0 if rule.one_side else None
    if side is not None:  # no pair comes of a block without any such row
        hashes[~np.isin(hashes, hashes[side])] = NO_HASH
    ordered = _sorted_by_key(hashes, between)
    largest, wanted = int(ordered.sizes.max(initial=0)), ordered.pairs
    if largest > LARGEST_BLOCK:
        # Within a block in the order of rows, not by table, so that every piece has rows of each table.
        _cut_into_pieces(hashes, _sorted_by_key(hashes))
        ordered = _sorted_by_key(hashes, between)
    shape, width = hashes.shape, hashes.shape[1]
    del hashes
    keys = np.full(shape, NO_KEY, order="F")  # later read one slot at a time
    rows, slots = _rows_and_slots(ordered, keys, between)
    if width == 1:
        keys[:, 0].put(rows, ordered.numbers)
    else:
        keys[rows, slots] = ordered.numbers
    begins, ends = _spans(ordered, None if between is None else between.begins * width)
    return Blocks(
        rule, keys, side, rows, slots, begins, ends, _pair_count(begins, ends), largest, wanted - ordered.pairs
    )


def blocks_between(
    rule: BlockingRule,
    keys: Keys,
    side: NDArray[np.bool_] | None,
    meets: NDArray[np.bool_],
    between: Tables | None = None,
) -> Blocks:
    """Some of a rule's blocks, from keys that :func:`blocks_of` gave to all rows.

    ``meets`` has the shape of ``keys``: true where the row is in the block of that key. ``keys`` stay whole: two rows that
    share an earlier key meet in its block, and not here.
    """
    ordered = _sorted_by_key(np.where(meets, keys + 1, 0), between)
    begins, ends = _spans(ordered, None if between is None else between.begins * keys.shape[1])
    largest = int(ordered.sizes.max(initial=0))
    rows, slots = _rows_and_slots(ordered, keys, between)
    return Blocks(rule, keys, side, rows, slots, begins, ends, _pair_count(begins, ends), largest, left_out=0)


def _pair_count(begins: NDArray[np.int32], ends: NDArray[np.int32]) -> int:
    return int((ends - begins).sum(dtype=np.int64))


def _rows_and_slots(ordered: _Sorted, keys: Keys, between: Tables | None) -> tuple[Rows, NDArray[np.int16]]:
    """The row and the slot of each place."""
    width = keys.shape[1]
    rows = ordered.places if width == 1 else ordered.places // width
    # If all slots are 0, one number stands for all of them.
    slots = np.broadcast_to(np.int16(0), len(rows)) if width == 1 else (ordered.places % width).astype(np.int16)
    return (rows.astype(np.int32) if between is None else between.first.take(rows)), slots


def _cut_into_pieces(hashes: Hashes, ordered: _Sorted) -> None:
    """Cut over-large blocks into pieces, in place."""
    flat = hashes.reshape(-1)
    number = positions_within(ordered.sizes)
    cut = np.repeat(ordered.sizes, ordered.sizes) > LARGEST_BLOCK
    # Each piece gets its own hash: a pair left out here must not count as found when a later rule finds it.
    places, pieces = ordered.places[cut], (number[cut] // PIECE + 1).astype(np.uint64)
    flat[places] = scrambled(flat[places] * np.uint64(31) + pieces)


def _spans(ordered: _Sorted, tables: NDArray[np.int64] | None) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """For each place, the first position it meets, and the one after the last it meets."""
    block_ends = np.cumsum(ordered.sizes, dtype=np.int32)
    ends = np.repeat(block_ends, ordered.sizes)
    if tables is None:
        return np.arange(1, len(ends) + 1, dtype=np.int32), ends
    # Within a block the rows of one table are together: a row first meets the row after the last of its own table.
    is_last = np.zeros(len(ends), dtype=bool)
    is_last[block_ends - 1] = True
    for begin in tables:
        later = ordered.places >= begin
        is_last[:-1] |= later[1:] & ~later[:-1]
    runs = (np.flatnonzero(is_last) + 1).astype(np.int32)
    return np.repeat(runs, np.diff(runs, prepend=np.int32(0))), ends
