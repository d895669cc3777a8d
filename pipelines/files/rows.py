"""What reading one file gives: numbered rows of text, and what was wrong with the file."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from data_contracts.breach import Breach, Stops
from data_contracts.contract import Contract

BAD_LINE = pl.Schema({"line": pl.Int64, "row": pl.String, "rule": pl.String})
"""One row is one row of a file that does not fit the columns; ``row`` is a JSON object header -> text."""

LINE = pl.Schema({"line": pl.Int64, "line_hash": pl.UInt64})
"""One row is one line of delimited text that is a row by itself, and its fingerprint (:class:`KnownLines`)."""

RAGGED = "ragged row"
"""Name of the rule, as a breach shows it, for a row with more or fewer fields than the header."""

LONGEST_VALUE = 131_072
"""Characters. A longer value is a quote or a tag that was never closed, not something about a child."""

LARGEST_UNPACKED = 2 << 30
"""Most bytes that a workbook, a parquet file, or all files of one archive may unpack to: a million rows come to a tenth of
it."""


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
    """Lines of delimited text that need not be read, as their rows are in the store.

    A fingerprint covers the line and all that decides how it is read: the columns of the file and their separator, what the
    file's name says, and ``read_by``.
    """

    read_by: str = ""
    """What decides besides the file (:func:`~pipelines.intake.receipt.last_intake.reading_fingerprint`); empty: no fingerprints
    are asked for."""
    hashes: pl.Series = field(default_factory=lambda: pl.Series("line_hash", [], pl.UInt64))
    """Fingerprints of the known lines."""


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
    """One row that does not fit the columns: set aside, never dropped."""

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
    """LINE: the lines read, if fingerprints were asked for."""
    known: pl.DataFrame = field(default_factory=LINE.to_frame)
    """LINE: the lines not read because they are known."""
    unread: tuple[str, ...] = ()
    """Headers of the columns that were not read. Such a header may be a detail of a child."""


@dataclass(frozen=True)
class FileRows:
    """One file as numbered rows of text. ``rows_read`` is always the number of rows in ``rows``, ``known`` and
    ``bad_lines``."""

    rows: pl.DataFrame
    """One row is one row of the file. ``line`` (Int64, unique) is its line as a spreadsheet shows it, with the header on
    line 1. If a quoted value has line breaks, it is the line on which the row starts. In XML it is the line of the row's
    element, or the row's place among the rows if several are on one line. Then one String column for each column of the
    contract, by our name, with the text unchanged; empty text if the file has none."""
    headers: dict[str, str]
    """Our name for a column -> its header in the file; without columns that the file lacks."""
    rows_read: int
    """Rows in the file, not counting blank lines. 0 if the file could not be read."""
    breaches: tuple[Breach, ...]
    """Rules broken by the file as a whole, and by rows that do not fit."""
    bad_lines: pl.DataFrame
    """Rows that do not fit the columns; schema :data:`BAD_LINE`."""
    lines: pl.DataFrame = field(default_factory=LINE.to_frame)
    known: pl.DataFrame = field(default_factory=LINE.to_frame)
    unread: tuple[str, ...] = ()
    """As in :class:`ReadTable`."""
    contract: Contract | None = None
    """The contract in the layout that the file has; null: the layout is that of the contract itself."""

    @property
    def is_refused(self) -> bool:
        """Whether a broken rule stops the whole file."""
        return any(breach.stops == "file" for breach in self.breaches)


def no_rows(contract: Contract) -> pl.DataFrame:
    """An empty table of rows for a contract."""
    return pl.DataFrame(schema={"line": pl.Int64, **{column.name: pl.String for column in contract.columns}})


def has_text(columns: Sequence[str]) -> pl.Expr:
    """Whether a row has any text in these columns; a row without counts as a blank line."""
    return pl.any_horizontal(pl.col(column).str.contains(r"\S") for column in columns)
