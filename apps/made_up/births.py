"""Who is born into which family, and when."""

from datetime import date

import numpy as np
import polars as pl

from apps.made_up.draws import YEAR, Dice, Numbers, day, days

OLDEST_YEARS = 18.85
"""The extracts have children from birth up to this age."""
BIRTHS_OF_A_FAMILY = np.array([0.32, 0.40, 0.17, 0.07, 0.025, 0.015])
TWIN_BIRTHS = 0.0155
"""About 3 children in 100 are twins (ONS births: 15 to 16 multiple maternities in 1,000)."""
TRIPLET_BIRTHS = 0.0003


def _turn_in_group(groups: Numbers) -> Numbers:
    """Number the rows of each group 0, 1, 2...; rows of a group must be adjacent."""
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    return np.arange(len(groups)) - np.repeat(starts, np.diff(np.r_[starts, len(groups)]))


def _draw(dice: Dice, families: int, as_at: date) -> pl.DataFrame:
    births = dice.choice(len(BIRTHS_OF_A_FAMILY), size=families, p=BIRTHS_OF_A_FAMILY) + 1
    family = np.repeat(np.arange(families), births)
    turn = _turn_in_group(family)
    first = dice.random(families) * 24.0
    gaps = np.where(turn == 0, 0.0, np.maximum(dice.gamma(4.0, 0.75, size=len(family)), 0.85))
    years = np.cumsum(gaps)
    years -= np.repeat(years[turn == 0], births)
    age = first[family] - years
    chance = dice.random(len(family))
    size = np.where(chance < TRIPLET_BIRTHS, 3, np.where(chance < TRIPLET_BIRTHS + TWIN_BIRTHS, 2, 1))
    kept = np.repeat((age >= 0) & (age < OLDEST_YEARS), size)
    rows = np.repeat(np.arange(len(family)), size)[kept]
    born_on = day(as_at) - days(age[rows] * YEAR)
    return pl.DataFrame({"family": family[rows], "birth": rows, "born_on": born_on, "size": size[rows]})


def draw_births(dice: Dice, children: int, as_at: date) -> pl.DataFrame:
    """One row per child: ``family`` (0, 1, ...), ``born_on``, ``twin`` (also triplets), ``birth``. Siblings are adjacent."""
    families = int(children / 1.2) + 40
    drawn = _draw(dice, families, as_at)
    while drawn.height < children:
        families *= 2
        drawn = _draw(dice, families, as_at)
    return drawn.head(children).select(
        (pl.col("family").rle_id()).cast(pl.Int64).alias("family"),
        pl.col("born_on"),
        ((pl.col("size") > 1) & (pl.len().over("birth") > 1)).alias("twin"),
        pl.col("birth").rle_id().cast(pl.Int64).alias("birth"),
    )
