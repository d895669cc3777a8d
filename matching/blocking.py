"""Which pairs of records deserve a look: blocking rules, their cost counted before anything runs, pairs in chunks.

A rule is a list of columns that must agree; a list column agrees where one value is shared. Pairs come out in chunks of
a bounded size, each pair once: by the first rule that finds it, which takes integer comparisons and no sorting of pairs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.encode import Encoded, Rows

Keys = NDArray[np.uint64]
NO_KEY = np.uint64(0)

CHUNK = 1_000_000
"""Pairs in one chunk: the memory of everything after depends on this and not on the number of pairs."""

LARGEST_BLOCK = 3_000
"""Rows in one block before it is split by the rule's further keys."""

PIECE = 60
"""A block that no further key could split is cut into pieces of so many rows; the pairs left out are counted."""


@dataclass(frozen=True)
class BlockingRule:
    """One rule: all columns agree."""

    name: str
    columns: tuple[str, ...]
    split_by: tuple[str, ...] = ()
    """Further columns that cut a block of more than LARGEST_BLOCK rows."""
    one_side: str | None = None
    """Only pairs in which this column is not null on one side at least."""
    settles: tuple[str, ...] = ()
    """Comparisons whose outcome the rule settles through derived columns: its pairs cannot teach their m."""


NAMES = ("forename", "surname", "middle names")

CHILD_TRAINING_RULES: tuple[BlockingRule, ...] = (
    BlockingRule("surname and birth date", ("surname_key", "dob_unordered"), settles=("surname", "date of birth")),
    BlockingRule("forename and birth date", ("forename_key", "dob_unordered"), settles=("forename", "date of birth")),
    BlockingRule(
        "names and birth year", ("forename_key", "surname_key", "birth_year"), settles=(*NAMES[:2], "date of birth")
    ),
    BlockingRule("names and postcode", ("forename_key", "surname_key", "postcode"), settles=(*NAMES[:2], "address")),
    BlockingRule("dwelling and birth date", ("dwelling", "dob_unordered"), settles=("address", "date of birth")),
    BlockingRule("UPN", ("upns",), settles=("UPN",)),
)
"""Rules whose pairs teach m; between them every comparison is left open by some."""

CHILD_BLOCKING_RULES: tuple[BlockingRule, ...] = (
    BlockingRule("UPN", ("upns",), ("date_of_birth",)),
    BlockingRule("NHS number", ("nhs_number",), ("date_of_birth",)),
    BlockingRule("surname and birth date", ("surname_key", "dob_unordered"), ("forename_initial", "district")),
    BlockingRule("forename and birth date", ("forename_key", "dob_unordered"), ("surname_initial", "district")),
    BlockingRule(
        "variant of forename and birth date", ("forename_groups", "dob_unordered"), ("surname_initial", "district")
    ),
    BlockingRule(
        "part of surname and birth date", ("surname_parts", "dob_unordered"), ("forename_initial", "district")
    ),
    BlockingRule("names either way round and birth date", ("name_pair", "date_of_birth"), ("district",)),
    BlockingRule("postcode and birth date", ("postcode", "dob_unordered"), ("forename_initial",)),
    BlockingRule(
        "both names and birth year", ("forename_key", "surname_key", "birth_year"), ("district", "birth_month")
    ),
    BlockingRule("both names, birthday without year", ("forename_key", "surname_key", "birthday"), ("district",)),
    BlockingRule("both names and postcode", ("forename_key", "surname_key", "postcode"), ("building",)),
    BlockingRule("forename and door", ("forename_key", "door"), ("birth_year",)),
    BlockingRule("surname and postcode", ("surname_key", "postcode"), ("forename_initial", "birth_year")),
    BlockingRule("surname and door", ("surname_key", "door"), ("forename_initial", "birth_year")),
    BlockingRule("initials and birth date", ("initials", "date_of_birth"), ("district",)),
    BlockingRule(
        "both names, one birth date missing", ("forename_key", "surname_key"), ("district",), one_side="undated"
    ),
    BlockingRule("phone and forename", ("phone", "forename_key"), ("birth_year",)),
)
"""For children's records; the columns are made by :func:`matching.keys.with_keys`."""


def _mixed(keys: Keys) -> Keys:
    """Scramble 64 bits (splitmix64, Steele, Lea & Flood 2014); a collision only adds a pair to look at."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(keys ^ (keys >> np.uint64(31)))


def _column_codes(table: Encoded, column: str) -> NDArray[np.int32]:
    return table.lists[column] if column in table.lists else table.column(column)[:, None]


def _with_column(keys: Keys, codes: NDArray[np.int32]) -> Keys:
    """Every key crossed with every value of a further column; NO_KEY where either is absent."""
    out = np.empty((len(keys), keys.shape[1] * codes.shape[1]), dtype=np.uint64)
    for i in range(keys.shape[1]):
        for j in range(codes.shape[1]):
            added = _mixed(keys[:, i] * np.uint64(31) + codes[:, j].astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15))
            added[(keys[:, i] == NO_KEY) | (codes[:, j] < 0)] = NO_KEY
            out[:, i * codes.shape[1] + j] = added
    return out


def _split_large(keys: Keys, rule: BlockingRule, table: Encoded) -> Keys:
    """Extend the keys of rows in over-large blocks by the rule's further columns (null counts as a value there)."""
    for column in rule.split_by:
        flat = keys[keys != NO_KEY]
        values, counts = np.unique(flat, return_counts=True)
        large = values[counts > LARGEST_BLOCK]
        if not len(large):
            break
        codes = _column_codes(table, column)[:, 0].astype(np.int64) + 2
        for i in range(keys.shape[1]):
            inside = np.isin(keys[:, i], large)
            keys[inside, i] = _mixed(keys[inside, i] * np.uint64(31) + codes[inside].astype(np.uint64))
    return keys


def keys_of(rule: BlockingRule, table: Encoded) -> Keys:
    """Keys of each row under a rule (rows x keys a row), NO_KEY (0) where a column is empty."""
    keys = np.ones((table.height, 1), dtype=np.uint64)
    for column in rule.columns:
        keys = _with_column(keys, _column_codes(table, column))
    return _split_large(keys, rule, table)


@dataclass(frozen=True)
class Blocks:
    """One rule's blocks: rows sorted by key. Position p meets the positions from ``begins[p]`` up to ``ends[p]``."""

    rule: BlockingRule
    keys: Keys
    one_side: NDArray[np.bool_] | None
    """For each row, whether the rule's ``one_side`` column is not null."""
    order: Rows
    slots: NDArray[np.int16]
    """Which of its row's keys each position stands for."""
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    largest_block: int
    """Rows in the largest block."""
    left_out: int
    """Pairs left out because a block could not be split any further."""

    @property
    def pairs_from(self) -> NDArray[np.int64]:
        """Pairs that begin at each position."""
        return self.ends - self.begins

    @property
    def pairs(self) -> int:
        """Pairs the rule makes, before pairs of earlier rules are left out: exact, without making one."""
        return int(self.pairs_from.sum())


def _in_order(
    keys: Keys, between: NDArray[np.int32] | None = None
) -> tuple[Keys, Rows, NDArray[np.int16], NDArray[np.int64]]:
    """Keys present, sorted (within a key by ``between``); the row and slot each stands for; the sizes of the blocks."""
    first = np.arange(len(keys)) if between is None else np.argsort(between, kind="stable")
    rows = np.repeat(first.astype(np.int32), keys.shape[1])
    slots = np.tile(np.arange(keys.shape[1], dtype=np.int16), len(keys))
    flat = keys[first].ravel()
    present = flat != NO_KEY
    flat, rows, slots = flat[present], rows[present], slots[present]
    order = np.argsort(flat, kind="stable")
    flat = flat[order]
    edges = np.flatnonzero(np.r_[flat[1:] != flat[:-1], True]) + 1 if len(flat) else np.zeros(0, dtype=np.int64)
    return flat, rows[order], slots[order], np.diff(np.r_[0, edges])


def _pairs_in(sizes: NDArray[np.int64]) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def blocks_of(rule: BlockingRule, table: Encoded, between: NDArray[np.int32] | None = None) -> Blocks:
    """Sort the rows of a table into the blocks of a rule."""
    keys = keys_of(rule, table)
    flat, rows, slots, sizes = _in_order(keys, between)
    largest, wanted = int(sizes.max(initial=0)), _pairs_in(sizes)
    if largest > LARGEST_BLOCK:
        flat, rows, slots, sizes = _in_order(keys)  # every piece has rows of each table
        # Each piece has its own key: a pair left out here must not be taken for found when a later rule finds it.
        place = np.arange(len(flat)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        cut = np.repeat(sizes, sizes) > LARGEST_BLOCK
        keys[rows[cut], slots[cut]] = _mixed(flat[cut] * np.uint64(31) + (place[cut] // PIECE + 1).astype(np.uint64))
        flat, rows, slots, sizes = _in_order(keys, between)
    ends = np.repeat(np.cumsum(sizes), sizes)
    begins = np.arange(1, len(ends) + 1)
    if between is not None and len(flat):
        # Rows of one table stand together within a block: a row first meets the row after the last of its own table.
        of = between[rows]
        runs = np.flatnonzero(np.r_[(flat[1:] != flat[:-1]) | (of[1:] != of[:-1]), True]) + 1
        begins = np.repeat(runs, np.diff(np.r_[0, runs]))
    side = table.column(rule.one_side) >= 0 if rule.one_side else None
    return Blocks(rule, keys, side, rows, slots, begins, ends, largest, wanted - _pairs_in(sizes))


@dataclass(frozen=True)
class Cost:
    """What a rule costs and brings."""

    rule: str
    pairs: int
    largest_block: int
    left_out: int


@dataclass(frozen=True)
class Plan:
    """Rules and their blocks, ready to give pairs."""

    blocks: tuple[Blocks, ...]
    between: NDArray[np.int32] | None = None
    """Where given, only pairs of rows with different numbers count (link two tables, no pairs within one)."""

    @property
    def costs(self) -> tuple[Cost, ...]:
        """Cost of each rule, counted from block sizes."""
        return tuple(Cost(b.rule.name, b.pairs, b.largest_block, b.left_out) for b in self.blocks)

    @property
    def pairs(self) -> int:
        """Upper bound of all pairs: a pair that several rules find is counted each time."""
        return sum(b.pairs for b in self.blocks)

    def chunks(self, size: int = CHUNK, only: Sequence[int] | None = None) -> Iterator[tuple[int, Rows, Rows]]:
        """Give (number of the rule, left rows, right rows), each pair once, left < right.

        ``only``: numbers of the rules whose own pairs are given (pairs of earlier rules are left out all the same).
        """
        for number, blocks in enumerate(self.blocks):
            if only is not None and number not in only:
                continue
            for left, right in self._rule_chunks(blocks, size):
                keep = self._is_first(number, left, right)
                yield number, left[keep], right[keep]

    def _rule_chunks(self, blocks: Blocks, size: int) -> Iterator[tuple[Rows, Rows]]:
        counts = blocks.pairs_from
        totals = np.cumsum(counts)
        start = 0
        while start < len(counts):
            before = totals[start - 1] if start else 0
            stop = max(start + 1, int(np.searchsorted(totals, before + size, side="right")))
            yield self._expanded(blocks, start, stop, counts)
            start = stop

    def _expanded(self, blocks: Blocks, start: int, stop: int, counts: NDArray[np.int64]) -> tuple[Rows, Rows]:
        here = counts[start:stop]
        first = np.repeat(np.arange(start, stop), here)
        second = np.arange(len(first)) + np.repeat(blocks.begins[start:stop] - (np.cumsum(here) - here), here)
        a, b = blocks.order[first], blocks.order[second]
        keep = (a != b) & _has_side(blocks, a, b)
        if blocks.keys.shape[1] > 1:
            keep &= _first_shared(blocks, a, b, blocks.slots[first], blocks.slots[second])
        a, b = a[keep], b[keep]
        return np.minimum(a, b), np.maximum(a, b)

    def _is_first(self, number: int, left: Rows, right: Rows) -> NDArray[np.bool_]:
        """True where no earlier rule gives the pair."""
        keep = np.ones(len(left), dtype=bool)
        for earlier in self.blocks[:number]:
            at = np.flatnonzero(keep)
            found = shares_key(earlier.keys, left[at], right[at]) & _has_side(earlier, left[at], right[at])
            keep[at[found]] = False
        return keep


def shares_key(keys: Keys, left: Rows, right: Rows) -> NDArray[np.bool_]:
    """True where two rows share any key. Few rows have a second key: each column looks only at rows that have one."""
    found = np.zeros(len(left), dtype=bool)
    for i in range(keys.shape[1]):
        ours = keys[left, i]
        at = np.flatnonzero((ours != NO_KEY) & ~found) if i else np.flatnonzero(ours != NO_KEY)
        for j in range(keys.shape[1]):
            if not len(at):
                break
            theirs = keys[right[at], j]
            found[at[ours[at] == theirs]] = True
            if j == 0 and keys.shape[1] > 1:
                at = at[keys[right[at]].any(axis=1) & ~found[at]]
    return found


def _has_side(blocks: Blocks, left: Rows, right: Rows) -> NDArray[np.bool_]:
    if blocks.one_side is None:
        return np.ones(len(left), dtype=bool)
    return np.asarray(blocks.one_side[left] | blocks.one_side[right])


def _first_shared(
    blocks: Blocks, a: Rows, b: Rows, slot_a: NDArray[np.int16], slot_b: NDArray[np.int16]
) -> NDArray[np.bool_]:
    """Of the keys that two rows share, true only for the first: a pair that shares two values comes once."""
    swap = a > b
    low, high = np.where(swap, b, a), np.where(swap, a, b)
    low_slot, high_slot = np.where(swap, slot_b, slot_a), np.where(swap, slot_a, slot_b)
    keep = np.ones(len(a), dtype=bool)
    for i in range(blocks.keys.shape[1]):
        at = np.flatnonzero(keep & ((i < low_slot) | ((i == low_slot) & (high_slot > 0))))
        if not len(at):
            continue
        ours = blocks.keys[low[at], i]
        at, ours = at[ours != NO_KEY], ours[ours != NO_KEY]
        for j in range(blocks.keys.shape[1]):
            earlier = (i < low_slot[at]) | (j < high_slot[at])
            keep[at[earlier & (ours == blocks.keys[high[at], j])]] = False
    return keep


def plan(rules: Sequence[BlockingRule], table: Encoded, between: NDArray[np.int32] | None = None) -> Plan:
    """Sort a table into the blocks of each rule. Raises KeyError naming a column the table lacks."""
    return Plan(tuple(blocks_of(rule, table, between) for rule in rules), between)


def columns_blocked(rules: Sequence[BlockingRule]) -> tuple[str, ...]:
    """Every column that the rules read, once each."""
    return tuple(dict.fromkeys(column for rule in rules for column in _columns(rule)))


def _columns(rule: BlockingRule) -> tuple[str, ...]:
    return (*rule.columns, *rule.split_by, *((rule.one_side,) if rule.one_side else ()))
