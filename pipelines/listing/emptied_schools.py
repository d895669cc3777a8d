"""Schools whose roll says of nearly all their pupils that they have left, while most of those have no other place.

On a first night nothing tells what the roll said before. A column read as the leaving date that is none, or a file of leavers
alone, brings a whole school onto the list. So does a school that has closed and whose pupils nobody has placed: only people can
tell the two apart, so the children stay where they are on the list and a warning names the school.
"""

from datetime import timedelta

import polars as pl

from pipelines.counted import counted, first_of
from pipelines.listing.list_inputs import ListInputs

LEFT_WITHIN = timedelta(weeks=52)
"""Of those who left longer ago, a school of today says nothing."""

FEW_STAY = 0.1
"""Up to this share of those who left, the pupils still there may be entries that were not read as ended."""

ENOUGH_LISTED = 10
"""Least number of a school's former pupils on the list; as many leave on one day when a school is taken to have closed."""


def emptied_schools(candidates: pl.DataFrame, inputs: ListInputs) -> tuple[str, ...]:
    """The warning that names such schools, most listed children first; empty if there are none.

    ``candidates``: ``CANDIDATE``, unmasked. Children whose whereabouts are protected are not counted.
    """
    at_rolls = inputs.provision.join(
        inputs.schools.select("source", "place").unique(), on=["source", "place"], how="semi"
    )
    stay = at_rolls.filter("is_current").group_by("source", "place").agg(stay=pl.col("child_id").n_unique())
    ended = ~pl.col("is_current") & (pl.col("until_on") >= inputs.as_at - LEFT_WITHIN).fill_null(value=True)
    placed = inputs.provision.filter("is_current")["child_id"].unique()
    listed = candidates.filter(~pl.col("restricted"))["child_id"]
    left = at_rolls.filter(ended & (pl.col("since_on").is_null() | (pl.col("since_on") <= inputs.as_at)))
    schools = (
        left.unique(["source", "place", "child_id"])
        .with_columns(
            placed=pl.col("child_id").is_in(placed.implode()), listed=pl.col("child_id").is_in(listed.implode())
        )
        .group_by("source", "place")
        .agg(pl.col("placed", "listed").sum(), left=pl.len())
        .join(stay, on=["source", "place"], how="left", validate="1:1")
    )
    are_few = pl.col("stay").fill_null(0) <= FEW_STAY * pl.col("left")
    found = schools.filter(are_few, pl.col("listed") >= ENOUGH_LISTED, pl.col("listed") > pl.col("placed"))
    if found.is_empty():
        return ()
    order = found.sort("listed", "place", descending=[True, False]).select("place", "listed").rows()
    named = [f"{place} ({counted(children, 'child')} on the list)" for place, children in order]
    return (
        f"By their rolls nearly all pupils of these schools have left, and most of them are at no other: {first_of(named)}. If "
        "such a school has not closed, its roll is misread or is a list of leavers alone: ask for it before anyone works on "
        "these children. If it has closed, they are to be placed.",
    )
