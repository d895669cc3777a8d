"""What the last night loaded, so that tonight only what came or changed is judged, hashed, written and standardised.

A row is *the same* where a row with its key was loaded last night and every cell holds the same text. It is *known* to
keep every rule that looks at one row where, besides, it broke none then, and the file that it came in was judged by the
same software under the same contract, with the same columns, on a day no later than tonight's: a date that was not to
come then is not to come now. Whatever differs, the row counts as new. Cells are compared, not fingerprints. Where all
files of a source are last night's, byte for byte, not even that is asked (:mod:`pipelines.carried`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from hashlib import sha256
from threading import Lock

import polars as pl

from data_contracts.contract import Contract
from pipelines.software import software
from pipelines.tables import BREACH, DELIVERY, JUDGED_FILE, SET_ASIDE

RECORD_ID = "_record_id"
"""``source:key`` of a row, beside the contract's own columns, one of which may be called record_id."""

SAME = "_same"
"""Whether the row is the same as last night's."""


class RowsBefore(Mapping[str, pl.DataFrame]):
    """``raw_*`` by source, each read when it is first asked for; two files may ask at once."""

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
    """The rows that stand in the store, as the last night that was not held has loaded them."""

    raw: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    """``raw_*`` by source."""
    judged: pl.DataFrame = field(default_factory=JUDGED_FILE.to_frame)
    """``JUDGED_FILE``."""
    flawed: pl.Series = field(default_factory=lambda: pl.Series("record_id", [], pl.String))
    """``record_id`` of the rows that were loaded though they broke a rule."""
    delivered: pl.DataFrame = field(default_factory=DELIVERY.to_frame)
    """``DELIVERY`` of the last night, held or not; with it go ``breaches`` and ``set_aside``."""
    breaches: pl.DataFrame = field(default_factory=BREACH.to_frame)
    set_aside: pl.DataFrame = field(default_factory=SET_ASIDE.to_frame)
    stood_on: date | None = None
    """The night whose rows stand in the store; null: none, or tonight is not a later one."""

    def compared(self, rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
        """One row a row of a file, in their order: ``same``, and ``file_id`` of last night's row (null: not the same).

        ``rows`` has every column of the contract and ``RECORD_ID``.
        """
        last = self.raw.get(contract.id)
        names = [name for name in contract.column_named if name != "record_id"]
        if last is None or last.columns != ["record_id", "file_id", "line", *names]:
            return rows.select(
                same=pl.repeat(value=False, n=pl.len()), file_id=pl.repeat(None, pl.len(), dtype=pl.String)
            )
        then = last.select(
            pl.col("record_id").alias(RECORD_ID), pl.col("file_id").alias("was_in"), *(_then(name) for name in names)
        )
        both = rows.lazy().join(then.lazy(), on=RECORD_ID, how="left", validate="m:1", maintain_order="left")
        same = pl.all_horizontal(pl.col("was_in").is_not_null(), *(pl.col(n) == pl.col(f"{n}__then") for n in names))
        if "record_id" in contract.column_named:  # kept in the key alone, without the spaces around it
            same &= pl.lit(f"{contract.id}:") + pl.col("record_id") == pl.col(RECORD_ID)
        told = both.select(same=same.fill_null(value=False), file_id="was_in").collect()
        return told.with_columns(file_id=pl.when("same").then("file_id"))

    def known(self, rows: pl.DataFrame, compared: pl.DataFrame, source: str, judged_by: str, today: date) -> pl.Series:
        """Which rows are known to keep every rule of the row that is now asked ``judged_by`` on ``today``."""
        alike = self.judged.filter(pl.col("judged_on") <= today, source=source, judged_by=judged_by)
        known = pl.col("same") & pl.col("file_id").is_in(alike["file_id"].implode())
        is_flawed = rows[RECORD_ID].is_in(self.flawed.implode())
        return compared.select(known.fill_null(value=False) & ~is_flawed).to_series()


def _then(name: str) -> pl.Expr:
    return pl.col(name).alias(f"{name}__then")


def read_by(contract: Contract) -> str:
    """A fingerprint of all that decides about a file besides its name, its bytes and the day: software and contract."""
    return sha256(repr((software(), contract.model_dump_json())).encode()).hexdigest()[:32]


def judged_by(contract: Contract, columns: Iterable[str]) -> str:
    """A fingerprint of all that decides about a row by itself: the software, the contract, the columns of the file."""
    told = (software(), contract.model_dump_json(), sorted(columns))
    return sha256(repr(told).encode()).hexdigest()[:32]
