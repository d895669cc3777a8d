"""Which rows keep which rules: a column of marks per check, without the value of any cell.

A check that itself fails gives no marks, and does not affect other checks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from data_contracts.rules import Check


@dataclass(frozen=True, slots=True)
class Crashed:
    """A check that gave no verdict."""

    error: str
    """Name of the error's class. Its message is left out: it may contain a value."""


Outcome = list[int] | Crashed
"""Positions of the rows that break a rule ([0] for a rule about the number of rows), or that there is no verdict."""


def marks_of(rows: pl.DataFrame, checks: Sequence[Check]) -> tuple[pl.DataFrame, dict[int, Crashed]]:
    """One column per check (named by its number): 1 where the row keeps the rule, 0 where it breaks it; and failed checks."""
    crashed: dict[int, Crashed] = {}
    broken: dict[int, pl.Expr] = {}
    for number, check in enumerate(checks):
        try:
            broken[number] = check.broken()
        except Exception as error:  # whatever the failure, the check has no verdict
            crashed[number] = Crashed(type(error).__name__)
    marks = {**_of_cells(rows, checks, broken), **broken}  # _of_cells removes from ``broken`` what it settles
    named = {number: (~mark).cast(pl.UInt8).alias(str(number)) for number, mark in sorted(marks.items())}
    try:
        kept = rows.lazy().select(pl.repeat(1, pl.len(), dtype=pl.UInt8).alias("row"), *named.values())
        return kept.collect(), crashed  # lazily, so that work on a column that several checks share is done once
    except Exception:  # to find which check failed, run them one at a time
        return _marks_apart(rows, named, crashed)


def _of_cells(rows: pl.DataFrame, checks: Sequence[Check], broken: dict[int, pl.Expr]) -> dict[int, pl.Expr]:
    """Which rows break the rules that the cell alone decides, worked out once per distinct cell; removed from ``broken``.

    Columns in which hardly any cell repeats, and checks that fail, are left in ``broken``.
    """
    by_column: dict[str, list[int]] = {}
    for number in broken:
        check = checks[number]
        if check.is_of_cell and check.column is not None:
            by_column.setdefault(check.column, []).append(number)
    settled: dict[int, pl.Expr] = {}
    for column, numbers in by_column.items():
        cells = rows.lazy().select(pl.col(column).unique()).collect()
        if 2 * cells.height > rows.height:
            continue
        try:
            answers = cells.lazy().select(column, *(broken[n].alias(f"{n}") for n in numbers)).collect()
        except Exception:  # noqa: S112 - _marks_apart runs it again by itself and reports the failure
            continue
        for number in numbers:
            bad = answers.filter(str(number))[column]
            del broken[number]
            settled[number] = _is_one_of(column, bad)
    return settled


def _is_one_of(column: str, cells: pl.Series) -> pl.Expr:
    if cells.is_empty():
        return pl.repeat(value=False, n=pl.len(), dtype=pl.Boolean)
    return pl.col(column).is_in(cells.implode(), nulls_equal=True)


def _marks_apart(
    rows: pl.DataFrame, marks: Mapping[int, pl.Expr], crashed: dict[int, Crashed]
) -> tuple[pl.DataFrame, dict[int, Crashed]]:
    """As :func:`marks_of`, one check at a time, so that one that fails does not affect the others."""
    table = rows.select(pl.repeat(1, pl.len(), dtype=pl.UInt8).alias("row"))
    for number, mark in marks.items():
        try:
            table = table.with_columns(rows.select(mark))
        except Exception as error:  # as in marks_of
            crashed[number] = Crashed(type(error).__name__)
    return table, crashed


def read_marks(marks: pl.DataFrame, checks: Mapping[int, Check]) -> dict[int, Outcome]:
    """The outcome of each check by its marks: the rows marked 0, or too few rows."""
    return {
        number: (marks[str(number)] == 0).arg_true().to_list()
        if check.least_rows is None
        else [0] * (marks.height < check.least_rows)
        for number, check in checks.items()
    }
