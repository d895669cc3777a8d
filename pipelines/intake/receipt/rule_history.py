"""How often each rule of each source was broken, night by night: a small history of counts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from data_contracts.breach import Breach
from data_contracts.check import COULD_NOT_RUN
from data_contracts.contract import Contract
from data_contracts.rules import Check, source_checks
from pipelines.tables import RULE_HISTORY

NIGHTS_KEPT = 60
"""Most nights of a source that are kept, including tonight."""

RuleAt = tuple[str, str | None]
"""A rule's name, and the contract's header of its column; null: the rule is not about a single column."""


@dataclass(frozen=True, slots=True)
class JudgedFile:
    """What is counted in one file of a source."""

    source: str
    rows_read: int
    headers: Mapping[str, str]
    """Our name for a column -> its header in the file; empty if the file could not be read."""
    breaches: Sequence[Breach]


def contract_rules(contract: Contract, headers: Mapping[str, str] | None = None) -> list[Check]:
    """Every rule of a contract in its order; for a file with these ``headers``, only those that can be checked there."""
    every = {column.name: column.header for column in contract.columns}
    return source_checks(contract, every if headers is None else headers, {}, date.max)


def rules_tonight(files: Iterable[JudgedFile], contracts: Mapping[str, Contract], as_at: date) -> pl.DataFrame:
    """``RULE_HISTORY`` of one night. One row is one rule of one source that was checked, or that was broken.

    Rules of the contract that could be checked in no file (a column is missing, a file cannot be read, a check failed) have
    no row: nobody knows whether they are kept.
    """
    broken: dict[str, Counter[RuleAt]] = {}
    rows: Counter[str] = Counter()
    for file in files:
        if file.source in contracts:
            counts = broken.setdefault(file.source, Counter())
            counts.update(_counted(file, contracts[file.source]))
            rows[file.source] += file.rows_read
    every = [
        (as_at, source, rule, column, count, rows[source])
        for source, counts in broken.items()
        for (rule, column), count in counts.items()
    ]
    return pl.DataFrame(every, schema=RULE_HISTORY, orient="row")


def _counted(file: JudgedFile, contract: Contract) -> Counter[RuleAt]:
    """How often each rule was broken in one file: 0 for those that were checked and kept."""
    named = {column.name: column.header for column in contract.columns}
    header_of = {header: named[name] for name, header in file.headers.items() if name in named}
    counts: Counter[RuleAt] = Counter()
    for breach in file.breaches:
        counts[breach.rule, header_of.get(breach.column or "", breach.column)] += 1
    failed = [breach for breach in file.breaches if breach.rule == COULD_NOT_RUN]
    for check in contract_rules(contract, file.headers) if file.headers else ():
        column = named[check.column] if check.column else None
        if not any(f"'{check.rule}'" in breach.why for breach in failed):
            counts[check.rule, column] += 0
    return counts


def history_with(history: pl.DataFrame, tonight: pl.DataFrame) -> pl.DataFrame:
    """The history with tonight's counts instead of those of an earlier run for the same date; only the last nights of each
    source."""
    earlier = history.filter(~pl.col("as_at").is_in(tonight["as_at"].unique().implode()))
    every = pl.concat([earlier, tonight])
    last = pl.col("as_at").rank("dense", descending=True).over("source") <= NIGHTS_KEPT
    return every.filter(last).sort("as_at", "source", maintain_order=True)
