"""The backup as a flow."""

from functools import partial
from pathlib import Path

from prefect import flow

import pipelines.upkeep.backup
from flows.hours import WORKSPACE_HELD_SECONDS
from flows.summary import leave_counts
from pipelines.failure import call_or_fail


@flow(name="backup", timeout_seconds=2 * 3600.0, persist_result=False, log_prints=False)
def backup(workspace: Path, to: Path) -> None:
    """Copy the workspace into a new folder of ``to``, whole or not at all."""
    copy = partial(pipelines.upkeep.backup.backup, workspace, to, wait_seconds=WORKSPACE_HELD_SECONDS)
    made = call_or_fail("backup", workspace, copy)
    words = f"A backup is in {made.folder}, each file compared with its hash"
    leave_counts("backup", words, {"files": made.files, "bytes": made.bytes, "lists published": len(made.lists)})
