"""Under the keys of the last delivery, do the same children stand? Names, birth dates and numbers hardly ever change.

Where many of a column do overnight, it has slipped against the others: cells deleted and the rest moved up, one column
sorted without the others, a date read as another. Rows are in order then, and every value is well formed, so that no
rule breaks; but children are taken for others, and a list made from them is full of children who are in school.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from data_contracts.contract import Contract
from data_contracts.parts import Column
from data_contracts.values import parse_dates, text_of

WHO = ("date_of_birth", "surname", "forename", "full_name", "upn", "nhs_number")
"""What a column maps to that says who the child is. A home is not among it: whole streets are numbered anew."""

MOST_CHANGED = 0.1
"""One value in ten. From one term to the next some children get another surname or a first UPN; never so many."""

FEWEST_ROWS = 20
"""Shares of fewer rows than this say nothing."""


@dataclass(frozen=True)
class Changed:
    """One column of a source, in the rows whose keys came again."""

    header: str
    rows: int
    changed: int
    """Of these rows, those that have another value than before; a value that was or is empty is none."""

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.changed / self.rows


def changed_columns(contract: Contract, before: pl.DataFrame, rows: pl.DataFrame, same: int) -> list[Changed]:
    """The columns of which more than one value in ten changed, in the order of the contract.

    ``before``: the rows of the last delivery, all or those that may differ; a column that it lacks is not compared.
    ``rows``: those of tonight that may differ from it. ``same``: how many others came again as they were.
    """
    columns = [column for column in contract.columns if column.maps_to in WHO and column.name in before.columns]
    again = before.join(rows.select("record_id"), on="record_id", how="semi")  # few: the others are not read at all
    both = _values(rows, columns).join(
        _values(again, columns), on="record_id", how="inner", validate="1:1", suffix=_BEFORE
    )
    compared = both.height + same
    if both.is_empty() or compared < FEWEST_ROWS or not columns:
        return []
    counts = both.select(_differs(column).sum().alias(column.name) for column in columns).row(0, named=True)
    told = [Changed(column.header, compared, counts[column.name]) for column in columns]
    return [each for each in told if each.share > MOST_CHANGED]


def words(changed: Sequence[Changed]) -> str:
    """What changed, in a sentence."""
    columns = ", ".join(f"{each.header} in {each.changed:,}" for each in changed)
    return (
        f"of {changed[0].rows:,} rows whose keys came again, many tell of another child than last time ({columns}). A "
        "column may have slipped against the others, keys were given to other children, or a spreadsheet changed how dates or "
        "numbers are written."
    )


_BEFORE = " before"


def _values(rows: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    """``record_id``, and each column as a date, or as its letters and digits without accents and in capitals."""
    return rows.select("record_id", *(_value(column).alias(column.name) for column in columns))


def _value(column: Column) -> pl.Expr:
    if column.logical_type == "date":
        return parse_dates(column)
    return text_of(column).str.normalize("NFKD").str.to_uppercase().str.replace_all(r"[^\p{L}\p{N}]", "")


def _differs(column: Column) -> pl.Expr:
    """Whether a value is another than before; not where either is empty, nor where a name was only cut or completed."""
    now, then = pl.col(column.name), pl.col(column.name + _BEFORE)
    if column.logical_type == "date":
        return (now != then).fill_null(value=False)
    return ~(now.str.starts_with(then) | then.str.starts_with(now)).fill_null(value=True)
