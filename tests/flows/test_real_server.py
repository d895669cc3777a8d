"""The whole of it for real: a server, a worker, what prefect.yaml deploys, and a child who is sought in what they keep."""

import asyncio
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import polars as pl
import pytest

from apps.made_up.authority import MadeUp
from pipelines.decisions.proposals import proposal_history
from pipelines.lock import lock
from pipelines.upkeep.backup import verify
from pipelines.written_dates import day_written
from tests.golden.authority import AS_AT
from tests.made.postgresql import missing, postgresql
from tests.made.prefect_server import RealServer, free_port, real_server, running, wait_for
from tests.made.receivers import ANSWERS, FAILS, HANGS, Told, mail_server, way_out, webhook
from tests.made.sentinel import SENTINEL, all_of, decoded, found_in, put_her_into

NO_POSTGRESQL = missing()
LONDON = ZoneInfo("Europe/London")
A_YEAR_AHEAD = {
    # By default the server plans an hour ahead, or three runs; a change of clocks may be half a year away.
    "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_SCHEDULED_TIME": "P380D",
    "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_SCHEDULED_TIME": "P400D",
    "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_RUNS": "500",
}


LATE_SOON = {"PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "5"}
NO_LIST_SOON = {"ROLLCALL_NOTIFY_NO_LIST_AFTER_HOURS": str(11 / 3600)}
TEAM = "team@made-up.example"
SIGNS = ("prefect.flow-run.Completed", "night-summary", "training-proposal", "bringing every source into one form")
"""What stands in Prefect's database once the events, the pages and the log of the runs have come."""


@dataclass(frozen=True)
class Office:
    """A server and a worker with everything deployed, and the extracts of a small authority that she is in."""

    server: RealServer
    extracts: Path
    workspace: Path
    backups: Path
    webhook: Told
    mail: Told
    way_out: Told

    def tell(self, webhook_port: int) -> None:
        """Have people told, by mail and by a webhook at this port."""
        mail = f"mailto://127.0.0.1:{self.mail.port}?from=rollcall@made-up.example&to={TEAM}"
        url = f"http://127.0.0.1:{webhook_port}/hook"
        told = {"ROLLCALL_NOTIFY_WEBHOOK": url, "ROLLCALL_NOTIFY_MAIL": mail, **NO_LIST_SOON}
        self.server.module("flows.notifications", **told)

    def told(self, channel: str, words: str, seconds: float = 300.0) -> str:
        """What was told through a channel in which these words stand, once it has come; fails after so many seconds."""
        received = self.webhook if channel == "webhook" else self.mail
        return wait_for(
            lambda: next((text for text in received.texts() if words in text), None), f"words: {words}", seconds
        )

    def is_told(self, channel: str, words: str, seconds: float) -> bool:
        """Whether such a text comes within so many seconds."""
        try:
            return bool(self.told(channel, words, seconds))
        except AssertionError:
            return False

    def fail_a_night(self, folder: Path) -> str:
        """Run a night without extracts to its end; returns its run."""
        away, workspace = str(folder / "away"), str(folder / "workspace")
        run = self.server.start("nightly/nightly", extracts=away, workspace=workspace)
        assert self.server.finished(run)["type"] == "FAILED"
        return run

    def failed_calls(self) -> int:
        """How often the server could not tell somebody."""
        found = self.server.post("/events/filter", filter={"event": {"name": ["prefect.automation.action.failed"]}})
        total: int = found["total"]
        return total

    def heard(self) -> str:
        """All that Prefect keeps or has said."""
        kept = [path for path in self.server.home.rglob("*") if path.is_file()]
        said = [path.read_text("utf-8", "replace") for path in self.server.said]
        return "\n".join([all_of(self.server.home / "prefect.db"), *map(decoded, kept), *said])


@pytest.fixture(scope="module")
def office(made_up: MadeUp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    extracts, workspace, backups = _extracts_with_her(made_up, folder), folder / "workspace", folder / "backups"
    with webhook() as called, mail_server() as mailed, way_out() as gate, ExitStack() as started:
        settings = {**_folders(extracts, workspace, backups), **A_YEAR_AHEAD, **LATE_SOON, **_only_through(gate)}
        server = started.enter_context(real_server(folder, settings))
        server.command("work-pool", "create", "rollcall", "--type", "process")
        server.command("deploy", "--all")
        with running(server, "worker", "worker", "start", "--pool", "rollcall", "--limit", "5"):
            yield Office(server, extracts, workspace, backups, called, mailed, gate)


def _extracts_with_her(made_up: MadeUp, folder: Path) -> Path:
    extracts = folder / "extracts"
    extracts.mkdir()
    for name in ("school_census.csv", "health.csv"):
        shutil.copy(made_up.extracts / name, extracts)
    put_her_into(extracts)
    return extracts


def _only_through(gate: Told) -> dict[str, str]:
    """Have whatever leaves this machine go through a gate."""
    proxy = f"http://127.0.0.1:{gate.port}"
    names = {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "ALL_PROXY": proxy, "NO_PROXY": "127.0.0.1,localhost"}
    return names | {name.lower(): value for name, value in names.items()}


def _folders(extracts: Path, workspace: Path, backups: Path) -> dict[str, str]:
    named = {"EXTRACTS": extracts, "WORKSPACE": workspace, "BACKUPS": backups}
    return {f"ROLLCALL_{name}": str(path) for name, path in named.items()}


@pytest.fixture(scope="module")
def two_nights(office: Office) -> dict[str, str]:
    """Two nights started at once, with a webhook that takes every call and never answers: state -> run."""
    office.tell(free_port())
    office.server.cancel_one_of_tomorrow("nightly/nightly")
    wait_for(lambda: office.failed_calls() or None, "the call that is refused to be given up")
    office.webhook.does = HANGS
    office.tell(office.webhook.port)
    runs = [office.server.start("nightly/nightly", as_at=str(AS_AT)) for _ in range(2)]
    return {str(office.server.finished(run)["type"]): run for run in runs}


def test_of_two_nights_at_once_one_publishes_and_one_is_cancelled(office: Office, two_nights: dict[str, str]) -> None:
    assert set(two_nights) == {"COMPLETED", "CANCELLED"}
    assert office.webhook.texts(HANGS), "the webhook that hangs was called while the other night ran"
    listed = pl.read_parquet(office.workspace / "published" / "latest" / "candidates.parquet")
    assert SENTINEL.casefold() in " ".join(listed["surname"].drop_nulls()).casefold(), "she walked through the night"


@pytest.fixture(scope="module")
def jobs(office: Office, two_nights: dict[str, str]) -> dict[str, str]:
    """Everything else that is deployed, started at once after a night: name -> run."""
    names = ("backup", "retention", "training", "recalibration", "termly-return")
    runs = {name: office.server.start(f"{name}/{name}") for name in names}
    for name, run in runs.items():
        state = office.server.finished(run)
        assert state["type"] == "COMPLETED", f"{name}: {state['message']}"
    return runs


def test_a_backup_is_made(office: Office, jobs: dict[str, str]) -> None:
    (made,) = office.backups.iterdir()
    assert verify(made).lists == (str(AS_AT),)
    assert str(made) in office.server.artifacts(jobs["backup"])["backup"]


def test_weights_are_proposed_and_wait_for_a_person(office: Office, jobs: dict[str, str]) -> None:
    (proposal,) = proposal_history(office.workspace)
    assert (proposal.kind, proposal.decisions) == ("model", ())
    assert "is waiting for a named person" in office.server.artifacts(jobs["training"])["training-proposal"]


def test_without_outcomes_no_recalibration_is_proposed_and_it_is_said(office: Office, jobs: dict[str, str]) -> None:
    page = office.server.artifacts(jobs["recalibration"])["recalibration-proposal"]
    assert page.startswith("No recalibration is proposed")
    assert "0 leads have an answer" in page


def test_the_return_is_written(office: Office, jobs: dict[str, str]) -> None:
    (returned,) = (office.workspace / "returns").iterdir()
    assert {path.name for path in returned.iterdir()} == {"termly_return.csv", "termly_return.html"}


def test_retention_says_what_was_removed(office: Office, jobs: dict[str, str]) -> None:
    assert "| lists removed | 0 |" in office.server.artifacts(jobs["retention"])["retention"]


def test_a_night_leaves_a_page(office: Office, two_nights: dict[str, str]) -> None:
    page = office.server.artifacts(two_nights["COMPLETED"])["night-summary"]
    assert page.startswith(f"# The night as at {day_written(AS_AT)}: the list is published")
    assert "| rank |" in page


def test_prefect_keeps_nothing_of_her(office: Office, two_nights: dict[str, str], jobs: dict[str, str]) -> None:
    def arrived() -> str | None:
        heard = office.heard()
        return heard if all(sign in heard for sign in SIGNS) else None

    heard = wait_for(arrived, "the events of the night to be kept, without which a search proves nothing")
    assert str(office.workspace) in heard
    assert not found_in(heard)


def test_nothing_asks_for_a_way_out_but_prefect_for_its_list_of_workers(
    office: Office, two_nights: dict[str, str], jobs: dict[str, str]
) -> None:
    """Asked for when a work pool is made; refused, Prefect takes the list that came with it."""
    assert set(office.way_out.texts()) == {"raw.githubusercontent.com:443"}


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files are POSIX")
def test_what_prefect_keeps_is_its_owners_alone(office: Office, two_nights: dict[str, str]) -> None:
    for path in [office.server.home, *office.server.home.rglob("*")]:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path.name


def test_the_server_answers_nobody_without_its_password(office: Office) -> None:
    assert httpx.get(f"{office.server.url}/admin/version").status_code == 401
    forged = httpx.post(f"{office.server.url}/flow_runs/filter", json={}, auth=office.server.api.auth)
    assert forged.status_code == 403, "a page in a browser that has the password and no token"


def _changes_of_clocks(after: date, days: int) -> list[date]:
    """The days within ``days`` after a date on which London's clocks go forward or back."""
    midnights = [datetime.combine(after + timedelta(days=day), datetime.min.time(), LONDON) for day in range(days)]
    return [day.date() for day, following in pairwise(midnights) if day.utcoffset() != following.utcoffset()]


def test_the_server_plans_one_night_for_each_night_of_a_year(office: Office) -> None:
    """Not Prefect's rule for dates alone, but the runs that its server has in fact planned."""
    last = datetime.now(UTC) + timedelta(days=370)

    def planned() -> list[datetime] | None:
        runs: list[datetime] = []
        while True:
            found = office.server.post(
                "/flow_runs/filter",
                flow_runs={"state": {"type": {"any_": ["SCHEDULED"]}}},
                deployments={"name": {"any_": ["nightly"]}},
                sort="EXPECTED_START_TIME_ASC",
                offset=len(runs),
            )
            if not found:
                break
            runs += [datetime.fromisoformat(run["expected_start_time"]) for run in found]
        return runs if runs and runs[-1] > last else None

    nights = [night.astimezone(LONDON) for night in wait_for(planned, "a year of nights to be planned")]
    assert {f"{night:%H:%M}" for night in nights} == {"02:30"}
    days = [night.date() for night in nights]
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))], "none left out, none twice"
    changes = _changes_of_clocks(days[0], 365)
    assert len(changes) == 2
    assert set(changes) <= set(days)


def test_a_cancelled_night_leaves_the_workspace_free(office: Office, tmp_path: Path) -> None:
    unreadable = tmp_path / (
        "x" * 300
    )  # a name too long for any file system: as little to be read as a share that is away
    run = office.server.start("nightly/nightly", extracts=str(unreadable), workspace=str(tmp_path / "workspace"))
    try:
        wait_for(lambda: office.server.has_said("Retry 1/") or None, "the night to find its extracts away")
        assert office.server.cancelled(run)["type"] == "CANCELLED"
        with lock(tmp_path / "workspace"):
            assert not (tmp_path / "workspace" / "published").exists()
    finally:
        office.server.end(run)


@pytest.fixture(scope="module")
def failed_night(office: Office, two_nights: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A night without extracts, after the webhook has refused, hung, failed, and been mended: its name."""
    wait_for(lambda: office.failed_calls() >= 2 or None, "the call that hangs to be given up")
    office.webhook.does = FAILS
    office.server.cancel_one_of_tomorrow("nightly/nightly")
    wait_for(lambda: office.webhook.texts(FAILS) or None, "the webhook that fails to be called")
    office.webhook.does = ANSWERS
    office.tell(office.webhook.port)  # anew: a night that has just published counts for any that begins soon after it
    run = office.fail_a_night(tmp_path_factory.mktemp("none"))
    name: str = office.server.get(f"/flow_runs/{run}")["name"]
    return name


@pytest.mark.parametrize("channel", ["webhook", "mail"])
def test_a_failed_night_is_told(office: Office, failed_night: str, channel: str) -> None:
    words = office.told(channel, f"{failed_night}): Failed")
    assert "a run failed" in words
    assert "no such folder" in words, "what to mend"


def test_a_night_that_leaves_no_list_is_told_after_so_many_hours(
    office: Office, failed_night: str, tmp_path: Path
) -> None:
    """A server at work may go by a changed notice only some seconds after it has taken it, and follows no night that began
    meanwhile. So another one is begun if nothing is told of the first."""
    words = "no list was published in the"
    if not office.is_told("mail", words, seconds=60):
        office.fail_a_night(tmp_path)
    assert "nightly (" in office.told("mail", words)


def test_a_run_that_does_not_begin_is_told(office: Office, failed_night: str) -> None:
    office.server.pause_worker(paused=True)
    run = office.server.start("nightly/nightly")
    try:
        name = office.server.get(f"/flow_runs/{run}")["name"]
        assert "Is the worker running?" in office.told("webhook", f"{name}) has not begun")
    finally:
        office.server.post(f"/flow_runs/{run}/set_state", state={"type": "CANCELLED"})
        office.server.pause_worker(paused=False)


def test_nobody_who_is_told_hears_of_her(office: Office, failed_night: str) -> None:
    office.told("mail", failed_night)
    received = [text for _, text in (*office.webhook.received, *office.mail.received)]
    assert not found_in("\n".join(received))


@pytest.fixture
def empty_database() -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.mark.skipif(NO_POSTGRESQL is not None, reason=str(NO_POSTGRESQL))
def test_the_night_runs_with_prefects_database_in_postgresql(
    made_up: MadeUp, tmp_path: Path, empty_database: str
) -> None:
    extracts, workspace = _extracts_with_her(made_up, tmp_path), tmp_path / "workspace"
    settings = {
        **_folders(extracts, workspace, tmp_path / "backups"),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": empty_database.replace("://", "+asyncpg://"),
    }

    async def everything() -> str:
        connection = await asyncpg.connect(empty_database)
        try:
            tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
            rows = [await connection.fetch(f'select t::text from "{table["tablename"]}" t') for table in tables]
        finally:
            await connection.close()
        return "\n".join(row["t"] for found in rows for row in found)

    with real_server(tmp_path, settings) as server:
        server.post("/work_pools/", name="rollcall", type="process")
        server.command("deploy", "--name", "nightly")
        with running(server, "worker", "worker", "start", "--pool", "rollcall", "--limit", "5"):
            runs = [server.start("nightly/nightly", as_at=str(AS_AT)) for _ in range(2)]
            assert {server.finished(run)["type"] for run in runs} == {"COMPLETED", "CANCELLED"}

            def arrived() -> str | None:
                heard = asyncio.run(everything())
                return heard if "prefect.flow-run.Completed" in heard and "night-summary" in heard else None

            assert not found_in(wait_for(arrived, "the events of the night to be kept"))
    assert (workspace / "published" / "latest" / "candidates.csv").exists()
