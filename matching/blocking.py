"""Which pairs of records are compared: blocking rules, their cost counted before anything runs, pairs in chunks.

A rule is a list of columns that must agree. A list column agrees if one value is shared. Pairs come in chunks of bounded
size. Each pair comes once, by the first rule that finds it; that takes integer comparisons and no sorting of pairs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matching.in_numbers.arrays import Rows
from matching.in_numbers.blocks import NO_KEY, BlockingRule, Blocks, Tables, blocks_of
from matching.in_numbers.encode import Encoded

CHUNK = 1 << 18
"""Pairs in one chunk. The memory of everything that follows depends on this, not on the number of pairs."""

CHILD_TRAINING_RULES: tuple[BlockingRule, ...] = (
    BlockingRule("surname and birth date", ("surname_key", "dob_unordered"), settles=("surname", "date of birth")),
    BlockingRule("forename and birth date", ("forename_key", "dob_unordered"), settles=("forename", "date of birth")),
    # The forename tells the sex. If sex counted again, two namesakes of one home would become a child with two birthdays.
    BlockingRule(
        "names and postcode",
        ("forename_key", "surname_key", "postcode"),
        settles=("forename", "sex", "surname", "address"),
    ),
    BlockingRule("dwelling and birth date", ("dwelling", "dob_unordered"), settles=("address", "date of birth")),
    BlockingRule("UPN", ("upns",), settles=("UPN",)),
)
"""Rules whose pairs teach m. Each comparison is left open by at least one of them."""

CHILD_BLOCKING_RULES: tuple[BlockingRule, ...] = (
    BlockingRule("UPN", ("upns",), ("date_of_birth",)),
    BlockingRule("NHS number", ("nhs_number",), ("date_of_birth",)),
    BlockingRule("a name in either place and birth date", ("name_keys", "dob_unordered"), ("district",)),
    BlockingRule("a name in either place and postcode", ("name_keys", "postcode"), ("birth_year", "forename_initial")),
    BlockingRule(
        "variant of forename and birth date", ("forename_groups", "dob_unordered"), ("surname_initial", "district")
    ),
    BlockingRule(
        "part of surname and birth date", ("surname_parts", "dob_unordered"), ("forename_initial", "district")
    ),
    BlockingRule(
        "variant of forename, surname and birth year",
        ("forename_groups", "surname_key", "birth_year"),
        ("district", "birth_month"),
    ),
    BlockingRule("postcode and birth date", ("postcode", "dob_unordered"), ("forename_initial",)),
    BlockingRule("both names and birth year", ("name_pair", "birth_year"), ("district", "birth_month")),
    BlockingRule("forename and door", ("forename_key", "door"), ("birth_year",)),
    BlockingRule("surname and door", ("surname_key", "door"), ("forename_initial", "birth_year")),
    BlockingRule("initials and birth date", ("initials", "date_of_birth"), ("district",)),
    BlockingRule("both names, one birth date missing", ("name_pair",), ("district",), one_side="undated"),
    BlockingRule(
        "a name in either place and month of birth, one day not said",
        ("name_keys", "month_of_birth"),
        ("district", "forename_initial"),
        one_side="dayless",
    ),
    BlockingRule("initials and door", ("initials", "door"), ("birth_year",)),
    BlockingRule(
        "forename, part of surname and birth year",
        ("forename_key", "surname_parts", "birth_year"),
        ("district", "birth_month"),
    ),
    BlockingRule(
        "forename, surname's beginning and birth year",
        ("forename_key", "surname_start", "birth_year"),
        ("district", "birth_month"),
    ),
    BlockingRule(
        "surname, forename's beginning and birth year",
        ("surname_key", "forename_start", "birth_year"),
        ("district", "birth_month"),
    ),
    BlockingRule("phone and forename", ("phone", "forename_key"), ("birth_year",)),
    BlockingRule("door and birth year", ("door", "birth_year"), ("birth_month", "forename_initial")),
    BlockingRule("dwelling, one birth date missing", ("dwelling",), ("forename_initial",), one_side="undated"),
    BlockingRule(
        "a chain of names in any order and birth year", ("name_chain", "birth_year"), ("district", "birth_month")
    ),
    BlockingRule("forename and birthday without year", ("forename_key", "birthday"), ("district",)),
    BlockingRule(
        "surname, forename's initial and birthday without year",
        ("surname_key", "forename_initial", "birthday"),
        ("district",),
    ),
    BlockingRule(
        "house, district and birthday without year", ("house_key", "district", "birthday"), ("forename_initial",)
    ),
    BlockingRule(
        "house, forename's beginning and birth year",
        ("house_key", "forename_start", "birth_year"),
        ("birth_month", "district"),
    ),
)
"""Rules for children's records. :func:`matching.canonical.keys.with_keys` makes the columns.

"A name in either place" is any name of a child, so it includes a shared forename and a shared surname. "Both names" are meant
either way round: swapped names and a slip in the birth date sometimes occur together, as do slips in a name and in the date.
"""


@dataclass(frozen=True)
class Cost:
    """What one rule costs: pairs and records, as counted from its blocks."""

    rule: str
    pairs: int
    largest_block: int
    left_out: int


@dataclass(frozen=True)
class Plan:
    """Rules and their blocks, ready to give pairs."""

    blocks: tuple[Blocks, ...]
    between: NDArray[np.int32] | None = None
    """Dataset number of each row: only pairs of rows with different numbers count (as in linking two tables). Null: all."""
    among: NDArray[np.bool_] | None = None
    """Rows of which each pair must have at least one. Null: all. What a rule costs is counted for all pairs."""

    @property
    def costs(self) -> tuple[Cost, ...]:
        """The cost of each rule, counted from block sizes."""
        return tuple(Cost(b.rule.name, b.pairs, b.largest_block, b.left_out) for b in self.blocks)

    @property
    def pairs(self) -> int:
        """Upper bound of the number of pairs: a pair found by several rules is counted each time."""
        return sum(b.pairs for b in self.blocks)

    def without_rows(self) -> "Plan":
        """The plan without its rows: what its rules cost, once no more pairs are needed."""
        return replace(self, blocks=tuple(blocks.without_rows() for blocks in self.blocks))

    def caught(self, left: Rows, right: Rows) -> NDArray[np.bool_]:
        """Pairs x rules: every rule that finds each pair, not only the first."""
        found = np.zeros((len(left), len(self.blocks)), dtype=bool)
        for number, blocks in enumerate(self.blocks):
            found[:, number] = shares_key(blocks, left, right)
        return found

    def chunks(
        self, size: int = CHUNK, only: Sequence[int] | None = None, *, every: int = 1
    ) -> Iterator[tuple[int, Rows, Rows]]:
        """Yield (number of the rule, left rows, right rows), each pair once, left < right.

        ``only``: numbers of the rules whose own pairs are wanted (pairs of earlier rules are still left out).
        ``every``: with n, only pairs whose left row is a multiple of n: a sample. Raises ValueError on a plan without rows.
        """
        for number, blocks in enumerate(self.blocks):
            if only is not None and number not in only:
                continue
            if blocks.pairs and not len(blocks.order):
                raise ValueError("the plan's rows have been released: make the plan again to have its pairs")
            for pairs in self._rule_chunks(blocks, size):
                yield number, *self._new(number, *self._wanted(*pairs, every))

    def _wanted(self, left: Rows, right: Rows, every: int) -> tuple[Rows, Rows]:
        if every > 1:
            some = left % every == 0
            left, right = np.compress(some, left), np.compress(some, right)
        if self.among is not None:
            some = self.among.take(left) | self.among.take(right)
            left, right = np.compress(some, left), np.compress(some, right)
        return left, right

    def _rule_chunks(self, blocks: Blocks, size: int) -> Iterator[tuple[Rows, Rows]]:
        counts = blocks.pairs_from
        # Half as wide numbers are summed up twice as fast.
        totals: NDArray[np.integer] = np.cumsum(counts, dtype=np.int32 if blocks.pairs < 2**31 else np.int64)
        start, before = 0, totals.dtype.type(0)
        while start < len(counts):
            up_to = totals.dtype.type(min(int(before) + size, blocks.pairs))
            stop = max(start + 1, int(np.searchsorted(totals, up_to, side="right")))
            here = counts[start:stop]
            yield self._expanded(blocks, slice(start, stop), here, totals[start:stop] - here - before)
            start, before = stop, totals[stop - 1]

    def _expanded(
        self, blocks: Blocks, here: slice, counts: NDArray[np.int32], at: NDArray[np.integer]
    ) -> tuple[Rows, Rows]:
        """The pairs of some positions. ``counts``: how many each has; ``at``: how many all earlier ones have."""
        a = np.repeat(blocks.order[here], counts)
        second = np.repeat(blocks.begins[here] - at, counts)
        second += np.arange(len(a), dtype=second.dtype)
        b = blocks.order.take(second)
        if blocks.has_lists:
            keep = a != b
            keep &= _first_shared(blocks, a, b, np.repeat(blocks.slots[here], counts), blocks.slots.take(second))
            a, b = np.compress(keep, a), np.compress(keep, b)
        if blocks.one_side is not None:
            keep = _has_side(blocks.one_side, a, b)
            a, b = np.compress(keep, a), np.compress(keep, b)
        if self.between is None and not blocks.has_lists:
            return a, b  # rows are in order within a block
        return np.minimum(a, b), np.maximum(a, b)

    def _new(self, number: int, left: Rows, right: Rows) -> tuple[Rows, Rows]:
        """The pairs that no earlier rule gives. Most pairs are an early rule's and need no further look."""
        for earlier in self.blocks[:number]:
            found = shares_key(earlier, left, right)
            if earlier.one_side is not None:
                found &= _has_side(earlier.one_side, left, right)
            if found.any():
                left, right = np.compress(~found, left), np.compress(~found, right)
        return left, right


def shares_key(blocks: Blocks, left: Rows, right: Rows) -> NDArray[np.bool_]:
    """For each pair, whether the two rows share any key."""
    first = blocks.keys[:, 0]
    ours = first.take(left)
    found = np.asarray((ours == first.take(right)) & (ours != NO_KEY))
    if blocks.has_lists:
        # Few rows have a second key: only their pairs are compared further.
        at = np.flatnonzero(((blocks.reach.take(left) | blocks.reach.take(right)) > 1) & ~found)
        found[at] = _shares_any_key(blocks, left[at], right[at])
    return found


def _shares_any_key(blocks: Blocks, left: Rows, right: Rows) -> NDArray[np.bool_]:
    found = np.zeros(len(left), dtype=bool)
    for i in range(blocks.keys.shape[1]):
        ours = blocks.keys[:, i].take(left)
        at = np.flatnonzero((ours != NO_KEY) & ~found)
        for j in range(blocks.keys.shape[1]):
            at = at[blocks.reach.take(right[at]) > j]
            if not len(at):
                break
            found[at[ours[at] == blocks.keys[:, j].take(right[at])]] = True
    return found


def _has_side(side: NDArray[np.bool_], left: Rows, right: Rows) -> NDArray[np.bool_]:
    return np.asarray(side.take(left) | side.take(right))


def _first_shared(
    blocks: Blocks, a: Rows, b: Rows, slot_a: NDArray[np.int16], slot_b: NDArray[np.int16]
) -> NDArray[np.bool_]:
    """True only for the first key that two rows share, so that a pair with two shared values comes once."""
    swap = a > b
    low, high = np.where(swap, b, a), np.where(swap, a, b)
    low_slot, high_slot = np.where(swap, slot_b, slot_a), np.where(swap, slot_a, slot_b)
    keep = np.ones(len(a), dtype=bool)
    for i in range(blocks.keys.shape[1]):
        at = np.flatnonzero(keep & ((i < low_slot) | ((i == low_slot) & (high_slot > 0))))
        if not len(at):
            continue
        ours = blocks.keys[:, i].take(low[at])
        at, ours = at[ours != NO_KEY], ours[ours != NO_KEY]
        for j in range(blocks.keys.shape[1]):
            earlier = (i < low_slot[at]) | (j < high_slot[at])
            keep[at[earlier & (ours == blocks.keys[:, j].take(high[at]))]] = False
    return keep


def plan(rules: Sequence[BlockingRule], table: Encoded, between: NDArray[np.int32] | None = None) -> Plan:
    """Sort a table into the blocks of each rule. Raises KeyError naming a column that the table lacks."""
    tables = Tables.of(between)
    return Plan(tuple(blocks_of(rule, table, tables) for rule in rules), between)


def columns_blocked(rules: Sequence[BlockingRule]) -> tuple[str, ...]:
    """Every column that the rules read, once each."""
    return tuple(dict.fromkeys(column for rule in rules for column in rule.reads))


__all__ = [
    "CHILD_BLOCKING_RULES",
    "CHILD_TRAINING_RULES",
    "CHUNK",
    "BlockingRule",
    "Cost",
    "Plan",
    "columns_blocked",
    "plan",
    "shares_key",
]
