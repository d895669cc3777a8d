"""One night at a time: which process holds a workspace, and since when."""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import filelock

from pipelines.workspace import StoreError, make_workspace, private_files
from pipelines.written_dates import moment_written

LOCK_FILE = "night.lock"
HOLDER_FILE = "night.holder.json"

LOOKED_AT_SECONDS = 0.5
"""Least time that every night waits: a command that only checks whether one is running holds the workspace for a moment."""


class NightRunningError(StoreError):
    """Another night holds the workspace; the message says which process and since when."""


@contextmanager
def lock(workspace: Path, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the workspace for one night, at most one at a time on this machine. A killed night releases it.

    Raises :class:`NightRunningError`, naming the process that holds it and since when, if it is not released within
    ``wait_seconds``.
    """
    with private_files():
        make_workspace(workspace)
        held = filelock.FileLock(workspace / LOCK_FILE, timeout=max(wait_seconds, LOOKED_AT_SECONDS), mode=0o600)
        try:
            held.acquire()
        except filelock.Timeout:
            raise NightRunningError(holder_in_words(workspace)) from None
        except OSError as error:
            fault = f"The workspace {workspace} cannot be written: {error.strerror}. Put that right, or name another folder."
            raise StoreError(fault) from None
        try:
            holder = {"pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
            with suppress(OSError):  # on a full disk the night itself says what is wrong
                (workspace / HOLDER_FILE).write_text(json.dumps(holder), encoding="utf-8")
            yield
        finally:
            held.release()


def is_locked(workspace: Path) -> bool:
    """Whether a night holds the workspace now. False if there is none, or the file system is read-only."""
    if not (workspace / LOCK_FILE).exists():
        return False
    held = filelock.FileLock(workspace / LOCK_FILE, timeout=0, mode=0o600)
    try:
        held.acquire()
    except filelock.Timeout:
        return True
    except OSError as error:
        if error.errno == errno.EROFS:
            return False
        raise
    held.release()
    return False


def holder_in_words(workspace: Path) -> str:
    """Which process holds the workspace and since when, as far as it is recorded, and what to do."""
    try:
        holder = json.loads((workspace / HOLDER_FILE).read_text(encoding="utf-8"))
        who = f"process {int(holder['pid'])}, since {moment_written(datetime.fromisoformat(holder['since']))}"
    except (OSError, ValueError, KeyError, TypeError):
        who = "another process"
    return (
        f"A night is already running in {workspace} ({who}). Wait until it has finished; the last published list stays as "
        "it is."
    )
