"""Random draws, made so that one seed always gives the same world."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import polars as pl

Texts = npt.NDArray[np.object_]
"""Text or None, one per row."""
Numbers = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]
"""Dates to the day (datetime64[D]); NaT where there is none."""
Dice = np.random.Generator

DATA = Path(__file__).parent / "data"
YEAR = 365.25
NEVER = np.datetime64("NaT", "D")


def stream(seed: int, part: str) -> Dice:
    """A random stream for each part of the world, so that a change in one part leaves the others as they were."""
    return np.random.default_rng([seed, crc32(part.encode())])


@cache
def listed(file: str) -> pl.DataFrame:
    """Read one list in data/. Names in its last column are separated by ``;``, the commonest first."""
    return pl.read_csv(DATA / file)


@cache
def words(part: str) -> tuple[str, ...]:
    """Names of one part of places.csv."""
    return tuple(listed("places.csv").filter(part=part)["names"].item().split(";"))


def by_rank(dice: Dice, rows: int, ranks: int, exponent: float = 0.9) -> Numbers:
    """Draw ranks from 0 with the long tail that names have: the chance is proportional to (rank + 3) ** -exponent."""
    weights = (np.arange(ranks) + 3.0) ** -exponent
    edges = np.cumsum(weights) / weights.sum()
    return np.minimum(np.searchsorted(edges, dice.random(rows)), ranks - 1).astype(np.int64)


def pick(dice: Dice, values: Sequence[str], rows: int, exponent: float = 0.0) -> Texts:
    """Draw one of the values for each row: evenly, or by rank if an exponent is given."""
    among = np.array(list(values), dtype=object)
    return among[by_rank(dice, rows, len(values), exponent) if exponent else dice.integers(len(values), size=rows)]


def pick_shares(dice: Dice, shares: dict[str, float], rows: int) -> Texts:
    """Draw one of the keys for each row, by its share."""
    among = np.array(list(shares), dtype=object)
    edges = np.cumsum(list(shares.values()))
    return among[np.minimum(np.searchsorted(edges / edges[-1], dice.random(rows)), len(among) - 1)]


def day(value: date) -> np.datetime64:
    """A date as a numpy day, for arithmetic."""
    return np.datetime64(value, "D")


def days(numbers: npt.ArrayLike) -> npt.NDArray[np.timedelta64]:
    """Numbers of days (rounded down) as timedeltas."""
    spans: npt.NDArray[np.timedelta64] = np.floor(np.asarray(numbers, dtype=float)).astype("timedelta64[D]")
    return spans


def between(dice: Dice, first: Days, last: Days) -> Days:
    """Draw a day from first to last, both included; first if last is before it."""
    spans = np.maximum((last - first).astype(np.int64), 0)
    return first + days(dice.random(len(first)) * (spans + 1))


def school_day_near(when: Days) -> Days:
    """Move Saturdays and Sundays to the next Monday."""
    return np.where(
        np.isnat(when),
        NEVER,
        np.busday_offset(np.where(np.isnat(when), day(date(2000, 1, 3)), when), 0, roll="forward"),
    )


def texts(values: pl.Series) -> Texts:
    """A text column as an array of text or None."""
    return np.array(values.to_list(), dtype=object)


def column(values: Texts) -> pl.Series:
    """An array of text or None as a text column."""
    return pl.Series(values.tolist(), dtype=pl.String)


def table(columns: Mapping[str, npt.NDArray[Any] | pl.Series]) -> pl.DataFrame:
    """Combine arrays into a table; arrays of objects become text columns."""
    return pl.DataFrame(
        {name: column(v) if isinstance(v, np.ndarray) and v.dtype == object else v for name, v in columns.items()}
    )


def said(values: Texts) -> Flags:
    """True where there is a text."""
    flags: Flags = pl.Series(values.tolist(), dtype=pl.String).is_not_null().to_numpy()
    return flags


def only(flags: Flags, values: Texts) -> Texts:
    """Keep the values where the flag is true; None elsewhere."""
    kept = values.copy()
    kept[~flags] = None
    return kept


def either(flags: Flags, values: Texts | str, others: Texts | str) -> Texts:
    """Take values where the flag is true, the others elsewhere."""
    chosen: Texts = np.where(flags, values, others).astype(object)
    return chosen
