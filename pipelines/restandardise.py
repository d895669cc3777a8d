"""Person records and statements from the night before, with those of the rows that changed made anew.

The reading of a row depends on nothing but the row, its contract, the software and, for some dates, the date judged:
nobody is born, seen or gone on a day still to come, and some entries prove less as they grow old. So a record stays as
it is where its row has not changed since it was made and none of these days has come since; where it stands in its file
is brought up to date. The result is what :func:`pipelines.standardise.standardise` makes of all rows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

import polars as pl

from data_contracts.contract import Contract
from matching.dates import plausible_birth_date
from pipelines.software import software
from pipelines.standardise import Standardised, reading_of_day
from pipelines.store import Amendment

PLACE = ("record_id", "file_id", "line")


@dataclass(frozen=True)
class Renewed:
    """Tonight's person records and statements, and what to write of them."""

    standardised: Standardised
    person: Amendment
    statements: Amendment


def made_by(contracts: Mapping[str, Contract]) -> str:
    """A fingerprint of all that decides about a record beside its row: the software and the contracts."""
    told = (software(), [contracts[source].model_dump_json() for source in sorted(contracts)])
    return sha256(repr(told).encode()).hexdigest()[:32]


def turning_columns(contract: Contract) -> tuple[str, ...]:
    """Columns of dates on which it depends, with the date judged, what a row says."""
    births = [column.name for column in contract.columns if column.maps_to == "date_of_birth"]
    return tuple(dict.fromkeys([*births, *(name for name, _ in _spans(contract))]))


def _spans(contract: Contract) -> list[tuple[str, int]]:
    """Column with a date -> days: what a row says turns so many days after it."""
    on = [(name, 0) for statement in contract.says for name in statement.on]
    doubts = (doubt for statement in contract.says for doubt in statement.doubts)
    return [*on, *(span for doubt in doubts for span in doubt.older_than.items())]


def turned(rows: pl.DataFrame, contract: Contract, made_on: date, as_at: date) -> pl.Series:
    """``record_id`` of the rows that say something else as at ``as_at`` than they did as at ``made_on``.

    ``rows``: ``record_id`` and the ``turning_columns`` as they were received.
    """
    turns = []
    for name in turning_columns(contract):
        column, day = contract.column_named[name], pl.col("__day")
        cells = rows.select(pl.col(name).unique()).with_columns(
            reading_of_day(column).alias("__day")
        )  # each cell is read once
        spans = [timedelta(days=days) for of, days in _spans(contract) if of == name]
        differs = [(day <= made_on - span).ne_missing(day <= as_at - span) for span in spans]
        if column.maps_to == "date_of_birth":
            differs.append(plausible_birth_date(day, made_on).ne_missing(plausible_birth_date(day, as_at)))
        turning = cells.filter(pl.any_horizontal(differs))[name]
        if turning.len():
            turns.append(pl.col(name).is_in(turning.implode()))
    return rows.filter(pl.any_horizontal(turns))["record_id"] if turns else rows["record_id"].clear()


def renewed(kept: Standardised, made: Standardised, places: pl.DataFrame) -> Renewed:
    """``kept`` (the night before) with the records ``made`` anew tonight.

    ``places``: ``PLACE`` of every row that stands in the store tonight. Records that stand neither there nor among
    those ``made`` have gone.
    """
    anew = made.person["record_id"]
    placed = kept.person.drop("file_id", "line").join(
        places.select(PLACE), on="record_id", how="left", validate="1:1", maintain_order="left"
    )
    is_kept = placed["file_id"].is_not_null() & ~kept.person["record_id"].is_in(anew.implode())
    gone = kept.person.filter(~is_kept)["record_id"]
    stays = placed.filter(is_kept).select(kept.person.columns)
    moved = (kept.person["file_id"].ne_missing(placed["file_id"]) | (kept.person["line"] != placed["line"])) & is_kept
    person = pl.concat([stays, made.person]).sort("record_id")
    leaving = pl.concat([gone, anew]).unique()
    said = kept.statements.filter(~pl.col("record_id").is_in(leaving.implode()))
    statements = pl.concat([said, made.statements]).sort("record_id", maintain_order=True)
    return Renewed(
        Standardised(person, statements),
        Amendment(made.person, gone, placed.filter(moved).select(PLACE)),
        Amendment(made.statements, leaving),
    )


def to_make(changed: Iterable[pl.Series], kept: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """``PLACE`` and ``source`` of the rows whose record must be made anew: ``changed``, or without a person record."""
    stale = pl.concat(changed).unique()
    without = places.select("record_id").join(kept.select("record_id"), on="record_id", how="anti")["record_id"]
    return places.filter(pl.col("record_id").is_in(pl.concat([stale, without]).implode()))
