"""Backup of a workspace, and the way back: one folder with everything that a night cannot make again, and its hashes.

It is made under the workspace's lock, so that no night writes meanwhile. What people decide may be written meanwhile, and
is copied by SQLite's own means. A backup is as confidential as the workspace: it holds the store.
"""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from glob import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipelines.atomic_folder import FILE_MODE, folder_lock, lists_in, point_latest, staged_folder, write_private
from pipelines.file_system import is_disk_full, sync_file
from pipelines.lock import HOLDER_FILE, LOCK_FILE, lock
from pipelines.migrations import BACKUPS_FOLDER
from pipelines.workspace import PUBLISHED_FOLDER, SPILL_FOLDER, STORE_FILE, DiskFullError, StoreError, private_files

MANIFEST = "manifest.json"
BACKUP_NAME = "rollcall-"
"""How the names of backups begin: their folder may hold other things too."""
LEFT_OUT = {LOCK_FILE, HOLDER_FILE, SPILL_FOLDER, BACKUPS_FOLDER, "prefect"}
"""Names in a workspace that a backup leaves out: what belongs to a night under way, and what is not needed."""
BESIDE_SQLITE = ("-wal", "-shm", "-journal")
SQLITE = ".sqlite"
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
"""SQLite's error codes for a file whose content is not as it wrote it."""


class BackupError(StoreError):
    """A backup cannot be made, is not whole, or cannot be put back. The message says why and what to do."""


@dataclass(frozen=True)
class Backup:
    """One backup."""

    folder: Path
    made_at: str
    """UTC, ISO 8601."""
    files: int
    bytes: int
    lists: tuple[str, ...]
    """Dates of all lists published by then; only the newest is in the backup."""


def backup(workspace: Path, to: Path, *, wait_seconds: float = 0) -> Backup:
    """Copy a workspace into a new folder in ``to``, whole or not at all, each copy compared by hash (but those of SQLite
    files).

    ``wait_seconds``: how long to wait for a night to end. Raises :class:`BackupError`, NightRunningError, DiskFullError.
    """
    if not (workspace / STORE_FILE).exists():
        raise BackupError(f"There is no store in {workspace}. Run a night first: rollcall night --help.")
    to = to.resolve()
    if to.is_relative_to(workspace.resolve()):
        raise BackupError(f"{to} is in the workspace. Choose a folder elsewhere, preferably on another disk.")
    with ExitStack() as held:
        held.enter_context(lock(workspace, wait_seconds=wait_seconds))
        held.enter_context(private_files())
        held.enter_context(_errors_in_our_words(to))
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        held.enter_context(
            folder_lock(to, of=f"{BACKUP_NAME}*")
        )  # another workspace may be backed up into the same folder
        made_at = datetime.now(UTC)
        folder = to / f"{BACKUP_NAME}{made_at:%Y-%m-%dT%H-%M-%S-%fZ}"
        lists = lists_in(workspace / PUBLISHED_FOLDER)
        with staged_folder(folder) as made:
            files = [_copied_file(workspace, name, made) for name in _names(workspace, lists[-1:])]
            manifest = {
                "made_at": made_at.isoformat(timespec="seconds"),
                "rollcall": version("rollcall"),
                "lists": lists,
                "files": files,
            }
            write_private(made / MANIFEST, (json.dumps(manifest, indent=2) + "\n").encode())
    return _described(folder, manifest)


def verify(folder: Path) -> Backup:
    """Compare every file of a backup with its manifest. Raises :class:`BackupError`."""
    manifest = _manifest(folder)
    wanted = {file["file"]: file["sha256"] for file in manifest["files"]}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MANIFEST}
    with _errors_in_our_words(folder):
        wrong = [name for name, sha in wanted.items() if name not in there or _hash(folder / name) != sha]
    wrong += sorted(there - set(wanted))
    if wrong:
        # The first part of a path is a file or folder of ours; what follows may be a child's id.
        among = ", ".join(dict.fromkeys(Path(name).parts[0] for name in wrong))
        raise BackupError(
            f"The backup {folder} is damaged: {len(wrong):,} {'file is' if len(wrong) == 1 else 'files are'} missing, changed "
            f"or not among its {len(wanted):,}, in {among}. Nothing was restored. Use another backup."
        )
    return _described(folder, manifest)


def restore(folder: Path, workspace: Path) -> Backup:
    """Verify a backup, and put it into an empty or new folder. Raises :class:`BackupError`, DiskFullError."""
    if workspace.resolve().is_relative_to(folder.resolve()):
        raise BackupError(f"{workspace} is in the backup, which must not be changed. Choose a folder elsewhere.")
    found = verify(folder)
    if workspace.exists() and (not workspace.is_dir() or any(workspace.iterdir())):
        raise BackupError(
            f"{workspace} is not empty, and a backup never overwrites what is there. Choose a new folder, or move the old "
            "workspace away first."
        )
    with ExitStack() as held:
        held.enter_context(private_files())
        held.enter_context(_errors_in_our_words(workspace))
        workspace.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A restore that was killed may have left a whole workspace.
        held.enter_context(folder_lock(workspace.parent, of=escape(workspace.name)))
        if workspace.exists():
            workspace.rmdir()
        with staged_folder(workspace) as made:
            for file in _manifest(folder)["files"]:
                _copy(folder / file["file"], made / file["file"])
            if workspace.exists():  # it did not when this began; by now a night may run in it
                raise BackupError(
                    f"{workspace} was created in the meantime, perhaps by a night. Nothing was restored. Stop the schedule, "
                    "move that folder away, and restore again."
                )
        if found.lists:
            point_latest(workspace / PUBLISHED_FOLDER / found.lists[-1])
    return found


def _names(workspace: Path, lists: list[str]) -> Iterator[Path]:
    """The files to be kept, as paths inside the workspace, in order; of the published lists only those in ``lists``."""
    for path in sorted(workspace.rglob("*")):
        name = path.relative_to(workspace)
        is_spared = name.parts[0] in LEFT_OUT or any(part.startswith(".") for part in name.parts)
        is_older_list = name.parts[0] == PUBLISHED_FOLDER and len(name.parts) > 2 and name.parts[1] not in lists
        is_of_sqlite = any(path.name.endswith(f"{SQLITE}{ending}") for ending in BESIDE_SQLITE)
        if path.is_file() and not (path.is_symlink() or is_spared or is_older_list or is_of_sqlite):
            yield name


def _copied_file(workspace: Path, name: Path, to: Path) -> dict[str, Any]:
    """Copy one file of the workspace; returns its entry in the manifest."""
    if name.suffix == SQLITE:
        _copy_sqlite(workspace / name, to / name)
    else:
        _copy(workspace / name, to / name)
    return {"file": name.as_posix(), "bytes": (to / name).stat().st_size, "sha256": _hash(to / name)}


def _copy(file: Path, copy: Path) -> None:
    """Copy one file and compare the hashes. Raises :class:`BackupError`, OSError."""
    copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(file, copy)
    if _hash(file) != _hash(copy):
        raise BackupError("A file changed while it was copied, or the disk is faulty. Run it again.")
    _sync(copy)


def _copy_sqlite(file: Path, copy: Path) -> None:
    """Copy a SQLite file as it was at one moment, while others may write to it, and check that the copy is whole.

    Raises :class:`BackupError`, sqlite3.Error, OSError.
    """
    copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with (
            closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as here,
            closing(sqlite3.connect(copy)) as there,
        ):
            here.backup(there)
            whole = there.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except sqlite3.DatabaseError as error:
        # Of damage, SQLite either makes a list or gives up, depending on what is damaged and on its version.
        if getattr(error, "sqlite_errorcode", None) not in DAMAGED:
            raise
        whole = False
    if not whole:
        raise BackupError(f"{file.name} is damaged, or the disk is faulty. Restore it from an earlier backup.")
    _sync(copy)


def _sync(path: Path) -> None:
    path.chmod(FILE_MODE)
    sync_file(path)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if not {"made_at", "lists", "files"} <= set(manifest):
            raise ValueError
    except (OSError, ValueError, TypeError):
        fault = f"{folder} is not a backup: it has no readable {MANIFEST}. Name a folder that rollcall backup made."
    else:
        return manifest
    raise BackupError(fault)


def _described(folder: Path, manifest: dict[str, Any]) -> Backup:
    files = manifest["files"]
    size = sum(file["bytes"] for file in files)
    return Backup(folder, manifest["made_at"], len(files), size, tuple(manifest["lists"]))


@contextmanager
def _errors_in_our_words(folder: Path) -> Iterator[None]:
    """Turn errors of the disk and of SQLite into ours."""
    fault: StoreError
    try:
        yield
    except sqlite3.Error as error:
        fault = BackupError(f"What people decided could not be copied ({type(error).__name__}). Run rollcall doctor.")
    except OSError as error:
        kind = DiskFullError if is_disk_full(error) else BackupError
        fault = kind(
            f"{folder} could not be read or written: {error.strerror}. Free some space, or correct the permissions there."
        )
    else:
        return
    raise fault
