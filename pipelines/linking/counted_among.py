"""Whom a record's child is counted among when linking asks which lists know a child.

A pupil whom no doctor knows and a patient on no roll, with one birth date and forename, are probably one child under two
surnames, because nearly every child is on both lists. That is wrong of a pupil who lives next door, where that authority's
doctors have the record. So where one of the two largest lists knows hardly any homes, children are counted by themselves.
"""

import polars as pl

COUNTED_AMONG = "counted_among"
"""Column of the birth year, or ELSEWHERE; null: nothing is known of the birth."""
ELSEWHERE = "elsewhere"
"""In place of the birth year where the home lies in a postcode district of which hardly any list but one knows."""
HARDLY = 0.5
"""A list has hardly any homes in a district if there are less than this share of those to be expected by the other's. Many a
child over the border has a doctor here: the practice is the nearest, or the other parent's."""
BY_CHANCE = 1.3
"""As many fewer than expected, in square roots of homes, are there by chance in one district of 100."""
MOST = 0.25
"""Share of a list's homes that may lie there at most. If it is more, the other list covers only a part of the authority, and
families move from part to part.
"""

DISTRICT = pl.col("postcode").str.head(-3)
"""Of a record's postcode, which has no space."""


def with_whom_counted(person: pl.DataFrame) -> pl.DataFrame:
    """``person`` (``PERSON``) with COUNTED_AMONG."""
    born = pl.coalesce(pl.col("date_of_birth").dt.year().cast(pl.String), pl.col("born_in").str.head(4))
    is_elsewhere = DISTRICT.is_in(_one_list_knows(person).implode())
    return person.with_columns(pl.when(is_elsewhere).then(pl.lit(ELSEWHERE)).otherwise(born).alias(COUNTED_AMONG))


def _one_list_knows(person: pl.DataFrame) -> pl.Series:
    """Postcode districts in which one of the two sources with the most homes has hardly any beside the other."""
    homes = person.drop_nulls("postcode").group_by("dataset", district=DISTRICT).len()
    largest = homes.group_by("dataset").agg(pl.col("len").sum()).sort("len", "dataset", descending=[True, False])
    if largest.height < 2:
        return pl.Series(dtype=pl.String)
    (one, of_one), (other, of_other) = largest.head(2).rows()
    counted = homes.group_by("district").agg(
        (pl.col("len").filter(pl.col("dataset") == source).sum() / all_).alias(side)
        for side, source, all_ in (("ones", one, of_one), ("others", other, of_other))
    )
    places = pl.Series(dtype=pl.String)
    for more, less, lacking in (("ones", "others", of_other), ("others", "ones", of_one)):
        there, expected = (pl.col(side) * lacking for side in (less, more))
        found = counted.filter(has_hardly_any(there, expected))
        if found[more].sum() <= MOST:
            places = pl.concat([places, found["district"]])
    return places.sort()


def has_hardly_any(there: pl.Expr, expected: pl.Expr) -> pl.Expr:
    """Whether a list has hardly any homes ``there``, in a district, beside those ``expected``, and not by chance."""
    return (there < HARDLY * expected) & (_root(there) < _root(expected) - BY_CHANCE)


def _root(homes: pl.Expr) -> pl.Expr:
    """The square root of a count, which varies by chance as much however large the count (Anscombe 1948, Biometrika 35:246)."""
    return (homes + 3 / 8).sqrt()
