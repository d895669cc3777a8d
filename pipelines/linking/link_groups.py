"""What the linkage reports about itself, by group of children."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.quality.fairness import FEWEST_CHILDREN, by_group
from pipelines.age import age_in_years

AGE_BANDS = ((0, "0 to 4"), (5, "5 to 10"), (11, "11 to 15"), (16, "16 and over"))
"""Below compulsory school age, primary, secondary, beyond it: whole years on the date judged, each from its lower end."""
SEXES = {"F": "girls", "M": "boys"}
SEVERAL_POSTCODES, ONE_POSTCODE = "at several postcodes", "at one postcode"
SMALL_AREAS = "districts with fewer than 10 children each"
TWIN, SINGLE = "birth date and home shared", "not shared"

NOTHING = -1
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class GroupInputs:
    """What the measures by group need to know."""

    as_at: date | None = None
    """The date for ages; null: no ages."""
    rolls: Collection[str] = ()
    """Sources that are rolls. For records of other sources it is measured whether their child is on one. If there are none:
    for every record, whether its child has a record of another source."""
    known: pl.DataFrame | None = None
    """record_id and a text column for each further grouping, as given by a source or a made-up truth: name origin,
    ethnicity, first language. Nothing of the kind is ever inferred from a name."""


def measured_by_group(table: pl.DataFrame, child: pl.Series, pairs: pl.DataFrame, asked: GroupInputs) -> pl.DataFrame:
    """Links and expected errors by group, as BY_GROUP.

    ``table``: person records with their keys. ``child``: the child of each. ``pairs``: left, right (rows of the table),
    probability, is_same_child.
    """
    return by_group(groupings(table, child, asked), child, _is_linked(table["dataset"], child, asked.rolls), pairs)


def groupings(table: pl.DataFrame, child: pl.Series, asked: GroupInputs) -> pl.DataFrame:
    """One row a record, one column a grouping; null: not known for the record.

    A child at several postcodes has moved, or was given another child's record. Two children who share birth date and home
    may be twins, or one child whose records were not joined; only different forenames count as shared.
    """
    ages = {} if asked.as_at is None else {"age": age_in_years(pl.col("date_of_birth"), asked.as_at)}
    number = child.rank("dense").cast(pl.Int64).to_numpy() - 1
    fewest, most = _least_and_greatest(number, _codes(table["postcode"]))
    postcodes = pl.Series(np.where(most == NOTHING, 0, np.where(fewest < most, 2, 1))[number])
    known = table.with_columns(
        child=child, postcodes=postcodes, shares_home=pl.Series(_sharing(table, number)[number]), **ages
    )
    groups = known.select(
        "record_id",
        *([] if asked.as_at is None else [_age_band()]),
        sex=pl.col("sex").replace_strict(SEXES, default=None, return_dtype=pl.String),
        source=pl.col("dataset"),
        moves=pl.when(pl.col("postcodes") > 1)
        .then(pl.lit(SEVERAL_POSTCODES))
        .when(pl.col("postcodes") == 1)
        .then(pl.lit(ONE_POSTCODE)),
        twins=pl.when("shares_home").then(pl.lit(TWIN)).otherwise(pl.lit(SINGLE)),
        area=pl.when(pl.col("child").n_unique().over("district") >= FEWEST_CHILDREN)
        .then("district")
        .when(pl.col("district").is_not_null())
        .then(pl.lit(SMALL_AREAS)),
    )
    if asked.known is not None:
        groups = groups.join(asked.known, on="record_id", how="left", validate="1:1", maintain_order="left")
    return groups.drop("record_id")


def _sharing(table: pl.DataFrame, child: Numbers) -> NDArray[np.bool_]:
    """By number of the child: whether another child, with another forename, has the same birth date and home."""
    born = table["date_of_birth"].to_physical().cast(pl.Int64).fill_null(0).to_numpy()
    dwelling, forename = _codes(table["dwelling"]), _codes(table["forename"])
    placed = np.flatnonzero((dwelling != NOTHING) & table["date_of_birth"].is_not_null().to_numpy())
    _, home = np.unique(dwelling[placed] << 32 | (born[placed] + 2**31), return_inverse=True)
    ends = [_least_and_greatest(home, values[placed]) for values in (child, forename)]
    shared = np.logical_and(*(least < greatest for least, greatest in ends))
    sharing = np.zeros(int(child.max(initial=NOTHING)) + 1, dtype=bool)
    sharing[child[placed[shared[home]]]] = True
    return sharing


def _codes(column: pl.Series) -> Numbers:
    """A number for each text, equal for equal texts; NOTHING where there is none."""
    return column.cast(pl.Categorical).to_physical().cast(pl.Int64).fill_null(NOTHING).to_numpy()


def _least_and_greatest(group: Numbers, values: Numbers) -> tuple[Numbers, Numbers]:
    """By number of the group: its least and greatest value. They differ if it has several; without any, the latter is
    NOTHING.

    Counting the values, or finding the ends with polars, takes three times as long.
    """
    there = values != NOTHING
    groups = int(group.max(initial=NOTHING)) + 1
    greatest = np.full(groups, NOTHING)
    np.maximum.at(greatest, group[there], values[there])
    least = greatest.copy()
    np.minimum.at(least, group[there], values[there])
    return least, greatest


def _age_band() -> pl.Expr:
    age, band = pl.col("age"), pl.lit(None, dtype=pl.String)
    for least, name in AGE_BANDS:
        band = pl.when(age >= least).then(pl.lit(name)).otherwise(band)
    return band.alias("age")


def _is_linked(source: pl.Series, child: pl.Series, rolls: Collection[str]) -> pl.Series:
    """Whether each record's child is on a roll (or, without rolls, in another source); null for a roll's own records."""
    if not rolls:
        records = pl.DataFrame({"source": source, "child": child})
        return records.select(pl.col("source").n_unique().over("child") > 1).to_series()
    is_roll = source.is_in(list(rolls))
    on_a_roll = child.is_in(child.filter(is_roll).unique().implode())
    return pl.select(pl.when(~is_roll).then(on_a_roll)).to_series()
