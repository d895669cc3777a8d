"""Large blocks as grids: decide which of their pairs may reach the floor before any pair is made.

A block's pairs are its rows against its rows. Laid out as a grid, what a test needs of either side is read once per row
instead of once per pair, and a few operations on whole grids give an upper bound of every pair's weight: the most bits of
the levels whose tests may hold. Cheap tests are applied themselves; tests that compare words are replaced by exact bounds
(letters, lengths). Only pairs whose bound reaches the floor are made; no other pair could reach it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matching.blocking import Plan
from matching.in_numbers.arrays import Rows
from matching.in_numbers.blocks import NO_KEY, Blocks, Keys
from matching.in_numbers.encode import Encoded
from matching.in_numbers.sorting import order_of, positions_within, run_ends
from matching.scoring.ceilings import Ceiling

LEAST_PAIRS = 1_024
"""Pairs of the smallest grid: laying out a smaller one would cost more than it saves."""
LEAST_ROWS = math.isqrt(LEAST_PAIRS - 1) + 2
"""Rows of the smallest block with such a grid: all its rows but the last against all but the first."""
LEAST_TOGETHER = 1 << 14
"""Pairs that all grids of one shape must have together to be laid out, for the same reason."""
TALL, WIDE = 64, 1_024
"""The most rows on either side of a grid; a larger block makes several grids."""
STEP = 8
"""Sides of grids are rounded up to a multiple of this many rows, so that many grids of one shape are handled at once."""
AT_ONCE = 1 << 16
"""Pairs in the grids handled at once: a step's results stay in a core's cache until the next step reads them."""
ROUNDING = 0.1
"""Bits of slack for sums in single precision."""


@dataclass(frozen=True)
class Grids:
    """Rectangles of one rule's pairs: positions ``left`` to ``left_end`` with ``right`` to ``right_end`` (ends excluded).

    Not all of a rectangle are pairs: a position meets only those from its ``begins`` on
    (:class:`matching.in_numbers.blocks.Blocks`).
    """

    number: int
    """Number of the rule."""
    left: NDArray[np.int64]
    left_end: NDArray[np.int64]
    right: NDArray[np.int64]
    right_end: NDArray[np.int64]

    def at(self, places: NDArray[np.int64] | NDArray[np.bool_]) -> "Grids":
        """Some of the grids."""
        return Grids(self.number, self.left[places], self.left_end[places], self.right[places], self.right_end[places])

    @property
    def shapes(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of each grid on either side, rounded up to a multiple of STEP."""
        return _step_up(self.left_end - self.left), _step_up(self.right_end - self.right)

    def in_company(self) -> NDArray[np.bool_]:
        """Which grids have a shape with enough pairs in all its grids together (LEAST_TOGETHER)."""
        tall, wide = self.shapes
        _, which, many = np.unique(np.stack([tall, wide]), axis=1, return_inverse=True, return_counts=True)
        return np.asarray(many[which] * tall * wide >= LEAST_TOGETHER)

    def stacks(self, pairs: int) -> Iterator[tuple["Grids", ...]]:
        """The grids in stacks, each of one shape; each tuple of stacks has about ``pairs`` pairs."""
        found: list[Grids] = []
        size = 0
        for stack in self._stacks():
            found.append(stack)
            size += len(stack.left) * stack.size
            if size >= pairs:
                yield tuple(found)
                found, size = [], 0
        if found:
            yield tuple(found)

    @property
    def size(self) -> int:
        """Pairs in the first grid, its sides rounded up."""
        tall, wide = self.shapes
        return int(tall[0] * wide[0])

    def _stacks(self) -> Iterator["Grids"]:
        tall, wide = self.shapes
        shape = tall * (2 * WIDE) + wide
        order = order_of(shape)
        begin = 0
        for end in run_ends(shape[order]).tolist():
            many = max(1, AT_ONCE // self.at(order[begin:end]).size)
            for first in range(begin, end, many):
                yield self.at(order[first : min(first + many, end)])
            begin = end


def _step_up(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    return (sizes + STEP - 1) // STEP * STEP


def grids_of(plan: Plan, number: int) -> tuple[Grids, Blocks]:
    """The grids of a rule's large blocks, and the blocks without them. A rule that gives rows several keys has no grids."""
    blocks = plan.blocks[number]
    none = np.zeros(0, dtype=np.int64)
    inside = none if blocks.has_lists else _in_blocks_of(LEAST_ROWS, blocks)
    if not len(inside):
        return Grids(number, none, none, none, none), blocks
    counts = blocks.pairs_from
    meeting = np.compress(counts.take(inside) > 0, inside)
    # A grid's left side is a run of positions that meet others up to the same end; between tables also from the same
    # beginning, which makes a full rectangle.
    beginnings = blocks.begins if plan.between is not None else np.zeros_like(blocks.begins)
    new = np.diff(meeting) > 1
    for spans in (blocks.ends[meeting], beginnings[meeting]):
        new |= np.diff(spans) != 0
    stops = np.append(np.flatnonzero(new) + 1, len(meeting))
    left, left_end = meeting[stops - np.diff(stops, prepend=0)], meeting[stops - 1] + 1
    large = (left_end - left) * counts[left] >= LEAST_PAIRS
    left, left_end = _cut(left[large], left_end[large], TALL)
    right, right_end = blocks.begins[left].astype(np.int64), blocks.ends[left].astype(np.int64)
    whole = Grids(number, left, left_end, right, right_end)
    whole = whole.at(whole.in_company())
    covered = np.zeros(len(counts), dtype=bool)
    sizes = whole.left_end - whole.left
    covered[np.repeat(whole.left, sizes) + positions_within(sizes)] = True
    begins = np.where(covered, blocks.ends, blocks.begins)
    rest = replace(blocks, begins=begins, pairs=int((blocks.ends - begins).sum(dtype=np.int64)))
    which, right, right_end = _cut_further(whole.right, whole.right_end, WIDE)
    return replace(whole.at(which), right=right, right_end=right_end), rest


def _in_blocks_of(least: int, blocks: Blocks) -> NDArray[np.int64]:
    """Positions in blocks of at least ``least`` rows, in order."""
    ends = blocks.ends
    reaching = np.compress(ends[least - 1 :] == ends[: max(len(ends) - least + 1, 0)], ends)
    stops = reaching.take(run_ends(reaching) - 1)
    begins = np.searchsorted(ends, stops)
    sizes = stops - begins
    return np.repeat(begins, sizes) + positions_within(sizes)


def _cut(begins: NDArray[np.int64], ends: NDArray[np.int64], most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return _cut_further(begins, ends, most)[1:]


def _cut_further(
    begins: NDArray[np.int64], ends: NDArray[np.int64], most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Cut spans into spans of at most ``most``; returns which span each is part of, its beginning and its end."""
    parts = (ends - begins + most - 1) // most
    which = np.repeat(np.arange(len(begins)), parts)
    cut = begins[which] + positions_within(parts) * most
    return which, cut, np.minimum(cut + most, ends[which])


@dataclass(frozen=True)
class Sieve:
    """Lets through the pairs of a grid that no earlier rule finds and whose bound reaches the floor."""

    table: Encoded
    plan: Plan
    ceilings: tuple[Ceiling, ...]
    least: float
    """Bits that the ceilings must add up to."""

    def through(self, stacks: Sequence[Grids]) -> tuple[int, Rows, Rows]:
        """How many pairs of the grids are the rule's own, and those of them that get through, left < right."""
        own, lefts, rights = zip(*(self._through(stack) for stack in stacks), strict=True)
        return sum(own), np.concatenate(lefts), np.concatenate(rights)

    def _through(self, stack: Grids) -> tuple[int, Rows, Rows]:
        blocks, (left, right), new = self.plan.blocks[stack.number], *self._laid_out(stack)
        for asked in (blocks.one_side, self.plan.among):
            if asked is not None:
                new &= asked[left] | asked[right]
        if self.plan.among is not None:  # few pairs are left: only those are tested from here on
            at = np.nonzero(new)
            left, right = (np.broadcast_to(side, new.shape)[at] for side in (left, right))
            new = new[at]
        for earlier in self.plan.blocks[: stack.number]:
            found = _share_key(earlier.keys, left, right)
            if earlier.one_side is not None:
                found &= earlier.one_side[left] | earlier.one_side[right]
            new &= ~found
        own = int(np.count_nonzero(new))
        bounds = sum((ceiling.bits(self.table, left, right) for ceiling in self.ceilings), np.zeros(1, np.float32))
        at = np.nonzero(new & (bounds >= self.least - ROUNDING))
        a, b = np.broadcast_to(left, new.shape)[at], np.broadcast_to(right, new.shape)[at]
        return own, np.minimum(a, b), np.maximum(a, b)

    def _laid_out(self, stack: Grids) -> tuple[tuple[Rows, Rows], NDArray[np.bool_]]:
        """Rows of either side, and which pairs of them are pairs of the rule: grids are padded beyond their blocks' ends."""
        blocks, (tall, wide) = self.plan.blocks[stack.number], (int(sizes[0]) for sizes in stack.shapes)
        # The longer side is the last axis, along which whole-array operations are fastest.
        down, along = (
            (np.arange(tall)[:, None], np.arange(wide)) if tall <= wide else (np.arange(tall), np.arange(wide)[:, None])
        )
        left, left_end = stack.left[:, None, None] + down, stack.left_end[:, None, None]
        right, right_end = stack.right[:, None, None] + along, stack.right_end[:, None, None]
        new = (left < left_end) & (right < right_end)
        left, right = np.minimum(left, left_end - 1), np.minimum(right, right_end - 1)
        if self.plan.between is None:
            new &= right >= blocks.begins[left]
        return (blocks.order[left], blocks.order[right]), new


def _share_key(keys: Keys, left: Rows, right: Rows) -> NDArray[np.bool_]:
    found = np.zeros(np.broadcast_shapes(left.shape, right.shape), dtype=bool)
    for i in range(keys.shape[1]):
        ours = keys[:, i].take(left)
        for j in range(keys.shape[1]):
            found |= (ours == keys[:, j].take(right)) & (ours != NO_KEY)
    return found
