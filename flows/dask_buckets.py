"""Scoring on a Dask cluster: the buckets of :mod:`matching.scoring.buckets`, one task each, by Prefect's Dask task runner.

Needs the extra ``rollcall[dask]``. Every worker must see the workspace under the same path. A task is given a folder and the
name of a bucket, and nothing about a child; it returns a count.
"""

from collections.abc import Callable, Sequence
from contextvars import copy_context
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from prefect import flow, task, unmapped
from prefect.cache_policies import NO_CACHE
from prefect.context import TaskRunContext
from prefect.task_runners import TaskRunner

from matching.scoring.buckets import Run
from pipelines.settings import SettingsError

LOCAL = "local"
"""Instead of an address: a cluster of two worker processes on this machine, for the duration of the scoring."""

OF_THIS_MACHINE = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": "127.0.0.1:0"}

LOST_WORKER_TRIES = 3


@task(name="score bucket", cache_policy=NO_CACHE, persist_result=False, retries=LOST_WORKER_TRIES)
def score_one(folder: Path, name: str) -> int:
    """Score one bucket; returns how many of its pairs are kept. A bucket already scored is not scored again."""
    from matching.comparisons import CHILD_COMPARISONS
    from matching.scoring.buckets import score_bucket

    return score_bucket(folder, name, CHILD_COMPARISONS)


@flow(name="score buckets", persist_result=False, log_prints=False)
def score_buckets(folder: Path, names: Sequence[str]) -> int:
    """Score all buckets of a folder; returns how many pairs are kept."""
    return sum(scored.result() for scored in score_one.map(unmapped(folder), list(names)))


def on_dask(address: str) -> Run:
    """A function that scores buckets on the Dask cluster at ``address`` (``tcp://host:8786``, or LOCAL).

    Raises :class:`~pipelines.settings.SettingsError` if the extra is not installed; the function does if the cluster fails.
    """
    if find_spec("prefect_dask") is None:
        raise SettingsError("Scoring on Dask needs the extra: pip install 'rollcall[dask]'. Or run without --dask.")
    from prefect_dask.task_runners import DaskTaskRunner

    cluster = {"cluster_kwargs": OF_THIS_MACHINE} if address == LOCAL else {"address": address}

    def run(folder: Path, names: Sequence[str]) -> None:
        try:
            runner: TaskRunner[Any] = DaskTaskRunner(**cluster)
            _outside_its_task(score_buckets.with_options(task_runner=runner), folder.absolute(), names)
        except Exception as error:
            kind = type(error).__name__
        else:
            return
        raise SettingsError(
            f"The Dask cluster at {address} could not score the pairs ({kind}). Check that its scheduler and workers are "
            "running, can see this workspace and have this version of Rollcall; or run the night without --dask."
        )

    return run


def _outside_its_task(scoring: Callable[[Path, Sequence[str]], int], folder: Path, names: Sequence[str]) -> None:
    """Call a flow as if no task of the night were running: Prefect sends each worker the task that the flow is called from, and
    the night's task holds an open store.
    """
    context = copy_context()
    context.run(TaskRunContext.__var__.set, None)  # type: ignore[arg-type]  # as if no task were running
    context.run(scoring, folder, names)
