"""A real Prefect server and process worker, for tests that need the real thing.

Each has the environment that docs/running_it_every_night.md asks for: a private home, a password, protection against
forged requests, no telemetry.
"""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

ROOT = Path(__file__).parents[2]
FINISHED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
ASKED_AGAIN_SECONDS = 60.0
"""A run that was asked to stop, and has not, is asked again after this long."""
Found = TypeVar("Found")


def free_port() -> int:
    """A port that is not in use."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def wait_for(asked: Callable[[], Found | None], what: str, seconds: float = 300.0) -> Found:
    """The first result of ``asked`` that is not None; fails after ``seconds``, with ``what`` in the message."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if (found := asked()) is not None:
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited {seconds:.0f} s for {what}")


@dataclass
class RealServer:
    """A server that answers, and the client with which it is asked."""

    home: Path
    url: str
    environment: Mapping[str, str]
    api: httpx.Client
    said: list[Path] = field(default_factory=list)
    """The logs of the server and its worker, one file each."""

    def post(self, path: str, **content: Any) -> Any:
        """POST to the server; returns the answer."""
        return self._asked("POST", path, content)

    def get(self, path: str) -> Any:
        """GET from the server; returns the answer."""
        return self._asked("GET", path, None)

    def _asked(self, method: str, path: str, content: Mapping[str, Any] | None) -> Any:
        """Ask until the server's database is not busy, as Prefect's own client does."""

        def answered() -> httpx.Response | None:
            answer = self.api.request(method, path, json=content)
            return None if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE else answer

        answer = wait_for(answered, f"an answer to {path}")
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def command(self, *arguments: str) -> str:
        """Run one ``prefect`` command to its end, and return its output."""
        return self.module("prefect", "--no-prompt", *arguments)

    def module(self, name: str, *arguments: str, **environment: str) -> str:
        """Run a module to its end, with these further environment variables, and return its output."""
        done = subprocess.run(
            [sys.executable, "-m", name, *arguments],
            cwd=ROOT,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, deployment: str, **parameters: Any) -> str:
        """Request a run of ``flow/deployment`` now; returns its id."""
        found = self.get(f"/deployments/name/{deployment}")
        run = self.post(
            f"/deployments/{found['id']}/create_flow_run",
            state={"type": "SCHEDULED"},
            parameters={**found["parameters"], **parameters},
        )
        run_id: str = run["id"]
        return run_id

    def cancel_one_of_tomorrow(self, deployment: str) -> None:
        """Plan a run for tomorrow and cancel it, to set off what a cancelled run sets off without running one."""
        found = self.get(f"/deployments/name/{deployment}")
        at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": at}}
        run = self.post(f"/deployments/{found['id']}/create_flow_run", state=state)
        self.post(f"/flow_runs/{run['id']}/set_state", state={"type": "CANCELLED"})

    def pause_worker(self, *, paused: bool) -> None:
        """Stop giving runs to the worker, as if it were down; or give it runs again."""
        self._asked("PATCH", "/work_pools/rollcall", {"is_paused": paused})

    def state(self, run: str) -> dict[str, Any]:
        """The state of a run: ``type``, ``name``, ``message``."""
        state: dict[str, Any] = self.get(f"/flow_runs/{run}")["state"]
        return state

    def finished(self, run: str) -> dict[str, Any]:
        """The final state of a run, once it has one."""
        return wait_for(lambda: self._last_state(run), f"run {run} to finish")

    def cancelled(self, run: str) -> dict[str, Any]:
        """Ask a run to stop, and return its final state.

        It is asked repeatedly: a worker may miss the request, and the run then stays "Cancelling"
        (github.com/PrefectHQ/prefect, issue 18744).
        """
        asked_at = -ASKED_AGAIN_SECONDS

        def asked() -> dict[str, Any] | None:
            nonlocal asked_at
            if (last := self._last_state(run)) is None and time.monotonic() > asked_at + ASKED_AGAIN_SECONDS:
                self.post(f"/flow_runs/{run}/set_state", state={"type": "CANCELLING"})
                asked_at = time.monotonic()
            return last

        return wait_for(asked, f"run {run} to be cancelled")

    def end(self, run: str) -> None:
        """Mark a run as ended, whatever its process does, so that others may begin after a test has failed."""
        if self._last_state(run) is None:
            self.post(f"/flow_runs/{run}/set_state", state={"type": "CANCELLED"}, force=True)

    def _last_state(self, run: str) -> dict[str, Any] | None:
        state = self.state(run)
        return state if state["type"] in FINISHED else None

    def has_said(self, words: str) -> bool:
        """Whether these words are in the output of the server, its worker or a run."""
        return any(words in path.read_text("utf-8", "replace") for path in self.said)

    def artifacts(self, run: str) -> dict[str, Any]:
        """Artifacts of a run: key -> data."""
        found = self.post("/artifacts/filter", artifacts={"flow_run_id": {"any_": [run]}})
        return {artifact["key"]: artifact["data"] for artifact in found}


@contextmanager
def running(server: RealServer, name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``prefect`` with these arguments in its own process until the end of the block."""
    said = server.home.parent / f"{name}.log"
    server.said.append(said)
    with said.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", *arguments],
            cwd=ROOT,
            env=server.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            umask=0o077,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def real_server(folder: Path, settings: Mapping[str, str]) -> Iterator[RealServer]:
    """A server on a free port, with its home in ``folder``, which answers as long as the block lasts."""
    port, password = free_port(), f"night:{secrets.token_hex(12)}"
    home = folder / "prefect"
    home.mkdir(mode=0o700)
    url = f"http://127.0.0.1:{port}/api"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment = inherited | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "PREFECT_HOME": str(home),
        "TMPDIR": str(home),
        "PREFECT_API_URL": url,
        "PREFECT_API_AUTH_STRING": password,
        "PREFECT_SERVER_API_AUTH_STRING": password,
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": f"http://127.0.0.1:{port}",
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "ROLLCALL_HOME": str(ROOT),
        **settings,
    }
    client = "tests"
    # No connection is kept: the server closes an idle one after five seconds, and a request at that moment would fail.
    with httpx.Client(
        base_url=url,
        auth=tuple(password.split(":")),
        headers={"Prefect-Csrf-Client": client},
        timeout=120,
        limits=httpx.Limits(max_keepalive_connections=0),
    ) as api:
        server = RealServer(home, url, environment, api)
        with running(server, "server", "server", "start"):
            wait_for(lambda: _answers(api), "the server to answer", 120)
            api.headers["Prefect-Csrf-Token"] = api.get(f"/csrf-token?client={client}").json()["token"]
            yield server


def _answers(api: httpx.Client) -> bool | None:
    try:
        return True if api.get("/health").is_success else None
    except httpx.TransportError:
        return None
