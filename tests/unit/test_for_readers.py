"""Whoever only reads is answered while a night writes, and from the list in use."""

import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from apps.cli.main import main
from pipelines.failure import DISK_FULL, NightFailed
from pipelines.for_readers import READERS_FOLDER, replace_reader_copy, store_for_readers
from pipelines.night import run_night
from pipelines.store import Store
from pipelines.tables import SCHEMA_VERSION
from pipelines.workspace import STORE_FILE, DiskFullError, StoreError
from pipelines.written_dates import day_written
from tests.conftest import FirstNight
from tests.made.steps import called_by

WRITING = """
import sys
from pathlib import Path
from pipelines.store import Store
with Store(Path({workspace!r})):
    print("open", flush=True)
    sys.stdin.read()
"""


STOPPED_AT_THE_SIZE_OF_ITS_FILE = """
import resource
from pathlib import Path
from pipelines.store import Store
from pipelines.workspace import STORE_FILE
from pipelines.tables import NIGHT
workspace = Path({workspace!r})
full = (workspace / STORE_FILE).stat().st_size
with Store(workspace) as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (full, full))
    with store.transaction():
        store.write("explained", store.read("explained"))
        store.write("night", NIGHT.to_frame())
"""
"""What is committed fits into the log of the store, and not into its file any more."""


def _first_listed(workspace: Path) -> str:
    return str(pl.read_csv(workspace / "published/latest/candidates.csv")["child_id"][0])


def test_explain_answers_while_another_process_writes(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = WRITING.format(workspace=str(workspace))
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == "open\n"
        assert main(["explain", _first_listed(workspace), "--workspace", str(workspace)]) == 0
        writer.communicate("")
    assert _first_listed(workspace) in capsys.readouterr().out


def test_a_night_that_failed_changes_nothing_for_readers(
    quick_night: FirstNight, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(called_by("publish"), lambda *_, **__: {}["not there"])
    tomorrow = quick_night.settings.as_at + timedelta(days=1)
    with pytest.raises(NightFailed):
        run_night(quick_night.settings.model_copy(update={"workspace": workspace, "as_at": tomorrow}))
    with store_for_readers(workspace) as store:
        assert store.read("night")["as_at"].item() == quick_night.settings.as_at
    with Store(workspace, read_only=True) as store:
        assert store.read("night")["as_at"].item() == tomorrow


def test_a_night_of_the_past_run_again_leaves_the_list_in_use_to_readers(
    quick_night: FirstNight, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extracts, as_at = quick_night.settings.extracts, quick_night.settings.as_at
    before = as_at - timedelta(days=1)
    asked = ["night", "--plain", "--extracts", str(extracts), "--workspace", str(workspace)]
    assert main([*asked, "--as-at", before.isoformat()]) == 0
    assert f"The list in use is still that of {day_written(as_at)}" in capsys.readouterr().out
    with store_for_readers(workspace) as store:
        assert store.read("night")["as_at"].item() == as_at


def test_the_copy_is_the_owners_alone_and_leaves_nothing_beside_it(workspace: Path) -> None:
    (found,) = (workspace / READERS_FOLDER).iterdir()
    assert (found.name, found.stat().st_mode & 0o777) == (STORE_FILE, 0o600)


def test_a_workspace_without_a_copy_is_read_itself(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(workspace / READERS_FOLDER)
    assert main(["explain", _first_listed(workspace), "--workspace", str(workspace)]) == 0
    assert capsys.readouterr().out


def test_a_copy_of_an_earlier_version_names_the_workspace_to_bring_forward(tmp_path: Path) -> None:
    with Store(tmp_path / READERS_FOLDER) as store:
        store.stamp(SCHEMA_VERSION - 1)
    with pytest.raises(StoreError, match=f"rollcall migrate --workspace {re.escape(str(tmp_path))}$"):
        store_for_readers(tmp_path).__enter__()


def test_tables_that_did_not_fit_into_the_file_are_no_copy_for_readers(
    workspace: Path,
) -> None:
    before = (workspace / READERS_FOLDER / STORE_FILE).read_bytes()
    code = STOPPED_AT_THE_SIZE_OF_ITS_FILE.format(workspace=str(workspace))
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(DiskFullError, match="answers from the list before"):
        replace_reader_copy(workspace)
    assert (workspace / READERS_FOLDER / STORE_FILE).read_bytes() == before
    with Store(workspace) as store:  # what is in the log is not lost, and is brought in as soon as there is room
        assert store.read("night").is_empty()
    replace_reader_copy(workspace)


def test_a_disk_too_full_for_the_copy_is_told_and_the_list_stands(
    quick_night: FirstNight, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for name in ("pipelines.for_readers.shutil.copyfile", "pipelines.night.keep_model"):
        monkeypatch.setattr(name, full)
    tomorrow = quick_night.settings.as_at + timedelta(days=1)
    with pytest.raises(NightFailed, match="Tonight's list is published, but the copy") as failed:
        run_night(quick_night.settings.model_copy(update={"workspace": workspace, "as_at": tomorrow}))
    assert failed.value.exit_code == DISK_FULL
    assert (workspace / "published" / tomorrow.isoformat() / "run.json").exists()
    with store_for_readers(workspace) as store:
        assert store.read("night")["as_at"].item() == quick_night.settings.as_at
