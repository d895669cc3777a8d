"""Puts a folder of files in place whole or not at all, readable by its owner only."""

import errno
import os
import secrets
import shutil
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from pipelines.file_system import exchange, is_in_use, link, locked_folder, move, sync_folder
from pipelines.settings import SettingsError

SYNCED_AT_ONCE = 8
"""Number of files of a publication that wait for the disk at the same time."""

FILE_MODE = 0o600
FOLDER_MODE = 0o700

_BY_DATE = "-".join(("[0-9]" * 4, "[0-9]" * 2, "[0-9]" * 2))
"""Folders of publications are named by the date judged."""


IN_USE = "A program has one of its files open, as Excel does, or this user may not write there. Close that program"
"""The remedy where Windows refuses to replace a file; it does not say for which of the two reasons."""


class PublicationFailed(Exception):  # noqa: N818 - it is told to people as it is named
    """Tonight's list could not be published; the last one is untouched. The message names the cause and the remedy."""


def write_folder(files: Mapping[str, bytes], folder: Path) -> None:
    """Make ``folder`` hold exactly ``files`` (path inside the folder -> bytes), whole or not at all.

    The files are written and synced in a hidden folder beside it, which then takes its place. Until then, and whenever
    anything fails, the existing folder is untouched. Raises :class:`PublicationFailed`.
    """
    try:
        _make_private_folder(folder.parent)
        with folder_lock(folder.parent), staged_folder(folder) as made, ThreadPoolExecutor(SYNCED_AT_ONCE) as pool:
            # Each file waits for the disk: many at once wait hardly longer than one.
            written = pool.map(write_private, (made / name for name in files), files.values())
            deque(written, maxlen=0)
    except OSError as error:
        raise PublicationFailed(_failure_in_words(error, folder, sum(map(len, files.values())))) from error


@contextmanager
def staged_folder(folder: Path) -> Iterator[Path]:
    """Give a hidden folder beside ``folder`` to be filled; it takes its place, synced, when the block ends without an
    error.

    Whenever anything fails, the existing ``folder`` is untouched. Raises OSError.
    """
    made = folder.parent / f".{folder.name}.tmp-{secrets.token_hex(4)}"
    try:
        yield made
        _sync_folders(made)
        _take_the_place(made, folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def folder_lock(parent: Path, *, of: str = "*") -> Iterator[None]:
    """Hold a folder while putting something in place there, so that others wait, and clear what a crash left in it.

    ``of``: pattern of our names, if the folder is not ours alone. Without the lock, two who write one page at once would
    take each other's work for the remains of a crash. The system releases the lock of a killed process.
    """
    with locked_folder(parent):
        _mend(parent, of)
        yield


def _mend(parent: Path, of: str) -> None:
    """Clear what a crash left in ``parent``, and put an old folder back if the crash fell between two renames."""
    for left in sorted(parent.glob(f".{of}.old-*")):
        folder = parent / left.name[1:].rpartition(".old-")[0]
        if folder.exists():
            shutil.rmtree(left, ignore_errors=True)
        else:
            move(left, folder)
    for left in parent.glob(staging_pattern(of)):
        if left.is_symlink() or left.is_file():
            left.unlink(missing_ok=True)
        else:
            shutil.rmtree(left, ignore_errors=True)


def staging_pattern(of: str = "*") -> str:
    """Pattern of the hidden names of what is being made or removed; ``of``: pattern of the visible name."""
    return f".{of}.tmp-*"


def replace_private(path: Path, content: bytes) -> None:
    """Write and sync one file, mode 0600, in one step: readers see it as it was or as it is, and whole. Raises OSError."""
    made = path.parent / f".{path.name}.tmp-{secrets.token_hex(4)}"
    try:
        write_private(made, content)
        move(made, path)
    finally:
        made.unlink(missing_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Write and sync one new file with mode 0600 in folders of mode 0700, whatever the umask."""
    _make_private_folder(path.parent)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        path.chmod(FILE_MODE)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_requested(path: Path, content: bytes) -> None:
    """As :func:`write_private`. Raises :class:`~pipelines.settings.SettingsError`, with the remedy."""
    try:
        write_private(path, content)
    except OSError as error:
        fault = (
            f"{path} cannot be written: {error.strerror}. Name another folder, or correct the disk or its permissions."
        )
        raise SettingsError(fault) from None


def lists_in(published: Path) -> list[str]:
    """The dates of the lists in a folder of publications, which are the names of their folders, in order."""
    return sorted(found.name for found in published.glob(_BY_DATE) if found.is_dir())


def newest_list(published: Path) -> str | None:
    """The list in use: the publication with the latest date in a folder; null: there is none."""
    return max(lists_in(published), default=None)


def point_latest(folder: Path) -> None:
    """Make ``latest`` beside ``folder`` name the publication with the latest date.

    A symbolic link, replaced in one step; a text file with the folder's name on Windows, and if the file system has no
    links. A night that is run again for an earlier date does not move it back.
    """
    waiting = folder.parent / f".latest.tmp-{secrets.token_hex(4)}"
    try:
        newest = max(folder.name, newest_list(folder.parent) or "")
        if not link(waiting, newest):
            write_private(waiting, f"{newest}\n".encode())
        move(waiting, folder.parent / "latest")
        sync_folder(folder.parent)
    except OSError as error:
        waiting.unlink(missing_ok=True)
        raise PublicationFailed(
            f"Tonight's list is in place in {folder.name}, but 'latest' could not be moved to it ({_cause(error)}). "
            f"Read the list from {folder.name}, and check who may write to {folder.parent}."
        ) from error


def _make_private_folder(folder: Path) -> None:
    """Make a folder and its missing parents with mode 0700; a folder that is already there keeps its mode."""
    if folder.is_dir():
        return
    _make_private_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    folder.chmod(FOLDER_MODE)


def _take_the_place(made: Path, folder: Path) -> None:
    """Put ``made`` in the place of ``folder``. If the system can exchange two names, there is no moment without a folder."""
    if not folder.exists():
        move(made, folder)
    elif not exchange(made, folder):
        old = folder.parent / f".{folder.name}.old-{secrets.token_hex(4)}"
        move(folder, old)
        try:
            move(made, folder)
        except OSError:
            move(old, folder)
            raise
        shutil.rmtree(old, ignore_errors=True)
    sync_folder(folder.parent)


def _sync_folders(top: Path) -> None:
    for folder, _, _ in os.walk(top):
        sync_folder(Path(folder))


def _cause(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else type(error).__name__


def _failure_in_words(error: OSError, folder: Path, size: int) -> str:
    """What went wrong and what to do, in plain English and without any file's content."""
    needed = f"{size / 1e6:,.0f} MB" if size > 1e6 else "1 MB"
    remedies = {
        errno.ENOSPC: f"The disk is full. Free at least {needed} there",
        errno.EDQUOT: f"The disk quota is used up. Free at least {needed} there or raise the quota",
        errno.EACCES: "This user may not write there. Give the user that runs the night write access",
        errno.EPERM: "This user may not write there. Give the user that runs the night write access",
        errno.EROFS: "The file system is read-only. Mount it for writing",
    }
    remedy = IN_USE if is_in_use(error) else remedies.get(error.errno or 0, f"{_cause(error)}. Put this right")
    return f"Writing {folder} failed, and what was there is untouched. {remedy}, and start it again."
