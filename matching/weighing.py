"""How children weigh against each other: by every pair of their records, and by what either would lack.

What the records of two children say does not change when it is counted again which lists know how many children: it is
remembered, and only the prior is worked out anew.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from matching.assign import Coverage, Evidence, Groups
from matching.cluster import pairs_between
from matching.components import Labels
from matching.judge import Judge
from matching.rivals import Between, between_of


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
    evidence: Evidence
    """What gives the match weights of pairs."""
    _said: list[_Said] = field(default_factory=list)

    @classmethod
    def by(cls, judge: Judge, evidence: Evidence | None = None) -> "Weighing":
        """By a judge that knows coverage. ``evidence``: null: the judge's own."""
        assert judge.coverage is not None  # noqa: S101 - children are weighed once it is known
        return cls(judge.coverage, judge, evidence or judge.evidence)

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
        weights = self.evidence(left, right, at_home[pair])
        return _Said(labels, one, other, groups, number, between_of(labels, left, right, weights))


__all__ = ["Weighing"]
