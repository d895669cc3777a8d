"""What ``rollcall status`` and Prometheus are told of the nights, however they end."""

import errno
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from apps.cli.main import main
from pipelines.atomic_folder import write_private
from pipelines.failure import DISK_FULL, NightFailed
from pipelines.health import (
    CANCELLED,
    FAILED,
    HELD_BACK,
    PUBLISHED,
    ROOM_BYTES,
    ROOM_FILE,
    RUNNING,
    STATUS_FILE,
    read_status,
    recording_status,
)
from pipelines.night import run_night
from pipelines.settings import Settings
from pipelines.workspace import DiskFullError
from tests.conftest import FirstNight
from tests.made.steps import called_by


def _metrics(workspace: Path) -> dict[tuple[str, str], float]:
    """(metric, its label) -> value."""
    families = text_string_to_metric_families((workspace / "rollcall.prom").read_text("utf-8"))
    return {
        (sample.name.removeprefix("rollcall_"), "".join(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def test_a_good_night_says_what_it_counted(quick_night: FirstNight) -> None:
    workspace, counts = quick_night.settings.workspace, quick_night.report.counts
    status = read_status(workspace)
    assert status is not None
    assert status.attempt.outcome == PUBLISHED
    assert status.good is not None
    assert sum(status.good.lanes.values()) == counts["rank"]["candidates"]
    assert status.good.rows_read == counts["receive"]["rows_read"]
    assert {state.source for state in status.sources} == {"school_census", "health"}
    metrics = _metrics(workspace)
    assert metrics["last_attempt_succeeded", ""] == 1
    assert metrics["rows_read", ""] == counts["receive"]["rows_read"]
    assert metrics["list_size", "follow up"] == counts["publish"]["follow up"]
    assert metrics["last_good_night_timestamp_seconds", ""] == pytest.approx(status.good.published_at.timestamp())
    assert (workspace / STATUS_FILE).stat().st_mode & 0o777 == 0o600


def test_a_night_that_fails_says_so_and_the_good_one_before_it_stays(
    quick_night: FirstNight, workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = read_status(workspace)
    assert before is not None
    monkeypatch.setattr(called_by("rank"), lambda **_: {}["not there"])
    with pytest.raises(NightFailed) as failed:
        run_night(quick_night.settings.model_copy(update={"workspace": workspace}))
    after = read_status(workspace)
    assert after is not None
    assert (after.attempt.outcome, after.attempt.exit_code) == (FAILED, failed.value.exit_code)
    assert after.good == before.good
    assert _metrics(workspace)["last_attempt_succeeded", ""] == 0
    assert main(["status", "--workspace", str(workspace)]) == 1
    assert "LOOK: The last night failed: Internal error at step 'rank'" in capsys.readouterr().out


def test_a_night_of_the_past_run_again_leaves_the_list_in_use(quick_night: FirstNight, workspace: Path) -> None:
    before = read_status(workspace)
    assert before is not None
    assert before.good is not None
    the_day_before = before.good.as_at - timedelta(days=1)
    run_night(quick_night.settings.model_copy(update={"workspace": workspace, "as_at": the_day_before}))
    after = read_status(workspace)
    assert after is not None
    assert (after.attempt.as_at, after.attempt.outcome) == (the_day_before, PUBLISHED)
    assert after.good == before.good
    assert (workspace / "published" / "latest").resolve().name == str(before.good.as_at)


def test_a_held_night_is_told_as_held(quick_night: FirstNight, workspace: Path, extracts: Path) -> None:
    census = extracts / "school_census.csv"
    lines = census.read_text("utf-8").splitlines(keepends=True)
    census.write_text("".join(lines[: len(lines) // 3]), encoding="utf-8")
    tonight = {"workspace": workspace, "extracts": extracts, "as_at": quick_night.settings.as_at + timedelta(days=1)}
    with pytest.raises(NightFailed):
        run_night(quick_night.settings.model_copy(update=tonight))
    status = read_status(workspace)
    assert status is not None
    assert status.attempt.outcome == HELD_BACK


KILLED = """
import os
from datetime import UTC, date, datetime
from pathlib import Path
from pipelines.health import recording_status
with recording_status(Path({workspace!r}), date(2026, 11, 21), datetime.now(UTC)):
    os.kill(os.getpid(), 9)
"""


def test_a_killed_night_is_known_by_its_silence(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run([sys.executable, "-c", KILLED.format(workspace=str(workspace))], check=False)
    status = read_status(workspace)
    assert status is not None
    assert status.attempt.outcome == RUNNING
    assert main(["status", "--workspace", str(workspace)]) == 1
    printed = capsys.readouterr().out
    assert printed.splitlines()[0].endswith(": killed before it ended.")
    assert "LOOK: The last night was killed before it ended." in printed


@pytest.mark.parametrize("full_from", ["the beginning", "the middle"])
def test_a_night_that_finds_the_disk_full_says_so_in_the_room_set_aside_for_it(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], full_from: str
) -> None:
    def full(path: Path, content: bytes) -> None:
        if (workspace / ROOM_FILE).exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        assert len(content) < ROOM_BYTES
        write_private(path, content)

    if full_from == "the beginning":
        monkeypatch.setattr("pipelines.health.write_private", full)
    with pytest.raises(DiskFullError), recording_status(workspace, date(2026, 11, 21), datetime.now(UTC)):
        monkeypatch.setattr("pipelines.health.write_private", full)
        raise DiskFullError("The disk of the workspace is full. Free some space and run the night again.")
    status = read_status(workspace)
    assert status is not None
    assert (status.attempt.as_at, status.attempt.outcome) == (date(2026, 11, 21), FAILED)
    assert (status.attempt.exit_code, _metrics(workspace)["last_attempt_succeeded", ""]) == (DISK_FULL, 0)
    assert main(["status", "--workspace", str(workspace)]) == 1
    assert "LOOK: The last night failed: The disk of the workspace is full." in capsys.readouterr().out


def test_room_let_go_of_is_set_aside_again_once_there_is_some(workspace: Path) -> None:
    (workspace / ROOM_FILE).unlink()
    with recording_status(workspace, date(2026, 11, 21), datetime.now(UTC)):
        assert (workspace / ROOM_FILE).stat().st_size == ROOM_BYTES


def test_a_night_cancelled_by_hand_is_told_as_cancelled(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), recording_status(tmp_path, date(2026, 11, 20), datetime.now(UTC)):
        raise KeyboardInterrupt
    status = read_status(tmp_path)
    assert status is not None
    assert (status.attempt.outcome, status.attempt.pid) == (CANCELLED, os.getpid())


@pytest.mark.parametrize(("hours", "code"), [(29.0, 0), (31.0, 1)])
def test_a_list_older_than_a_day_and_a_bit_is_late(
    workspace: Path, hours: float, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    status = json.loads((workspace / STATUS_FILE).read_text("utf-8"))
    status["good"]["published_at"] = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
    (workspace / STATUS_FILE).write_text(json.dumps(status), encoding="utf-8")
    assert main(["status", "--workspace", str(workspace)]) == code
    assert ("the next one is late" in capsys.readouterr().out) is bool(code)


def test_a_clock_that_was_set_back_is_told(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = json.loads((workspace / STATUS_FILE).read_text("utf-8"))
    status["good"]["published_at"] = (datetime.now(UTC) + timedelta(hours=20)).isoformat()
    (workspace / STATUS_FILE).write_text(json.dumps(status), encoding="utf-8")
    assert main(["status", "--workspace", str(workspace)]) == 1
    printed = capsys.readouterr().out
    assert "at a time in the future: set this machine's clock" in printed
    assert "published less than a minute ago" in printed


def test_where_no_night_was_run_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--workspace", str(tmp_path)]) == 2
    assert "Run a night first" in capsys.readouterr().err


def test_status_as_json_is_the_file(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--workspace", str(workspace), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((workspace / STATUS_FILE).read_text("utf-8"))


def test_a_status_that_cannot_be_read_does_not_stop_a_night(quick_night: FirstNight, workspace: Path) -> None:
    (workspace / STATUS_FILE).write_text("{", encoding="utf-8")
    settings: Settings = quick_night.settings.model_copy(update={"workspace": workspace})
    run_night(settings)
    status = read_status(workspace)
    assert status is not None
    assert status.attempt.outcome == PUBLISHED
