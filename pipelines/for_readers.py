"""A copy of the store from which the list in use was made, for commands that read while a night writes.

While one process writes to a DuckDB file no other may open it, and a night that is running, held or killed leaves half of
its work in the store. So a night that has published puts a copy beside the store, whole or not at all, and every command
that only reads opens the copy.
"""

import secrets
import shutil
from pathlib import Path

import polars as pl

from pipelines.atomic_folder import FOLDER_MODE
from pipelines.file_system import is_in_use, move, sync_file
from pipelines.store import Store
from pipelines.workspace import STORE_FILE, DiskFullError, StoreError, log_of, private_files

READERS_FOLDER = "for_readers"


def store_for_readers(workspace: Path) -> Store:
    """The copy, read-only; if no night of this version has published, the store itself."""
    copy = workspace / READERS_FOLDER
    return Store(copy if (copy / STORE_FILE).exists() else workspace, read_only=True, told_as=workspace)


def tables_for_readers(workspace: Path, *names: str) -> dict[str, pl.DataFrame]:
    """Tables of that store, by name. Raises :class:`~pipelines.workspace.StoreError` if one is not there yet."""
    with store_for_readers(workspace) as store:
        return {name: store.read(name) for name in names}


def replace_reader_copy(workspace: Path) -> None:
    """Replace the last copy by one of the store, which must be closed.

    Raises :class:`~pipelines.workspace.DiskFullError` if the copy cannot be written, and if the night's tables did not fit
    into the store's file when it was closed (DuckDB does not report that); :class:`~pipelines.workspace.StoreError` if, on
    Windows, a command does not stop reading the last copy. The last copy then stays.
    """
    if log_of(workspace / STORE_FILE).exists():
        raise DiskFullError(
            f"Tonight's list is published, but its tables did not fit into {workspace / STORE_FILE} when that was closed, so "
            "readers still get answers from the list before. Free some space and run the night again."
        )
    copy = workspace / READERS_FOLDER / STORE_FILE
    made = copy.parent / f".{STORE_FILE}.tmp-{secrets.token_hex(4)}"
    try:
        with private_files():
            copy.parent.mkdir(mode=FOLDER_MODE, exist_ok=True)
            for left in copy.parent.glob(".*.tmp-*"):
                left.unlink()
            shutil.copyfile(workspace / STORE_FILE, made)
            sync_file(made)
            move(made, copy)
    except OSError as error:
        made.unlink(missing_ok=True)
        if is_in_use(error):
            raise StoreError(
                f"Tonight's list is published, but a command that reads has had {copy} open all the while, so readers still "
                "get answers from the list before. End that command, and run the night again."
            ) from None
        raise DiskFullError(
            f"Tonight's list is published, but the copy of the store for readers could not be written to "
            f"{copy.parent}: {error.strerror}. Free some space and run the night again."
        ) from None


def delete_reader_copy(workspace: Path) -> None:
    """Delete the copy, so that readers open the store itself until the next night has published."""
    shutil.rmtree(workspace / READERS_FOLDER, ignore_errors=True)
