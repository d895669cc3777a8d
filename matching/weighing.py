"""How children weigh against each other: by every pair of their records, and by what either would lack.

What the records of two children say does not change when it is counted again which lists know how many children: it is
remembered, and only the prior is worked out anew.
"""

from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matching.assign import SURE, Bits, Coverage, Groups
from matching.cluster import pairs_between
from matching.components import Labels
from matching.encode import Rows
from matching.judge import Judge
from matching.rivals import Between, between_of
from matching.together import IN_DOUBT, Questions, mean_of


class Witness(Protocol):
    """What says how much pairs of rows weigh, as a :class:`~matching.judge.Judge` does."""

    def evidence(self, left: Rows, right: Rows, at_home: Bits | None = None) -> Bits:
        """Each by itself: :meth:`matching.judge.Judge.evidence`."""
        ...

    def together(self, left: Rows, right: Rows, which: Questions, at_home: Bits) -> Bits:
        """All of one question together: :meth:`matching.judge.Judge.together`."""
        ...


@dataclass(frozen=True)
class _Said:
    """What the records of pairs of children say, and what was asked."""

    labels: Labels
    one: Labels
    other: Labels
    groups: Groups
    number: NDArray[np.int32]
    """Of each label asked for: its place in ``groups``."""
    between: Between
    """Before any prior."""

    def answers(self, labels: Labels, one: Labels, other: Labels) -> bool:
        """Is this what is asked?"""
        asked = ((self.one, one), (self.other, other), (self.labels, labels))
        return all(np.array_equal(mine, theirs) for mine, theirs in asked)


@dataclass(frozen=True)
class Weighing:
    """Weighs pairs of children (labels of all rows, labels of either child, one < other)."""

    coverage: Coverage
    judge: Judge
    witness: Witness
    """What gives the match weights of pairs."""
    _said: list[_Said] = field(default_factory=list)

    @classmethod
    def by(cls, judge: Judge, witness: Witness | None = None) -> "Weighing":
        """By a judge that knows coverage. ``witness``: null: the judge."""
        assert judge.coverage is not None  # noqa: S101 - children are weighed once it is known
        return cls(judge.coverage, judge, witness or judge)

    def given(self, coverage: Coverage) -> "Weighing":
        """The same, children counted again: lists show of siblings what they did."""
        return replace(self, coverage=coverage)

    def __call__(self, labels: Labels, one: Labels, other: Labels) -> Between:
        """How each pair of children weighs, in order."""
        said = next((said for said in self._said if said.answers(labels, one, other)), None)
        if said is None:
            said = self._asked(labels, one, other)
            self._said.append(said)
        ours, theirs = said.number[said.between.one], said.number[said.between.other]
        return said.between.given(said.groups.prior(ours, theirs, self.coverage))

    def _asked(self, labels: Labels, one: Labels, other: Labels) -> _Said:
        is_asked = np.zeros(len(labels), dtype=bool)
        is_asked[one] = is_asked[other] = True
        rows, number = np.flatnonzero(is_asked[labels]).astype(np.int32), np.cumsum(is_asked, dtype=np.int32) - 1
        own, ours, theirs = number[labels[rows]], number[one], number[other]
        groups = Groups.of(own, self.judge.dataset[rows], self.judge.stratum[rows], len(self.coverage.absent))
        at_home = self.coverage.presence.at_home(groups.present[ours], groups.present[theirs])
        left, right, pair = pairs_between(own, ours, theirs)
        left, right = rows[left], rows[right]
        weights = self.witness.evidence(left, right, at_home[pair])
        joint = self.joint(weights, left, right, pair, at_home)
        return _Said(labels, one, other, groups, number, between_of(labels, left, right, weights, joint))

    def joint(self, weights: Bits, left: Rows, right: Rows, which: Questions, at_home: Bits) -> Bits:
        """What all pairs of each question say together, before any prior: see :mod:`matching.together`.

        ``weights``: of the pairs; ``which``: the question of each; ``at_home``: of each question.
        """
        joint = mean_of(weights, which, len(at_home))
        is_open = (np.bincount(which, minlength=len(at_home)) > 1) & (np.abs(joint) < IN_DOUBT)
        at, number = np.flatnonzero(is_open.take(which)), np.cumsum(is_open) - 1
        together = self.witness.together(left.take(at), right.take(at), number.take(which.take(at)), at_home[is_open])
        joint[is_open] = np.clip(together, -2 * SURE, 2 * SURE)
        return joint


__all__ = ["Weighing"]
