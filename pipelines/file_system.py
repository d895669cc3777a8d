"""What differs between operating systems when files are kept, replaced and held: all of it is here.

On Windows a file that any program has open can be neither replaced nor removed, and no folder with such a file can be
renamed. Folders cannot be opened there, so they are neither synced nor locked by themselves. Links need a right that few
accounts have, and one that leads to a folder cannot be replaced in one step.
"""

import ctypes
import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TypeVar

import filelock

Done = TypeVar("Done")

PATIENCE_SECONDS = 30.0
"""How long to wait for another program to close a file: a virus scanner, a search index, a command that reads."""

LOCK_FILE = ".rollcall.lock"
"""What is locked in place of a folder on Windows; it goes when it is released."""

_FULL = (39, 112, 1295)
"""Windows' own codes: handle of a full disk, disk full, quota used up."""
FULL_IN_WORDS = ("no space left", "disk full", "out of disk", "not enough space on the disk")
IN_USE_IN_WORDS = ("lock", "used by another process")
"""What Linux and Windows (in English) say, as DuckDB quotes them, when the disk is full or another process has a file open."""

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def is_in_use(error: BaseException | None) -> bool:
    """Whether Windows refused because a program has the file open; it says the same if this user lacks the right."""
    return sys.platform == "win32" and isinstance(error, PermissionError)


def is_disk_full(error: BaseException | None) -> bool:
    """Whether the disk, or this user's share of it, is full."""
    if not isinstance(error, OSError):
        return False
    return error.errno in (errno.ENOSPC, errno.EDQUOT) or getattr(error, "winerror", None) in _FULL


def move(path: Path, to: Path) -> None:
    """Rename a folder, or a file, which replaces one that is there. Waits if a program has it open. Raises OSError."""
    _patiently(lambda: path.rename(to) if path.is_dir() else path.replace(to))


def remove_file(path: Path) -> None:
    """Remove a file if it is there. Waits if a program has it open. Raises OSError."""
    _patiently(lambda: path.unlink(missing_ok=True))


def _patiently(change: Callable[[], Done]) -> Done:
    """Make a change; while a program has a file of it open, try again, for ``PATIENCE_SECONDS`` at most."""
    until = monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return change()
        except OSError as error:
            if not is_in_use(error) or monotonic() > until:
                raise
            sleep(0.1)


def sync_file(path: Path) -> None:
    """Have the disk take what was written to a file. Windows does so only for those who may write to it."""
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Have the disk take a folder's entries. Windows does that by itself."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Hold a folder, so that others who ask for it wait. The system releases it if the process is killed.

    Where a folder cannot be locked (some shares) nobody waits.
    """
    with ExitStack() as held:
        if sys.platform == "win32":
            lock = filelock.FileLock(folder / LOCK_FILE)
            with suppress(OSError):
                lock.acquire()
            held.callback(lock.release)
        else:
            import fcntl

            descriptor = os.open(folder, os.O_RDONLY)
            held.callback(os.close, descriptor)
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def link(made: Path, to: str) -> bool:
    """Make a link ``made`` to the folder ``to`` beside it; false if there can be none that another could replace."""
    if sys.platform == "win32":
        return False
    try:
        made.symlink_to(to, target_is_directory=True)
    except (NotImplementedError, OSError):
        return False
    return True


def exchange(left: Path, right: Path) -> bool:
    """Exchange two names in one step (Linux, ``renameat2`` with RENAME_EXCHANGE); false if that cannot be done."""
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    names = (os.fsencode(left), os.fsencode(right))
    return bool(rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0)
