"""The termly return as a flow: on the evening of a census day."""

from datetime import date
from functools import partial
from pathlib import Path

from prefect import flow

from data_contracts.today import today
from flows.summary import leave_counts
from pipelines.failure import call_or_fail
from pipelines.reports.return_folder import publish_return
from pipelines.written_dates import day_written


@flow(name="termly-return", timeout_seconds=3600.0, persist_result=False, log_prints=False)
def termly_return(workspace: Path, as_at: date | None = None) -> None:
    """Write the return as at a census day (null: today) into WORKSPACE/returns, for a person to read and send."""
    judged = as_at or today()
    made = call_or_fail("termly return", workspace, partial(publish_return, workspace, judged))
    # The number of children is not shown here: it may be too small to be published.
    leave_counts("termly-return", f"The return as at {day_written(judged)} is in {made.folder}", {"files": 2})
