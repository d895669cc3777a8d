"""Tables of the store that are in memory, or on their way: each is read once a night, some before they are asked for."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import polars as pl


class AtHand:
    """Tables by name, as they stand in the store. A thread may still be reading one: who asks for it waits."""

    def __init__(self) -> None:
        self._tables: dict[str, pl.DataFrame | Future[pl.DataFrame]] = {}
        self._aside: ThreadPoolExecutor | None = None

    def get(self, table: str) -> pl.DataFrame | None:
        """The table; null: it is not at hand. Raises what the reading of it raised."""
        found = self._tables.get(table)
        if isinstance(found, Future):
            found = self._tables[table] = found.result()
        return found

    def keep(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Keep the table as it stands now; gives it back."""
        self._tables[table] = frame
        return frame

    def take(self, table: str) -> pl.DataFrame | None:
        """As :meth:`get`; the table is not at hand any more."""
        found = self.get(table)
        self.forget(table)
        return found

    def forget(self, table: str) -> None:
        """The table has changed, or is about to be."""
        self._tables.pop(table, None)

    def read_ahead(self, reads: Mapping[str, Callable[[], pl.DataFrame]]) -> None:
        """Begin to read tables, one after the other, in another thread. ``reads``: table -> what reads it."""
        self._aside = self._aside or ThreadPoolExecutor(1)
        self._tables |= {table: self._aside.submit(read) for table, read in reads.items() if table not in self._tables}

    def clear(self) -> None:
        """Forget everything, once nothing is being read any more."""
        if self._aside is not None:
            self._aside.shutdown(cancel_futures=True)
            self._aside = None
        self._tables.clear()
