"""Are this machine and this workspace fit for tonight? Each check says what it found and what to do about it.

Nothing is changed, and nothing about a child is read or told.
"""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from getpass import getuser
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from packaging.requirements import Requirement

from data_contracts.today import HOME
from pipelines.atomic_folder import newest_list
from pipelines.counted import counted
from pipelines.decisions.in_force import model_in_force, settings_of
from pipelines.decisions.proposals import not_as_approved
from pipelines.intake.former_identities import FORMER_FILE, KEY_FILE, read_former
from pipelines.lock import holder_in_words, is_locked
from pipelines.publish.run_json import RUN_FILE, read_run
from pipelines.settings import SettingsError
from pipelines.store import Store
from pipelines.workspace import PUBLISHED_FOLDER, STORE_FILE, StoreError

GOOD, CARE, BAD = "good", "care", "bad"
"""BAD: a night would fail, or what it writes would not be safe. CARE: a person should know."""

LEAST_FREE_BYTES = 2_000_000_000
ROOM_FOR_STORES = 4
"""Times the store's size that should be free: tonight's tables, the copy for readers, a backup, and what spills to disk."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    verdict: str
    words: str
    """What was found and, unless it is good, what to do."""


def run_checks(workspace: Path) -> list[Finding]:
    """Every check of :data:`CHECKS`, in their order."""
    return [finding for check in CHECKS for finding in check(workspace)]


def _python(_: Path) -> Iterator[Finding]:
    now = ".".join(map(str, sys.version_info[:3]))
    fit = sys.version_info >= (3, 11)
    yield Finding("python", GOOD if fit else BAD, f"Python {now}." + ("" if fit else " Install 3.11 or newer."))


def _packages(_: Path) -> Iterator[Finding]:
    """The installed packages against those that Rollcall requires."""
    wrong = []
    for text in requires("rollcall") or ():
        asked = Requirement(text)
        if asked.marker is not None and not asked.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(asked.name)
        except PackageNotFoundError:
            wrong.append(f"{asked.name} is not installed")
            continue
        if not asked.specifier.contains(found, prereleases=True):
            wrong.append(f"{asked.name} is {found}, not {asked.specifier}")
    if wrong:
        yield Finding("packages", BAD, f"{'; '.join(wrong)}. Install from requirements.lock: make setup.")
    else:
        yield Finding("packages", GOOD, f"Rollcall {version('rollcall')} and everything it needs.")


def _time_zone(_: Path) -> Iterator[Finding]:
    try:
        ZoneInfo(HOME)
    except ZoneInfoNotFoundError:
        yield Finding("time zone", BAD, f"{HOME} is not known here. Install the package tzdata.")
    else:
        yield Finding("time zone", GOOD, f"{HOME} is known.")


def _permissions(workspace: Path) -> Iterator[Finding]:
    """Whether the workspace exists, this user may write in it, and it is closed to everybody else."""
    if not workspace.is_dir():
        yield Finding("workspace", CARE, f"{workspace} does not exist yet: the first night makes it.")
        return
    if not os.access(workspace, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(
            "workspace", BAD, f"This user may not write in {workspace}. Run the night as the user who owns it."
        )
        return
    if sys.platform == "win32":
        account = f"{os.environ.get('USERDOMAIN', '.')}\\{getuser()}"
        close = f'icacls "{workspace}" /inheritance:r /grant:r "{account}:(OI)(CI)F"'
        words = f"Who else may read it is not checked on Windows. To close it to everybody but this account: {close}"
        yield Finding("workspace", CARE, words)
        return
    open_to_others = sum(1 for path in (workspace, *workspace.rglob("*")) if _is_open(path))
    if open_to_others:
        words = (
            f"{open_to_others} of the files and folders can be read by others. Close them: chmod -R go-rwx {workspace}"
        )
        yield Finding("workspace", BAD, words)
    else:
        yield Finding("workspace", GOOD, f"Only its owner can read {workspace}.")


def _is_open(path: Path) -> bool:
    try:
        return not path.is_symlink() and bool(path.stat().st_mode & 0o077)
    except FileNotFoundError:  # a running night makes and removes files meanwhile
        return False


def _disk(workspace: Path) -> Iterator[Finding]:
    standing = next(folder for folder in (workspace, *workspace.absolute().parents) if folder.is_dir())
    free = shutil.disk_usage(standing).free
    store = workspace / STORE_FILE
    wanted = max(LEAST_FREE_BYTES, ROOM_FOR_STORES * store.stat().st_size if store.exists() else 0)
    words = f"{free / 1e9:,.1f} GB are free; a night needs {wanted / 1e9:,.1f} GB."
    yield Finding("disk", GOOD, words) if free >= wanted else Finding("disk", BAD, f"{words} Free some space.")
    yield _encryption(standing)


def _encryption(folder: Path) -> Finding:
    """Whether the disk under a folder is encrypted, as far as Linux shows."""
    if sys.platform == "linux":
        device = folder.stat().st_dev
        uuid = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/dm/uuid")
        if uuid.exists() and uuid.read_text(encoding="ascii", errors="replace").startswith("CRYPT-"):
            return Finding("encryption", GOOD, "The disk of the workspace is encrypted.")
    words = (
        "Whether the disk of the workspace is encrypted cannot be seen from here. Make sure that it is: the store holds "
        "the "
    )
    return Finding("encryption", CARE, words + "extracts' rows unchanged.")


def _lock(workspace: Path) -> Iterator[Finding]:
    if workspace.is_dir() and is_locked(workspace):
        yield Finding("lock", CARE, holder_in_words(workspace))
    else:
        yield Finding("lock", GOOD, "No night is running.")


def _store(workspace: Path) -> Iterator[Finding]:
    if not (workspace / STORE_FILE).exists():
        yield Finding("store", CARE, "There is no store yet: the first night makes it.")
        return
    if is_locked(workspace):
        yield Finding("store", CARE, "The store is in use by a running night: not checked.")
        return
    try:
        with Store(workspace, read_only=True) as store:
            tables = store.tables()
    except StoreError as error:
        yield Finding("store", BAD, str(error))
    else:
        yield Finding("store", GOOD, f"The store opens and is of this version; {len(tables)} tables.")


def _decisions(workspace: Path) -> Iterator[Finding]:
    """The files that hold what people decided, which no night can make again."""
    for path in sorted(workspace.glob("*.sqlite")):
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
                (answer,) = connection.execute("pragma integrity_check").fetchone()
        except sqlite3.Error as error:
            answer = type(error).__name__
        if answer == "ok":
            yield Finding(path.name, GOOD, "Whole.")
        else:
            yield Finding(path.name, BAD, "It is damaged. Restore it from a backup: rollcall restore --help.")


def _former_identities(workspace: Path) -> Iterator[Finding]:
    """Whether records from before an adoption can still be recognised; nothing where none was ever handed in."""
    if not (workspace / FORMER_FILE).exists():
        return
    try:
        former = read_former(workspace)
    except (SettingsError, StoreError) as error:
        yield Finding(KEY_FILE, BAD, str(error))
    else:
        yield Finding(KEY_FILE, GOOD, f"{counted(len(former.hashes), 'identifier')} withheld, and their key is there.")


def _in_force(workspace: Path) -> Iterator[Finding]:
    try:
        settings_of(workspace)
        model, unlike = model_in_force(workspace), not_as_approved(workspace)
    except (SettingsError, StoreError) as error:
        yield Finding("in force", BAD, str(error))
    else:
        yield from (Finding("in force", CARE, difference) for difference in unlike)
        if unlike:
            return
        weights = "learnt by the night" if model is None else "approved by a person"
        yield Finding("in force", GOOD, f"Settings and weights can be read; the weights are {weights}.")


def _publication(workspace: Path) -> Iterator[Finding]:
    """The list in use, each file compared with the hash that its night wrote down."""
    named = newest_list(workspace / PUBLISHED_FOLDER)
    if named is None:
        yield Finding("list in use", CARE, "No list has been published yet.")
        return
    latest = workspace / PUBLISHED_FOLDER / named
    try:
        written = (read_run(latest) or {})["published"]
        differing = [entry["file"] for entry in written if _hash(latest / entry["file"]) != entry["sha256"]]
    except (OSError, KeyError, TypeError):
        yield Finding("list in use", BAD, f"{latest / RUN_FILE} cannot be read. Run the night again.")
        return
    if differing:
        words = f"Changed since the night wrote them: {', '.join(differing)}. Work on copies, and run the night again."
        yield Finding("list in use", BAD, words)
    else:
        yield Finding("list in use", GOOD, f"{counted(len(written), 'file')}, each as the night wrote it.")


def _hash(path: Path) -> str | None:
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _prefect(_: Path) -> Iterator[Finding]:
    """What the environment says about Prefect, if anything."""
    if "PREFECT_API_URL" not in os.environ:
        yield Finding("prefect", GOOD, "The environment names no server: a night starts its own, or does without.")
    elif "PREFECT_API_AUTH_STRING" not in os.environ:
        words = "The environment names a server but no password (PREFECT_API_AUTH_STRING). Without one any page in a "
        yield Finding("prefect", BAD, words + "browser on this machine could start or stop nights.")
    else:
        yield Finding("prefect", GOOD, "The environment names a server and its password.")


CHECKS: tuple[Callable[[Path], Iterator[Finding]], ...] = (
    _python,
    _packages,
    _time_zone,
    _permissions,
    _disk,
    _lock,
    _store,
    _decisions,
    _former_identities,
    _in_force,
    _publication,
    _prefect,
)
"""In the order in which they are reported."""
