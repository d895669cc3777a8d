"""The cells of a source's rows as its contract reads them: days, meanings of codes, and the columns for each field."""

from collections.abc import Collection, Iterable
from datetime import date

import polars as pl

from data_contracts.births import born_in
from data_contracts.contract import Contract
from data_contracts.parts import Column, PersonField
from data_contracts.protection import WITHHELD
from data_contracts.rules import has_left_without_day
from data_contracts.values import as_codes, is_ended_in_words, is_no_date, parse_dates, text_of
from matching.canonical.dates import first_day

HOME: tuple[PersonField, ...] = ("address", "postcode")


def read_cells(rows: pl.DataFrame, contract: Contract, only: Collection[str] | None = None) -> pl.DataFrame:
    """Raw rows with every column of the contract (a missing one is empty), with dates and codes read.

    A date column becomes a date, null if the cell is empty or no date; if it gives days of contact, ``<name>__unread`` says
    whether something is in the cell that is no date; if days on which entries end, ``<name>__ended`` whether it says in words
    that one has. A column with codes keeps its text; the meaning of the code is in ``<name>__means``. What a birth date
    without a day says is in ``<name>__born_in``. Each distinct cell is read only once.
    ``only``: the columns to read, by name; null: all.
    """
    of_contact = {name for statement in contract.says if statement.kind == "seen" for name in statement.on}
    absent = [column.name for column in contract.columns if column.name not in rows.columns]
    read = rows.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    for column in contract.columns if only is None else [contract.column_named[name] for name in only]:
        if column.name in of_contact:
            cell = pl.col(column.name)
            unread = read.select(cell.unique()).filter(is_no_date(column)).to_series()  # few, or none
            read = read.with_columns(cell.is_in(unread.implode()).alias(f"{column.name}__unread"))
        if column.name in contract.ends:
            read = _by_distinct_cell(read, column.name, is_ended_in_words(column), _ended(column.name))
        if column.maps_to == "date_of_birth":
            read = _by_distinct_cell(read, column.name, born_in(column), _without_day(column.name))
        if column.logical_type == "date":
            read = _by_distinct_cell(read, column.name, date_in_cell(column), column.name)
        elif column.codes:
            read = _by_distinct_cell(read, column.name, as_codes(column), _means(column.name))
    return read


def _without_day(name: str) -> str:
    return f"{name}__born_in"


def _ended(name: str) -> str:
    return f"{name}__ended"


def _means(name: str) -> str:
    return f"{name}__means"


def _by_distinct_cell(rows: pl.DataFrame, name: str, reading: pl.Expr, into: str) -> pl.DataFrame:
    """Put the reading of each distinct cell of a column into the column ``into``, for every row."""
    distinct = rows.select(pl.col(name).unique())
    read = distinct.with_columns(reading.alias("__read"))
    joined = rows.select(name).join(read, on=name, how="left", validate="m:1", nulls_equal=True, maintain_order="left")
    return rows.with_columns(joined["__read"].alias(into))


def columns_for(contract: Contract, field: PersonField) -> list[Column]:
    """The columns of a source that fill a field of a person record."""
    return [column for column in contract.columns if column.maps_to == field]


def date_in_cell(column: Column) -> pl.Expr:
    """The cell as a date. A date before the year of a ``notBefore`` rule that stops nothing counts as empty."""
    day = parse_dates(column)
    return pl.when(day.dt.year() >= column.years_from).then(day) if column.years_from else day


def end_has_come(contract: Contract, name: str, on: date) -> pl.Expr:
    """For each row as received: whether the day in a column of ends had come by a day, or words in its place say so; false if
    nothing does."""
    column = contract.column_named[name]
    had_come = (parse_dates(column) <= on).fill_null(value=False)
    return had_come | is_ended_in_words(column) if name in contract.ends else had_come


def has_left_by_status(contract: Contract, name: str) -> pl.Expr:
    """For each row as received: whether a status says that what ends on the day in a column has ended, and the day is empty."""
    said = (
        has_left_without_day(status.name, day, contract=contract)
        for status, day in contract.ends_in_words
        if day == name
    )
    return pl.any_horizontal(pl.lit(value=False), *said)


def has_ended_by(contract: Contract, name: str, on: date) -> pl.Expr:
    """For each row as received: whether what ends on the day in a column had ended by a day, as that, words in its place or a
    status says. Never null."""
    return end_has_come(contract, name, on) | has_left_by_status(contract, name)


def is_unread(name: str) -> pl.Expr:
    """Whether a cell of a column with days of contact has something in it that is no date, in rows from :func:`read_cells`."""
    return pl.col(f"{name}__unread")


def is_said_to_have_ended(name: str) -> pl.Expr:
    """Whether a cell of a column of ends says in words that the entry has ended, in rows from :func:`read_cells`."""
    return pl.col(_ended(name))


def meaning_of(column: Column) -> pl.Expr:
    """What the cell means: the meaning of its code, or its text if the column has no codes."""
    return pl.col(_means(column.name)) if column.codes else text_of(column)


def only_cell(cells: Iterable[pl.Expr], dtype: type[pl.DataType]) -> pl.Expr:
    """The one cell; null if the source has no such column."""
    return pl.coalesce([*cells, pl.lit(None, dtype)])


def born_on(contract: Contract) -> pl.Expr:
    """The birth date, in rows from :func:`read_cells`."""
    return only_cell((pl.col(column.name) for column in columns_for(contract, "date_of_birth")), pl.Date)


def born_by_month(contract: Contract) -> pl.Expr:
    """The birth date or, where the month alone is given, its first day, which gives the right school year."""
    said = born_in_month_or_year(contract)
    return pl.coalesce(born_on(contract), first_day(pl.when(said.str.contains("-")).then(said)))


def born_in_month_or_year(contract: Contract) -> pl.Expr:
    """The month (2014-03) or year (2014) of birth where no day is given, in rows from :func:`read_cells`; else null."""
    births = columns_for(contract, "date_of_birth")
    return only_cell((pl.col(_without_day(column.name)) for column in births), pl.String)


def says_withheld(contract: Contract) -> pl.Expr:
    """Whether words in place of the address or its postcode say that it is withheld."""
    cells = (text_of(column) for field in HOME for column in columns_for(contract, field))
    return pl.any_horizontal(
        pl.lit(value=False), *(cell.str.contains(WITHHELD).fill_null(value=False) for cell in cells)
    )
