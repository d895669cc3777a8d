"""Retention as a flow: whatever is older than the settings allow is removed, and the removal certified."""

from datetime import date
from pathlib import Path

import polars as pl
from prefect import flow

from data_contracts.today import today
from flows.hours import WORKSPACE_HELD_SECONDS
from flows.summary import leave_counts
from pipelines.decisions.in_force import settings_of
from pipelines.failure import call_or_fail
from pipelines.upkeep.retention import KeptFolders, apply_retention
from pipelines.written_dates import day_written


@flow(name="retention", timeout_seconds=3600.0, persist_result=False, log_prints=False)
def retention(
    workspace: Path,
    backups: Path | None = None,
    extracts: Path | None = None,
    as_at: date | None = None,
    config: Path | None = None,
) -> None:
    """Remove whatever is older than the settings allow, in the workspace and in the folders of backups and extracts."""
    judged = as_at or today()

    def kept_to() -> pl.DataFrame:
        rules = settings_of(workspace, config, judged).retention
        return apply_retention(
            rules, KeptFolders(workspace, backups, extracts), judged, wait_seconds=WORKSPACE_HELD_SECONDS
        )

    removed = call_or_fail("retention", workspace, kept_to)
    counts = {f"{row['kind']}s removed": row["removed"] for row in removed.to_dicts()}
    leave_counts("retention", f"Removed as at {day_written(judged)}, under the settings", counts)
