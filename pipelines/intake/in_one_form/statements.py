"""What a source's rows say of their children, as statements. The contract says what each one says."""

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

from data_contracts.contract import Contract
from data_contracts.ended import LEFT
from data_contracts.statement import Doubt, Statement
from data_contracts.values import text_of
from matching.canonical.dates import plausible_birth_date
from pipelines.age import year_begins
from pipelines.intake.in_one_form.cells import (
    born_by_month,
    born_on,
    is_said_to_have_ended,
    is_unread,
    meaning_of,
    only_cell,
    read_cells,
    says_withheld,
)
from pipelines.tables import STATEMENT

UNDATED = "the confirmation has no date"
"""The doubt of a place that is said to hold for so many days from a day that is not given."""

DAYS_IN_A_YEAR = 365.25
NEARLY = 0.5
"""Years by which a birth date and another day may contradict each other and both still count: so small a slip makes no
other age."""


def statements_of_sources(
    sources: Mapping[str, pl.DataFrame], contracts: Mapping[str, Contract], as_at: date
) -> pl.DataFrame:
    """``STATEMENT``: everything that the rows of these sources say as at a day. ``sources``: rows from :func:`read_cells`."""
    statements = [
        rows
        for source, sent in sources.items()
        for statement in contracts[source].says
        for rows in _rows_said(sent, contracts[source], statement, as_at)
    ]
    return _in_order(statements) if statements else STATEMENT.to_frame()


def _holds(contract: Contract, when: Mapping[str, tuple[str, ...]]) -> pl.Expr:
    """True where each column has one of its meanings (case ignored); always true if ``when`` is empty."""
    return pl.all_horizontal(
        pl.lit(True),
        *(
            meaning_of(contract.column_named[name]).str.to_lowercase().is_in([m.casefold() for m in meanings])
            for name, meanings in when.items()
        ),
    ).fill_null(value=False)


def _is_said(contract: Contract, statement: Statement) -> pl.Expr:
    """True where a row's codes are those of a statement. That an address must not be shown is said too by words in its
    place."""
    holds = _holds(contract, statement.when)
    return holds | says_withheld(contract) if statement.kind == "protected" else holds


def makes_statement(rows: pl.DataFrame, contract: Contract, kind: str) -> pl.Series:
    """For each row as received: whether it says anything of a kind, such as that its address is protected."""
    statements = [statement for statement in contract.says if statement.kind == kind]
    is_any = pl.any_horizontal(pl.lit(value=False), *(_is_said(contract, statement) for statement in statements))
    asked = dict.fromkeys(name for statement in statements for name in statement.when)
    return read_cells(rows, contract, asked).with_columns(is_any.alias(kind))[kind]


def _what_said(contract: Contract, statement: Statement) -> pl.Expr:
    if statement.what_from is None:
        return pl.lit(statement.what, pl.String)
    column = contract.column_named[statement.what_from]
    return pl.coalesce(meaning_of(column), pl.lit(column.unknown_code or "not said"))


def _applies(contract: Contract, doubt: Doubt, as_at: date) -> pl.Expr:
    """True where a doubt applies: by its codes, its words, its dates (so many days before the date judged, or before the
    school year)."""
    holds = [_holds(contract, doubt.when)]
    holds += [pl.col(name).str.contains(words) == is_there for name, words, is_there in doubt.patterns]
    holds += [pl.col(name) <= as_at - timedelta(days=days) for name, days in doubt.older_than.items()]
    for name, year in doubt.before_year.items():
        began_on = year_begins(year, plausible_birth_date(born_by_month(contract), as_at))
        holds += [pl.col(name) < began_on, began_on <= as_at]
    return pl.all_horizontal(holds).fill_null(value=False)


def _proves(contract: Contract, statement: Statement, as_at: date) -> pl.Expr:
    """The least that any doubt leaves of the statement, 0..1; null: no doubt says."""
    least = [
        pl.when(_applies(contract, doubt, as_at)).then(pl.lit(doubt.proves, pl.Float64)) for doubt in statement.doubts
    ]
    return pl.min_horizontal(pl.lit(None, pl.Float64), *least)


def _doubt(contract: Contract, statement: Statement, as_at: date) -> pl.Expr:
    reasons = [pl.when(_applies(contract, doubt, as_at)).then(pl.lit(doubt.because)) for doubt in statement.doubts]
    if statement.kind == "provision" and statement.holds_days is not None and statement.since is not None:
        reasons.append(pl.when(pl.col(statement.since).is_null()).then(pl.lit(UNDATED)))
    if not reasons:
        return pl.lit(None, pl.String)
    joined = pl.concat_str(reasons, separator="; ", ignore_nulls=True)
    return pl.when(joined != "").then(joined)


def _has_ended_in_words(contract: Contract, end: str) -> pl.Expr:
    """True where a row says in words, of its status or in place of the day, that what ends on the day in a column has ended,
    and gives no such day."""
    words = [meaning_of(status).eq_missing(pl.lit(LEFT)) for status, day in contract.ends_in_words if day == end]
    words += [is_said_to_have_ended(end)] if end in contract.ends else []
    return pl.any_horizontal(pl.lit(value=False), *words) & pl.col(end).is_null()


def _rows_said(rows: pl.DataFrame, contract: Contract, statement: Statement, as_at: date) -> list[pl.DataFrame]:
    """What one statement of the contract says in each row that it applies to; if it has ``on``, one frame for each date
    column.

    Nobody has seen a child, or closed an entry, on a day still to come: such a date says nothing. A cell that is no date says
    that somebody has seen the child, on no known day. A row whose entry has ended in words alone says that the child left on no
    known day, and not that the entry goes on.
    """
    never = pl.lit(None, pl.Date)
    since = never if statement.since is None else pl.col(statement.since)
    until = never if statement.until is None else pl.col(statement.until)
    if statement.holds_days is not None:
        until = pl.coalesce(until, since + pl.duration(days=statement.holds_days))
    place = only_cell((text_of(contract.column_named[name]) for name in statement.place), pl.String)
    fields = {
        "record_id": pl.col("record_id"),
        "source": pl.lit(contract.id),
        "kind": pl.lit(statement.kind),
        "what": _what_said(contract, statement),
        "place": place,
        "since_on": since,
        "until_on": until,
        "doubt": _doubt(contract, statement, as_at),
        "proves": _proves(contract, statement, as_at),
    }
    excepted = [_holds(contract, {name: meanings}) for name, meanings in statement.unless.items()]
    excepted += [_has_ended_in_words(contract, statement.until)] if statement.until else []
    applying = rows.lazy().filter(_is_said(contract, statement), *(~each for each in excepted))
    if not statement.on:
        return [applying.select(**fields).collect()]
    days = [
        applying.filter((pl.col(name) <= as_at) & statement_applies(contract, statement, pl.col(name))).select(
            **fields | {"since_on": pl.col(name)}
        )
        for name in statement.on
    ]
    if statement.kind == "seen":
        days += [applying.filter(is_unread(name)).select(**fields) for name in statement.on]
    if statement.kind == "left":
        days += [applying.filter(_has_ended_in_words(contract, name)).select(**fields) for name in statement.on]
    return pl.collect_all(days)


def statement_applies(contract: Contract, statement: Statement, day: pl.Expr) -> pl.Expr:
    """Whether the statement is made of a day in ``on``. One with ``ages`` is made only if the birth date is far outside
    them."""
    if statement.ages is None:
        return pl.lit(value=True)
    first, last = statement.ages
    age = (day - born_on(contract)).dt.total_days() / DAYS_IN_A_YEAR
    return (age < first - NEARLY) | (age > last + 1 + NEARLY)


def _in_order(statements: list[pl.DataFrame]) -> pl.DataFrame:
    """All statements, each once, in an order that depends only on themselves."""
    every = pl.concat([rows.select(STATEMENT.names()).cast(STATEMENT) for rows in statements])
    return every.unique().sort(STATEMENT.names(), nulls_last=False)
