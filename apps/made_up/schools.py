"""The schools, and which of them a child goes to."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from apps.made_up.draws import Dice, Numbers, pick, table, words

PUPILS_OF_A_PRIMARY = 300
PUPILS_OF_A_SECONDARY = 950


@dataclass(frozen=True)
class Schools:
    """The state schools of the authority, one row each: estab, urn, school_name, district, is_secondary."""

    frame: pl.DataFrame

    def choose(self, dice: Dice, district: Numbers, is_secondary: bool) -> Numbers:
        """Choose a school for each row, mostly in the same district."""
        rows = np.flatnonzero(self.frame["is_secondary"].to_numpy() == is_secondary)
        where = self.frame["district"].to_numpy()[rows]
        chosen = dice.choice(rows, size=len(district))
        near = dice.random(len(district)) < 0.8
        for number in np.unique(where):
            here = np.flatnonzero(near & (district == number))
            chosen[here] = dice.choice(rows[where == number], size=len(here))
        return chosen


def make_schools(dice: Dice, children: int, districts: int) -> Schools:
    """Make enough primary schools (nursery to year 6) and secondary schools (years 7 to 13) for the children."""
    primaries = max(3, round(children * 0.42 / PUPILS_OF_A_PRIMARY))
    secondaries = max(2, round(children * 0.33 / PUPILS_OF_A_SECONDARY))
    names = dice.permutation(
        [f"{town} {word}" if town else word for town in ("", *words("town")) for word in words("street")]
    )
    total = primaries + secondaries
    is_secondary = np.arange(total) >= primaries
    first = np.array([str(name) for name in np.resize(names, total)], dtype=object)
    of_secondary = pick(dice, ["Academy", "High School", "School"], total)
    of_primary = pick(dice, ["Primary School", "Primary School", "CE Primary School", "Primary Academy"], total)
    kind = np.where(is_secondary, of_secondary, of_primary)
    estab = np.where(is_secondary, 4001 - primaries, 2001) + np.arange(total)
    return Schools(
        table(
            {
                "estab": estab.astype(str).astype(object),
                "urn": (900001 + np.arange(total)).astype(str).astype(object),
                "school_name": first + " " + kind,
                "district": np.arange(total) % districts,
                "is_secondary": is_secondary,
            }
        )
    )
