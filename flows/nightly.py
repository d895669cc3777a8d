"""The night under Prefect: the steps of :data:`pipelines.night.STEPS`, one task each.

Parameters are paths and a date. Nothing is cached or persisted, and artifacts have only counts. A step that fails raises
:class:`~pipelines.failure.NightFailed`, whose message has no child's value: Prefect writes exception messages into its
database, its events and its logs.
"""

import time
from contextvars import ContextVar
from datetime import date
from functools import partial
from pathlib import Path
from uuid import UUID

from prefect import Task, flow, get_run_logger, task
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from data_contracts.today import today
from flows.dask_buckets import on_dask
from flows.hours import NIGHT_SECONDS, SHARE_AWAY_SECONDS, STEP_SECONDS, WORKSPACE_HELD_SECONDS
from flows.summary import ignoring_prefect_outage, leave_summary
from pipelines.failure import CANNOT_GO_ON, NightFailed, call_or_fail
from pipelines.night import STEPS, Progress, RunReport, SilentProgress, Step, open_night, perform, report_of
from pipelines.settings import NightArguments, read_settings
from pipelines.steps.under_way import Counts, Night

LISTENER: ContextVar[Progress | None] = ContextVar("listener", default=None)
"""Whoever wants the night's progress, besides Prefect; set by :mod:`flows.by_hand`."""


@flow(name="nightly", persist_result=False, log_prints=False)
def nightly(
    extracts: Path,
    workspace: Path,
    as_at: date | None = None,
    config: Path | None = None,
    *,
    top: int | None = None,
    contracts: Path | None = None,
    full: bool = False,
    dask: str | None = None,
    wait_seconds: float = WORKSPACE_HELD_SECONDS,
) -> RunReport:
    """Turn tonight's extracts into tomorrow's list.

    ``as_at`` is the date judged; null: today in England and Wales. ``config`` is a settings file; null: the defaults.
    ``top`` is how many children the sheet "Follow up" has; null: as in the settings.
    ``contracts`` is a folder of the authority's own contracts; null: as in the settings.
    ``full``: work everything out again instead of only what changed.
    ``dask``: address of a Dask cluster for a night that scores all pairs; null: this process scores them.
    ``wait_seconds`` is how long to wait if somebody else holds the workspace.
    """
    arguments = NightArguments(
        extracts=extracts, workspace=workspace, as_at=as_at or today(), top=top, contracts=contracts, full=full
    )
    settings = call_or_fail("settings", workspace, partial(read_settings, config, **arguments))
    stop_at = time.monotonic() + NIGHT_SECONDS
    with open_night(settings, wait_seconds=wait_seconds) as night:
        progress = _ProgressReporter(LISTENER.get() or SilentProgress())
        night.run_buckets = None if dask is None else on_dask(dask)
        try:
            for step in STEPS:
                _do(night, step, progress, stop_at)
        except NightFailed as failed:
            leave_summary(night, failed)
            raise
        leave_summary(night)
        return report_of(night)


def _do(night: Night, step: Step, progress: Progress, stop_at: float) -> None:
    """Do one step, within the time limits of a step and of the night. Raises NightFailed."""
    # The flow has no time limit of its own, because Prefect has one alarm for both: inside a limit, another one cannot
    # interrupt a call that hangs. So each step gets at most what is left of the night.
    seconds = max(1.0, min(STEP_SECONDS, stop_at - time.monotonic()))
    try:
        _task_of(night, step, progress).with_options(timeout_seconds=seconds)()
    except TimeoutError:
        stopped = f"Step '{step.name}' was stopped, as it had not ended after {seconds / 60:,.0f} minutes. The list "
        stopped += (
            "published last stays as it is. Check whether the machine or the share is overloaded, and run it again."
        )
    else:
        return
    raise NightFailed(stopped, exit_code=CANNOT_GO_ON)


def _task_of(night: Night, step: Step, progress: Progress) -> Task[[], Counts]:
    """One step as a task without parameters, so that Prefect sees nothing of the night."""

    @task(
        name=step.name,
        description=step.words,
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=len(SHARE_AWAY_SECONDS) if step.reads_extracts else 0,
        retry_delay_seconds=SHARE_AWAY_SECONDS if step.reads_extracts else None,
        retry_condition_fn=_may_pass,
    )
    def do() -> Counts:
        counts = perform(night, step, progress)
        get_run_logger().info("%s: %s", step.words, ", ".join(f"{name} {n}" for name, n in counts.items()))
        return counts

    return do


def _may_pass(_task: Task[[], Counts], _run: TaskRun, state: State[Counts]) -> bool:
    """Whether trying again may help: only if the network share was unavailable. A bad file is as bad in two minutes."""
    failed = state.result(raise_on_failure=False)
    return isinstance(failed, NightFailed) and failed.may_pass


SHOWN_EVERY = 5.0
"""Least seconds between two updates of the progress within a step, to spare the server."""


class _ProgressReporter:
    """Reports the night's progress to Prefect, and to whoever else listens."""

    def __init__(self, also: Progress) -> None:
        self._also = also
        self._shown_at = 0.0
        self._artifact: UUID | None = None
        with ignoring_prefect_outage():
            made = create_progress_artifact(progress=0.0, key="night-progress", description="The night, by steps")
            assert isinstance(made, UUID)  # noqa: S101 - it is a coroutine only if called from one
            self._artifact = made

    def begin(self, step: Step, number: int, of: int) -> None:
        self._also.begin(step, number, of)

    def during(self, step: Step, share: float, what: str) -> None:
        if time.monotonic() - self._shown_at >= SHOWN_EVERY:
            self._show(STEPS.index(step) + share)
        self._also.during(step, share, what)

    def end(self, step: Step, seconds: float, counts: Counts) -> None:
        self._show(STEPS.index(step) + 1)
        self._also.end(step, seconds, counts)

    def _show(self, steps: float) -> None:
        """Show how many steps are done; a fraction counts for the step under way."""
        self._shown_at = time.monotonic()
        with ignoring_prefect_outage():
            if self._artifact is not None:
                update_progress_artifact(self._artifact, progress=100 * steps / len(STEPS))
