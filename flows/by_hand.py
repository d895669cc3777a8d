"""Starts the flow from the command line: on the server that the environment names or, if it names none, on a temporary one."""

import os
from pathlib import Path
from typing import Unpack

from pipelines.night import Progress, RunReport
from pipelines.settings import NightArguments


def run_night_by_hand(
    config: Path | None, progress: Progress, *, dask: str | None = None, **asked: Unpack[NightArguments]
) -> RunReport:
    """Run the night's flow in this process. Raises :class:`~pipelines.failure.NightFailed`.

    If neither the environment nor a profile of the user names a Prefect server, Prefect starts one for the length of the run
    (which takes some twenty seconds), with its database inside the workspace.
    """
    if not _knows_a_server():
        home = asked["workspace"] / "prefect"
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ["PREFECT_HOME"] = str(home.resolve())
    # The command reports progress and errors in its own words; Prefect at ERROR logs forty lines of frames for a wrong path.
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")

    from flows.nightly import LISTENER, nightly  # Prefect reads the environment when it is imported

    LISTENER.set(progress)
    # Somebody who waits for the command is told at once who holds the workspace.
    return nightly(config=config, dask=dask, wait_seconds=0, **asked)


def _knows_a_server() -> bool:
    named = {"PREFECT_API_URL", "PREFECT_HOME", "PREFECT_PROFILE"} & set(os.environ)
    return bool(named) or (Path.home() / ".prefect" / "profiles.toml").exists()
