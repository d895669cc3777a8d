"""How common the values of a column are among people: agreement on a rare value says more (term frequency)."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.in_numbers.arrays import Bits
from matching.in_numbers.encode import Encoded
from matching.in_numbers.sorting import distinct


@dataclass(frozen=True)
class Frequencies:
    """How common the values of one column are, among people."""

    of_code: NDArray[np.float64]
    """log2 of the chance that another person has the value, by code (for dates: by position in ``values``). For two values in
    one column: the bits by which they go together (:mod:`matching.commonness.association`)."""
    values: NDArray[np.int64] | None
    """Sorted packed dates, if the column is a date; else None."""

    def bits(self, codes: NDArray[np.int32]) -> Bits:
        """log2 frequency of each value; NaN where null."""
        places = codes if self.values is None else np.searchsorted(self.values, codes)
        bits = self.of_code.take(places, mode="clip") if len(self.of_code) else np.zeros(len(codes))
        return np.where(codes >= 0, bits, np.nan)


def frequencies_of(column: str, table: Encoded) -> Frequencies:
    """Value frequencies of a column, each value's count reduced by one: the pair being compared should not count itself."""
    codes = table.column(column)
    present = codes[codes >= 0]
    if column in table.dates:
        values, counts = np.unique(present, return_counts=True)
        known: NDArray[np.int64] | None = values.astype(np.int64)
    else:
        counts, known = table.frequencies(column), None
    people = max(len(present), 2)
    return Frequencies(np.log2(np.maximum(counts - 1.0, 1.0) / people), known)


@dataclass(frozen=True)
class HeldFrequencies:
    """How common the values of one column were, kept for later tables. A value not among them counts as the rarest."""

    values: pl.Series
    """Text, or dates packed as yyyymmdd: each value commoner than the rarest, once."""
    bits: Bits
    """log2 of the chance that another person has the value."""
    rarest: float
    """The same for every other value."""

    @classmethod
    def of(cls, frequencies: Frequencies, table: Encoded) -> "HeldFrequencies":
        """Keep frequencies that were measured on a table."""
        bits = frequencies.of_code
        rarest = float(bits.min(initial=0.0))
        common = np.flatnonzero(bits > rarest)
        # As lists: giving polars its first numpy array costs the import of numpy.ma.
        values = (
            table.vocabulary.gather(common.tolist())
            if frequencies.values is None
            else pl.Series(frequencies.values[common].tolist(), dtype=pl.Int64)
        )
        return cls(values.alias("value"), bits[common], rarest)

    def on(self, column: str, table: Encoded) -> Frequencies:
        """The kept frequencies for the values of a table."""
        dates = None
        if column in table.dates:
            present = table.dates[column]
            dates = distinct(present[present >= 0]).astype(np.int64)
        words = table.vocabulary if dates is None else pl.Series(dates)
        asked = pl.DataFrame({"value": words}).with_row_index("code")
        known = pl.DataFrame({"value": self.values, "bits": self.bits})
        # A small table needs only a few of the many values kept.
        common = known.join(asked, on="value", how="inner", validate="1:1")
        bits = np.full(len(words), self.rarest)
        bits[common["code"].to_numpy()] = common["bits"].to_numpy()
        return Frequencies(bits, dates)
