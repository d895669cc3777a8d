"""Schools of another authority among the rolls: a child who has left one of them looks like a child without a place here.

Such a school is reported, but nothing of it is refused, as some rolls of a neighbour are sent on purpose. It is recognised
by two things together: hardly a pupil lives where those of the other schools do, and most have a UPN that another authority
gave. A school at the border may have only the first, a boarding school only the second. If many schools have such UPNs,
authorities have merged.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from data_contracts.breach import Breach
from data_contracts.contract import Contract
from data_contracts.values import text_of
from pipelines.intake.receipt.delivery import Delivery
from pipelines.intake.receipt.elsewhere import ENOUGH_HOMES, FEW, districts, postcodes_in, where_many_live
from pipelines.intake.receipt.misleading_files import ENOUGH_ROWS, MANY

SCHOOL_ELSEWHERE = "school of elsewhere"
"""Name of the rule, as a breach shows it."""

_AUTHORITY = r"^[A-Z]([0-9]{3})[0-9]{8}[0-9A-Z]$"
"""The three digits of a UPN that say which authority's school gave it."""


def schools_of_elsewhere(
    deliveries: Sequence[Delivery], contracts: Mapping[str, Contract]
) -> dict[tuple[str, str], list[Breach]]:
    """Source and file -> a breach for each school of another authority that this file is the first to name.

    Only for rolls read tonight; unchanged rolls have theirs from the night on which they came.
    """
    breaches: dict[tuple[str, str], list[Breach]] = {}
    for contract in contracts.values():
        unit = contract.completeness.unit
        own = {d.file: d for d in deliveries if d.source == contract.id and d.loaded.height}
        if not (own and contract.is_roll and unit):
            continue
        pupils = pl.concat([_pupils(delivery, contract, unit) for delivery in own.values()])
        for school in _far(pupils).to_dicts():
            file = school["file"]
            header = own[file].headers.get(unit, contract.column_named[unit].header)
            breaches.setdefault((contract.id, file), []).append(_breach(contract.id, file, header, school))
    return breaches


def _pupils(delivery: Delivery, contract: Contract, unit: str) -> pl.DataFrame:
    """One row is one row of a roll: ``file``, ``unit`` and its name for people (``shown``), the pupil's ``district`` and
    the ``authority`` that gave its UPN; null: not said."""
    rows, named = delivery.loaded, contract.column_named
    upns = [text_of(column).str.to_uppercase() for column in contract.columns if column.maps_to == "upn"]
    return rows.select(
        file=pl.lit(delivery.file),
        unit=text_of(named[unit]),
        shown=text_of(named[contract.completeness.unit_name or unit]),
        district=districts(postcodes_in(rows, contract)),
        authority=pl.coalesce([*(each.str.extract(_AUTHORITY) for each in upns), pl.lit(None, pl.String)]),
    )


def _far(pupils: pl.DataFrame) -> pl.DataFrame:
    """The schools of other authorities: ``unit``; the first ``file`` and ``shown`` of each; its ``homes``, and how many are
    ``inside`` the districts where pupils of the other schools live; the ``authority`` that gave most of its UPNs; and
    ``most``, the authority of most pupils here."""
    schools = (
        pupils.filter(pl.col("unit").is_not_null())
        .group_by("unit", maintain_order=True)
        .agg(
            pl.col("file").first(),
            pl.coalesce(pl.col("shown").drop_nulls().first(), pl.col("unit").first()).alias("shown"),
            pupils=pl.len(),
            homes=pl.col("district").count(),
            authority=pl.col("authority").drop_nulls().mode().min(),
        )
        .filter(pl.col("authority").is_not_null())
    )
    shares = schools.group_by("authority").agg(share=pl.col("pupils").sum() / schools["pupils"].sum())
    if shares.height < 2:
        return schools.head(0)
    most = shares.sort("share", "authority", descending=[True, False])["authority"].item(0)
    own = schools.filter(authority=most)["unit"]
    homes = pupils.filter(pl.col("unit").is_in(own.implode()))["district"].drop_nulls()
    if len(homes) < ENOUGH_HOMES:
        return schools.head(0)
    inside = pupils.group_by("unit").agg(inside=pl.col("district").is_in(where_many_live(homes)).sum())
    few = shares.filter(pl.col("share") < MANY)["authority"]
    others = schools.filter(pl.col("authority").is_in(few.implode()), pl.col("homes") >= ENOUGH_ROWS)
    held = others.join(inside, on="unit", validate="1:1", maintain_order="left").with_columns(most=pl.lit(most))
    return held.filter(pl.col("inside") < FEW * pl.col("homes"))


def _breach(source: str, file: str, header: str, school: Mapping[str, Any]) -> Breach:
    """``school``: a row of :func:`_far`."""
    why = (
        f"{school['shown']} is probably a school in another authority. Of its {school['homes']} homes, {school['inside']} are "
        "in a district where pupils of the other schools live, and most of its UPNs were given by authority "
        f"{school['authority']}, not {school['most']}. Anyone who has left it looks like a child without a place here."
    )
    fix = "Take its roll out of the folder. If it is a school of this authority, there is nothing to do."
    return Breach(source, file, None, header, SCHOOL_ELSEWHERE, "nothing", why, fix)
