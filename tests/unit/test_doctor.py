"""What ``rollcall doctor`` finds, each with something really wrong."""

import json
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from apps.cli.main import main
from pipelines.decisions.judgements import JUDGEMENTS_FILE, read_judgements
from pipelines.intake.former_identities import KEY_FILE, hand_in
from pipelines.lock import lock
from pipelines.store import Store
from pipelines.tables import SCHEMA_VERSION
from pipelines.upkeep import doctor
from pipelines.upkeep.doctor import BAD, CARE, GOOD, run_checks


def _found(workspace: Path, check: str) -> tuple[str, str]:
    (finding,) = (finding for finding in run_checks(workspace) if finding.check == check)
    return finding.verdict, finding.words


def test_a_workspace_that_is_well_has_nothing_bad(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--workspace", str(workspace)]) == 0
    printed = capsys.readouterr().out
    assert "each as the night wrote it" in printed
    assert "BAD" not in printed


def test_before_the_first_night_nothing_is_wrong(tmp_path: Path) -> None:
    assert not [finding for finding in run_checks(tmp_path / "none") if finding.verdict == BAD]


def test_files_that_others_can_read_are_counted_with_the_remedy(workspace: Path) -> None:
    (workspace / "rollcall.duckdb").chmod(0o644)
    assert _found(workspace, "workspace") == (
        BAD,
        f"1 of the files and folders can be read by others. Close them: chmod -R go-rwx {workspace}",
    )


def test_files_that_a_night_removes_meanwhile_are_read_past(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "rglob", lambda *_: iter([workspace / ".status.json.tmp-0a1b2c3d"]))
    assert _found(workspace, "workspace")[0] == GOOD


def test_a_package_of_another_version_is_named(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "requires", lambda _: ["duckdb<1", "no-such-thing>=2", 'splink<1; extra == "dev"'])
    verdict, words = _found(workspace, "packages")
    assert verdict == BAD
    assert "duckdb is 1." in words
    assert "no-such-thing is not installed" in words
    assert "splink" not in words


def test_a_disk_without_room_for_a_night_is_bad(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 9, 1_000_000))
    verdict, words = _found(workspace, "disk")
    assert verdict == BAD
    assert "0.0 GB are free; a night needs 2.0 GB." in words


def test_a_night_that_runs_is_named_and_its_store_left_alone(workspace: Path) -> None:
    with lock(workspace):
        assert _found(workspace, "lock")[0] == CARE
        assert _found(workspace, "store") == (CARE, "The store is in use by a running night: not checked.")
    assert _found(workspace, "lock") == (GOOD, "No night is running.")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda path: path.write_bytes(b"no database" * 1000), "is not a DuckDB file"),
        (lambda path: _stamp(path, SCHEMA_VERSION - 1), "written by an earlier version"),
        (lambda path: _stamp(path, SCHEMA_VERSION + 1), "written by a later version"),
    ],
    ids=["another file", "an earlier version", "a later version"],
)
def test_a_store_that_does_not_open_says_why(workspace: Path, spoil: object, told: str) -> None:
    assert callable(spoil)
    spoil(workspace / "rollcall.duckdb")
    verdict, words = _found(workspace, "store")
    assert verdict == BAD
    assert told in words


def _stamp(path: Path, version: int) -> None:
    with Store(path.parent, any_version=True) as store:
        store.stamp(version)


def test_damaged_decisions_are_bad(workspace: Path) -> None:
    read_judgements(workspace)
    file = workspace / JUDGEMENTS_FILE
    file.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    assert _found(workspace, JUDGEMENTS_FILE) == (
        BAD,
        "It is damaged. Restore it from a backup: rollcall restore --help.",
    )


def test_former_identities_without_their_key_are_bad_as_no_night_can_run(workspace: Path, tmp_path: Path) -> None:
    (file := tmp_path / "former.csv").write_text("record\nhealth:1\n", encoding="utf-8")
    hand_in(file, workspace, "Ann Example")
    assert _found(workspace, KEY_FILE) == (GOOD, "1 identifier withheld, and their key is there.")
    (workspace / KEY_FILE).unlink()
    verdict, words = _found(workspace, KEY_FILE)
    assert verdict == BAD
    assert "no night may run. Restore it from the backup" in words


def test_settings_in_force_that_cannot_be_read_are_bad(workspace: Path) -> None:
    (workspace / "settings_in_force.toml").write_text("[linkage]\nlink_treshold = 0.9\n", encoding="utf-8")
    verdict, words = _found(workspace, "in force")
    assert verdict == BAD
    assert "Did you mean linkage.link_threshold?" in words


def test_settings_in_force_that_nobody_approved_are_told(workspace: Path) -> None:
    (workspace / "settings_in_force.toml").write_text("[linkage]\nlink_threshold = 0.9\n", encoding="utf-8")
    verdict, words = _found(workspace, "in force")
    assert verdict == CARE
    assert "settings_in_force.toml has changed since it was last approved (nothing is approved)." in words


def test_a_list_that_somebody_changed_is_named(workspace: Path) -> None:
    with (workspace / "published/latest/candidates.csv").open("a", encoding="utf-8") as file:
        file.write("one more\n")
    (workspace / "published/latest/explained.parquet").unlink()
    verdict, words = _found(workspace, "list in use")
    assert verdict == BAD
    assert "candidates.csv, explained.parquet" in words


def test_a_record_of_the_night_that_is_no_record_is_bad(workspace: Path) -> None:
    (workspace / "published/latest/run.json").write_text(json.dumps([]), encoding="utf-8")
    assert _found(workspace, "list in use")[0] == BAD


def test_a_server_without_a_password_is_bad(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:4200/api")
    monkeypatch.delenv("PREFECT_API_AUTH_STRING", raising=False)
    assert _found(workspace, "prefect")[0] == BAD
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "night:long")
    assert _found(workspace, "prefect")[0] == GOOD
