"""A list of places without their ends, in which many children have two: it has those who left among those who are there."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from data_contracts.breach import Breach
from data_contracts.contract import Contract
from data_contracts.statement import Statement
from data_contracts.values import text_of
from pipelines.intake.receipt.misleading_files import ENOUGH_ROWS

TWO_PLACES = "places without ends"
"""Name of the rule, as a breach shows it."""

MOST_TWICE = 0.03
"""Share of pupils who may be at two schools at once. Few are registered twice; of those who changed schools within a few years,
many more are on both."""


def two_places_at_once(
    rows: pl.DataFrame, contract: Contract, file: str, headers: Mapping[str, str], breaches: Sequence[Breach]
) -> Iterator[Breach]:
    """A breach if a file has no column for the end of places that its contract lets it lack, and more than a few children, by
    UPN, are at two places.

    Counted as still there, those who left would be on no list. ``breaches``: what the rows were found to break; those set aside
    are not counted.
    """
    upn = next((column for column in contract.columns if column.maps_to == "upn"), None)
    for statement in contract.says:
        end = contract.column_named[statement.until] if statement.kind == "provision" and statement.until else None
        if upn is None or end is None or not end.absent_why or end.name in headers or not statement.place:
            continue
        aside = [breach.line for breach in breaches if breach.stops == "row" and breach.line is not None]
        places = _places(rows.filter(~pl.col("line").is_in(aside)), contract, statement)
        children = places.group_by(text_of(upn)).agg(pl.col("place").n_unique()).drop_nulls()
        twice = children.filter(pl.col("place") > 1).height
        if twice >= ENOUGH_ROWS and twice > MOST_TWICE * children.height:
            why = (
                f"The file has no {end.header}, and {twice:,} of the {children.height:,} children with a UPN are in it at two "
                "places: those who have left one are among those who are there, and would count as still there."
            )
            fix = f"Send {end.header}, filled in for all who have left; or send only those who are there now."
            yield Breach(contract.id, file, None, end.header, TWO_PLACES, "file", why, fix)


def _places(rows: pl.DataFrame, contract: Contract, statement: Statement) -> pl.DataFrame:
    """``rows`` with the name of each one's place, or its number if there is none."""
    names = (text_of(contract.column_named[name]) for name in statement.place)
    return rows.with_columns(place=pl.coalesce(*names))
