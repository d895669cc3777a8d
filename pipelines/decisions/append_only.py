"""SQLite files beside the store for what people decide. Rows are added, never changed or removed.

The store is made anew every night. What a person has judged, proposed or approved must outlive it, and must be readable
while a night runs. Triggers refuse every update and delete, so that no later version of the software can break this rule.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep

import polars as pl

from pipelines.workspace import DiskFullError, StoreError, must_be_there, private_files

MOMENT = "%Y-%m-%dT%H:%M:%S%.6f%:z"
"""How a moment is written in a file, in polars' ``strftime`` codes."""

WAITS = 30.0
"""Seconds to wait for another writer. If that writer is not finished by then, the file cannot be used."""


NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)
"""SQLite's error codes for a full disk: for the file, and for the memory shared with others who have it open."""


class RecordsError(StoreError):
    """What people decided cannot be read or written. The message names the file and the remedy."""


@contextmanager
def append_only(path: Path, tables: Mapping[str, str]) -> Iterator[sqlite3.Connection]:
    """Open (or make, mode 0600) a file of append-only tables. Everything written within is kept together or not at all.

    ``tables``: name -> its columns in SQL. Raises :class:`RecordsError`; :class:`DiskFullError` if there is no room even to
    read; and :class:`StoreError` if there is no such workspace.
    """
    must_be_there(path.parent)
    try:
        with private_files(), closing(sqlite3.connect(path, timeout=WAITS, isolation_level=None)) as connection:
            _log_ahead(connection)
            connection.execute("pragma synchronous = full").fetchall()
            connection.execute("begin immediate")
            try:
                _make(connection, tables)
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) in NO_ROOM:
            raise DiskFullError(
                f"The disk of {path} is full, and nothing was kept. Free some space and try again."
            ) from None
        fault = f"{path} cannot be used ({type(error).__name__}). Check the disk and its permissions, or restore it."
    except OSError as error:
        fault = f"{path} cannot be written: {error.strerror}. Check the disk and its permissions."
    else:
        return
    raise RecordsError(fault)


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Have new rows written to a log beside the file first (WAL). Only one connection at a time can switch a new file to
    that, and SQLite does not wait for it: if two made the file at once, the second would be refused. So this tries again
    for ``WAITS`` seconds."""
    until = monotonic() + WAITS
    while True:
        try:
            connection.execute("pragma journal_mode = wal").fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > until:
                raise
            sleep(0.01)
        else:
            return


def read_rows(path: Path, tables: Mapping[str, str], table: str, schema: pl.Schema) -> pl.DataFrame:
    """Every row, in the order in which rows were added, with the columns of ``schema``; none if there is no such file.

    ``tables`` and errors: as for :func:`append_only`.
    """
    if not path.exists():
        return schema.to_frame()
    with append_only(path, tables) as connection:
        return _rows(connection, table, schema)


def add_rows(
    path: Path, tables: Mapping[str, str], table: str, schema: pl.Schema, made: Callable[[pl.DataFrame], pl.DataFrame]
) -> pl.DataFrame:
    """Add the rows (``schema``) that ``made`` returns, all or none, and return them. ``made`` is given every row already
    there.

    Nobody else can add a row meanwhile: if two people hand in one list at once, the second is compared with what the first
    added. ``tables`` and errors: as for :func:`append_only`, and whatever ``made`` raises.
    """
    with append_only(path, tables) as connection:
        rows = made(_rows(connection, table, schema)).select(schema.names()).cast(schema)
        places, named = ", ".join("?" * rows.width), ", ".join(f'"{column}"' for column in rows.columns)
        texts = rows.with_columns(pl.col(pl.Date).cast(pl.String), pl.col(pl.Datetime).dt.strftime(MOMENT))
        connection.executemany(f"insert into {table} ({named}) values ({places})", texts.rows())
    return rows


def _rows(connection: sqlite3.Connection, table: str, schema: pl.Schema) -> pl.DataFrame:
    # With the table's name: SQLite takes a bare quoted column name that does not exist for a text, in every row.
    columns = ", ".join(f'{table}."{column}"' for column in schema)
    rows = connection.execute(f"select {columns} from {table} order by rowid").fetchall()
    kept = {name: pl.String if kind.is_temporal() else kind for name, kind in schema.items()}
    days = [pl.col(name).str.to_date() for name, kind in schema.items() if kind == pl.Date]
    moments = [
        pl.col(name).str.to_datetime(time_unit="us", time_zone="UTC")
        for name, kind in schema.items()
        if kind == pl.Datetime
    ]
    return pl.DataFrame(rows, schema=kept, orient="row").with_columns(*days, *moments)


def _make(connection: sqlite3.Connection, tables: Mapping[str, str]) -> None:
    for name, columns in tables.items():
        connection.execute(f"create table if not exists {name} ({columns}) strict")
        _add_new_columns(connection, name, columns)
        for change in ("update", "delete"):
            connection.execute(
                f"create trigger if not exists {name}_no_{change} before {change} on {name} "
                f"begin select raise(abort, '{name} is append-only'); end"
            )


def _add_new_columns(connection: sqlite3.Connection, table: str, columns: str) -> None:
    """Give a table made by an earlier version the columns that it lacks; they are null in its rows."""
    there = {row[1] for row in connection.execute(f"pragma table_info({table})")}
    with closing(sqlite3.connect(":memory:")) as wanted:
        wanted.execute(f"create table {table} ({columns}) strict")
        for _, name, kind, *_ in wanted.execute(f"pragma table_info({table})").fetchall():
            if name not in there:
                connection.execute(f"alter table {table} add column {name} {kind}")
