"""Ends of places that a file gives in words: how many of them are believed.

A pupil of whom a roll says ``Left`` and no day is on no roll; set aside, the row would hide a child whom only the roll knows.
But if most of a school's rows say so, the word says something else there. ``Unknown`` says less: some write it for a pupil who
has left, and some systems for each who has not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from data_contracts.breach import Breach
from data_contracts.contract import Contract
from data_contracts.ended import NOT_KNOWN
from data_contracts.parts import Column
from data_contracts.rules import LEFT_WITHOUT_DAY
from data_contracts.values import is_empty, text_of
from pipelines.counted import counted, first_of
from pipelines.intake.receipt.misleading_files import ENOUGH_ROWS, MOST

FEW = 0.2
"""Of the rows of a school that give no day, those that say ``Unknown`` are few up to this share: as many as leave a school of
five years in one year. More are not all of pupils who left."""

LEFT_UNKNOWN = "Left (unknown)"
"""What is read in place of ``Unknown`` where it says that a place has ended."""

ENDS_NOT_KNOWN = "ends not known"
"""Name of the rule, as a breach shows it, of a column in which ``Unknown`` stands for those who stay."""


MOST_LEFT = "most have left"
"""Name of the rule, as a breach shows it, of a file by which most of a school, or of the list, have left on no known day."""


def with_unknown_ends(rows: pl.DataFrame, standing: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """The rows of a file (the lines that were read) with ``LEFT_UNKNOWN`` for ``Unknown``, wherever few rows of the school, or
    of a list that is of no schools, have that very word (``endedIfNotKnown``).

    ``standing``: its other rows, which were not read, as they are in the store.
    """
    for column in _may_be_unknown(contract):
        if rows.select(is_not_known(column).any()).item():
            asked = [frame for frame in (rows, standing) if frame.height]
            few = _words_of_few(pl.concat([_without_day(frame, column, contract) for frame in asked]))
            told = rows.select(of=_unit(contract), word=_word(column))
            is_of_few = told.join(few, on=["of", "word"], how="left", maintain_order="left")["few"].fill_null(
                value=False
            )
            left = pl.when(is_of_few).then(pl.lit(LEFT_UNKNOWN)).otherwise(pl.col(column.name))
            rows = rows.with_columns(left.alias(column.name))
    return rows


def _without_day(rows: pl.DataFrame, column: Column, contract: Contract) -> pl.DataFrame:
    """Of the rows that give no day, the school (``of``) and the ``word`` by which they say that it is not known (empty: they
    do not)."""
    is_asked = is_empty(column) | is_not_known(column)
    return rows.filter(is_asked).select(of=_unit(contract), word=pl.when(is_not_known(column)).then(_word(column)))


def _words_of_few(without_day: pl.DataFrame) -> pl.DataFrame:
    """School (``of``) and ``word`` that says there of ``few`` (true) rows that the day is not known."""
    counted = without_day.group_by("of", "word").len("rows")
    few = pl.col("rows") <= FEW * pl.col("rows").sum().over("of")
    return counted.filter(pl.col("word").is_not_null(), few).select("of", "word", few=pl.lit(value=True))


def has_unknown_end(contract: Contract) -> pl.Expr:
    """Whether a row says ``Unknown`` where few such rows would say that a place has ended: it depends on the others."""
    return pl.any_horizontal(pl.lit(value=False), *map(is_not_known, _may_be_unknown(contract)))


def unknown_ends(rows: pl.DataFrame, contract: Contract, file: str, headers: Mapping[str, str]) -> list[Breach]:
    """A breach for each column of ends in which ``Unknown`` is left, as too many rows say so."""
    found = []
    for column in _may_be_unknown(contract):
        left = rows.filter(is_not_known(column)).height if column.name in headers else 0
        if left:
            why = (
                f"{left:,} cells say that the day is not known, and so do so many of the same school or list that it does not "
                "mean an end there: they count as empty. If some of these children have left, nobody is told."
            )
            fix = f"Leave {headers[column.name]} empty while a place goes on, and write the day, or Left, for those who left."
            found.append(Breach(contract.id, file, None, headers[column.name], ENDS_NOT_KNOWN, "nothing", why, fix))
    return found


def without_most_left(rows: pl.DataFrame, contract: Contract, file: str, breaches: Sequence[Breach]) -> list[Breach]:
    """The breaches of a file, those of places that have ended on no day setting the row aside where most rows of the school,
    or of the file, are such; and one of the file that says so."""
    lines = {b.line for b in breaches if b.rule == LEFT_WITHOUT_DAY and b.stops == "nothing" and b.line is not None}
    if not lines or not contract.ends_of_places:
        return list(breaches)
    marked = rows.select("line", of=_unit(contract), left=pl.col("line").is_in(list(lines)))
    is_most = (pl.len() >= ENOUGH_ROWS) & (pl.col("left").sum() > MOST * pl.len())
    most = set(marked.filter("left", is_most.over("of") | is_most)["line"])
    why = (
        "This and most other rows of the same school or list say that it has ended, and give no day. If that is not so, "
        "children would be looked for who are at school; so the rows are set aside."
    )
    fix = "Give the day on which each ended; or leave out who has left."
    judged = [
        replace(b, stops="row", why=why, fix=fix) if b.rule == LEFT_WITHOUT_DAY and b.line in most else b
        for b in breaches
    ]
    return [*judged, *([_told_of_most(rows.filter(pl.col("line").is_in(list(most))), contract, file)] if most else [])]


def _told_of_most(aside: pl.DataFrame, contract: Contract, file: str) -> Breach:
    """That a school, or a list, has nearly nobody left by these rows."""
    told = contract.completeness
    names = [text_of(contract.column_named[name]) for name in (told.unit_name, told.unit) if name]
    units = aside.select(pl.coalesce(*names)).to_series().drop_nulls().unique().sort().to_list() if names else []
    whose = f" of {first_of(units)}" if units else ""
    why = (
        f"{counted(aside.height, 'row')}{whose} are set aside: they say that a place has ended, on no known day, and so do "
        "most rows of the same school or list. If the file is one of those who left, it tells nothing of them; if a column is "
        "misread, its children look as if they had no place."
    )
    fix = "Send all who are there now, with the day of leaving of those who left."
    return Breach(contract.id, file, None, None, MOST_LEFT, "nothing", why, fix)


def is_not_known(column: Column) -> pl.Expr:
    """Whether a cell as received says that the day is not known. Never null."""
    return _word(column).is_in(NOT_KNOWN).fill_null(value=False)


def _word(column: Column) -> pl.Expr:
    return pl.col(column.name).str.strip_chars(" '").str.to_lowercase()


def _may_be_unknown(contract: Contract) -> list[Column]:
    return [column for column in contract.columns if column.ended_if_not_known]


def _unit(contract: Contract) -> pl.Expr:
    """The school that a row is of; one text for all rows of a source without schools."""
    unit = contract.completeness.unit
    return text_of(contract.column_named[unit]).fill_null("") if unit else pl.lit("")
