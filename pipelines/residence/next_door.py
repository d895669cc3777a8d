"""Homes next door, where the authority has not said which postcodes are its own.

Pupils come to school from over the border; doctors, landlords and benefits there are another authority's. So a postcode
district of which a roll has many homes and the agencies here hardly any lies outside. A corner of the authority that the
doctors' list alone does not reach has tenants, claims and social workers, and does not lie outside.
"""

import polars as pl

from pipelines.linking.counted_among import MOST, has_hardly_any
from pipelines.residence.records import ChildDates


def districts_next_door(dates: ChildDates, homes: pl.DataFrame) -> pl.Series:
    """Postcode districts of ``homes`` (``source``, ``district``) where the largest roll has homes and hardly any agency has.

    An agency is asked if its homes are so many that to have none there is not by chance. The largest must have hardly any
    there, and most of those asked. None lies next door if they have more than a share ``MOST`` of the roll's homes.
    """
    is_roll = pl.col("source").is_in(dates.rolls.implode())
    roll, agency = _largest(homes.filter(is_roll)), _largest(homes.filter(~is_roll))
    if roll is None or agency is None:
        return pl.Series(dtype=pl.String)
    on_roll = homes.filter(source=roll)["district"].value_counts(name="pupils")
    shares = on_roll.select("district", share=pl.col("pupils") / pl.col("pupils").sum())
    counted = _counted(homes.filter(~is_roll), shares)
    few = counted.group_by("district").agg(
        by_most=pl.col("has_few").mean() > 0.5, by_largest=(pl.col("has_few") & (pl.col("source") == agency)).any()
    )
    found = shares.join(few.filter("by_most", "by_largest"), on="district", how="semi")
    return found["district"].sort() if found["share"].sum() <= MOST else pl.Series(dtype=pl.String)


def unknown_to_largest_agency(dates: ChildDates, children: pl.DataFrame) -> pl.DataFrame:
    """Those of ``children`` (``child``) of whom the agency with the most records has none: their doctor is next door too."""
    agency = _largest(dates.records.filter(~pl.col("source").is_in(dates.rolls.implode())))
    return children if agency is None else children.join(dates.records.filter(source=agency), on="child", how="anti")


def _largest(records: pl.DataFrame) -> str | None:
    sizes = records.group_by("source").len().sort("len", "source", descending=[True, False])
    return None if sizes.is_empty() else str(sizes["source"][0])


def _counted(homes: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """``district``, ``source`` and ``has_few``, for each agency that can tell whether it has hardly any homes in a district,
    given the ``share`` of the roll's."""
    sizes = homes.group_by("source").agg(all_homes=pl.len())
    there = homes.group_by("district", "source").agg(there=pl.len())
    asked = shares.join(sizes, how="cross").join(there, on=["district", "source"], how="left", validate="1:1")
    expected, there_ = pl.col("share") * pl.col("all_homes"), pl.col("there").fill_null(0)
    return asked.filter(has_hardly_any(pl.lit(0), expected)).select(
        "district", "source", has_few=has_hardly_any(there_, expected)
    )
