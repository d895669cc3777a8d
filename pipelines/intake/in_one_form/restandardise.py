"""Person records and statements from the night before, with those of changed rows made anew.

How a row is read depends only on the row, its contract, the software and, for some dates, the date judged: nobody is born,
seen or gone on a day still to come, and some entries prove less as they age. So a record stays as it is if its row has not
changed since it was made and none of these days has come since. The result is what
:func:`pipelines.intake.in_one_form.standardise.standardise` makes of all rows.
"""

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

from data_contracts.births import born_in
from data_contracts.contract import Contract
from data_contracts.parts import Column
from data_contracts.statement import Doubt
from matching.canonical.dates import first_day, plausible_birth_date
from pipelines.age import year_begins
from pipelines.intake.in_one_form.cells import date_in_cell
from pipelines.software import result_fingerprint
from pipelines.tables import DATED_CELL


def record_fingerprint(contracts: Mapping[str, Contract], withheld: str) -> str:
    """A fingerprint of what decides about a record besides its row: the software, the contracts, and which former
    identities are withheld (:attr:`pipelines.intake.former_identities.FormerIdentities.mark`)."""
    return result_fingerprint(withheld, [contracts[source].model_dump_json() for source in sorted(contracts)])


def date_sensitive_columns(contract: Contract) -> tuple[str, ...]:
    """Date columns on which, together with the date judged, depends what a row says."""
    births = [column.name for column in contract.columns if column.maps_to == "date_of_birth"]
    return tuple(dict.fromkeys([*births, *(name for name, _ in _spans(contract))]))


def _spans(contract: Contract) -> list[tuple[str, int]]:
    """Column with a date -> days: what a row says changes that many days after the date."""
    on = [(name, 0) for statement in contract.says for name in statement.on]
    return [*on, *(span for doubt in _doubts(contract) for span in doubt.older_than.items())]


def _school_years(contract: Contract) -> set[int]:
    """School years at whose beginning what a row says changes, as the child reaches them."""
    return {year for doubt in _doubts(contract) for year in doubt.before_year.values()}


def _doubts(contract: Contract) -> list[Doubt]:
    return [doubt for statement in contract.says for doubt in statement.doubts]


def dated_cells(rows: pl.DataFrame, contract: Contract, known: pl.DataFrame | None = None) -> pl.DataFrame:
    """``DATED_CELL`` of some rows of a source, as received. Each distinct cell is read once, and those in ``known``
    (``DATED_CELL``; null: none) not at all."""
    columns = [name for name in date_sensitive_columns(contract) if name in rows.columns]
    distinct = [rows.select(column=pl.lit(name), cell=pl.col(name).unique(maintain_order=True)) for name in columns]
    cells = pl.concat([DATED_CELL.to_frame().select("column", "cell"), *distinct]).filter(pl.col("cell") != "")
    if known is not None:
        before = known.filter(source=contract.id)
        cells = cells.join(before, on=["column", "cell"], how="anti", maintain_order="left")
    found = [DATED_CELL.to_frame()]
    for own in cells.partition_by("column", maintain_order=True):  # few: reading none takes long, too
        name = own["column"][0]
        days = own.select(pl.col("cell").alias(name)).select(_first_day(contract.column_named[name])).to_series()
        found.append(own.select(source=pl.lit(contract.id), column="column", cell="cell", day=days))
    return pl.concat(found).drop_nulls("day")


def _first_day(column: Column) -> pl.Expr:
    """The day in a cell, or the first day of a month or year of birth: before it, nobody is born in that month or year."""
    if column.maps_to != "date_of_birth":
        return date_in_cell(column)
    return pl.coalesce(date_in_cell(column), first_day(born_in(column)))


def cells_changed_by_date(cells: pl.DataFrame, contract: Contract, made_on: date, as_at: date) -> dict[str, pl.Series]:
    """Column -> its cells that say something else as at ``as_at`` than as at ``made_on``; without columns that have none.

    ``cells``: ``DATED_CELL`` of the source.
    """
    turns, day = {}, pl.col("day")
    for name in date_sensitive_columns(contract):
        spans = [timedelta(days=days) for of, days in _spans(contract) if of == name]
        differs = [(day <= made_on - span) != (day <= as_at - span) for span in spans]
        if contract.column_named[name].maps_to == "date_of_birth":
            differs.append(plausible_birth_date(day, made_on).ne_missing(plausible_birth_date(day, as_at)))
            begins = (year_begins(year, day) for year in _school_years(contract))
            differs += [(began_on <= made_on) != (began_on <= as_at) for began_on in begins]
        found = cells.filter(pl.any_horizontal(differs), column=name)["cell"]
        if found.len():
            turns[name] = found
    return turns


def rows_changed_by_date(rows: pl.DataFrame, contract: Contract, made_on: date, as_at: date) -> pl.Series:
    """``record_id`` of the rows that say something else as at ``as_at`` than as at ``made_on``.

    ``rows``: ``record_id`` and the ``date_sensitive_columns`` as received.
    """
    cells = cells_changed_by_date(dated_cells(rows, contract), contract, made_on, as_at)
    turns = [pl.col(name).is_in(each.implode()) for name, each in cells.items()]
    return rows.filter(pl.any_horizontal(turns))["record_id"] if turns else rows["record_id"].clear()
