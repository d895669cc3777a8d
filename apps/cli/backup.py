"""``rollcall backup`` and ``rollcall restore``: copy a workspace, and put a copy back."""

from pathlib import Path

from apps.cli.parameters import Workspace
from pipelines.written_dates import day_written, moment_written


def backup(*, workspace: Workspace, to: Path) -> int:
    """Copy the workspace into a new folder, whole or not at all, every file compared with its hash.

    The store, what people decided, the settings and weights in force, and the newest list. It is as confidential as the
    workspace: put it on an encrypted disk, preferably another one.

    Parameters
    ----------
    to
        Folder in which the backup is made, in a folder of its own named after the time.
    """
    from apps.cli.words import command, typed
    from pipelines.upkeep.backup import backup as copy

    made = copy(workspace, to)
    print(f"{made.files:,} files ({made.bytes / 1e6:,.1f} MB) are in {made.folder}, each compared with its hash.")
    print(f"Put it back with:  {command()} restore {typed(made.folder)} --workspace A-NEW-FOLDER")
    return 0


def restore(folder: Path, /, *, workspace: Path) -> int:
    """Put a backup back, into a new or empty folder, once every file agrees with its hash.

    Parameters
    ----------
    folder
        A backup: a folder that rollcall backup made.
    workspace
        Folder to restore into. It must be empty or not exist yet.
    """
    from datetime import date, datetime

    from pipelines.counted import counted
    from pipelines.upkeep.backup import restore as put_back

    restored = put_back(folder, workspace)
    made_at = moment_written(datetime.fromisoformat(restored.made_at))
    print(
        f"The backup of {made_at} is restored to {workspace}: {counted(restored.files, 'file')}, each matching its hash."
    )
    if restored.lists:
        newest = date.fromisoformat(restored.lists[-1])
        print(f"The list in use is that of {day_written(newest)}. Run a night to go on from there.")
    return 0
