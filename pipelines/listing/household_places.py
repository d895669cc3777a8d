"""Where other children of a lead's household are educated: the school to ask first whether the family still lives here."""

from datetime import date

import polars as pl

from pipelines.children.provision import find_provision, likely_places
from pipelines.residence.homes import relatives, with_homes

MOST_NAMED = 3
"""Most other children named for each child, the most certain first."""

HOUSEHOLD_PLACE = pl.Schema(
    {"child_id": pl.String, "what": pl.String, "place": pl.String, "record_id": pl.String, "is_open_to_all": pl.Boolean}
)
"""One row is another child of a child's household that has a place: ``what`` and ``place`` (null: not given), the record
that shows it, and ``is_open_to_all``: the other child is not protected."""


def household_places(
    chosen: pl.Series,
    person: pl.DataFrame,
    statements: pl.DataFrame,
    child_records: pl.DataFrame,
    *,
    protected: pl.Series,
    as_at: date,
) -> pl.DataFrame:
    """``HOUSEHOLD_PLACE`` of the ``chosen`` children (``child_id``), who are few. ``protected``: every protected child."""
    known = _near(chosen, person, child_records)
    pairs = relatives(known.rename({"child_id": "child"}))
    asked = pairs.filter(pl.col("child").is_in(chosen.implode())).rename({"child": "child_id", "other": "other_id"})
    theirs = child_records.filter(pl.col("child_id").is_in(asked["other_id"].implode()))
    places = likely_places(find_provision(statements.join(theirs, on="record_id", how="semi"), theirs, as_at))
    best = places.sort("holds", "since_on", "record_id", descending=[True, True, False], nulls_last=True).unique(
        "child_id", keep="first", maintain_order=True
    )
    of_others = asked.join(best.rename({"child_id": "other_id"}), on="other_id", how="inner", validate="m:1")
    return (
        of_others.with_columns(is_open_to_all=~pl.col("other_id").is_in(protected.implode()))
        .sort("child_id", "holds", "record_id", descending=[False, True, False])
        .select(HOUSEHOLD_PLACE.names())
        .group_by("child_id", maintain_order=True)
        .head(MOST_NAMED)
    )


def _near(chosen: pl.Series, person: pl.DataFrame, child_records: pl.DataFrame) -> pl.DataFrame:
    """Homes (:func:`~pipelines.residence.homes.with_homes`), with ``child_id``, of all records that may share one with a
    chosen child: those with the same postcode, UPRN or household reference."""
    mine = child_records.filter(pl.col("child_id").is_in(chosen.implode()))
    own = person.join(mine, on="record_id", how="semi")
    shared = (
        pl.col(name).is_in(own[name].drop_nulls().unique().implode()) for name in ("postcode", "uprn", "household")
    )
    near = with_homes(person.filter(pl.any_horizontal(*shared)))
    return near.join(child_records.select("record_id", "child_id"), on="record_id", how="inner", validate="1:1")
