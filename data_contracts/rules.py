"""A contract's rules as checks of a table: for each rule, which rows break it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial

import polars as pl

from data_contracts.births import born_in
from data_contracts.breach import Stops
from data_contracts.contract import Contract, DataContract
from data_contracts.ended import LEFT, year_said
from data_contracts.parts import Column, Rule
from data_contracts.values import (
    IDENTIFYING,
    as_codes,
    is_empty,
    is_ended_in_words,
    is_known_code,
    is_no_date,
    is_shortened_number,
    parse_dates,
    text_of,
)

IdentifierChecks = Mapping[str, Callable[[pl.Expr], pl.Expr]]
"""Metric (``upn``, ``nhsNumber``) -> function from a text column to true where the check character is right."""

WITHHELD = "withheld"
"""What a published cell shows in place of a value that must not be shown for a protected child."""

NOT_IN_FUTURE = "not in the future"
"""Name of the one rule that depends on the day: a row that breaks it tonight may keep it tomorrow."""

SHORTENED = "number shortened by a spreadsheet"
"""Name of the rule that a number like 1.23E+12 breaks."""

KNOWN_CODE = "known code"
"""Name of the rule that a code outside its column's codes breaks."""

NO_DATE = "date"
"""Name of the rule that a cell breaks if it is not empty and cannot be read as a date."""

WITHOUT_DAY = "birth date without a day"
"""Name of the rule that a birth date breaks if it gives the month or the year alone."""

LEFT_WITHOUT_DAY = "left without a day"
"""Name of the rules that an entry breaks if a code, or the cell for its end, says that it has ended and nothing says when."""


@dataclass(frozen=True, slots=True)
class Check:
    """One rule for one column (or for the table), applied to each row."""

    rule: str
    """Name of the rule, as a breach shows it."""
    column: str | None
    """Our name of the column; null: no single column."""
    stops: Stops
    why: str
    fix: str
    broken: Callable[[], pl.Expr]
    """Makes the expression that is true where a row breaks the rule and false elsewhere."""
    least_rows: int | None = None
    """For a rule about the number of rows: the fewest allowed. ``broken`` is then not used."""
    is_of_cell: bool = False
    """Whether the cell alone decides, so that each distinct cell of the column need be checked only once."""
    is_of_file: bool = False
    """Whether other rows of the file count too: the verdict on a row may change though the row does not."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the checks of one file are made from."""

    contract: Contract
    today: date
    """The last day that is not in the future."""
    identifier_checks: IdentifierChecks = field(default_factory=dict)


def source_checks(
    contract: Contract, headers: Mapping[str, str], identifier_checks: IdentifierChecks, today: date
) -> list[Check]:
    """Every check of one file of a source, in the order of its columns; the table's own rules come first.

    An optional column that the file lacks (no header in ``headers``) has no checks.
    """
    setting = Setting(contract, today, identifier_checks)
    checks = [_table_check(rule, contract) for rule in contract.table.quality]
    for column in contract.columns:
        if column.name in headers or not column.may_be_absent:
            checks += _column_checks(column, setting)
    return checks


def _column_checks(column: Column, setting: Setting) -> Iterable[Check]:
    if column.required:
        fix = f"Fill in {column.header} and send the row again."
        stops, why = column.required_stops, column.required_why
        yield Check("required", column.name, stops, why, fix, lambda: is_empty(column), is_of_cell=True)
    if column.logical_type == "date":
        fix = f"Write {column.header} as a real date, such as {column.dates_such_as}."
        yield _type_check(NO_DATE, column, fix, lambda: is_no_date(column) & ~_is_said_without_day(column, setting))
    if column.name in setting.contract.ends:
        why = "The cell says that this has ended, and not when: it counts as ended on an unknown day."
        fix = f"Write the day into {column.header}, such as {column.dates_such_as}."
        has_ended = partial(_has_ended_without_day, column, setting.today)
        yield Check(LEFT_WITHOUT_DAY, column.name, "nothing", why, fix, has_ended, is_of_cell=True)
    if column.maps_to == "date_of_birth":
        fix = f"Send {column.header} with its day, such as {column.dates_such_as}, where the day is known."
        why = "Of this birth date only the month or the year is given. They are used; but a whole date tells children apart."
        yield Check(WITHOUT_DAY, column.name, "nothing", why, fix, lambda: _is_without_day(column), is_of_cell=True)
    if column.logical_type == "integer":
        fix = f"Write {column.header} as a whole number, digits only."
        whole = r"^[+-]?[0-9]{1,18}$"
        yield _type_check("whole number", column, fix, lambda: ~text_of(column).str.contains(whole).fill_null(True))
    if _may_be_shortened(column):
        why = "A spreadsheet has shortened this number (to the form 1.23E+12), and its digits are lost."
        fix = f"Send {column.header} as text, digits only, straight from the system and not from a spreadsheet."
        yield Check(SHORTENED, column.name, "nothing", why, fix, lambda: _is_shortened(column), is_of_cell=True)
    for rule in column.quality:
        yield _value_check(column, rule, setting)


def _type_check(rule: str, column: Column, fix: str, broken: Callable[[], pl.Expr]) -> Check:
    """The check of cells that are not of the column's type."""
    return Check(rule, column.name, column.bad_type_stops, column.bad_type_why, fix, broken, is_of_cell=True)


def _is_without_day(column: Column) -> pl.Expr:
    return born_in(column).is_not_null() if column.maps_to == "date_of_birth" else pl.lit(value=False)


def _is_said_without_day(column: Column, setting: Setting) -> pl.Expr:
    """True where a birth date, or an end, is given without its day."""
    is_end = column.name in setting.contract.ends
    return _has_ended_without_day(column, setting.today) if is_end else _is_without_day(column)


def _has_ended_without_day(column: Column, today: date) -> pl.Expr:
    """True where an end is said in words to have come; not in a year that has not."""
    return is_ended_in_words(column) & ~(year_said(text_of(column)) > today.year).fill_null(value=False)


def _is_shortened(column: Column) -> pl.Expr:
    return is_shortened_number(column).fill_null(value=False)


def _may_be_shortened(column: Column) -> bool:
    """True for keys and identifiers whose form no check digit, pattern or code list guards."""
    is_held = any(rule.metric in ("upn", "nhsNumber", "invalidValues") for rule in column.quality)
    return (column.primary_key or column.maps_to in IDENTIFYING) and not is_held


def _value_check(column: Column, rule: Rule, setting: Setting) -> Check:
    """The check for a rule of one column. Empty cells keep every rule but ``nullValues``."""
    checks: dict[str, tuple[str, Callable[[], pl.Expr]]] = {
        "nullValues": ("required", lambda: is_empty(column)),
        "invalidValues": _valid(column, rule),
        "duplicateValues": ("unique key", lambda: _contradicts(column, setting.contract)),
        "upn": ("UPN check letter", lambda: ~setting.identifier_checks["upn"](text_of(column))),
        "nhsNumber": ("NHS number check digit", lambda: ~setting.identifier_checks["nhsNumber"](text_of(column))),
        "notInFuture": (NOT_IN_FUTURE, lambda: parse_dates(column) > setting.today),
        "notBefore": (f"not before {rule.year}", lambda: parse_dates(column).dt.year() < rule.year),
    }
    name, broken = checks[rule.metric]
    is_about_empty = rule.metric == "nullValues"

    def broken_where_given() -> pl.Expr:
        return broken() if is_about_empty else broken().fill_null(value=False) & ~is_empty(column)

    of_file = rule.metric == "duplicateValues"
    scope = {"is_of_cell": not of_file, "is_of_file": of_file}
    return Check(name, column.name, rule.stops, rule.why, rule.fix, broken_where_given, **scope)


def _valid(column: Column, rule: Rule) -> tuple[str, Callable[[], pl.Expr]]:
    if rule.arguments.pattern is not None:
        return "form", lambda: ~text_of(column).str.contains(f"(?i)^(?:{rule.arguments.pattern})$")
    values = [value.casefold() for value in rule.arguments.valid_values or ()]
    if values:
        return KNOWN_CODE, lambda: ~text_of(column).str.to_lowercase().is_in(values)
    return KNOWN_CODE, lambda: ~is_known_code(column)


def _contradicts(column: Column, contract: DataContract) -> pl.Expr:
    """True where another row has the same key but differs, and at each further copy of the same row.

    Case and spaces make no difference: an entry typed twice, with ``ZA1 2BD`` and ``ZA12BD``, contradicts nothing, and if both
    rows were set aside, nobody would know the child.
    """
    others = [pl.col(other.name).alias(f"_{other.name}") for other in contract.columns]
    return pl.struct(text_of(column).alias("key"), *others).map_batches(_contradicting, return_dtype=pl.Boolean)


def _contradicting(keyed: pl.Series) -> pl.Series:
    """As ``_contradicts``, from the key and the whole row. Nearly every key occurs once: only the others are compared."""
    is_suspect = keyed.struct.field("key").is_duplicated()
    if not is_suspect.any():
        return is_suspect
    suspects = keyed.struct.unnest().with_columns(_place=pl.int_range(pl.len())).filter(is_suspect)
    plain = pl.all().exclude("key", "_place").fill_null("").str.to_lowercase().str.replace_all(r"\s", "")
    content = pl.struct(plain).hash()
    differ = content.min().over("key") != content.max().over("key")
    places = suspects.filter(differ | ~content.is_first_distinct())["_place"]
    return pl.select(pl.int_range(len(keyed)).is_in(places.implode())).to_series()


def _table_check(rule: Rule, contract: DataContract) -> Check:
    if rule.metric == "rowCount":
        least = rule.must_be_greater_or_equal
        return Check("row count", None, rule.stops, rule.why, rule.fix, _never, least, is_of_file=True)
    checks: dict[str, tuple[str, Callable[[], pl.Expr]]] = {
        "allEmpty": ("not all empty", lambda: _are_all_empty(rule.columns, contract)),
        "leftWithoutDay": (LEFT_WITHOUT_DAY, lambda: has_left_without_day(*rule.columns, contract=contract)),
        "countsRows": ("counts the rows", lambda: pl.col(rule.columns[0]).ne_missing(pl.int_range(1, pl.len() + 1))),
        "notAbove": ("not above", lambda: _is_above(*rule.columns)),
        "withheldWhere": ("withheld", lambda: _shows_where(*rule.columns)),
        "givenUnless": ("given", lambda: _lacks_unless(*rule.columns)),
    }
    name, broken = checks[rule.metric]
    return Check(name, None, rule.stops, rule.why, rule.fix, broken)


def _are_all_empty(columns: Iterable[str], contract: DataContract) -> pl.Expr:
    return pl.all_horizontal(is_empty(contract.column_named[name]) for name in columns)


def has_left_without_day(status: str, day: str, *, contract: DataContract) -> pl.Expr:
    """For each row as received: whether the code in one column says that an entry has ended, and another column gives no
    day."""
    has_left = as_codes(contract.column_named[status]) == LEFT
    return has_left.fill_null(value=False) & is_empty(contract.column_named[day])


def _never() -> pl.Expr:
    return pl.lit(value=False)


def _is_blank(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).str.strip_chars().fill_null("") == ""


def _is_above(lower: str, *uppers: str) -> pl.Expr:
    """True where the first number exceeds any of the others by more than rounding."""
    return pl.any_horizontal(pl.col(lower) > pl.col(upper) + 1e-6 for upper in uppers).fill_null(value=False)


def _shows_where(marked: str, *hidden: str) -> pl.Expr:
    """True where the first column is true (or null) and any other has a value other than the word for withheld."""
    shows = pl.any_horizontal(~_is_blank(name) & (pl.col(name).cast(pl.String) != WITHHELD) for name in hidden)
    return pl.col(marked).fill_null(value=True) & shows


def _lacks_unless(marked: str, *needed: str) -> pl.Expr:
    """True where the first column is not true and any other is empty."""
    return ~pl.col(marked).fill_null(value=False) & pl.any_horizontal(_is_blank(name) for name in needed)


def list_checks(contract: DataContract) -> list[Check]:
    """Every check of one of our own typed tables, such as the list of candidates."""
    checks = [_table_check(rule, contract) for rule in contract.table.quality]
    for column in contract.columns:
        checks += _typed_checks(column)
    return checks


def _typed_checks(column: Column) -> Iterable[Check]:
    cell, low, high = pl.col(column.name), column.options.minimum, column.options.maximum
    if column.required:
        fix = f"Every row needs {column.header}."
        yield Check(
            "required", column.name, column.required_stops, column.required_why, fix, lambda: _is_blank(column.name)
        )
    if low is not None and high is not None:
        fix = f"{column.header} lies between {low:g} and {high:g}."
        outside = ~cell.is_between(low, high).fill_null(True) | cell.cast(pl.Float64).is_nan().fill_null(False)
        yield Check("range", column.name, column.bad_type_stops, column.bad_type_why, fix, lambda: outside)
    for rule in column.quality:
        if rule.metric == "duplicateValues":
            yield Check("unique key", column.name, rule.stops, rule.why, rule.fix, cell.is_duplicated)
        elif rule.metric == "invalidValues":
            name, broken = _valid(column, rule)
            yield Check(name, column.name, rule.stops, rule.why, rule.fix, _where_not_null(column, broken))


def _where_not_null(column: Column, broken: Callable[[], pl.Expr]) -> Callable[[], pl.Expr]:
    return lambda: broken().fill_null(value=False) & ~_is_blank(column.name)
