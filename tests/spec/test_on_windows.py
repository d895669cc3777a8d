"""What Windows does otherwise with files is borne: nights, backups and all upkeep leave no file open that must make way."""

import errno
import os
import sqlite3
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import polars as pl
import pytest

from apps.cli.main import READ_NO_FURTHER, main
from pipelines import file_system, store
from pipelines.atomic_folder import PublicationFailed, folder_lock, point_latest, write_folder
from pipelines.failure import CANNOT_GO_ON, DISK_FULL, HELD, as_night_failed
from pipelines.file_system import LOCK_FILE
from pipelines.files.folder import list_files
from pipelines.for_readers import READERS_FOLDER, replace_reader_copy, store_for_readers
from pipelines.migrations import bring_forward
from pipelines.store import Store
from pipelines.tables import SCHEMA_VERSION
from pipelines.workspace import STORE_FILE, DiskFullError, StoreError
from tests.conftest import FirstNight
from tests.made.windows import SHARING_VIOLATION, AsOnWindows, open_in, refusal, unfit_names, windows

__all__ = ["windows"]

LIST = {"candidates.csv": b"a list", "restricted/full.csv": b"restricted"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "published" / "2026-11-20"


def test_nights_and_all_upkeep_change_no_file_that_is_open(
    quick_night: FirstNight,
    workspace: Path,
    extracts: Path,
    tmp_path: Path,
    *,
    windows: AsOnWindows,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    as_at = quick_night.settings.as_at
    here, backups = ("--workspace", str(workspace)), tmp_path / "backups"
    (workspace / "published" / "latest").unlink()  # a link: the first night was on Linux

    def night(days: int, *more: str) -> int:
        day = (as_at + timedelta(days=days)).isoformat()
        return main(["night", "--plain", "--extracts", str(extracts), "--as-at", day, *here, *more])

    assert [night(1), night(1, "--full")] == [0, 0]  # the second takes the place of the first
    roll = extracts / "school_census.csv"
    whole = roll.read_bytes()
    roll.write_bytes(b"".join(whole.splitlines(keepends=True)[:200]))
    assert night(2) == HELD
    assert (workspace / "published" / "STALE.txt").exists()
    roll.write_bytes(whole)
    assert night(2) == 0
    assert not (workspace / "published" / "STALE.txt").exists()
    assert main(["tune", *here, "--link-threshold", "0.8"]) == 0
    assert main(["sample", "--pairs", "10", "--out", str(tmp_path / "pairs.xlsx"), *here]) == 0
    assert [main(["weekly", *here]), main(["weekly", *here])] == [0, 0]
    assert [main(["status", *here]), main(["doctor", *here])] == [0, 0]
    assert main(["backup", *here, "--to", str(backups)]) == 0
    (made,) = backups.glob("rollcall-*")
    assert main(["restore", str(made), "--workspace", str(tmp_path / "restored")]) == 0
    much_later = as_at + timedelta(days=3000)
    monkeypatch.setattr("data_contracts.today.today", lambda: much_later)
    assert main(["retention", *here, "--as-at", str(much_later), "--backups", str(backups)]) == 0
    stays = {path.name for path in (workspace / "published").iterdir()} - {LOCK_FILE}  # which only Windows takes away
    assert stays == {(as_at + timedelta(days=2)).isoformat(), "latest"}
    assert windows.refused == []
    assert unfit_names(tmp_path) == []


def test_a_store_of_an_earlier_version_is_copied_and_brought_forward(workspace: Path, windows: AsOnWindows) -> None:
    with Store(workspace) as kept:
        kept.stamp(SCHEMA_VERSION - 1)
    assert bring_forward(workspace) == SCHEMA_VERSION - 1
    assert len(list((workspace / "backups").iterdir())) == 1
    assert not (workspace / READERS_FOLDER).exists()
    assert windows.refused == []


def test_latest_is_a_text_file_that_the_next_night_replaces(folder: Path, windows: AsOnWindows) -> None:
    for day in (folder, folder.with_name("2026-11-21")):
        write_folder(LIST, day)
        point_latest(day)
    assert (folder.parent / "latest").read_text(encoding="utf-8") == "2026-11-21\n"
    assert windows.refused == []


def test_the_doctor_finds_the_list_in_use_without_a_link(
    workspace: Path, capsys: pytest.CaptureFixture[str], windows: AsOnWindows
) -> None:
    latest = workspace / "published" / "latest"
    latest.unlink()
    latest.write_text("2026-11-20\n", encoding="utf-8")
    main(["doctor", "--workspace", str(workspace)])
    assert "each as the night wrote it" in capsys.readouterr().out


def test_nobody_is_told_that_files_are_private_where_a_folder_says_who_may_read_them(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    on_windows = SimpleNamespace(platform="win32")
    assert main(["weekly", "--workspace", str(workspace)]) == 0
    assert "readable by you alone" in capsys.readouterr().out
    monkeypatch.setattr("apps.cli.words.sys", on_windows)
    assert main(["weekly", "--workspace", str(workspace)]) == 0
    assert "readable by whoever may read that folder" in capsys.readouterr().out
    monkeypatch.setattr("pipelines.upkeep.doctor.sys", SimpleNamespace(**vars(sys) | vars(on_windows)))
    monkeypatch.setenv("USERDOMAIN", "COUNCIL")
    monkeypatch.setenv("LOGNAME", "nights")
    main(["doctor", "--workspace", str(workspace)])
    assert f'icacls "{workspace}" /inheritance:r /grant:r "COUNCIL\\nights:(OI)(CI)F"' in capsys.readouterr().out


def test_a_list_that_somebody_has_open_stays_and_the_message_says_why(folder: Path, windows: AsOnWindows) -> None:
    """As when an officer has the workbook open in Excel while its night is run again."""
    write_folder(LIST, folder)
    with (folder / "candidates.csv").open("rb"), pytest.raises(PublicationFailed, match="as Excel does"):
        write_folder({"candidates.csv": b"new"}, folder)
    assert (folder / "candidates.csv").read_bytes() == b"a list"
    write_folder({"candidates.csv": b"new"}, folder)
    assert [path.name for path in folder.iterdir()] == ["candidates.csv"]


def test_who_has_a_file_open_for_a_moment_only_is_waited_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch, windows: AsOnWindows
) -> None:
    """As a virus scanner has each new file."""
    monkeypatch.setattr(file_system, "PATIENCE_SECONDS", 30.0)
    write_folder(LIST, folder)
    scanned = (folder / "candidates.csv").open("rb")
    threading.Timer(0.2, scanned.close).start()
    write_folder({"candidates.csv": b"new"}, folder)
    assert (folder / "candidates.csv").read_bytes() == b"new"
    assert windows.refused


def test_a_command_that_reads_on_and_on_keeps_the_last_copy_for_readers(workspace: Path, windows: AsOnWindows) -> None:
    before = (workspace / READERS_FOLDER / STORE_FILE).read_bytes()
    with store_for_readers(workspace) as read:
        assert open_in(workspace / READERS_FOLDER)
        with pytest.raises(StoreError, match="End that command") as caught:
            replace_reader_copy(workspace)
        assert read.count("candidate")
    assert as_night_failed("publish", caught.value, None).exit_code == CANNOT_GO_ON
    assert (workspace / READERS_FOLDER / STORE_FILE).read_bytes() == before
    assert [path.name for path in (workspace / READERS_FOLDER).iterdir()] == [STORE_FILE]


def test_whoever_writes_into_a_folder_waits_for_another(folder: Path, windows: AsOnWindows) -> None:
    folder.parent.mkdir()
    with ThreadPoolExecutor() as pool:
        with folder_lock(folder.parent):
            other = pool.submit(write_folder, LIST, folder)
            with pytest.raises(TimeoutError):
                other.result(timeout=0.2)
        other.result()
    assert (folder / "candidates.csv").read_bytes() == b"a list"


def test_elsewhere_nobody_is_waited_for() -> None:
    """On Linux an open file never stands in the way, so who may not write there never may."""
    assert not file_system.is_in_use(PermissionError(errno.EACCES, "no"))


@pytest.mark.parametrize(
    ("file", "ends"),
    [
        pytest.param(None, READ_NO_FURTHER, id="the output: whoever read it has seen enough"),
        pytest.param("what?", CANNOT_GO_ON, id="a file, whose name is none"),
    ],
)
def test_what_windows_calls_an_invalid_argument(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, file: str | None, ends: int
) -> None:
    def refuse(_workspace: Path) -> None:
        raise OSError(errno.EINVAL, "Invalid argument", file)

    monkeypatch.setattr("pipelines.health.read_status", refuse)
    monkeypatch.setattr("apps.cli.main._stop_writing", lambda: None)
    monkeypatch.setattr("apps.cli.main.sys", SimpleNamespace(**vars(sys) | {"platform": "win32"}))
    assert main(["status", "--workspace", str(workspace)]) == ends


def test_a_file_that_must_make_way_and_is_open_is_told_as_that(windows: AsOnWindows) -> None:
    with pytest.raises(PermissionError) as caught:
        raise refusal(SHARING_VIOLATION)
    assert "Close that program" in str(as_night_failed("publish", caught.value, None))


def test_a_share_that_is_away_is_no_mistyped_folder_and_may_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    r"""On Windows \\server\extracts is then not there, and neither is \\server; on Linux reading it fails."""
    monkeypatch.setattr(Path, "exists", lambda _: False)
    with pytest.raises(FileNotFoundError) as caught:
        list_files(Path("/share/extracts"))
    assert as_night_failed("receive", caught.value, None).may_pass


def test_an_extract_that_somebody_has_open_is_named_with_the_remedy(
    workspace: Path, extracts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Excel lets nobody read what it has open."""
    (tmp_path / "outcomes.csv").write_text("x", encoding="utf-8")
    read = Path.read_bytes

    def held(self: Path) -> bytes:
        if self.name in ("health.csv", "outcomes.csv"):
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return read(self)

    monkeypatch.setattr(Path, "read_bytes", held)
    assert main(["check", str(extracts)]) == 1
    outcomes = ["outcomes", str(tmp_path / "outcomes.csv"), "--by", "A. Lee", "--workspace", str(workspace)]
    assert main(outcomes) == CANNOT_GO_ON
    printed = capsys.readouterr()
    assert "health.csv" in printed.out and "Close the program that has it open" in printed.out
    assert "Close the program that has it open" in printed.err


@pytest.mark.parametrize("code", [39, 112, 1295], ids=["a handle's disk is full", "disk full", "quota used up"])
def test_windows_own_words_for_a_full_disk_end_a_night_as_such(code: int) -> None:
    error = refusal(code)
    assert as_night_failed("publish", error, None).exit_code == DISK_FULL


@pytest.mark.parametrize(
    ("words", "kind", "told"),
    [
        pytest.param(
            "Could not write all bytes: There is not enough space on the disk.", DiskFullError, "full", id="full"
        ),
        pytest.param(
            'Cannot open file "x": The process cannot access the file because it is being used by another process.',
            StoreError,
            "in use by another process",
            id="open elsewhere",
        ),
    ],
)
def test_what_duckdb_quotes_from_windows_is_understood(words: str, kind: type[StoreError], told: str) -> None:
    with pytest.raises(kind, match=told), store._errors_in_our_words(Path("workspace") / STORE_FILE):
        raise duckdb.IOException(f"IO Error: {words}")


@pytest.mark.parametrize("name", ["50% #1", "a?b"], ids=["percent and hash", "question mark"])
def test_a_workspace_whose_name_is_no_part_of_an_address_is_backed_up(
    workspace: Path, tmp_path: Path, name: str
) -> None:
    """SQLite is given a file as an address, in which these characters have a meaning (and a drive's letter on Windows)."""
    named = workspace.rename(workspace.with_name(name))
    with sqlite3.connect(named / "judgements.sqlite") as file:
        file.execute("create table judged (pair text)")
    file.close()
    assert main(["backup", "--workspace", str(named), "--to", str(tmp_path / "backups")]) == 0
    (made,) = (tmp_path / "backups").iterdir()
    assert (made / "judgements.sqlite").exists()


def test_what_the_stand_in_for_windows_finds(tmp_path: Path, windows: AsOnWindows) -> None:
    """It refuses what Windows refuses, so that the tests above can fail."""
    (tmp_path / "one").mkdir()
    kept = tmp_path / "one" / "NUL.txt"
    pl.DataFrame({"n": [1]}).write_csv(kept)
    with kept.open("rb") as file:
        for change in (
            kept.unlink,
            lambda: kept.replace(tmp_path / "x"),
            lambda: (tmp_path / "one").rename(tmp_path / "y"),
        ):
            with pytest.raises(PermissionError):
                change()
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fsync(file.fileno())
    for change in (lambda: os.open(tmp_path, os.O_RDONLY), lambda: (tmp_path / "l").symlink_to("one")):
        with pytest.raises(PermissionError):
            change()
    assert len(windows.refused) == 6
    assert unfit_names(tmp_path) == ["one/NUL.txt"]
