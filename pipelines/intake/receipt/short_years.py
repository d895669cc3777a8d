"""Days whose year has two digits (24/03/15): read where the whole file leaves one way to read them.

Which of three numbers is the day, the month or the year nobody can tell from one cell, and it is never told from one. But in a
list of children more than half of the days are above 12 and so no month, and a third of them are no year in which a child of
today was born. So a column in which nearly every cell is a day if its numbers are day, month and year, and many are none in
any other order, is written so; and so are the other columns of its file, unless they contradict it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from data_contracts.breach import Breach
from data_contracts.contract import Contract
from data_contracts.parts import Column
from data_contracts.values import as_days, parse_dates, text_of
from pipelines.files.rows import FileRows
from pipelines.intake.receipt.misleading_files import ENOUGH_DATES

SHORT_YEARS = "years of two digits"
"""Name of the rule, as a breach shows it, of a file whose years have two digits and which is read all the same."""

_THREE_NUMBERS = r"^\s*'?\d{1,2}[-/. ]\d{1,2}[-/. ](?:\d{2}|\d{4})(?:\D|$)"
_SHORT_YEAR = r"^\s*'?\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2}(?:\D|$)"
_SHORT_BY_NAME = r"^\s*'?\d{1,2}[-/. ][A-Za-z]{3,9}[-/. ]\d{2}(?:\D|$)"

_DAY_FIRST, _MONTH_FIRST, _YEAR_FIRST = (
    tuple(separator.join(order) for separator in "/-. ")
    for order in (("dd", "MM", "yy"), ("MM", "dd", "yy"), ("yy", "MM", "dd"))
)
_LONG_DAY_FIRST, _LONG_MONTH_FIRST = (tuple(f"{form}yy" for form in order) for order in (_DAY_FIRST, _MONTH_FIRST))

CHILDHOOD, OLDEST = "20y", "90y"
"""Most children and young people are younger, and hardly anybody in a list is older."""

UNBORN, SOON, TO_COME = "1y", "2y", "10y"
"""A birth may lie so far ahead; hardly any other day is later than the second, and none than the third."""

SLIPS, SHOWN, FEWEST = 0.02, 0.2, 3
"""Up to this share of the cells, or one, are slips if they are no likely day as day, month and year. Another order is ruled
out if in it this share of them, and no fewer than so many, are no day, or, with the year first, none of a child's life."""

_NO_END, _NEVER = date(1999, 12, 31), date(9999, 12, 31)
"""How a system's last day of all looks with two digits, and what it is."""


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The cells of one column that are three numbers, in each order."""

    read: pl.DataFrame
    """One row is one such text: ``text``, ``cells`` (how many have it), ``day`` (with the day first; null: no day that the
    column can hold), ``is_likely`` (whether that is a day, and neither the birth of somebody too old nor far ahead),
    ``month_first`` (whether it is a day in that order) and ``year_first`` (whether it is one of a child's life in that order:
    a grown-up's year is no day of a month)."""
    is_birth: bool

    @property
    def may_have_the_day_first(self) -> bool:
        return self._cells(~pl.col("is_likely")) <= max(1, SLIPS * self._cells(pl.lit(value=True)))

    @property
    def must_have_the_day_first(self) -> bool:
        every, unlikely = self._cells(pl.lit(value=True)), self._cells(~pl.col("is_likely"))
        ruled_out = min(self._cells(~pl.col(order)) for order in ("month_first", "year_first"))
        shown = every >= ENOUGH_DATES and ruled_out >= max(FEWEST, SHOWN * every)
        # In a short list of young people with the year first, the one who would be too old shows that.
        return shown and (unlikely <= SLIPS * every if self.is_birth else self.may_have_the_day_first)

    def _cells(self, which: pl.Expr) -> int:
        return int(self.read.filter(which)["cells"].sum())


def with_whole_years(file: FileRows, standing: pl.DataFrame, contract: Contract, today: date) -> FileRows:
    """The rows of a file (the lines that were read) with years of four digits, wherever those of two leave no doubt.

    - Three numbers, if the file shows that they are day, month and year.
    - A birth, with its month by name, that would be more than a year ahead (``14-MAR-35``): it was a hundred years before.
    - An end on ``31-DEC-99``: the last day of all, by which systems say that there is none.

    Such a day is put into the first form of its column. As it hangs on the rows beside it, its line is read again by the next
    night. ``standing``: the file's other rows, which were not read, as they are in the store.
    """
    dated = [column for column in contract.columns if column.logical_type == "date" and column.name in file.headers]
    days = _in_figures(dated, file.rows, standing, today)
    headers = [file.headers[name] for name in days]
    days |= {column.name: days.get(column.name, {}) | _by_name(column, file.rows, today, contract) for column in dated}
    texts = {column.name: _written(column, days[column.name], contract) for column in dated if days[column.name]}
    if not texts:
        return file
    changes = pl.any_horizontal(pl.col(name).is_in(list(written)) for name, written in texts.items())
    again = pl.col("line").is_in(file.rows.filter(changes)["line"].implode())
    return replace(
        file,
        rows=file.rows.with_columns(pl.col(name).replace(written) for name, written in texts.items()),
        lines=file.lines.with_columns(line_hash=pl.when(~again).then("line_hash")),
        breaches=(*file.breaches, *([_told(contract, headers)] if headers else [])),
    )


def _in_figures(
    columns: Sequence[Column], rows: pl.DataFrame, standing: pl.DataFrame, today: date
) -> dict[str, dict[str, date]]:
    """By column: text -> day, for the columns in which three numbers with a short year are read."""
    short = [
        c for c in columns if rows.filter(pl.col(c.name).str.contains(_SHORT_YEAR)).select(_is_short(c).any()).item()
    ]
    numbers = {column.name: _numbers(column, [rows, standing], today) for column in short}
    if not any(each.must_have_the_day_first for each in numbers.values()):
        return {}
    return {
        name: dict(each.read.filter("is_short", pl.col("day").is_not_null()).select("text", "day").iter_rows())
        for name, each in numbers.items()
        if each.may_have_the_day_first
    }


def _is_short(column: Column) -> pl.Expr:
    """Whether a cell is three numbers, the last of two digits, that are no day under the contract."""
    return pl.col(column.name).str.contains(_SHORT_YEAR).fill_null(value=False) & parse_dates(column).is_null()


def _numbers(column: Column, frames: Sequence[pl.DataFrame], today: date) -> _Numbers:
    cells = pl.concat(frame.select(column.name) for frame in frames if frame.height)
    text, is_birth = text_of(column), column.maps_to == "date_of_birth"
    is_asked = pl.col(column.name).str.contains(_THREE_NUMBERS) & text.is_not_null()
    texts = cells.filter(is_asked).group_by(column.name).len("cells")
    first = _of_its_century(as_days(text, (*_DAY_FIRST, *_LONG_DAY_FIRST)), today, is_birth=is_birth)
    month_first, year_first = as_days(text, (*_MONTH_FIRST, *_LONG_MONTH_FIRST)), as_days(text, _YEAR_FIRST)
    is_of_a_child = year_first.is_between(_from(today, f"-{CHILDHOOD}"), _from(today, UNBORN)).fill_null(value=False)
    ahead, soon = (UNBORN, UNBORN) if is_birth else (TO_COME, SOON)
    return _Numbers(
        texts.select(
            "cells",
            text=pl.col(column.name),
            is_short=_is_short(column),
            day=pl.when(first <= _from(today, ahead)).then(first),
            is_likely=first.is_between(_from(today, f"-{OLDEST}"), _from(today, soon)).fill_null(value=False),
            month_first=month_first.is_not_null(),
            year_first=is_of_a_child,
        ),
        is_birth,
    )


def _by_name(column: Column, rows: pl.DataFrame, today: date, contract: Contract) -> dict[str, date]:
    """Text -> day, for days with a short year behind the name of their month that are not what they look like."""
    named = rows.filter(pl.col(column.name).str.contains(_SHORT_BY_NAME)).select(pl.col(column.name).unique())
    days = named.select(text=column.name, day=parse_dates(column)).drop_nulls()
    if column.name in contract.ends:
        return dict(days.filter(pl.col("day") == _NO_END).iter_rows())
    if column.maps_to != "date_of_birth":
        return {}
    whole = days.with_columns(was=_of_its_century(pl.col("day"), today, is_birth=True))
    return dict(whole.filter(pl.col("was") != pl.col("day")).select("text", "was").iter_rows())


def _of_its_century(day: pl.Expr, today: date, *, is_birth: bool) -> pl.Expr:
    """A day with a year of two digits; a birth more than a year ahead was in the last century."""
    is_ahead = day > _from(today, UNBORN)
    return pl.when(is_ahead).then(day.dt.offset_by("-100y")).otherwise(day) if is_birth else day


def _from(today: date, time: str) -> pl.Expr:
    return pl.lit(today).dt.offset_by(time)


def _written(column: Column, days: dict[str, date], contract: Contract) -> dict[str, str]:
    """Text -> the same day in the first form of the column."""
    form = column.date_formats[0]
    is_end = column.name in contract.ends
    return {text: (_NEVER if is_end and day == _NO_END else day).strftime(form) for text, day in days.items()}


def _told(contract: Contract, headers: Sequence[str]) -> Breach:
    named = " and ".join(filter(None, (", ".join(headers[:-1]), headers[-1])))
    why = (
        f"The years in {named} have two digits. The file itself shows that the day comes first, then the month, then the year: "
        "many of its dates are none in any other order. So they are read, and no birth is taken to be more than a year ahead."
    )
    return Breach(
        contract.id, "", None, None, SHORT_YEARS, "nothing", why, f"Write the years in {named} with four digits."
    )
