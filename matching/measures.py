"""What is measured once and then held: everything besides the model and the two records that a pair's weight depends on.

While measures are held, a pair has the same weight tomorrow as tonight, whatever other records come and go, so a later linkage
need only deal with what changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.blocking import BlockingRule
from matching.clustering.assign import Coverage, Priors
from matching.commonness.frequencies import Frequencies, HeldFrequencies
from matching.in_numbers.encode import Encoded

Strata = tuple[str | None, ...]


@dataclass(frozen=True)
class Measures:
    """Measures of one linkage."""

    records: int
    """How many records it had: a model's shares of matches and households depend on it."""
    rules: tuple[str, ...]
    """Names of the blocking rules chosen, in the order in which they run."""
    frequencies: Mapping[str, HeldFrequencies]
    """Column -> how common its values are."""
    priors: Priors
    """Datasets in the order of their names."""
    strata: Strata
    """The stratum of each number in ``coverage``; the first is None (the record has none). Any stratum not listed has the
    number after the last."""
    coverage: Coverage

    def chosen(self, rules: Sequence[BlockingRule]) -> list[BlockingRule]:
        """The rules chosen, in their order."""
        by_name = {rule.name: rule for rule in rules}
        return [by_name[name] for name in self.rules]


def held_frequencies(frequencies: Mapping[str, Frequencies], table: Encoded) -> dict[str, HeldFrequencies]:
    """The frequencies of a table's columns in the form in which they are held."""
    return {column: HeldFrequencies.of(found, table) for column, found in frequencies.items()}


def strata_of(table: Encoded, column: str | None, held: Strata | None) -> tuple[Strata, NDArray[np.int32]]:
    """The strata of a table (or those held), and the number of each record's. ``column``: None: all are in one stratum."""
    if column is None:
        return held or (None,), np.zeros(table.height, dtype=np.int32)
    codes, where = np.unique(table.column(column), return_inverse=True)
    found = [table.vocabulary[int(code)] if code >= 0 else None for code in codes]
    strata = (None, *(name for name in found if name is not None)) if held is None else held
    number = {name: place for place, name in enumerate(strata)}
    places = np.array([number.get(name, len(strata)) for name in found], dtype=np.int32)
    return strata, places[where].astype(np.int32)
