"""A whole night: what comes in, what is published, and that whatever fails leaves the last list as it is."""

import errno
import gc
import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from pathlib import Path
from threading import Event

import polars as pl
import pytest

from pipelines import night as night_module
from pipelines.decisions.outcomes import ASKED, add_outcomes
from pipelines.failure import ALREADY_RUNNING, CANNOT_GO_ON, DISK_FULL, INTERNAL_ERROR, NightFailed
from pipelines.lock import lock
from pipelines.night import STEPS, RunReport, SilentProgress, open_night, perform, run_night
from pipelines.settings import Settings
from pipelines.store import Store
from tests.conftest import FirstNight
from tests.golden.authority import GOLDEN_LIST
from tests.made.steps import called_by

SAME_EVERY_NIGHT = ("candidates.csv", "candidates.parquet", "candidates.xlsx", "explained.parquet")
"""Files in which nothing depends on the hour or the machine. (The report and run.json hold times.)"""


def _fingerprints(published: Path) -> dict[str, str]:
    files = [path for path in published.rglob("*") if path.is_file()]
    return {str(path.relative_to(published)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _lists(published: Path) -> dict[str, bytes]:
    return {name: (published / name).read_bytes() for name in SAME_EVERY_NIGHT}


def _tonight(night: FirstNight, **changed: Path | bool) -> Settings:
    return night.settings.model_copy(update=changed)


def test_the_list_is_the_golden_list(first_night: FirstNight) -> None:
    assert (first_night.published / "candidates.csv").read_text("utf-8") == GOLDEN_LIST.read_text("utf-8")


def test_everything_promised_is_published(first_night: FirstNight) -> None:
    published = set(_fingerprints(first_night.published))
    assert {*SAME_EVERY_NIGHT, "match_report.html", "run.json"} <= published
    assert (first_night.published.parent / "latest").resolve() == first_night.published.resolve()


def test_every_file_is_private_to_its_owner(first_night: FirstNight) -> None:
    for path in [first_night.settings.workspace, *first_night.settings.workspace.rglob("*")]:
        if not path.is_symlink():
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path.name


def test_no_child_is_both_listed_and_explained_and_every_row_is_accounted_for(first_night: FirstNight) -> None:
    listed = pl.read_parquet(first_night.published / "candidates.parquet")
    explained = pl.read_parquet(first_night.published / "explained.parquet")
    assert listed.height > 0
    assert explained.height > 0
    assert not set(listed["child_id"]) & set(explained["child_id"])
    received = first_night.report.counts["receive"]
    assert received["rows_read"] == received["rows_loaded"] + received["rows_set_aside"]
    assert received["rows_loaded"] == first_night.report.counts["standardise"]["person_records"]


def test_the_run_is_told_in_run_json(first_night: FirstNight) -> None:
    run = json.loads((first_night.published / "run.json").read_text("utf-8"))
    assert run["as_at"] == "2026-11-20"
    assert set(run["counts"]) == {step.name for step in STEPS} - {"publish"} == set(run["seconds"])
    by_file = {given["file"]: given for given in run["inputs"]}
    for path in first_night.settings.extracts.iterdir():
        assert by_file[path.name]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert run["settings"]["ranking.wasted_enquiries_per_missed_child"] == 8.0
    assert run["settings_approved"] is None
    assert set(run["versions"]) >= {"rollcall", "python", "polars", "duckdb"}


def test_the_same_night_in_a_fresh_workspace_on_sixteen_cores_publishes_the_same_bytes(
    first_night: FirstNight, tmp_path: Path
) -> None:
    given, fresh = first_night.settings, tmp_path / "fresh"
    asked = ["night", "--plain", "--extracts", given.extracts, "--as-at", f"{given.as_at}", "--workspace", fresh]
    on_sixteen = os.environ | {"POLARS_MAX_THREADS": "16"}  # read as polars starts, so by a process of its own
    ended = subprocess.run(
        [sys.executable, "-m", "apps.cli.main", *asked], env=on_sixteen, capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr.decode()
    assert _lists(fresh / "published" / f"{given.as_at}") == _lists(first_night.published)


def test_the_same_night_again_publishes_the_same_bytes(quick_night: FirstNight, workspace: Path) -> None:
    weights = workspace / "model.toml"
    before = weights.read_bytes()
    weights.write_text("as a night that was killed has left them", encoding="utf-8")
    assert _lists(run_night(_tonight(quick_night, workspace=workspace)).published) == _lists(quick_night.published)
    assert weights.read_bytes() == before


def test_the_same_file_twice_changes_nothing(quick_night: FirstNight, workspace: Path, extracts: Path) -> None:
    shutil.copy(extracts / "health.csv", extracts / "health_copy.csv")
    report = run_night(_tonight(quick_night, workspace=workspace, extracts=extracts))
    assert report.refused == ()
    assert _lists(report.published) == _lists(quick_night.published)


def test_a_file_that_is_refused_is_named_and_the_night_goes_on(
    quick_night: FirstNight, tmp_path: Path, extracts: Path
) -> None:
    (extracts / "housing.csv").write_bytes(b"\xff\xfe\x00")
    report = run_night(_tonight(quick_night, workspace=tmp_path / "fresh", extracts=extracts))
    assert report.refused == ("housing.csv",)
    assert report.counts["receive"]["files_refused"] == 1


def _without(folder: Path) -> None:
    shutil.rmtree(folder)


def _emptied(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def _without_a_roll(folder: Path) -> None:
    for path in folder.glob("school_census*"):
        path.unlink()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        pytest.param(_without, "no such folder", id="missing folder"),
        pytest.param(_emptied, "empty", id="empty folder"),
        pytest.param(_without_a_roll, "without a roll", id="no roll"),
    ],
)
def test_extracts_the_night_cannot_go_on_with(
    quick_night: FirstNight, workspace: Path, extracts: Path, spoil: Callable[[Path], None], told: str
) -> None:
    before = _fingerprints(workspace / "published")
    spoil(extracts)
    with pytest.raises(NightFailed, match=told) as failed:
        run_night(_tonight(quick_night, workspace=workspace, extracts=extracts))
    assert failed.value.exit_code == CANNOT_GO_ON
    assert _fingerprints(workspace / "published") == before


@pytest.mark.parametrize("place", [".", "rollcall"], ids=["the same folder", "a folder in it"])
def test_a_workspace_among_the_extracts_is_refused_before_anything_is_written(
    quick_night: FirstNight, extracts: Path, place: str
) -> None:
    delivered = _fingerprints(extracts)
    with pytest.raises(NightFailed, match="is in the folder of the extracts") as failed:
        run_night(_tonight(quick_night, workspace=extracts / place, extracts=extracts))
    assert failed.value.exit_code == CANNOT_GO_ON
    assert _fingerprints(extracts) == delivered


def test_a_second_night_while_one_runs_is_told_who_runs(quick_night: FirstNight, workspace: Path) -> None:
    before = _fingerprints(workspace / "published")
    with lock(workspace), pytest.raises(NightFailed, match=rf"already running .*process {os.getpid()}") as failed:
        run_night(_tonight(quick_night, workspace=workspace))
    assert failed.value.exit_code == ALREADY_RUNNING
    assert _fingerprints(workspace / "published") == before


@pytest.mark.parametrize("was_on", [True, False])
def test_garbage_is_looked_for_while_a_night_waits_and_however_it_ends(
    quick_night: FirstNight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, was_on: bool
) -> None:
    heard = []

    @contextmanager
    def waits(workspace: Path, *, wait_seconds: float) -> Iterator[None]:
        heard.append(gc.isenabled())
        with lock(workspace, wait_seconds=wait_seconds):
            yield

    monkeypatch.setattr(night_module, "lock", waits)
    (gc.enable if was_on else gc.disable)()
    try:
        with pytest.raises(NightFailed), open_night(_tonight(quick_night, workspace=tmp_path / "workspace")):
            heard.append(gc.isenabled())
            raise NightFailed("Stopped.", exit_code=CANNOT_GO_ON)
        assert [*heard, gc.isenabled()] == [was_on, False, was_on]
    finally:
        gc.enable()


def test_a_night_that_fails_does_nothing_more_that_nobody_waits_for(quick_night: FirstNight, tmp_path: Path) -> None:
    goes_on = Event()
    with pytest.raises(NightFailed), open_night(_tonight(quick_night, workspace=tmp_path / "workspace")) as night:
        night.in_background(goes_on.wait)
        waits = night.in_background(dict)
        raise NightFailed("Stopped.", exit_code=CANNOT_GO_ON)
    goes_on.set()
    assert waits.cancelled()


def test_what_fails_beside_the_steps_is_told_of_the_step_that_began_it(quick_night: FirstNight, tmp_path: Path) -> None:
    def fault(value: str) -> None:
        raise ValueError(value)

    with open_night(_tonight(quick_night, workspace=tmp_path / "workspace")) as night:
        night.step = "link"
        began = night.in_background(lambda: fault("Quillfeather"))
        night.step = "publish"
        with pytest.raises(NightFailed, match="Internal error at step 'link': ValueError") as failed:
            began.result()
    assert "Quillfeather" not in str(failed.value)
    assert (failed.value.__cause__, failed.value.__context__) == (None, None)


def test_what_an_officer_found_while_a_night_runs_is_for_the_next_night(
    quick_night: FirstNight, workspace: Path, tmp_path: Path
) -> None:
    handed_in, tonight = tmp_path / "outcomes.csv", _tonight(quick_night, workspace=workspace)
    with open_night(tonight) as night:
        for step in STEPS:
            perform(night, step, SilentProgress())
            if step.name == "rank":
                opened = night.store.read("explained")["child_id"][0]
                handed_in.write_text(f"child_id,outcome,date\n{opened},UNDER_ENQUIRY,2026-11-20\n", "utf-8")
                add_outcomes(handed_in, workspace, night.read(*ASKED), "M. Okafor")
    assert night.list_changes.in_view.is_empty()
    assert pl.read_csv(run_night(tonight).published / "in_view.csv")["child_id"].to_list() == [opened]


def test_a_full_disk_leaves_the_last_list(
    quick_night: FirstNight, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = _fingerprints(workspace / "published")
    monkeypatch.setattr("pipelines.atomic_folder.write_private", full)
    with pytest.raises(NightFailed, match="disk is full") as failed:
        run_night(_tonight(quick_night, workspace=workspace))
    assert failed.value.exit_code == DISK_FULL
    assert _fingerprints(workspace / "published") == before


@pytest.mark.parametrize("step", ["standardise", "publish"])
def test_a_fault_of_the_software_is_told_by_place_and_leaves_the_last_list(
    quick_night: FirstNight, workspace: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    (workspace / "model.toml").write_text("of the list in use", encoding="utf-8")
    before = _fingerprints(workspace / "published")
    monkeypatch.setattr(called_by(step), lambda *_, **__: {}["not there"])
    with pytest.raises(NightFailed, match=rf"step '{step}': KeyError at tests/spec/test_night\.py:\d+") as failed:
        run_night(_tonight(quick_night, workspace=workspace, full=True))
    assert failed.value.exit_code == INTERNAL_ERROR
    assert (workspace / "model.toml").read_text("utf-8") == "of the list in use"
    (frames,) = (workspace / "failures").iterdir()
    assert "builtins.KeyError" in frames.read_text("utf-8")
    assert _fingerprints(workspace / "published") == before


SLOW_NIGHT = """
import sys, time
from datetime import date
from pathlib import Path
from pipelines import night
from pipelines.settings import Settings

class Slow:
    def begin(self, step, number, of):
        if step.name == {step!r}:
            Path({ready!r}).touch()
    def during(self, step, share, what):
        pass
    def end(self, step, seconds, counts):
        pass

work = night.Store.write
def slowly(store, table, frame):
    work(store, table, frame)
    if Path({ready!r}).exists():
        time.sleep(60)
night.Store.write = slowly
night.run_night(Settings(extracts={extracts!r}, workspace={workspace!r}, as_at=date(2026, 11, 20)), Slow())
"""


def test_a_night_killed_in_the_middle_leaves_the_last_list_and_the_next_one_publishes(
    quick_night: FirstNight, workspace: Path, tmp_path: Path
) -> None:
    before = _fingerprints(workspace / "published")
    ready = tmp_path / "ready"
    code = SLOW_NIGHT.format(
        step="rank", ready=str(ready), extracts=str(quick_night.settings.extracts), workspace=str(workspace)
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    while not ready.exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert _fingerprints(workspace / "published") == before
    with Store(workspace, read_only=True) as store:
        assert store.read("night")["published_at"].item() is None
        assert store.read("candidate").height == quick_night.report.counts["rank"]["candidates"]
    report: RunReport = run_night(_tonight(quick_night, workspace=workspace))
    assert _lists(report.published) == _lists(quick_night.published)


def test_a_clock_that_is_behind_the_date_judged_makes_no_day_a_future_one(
    quick_night: FirstNight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class LongAgo(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "LongAgo":
            return cls(2020, 1, 1, tzinfo=tz)

    monkeypatch.setattr(night_module, "datetime", LongAgo)
    report = run_night(_tonight(quick_night, workspace=tmp_path / "fresh"))
    assert _lists(report.published) == _lists(quick_night.published)
