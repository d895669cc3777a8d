"""Where the authority ends: homes outside it, and homes near its border.

The duty covers children in the authority's area (Education Act 1996, section 436A). A child whose last known home lies
outside is another authority's, and that authority is asked first. A child near the border may be on the roll of a school
next door that no extract shows: a reason to ask there before anybody visits. Where a child goes to school does not count
here. A child who lives here and is on a roll next door is educated; one who lives next door is not ours, whichever roll the
child is on.
"""

from collections.abc import Iterable, Mapping

import polars as pl

from matching.person import Columns
from pipelines.linking.counted_among import DISTRICT
from pipelines.rank_settings import Area
from pipelines.residence.far_away import homes_far_away
from pipelines.residence.next_door import districts_next_door, unknown_to_largest_agency
from pipelines.residence.records import ChildDates

HOME = pl.Schema(
    Columns(
        {
            "child_id": pl.String,  # key
            "is_outside": pl.Boolean,  # the last known home lies outside the authority
            "is_by_border": pl.Boolean,  # it lies in the authority, in a place named as near the border
            "neighbour": pl.String,  # the authority that it lies in or near; null: none of those named
        }
    )
)
"""One row is one child whose last known home lies outside the authority or near its border."""


def homes(dates: ChildDates, person: pl.DataFrame, area: Area) -> pl.DataFrame:
    """``HOME`` of the children in ``dates``.

    Where the authority has not said which postcodes are its own: only of children whose last known home tonight's lists
    show to be next door (:mod:`pipelines.residence.next_door`) or far away (:mod:`pipelines.residence.far_away`), and
    whom the largest agency does not know.

    ``person``: ``PERSON``. A record's home is as recent as the last day of which the record says anything; that of an ended
    entry is older than any of a child with an open one. Of homes given on one day, or on none, one inside the authority
    counts. A record without a whole postcode gives no home.
    """
    records = dates.records.join(
        person.select("record_id", "postcode", district=DISTRICT).drop_nulls("postcode"),
        on="record_id",
        how="inner",
        validate="1:1",
    )
    if area.postcodes:
        records = records.with_columns(is_outside=~_lies_in(area.postcodes))
    else:
        records = _outside_by_tonights_lists(dates, records)
    by_border = pl.any_horizontal(pl.lit(value=False), *(_lies_in(places) for places in area.border.values()))
    records = records.with_columns(is_by_border=~pl.col("is_outside") & by_border)
    is_told = pl.col("is_outside") | pl.col("is_by_border")
    home = _last_homes(records.join(records.filter(is_told), on="child", how="semi")).filter(is_told)
    if not area.postcodes:
        home = unknown_to_largest_agency(dates, home)
    return (
        home.with_columns(neighbour=pl.when("is_outside").then(_named(area.neighbours)).otherwise(_named(area.border)))
        .join(dates.children, on="child", how="left", validate="1:1")
        .select(HOME.names())
        .cast(HOME)
        .sort("child_id")
    )


def _last_homes(records: pl.DataFrame) -> pl.DataFrame:
    """The record of each child that tells its last known home."""
    has_open = (pl.col("begun_on").is_not_null() & ~pl.col("is_ended")).any().over("child")
    told_on = pl.max_horizontal("seen_on", "begun_on", "closed_on", "left_on")
    asked = records.filter(~(pl.col("is_ended") & has_open)).with_columns(told_on=told_on)
    last = asked.sort(
        "child", "told_on", "is_outside", "record_id", descending=[False, True, False, False], nulls_last=True
    )
    return last.unique("child", keep="first", maintain_order=True)


def _outside_by_tonights_lists(dates: ChildDates, records: pl.DataFrame) -> pl.DataFrame:
    """``records`` with ``is_outside``: in a district next door, or far away where their list places people."""
    next_door = districts_next_door(dates, records)
    far = homes_far_away(dates, records).with_columns(is_far=pl.lit(value=True))
    found = records.join(far, on=["source", "district"], how="left", validate="m:1", maintain_order="left")
    return found.with_columns(
        is_outside=pl.col("district").is_in(next_door.implode()) | pl.col("is_far").fill_null(value=False)
    ).drop("is_far")


def _named(places: Mapping[str, tuple[str, ...]]) -> pl.Expr:
    """The first authority one of whose places contains the postcode; null: none does."""
    found = [pl.when(_lies_in(own)).then(pl.lit(name)) for name, own in places.items()]
    return pl.coalesce(*found, pl.lit(None, pl.String))


def _lies_in(places: Iterable[str]) -> pl.Expr:
    """Whether ``postcode`` (no space) lies in one of these postcode areas (SY), districts (SY15) or sectors (SY15 6)."""
    outward, sector = pl.col("postcode").str.head(-3), pl.col("postcode").str.slice(-3, 1)
    area = outward.str.extract(r"^([A-Z]+)")
    spelt = (area, outward, outward + " " + sector)
    wanted = sorted(places)
    return pl.any_horizontal(part.is_in(wanted) for part in spelt)
