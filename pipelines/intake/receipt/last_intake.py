"""What the last night loaded, so that tonight only what came or changed is judged, hashed, written and standardised.

A row is *the same* if a row with its key was loaded last night and every cell has the same text. It is also *known* to keep
every rule that looks at one row if it broke none then, and the file that it came in was judged by the same software under
the same contract, with the same columns, on a day no later than tonight's: a date that was not in the future then is not
now. If anything differs, the row counts as new. Cells are compared, not fingerprints. The exception is a whole line of
delimited text that is known to be such a row: it is not even read. If all files of a source are last night's, byte for
byte, nothing is judged at all (:mod:`pipelines.intake.receipt.unchanged_files`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from threading import Lock

import polars as pl

from data_contracts.contract import Contract
from pipelines.files.rows import KnownLines
from pipelines.software import result_fingerprint
from pipelines.tables import BREACH, DELIVERY, JUDGED_FILE, SET_ASIDE

RECORD_ID = "_record_id"
"""``source:key`` of a row. It is beside the contract's own columns, one of which may be called record_id."""

SAME = "_same"
"""Whether the row is the same as last night's."""

WAS_IN, WAS_ON, HAD = "_was_in", "_was_on", "_had"
"""``file_id``, ``line`` and ``line_hash`` of the same row last night."""

STOOD = pl.Schema({SAME: pl.Boolean, WAS_IN: pl.String, WAS_ON: pl.Int64, HAD: pl.UInt64})
"""Columns of a row besides its cells: whether it is last night's, and where it was then."""

PLACE = ("record_id", "file_id", "line", "line_hash")
"""The columns of ``raw_*`` before those of the contract."""


class RowsBefore(Mapping[str, pl.DataFrame]):
    """``raw_*`` by source, each read when it is first asked for. Two threads may ask at once."""

    def __init__(self, sources: Collection[str], read: Callable[[str], pl.DataFrame]) -> None:
        self._sources = tuple(sources)
        self._read = lru_cache(maxsize=None)(read)
        self._reads = Lock()

    def __getitem__(self, source: str) -> pl.DataFrame:
        if source not in self._sources:
            raise KeyError(source)
        with self._reads:
            return self._read(source)

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


@dataclass(frozen=True)
class LastIntake:
    """The rows in the store, as loaded by the last night that was not held."""

    raw: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    """``raw_*`` by source."""
    judged: pl.DataFrame = field(default_factory=JUDGED_FILE.to_frame)
    """``JUDGED_FILE``."""
    flawed: pl.Series = field(default_factory=lambda: pl.Series("record_id", [], pl.String))
    """``record_id`` of the rows that were loaded although they broke a rule."""
    delivered: pl.DataFrame = field(default_factory=DELIVERY.to_frame)
    """``DELIVERY`` of the last night, held or not; ``breaches`` and ``set_aside`` are of the same night."""
    breaches: pl.DataFrame = field(default_factory=BREACH.to_frame)
    set_aside: pl.DataFrame = field(default_factory=SET_ASIDE.to_frame)
    stood_on: date | None = None
    """The night whose rows are in the store; null: there is none, or tonight is not later."""

    def without_files_of(self, sources: Collection[str]) -> "LastIntake":
        """The same, but with no whole file of these sources known, so that each is read again."""
        return replace(self, delivered=self.delivered.filter(~pl.col("source").is_in(list(sources))))

    def lines(self, contract: Contract, today: date) -> KnownLines:
        """The lines of a source's files that need not be read ``today``: their rows are in the store, broke no rule, and
        cannot break one because of the day."""
        last = self._rows_of(contract)
        if last is None:
            return KnownLines(reading_fingerprint(contract))
        judged = self.judged.filter(pl.col("judged_on") <= today, source=contract.id)["file_id"]
        hashes = last.filter(pl.col("file_id").is_in(judged.implode()))["line_hash"].drop_nulls()
        return KnownLines(reading_fingerprint(contract), hashes.filter(hashes.is_unique()))

    def standing(self, known: pl.DataFrame, contract: Contract) -> pl.DataFrame:
        """The rows of lines (LINE) that were not read, as they are in the store, with STOOD as from :meth:`compared`."""
        last = self._rows_of(contract)
        assert last is not None  # noqa: S101 - lines are known by its rows
        found = last.rename({"file_id": WAS_IN, "line": WAS_ON}).join(known, on="line_hash", validate="m:1")
        return found.rename({"line_hash": HAD}).with_columns(
            pl.col("record_id").alias(RECORD_ID),
            pl.col("record_id").str.strip_prefix(f"{contract.id}:"),
            pl.lit(value=True).alias(SAME),
        )

    def compared(self, rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
        """Rows of a file with ``STOOD``: whether each is last night's, and where it was then (null: it is not the same).

        ``rows`` has every column of the contract and ``RECORD_ID``.
        """
        last = self._rows_of(contract)
        if last is None:
            return rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in STOOD.items()).with_columns(
                pl.lit(value=False).alias(SAME)
            )
        names = [name for name in contract.column_named if name != "record_id"]
        place = (pl.col(name).alias(then) for name, then in zip(PLACE, (RECORD_ID, WAS_IN, WAS_ON, HAD), strict=True))
        asked = last.filter(pl.col("record_id").is_in(rows[RECORD_ID].implode()))  # few if most lines are known
        then = asked.select(*place, *(_then(name) for name in names))
        both = rows.lazy().join(then.lazy(), on=RECORD_ID, how="left", validate="m:1", maintain_order="left")
        same = pl.all_horizontal(pl.col(WAS_IN).is_not_null(), *(pl.col(n) == pl.col(f"{n}__then") for n in names))
        compared = both.with_columns((same.fill_null(value=False) & is_kept_whole(contract)).alias(SAME))
        where = [pl.when(SAME).then(name).alias(name) for name in (WAS_IN, WAS_ON, HAD)]
        return compared.with_columns(where).select(*rows.columns, *STOOD).collect()

    def _rows_of(self, contract: Contract) -> pl.DataFrame | None:
        """``raw_*`` of a source; null if there is none, or if its columns are not those that it would have tonight."""
        last = self.raw.get(contract.id)
        names = [name for name in contract.column_named if name != "record_id"]
        return None if last is None or last.columns != [*PLACE, *names] else last

    def known(self, rows: pl.DataFrame, source: str, judged_by: str, today: date) -> pl.Series:
        """Which rows (with STOOD) are known to keep every rule of the row, if judged ``today`` and with ``judged_by``."""
        alike = self.judged.filter(pl.col("judged_on") <= today, source=source, judged_by=judged_by)
        known = pl.col(SAME) & pl.col(WAS_IN).is_in(alike["file_id"].implode())
        is_flawed = rows[RECORD_ID].is_in(self.flawed.implode())
        return rows.select(known.fill_null(value=False) & ~is_flawed).to_series()


def _then(name: str) -> pl.Expr:
    return pl.col(name).alias(f"{name}__then")


def in_record_id(key: pl.Expr) -> pl.Expr:
    """A key, or ``source:key``, as it is in a record's id: with %3B for a semicolon, as semicolons separate ids."""
    return key.str.replace_all(";", "%3B", literal=True)


def is_kept_whole(contract: Contract) -> pl.Expr:
    """For rows with their ``RECORD_ID``: whether ``raw_*`` keeps all their text. A column that is itself called record_id
    is kept only in the key, without the spaces around it."""
    if "record_id" not in contract.column_named:
        return pl.lit(value=True)
    return pl.lit(f"{contract.id}:") + pl.col("record_id") == pl.col(RECORD_ID)


def reading_fingerprint(contract: Contract) -> str:
    """A fingerprint of what decides about a file besides its name, its bytes and the day: the software and the contract."""
    return result_fingerprint(contract.model_dump_json())


def judging_fingerprint(contract: Contract, columns: Iterable[str]) -> str:
    """A fingerprint of what decides about a row by itself: the software, the contract, and the columns of the file."""
    return result_fingerprint(contract.model_dump_json(), sorted(columns))
