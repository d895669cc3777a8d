"""What is said when a night fails: one clear message, an exit code, and never a child's value.

An error that a step foresees comes with its own message. Any other may quote the data it failed on, so only its type and
the place in the code are given; a file in the workspace keeps the frames, without the error's own words.
"""

import os
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from polars.exceptions import PanicException

from data_contracts.contract import ContractError
from pipelines.atomic_folder import IN_USE, PublicationFailed
from pipelines.file_system import is_disk_full, is_in_use
from pipelines.files.folder import ExtractsError
from pipelines.lock import NightRunningError
from pipelines.settings import SettingsError
from pipelines.workspace import DiskFullError, StoreError, private_files

Done = TypeVar("Done")

FAILURE_FOLDER = "failures"
HOUSE = Path(__file__).parents[1]

INTERNAL_ERROR, CANNOT_GO_ON, ALREADY_RUNNING, DISK_FULL, HELD = 1, 2, 3, 4, 5
"""Exit codes. 2: the extracts, a contract, the settings or the store need a person; the message says which and how. 5: what
came in is incomplete, so no new list was published, and the last one is marked stale."""

COMMAND = "command"
"""Used as the step's name when a command fails that is not a night."""

UNFORESEEN = (Exception, PanicException)
"""Everything caught where nothing may escape: a polars panic is not an Exception, and its message may quote a cell."""

FORESEEN = (ExtractsError, ContractError, SettingsError, StoreError, PublicationFailed)
"""Errors whose messages are ours and hold no child's value."""


class NightFailed(Exception):  # noqa: N818 - it is told to people as it is named
    """The night could not go on. Its message is fit for a log: what, where, the remedy, and no child's value."""

    def __init__(self, message: str, *, exit_code: int, may_pass: bool = False) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.may_pass = may_pass
        """Whether the same night may well succeed if tried again soon: a share that was briefly away."""


def as_night_failed(step: str, error: BaseException, workspace: Path | None) -> NightFailed:
    """The failure to report for an error. Raise it outside the ``except`` block, so that it does not carry the error.

    ``workspace``: where the frames of an unforeseen error are kept; null: nowhere.
    """
    if isinstance(error, NightFailed):
        return error
    if isinstance(error, FORESEEN):
        return NightFailed(str(error), exit_code=_exit_code(error))
    return _unforeseen(step, error, workspace)


def call_or_fail(step: str, workspace: Path, work: Callable[[], Done]) -> Done:
    """The result of ``work``. Raises NightFailed for whatever goes wrong in it.

    Not a context manager: Python would attach the original error, whose words may quote a value, to what that raises.
    """
    try:
        return work()
    except UNFORESEEN as error:
        failed = as_night_failed(step, error, workspace)
    raise failed


def _exit_code(error: BaseException) -> int:
    if isinstance(error, NightRunningError):
        return ALREADY_RUNNING
    if isinstance(error, DiskFullError) or is_disk_full(error.__cause__):
        return DISK_FULL
    return CANNOT_GO_ON


NOT_THIS_ACCOUNT = (
    "A workspace is only for the account that runs its nights: start this as that account, or correct the permissions"
)
"""The remedy where the system denies this account access to a file."""


def _unforeseen(step: str, error: BaseException, workspace: Path | None) -> NightFailed:
    if is_disk_full(error):
        remedy = f"{_doing(step)} found the disk full. Free some space and start it again."
        return NightFailed(remedy, exit_code=DISK_FULL)
    if isinstance(error, MemoryError):
        remedy = (
            f"{_doing(step)} was given too little memory. Close other programs, or give it more, and start it again."
        )
        return NightFailed(remedy, exit_code=CANNOT_GO_ON, may_pass=True)
    if isinstance(error, OSError) and error.errno is not None:
        mend = "Check the disk, the share and the permissions"
        if isinstance(error, PermissionError):
            mend = IN_USE if is_in_use(error) else NOT_THIS_ACCOUNT
        return NightFailed(
            f"{_doing(step)} could not read or write a file ({os.strerror(error.errno)}, at {_place(error)}). {mend}, and "
            "start it again.",
            exit_code=CANNOT_GO_ON,
            may_pass=True,
        )
    kept = None if workspace is None else _keep_frames(step, error, workspace)
    where, too = (f" The details are in {kept}.", " and that file") if kept else ("", "")
    return NightFailed(
        f"Internal error at step '{step}': {type(error).__name__} at {_place(error)}.{where} This is a fault in the software: "
        f"report this message{too} to whoever maintains it; it says nothing about any child.",
        exit_code=INTERNAL_ERROR,
    )


def _doing(step: str) -> str:
    """The subject of the sentence: a step of the night, or the command itself."""
    return "The command" if step == COMMAND else f"Step '{step}'"


def _place(error: BaseException) -> str:
    """File and line, in our own code if any frame is in it."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _is_ours(frame.filename)]
    frame = (ours or list(frames))[-1]
    return f"{_short(frame.filename)}:{frame.lineno}"


def _is_ours(file: str) -> bool:
    return Path(file).is_relative_to(HOUSE) and ".venv" not in Path(file).parts


def _short(file: str) -> str:
    path = Path(file)
    return str(path.relative_to(HOUSE)) if _is_ours(file) else "/".join(path.parts[-3:])


def _keep_frames(step: str, error: BaseException, workspace: Path) -> Path | None:
    """Write the types and frames of an error and of its causes; null if they cannot be written."""
    lines = [f"step: {step}"]
    cause: BaseException | None = error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        lines.append(f"{type(cause).__module__}.{type(cause).__name__}")
        lines += [f"  {f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(cause.__traceback__)]
        cause = cause.__cause__ or cause.__context__
    path = workspace / FAILURE_FOLDER / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S-%f}Z.txt"
    try:
        with private_files():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError:
        return None
    return path
