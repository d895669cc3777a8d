"""Which rows keep which rules: a column of marks for each check, without a value of any cell.

A check that fails in itself gives no mark, and takes no other check with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from data_contracts.rules import Check


@dataclass(frozen=True, slots=True)
class Crashed:
    """A check that gave no verdict."""

    error: str
    """Name of the error's class. Its text is left out: it may hold a value."""


Outcome = list[int] | Crashed
"""Positions of the rows that break a rule ([0] for a rule about the number of rows), or that it could not be judged."""


def marks_of(rows: pl.DataFrame, checks: Sequence[Check]) -> tuple[pl.DataFrame, dict[int, Crashed]]:
    """A column a check (named by its number): 1 where the row keeps the rule, 0 where it breaks it; and what failed."""
    crashed: dict[int, Crashed] = {}
    broken: dict[int, pl.Expr] = {}
    for number, check in enumerate(checks):
        try:
            broken[number] = check.broken()
        except Exception as error:  # whatever fails, the check has no verdict
            crashed[number] = Crashed(type(error).__name__)
    marks = {**_of_cells(rows, checks, broken), **broken}  # what was settled cell by cell has left ``broken``
    named = {number: (~mark).cast(pl.UInt8).alias(str(number)) for number, mark in sorted(marks.items())}
    try:
        kept = rows.lazy().select(pl.repeat(1, pl.len(), dtype=pl.UInt8).alias("row"), *named.values())
        return kept.collect(), crashed  # lazily, so that what several checks ask of a column is worked out once
    except Exception:  # which of them failed is found one at a time
        return _marks_apart(rows, named, crashed)


def _of_cells(rows: pl.DataFrame, checks: Sequence[Check], broken: dict[int, pl.Expr]) -> dict[int, pl.Expr]:
    """Which rows break the rules that the cell alone decides, worked out once a distinct cell; taken from ``broken``.

    Columns with hardly a cell twice, and checks that fail, are left where they are.
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
        except Exception:  # noqa: S112 - asked about again by itself in _marks_apart, which says what failed
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
    """As :func:`marks_of`, each check by itself, so that one that fails does not take the others with it."""
    table = rows.select(pl.repeat(1, pl.len(), dtype=pl.UInt8).alias("row"))
    for number, mark in marks.items():
        try:
            table = table.with_columns(rows.select(mark))
        except Exception as error:  # as in marks_of
            crashed[number] = Crashed(type(error).__name__)
    return table, crashed


def read_marks(marks: pl.DataFrame, checks: Mapping[int, Check]) -> dict[int, Outcome]:
    """What the marks themselves say: the rows marked 0."""
    return {
        number: (marks[str(number)] == 0).arg_true().to_list()
        if check.least_rows is None
        else [0] * (marks.height < check.least_rows)
        for number, check in checks.items()
    }
