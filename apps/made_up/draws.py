"""Drawing by chance, so that one seed always gives one world."""

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
"""Text or None, one a row."""
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
    """Chance of its own for each part of the world, so that a change in one part leaves the others as they were."""
    return np.random.default_rng([seed, crc32(part.encode())])


@cache
def listed(file: str) -> pl.DataFrame:
    """Read one list of data/; the names in its last column stand apart by ``;``, the commonest first."""
    return pl.read_csv(DATA / file)


@cache
def words(part: str) -> tuple[str, ...]:
    """Names of one part of places.csv."""
    return tuple(listed("places.csv").filter(part=part)["names"].item().split(";"))


def by_rank(dice: Dice, rows: int, ranks: int, exponent: float = 0.9) -> Numbers:
    """Draw ranks 0.. with the long tail that names have: chance falls as (rank + 3) to the power of ``-exponent``."""
    weights = (np.arange(ranks) + 3.0) ** -exponent
    edges = np.cumsum(weights) / weights.sum()
    return np.minimum(np.searchsorted(edges, dice.random(rows)), ranks - 1).astype(np.int64)


def pick(dice: Dice, values: Sequence[str], rows: int, exponent: float = 0.0) -> Texts:
    """Draw one of the values for each row: evenly, or by rank where an exponent is given."""
    among = np.array(list(values), dtype=object)
    return among[by_rank(dice, rows, len(values), exponent) if exponent else dice.integers(len(values), size=rows)]


def pick_shares(dice: Dice, shares: dict[str, float], rows: int) -> Texts:
    """Draw one of the keys for each row, by its share."""
    among = np.array(list(shares), dtype=object)
    edges = np.cumsum(list(shares.values()))
    return among[np.minimum(np.searchsorted(edges / edges[-1], dice.random(rows)), len(among) - 1)]


def day(value: date) -> np.datetime64:
    """Turn a date into a day that can be counted with."""
    return np.datetime64(value, "D")


def days(numbers: npt.ArrayLike) -> npt.NDArray[np.timedelta64]:
    """Turn numbers of days (rounded down) into spans of time."""
    spans: npt.NDArray[np.timedelta64] = np.floor(np.asarray(numbers, dtype=float)).astype("timedelta64[D]")
    return spans


def between(dice: Dice, first: Days, last: Days) -> Days:
    """Draw a day from first to last, both included; first where last lies before it."""
    spans = np.maximum((last - first).astype(np.int64), 0)
    return first + days(dice.random(len(first)) * (spans + 1))


def school_day_near(when: Days) -> Days:
    """Move Saturdays and Sundays to the Monday after."""
    return np.where(
        np.isnat(when),
        NEVER,
        np.busday_offset(np.where(np.isnat(when), day(date(2000, 1, 3)), when), 0, roll="forward"),
    )


def texts(values: pl.Series) -> Texts:
    """Turn a column of text into an array of text or None."""
    return np.array(values.to_list(), dtype=object)


def column(values: Texts) -> pl.Series:
    """Turn an array of text or None into a column of text."""
    return pl.Series(values.tolist(), dtype=pl.String)


def table(columns: Mapping[str, npt.NDArray[Any] | pl.Series]) -> pl.DataFrame:
    """Put arrays together to a table; arrays of objects are columns of text."""
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
