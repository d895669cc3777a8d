"""Do the keys of the last delivery still belong to the same children? Names, birth dates and numbers hardly ever change.

If a row is about another child, it loses its key: no id, and nothing that people decided, follows it
(:mod:`pipelines.intake.since_last_night.renumbered`).

If many values of a column change overnight, the column has slipped against the others: cells were deleted and the rest
moved up, one column was sorted without the others, or dates are read differently. Rows are then in order and every value is
well formed, so that no rule is broken. But children are taken for others, and a list made from them is full of children who
are in school.

A whole row under another key is no such sign. If the key is the row's place in a sheet, one child inserted near the top
moves all rows below: each goes on under its new key, and nobody is taken for another.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from data_contracts.completeness import Check
from data_contracts.contract import Contract
from data_contracts.parts import Column
from data_contracts.values import parse_dates, text_of
from pipelines.counted import counted, first_of
from pipelines.intake.receipt.misleading_files import ENOUGH_ROWS

WHO = ("date_of_birth", "surname", "forename", "full_name", "upn", "nhs_number")
"""Fields that say who the child is. The home is not one of them: whole streets are renumbered."""

MOST_CHANGED, FEWEST_CHANGED = 0.1, 5
"""More than one value in ten, and more than five. From one term to the next some children get another surname or a first
UPN, but never as many. In a list of thirty a clerk may correct three in one night."""


@dataclass(frozen=True)
class Changed:
    """One column of a source, in the rows whose keys came again."""

    header: str
    rows: int
    changed: int
    """How many of these rows have another value than before; a value that was or is empty does not count."""

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.changed / self.rows


@dataclass(frozen=True)
class OtherChildren:
    """What is about other children than the last delivery of a source was under the same keys."""

    columns: Sequence[Changed] = ()
    """Columns in which too many values changed, in the order of the contract."""
    lines: Sequence[int] = ()
    """Lines of single rows, in order; empty if whole columns changed."""

    @property
    def failed_checks(self) -> tuple[tuple[Check, str], ...]:
        """The checks that fail because of it, and why in words."""
        if self.columns:
            return (("other children", changed_columns_in_words(self.columns)),)
        return (("reused keys", reused_keys_in_words(self.lines)),) if self.lines else ()


def other_children(contract: Contract, before: pl.DataFrame, rows: pl.DataFrame, same: int) -> OtherChildren:
    """Compare rows with those that had their keys before.

    ``before``: the rows of the last delivery, all or those that may differ; a column that it lacks is not compared.
    ``rows``: tonight's rows that may differ from it. ``same``: how many others came again unchanged.
    """
    columns, both = _given_on_both(contract, before, rows)
    if both.is_empty() or not columns:
        return OtherChildren()
    slipped = both.join(_moved_whole(contract, before, rows), on="record_id", how="anti")
    if found := _changed_columns(slipped, columns, both.height + same):
        return OtherChildren(columns=found)
    reused = both.filter(_is_another(columns)).select("record_id")
    return OtherChildren(lines=rows.join(reused, on="record_id", how="semi")["line"].sort().to_list())


def _moved_whole(contract: Contract, before: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """``record_id`` of the rows whose cells, all but the key, were a row before."""
    content = all_but_key(contract, before, rows)
    stood = before.select(content).to_series()
    return rows.filter(content.is_in(stood.implode())).select("record_id")


def all_but_key(contract: Contract, before: pl.DataFrame, rows: pl.DataFrame) -> pl.Expr:
    """A hash of all cells of a row but the key, in the columns that both deliveries have."""
    shared = [name for name in contract.column_named if name in before.columns and name in rows.columns]
    return pl.struct(name for name in shared if name != contract.key.name).hash()


def rows_of_another_child(contract: Contract, before: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """``record_id`` of rows that may be about another child: the key came again with another name or birth date and with no
    number the same. ``is_another``: forename and birth date both differ, as no correction makes them.

    ``before``, ``rows``: as in :func:`other_children`.
    """
    columns, both = _given_on_both(contract, before, rows)
    differs = _any_of(columns, ("surname", "forename", "full_name", "date_of_birth"), _differs)
    doubtful = both.filter(differs & ~_any_of(columns, ("upn", "nhs_number"), _stays))
    return doubtful.select("record_id", is_another=_is_another(columns))


def _given_on_both(contract: Contract, before: pl.DataFrame, rows: pl.DataFrame) -> tuple[list[Column], pl.DataFrame]:
    """The columns that say who a child is, and their values tonight and before in the rows whose keys came again."""
    columns = [column for column in contract.columns if column.maps_to in WHO and column.name in before.columns]
    again = before.join(rows.select("record_id"), on="record_id", how="semi")  # few: the others are not read at all
    both = _values(rows, columns).join(
        _values(again, columns), on="record_id", how="inner", validate="1:1", suffix=_BEFORE
    )
    return columns, both


def _changed_columns(both: pl.DataFrame, columns: Sequence[Column], compared: int) -> list[Changed]:
    if compared < ENOUGH_ROWS:
        return []
    counts = both.select(_differs(column).sum().alias(column.name) for column in columns).row(0, named=True)
    changes = [Changed(column.header, compared, counts[column.name]) for column in columns]
    return [each for each in changes if each.share > MOST_CHANGED and each.changed > FEWEST_CHANGED]


def _is_another(columns: Sequence[Column]) -> pl.Expr:
    """Whether a row is about another child than before: forename and birth date both differ, and no number is the same."""
    is_named_otherwise = _any_of(columns, ("forename", "full_name"), _differs)
    is_born_otherwise = _any_of(columns, ("date_of_birth",), _differs)
    return is_named_otherwise & is_born_otherwise & ~_any_of(columns, ("upn", "nhs_number"), _stays)


def _any_of(columns: Sequence[Column], kinds: Sequence[str], test: Callable[[Column], pl.Expr]) -> pl.Expr:
    return pl.any_horizontal(pl.lit(value=False), *(test(column) for column in columns if column.maps_to in kinds))


def reused_keys_in_words(lines: Sequence[int]) -> str:
    """What single rows show, in a sentence or two."""
    return (
        f"{counted(len(lines), 'row')} (line {first_of([*map(str, lines)])}) may be under a key that was another child's last "
        "time: forename and birth date are both different. Nothing known or decided about one is applied to the other. Have "
        "each child sent under their own key."
    )


def changed_columns_in_words(changed: Sequence[Changed]) -> str:
    """What changed, in a sentence or two."""
    columns = ", ".join(f"{each.header} in {each.changed:,}" for each in changed)
    return (
        f"of {changed[0].rows:,} rows whose keys came again, many are about a different child from last time ({columns}). A "
        "column may have shifted against the others, keys may have been given to other children, or a spreadsheet may have "
        "changed how dates or numbers are written. If a new system counts from one again, accept it, or give it a contract of "
        "its own: no id or decision follows a key to a child whose forename and birth date are both different."
    )


_BEFORE = " before"


def _values(rows: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    """``record_id``, and each column as a date, or as its letters and digits in capitals without accents."""
    return rows.select("record_id", *(_value(column).alias(column.name) for column in columns))


def _value(column: Column) -> pl.Expr:
    if column.logical_type == "date":
        return parse_dates(column)
    return in_plain_capitals(text_of(column))


def in_plain_capitals(text: pl.Expr) -> pl.Expr:
    """The letters and digits of a text in capitals, without accents."""
    return text.str.normalize("NFKD").str.to_uppercase().str.replace_all(r"[^\p{L}\p{N}]", "")


def is_another_text(now: pl.Expr, then: pl.Expr) -> pl.Expr:
    """Whether a text (:func:`in_plain_capitals`) differs from before; false if either is empty or null, or if it was only
    cut or completed."""
    return ~(now.str.starts_with(then) | then.str.starts_with(now)).fill_null(value=True)


def _differs(column: Column) -> pl.Expr:
    """Whether a value differs from before; false if either is empty, or if a text was only cut or completed."""
    now, then = pl.col(column.name), pl.col(column.name + _BEFORE)
    if column.logical_type == "date":
        return (now != then).fill_null(value=False)
    return is_another_text(now, then)


def _stays(column: Column) -> pl.Expr:
    """Whether a text is there and the same as before."""
    now = pl.col(column.name)
    return ((now != "") & (now == pl.col(column.name + _BEFORE))).fill_null(value=False)
