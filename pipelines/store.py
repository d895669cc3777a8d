"""The store: one DuckDB file for each workspace, and the only place that opens DuckDB.

It keeps what the last night received, worked out and listed, so that ``rollcall explain`` can say why. One process writes
at a time: :mod:`pipelines.lock` holds the workspace for a night, and DuckDB itself refuses a second writer.
"""

import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date
from functools import partial
from pathlib import Path
from typing import Self

import duckdb  # noqa: TID251 - the one opener
import polars as pl

from pipelines.amendment import LARGEST_AMENDMENT, Amendment, amended, changed_children, in_table_order, typed
from pipelines.file_system import FULL_IN_WORDS, IN_USE_IN_WORDS
from pipelines.table_cache import TableCache
from pipelines.tables import SCHEMA_VERSION, TABLES, differences, other_version
from pipelines.workspace import (
    SPILL_FOLDER,
    STORE_FILE,
    DiskFullError,
    StoreError,
    log_of,
    make_workspace,
    private_files,
)

LARGEST_LOG = 2**20
"""Bytes committed but not yet in the file from which a checkpoint beside other work is worth while."""

RAW = "raw_"
VERSION_TABLE = "schema_version"
"""One row: the version of the tables. A store without it is of version 1."""

_SESSION = """set global timezone = 'UTC'; set enable_progress_bar = false; set enable_external_access = false;
set lock_configuration = true"""
"""SQL may use only this file, and no statement can undo that. A progress bar would mix with a command's output."""


class Store:
    """The tables of one workspace. Use it in a ``with`` statement; every file it makes is private to its owner.

    A store of another version is refused unless ``any_version`` is set (:mod:`pipelines.migrations`). Every method may
    raise :class:`StoreError`.
    """

    def __init__(
        self,
        workspace: Path,
        *,
        threads: int = 2,
        memory_gb: float = 2.0,
        read_only: bool = False,
        any_version: bool = False,
        told_as: Path | None = None,
    ) -> None:
        """``told_as``: the workspace to name in messages; null: ``workspace``."""
        self.path = workspace / STORE_FILE
        self._told_as = told_as or workspace
        self._threads, self._memory_gb, self._read_only, self._any_version = threads, memory_gb, read_only, any_version
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._cache = TableCache()

    def __enter__(self) -> Self:
        if self._read_only and not self.path.exists():
            raise StoreError(f"There is no store in {self.path.parent}. Run a night first: rollcall night --help.")
        if not self._read_only:
            make_workspace(self.path.parent)
        with private_files(), _errors_in_our_words(self.path):
            self._connection = duckdb.connect(self.path, read_only=self._read_only, config=self._config())
            self._connection.execute(_SESSION).fetchall()
            if not self._read_only:
                self.path.chmod(0o600)
                # Nobody else has the store open: what is there is left by a killed process, and holds rows of children.
                shutil.rmtree(self.path.parent / SPILL_FOLDER, ignore_errors=True)
        if not self._read_only and not self.tables():
            self.stamp(SCHEMA_VERSION)
        if not self._any_version and (found := self.version) != SCHEMA_VERSION:
            self.__exit__()
            raise StoreError(other_version(self._told_as / STORE_FILE, found))
        return self

    def __exit__(self, *raised: object) -> None:
        self._cache.clear()
        if self._connection is not None:
            with private_files(), _errors_in_our_words(self.path):
                self._connection.close()
            self._connection = None

    def _config(self) -> dict[str, str | bool | int | float | list[str]]:
        return {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "threads": self._threads,
            "memory_limit": f"{self._memory_gb}GB",
            "checkpoint_threshold": "1TB",  # never while somebody waits for a commit: see checkpoint_aside
            "temp_directory": str(self.path.parent / SPILL_FOLDER),
            # Text as views, as in polars: reading a table takes a fifth less time.
            "produce_arrow_string_view": True,
            "arrow_output_version": "1.4",
        }

    @property
    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            raise StoreError("The store is not open. Use it in a with statement.")
        return self._connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything written within is kept together, or not at all if there is any error."""
        self._run("begin transaction")
        try:
            yield
            self._run("commit")
        except BaseException:
            self._cache.clear()
            with suppress(duckdb.Error):  # a full disk may end DuckDB too: the first failure is the one to report
                self._open.rollback()
            raise

    def checkpoint_aside(self) -> None:
        """Begin a checkpoint if much is committed but not yet in the file. Readers do not wait for it, writers do."""
        log = log_of(self.path)
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            self._cache.submit(partial(self._checkpoint, self._open.cursor()))

    def _checkpoint(self, aside: duckdb.DuckDBPyConnection) -> None:
        with closing(aside), suppress(duckdb.TransactionException):  # somebody writes: left to the next one
            aside.execute("checkpoint").fetchall()

    def write(self, table: str, frame: pl.DataFrame) -> None:
        """Replace a table of :mod:`pipelines.tables` by a frame of exactly its columns and types, in their order."""
        _check_is_table(table, frame)
        self._replace(table, frame)
        self._cache.keep(table, frame)

    def write_children(self, table: str, frame: pl.DataFrame) -> None:
        """As :meth:`write`, for a table with ``child_id``: if few children's rows change, only those are written."""
        otherwise = changed_children(self.read(table), frame) if self.has(table) else None
        if otherwise is None or otherwise.height > frame.height * LARGEST_AMENDMENT:
            self.write(table, frame)
        else:
            self.change(table, otherwise, frame.join(otherwise, on="child_id", how="semi"))
            self._cache.keep(table, frame)

    def amend(self, table: str, frame: pl.DataFrame, amendment: Amendment) -> None:
        """As :meth:`write`, for a table with ``record_id``: if few records change, only those are written. ``frame``: the
        whole new table, in the order of ``record_id``."""
        _check_is_table(table, frame)
        self._amend(table, frame, amendment)
        self._cache.keep(table, frame)

    def amend_rows(self, table: str, amendment: Amendment) -> None:
        """As :meth:`amend`, without the whole table: always writes only the rows of ``amendment``. If the table was read
        ahead, it is amended in another thread."""
        _check_is_table(table, amendment.put)
        before = self._cache.pop_read_ahead(table)
        self._write_rows(table, amendment)
        if before is not None and amendment.moved is None:
            self._cache.make_in_background(table, lambda: in_table_order(table, amended(before, amendment)))

    def change(self, table: str, gone: pl.DataFrame, put: pl.DataFrame) -> None:
        """Delete the rows that equal a row of ``gone`` in the columns of ``gone``, and insert the rows of ``put``."""
        _check_is_table(table, put)
        same = " and ".join(f"{_quoted(table)}.{_quoted(name)} = gone.{_quoted(name)}" for name in gone.columns)
        if gone.height:
            self._run(f"delete from {_quoted(table)} using gone where {same}", gone=gone)
        if put.height:
            self._run(f"insert into {_quoted(table)} by name select * from incoming", incoming=put)
        self._cache.forget(table)

    def set_where(self, table: str, column: str, value: date, *, among: pl.DataFrame, but: pl.Series) -> None:
        """Set a column to ``value`` in the rows that equal a row of ``among`` in its columns, except rows of the records
        ``but`` (ids). Rows keep their order."""
        same = " and ".join(f"{_quoted(table)}.{_quoted(name)} = among.{_quoted(name)}" for name in among.columns)
        self._run(
            f"update {_quoted(table)} set {_quoted(column)} = date '{value}' from among where {same} "
            "and record_id not in (select record_id from but)",
            among=among,
            but=but.drop_nulls().alias("record_id").to_frame(),
        )
        self._cache.forget(table)

    def forget_before(self, table: str, column: str, day: date) -> None:
        """Delete the rows whose date in a column is before ``day``."""
        self._run(f"delete from {_quoted(table)} where {_quoted(column)} < date '{day}'")
        self._cache.forget(table)

    def read_where(self, table: str, wanted: pl.DataFrame) -> pl.DataFrame:
        """Rows of a table that equal a row of ``wanted`` in the columns of ``wanted``, in no particular order."""
        return typed(table, self._select(table, wanted=wanted))

    def read(self, table: str) -> pl.DataFrame:
        """A whole table of :mod:`pipelines.tables`, sorted as in ``TABLE_ORDER``, otherwise in the order of writing."""
        if table not in TABLES:
            raise StoreError(f"{table} is no table of pipelines/tables/. Read one of: {', '.join(TABLES)}.")
        if (found := self._cache.get(table)) is not None:
            return found
        ahead = self._cache.pop_read_ahead(table)
        return self._cache.keep(
            table, in_table_order(table, typed(table, self._select(table)) if ahead is None else ahead)
        )

    def read_or_empty(self, table: str) -> pl.DataFrame:
        """As :meth:`read`; empty if the table was never written."""
        return self.read(table) if self.has(table) else TABLES[table].to_frame()

    def reader(self, table: str) -> Callable[[], pl.DataFrame]:
        """A function that gives the table as :meth:`read` does, from any thread; if it is being made, that thread waits for
        it."""
        made = self._cache.pending(table)
        if made is not None:
            return made.result
        frame = self.read(table)
        return lambda: frame

    def read_ahead(self, *tables: str) -> None:
        """Begin to :meth:`read` tables that are not at hand, as committed now, while the caller goes on."""

        def read(table: str, aside: duckdb.DuckDBPyConnection) -> pl.DataFrame:
            with _errors_in_our_words(self.path), closing(aside):
                return typed(table, pl.DataFrame(aside.sql(f"select * from {_quoted(table)}")))

        asked = [name for name in tables if self._cache.get(name) is None and self.has(name)]
        self._cache.read_ahead({name: partial(read, name, self._open.cursor()) for name in asked})

    def count(self, table: str) -> int:
        """Number of rows of a table."""
        return int(self._select(table, "count(*) as rows")["rows"].item())

    def has(self, table: str) -> bool:
        """Whether the table was ever written."""
        return table in self.tables()

    @property
    def version(self) -> int:
        """Version of the tables, as :data:`pipelines.tables.SCHEMA_VERSION` counts them."""
        return int(self._select(VERSION_TABLE)["version"].item()) if self.has(VERSION_TABLE) else 1

    def stamp(self, version: int) -> None:
        """Set the version of the tables."""
        self._replace(VERSION_TABLE, pl.DataFrame({"version": [version]}, schema={"version": pl.Int64}))

    def read_as_kept(self, table: str) -> pl.DataFrame:
        """A whole table with the columns it was written with, which may differ in an earlier version."""
        return self._select(table)

    def write_raw(self, source: str, frame: pl.DataFrame) -> None:
        """Replace ``raw_<source>`` by tonight's rows of that source, text unchanged."""
        self._replace(f"{RAW}{source}", frame)

    def amend_raw(self, source: str, frame: pl.DataFrame, amendment: Amendment) -> None:
        """As :meth:`write_raw`, if only some rows change: only those are written. ``frame``: all of tonight's rows."""
        self._amend(f"{RAW}{source}", frame, amendment)

    def read_raw(self, source: str, records: pl.Series | None = None) -> pl.DataFrame:
        """``raw_<source>``, or only its rows of ``records`` (ids), in no particular order."""
        return self._select(f"{RAW}{source}", wanted=None if records is None else records.alias("record_id").to_frame())

    def read_raw_columns(self, source: str, *columns: str) -> pl.DataFrame:
        """Some columns of ``raw_<source>``."""
        return self._select(f"{RAW}{source}", ", ".join(map(_quoted, columns)))

    def raw_cells(self, source: str, column: str) -> pl.DataFrame:
        """Each distinct cell of a column of ``raw_<source>``, in no particular order."""
        return self._select(f"{RAW}{source}", f"distinct {_quoted(column)}")

    def raw_where(self, source: str, column: str, cells: pl.Series) -> pl.Series:
        """``record_id`` of the rows of ``raw_<source>`` whose cell in a column is one of ``cells``."""
        wanted = cells.drop_nulls().alias(column).to_frame()
        return self._select(f"{RAW}{source}", "record_id", wanted)["record_id"]

    def raw_sources(self) -> tuple[str, ...]:
        """Sources with rows received, in the order of their names."""
        return tuple(name.removeprefix(RAW) for name in self.tables() if name.startswith(RAW))

    def forget_raw(self, *, but: Collection[str] = ()) -> None:
        """Drop every ``raw_`` table (except of the sources ``but``), so that a source that sent nothing has no rows
        tonight."""
        for source in sorted(set(self.raw_sources()) - set(but)):
            self.drop(f"{RAW}{source}")

    def drop(self, table: str) -> None:
        """Delete a whole table."""
        self._run(f"drop table {_quoted(table)}")
        self._cache.names = None
        self._cache.forget(table)

    def tables(self) -> tuple[str, ...]:
        """Every table there is, in the order of their names."""
        if self._cache.names is None:
            with _errors_in_our_words(self.path):
                found = self._fetched("select table_name from duckdb_tables() order by table_name")
            self._cache.names = tuple(found["table_name"])
        return self._cache.names

    def _replace(self, table: str, frame: pl.DataFrame) -> None:
        self._run(f"create or replace table {_quoted(table)} as select * from incoming", incoming=frame)
        if not self.has(table):  # judged by the names known before
            self._cache.names = None

    def _amend(self, table: str, frame: pl.DataFrame, amendment: Amendment) -> None:
        if table not in self.tables() or amendment.size > frame.height * LARGEST_AMENDMENT:
            self._replace(table, frame)
        else:
            self._write_rows(table, amendment)

    def _write_rows(self, table: str, amendment: Amendment) -> None:
        into, put, moved, leaving = _quoted(table), amendment.put, amendment.moved, amendment.deleted_ids.to_frame()
        if leaving.height:
            self._run(f"delete from {into} where record_id in (select record_id from leaving)", leaving=leaving)
        if put.height:
            self._run(f"insert into {into} by name select * from incoming", incoming=put)
        if moved is not None and moved.height:
            columns = ", ".join(f"{name} = moved.{name}" for name in map(_quoted, moved.drop("record_id").columns))
            self._run(f"update {into} set {columns} from moved where {into}.record_id = moved.record_id", moved=moved)

    def _run(self, statement: str, **frames: pl.DataFrame) -> None:
        """Run one statement that reads these frames by name."""
        with private_files(), _errors_in_our_words(self.path):
            for name, frame in frames.items():
                self._register(name, frame)
            try:
                # Results are drained at once: DuckDB 2 refuses a statement while rows of the last one are unread.
                self._open.execute(statement).fetchall()
            finally:
                for name in frames:
                    self._open.unregister(name)

    def _select(self, table: str, columns: str = "*", wanted: pl.DataFrame | None = None) -> pl.DataFrame:
        statement = f"select {columns} from {_quoted(table)}"
        try:
            with _errors_in_our_words(self.path):
                if wanted is None:
                    return self._fetched(statement)
                self._register("wanted", wanted)
                try:
                    using = ", ".join(map(_quoted, wanted.columns))
                    return self._fetched(f"{statement} semi join wanted using ({using})")
                finally:
                    self._open.unregister("wanted")
        except StoreError:
            if table in self.tables():
                raise
            raise StoreError(
                f"The store {self.path} has no {table} yet. Run a night first: rollcall night --help."
            ) from None

    def _register(self, name: str, frame: pl.DataFrame) -> None:
        """Let one statement read a frame by name, once; by Arrow's C stream, as DuckDB's own way loads pyarrow and pandas."""
        self._open.register(name, frame.__arrow_c_stream__())

    def _fetched(self, statement: str) -> pl.DataFrame:
        """The result of a statement, by Arrow's C stream: half as fast again as DuckDB's own way."""
        return pl.DataFrame(self._open.sql(statement))


def _check_is_table(table: str, frame: pl.DataFrame) -> None:
    if table not in TABLES:
        raise StoreError(f"{table} is no table of pipelines/tables/. Write one of: {', '.join(TABLES)}.")
    if differing := differences(TABLES[table], frame.schema):
        raise StoreError(f"{table} is not as pipelines/tables/ has it: {differing}. Mend the step that writes it.")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _errors_in_our_words(path: Path) -> Iterator[None]:
    """Turn DuckDB's errors, which may quote data, into ours, which never do; polars raises some of them as its own."""
    try:
        yield
    except (duckdb.Error, pl.exceptions.ComputeError) as error:
        raise _plain_error(path, error) from None


def _plain_error(path: Path, error: Exception) -> StoreError:
    text = str(error).lower()
    if any(words in text for words in FULL_IN_WORDS):
        return DiskFullError(f"The disk of {path.parent} is full. Free some space and run the night again.")
    if isinstance(error, duckdb.IOException) and any(words in text for words in IN_USE_IN_WORDS):
        return StoreError(f"The store {path} is in use by another process. Wait until the night has finished.")
    if isinstance(error, duckdb.IOException) and "not a valid" in text:
        return StoreError(f"{path} is not a DuckDB file. Move it away and run the night again: it is then made again.")
    if "out of memory" in text:
        return StoreError(
            "DuckDB's share of memory is too small, or the machine lets this process have no more. Raise machine.memory_gb in "
            "the settings, or close other programs and start it again."
        )
    return StoreError(
        f"The store {path} could not be used ({type(error).__name__}). Check disk and permissions, "
        "or put a backup into a new folder: rollcall restore --help."
    )
