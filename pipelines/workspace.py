"""The workspace: one authority's folder, private to its owner, with its store, its lists and what people decided."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STORE_FILE = "rollcall.duckdb"
SPILL_FOLDER = "spill"
"""Where DuckDB puts what does not fit into its share of memory: inside the workspace, never the machine's own /tmp."""


class StoreError(Exception):
    """The store, or another file of the workspace, cannot be opened, read or written: the message says why and what to do,
    and holds no child's value.
    """


class DiskFullError(StoreError):
    """The disk of the workspace is full."""


@contextmanager
def private_files() -> Iterator[None]:
    """Within this, new files are 0600 and new folders 0700, whoever makes them (DuckDB, polars, a workbook writer)."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def log_of(store: Path) -> Path:
    """What is committed and not yet in the file of a store, beside it; a store that was closed well has none."""
    return store.with_name(f"{store.name}.wal")


def must_be_there(workspace: Path) -> None:
    """Raise :class:`StoreError` where there is no such folder, for what is done to a workspace that is there.

    A path mistyped would be made, and what a person decides in it would reach no night.
    """
    if not workspace.is_dir():
        raise StoreError(
            f"There is no workspace {workspace}. Check the path; before the first night, make the folder first."
        )


def make_workspace(workspace: Path) -> None:
    """Make the folder, mode 0700, where it is not there. Raises StoreError."""
    try:
        workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The workspace {workspace} cannot be made: {error.strerror}. Choose another with --workspace."
        ) from None
