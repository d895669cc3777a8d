"""What reading one file gives: numbered rows of text, and what was wrong with the file."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from data_contracts.breach import Breach, Stops
from data_contracts.contract import Contract

BAD_LINE = pl.Schema({"line": pl.Int64, "row": pl.String, "rule": pl.String})
"""One row is one row of a file that could not be fitted to the columns; ``row`` is a JSON object header -> text."""

LINE = pl.Schema({"line": pl.Int64, "line_hash": pl.UInt64})
"""One row is one line of delimited text that is a row by itself, and its fingerprint (:class:`KnownLines`)."""

LONGEST_VALUE = 131_072
"""Characters. A longer value is a quote or a tag that was never closed, not something about a child."""

LARGEST_UNPACKED = 2 << 30
"""Bytes that a workbook, a parquet file, or all files of one archive may unpack to: a million rows come to a tenth of it."""


class UnreadableFileError(Exception):
    """The file cannot be read at all. Says which rule it breaks, why and the fix; never a value from the file."""

    def __init__(self, rule: str, why: str, fix: str, *, line: int | None = None, column: str | None = None) -> None:
        super().__init__(f"{rule}. {why} {fix}")
        self.rule, self.why, self.fix, self.line, self.column = rule, why, fix, line, column

    def breach(self, contract: Contract, file: str) -> Breach:
        """The same, as a broken rule that stops the file."""
        return Breach(contract.id, file, self.line, self.column, self.rule, "file", self.why, self.fix)


@dataclass(frozen=True, slots=True)
class KnownLines:
    """Lines of delimited text that need not be read, as the rows that they are stand in the store.

    A fingerprint is of the line and of all that decides what it is read as: the columns of the file and their separator,
    what the file's name says, and ``read_by``.
    """

    read_by: str = ""
    """What decides beside the file (:func:`~pipelines.intake.last_intake.read_by`); empty: no fingerprints are asked for."""
    hashes: pl.Series = field(default_factory=lambda: pl.Series("line_hash", [], pl.UInt64))
    """Of the lines that are known."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file, before it is known which file of which source it is."""

    rule: str
    stops: Stops
    why: str
    fix: str
    line: int | None = None
    column: str | None = None

    def breach(self, contract: Contract, file: str) -> Breach:
        """The same, placed in a file of a source."""
        return Breach(contract.id, file, self.line, self.column, self.rule, self.stops, self.why, self.fix)


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that could not be fitted to the columns: set aside, never dropped."""

    line: int
    row: str
    """The row as a JSON object header -> text (personal data: stays in the store)."""
    fault: Fault


@dataclass(frozen=True, slots=True)
class ReadTable:
    """What a reader found: rows by our column names, and what did not fit."""

    rows: pl.DataFrame
    """``line`` and every column of the contract."""
    headers: dict[str, str]
    faults: Sequence[Fault]
    bad_rows: Sequence[BadRow] = ()
    lines: pl.DataFrame = field(default_factory=LINE.to_frame)
    """LINE: those read, where fingerprints were asked for."""
    known: pl.DataFrame = field(default_factory=LINE.to_frame)
    """LINE: those that were not read, as they are known."""
    unread: tuple[str, ...] = ()
    """Headers of the columns that were not read; such a header may be a detail of a child."""


@dataclass(frozen=True)
class FileRows:
    """One file as numbered rows of text. ``rows_read`` = rows in ``rows``, ``known`` and ``bad_lines``, always."""

    rows: pl.DataFrame
    """One row is one row of the file. ``line`` (Int64, unique: as a spreadsheet shows it, the header on line 1; where
    a quoted value holds line breaks, the line on which the row starts; in XML the line of the row's element, or its
    place among the rows where several stand on one line), then one String column per contract column, by our name,
    text unchanged; empty text where the file has none."""
    headers: dict[str, str]
    """Our name for a column -> its header in the file; columns that the file has not are left out."""
    rows_read: int
    """Rows in the file: blank lines do not count. 0 where the file could not be read."""
    breaches: tuple[Breach, ...]
    """Rules broken by the file as such, and by rows that could not be fitted."""
    bad_lines: pl.DataFrame
    """Rows that could not be fitted to the columns; schema :data:`BAD_LINE`."""
    lines: pl.DataFrame = field(default_factory=LINE.to_frame)
    known: pl.DataFrame = field(default_factory=LINE.to_frame)
    unread: tuple[str, ...] = ()
    """As :class:`ReadTable` has them."""
    contract: Contract | None = None
    """The contract in the layout that the file has, where that is not the one which the contract itself describes."""

    @property
    def is_refused(self) -> bool:
        """True where a broken rule stops the whole file."""
        return any(breach.stops == "file" for breach in self.breaches)


def no_rows(contract: Contract) -> pl.DataFrame:
    """An empty table of rows for a contract."""
    return pl.DataFrame(schema={"line": pl.Int64, **{column.name: pl.String for column in contract.columns}})


def has_text(columns: Sequence[str]) -> pl.Expr:
    """True for rows that say anything at all in these columns; the others count as blank lines."""
    return pl.any_horizontal(pl.col(column).str.contains(r"\S") for column in columns)
