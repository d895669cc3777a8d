"""What Windows refuses about files, refused here too: so that a test on Linux fails where Rollcall would fail there."""

import errno
import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path, PurePath
from types import SimpleNamespace
from typing import Any

import pytest

SHARING_VIOLATION, ACCESS_DENIED, NO_SUCH_RIGHT = 32, 5, 1314
"""Windows' own codes of errors."""
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}
_FORBIDDEN = set('<>:"|?*\\')


def refusal(winerror: int, *paths: object) -> PermissionError:
    """The error that Python raises on Windows."""
    error = PermissionError(errno.EACCES, "The process cannot access the file", *map(str, paths[:1]))
    error.winerror = winerror
    return error


def open_here() -> set[Path]:
    """Every file that this process has open, or mapped into its memory."""
    found = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found.add(descriptor.readlink())
        except OSError:  # that of this listing
            continue
    mapped = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    return found | {Path(line[line.index("/") :]) for line in mapped if "/" in line}


def open_in(path: Path) -> list[Path]:
    """The files at a path, or in the folder there, that this process has open."""
    here = path.parent.resolve() / path.name
    return sorted(file for file in open_here() if file == here or file.is_relative_to(here))


def unfit_names(folder: Path) -> list[str]:
    """Names below a folder that Windows takes for no file, or for the same as another."""
    seen: set[str] = set()
    unfit = []
    for path in sorted(folder.rglob("*")):
        name, alike = path.name, str(path).casefold()
        if set(name) & _FORBIDDEN or name[-1] in ". " or PurePath(name).stem.upper() in _DEVICES or alike in seen:
            unfit.append(str(path.relative_to(folder)))
        seen.add(alike)
    return unfit


class AsOnWindows:
    """While it is in force, changes to files are refused as on Windows; ``refused`` says which were."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refused: list[str] = []
        self._removing = False
        monkeypatch.setattr("pipelines.file_system.sys", SimpleNamespace(platform="win32"))
        monkeypatch.setattr("pipelines.file_system.PATIENCE_SECONDS", 0.0)
        self._really = {name: getattr(os, name) for name in ("open", "fsync", "rename", "replace", "unlink", "rmdir")}
        self._rmtree = shutil.rmtree
        for name in ("open", "fsync", "symlink"):
            monkeypatch.setattr(os, name, getattr(self, f"_{name}"))
        for name in ("rename", "replace", "unlink", "rmdir"):
            monkeypatch.setattr(os, name, self._guarded(name))
        monkeypatch.setattr(os, "remove", self._guarded("unlink"))
        monkeypatch.setattr(shutil, "rmtree", self._remove_tree)

    def _guarded(self, name: str) -> Callable[..., None]:
        def change(*paths: Any, **how: Any) -> None:
            if not self._removing:
                self._refuse_what_is_open(name, *map(Path, paths))
            self._really[name](*paths, **how)

        return change

    def _refuse_what_is_open(self, what: str, *paths: Path) -> None:
        if held := [file for path in paths for file in open_in(path)]:
            self.refused.append(f"{what} {paths[0].name}: {held[0].name} is open")
            raise refusal(SHARING_VIOLATION, *paths)
        if what in ("rename", "replace") and os.path.lexists(paths[1]) and (what == "rename" or paths[1].is_dir()):
            self.refused.append(f"{what} {paths[0].name}: {paths[1].name} is there already")
            raise refusal(ACCESS_DENIED, *paths)

    def _remove_tree(self, path: Any, ignore_errors: bool = False, **how: Any) -> None:
        try:
            self._refuse_what_is_open("rmtree", Path(path))
        except PermissionError:
            if ignore_errors:
                return
            raise
        self._removing = True  # on Linux it opens folders and removes names in them
        try:
            self._rmtree(path, ignore_errors, **how)
        finally:
            self._removing = False

    def _open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if not self._removing and Path(path).is_dir():
            self.refused.append(f"open {Path(path).name}: it is a folder")
            raise refusal(ACCESS_DENIED, path)
        return int(self._really["open"](path, flags, mode, dir_fd=dir_fd))

    def _fsync(self, descriptor: int) -> None:
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            name = Path(f"/proc/self/fd/{descriptor}").readlink().name
            self.refused.append(f"fsync {name}: it is open to read only")
            raise OSError(errno.EBADF, "Bad file descriptor")
        self._really["fsync"](descriptor)

    def _symlink(self, *paths: Any, **_: Any) -> None:
        self.refused.append(f"symlink {Path(paths[1]).name}")
        raise refusal(NO_SUCH_RIGHT, *paths)


@pytest.fixture
def windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsOnWindows:
    """From now on files behave as on Windows: name it last among a test's fixtures."""
    return AsOnWindows(monkeypatch)
