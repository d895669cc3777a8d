"""Sources that sent nothing usable tonight, and whose last rows therefore stand in.

A share that is away, or a file that is refused, says nothing about a child. Without its rows, every child known from it
alone would leave the list until the file is back, and every child whom it explains would come onto it. So they stand in,
for as many days as the contract allows and with a warning on everything published. If a missing source holds the night, no
stand-in is needed; if a named person has accepted that nothing comes, there is none.
"""

from collections.abc import Collection, Mapping
from datetime import date, timedelta

import polars as pl

from data_contracts.contract import Contract

STANDS_IN = pl.Schema({"source": pl.String, "loaded_on": pl.Date, "until": pl.Date, "rows": pl.Int64})
"""One row is one source whose last rows stand in: when they were loaded, the last day on which they may, how many."""


def standing_in(
    nights: pl.DataFrame,
    contracts: Mapping[str, Contract],
    *,
    came: Collection[str],
    kept: Collection[str],
    accepted: Collection[str],
    as_at: date,
) -> pl.DataFrame:
    """``STANDS_IN``: the sources whose last rows stand in on the night of ``as_at``, by source.

    ``nights``: ``SOURCE_NIGHT`` of earlier nights. ``came``: sources of which rows were loaded tonight. ``kept``: sources
    whose rows the store has. ``accepted``: sources that a named person has accepted as they came.
    """
    last = nights.sort("as_at").group_by("source", maintain_order=True).last().select("source", "as_at", "rows")
    rows = [
        (source, loaded_on, until, count)
        for source, loaded_on, count in last.sort("source").iter_rows()
        if source in kept and source not in came and source not in accepted
        if source in contracts and (until := stands_in_until(contracts[source], loaded_on)) and until >= as_at
    ]
    return pl.DataFrame(rows, schema=STANDS_IN, orient="row")


def stands_in_until(contract: Contract, loaded_on: date) -> date | None:
    """The last day on which rows of a source loaded on a day may stand in; null: the night is held if none come."""
    if contract.completeness.outcome("missing", is_roll=contract.is_roll) == "holds":
        return None
    return loaded_on + timedelta(days=contract.stands_in_for_days)
