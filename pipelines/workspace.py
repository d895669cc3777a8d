"""The workspace: one authority's folder, private to its owner, with its store, its lists and people's decisions."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STORE_FILE = "rollcall.duckdb"
PUBLISHED_FOLDER = "published"
"""Holds a folder for the list of each night, by the date judged."""
SPILL_FOLDER = "spill"
"""Where DuckDB puts what exceeds its share of memory: inside the workspace, never in the machine's own /tmp."""


class StoreError(Exception):
    """The store, or another file of the workspace, cannot be opened, read or written.

    The message says why and what to do, and holds no child's value.
    """


class DiskFullError(StoreError):
    """The disk of the workspace is full."""


@contextmanager
def private_files() -> Iterator[None]:
    """Within this, new files are 0600 and new folders 0700, whatever makes them (DuckDB, polars, a workbook writer)."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def log_of(store: Path) -> Path:
    """The file beside a store with what is committed but not yet in it; a store that was closed properly has none."""
    return store.with_name(f"{store.name}.wal")


def must_be_there(workspace: Path) -> None:
    """Raise :class:`StoreError` if the folder does not exist, for commands that need an existing workspace.

    A mistyped path would otherwise be created, and what a person decides in it would reach no night.
    """
    if not workspace.is_dir():
        raise StoreError(
            f"There is no workspace {workspace}. Check the path; before the first night, create the folder."
        )


def make_workspace(workspace: Path) -> None:
    """Make the folder, mode 0700, if it does not exist. Raises StoreError."""
    if workspace.exists() and not workspace.is_dir():
        raise StoreError(
            f"The workspace {workspace} is a file. Give --workspace a folder: a new one is made if need be."
        )
    try:
        workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The workspace {workspace} cannot be made: {error.strerror}. Choose another with --workspace."
        ) from None
