"""How children weigh against each other: by all pairs of their records, and by what either would lack without the other.

What the records of two children say does not change when presence is counted again (which lists know how many children). So it
is remembered, and only the prior is worked out anew.
"""

from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matching.clustering.assign import SURE, Coverage, Groups
from matching.clustering.cluster import APART, pairs_between
from matching.clustering.judge import Judge
from matching.clustering.rivals import ChildPairs, child_pairs_of
from matching.clustering.together import IN_DOUBT, Questions, is_apart, mean_of
from matching.in_numbers.arrays import Bits, Labels, Rows


class Witness(Protocol):
    """Anything that weighs pairs of rows as a :class:`~matching.clustering.judge.Judge` does."""

    def evidence(self, left: Rows, right: Rows, at_home: Bits | None = None) -> Bits:
        """Weigh each pair by itself: :meth:`matching.clustering.judge.Judge.evidence`."""
        ...

    def together(self, left: Rows, right: Rows, which: Questions, at_home: Bits) -> Bits:
        """Weigh all pairs of one question together: :meth:`matching.clustering.judge.Judge.together`."""
        ...


@dataclass(frozen=True)
class _Question:
    """A question: how pairs of children weigh, given by the rows of those children alone."""

    rows: Rows
    """Rows of all children asked about, in order."""
    own: NDArray[np.int32]
    """The child of each of these rows, numbered in the order of labels."""
    ours: NDArray[np.int32]
    """For each pair, the number of one child; ``theirs``: of the other."""
    theirs: NDArray[np.int32]

    @classmethod
    def of(cls, labels: Labels, one: Labels, other: Labels) -> "_Question":
        """From the labels of all rows, and the labels of either child of each pair."""
        is_asked = np.zeros(len(labels), dtype=bool)
        is_asked[one] = is_asked[other] = True
        rows, number = np.flatnonzero(is_asked.take(labels)), np.cumsum(is_asked, dtype=np.int32)
        own, ours, theirs = (number.take(some) - 1 for some in (labels.take(rows), one, other))
        return cls(rows.astype(np.int32), own, ours, theirs)

    def is_same(self, other: "_Question") -> bool:
        """Whether the other question is the same."""
        both = ((getattr(self, name), getattr(other, name)) for name in _Question.__dataclass_fields__)
        return all(np.array_equal(mine, theirs) for mine, theirs in both)


@dataclass(frozen=True)
class _Answer:
    """What the records of pairs of children say, and the question."""

    question: _Question
    groups: Groups
    pairs: ChildPairs
    """Without any prior."""


@dataclass(frozen=True)
class Weighing:
    """Weighs pairs of children (given labels of all rows, and labels of either child, one < other)."""

    coverage: Coverage
    judge: Judge
    witness: Witness
    """What gives the match weights of pairs."""
    _answers: list[_Answer] = field(default_factory=list)

    @classmethod
    def by(cls, judge: Judge, witness: Witness | None = None) -> "Weighing":
        """By a judge that knows coverage. ``witness``: None: the judge itself."""
        assert judge.coverage is not None  # noqa: S101 - children are weighed once it is known
        return cls(judge.coverage, judge, witness or judge)

    def given(self, coverage: Coverage) -> "Weighing":
        """The same with children counted again. What lists show of siblings must be unchanged: answers are remembered."""
        return replace(self, coverage=coverage)

    def __call__(self, labels: Labels, one: Labels, other: Labels) -> ChildPairs:
        """How each pair of children weighs, in order."""
        question = _Question.of(labels, one, other)
        answer = next((answer for answer in self._answers if answer.question.is_same(question)), None)
        if answer is None:
            answer = self._answer(question, labels)
            self._answers.append(answer)
        return answer.pairs.with_prior(answer.groups.prior(answer.question.ours, answer.question.theirs, self.coverage))

    def _answer(self, question: _Question, labels: Labels) -> _Answer:
        rows = question.rows
        dataset, stratum = self.judge.dataset.take(rows), self.judge.stratum.take(rows)
        groups = Groups.of(question.own, dataset, stratum, len(self.coverage.absent))
        at_home = self.coverage.presence.at_home(groups.present[question.ours], groups.present[question.theirs])
        left, right, pair = pairs_between(question.own, question.ours, question.theirs)
        left, right = rows.take(left), rows.take(right)
        weights = self.witness.evidence(left, right, at_home.take(pair))
        joint = self.joint(weights, left, right, pair, at_home)
        return _Answer(question, groups, child_pairs_of(labels, left, right, weights, joint))

    def joint(self, weights: Bits, left: Rows, right: Rows, which: Questions, at_home: Bits) -> Bits:
        """What all pairs of each question say together, without any prior: see :mod:`matching.clustering.together`. If
        identifiers keep the children apart, APART plus what the rest says.

        ``weights``: of the pairs; ``which``: the question of each; ``at_home``: one entry per question.
        """
        joint = mean_of(weights, which, len(at_home))
        apart = is_apart(joint)
        is_open = (np.bincount(which, minlength=len(at_home)) > 1) & (np.abs(joint) < IN_DOUBT) | apart
        at, number = np.flatnonzero(is_open.take(which)), np.cumsum(is_open) - 1
        together = self.witness.together(left.take(at), right.take(at), number.take(which.take(at)), at_home[is_open])
        joint[is_open] = np.clip(together, -2 * SURE, 2 * SURE)
        joint[apart] += APART
        return joint
