"""Homes far from here, where the authority has not said which postcodes are its own.

A child looked after by the authority may live with foster parents a hundred miles away, and a family that waits for a home in a
hostel there. The list of the agency that placed them has their home, and no list that knows nearly everybody has one in the
district. Such homes are told from mistyped postcodes by how many the list has: other lists have as many slips.
"""

import polars as pl

from pipelines.linking.counted_among import has_hardly_any
from pipelines.residence.records import ChildDates

MORE_THAN_SLIPS = 5
"""Homes in unknown districts that a list has, for each that slips alone would leave there."""


def homes_far_away(dates: ChildDates, homes: pl.DataFrame) -> pl.DataFrame:
    """``source`` and ``district`` of the homes, among ``homes`` (``source``, ``district``), that lie far away.

    A district is unknown if neither of the two largest lists, which know nearly everybody, has a home there. How many homes
    slips leave in such districts is told by these two: of each, the share in districts that the other does not know, the
    smaller of both, because pupils come from next door. Only a list of entries, as a landlord's or a social worker's,
    shows that it places people elsewhere; whoever applies for a school may be about to come.
    """
    counted = homes.group_by("source", "district").agg(there=pl.len())
    sizes = counted.group_by("source").agg(all_homes=pl.col("there").sum())
    largest = sizes.sort("all_homes", "source", descending=[True, False]).head(2)
    if largest.height < 2:
        return counted.select("source", "district").clear()
    one, other = (counted.filter(source=source) for source in largest["source"])
    slips = min(_share_unknown(one, to=other), _share_unknown(other, to=one))
    is_of_entries = pl.col("source").is_in(dates.entry_sources.implode())
    asked = sizes.filter(is_of_entries, ~pl.col("source").is_in(dates.rolls.implode()))
    unknown = counted.join(pl.concat([one, other]), on="district", how="anti")
    by_list = (
        unknown.group_by("source").agg(pl.col("there").sum()).join(asked, on="source", how="inner", validate="1:1")
    )
    there, expected = pl.col("there"), pl.col("all_homes") * slips
    placing = by_list.filter(has_hardly_any(expected, there), there > MORE_THAN_SLIPS * expected)
    return unknown.join(placing, on="source", how="semi").select("source", "district").sort("source", "district")


def _share_unknown(homes: pl.DataFrame, *, to: pl.DataFrame) -> float:
    """The share of a list's ``homes`` that lie in districts where the other list has none."""
    is_known = pl.col("district").is_in(to["district"].implode())
    return float(homes.select(pl.col("there").filter(~is_known).sum() / pl.col("there").sum()).item())
