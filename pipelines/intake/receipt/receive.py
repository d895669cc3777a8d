"""A folder of files -> rows as they came, each counted: loaded, or set aside with the rules that it broke.

A file belongs to the source whose contract names it. If a rule of the file is broken, the whole file is kept out; if a rule
of the row is broken, the row is. Everything kept out stays in a table and goes back to its sender. For each file, rows read
= rows loaded + rows set aside, or nothing goes on.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import polars as pl

from data_contracts.breach import Breach
from data_contracts.check import COULD_NOT_RUN
from data_contracts.contract import Contract
from data_contracts.today import day_of
from pipelines.files.folder import UNKNOWN, ExtractsError
from pipelines.files.read import rows_as_json
from pipelines.intake.receipt.deliveries import deliveries_of
from pipelines.intake.receipt.delivery import (
    LINE_HASH,
    MOVED,
    Delivery,
    Judging,
    said_to_have_left,
)
from pipelines.intake.receipt.last_intake import RECORD_ID, SAME, LastIntake, reading_fingerprint
from pipelines.intake.receipt.rule_history import JudgedFile, rules_tonight
from pipelines.record_ids import source_of
from pipelines.tables import BREACH, DELIVERY, JUDGED_FILE, SET_ASIDE

T = TypeVar("T")

FOR_SENDER = pl.Schema(
    {"file": pl.String, "line": pl.Int64, "column": pl.String, "rule": pl.String, "why": pl.String, "fix": pl.String}
)
"""One row is one thing for the sender to mend; line null: it concerns the whole file. No value of a child."""


@dataclass(frozen=True)
class Received:
    """One night's folder, received."""

    raw: dict[str, pl.DataFrame]
    """By source; one row is one loaded row: ``record_id`` (``source:key``, unique), ``file_id``, ``line``, ``line_hash``
    (null: its line is not a row by itself, or broke a rule), then every column of the contract as unchanged text (but
    not again a column that is itself called ``record_id``; for days with short years, see
    :mod:`pipelines.intake.receipt.short_years`). Without sources of which no file was loaded, and those whose
    rows in the store are unchanged."""
    breaches: pl.DataFrame
    """Schema BREACH, by file and line."""
    set_aside: pl.DataFrame
    """Schema SET_ASIDE. For a refused file, every row, with the rules that refused the file."""
    deliveries: pl.DataFrame
    """Schema DELIVERY. A second copy of a file is not a delivery of its own."""
    rules: pl.DataFrame
    """Schema RULE_HISTORY, of tonight only."""
    unchanged: dict[str, pl.Series] = field(default_factory=dict)
    """By source: whether each row of ``raw`` is the same as last night's."""
    relocated: dict[str, pl.Series] = field(default_factory=dict)
    """By source: whether each row of ``raw`` is the same, but with another file, line or fingerprint."""
    judged: pl.DataFrame = field(default_factory=JUDGED_FILE.to_frame)
    """Schema JUDGED_FILE."""
    flawed: pl.Series = field(default_factory=lambda: pl.Series("record_id", [], pl.String))
    """``record_id`` of the rows that are loaded although they broke a rule."""
    last_intake: LastIntake = field(default_factory=LastIntake)
    """What the rows were compared with."""
    ended_without_day: pl.Series = field(default_factory=lambda: pl.Series("record_id", [], pl.String))
    """``record_id`` of the rows set aside that say that a place has ended, on no day that can be read."""
    unchanged_sources: dict[str, int] = field(default_factory=dict)
    """Source -> its rows in the store, for the sources whose files are all last night's."""

    def is_unchanged(self, source: str) -> pl.Series:
        """For each row of a source, whether it is the same as last night's; false for rows that were never compared."""
        return self.unchanged.get(
            source, pl.repeat(value=False, n=self.raw[source].height, dtype=pl.Boolean, eager=True)
        )

    def refusing(self, faults: Mapping[str, Breach]) -> "Received":
        """The same, with all loaded files of these sources refused. ``faults``: source -> what is wrong, whichever the file."""
        is_loaded = pl.col("source").is_in(list(faults)) & (pl.col("verdict") == "loaded")
        files = self.deliveries.filter(is_loaded).select("source", "file_id", "file").rows()
        named = [(file_id, replace(faults[source], file=file)) for source, file_id, file in files]
        lost = {"rows_loaded": pl.lit(0), "rows_set_aside": pl.col("rows_read"), "verdict": pl.lit("refused")}
        is_other = ~pl.col("source").is_in(list(faults))
        return replace(
            self,
            raw=_without(self.raw, faults),
            breaches=pl.concat([_breach_rows(named), self.breaches]),
            set_aside=pl.concat([self.set_aside, *(self._as_set_aside(faults[source]) for source in faults)]),
            deliveries=self.deliveries.with_columns(
                pl.when(is_loaded).then(then).otherwise(name).alias(name) for name, then in lost.items()
            ),
            unchanged=_without(self.unchanged, faults),
            relocated=_without(self.relocated, faults),
            judged=self.judged.filter(is_other),
            flawed=self.flawed.to_frame(RECORD_ID).filter(~source_of(pl.col(RECORD_ID)).is_in(list(faults)))[RECORD_ID],
        )

    def _as_set_aside(self, fault: Breach) -> pl.DataFrame:
        """The rows of a source as ``SET_ASIDE``, in the order of its files."""
        headers = dict(self.judged.filter(source=fault.source).select("file_id", "headers").iter_rows())
        return pl.concat(
            rows.select(
                pl.lit(fault.source).alias("source"),
                "file_id",
                "line",
                pl.lit(fault.rule).alias("rules"),
                "record_id",
                rows_as_json(rows, json.loads(headers.get(file_id, "{}"))),
            )
            for (file_id,), rows in self.raw[fault.source].partition_by("file_id", as_dict=True).items()
        )

    @cached_property
    def previous_rows(self) -> dict[str, pl.DataFrame]:
        """By source: the rows of ``last`` that changed or went, for sources in both."""
        came = {source: rows["record_id"].filter(self.is_unchanged(source)) for source, rows in self.raw.items()}
        return {
            source: self.last_intake.raw[source].filter(~pl.col("record_id").is_in(same.implode()))
            for source, same in came.items()
            if source in self.last_intake.raw
        }


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """The verdict on one file, before it is delivered. No value from the file."""

    source: str
    """Id of its contract; ``unknown`` if none names it."""
    file: str
    rows_read: int
    rows_set_aside: int
    is_refused: bool
    headers: Mapping[str, str]
    """Our name for a column -> its header in the file; empty if the file could not be read."""
    breaches: tuple[Breach, ...]


def receive(
    folder: Path,
    contracts: Mapping[str, Contract],
    *,
    received_at: datetime,
    as_at: date | None = None,
    last: LastIntake | None = None,
) -> Received:
    """Read and judge every file of a folder (and of the folders in it), each against the contract that names it.

    Hidden files, lock files (``~$``) and ``.tmp`` files are ignored. ``received_at`` is UTC. Days after it, or after
    ``as_at`` (the date judged) if that is later, are in the future. ``last``: what the last night loaded; null: every row
    is judged. Raises :class:`ExtractsError` if the folder is missing, empty or not a folder, and if no roll could be
    loaded: without a roll every child would look like one on none.
    """
    if folder.is_file():
        raise ExtractsError(f"{folder}: this is a file, not a folder. Give the folder that holds the agencies' files.")
    received_on = day_of(received_at)
    today = max(received_on, as_at or received_on)
    judging = Judging(today, last or LastIntake())
    deliveries = deliveries_of(folder, contracts, judging)
    _refuse_no_roll(folder, contracts, deliveries)
    loaded: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        if not delivery.is_refused and delivery.stands is None:
            loaded.setdefault(delivery.source, []).append(delivery)
    return Received(
        {source: pl.concat(_raw_rows(d, contracts[source]) for d in own) for source, own in loaded.items()},
        _breach_table(deliveries),
        pl.concat([pl.DataFrame(schema=SET_ASIDE), *(d.set_aside for d in deliveries)]),
        _delivery_table(deliveries, received_at),
        _rules(deliveries, contracts, as_at or received_on),
        unchanged={source: pl.concat(d.loaded[SAME] for d in own) for source, own in loaded.items()},
        relocated={source: pl.concat(d.loaded[MOVED] for d in own) for source, own in loaded.items()},
        judged=_judged_files(deliveries, contracts, today),
        flawed=_flawed(deliveries, judging.last),
        last_intake=judging.last,
        ended_without_day=_left_records(deliveries, contracts, as_at or received_on),
        unchanged_sources=_rows_standing(deliveries),
    )


def check_files(path: Path, contracts: Mapping[str, Contract]) -> list[CheckedFile]:
    """Judge one file, or every file of a folder, as the night would; nothing is kept.

    Raises :class:`ExtractsError` if the path is missing or the folder empty.
    """
    deliveries = deliveries_of(path, contracts, Judging(None, LastIntake()))
    return [
        CheckedFile(d.source, d.file, d.rows_read, d.set_aside.height, d.is_refused, d.headers, d.breaches)
        for d in deliveries
    ]


def sender_files(received: Received) -> dict[str, pl.DataFrame]:
    """By source: what its sender should mend, schema :data:`FOR_SENDER`. Without sources that have nothing to mend."""
    to_mend = received.breaches.filter(pl.col("stops") != "nothing")
    return {
        str(source): rows.select(FOR_SENDER.names()).sort("file", "line", nulls_last=False, maintain_order=True)
        for (source,), rows in to_mend.partition_by("source", as_dict=True).items()
    }


def _raw_rows(delivery: Delivery, contract: Contract) -> pl.DataFrame:
    """The loaded rows in the shape of their ``raw_`` table."""
    return delivery.loaded.select(
        pl.col(RECORD_ID).alias("record_id"),
        pl.lit(delivery.file_id).alias("file_id"),
        pl.col("line"),
        pl.col(LINE_HASH).alias("line_hash"),
        *(name for name in contract.column_named if name != "record_id"),
    )


def _rows_standing(deliveries: Sequence[Delivery]) -> dict[str, int]:
    standing: dict[str, int] = {}
    for delivery in deliveries:
        if delivery.stands is not None:
            standing[delivery.source] = standing.get(delivery.source, 0) + delivery.stands
    return standing


def _judged_files(deliveries: Sequence[Delivery], contracts: Mapping[str, Contract], today: date) -> pl.DataFrame:
    """``JUDGED_FILE``, without files on which a check could not run: nobody knows whether their rows keep its rule."""
    judged = [d for d in deliveries if not d.is_refused and not any(b.rule == COULD_NOT_RUN for b in d.breaches)]
    rows = [
        (
            d.source,
            d.file_id,
            d.file,
            json.dumps(d.headers),
            reading_fingerprint(contracts[d.source]),
            d.judged_by,
            today,
        )
        for d in judged
    ]
    return pl.DataFrame(rows, schema=JUDGED_FILE, orient="row")


def _flawed(deliveries: Sequence[Delivery], last: LastIntake) -> pl.Series:
    """``record_id`` of the rows that are loaded although they broke a rule, in the order of the files."""
    standing = _rows_standing(deliveries)
    flawed = {source: last.flawed.filter(last.flawed.str.starts_with(f"{source}:")) for source in standing}
    rows = [
        flawed.pop(d.source, None) if d.source in standing else _flawed_in(d) for d in deliveries if not d.is_refused
    ]
    return pl.concat(
        [pl.Series(RECORD_ID, [], pl.String), *(each.alias(RECORD_ID) for each in rows if each is not None)]
    )


def _flawed_in(delivery: Delivery) -> pl.Series:
    lines = pl.Series([breach.line for breach in delivery.breaches], dtype=pl.Int64).drop_nulls()
    return delivery.loaded.filter(pl.col("line").is_in(lines.implode()))[RECORD_ID]


def _left_records(deliveries: Sequence[Delivery], contracts: Mapping[str, Contract], as_at: date) -> pl.Series:
    """``record_id`` of the rows of all files that are set aside and say that a place has ended."""
    left = [said_to_have_left(d, contracts[d.source], as_at) for d in deliveries if d.source in contracts]
    return pl.concat([pl.Series("record_id", [], pl.String), *left])


def _rules(deliveries: Sequence[Delivery], contracts: Mapping[str, Contract], as_at: date) -> pl.DataFrame:
    files = [JudgedFile(d.source, d.rows_read, d.headers, _by_line(d)) for d in deliveries]
    return rules_tonight(files, contracts, as_at)


def _refuse_no_roll(folder: Path, contracts: Mapping[str, Contract], deliveries: Sequence[Delivery]) -> None:
    rolls = [contract for contract in contracts.values() if contract.is_roll]
    sources = {contract.id for contract in rolls}
    if any(delivery.rows_loaded for delivery in deliveries if delivery.source in sources):
        return
    breaches = [b for d in deliveries if d.source in sources for b in d.breaches if b.stops != "nothing"]
    breaches = breaches or [b for d in deliveries if d.source == UNKNOWN for b in d.breaches]
    names = ", ".join(name for contract in rolls for name in contract.files.names_to_give)
    listed = "".join(f"\n  {breach}" for breach in breaches[:5])
    raise ExtractsError(
        f"{folder}: no row of a roll could be loaded, and without a roll every child would look missing. Put a roll there "
        f"({names or 'no contract is for a roll'}) and start again.{listed}",
        breaches,
    )


def _by_line(delivery: Delivery) -> list[Breach]:
    """The breaches of a file in the order of ``BREACH``: those of the whole file first."""
    return sorted(delivery.breaches, key=lambda breach: breach.line or 0)


def _breach_table(deliveries: Sequence[Delivery]) -> pl.DataFrame:
    return _breach_rows((d.file_id, b) for d in deliveries for b in _by_line(d))


def _breach_rows(breaches: Iterable[tuple[str, Breach]]) -> pl.DataFrame:
    """``BREACH``. ``breaches``: each with the id of its file."""
    rows = [(b.source, file_id, b.file, b.line, b.column, b.rule, b.stops, b.why, b.fix) for file_id, b in breaches]
    return pl.DataFrame(rows, schema=BREACH, orient="row")


def _without(by_source: Mapping[str, T], sources: Collection[str]) -> dict[str, T]:
    return {source: each for source, each in by_source.items() if source not in sources}


def _delivery_table(deliveries: Sequence[Delivery], received_at: datetime) -> pl.DataFrame:
    rows = [
        (
            d.file_id,
            d.source,
            d.file,
            d.sha256,
            d.size,
            d.rows_read,
            d.rows_loaded,
            d.set_aside.height,
            "refused" if d.is_refused else "loaded",
            received_at,
        )
        for d in deliveries
    ]
    return pl.DataFrame(rows, schema=DELIVERY, orient="row")
