"""How names go together: how much commoner a forename is among people with a given surname than among all people.

Comparisons are weighed as independent witnesses, but forename and surname are not independent: most people with one of a
community's surnames have one of its forenames. A forename that one child in a hundred has may belong to one in ten of those
named KHAN. A pair's agreement in both names is therefore worth less, by log2 of that ratio (bits): the pointwise mutual
information of the two values (Church & Hanks 1990, Computational Linguistics 16:22).

Most such surnames are too rare to count this directly. So a few groups of surnames that draw on the same forenames are found
from the co-occurrence of names alone (a mixture of a few distributions: Hofmann 1999, SIGIR, "probabilistic latent semantic
indexing"; started from surnames whose forenames are least like each other's: Arora et al. 2013, ICML). A surname may belong
to several groups. The groups have no meaning and no name, and nothing is kept of them but the bits.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from matching.commonness.frequencies import Frequencies
from matching.in_numbers.encode import Encoded

Floats = NDArray[np.float64]

GROUPS = 12
"""Groups of surnames, besides the group of everybody."""
ROUNDS = 25
"""Rounds of expectation-maximisation. Six times as many change the bits by a quarter on average, at six times the cost."""
ENOUGH = 10
"""People who must have a surname before a group may start from it."""
SEEDS = 300
"""A group may start from one of this many commonest surnames."""
SURE = 4.0
"""Standard deviations by which a surname's forenames must differ from everybody's for a group to start from it."""
OF_ANY_SURNAME = 3.0
"""Pseudo-people, with groups as in the whole population, added to those of each surname: a rare one shows little by itself."""
OF_ANY_FORENAME = 50.0
"""Pseudo-people, with forenames as in the whole population, added to those of each group."""
OF_ANY_VALUE = 3.0
"""Pseudo-people, of whom as many have a mark as among all, added to those of each value."""
FEW = 2
"""Two values that no more records have together get 0 bits, so that nothing is kept about a pair of values so rare."""
MOST = 6.0
"""The most bits by which two names are said to go together."""


@dataclass(frozen=True)
class GoesWith:
    """Two comparisons whose values go together by custom, as forename and surname do: people who agree in one of them agree
    in the other more often than by chance.
    """

    comparison: str
    """Name of the other comparison."""
    column: str
    """Column with both values in one."""
    first: str | None
    """Column of the value itself; ``second``: of the other comparison's value. None: the value is a mark that a record has or
    not, and ``column`` holds the other comparison's value where the record has it, else null."""
    second: str
    person: str
    """Column that tells apart people with the same two values when they are counted."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Every column it reads: both values in one, each value, and the person."""
        return tuple(name for name in (self.column, self.first, self.second, self.person) if name is not None)


@dataclass(frozen=True)
class _Pairs:
    """One row is a pair of values that somebody has, in the order of ``code``."""

    code: NDArray[np.int64]
    """Code of both values in one."""
    first: NDArray[np.int64]
    """Number of the first value (the forename), from 0."""
    second: NDArray[np.int64]
    """Number of the second value (the surname), from 0."""
    people: Floats
    """How many people have both."""

    @classmethod
    def of(cls, goes_with: GoesWith, table: Encoded) -> "_Pairs":
        """The pairs in a table in which one person may have several records."""
        names = ("code", "first", "second", "person")
        records = pl.DataFrame(
            {name: table.column(column) for name, column in zip(names, goes_with.reads, strict=True)}
        )
        people = records.filter(pl.all_horizontal(pl.col("code", "first", "second") >= 0)).unique()
        counts = people.group_by("code", "first", "second").agg(people=pl.len()).sort("code")
        first, second = ((counts[name].rank("dense") - 1).cast(pl.Int64).to_numpy() for name in ("first", "second"))
        return cls(
            counts["code"].cast(pl.Int64).to_numpy(), first, second, counts["people"].cast(pl.Float64).to_numpy()
        )

    def matrix(self, values: Floats) -> csr_matrix:
        """A value for each pair as a matrix: second values x first values."""
        return csr_matrix((values, (self.second, self.first)))


@dataclass(frozen=True)
class _Groups:
    """Groups of second values (surnames); the first group is that of everybody."""

    of_second: Floats
    """Second values x groups: the probability that a person with the value belongs to the group."""
    first_in: Floats
    """First values x groups: the probability that a person of the group has the value."""


def association_of(goes_with: GoesWith, table: Encoded) -> Frequencies:
    """Bits, 0 to MOST, by which two values (or a value and a mark) go together, by the code of both in one; 0 where nothing
    shows it.

    The bits of two values rest on people who have one of them but not both, so that somebody who is in the table twice does
    not count as evidence about their own names.
    """
    if goes_with.first is None:
        return Frequencies(_bits_of_mark(goes_with, table), None)
    pairs = _Pairs.of(goes_with, table)
    bits = np.zeros(len(table.vocabulary))
    if len(pairs.code):
        groups = _groups_of(pairs)
        if groups is not None:
            bits[pairs.code] = np.where(
                table.frequencies(goes_with.column)[pairs.code] > FEW, _bits(pairs, groups), 0.0
            )
    return Frequencies(bits, None)


def _bits_of_mark(goes_with: GoesWith, table: Encoded) -> Floats:
    """Bits of each value: how much commoner the mark is among people with the value, less one of them, than among all."""
    columns = {"code": goes_with.column, "value": goes_with.second, "person": goes_with.person}
    records = pl.DataFrame({name: table.column(column) for name, column in columns.items()})
    people = records.filter(pl.all_horizontal(pl.col("value", "person") >= 0)).unique()
    with_mark = np.bincount(people.filter(pl.col("code") >= 0)["value"], minlength=len(table.vocabulary))
    usual = with_mark.sum() / max(len(people), 1)
    bits = np.zeros(len(table.vocabulary))
    at = np.flatnonzero((with_mark > 0) & (table.frequencies(goes_with.column) > FEW))
    many = np.bincount(people["value"], minlength=len(table.vocabulary))[at]
    among_such = (with_mark[at] - 1 + OF_ANY_VALUE * usual) / (many - 1 + OF_ANY_VALUE)
    bits[at] = np.round(np.clip(np.log2(among_such / usual), 0.0, MOST), 3)
    return bits


def _groups_of(pairs: _Pairs) -> _Groups | None:
    """Find the groups by expectation-maximisation; None: no surname is common enough to start from."""
    every = np.bincount(pairs.first, pairs.people)
    share, many = every / every.sum(), np.bincount(pairs.second, pairs.people)
    first_in = _starting_groups(pairs.matrix(pairs.people), np.asarray(many, dtype=np.float64), share)
    if first_in is None:
        return None
    of_second = np.full((len(many), first_in.shape[1]), 1 / first_in.shape[1])
    for _ in range(ROUNDS):
        seconds, firsts = _expected_people(pairs, of_second, first_in)
        mix = seconds.sum(axis=0) / many.sum()
        of_second = (seconds + OF_ANY_SURNAME * mix) / (many + OF_ANY_SURNAME)[:, None]
        first_in = (firsts + OF_ANY_FORENAME * share[:, None]) / (firsts.sum(axis=0) + OF_ANY_FORENAME)
    return _Groups(of_second, first_in)


def _expected_people(pairs: _Pairs, of_second: Floats, first_in: Floats) -> tuple[Floats, Floats]:
    """Expected people of each second value, and of each first value, in each group."""
    chance = np.einsum("pg,pg->p", of_second.take(pairs.second, axis=0), first_in.take(pairs.first, axis=0))
    shared = pairs.matrix(pairs.people / chance)
    return of_second * (shared @ first_in), first_in * (shared.T @ of_second)


def _starting_groups(counts: csr_matrix, many: Floats, share: Floats) -> Floats | None:
    """First values x groups to start from: everybody's, and those of the second values least like each other's."""
    common = np.lexsort((np.arange(len(many)), -many))[:SEEDS]
    common = common[many[common] >= ENOUGH]
    heard = np.flatnonzero(share * many.sum() >= ENOUGH)
    own = counts[common].toarray()
    left = (own[:, heard] / many[common][:, None] - share[heard]) / np.sqrt(share[heard])
    left *= np.sqrt(many[common])[:, None]
    # If a surname draws on everybody's forenames, its sum of squares follows chi-square.
    by_chance = len(heard) + SURE * np.sqrt(2 * len(heard))
    begun = [share]
    for _ in range(min(GROUPS, len(common))):
        apart = np.einsum("sf,sf->s", left, left)
        seed = int(apart.argmax())
        if apart[seed] <= by_chance:
            break
        begun.append((own[seed] + share) / (many[common[seed]] + 1))
        way = left[seed] / np.sqrt(apart[seed])
        left = left - np.outer(left @ way, way)
    return np.stack(begun, axis=1) if len(begun) > 1 else None


def _bits(pairs: _Pairs, groups: _Groups) -> Floats:
    """Bits of each pair of values; the pair's own people are left out of every count, but for one who is like everybody."""
    seconds, firsts = _expected_people(pairs, groups.of_second, groups.first_in)
    mix, many = seconds.sum(axis=0) / pairs.people.sum(), pairs.people.sum()
    own = groups.of_second.take(pairs.second, axis=0) * groups.first_in.take(pairs.first, axis=0)
    own *= (pairs.people / own.sum(axis=1))[:, None]
    bearers = np.bincount(pairs.first, pairs.people).take(pairs.first)
    usual = (bearers - pairs.people + 1) / (many - pairs.people + 1)
    of_second = np.maximum(seconds.take(pairs.second, axis=0) - own, 0) + OF_ANY_SURNAME * mix
    first_in = np.maximum(firsts.take(pairs.first, axis=0) - own, 0) + OF_ANY_FORENAME * usual[:, None]
    first_in /= firsts.sum(axis=0) - own + OF_ANY_FORENAME
    among_such = (of_second * first_in).sum(axis=1) / of_second.sum(axis=1)
    # Rounded to a thousandth of a bit: the last digits of long sums differ between machines.
    return np.asarray(np.round(np.clip(np.log2(among_such / usual), 0.0, MOST), 3))
