"""A publication is put in place whole or not at all, and only its owner can read it."""

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipelines import atomic_folder
from pipelines.atomic_folder import PublicationFailed, point_latest, write_folder

OLD = {"candidates.csv": b"old list", "restricted/full.csv": b"old restricted", "gone.txt": b"only yesterday"}
NEW = {"candidates.csv": b"new list", "restricted/full.csv": b"new restricted"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "published" / "2026-11-20"


def held(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir() if path.name.startswith("."))


def test_a_second_publication_replaces_the_first_whole(folder: Path) -> None:
    write_folder(OLD, folder)
    write_folder(NEW, folder)
    assert held(folder) == NEW
    assert hidden(folder) == []


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277], ids=["umask 000", "umask 022", "umask 277"])
def test_only_the_owner_can_read_whatever_the_umask(folder: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_folder(NEW, folder)
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}
    folders = {stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent, folder / "restricted")}
    assert (modes, folders) == ({0o600}, {0o700})


def fails_at(number: int, error: OSError) -> Callable[[int], None]:
    """An ``os.fsync`` that fails at its ``number``-th call."""
    calls = iter(range(1, 1000))

    def fsync(descriptor: int) -> None:
        os.fstat(descriptor)
        if next(calls) == number:
            raise error

    return fsync


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_a_full_disk_leaves_the_last_list_untouched(folder: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    write_folder(OLD, folder)
    monkeypatch.setattr(os, "fsync", fails_at(step, OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(PublicationFailed, match="disk is full") as caught:
        write_folder(NEW, folder)
    assert held(folder) == OLD
    assert hidden(folder) == []
    assert "what was there is untouched" in str(caught.value)
    assert "new list" not in str(caught.value)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        pytest.param(errno.EDQUOT, "quota", id="quota used up"),
        pytest.param(errno.EROFS, "read-only", id="read-only file system"),
        pytest.param(errno.EACCES, "may not write", id="no right to write"),
        pytest.param(errno.EIO, os.strerror(errno.EIO), id="a fault of the disk"),
    ],
)
def test_each_failure_is_told_with_its_remedy(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    monkeypatch.setattr(os, "fsync", fails_at(1, OSError(number, "no")))
    with pytest.raises(PublicationFailed, match=words):
        write_folder(NEW, folder)
    assert not folder.exists()


def test_where_names_cannot_be_exchanged_two_renames_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "one that cannot exchange two names")
    write_folder(OLD, folder)
    write_folder(NEW, folder)
    assert held(folder) == NEW
    assert hidden(folder) == []


def test_a_failure_between_the_two_renames_puts_the_old_folder_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(OLD, folder)
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if ".tmp-" in self.name:
            raise OSError(errno.EIO, "no")
        return rename(self, target)

    monkeypatch.setattr("sys.platform", "one that cannot exchange two names")
    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(PublicationFailed):
        write_folder(NEW, folder)
    assert held(folder) == OLD
    assert hidden(folder) == []


KILLED = """
import os, sys
from pathlib import Path
from pipelines import atomic_folder
calls = iter(range(1, 1000))
os.fsync = lambda descriptor: os._exit(9) if next(calls) == int(sys.argv[2]) else None
atomic_folder.write_folder({"candidates.csv": b"new list", "restricted/full.csv": b"new restricted"}, Path(sys.argv[1]))
"""


@pytest.mark.parametrize(
    ("step", "stands"),
    [
        pytest.param(1, OLD, id="killed at the first file"),
        pytest.param(2, OLD, id="killed at the second file"),
        pytest.param(4, OLD, id="killed before the swap"),
        pytest.param(5, NEW, id="killed after the swap"),
    ],
)
def test_a_killed_night_leaves_a_whole_list_and_the_next_one_clears_up(
    folder: Path, step: int, stands: dict[str, bytes]
) -> None:
    write_folder(OLD, folder)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(step)], check=False, cwd=Path.cwd())
    assert killed.returncode == 9
    assert held(folder) == stands
    write_folder(NEW, folder)
    assert held(folder) == NEW
    assert hidden(folder) == []


def test_whoever_puts_a_folder_in_place_waits_for_another_and_leaves_its_half_alone(folder: Path) -> None:
    folder.parent.mkdir()
    with ThreadPoolExecutor() as pool:
        with atomic_folder.folder_lock(folder.parent), atomic_folder.staged_folder(folder) as made:
            atomic_folder.write_private(made / "candidates.csv", b"old list")
            other = pool.submit(write_folder, NEW, folder)
            with pytest.raises(TimeoutError):
                other.result(timeout=0.1)
        other.result()
    assert held(folder) == NEW
    assert hidden(folder) == []


def test_a_crash_between_two_renames_is_mended_at_the_next_start(folder: Path) -> None:
    write_folder(OLD, folder)
    folder.rename(folder.parent / ".2026-11-20.old-1234")
    (folder.parent / ".2026-11-19.tmp-1234").mkdir()
    (folder.parent / ".latest.tmp-1234").symlink_to("2026-11-20")
    with atomic_folder.folder_lock(folder.parent):
        pass
    assert held(folder) == OLD
    assert hidden(folder) == []


def test_latest_names_the_newest_date_even_when_an_earlier_night_is_run_again(folder: Path) -> None:
    write_folder(NEW, folder)
    point_latest(folder)
    earlier = folder.parent / "2026-11-19"
    write_folder(OLD, earlier)
    point_latest(earlier)
    latest = folder.parent / "latest"
    assert latest.is_symlink()
    assert held(latest.resolve()) == NEW
    assert hidden(folder) == []


def test_where_links_cannot_be_made_latest_is_a_text_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(self: Path, target: str, target_is_directory: bool = False) -> None:
        raise OSError(errno.EPERM, "no")

    monkeypatch.setattr(Path, "symlink_to", no_links)
    write_folder(NEW, folder)
    point_latest(folder)
    assert (folder.parent / "latest").read_text(encoding="utf-8") == "2026-11-20\n"
