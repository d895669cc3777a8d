"""A backup holds what a night cannot make again, and comes back as it was; anything else is refused."""

import json
import shutil
import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from apps.cli.main import main
from pipelines.atomic_folder import folder_lock, staged_folder, write_private
from pipelines.decisions.append_only import append_only
from pipelines.failure import ALREADY_RUNNING, CANNOT_GO_ON
from pipelines.lock import NightRunningError, lock
from pipelines.night import run_night
from pipelines.store import Store
from pipelines.upkeep.backup import MANIFEST, Backup, BackupError, backup, restore, verify
from tests.conftest import FirstNight

DECISIONS = "outcomes.sqlite"


@pytest.fixture
def lived_in(workspace: Path) -> Path:
    """A workspace with a list of earlier, something that somebody decided, and what a killed night leaves."""
    earlier = workspace / "published" / "2026-11-19"
    earlier.mkdir()
    shutil.copytree(workspace / "published" / "2026-11-20", workspace / "published" / "2026-11-20 for the meeting")
    (earlier / "candidates.csv").write_text("rank\n")
    with append_only(workspace / DECISIONS, {"said": "by text not null"}) as decided:
        decided.execute("insert into said values ('A. Lee')")
    (workspace / "spill").mkdir(exist_ok=True)
    (workspace / "spill" / "left.tmp").write_text("rows")
    return workspace


@pytest.fixture
def made(lived_in: Path, tmp_path: Path) -> Backup:
    return backup(lived_in, tmp_path / "backups")


def _tables(workspace: Path) -> dict[str, pl.DataFrame]:
    with Store(workspace, read_only=True) as store:
        return {table: store.read(table) for table in ("person_record", "child_record", "candidate")}


def test_what_is_restored_is_what_was_there(lived_in: Path, made: Backup, tmp_path: Path) -> None:
    restore(made.folder, tmp_path / "new")
    before, after = _tables(lived_in), _tables(tmp_path / "new")
    assert all(before[table].equals(after[table]) for table in before)
    with closing(sqlite3.connect(tmp_path / "new" / DECISIONS)) as decided:
        assert decided.execute("select by from said").fetchall() == [("A. Lee",)]
    listed = Path("published") / "latest" / "candidates.csv"
    assert (tmp_path / "new" / listed).read_bytes() == (lived_in / listed).read_bytes()


def test_the_next_night_goes_on_from_a_restored_workspace(
    quick_night: FirstNight, made: Backup, tmp_path: Path
) -> None:
    restore(made.folder, tmp_path / "new")
    report = run_night(quick_night.settings.model_copy(update={"workspace": tmp_path / "new"}))
    assert (report.published / "candidates.csv").read_bytes() == (quick_night.published / "candidates.csv").read_bytes()


def test_a_backup_leaves_out_what_belongs_to_a_night_under_way(made: Backup) -> None:
    names = {str(path.relative_to(made.folder)) for path in made.folder.rglob("*") if path.is_file()}
    assert {"rollcall.duckdb", DECISIONS, MANIFEST} <= names
    assert not {
        name
        for name in names
        if name.startswith(("spill", "night.lock", "published/2026-11-19", "published/2026-11-20 "))
    }
    assert made.lists == ("2026-11-19", "2026-11-20"), "that there was an earlier list is kept, and the list is not"


def test_a_backup_is_its_owners_alone(made: Backup) -> None:
    for path in [made.folder.parent, made.folder, *made.folder.rglob("*")]:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path.name


def test_what_somebody_is_writing_does_not_hold_up_a_backup(lived_in: Path, tmp_path: Path) -> None:
    with append_only(lived_in / DECISIONS, {"said": "by text not null"}) as decided:
        decided.execute("insert into said values ('half written')")
        made = backup(lived_in, tmp_path / "backups")
    with closing(sqlite3.connect(made.folder / DECISIONS)) as kept:
        assert kept.execute("select by from said").fetchall() == [("A. Lee",)]


def _cut(folder: Path) -> None:
    (folder / "rollcall.duckdb").write_bytes((folder / "rollcall.duckdb").read_bytes()[:-1])


def _lose(folder: Path) -> None:
    (folder / DECISIONS).unlink()


def _add(folder: Path) -> None:
    (folder / "somebody_elses.csv").write_text("UPN\n")


@pytest.mark.parametrize("spoil", [_cut, _lose, _add])
def test_a_damaged_backup_is_refused(made: Backup, tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    spoil(made.folder)
    with pytest.raises(BackupError, match="is damaged: 1 file is missing, changed or not among its"):
        restore(made.folder, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("at", "told_by_sqlite"),
    [
        (0, "it is no database"),
        (100, "its first page cannot be read"),
        (5 * 4096 + 8, "a page of rows is not in order"),
    ],
)
def test_decisions_that_are_damaged_are_not_taken_for_a_backup(
    lived_in: Path, tmp_path: Path, at: int, told_by_sqlite: str
) -> None:
    with append_only(lived_in / DECISIONS, {"said": "by text not null"}) as decided:
        decided.executemany("insert into said values (?)", [("A. Lee " * 50,)] * 500)
    with (lived_in / DECISIONS).open("r+b") as file:
        file.seek(at)
        file.write(b"\xff" * 8)
    with pytest.raises(BackupError, match=r"outcomes\.sqlite is damaged.*earlier backup"):
        backup(lived_in, tmp_path / "backups")
    assert not [*(tmp_path / "backups").glob("rollcall-*")], told_by_sqlite


def test_two_workspaces_backed_up_into_one_folder_leave_each_others_half_alone(lived_in: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    with ThreadPoolExecutor() as pool:
        with folder_lock(folder, of="rollcall-*"), staged_folder(folder / "rollcall-of-another") as made:
            write_private(made / MANIFEST, b"{}")
            ours = pool.submit(backup, lived_in, folder)
            with pytest.raises(TimeoutError):
                ours.result(timeout=0.1)
        ours.result()
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("said", [None, "", "[]", '{"files": []}'])
def test_a_folder_without_a_manifest_is_no_backup(made: Backup, tmp_path: Path, said: str | None) -> None:
    (made.folder / MANIFEST).unlink()
    if said is not None:
        (made.folder / MANIFEST).write_text(said)
    with pytest.raises(BackupError, match="is not a backup"):
        restore(made.folder, tmp_path / "new")


def test_a_manifest_leads_nowhere_else(made: Backup, tmp_path: Path) -> None:
    manifest = json.loads((made.folder / MANIFEST).read_text())
    (tmp_path / "outside").write_text("x")
    manifest["files"].append({**manifest["files"][0], "file": "../../outside"})
    (made.folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BackupError, match="is damaged"):
        restore(made.folder, tmp_path / "new")


def test_nothing_is_put_over_what_is_there(lived_in: Path, made: Backup) -> None:
    with pytest.raises(BackupError, match="is not empty"):
        restore(made.folder, lived_in)


def test_what_a_killed_restore_has_left_is_gone_with_the_next(made: Backup, tmp_path: Path) -> None:
    left, anothers = tmp_path / ".new.tmp-0a1b2c3d", tmp_path / ".newer.tmp-0a1b2c3d"
    for folder in (left, anothers):
        folder.mkdir()
        (folder / "rollcall.duckdb").write_text("rows")
    restore(made.folder, tmp_path / "new")
    assert (left.exists(), anothers.exists()) == (False, True)


def test_a_night_that_begins_meanwhile_in_the_new_workspace_keeps_it(
    made: Backup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copyfile

    def copy_slowly(file: Path, to: Path) -> None:
        (tmp_path / "new").mkdir(exist_ok=True)
        (tmp_path / "new" / "night.lock").touch()
        copy(file, to)

    monkeypatch.setattr(shutil, "copyfile", copy_slowly)
    with pytest.raises(BackupError, match="was created in the meantime"):
        restore(made.folder, tmp_path / "new")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["night.lock"]


@pytest.mark.parametrize("inside", ["", "new"])
def test_a_backup_is_not_restored_into_itself(made: Backup, inside: str) -> None:
    with pytest.raises(BackupError, match="is in the backup"):
        restore(made.folder, made.folder / inside)
    assert verify(made.folder).files == made.files


def test_a_backup_waits_for_nobody_unless_asked(lived_in: Path, tmp_path: Path) -> None:
    with lock(lived_in), pytest.raises(NightRunningError):
        backup(lived_in, tmp_path / "backups", wait_seconds=0.1)


def test_a_backup_inside_the_workspace_is_refused(lived_in: Path) -> None:
    with pytest.raises(BackupError, match="is in the workspace"):
        backup(lived_in, lived_in / "mine")


def test_a_disk_that_fills_up_leaves_no_half_backup(
    lived_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(Exception, match="No space left") as failed:
        backup(lived_in, tmp_path / "backups")
    assert type(failed.value).__name__ == "DiskFullError"
    assert not list((tmp_path / "backups").iterdir())


def test_the_commands(lived_in: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", "--workspace", str(lived_in), "--to", str(tmp_path / "backups")]) == 0
    (folder,) = (tmp_path / "backups").iterdir()
    assert main(["restore", str(folder), "--workspace", str(tmp_path / "new")]) == 0
    assert "The list in use is that of 20 November 2026" in capsys.readouterr().out
    assert main(["restore", str(folder), "--workspace", str(tmp_path / "new")]) == CANNOT_GO_ON
    assert main(["backup", "--workspace", str(tmp_path / "none"), "--to", str(tmp_path / "backups")]) == CANNOT_GO_ON
    with lock(lived_in):
        assert main(["backup", "--workspace", str(lived_in), "--to", str(tmp_path / "backups")]) == ALREADY_RUNNING
    assert verify(folder).lists[-1] == "2026-11-20"
