"""Bad values, one row each: for every column of every contract what may go wrong in its cell, and what is wanted."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from data_contracts.breach import Stops
from data_contracts.contract import Contract
from data_contracts.parts import YEAR_ALONE, Column
from tests.corpus.good import Cells, good_cells, good_value, written

Broken = tuple[str, str | None, Stops]
"""Rule, header of the column, and what it stops."""

ODD_TEXT = {
    "an emoji": "Ann \U0001f600",
    "right to left": "\u202eAnn",
    "nothing to see": "An\u200bn",
    "a bell": "An\x07n",
    "Arabic": "\u0645\u062d\u0645\u062f",
    "letters put together": "A\u0301nn",
    "a formula": "=1+1",
    "a formula with a link": '=HYPERLINK("x")',
    "a command": "@SUM(A1)",
    "SQL": "'; drop table child; --",
    "a template": "{{ 7 * 7 }}",
    "markup": "<script>x</script>",
    "a backslash": "An\\n",
    "NULL": "NULL",
    "nan": "nan",
    "20,000 letters": "Ann " * 5000,
    "a quote": 'Ann "Annie" B',
    "a comma": "Ann, B",
    "two lines": "Ann\nB",
    "a tab": "Ann\tB",
    "spaces of another kind": "\u00a0Ann\u2003",
}
NO_DATES = {
    "no day of the calendar": "31/02/2015",
    "a day 30 of February": "2015-02-30",
    "a month 13": "2015-13-01",
    "two digits for the year of no day": "30/02/15",
    "words": "not yet decided",
    "a year alone": "2015",
    "a year of 5": "02015-01-01",
    "29 February of no leap year": "29/02/2015",
    "a day 0": "00/01/2015",
    "with a time": "2015-02-30T00:00:00",
    "a sum": "=TODAY()",
    "spelt out": "the 3rd of May",
}
WITHOUT_KEY: dict[str, list[Broken]] = {"empty": [], "only spaces": [("unique key", "ApplicationRef", "row")]}
"""Of a list whose rows share keys: one without is used under a key that is worked out; its like is then the same row again."""
WITHOUT_DAY = ("a year alone", "a day 0")
"""Of these, those that say something of a birth date."""
NO_UPNS = {
    "a wrong letter": "A823432100123",
    "a digit short": "H82343210012",
    "Excel's": "8.23432E+11",
    "words": "none yet",
}
NO_NHS_NUMBERS = {
    "a wrong digit": "9434765918",
    "a digit short": "943476591",
    "Excel's": "9.43477E+09",
    "tens": "1111111111",
}


@dataclass(frozen=True)
class RowCase:
    """One row that differs from the good one, and what must be said of its line."""

    what: str
    cells: Cells
    wanted: frozenset[Broken] = field(default_factory=frozenset)

    @property
    def is_set_aside(self) -> bool:
        """Whether the row must not be loaded."""
        return any(stops == "row" for _, _, stops in self.wanted)


def row_cases(contract: Contract) -> list[RowCase]:
    """Every row case of one contract, in an order that stays."""
    cases: list[RowCase] = []
    for column in contract.columns:
        for what, value, wanted in _values(column):
            key = {} if column.primary_key else {contract.key.name: f"R{len(cases):05d}"}
            cells = good_cells(contract, f"R{len(cases):05d}") | {column.name: value} | key
            is_worked_out = column.primary_key and contract.files.key_shared
            broken = WITHOUT_KEY[what] if is_worked_out else wanted
            cases.append(RowCase(f"{column.header}: {what}", cells, frozenset(broken)))
    cases += _empty_together(contract, f"N{len(cases):05d}")
    return [*cases, *_repeated(contract)]


def _values(column: Column) -> Iterator[tuple[str, str, list[Broken]]]:
    """What may stand in a column's cell -> the rules it breaks."""
    empty: list[Broken] = [("required", column.header, column.required_stops)] if column.required else []
    yield "empty", "", empty
    yield "only spaces", "   ", empty
    for placeholder in column.not_a_value:
        yield f"the placeholder {placeholder}", placeholder, empty
    if column.primary_key:
        return
    yield "spaces around it", f"  {good_value(column)} ", []
    if column.logical_type == "date":
        yield from _days(column)
    for rule in column.quality:
        at: list[Broken]
        if rule.metric == "invalidValues" and rule.arguments.pattern:
            yield "of no form", "!!", [("form", column.header, rule.stops)]
        elif rule.metric == "invalidValues":
            yield "an unknown code", "ZQX9", [("known code", column.header, rule.stops)]
            yield "a code in small letters", good_value(column).lower(), []
        elif rule.metric == "upn":
            at = [("UPN check letter", column.header, rule.stops)]
            yield from ((f"a UPN, {what}", value, at) for what, value in NO_UPNS.items())
            yield "a UPN in small letters with spaces", "h8234 3210 0123", []
        elif rule.metric == "nhsNumber":
            at = [("NHS number check digit", column.header, rule.stops)]
            yield from ((f"an NHS number, {what}", value, at) for what, value in NO_NHS_NUMBERS.items())
            yield "an NHS number with spaces", "943 476 5919", []
    if column.maps_to in ("surname", "forename", "full_name", "address") and not column.quality:
        yield from ((what, value, []) for what, value in ODD_TEXT.items())


def _days(column: Column) -> Iterator[tuple[str, str, list[Broken]]]:
    bad: list[Broken] = [("date", column.header, column.bad_type_stops)]
    without_day: list[Broken] = [("birth date without a day", column.header, "nothing")]
    for what, value in NO_DATES.items():
        yield what, value, without_day if what in WITHOUT_DAY and column.maps_to == "date_of_birth" else bad
    rules = {rule.metric: rule for rule in column.quality}
    early, late = rules.get("notBefore"), rules.get("notInFuture")
    is_early = early is not None and (early.year or 0) > 1900
    at_1900: list[Broken] = [(f"not before {early.year}", column.header, early.stops)] if early and is_early else []
    yield "1 January 1900", written(column, date(1900, 1, 1)), at_1900
    to_come: list[Broken] = [("not in the future", column.header, late.stops)] if late else []
    yield "a day to come", written(column, date(2199, 1, 1)), to_come
    yield "a day with its time", f"{written(column, date(2015, 3, 24))} 00:00:00", []
    for form, how in zip(column.dates_written, column.date_formats, strict=False):
        if "yyyy" in form:
            yield f"written as {form}", date(2015, 3, 24).strftime(how), without_day if form == YEAR_ALONE else []


def _empty_together(contract: Contract, key: str) -> Iterator[RowCase]:
    """A row for each rule of columns that may not all be empty, such as names: one in which they are."""
    named = {column.name: column for column in contract.columns}
    for number, rule in enumerate(rule for rule in contract.table.quality if rule.metric == "allEmpty"):
        required: set[Broken] = {
            ("required", named[name].header, named[name].required_stops)
            for name in rule.columns
            if named[name].required
        }
        cells = good_cells(contract, f"{key}{number}") | dict.fromkeys(rule.columns, " ")
        yield RowCase(
            f"nothing in {', '.join(rule.columns)}", cells, frozenset({("not all empty", None, rule.stops), *required})
        )


def _repeated(contract: Contract) -> Iterator[RowCase]:
    """Rows that share a key. Of rows equal but for spaces the first is kept; rows that differ contradict each other."""
    broken: frozenset[Broken] = frozenset({("unique key", contract.key.header, "row")})
    other = next(c for c in contract.columns if c.maps_to in ("forename", "full_name", "surname", "address"))
    yield RowCase("a key, to be repeated with another row", good_cells(contract, "D1"), broken)
    yield RowCase("the key again, with another row", good_cells(contract, "D1") | {other.name: "Other"}, broken)
    yield RowCase("a key, to be repeated after spaces", good_cells(contract, "D2"))
    yield RowCase("the key again, after spaces", good_cells(contract, "  D2"), broken)
    yield RowCase("a row, to be repeated whole", good_cells(contract, "D3"))
    yield RowCase("the whole row again", good_cells(contract, "D3"), broken)
