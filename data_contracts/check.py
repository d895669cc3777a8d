"""Judges rows against their contract with Great Expectations. No other module imports it.

Great Expectations never sees a cell of a file. For each rule polars marks the rows that keep it (1) and break it (0), and one
suite, built from the contract, judges the marks. So no value can get into a result, a log or a message, and a million rows are
judged in seconds. Great Expectations reports a check that fails inside it as a mere failure; here it becomes a breach of its
own, never a pass.

Importing it takes seconds, and a suite takes as long over ten rows as over a million. So it is only used where a table is
judged as a whole, and only for rules that some row breaks: if every mark is 1 there is nothing to ask. In a file most of whose
rows are known from an earlier night to keep the rules, the few new marks are read directly.
"""

import logging
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from threading import Lock
from typing import Any

import polars as pl

from data_contracts.breach import Breach, Stops
from data_contracts.contract import Contract, DataContract, read_candidates_contract
from data_contracts.marks import Crashed, Outcome, marks_of, read_marks
from data_contracts.rules import Check, IdentifierChecks, list_checks, source_checks
from data_contracts.today import today as this_day

COULD_NOT_RUN = "check could not run"
"""Name of the rule that counts as broken when a check itself fails."""

_SAFE_RESULTS = {
    "result_format": "COMPLETE",
    "exclude_unexpected_values": True,
    "include_unexpected_rows": False,
    "return_unexpected_index_query": False,
    "partial_unexpected_count": 0,
}

_LIST_TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "string": pl.String,
    "date": pl.Date,
    "integer": pl.Int64,
    "number": pl.Float64,
    "boolean": pl.Boolean,
}


def judge(
    rows: pl.DataFrame,
    contract: Contract,
    file: str,
    headers: Mapping[str, str],
    *,
    identifier_checks: IdentifierChecks,
    today: date | None = None,
    known: pl.Series | None = None,
) -> list[Breach]:
    """Every breach of one file: those of the whole file first, then by line and in the order of the columns.

    ``rows`` has ``line`` and one text column per column of the contract (empty or null: the cell is empty); ``headers`` maps
    our column name to the header in the file; ``identifier_checks`` has ``upn`` and ``nhsNumber``, each mapping a text column
    to true where the check character is right. ``today`` is the last day that is not in the future; null: the day on which
    this runs. ``known`` is true where the very same row was judged by the same rules before and kept every rule that looks at
    one row; it is then judged only by rules that look at the whole file.
    """
    checks = source_checks(contract, headers, identifier_checks, today or this_day())
    named = {column.name: headers.get(column.name, column.header) for column in contract.columns}
    return _breaches(rows, checks, _Origin(contract.id, file, named), known)


def judge_candidates(frame: pl.DataFrame) -> list[Breach]:
    """Every breach of our own list by its contract ``candidates.yaml``, as it is to be published (masked).

    ``frame`` is a ``pipelines.tables.CANDIDATE``. Lines are those of the CSV: the first child is on line 2.
    """
    contract = _candidates_contract()
    origin = _Origin(contract.id, f"{contract.id}.csv", {column.name: column.header for column in contract.columns})
    wanted = {column.name: _LIST_TYPES[column.logical_type] for column in contract.columns}
    if frame.schema != pl.Schema(wanted):
        return [_wrong_columns(frame, wanted, origin)]
    lined = frame.with_columns(line=pl.int_range(2, pl.len() + 2, dtype=pl.Int64))
    return _breaches(lined, list_checks(contract), origin)


@lru_cache(maxsize=1)
def _candidates_contract() -> DataContract:
    return read_candidates_contract()


@dataclass(frozen=True, slots=True)
class _Origin:
    """What all breaches of one file have in common."""

    source: str
    file: str
    headers: Mapping[str, str]


def _wrong_columns(frame: pl.DataFrame, wanted: Mapping[str, Any], origin: _Origin) -> Breach:
    differ = sorted(set(frame.schema) ^ set(wanted)) or sorted(
        name for name in wanted if frame.schema[name] != wanted[name]
    )
    why = "Whoever reads the list relies on its columns: " + (", ".join(differ) or "their order") + " is not as agreed."
    fix = f"Publish the columns of {origin.source}.yaml, in its order and of its types."
    return Breach.of_file(origin.source, origin.file, "columns", why, fix)


def _breaches(
    rows: pl.DataFrame, checks: Sequence[Check], origin: _Origin, known: pl.Series | None = None
) -> list[Breach]:
    outcomes = _outcomes(rows, checks) if known is None or not known.any() else _outcomes_of_part(rows, checks, known)
    lines = rows["line"]
    found: list[tuple[int, int, Breach]] = []
    for number, check in enumerate(checks):
        outcome = outcomes[number]
        if isinstance(outcome, Crashed):
            found.append((0, number, _could_not_run(check, outcome, origin)))
            continue
        header = origin.headers.get(check.column) if check.column else None
        places: Sequence[int | None] = (
            lines.gather(outcome).to_list() if check.least_rows is None else [None] * len(outcome)
        )
        for line in places:
            breach = Breach(origin.source, origin.file, line, header, check.rule, check.stops, check.why, check.fix)
            found.append((line or 0, number, breach))
    return [breach for _, _, breach in sorted(found, key=lambda place: place[:2])]


def _could_not_run(check: Check, crashed: Crashed, origin: _Origin) -> Breach:
    """The breach for a check without a verdict. It stops the file if the rule stops files or rows."""
    why = (
        f"The check '{check.rule}' failed in itself ({crashed.error}), so nobody knows whether the file keeps the rule."
    )
    fix = "The sender need do nothing: send this line to whoever looks after Rollcall."
    header = origin.headers.get(check.column) if check.column else None
    stops: Stops = "nothing" if check.stops == "nothing" else "file"
    return Breach(origin.source, origin.file, None, header, COULD_NOT_RUN, stops, why, fix)


def _outcomes(rows: pl.DataFrame, checks: Sequence[Check]) -> list[Outcome]:
    """The outcome of each check, in order."""
    marks, crashed = marks_of(rows, checks)
    verdicts = read_marks(marks, {n: c for n, c in enumerate(checks) if n not in crashed})
    asked = {number: checks[number] for number, broken in verdicts.items() if broken}
    if asked:
        verdicts |= ask_great_expectations(marks.select("row", *map(str, asked)), len(rows), asked)
    return [crashed.get(number) or verdicts[number] for number in range(len(checks))]


def _outcomes_of_part(rows: pl.DataFrame, checks: Sequence[Check], known: pl.Series) -> list[Outcome]:
    """As ``_outcomes``, but rules that look at one row are only applied to rows not ``known`` to keep them."""
    of_row = [number for number, check in enumerate(checks) if not check.is_of_file]
    of_file = [number for number, check in enumerate(checks) if check.is_of_file]
    places = (~known).arg_true().to_list()
    found: dict[int, Outcome] = {}
    for numbers, part in ((of_row, rows.filter(~known)), (of_file, rows)):
        marks, crashed = marks_of(part, [checks[number] for number in numbers])
        verdicts = read_marks(marks, {n: checks[number] for n, number in enumerate(numbers) if n not in crashed})
        found |= {numbers[n]: outcome for n, outcome in (*verdicts.items(), *crashed.items())}
    for number in of_row:
        outcome = found[number]
        found[number] = outcome if isinstance(outcome, Crashed) else [places[place] for place in outcome]
    return [found[number] for number in range(len(checks))]


def ask_great_expectations(marks: pl.DataFrame, height: int, checks: Mapping[int, Check]) -> dict[int, Outcome]:
    """Judge the marks with one suite. A check without a clear verdict counts as crashed, never as passed."""
    with _ONE_AT_A_TIME:
        return _verdicts(_great_expectations(), marks, height, checks)


_ONE_AT_A_TIME = Lock()
"""Great Expectations has one context for the process: files judged at the same time must take turns."""


def _verdicts(gx: Any, marks: pl.DataFrame, height: int, checks: Mapping[int, Check]) -> dict[int, Outcome]:
    """The verdict of Great Expectations on the marks of each check."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    expectations = [_expectation(gx, number, check) for number, check in checks.items()]
    suite = gx.ExpectationSuite(name="contract", expectations=expectations)
    asset = context.data_sources.add_pandas("rows").add_dataframe_asset("rows")
    batch = asset.add_batch_definition_whole_dataframe("rows").get_batch({"dataframe": marks.to_pandas()})
    judged = batch.validate(suite, result_format=_SAFE_RESULTS)
    verdicts: dict[int, Outcome] = {number: Crashed("no result") for number in checks}
    for result in judged.results:
        number = int(result.expectation_config.meta["check"])
        verdicts[number] = _verdict(result, checks[number], height)
    return verdicts


def _expectation(gx: Any, number: int, check: Check) -> Any:
    meta = {"check": number}
    if check.least_rows is not None:
        return gx.expectations.ExpectTableRowCountToBeBetween(min_value=check.least_rows, meta=meta)
    return gx.expectations.ExpectColumnValuesToBeInSet(column=str(number), value_set=[1], meta=meta)


def _verdict(result: Any, check: Check, height: int) -> Outcome:
    error = error_class(result.exception_info)
    if error is not None:
        return Crashed(error)
    if check.least_rows is not None:
        return [] if result.success else [0]
    found = result.result.get("unexpected_index_list") or []
    is_whole = result.result.get("element_count") == height and result.result.get("unexpected_count") == len(found)
    return list(found) if is_whole and result.success == (not found) else Crashed("no clear verdict")


def error_class(info: Mapping[str, Any] | None) -> str | None:
    """Name of the error that an expectation raised; null if it raised none.

    Great Expectations reports either one entry, or one per metric that failed.
    """
    entries = [info or {}, *(entry for entry in (info or {}).values() if isinstance(entry, dict))]
    for entry in entries:
        if entry.get("raised_exception"):
            last_line = str(entry.get("exception_traceback") or "").strip().splitlines()[-1:]
            name = last_line[0].split(":")[0].split(".")[-1] if last_line else ""
            return name if name.isidentifier() else "error"
    return None


@lru_cache(maxsize=1)
def _great_expectations() -> Any:
    """Great Expectations without telemetry and log messages. Imported here because that takes seconds."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it imports a module that Python 3.11 deprecates
        import great_expectations as gx  # noqa: TID251 - its only user

    talk = logging.getLogger("great_expectations")
    talk.setLevel(logging.CRITICAL)
    talk.propagate = False  # some of its loggers set their own level, and would log through the root logger
    talk.addHandler(logging.NullHandler())
    return gx
