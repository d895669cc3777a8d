"""The data quality page's tables: files, and for each source every rule with how often it broke. Counts only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl
from markupsafe import Markup

from data_contracts.breach import STOPS_MOST_FIRST
from data_contracts.check import COULD_NOT_RUN
from data_contracts.contract import Contract
from pipelines.counted import counted
from pipelines.intake.receipt.rule_history import RuleAt, contract_rules
from pipelines.publish import charts
from pipelines.publish.publication import Publication
from pipelines.written_dates import day_written

Row = dict[str, Any]
ByNight = dict[date, tuple[int, int]]
"""Date judged -> places where a rule was broken, and rows read."""

STOPS = {"file": "the file", "row": "the row", "nothing": "nothing"}
WORTH_LOOKING = 20
"""Places. A rule broken in fewer is never said to be broken more often than before."""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule of one source on tonight's page."""

    rule: str
    column: str | None
    stops: str
    why: str
    fix: str
    broken: int | None
    """Places tonight; null: no file could be checked."""
    share: float | None
    """Share (0..1) of the rows read; null: none were read."""
    before: float | None
    """Median share (0..1) of the earlier nights; null: there were none."""
    trend: Markup

    @property
    def is_worse(self) -> bool:
        """Whether it is broken clearly more often than on the nights before."""
        if self.before is None or self.share is None or (self.broken or 0) < WORTH_LOOKING:
            return False
        return self.share > 2 * self.before and self.share - self.before > 0.002


@dataclass(frozen=True, slots=True)
class SourceSection:
    """One source on tonight's page."""

    source: str
    name: str
    purpose: str
    files: list[Row]
    broken: list[RuleRow]
    kept: list[RuleRow]
    """Rules of the contract that were kept, or that no file could be checked for."""
    rows_trend: Markup
    is_known: bool = True
    """Whether the authority sends it: it came tonight or on an earlier night on record, or its contract expects it."""
    by_file: list[Row] = field(default_factory=list)
    """If several files came: how often each rule was broken in each."""

    @property
    def is_absent(self) -> bool:
        """Whether no file of the source came in."""
        return not self.files


def source_sections(publication: Publication) -> list[SourceSection]:
    """Every source that has a contract: those with the most broken rules first, those that sent nothing last."""
    contracts, as_at = publication.contracts, publication.as_at
    history = publication.rule_history.filter(pl.col("as_at") <= as_at)
    breaches, rules, files = (
        _by_source(frame, contracts) for frame in (publication.breaches, history, publication.deliveries.sort("file"))
    )
    sections = [_source(each, breaches[name], rules[name], files[name], as_at) for name, each in contracts.items()]
    return sorted(
        sections, key=lambda one: (one.is_absent, -sum(rule.stops != "nothing" for rule in one.broken), one.name)
    )


def _by_source(frame: pl.DataFrame, sources: Iterable[str]) -> dict[str, pl.DataFrame]:
    """The rows of each source, in their order."""
    parts = frame.partition_by("source", maintain_order=True, as_dict=True)
    return {source: parts.get((source,), frame.clear()) for source in sources}


def stand_in_words(publication: Publication) -> dict[str, str]:
    """Source -> which of its rows the list relies on, if no usable ones came and older ones stand in."""
    return {
        source: f"Its {rows:,} rows from {day_written(loaded_on)} stand in until {day_written(until)}."
        for source, loaded_on, until, rows in publication.stands_in.iter_rows()
    }


def refused_files(publication: Publication) -> list[Row]:
    """Files that were not loaded, each with what stopped it."""
    refused = publication.deliveries.filter(verdict="refused").sort("source", "file")
    stopping = publication.breaches.filter((pl.col("stops") == "file") | pl.col("line").is_null())
    rows: list[Row] = []
    for file in refused.iter_rows(named=True):
        because = stopping.filter(file_id=file["file_id"], file=file["file"]).unique(maintain_order=True)
        named = publication.source_names.get(file["source"], file["source"])
        rows.append(file | {"name": named, "because": because.filter(pl.col("stops") != "nothing").to_dicts()})
    return rows


def failed_checks(publication: Publication) -> list[Row]:
    """Checks that gave no verdict: nobody knows whether the file keeps the rule."""
    return publication.breaches.filter(rule=COULD_NOT_RUN).sort("source", "file").to_dicts()


def _source(
    contract: Contract, breaches: pl.DataFrame, history: pl.DataFrame, deliveries: pl.DataFrame, as_at: date
) -> SourceSection:
    files, counts = deliveries.to_dicts(), _counts(history)
    rows = _rows_by_night(counts)
    texts = _texts(contract, breaches, counts)
    rules = [_rule(at, text, counts.get(at, {}), list(rows), as_at) for at, text in texts.items()]
    broken = sorted(
        (rule for rule in rules if rule.broken), key=lambda r: (STOPS_MOST_FIRST[r.stops], -(r.broken or 0))
    )
    return SourceSection(
        contract.id,
        contract.name,
        contract.description.purpose,
        [file | {"share": _share(file["rows_set_aside"], file["rows_read"])} for file in files],
        broken if files else [],
        [rule for rule in rules if not rule.broken] if files else rules,
        charts.sparkline([float(count) for count in rows.values()], f"rows read: {_in_words(list(rows.values()))}"),
        bool(files) or bool(rows) or contract.completeness.expected != "never",
        _by_file(breaches) if len(files) > 1 else [],
    )


def _texts(contract: Contract, breaches: pl.DataFrame, counts: Mapping[RuleAt, ByNight]) -> dict[RuleAt, Row]:
    """Each rule of the contract, and each other rule that was broken tonight, with its words."""
    named = {column.name: column.header for column in contract.columns}
    texts: dict[RuleAt, Row] = {}
    for check in contract_rules(contract):
        at = (check.rule, named[check.column] if check.column else None)
        texts.setdefault(at, {"stops": check.stops, "why": check.why, "fix": check.fix})
    broken = breaches.unique(["rule", "column"], keep="first", maintain_order=True) if breaches.height else breaches
    for row in broken.iter_rows(named=True):
        at = (row["rule"], row["column"])
        if row["rule"] not in {rule for rule, _ in texts} or at in counts:
            texts.setdefault(at, row)
    return texts


def _counts(history: pl.DataFrame) -> dict[RuleAt, ByNight]:
    """For each rule, the nights on which it was checked."""
    counts: dict[RuleAt, ByNight] = defaultdict(dict)
    for rule, column, as_at, broken, rows in history["rule", "column", "as_at", "broken", "rows"].iter_rows():
        counts[rule, column][as_at] = (broken, rows)
    return counts


def _rule(at: RuleAt, text: Row, by_night: ByNight, nights: Sequence[date], as_at: date) -> RuleRow:
    shares = [_share(*by_night[night]) if night in by_night else None for night in nights]
    tonight, rows = by_night.get(as_at, (None, 0))
    before = pl.Series(shares[:-1] if nights and nights[-1] == as_at else shares, dtype=pl.Float64).median()
    in_words = f"{at[0]}{f', {at[1]}' if at[1] else ''}: " + _in_words(
        [by_night.get(night, (None, 0))[0] for night in nights]
    )
    return RuleRow(
        *at,
        text["stops"],
        text["why"],
        text["fix"],
        tonight,
        _share(tonight, rows),
        before if isinstance(before, float) else None,
        charts.sparkline(shares, in_words) if any(share for share in shares) else charts.sparkline([], ""),
    )


def _rows_by_night(counts: Mapping[RuleAt, ByNight]) -> dict[date, int]:
    """Rows read from the source, for each night."""
    rows: dict[date, int] = {}
    for by_night in counts.values():
        for night, (_, read) in by_night.items():
            rows[night] = max(read, rows.get(night, 0))
    return dict(sorted(rows.items()))


def _in_words(counts: Sequence[int | None]) -> str:
    known = [count for count in counts if count is not None]
    if not known:
        return "not checked on any night"
    last = "not checked" if counts[-1] is None else f"{counts[-1]:,}"
    return f"{counted(len(counts), 'night')}, from {min(known):,} to {max(known):,}, last {last}"


def _share(part: int | None, whole: int) -> float | None:
    return None if part is None or not whole else part / whole


def _by_file(breaches: pl.DataFrame) -> list[Row]:
    by = ["file", "rule", "column", "stops"]
    counted = breaches.group_by(by, maintain_order=True).agg(places=pl.len(), first_line=pl.col("line").min())
    return counted.sort("file", "places", descending=[False, True], maintain_order=True).to_dicts()


def worse_rules(sources: Iterable[SourceSection]) -> list[tuple[SourceSection, RuleRow]]:
    """Rules that are broken clearly more often than on the nights before."""
    return [(source, rule) for source in sources for rule in source.broken if rule.is_worse]
