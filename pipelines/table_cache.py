"""Tables of the store that are in memory or being read: each is read once a night, some before they are needed."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import polars as pl

Done = TypeVar("Done")


class TableCache:
    """Tables by name. A table read ahead is kept in the order of the store, and sorted when it is asked for."""

    def __init__(self) -> None:
        self.names: tuple[str, ...] | None = None
        """Names of all tables in the store, in order: needed at every access and slow to get (2 ms); null: ask the store."""
        self._tables: dict[str, pl.DataFrame | Future[pl.DataFrame]] = {}
        self._ahead: dict[str, Future[pl.DataFrame]] = {}
        self._aside: ThreadPoolExecutor | None = None

    def get(self, table: str) -> pl.DataFrame | None:
        """The table; waits for it if it is being made. Null: it was neither read nor written.

        Raises what making it raised.
        """
        found = self._tables.get(table)
        if isinstance(found, Future):
            found = self._tables[table] = found.result()
        return found

    def pending(self, table: str) -> Future[pl.DataFrame] | None:
        """The future of a table that is being made; null: it is not."""
        found = self._tables.get(table)
        return found if isinstance(found, Future) else None

    def keep(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Keep the table as it is now; returns it."""
        self._ahead.pop(table, None)
        self._tables[table] = frame
        return frame

    def make_in_background(self, table: str, make: Callable[[], pl.DataFrame]) -> None:
        """Begin to make the table as it is now, in the thread that reads tables."""
        self._ahead.pop(table, None)
        self._tables[table] = self.submit(make)

    def pop_read_ahead(self, table: str) -> pl.DataFrame | None:
        """What was read ahead of a table; waits for it. Null: nothing was. The table is no longer at hand afterwards.

        Raises what reading it raised.
        """
        found = self._ahead.pop(table, None)
        self.forget(table)
        return None if found is None else found.result()

    def forget(self, table: str) -> None:
        """Drop the table: it has changed, or is about to."""
        self._ahead.pop(table, None)
        self._tables.pop(table, None)

    def read_ahead(self, reads: Mapping[str, Callable[[], pl.DataFrame]]) -> None:
        """Begin to read tables, one after another, in another thread. ``reads``: table -> what reads it."""
        self._ahead |= {table: self.submit(read) for table, read in reads.items()}

    def submit(self, work: Callable[[], Done]) -> Future[Done]:
        """Begin some work in that thread, after the work already given to it."""
        self._aside = self._aside or ThreadPoolExecutor(1)
        return self._aside.submit(work)

    def clear(self) -> None:
        """Forget everything, once nothing is being read any more."""
        if self._aside is not None:
            self._aside.shutdown(cancel_futures=True)
            self._aside = None
        self._ahead.clear()
        self._tables.clear()
        self.names = None
