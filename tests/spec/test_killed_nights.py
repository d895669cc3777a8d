"""A night killed with SIGKILL, whenever: no publication is wrong, half or missing, and the next start makes it good."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.killed_nights import Nights, faults, hashes, killed

Found = tuple[Nights, Counter[str], list[str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("killed")


@pytest.fixture(scope="module")
def found(folder: Path) -> Found:
    """Two nights undisturbed, each of them killed once, and what was wrong then."""
    return killed(folder, kills=2, children=150, seed=3)


def test_nights_killed_at_random_moments_leave_nothing_wrong(found: Found) -> None:
    _, when, wrong = found
    assert when.total() == 2
    assert wrong == []


def test_what_would_be_wrong_is_seen(found: Found, folder: Path, tmp_path: Path) -> None:
    nights, workspace = found[0], tmp_path / "workspace"
    shutil.copytree(folder / "workspace", workspace, symlinks=True)
    assert faults(workspace, nights, 2) == []
    second = workspace / "published" / "2026-11-21"
    assert hashes(second)["candidates.csv"] == nights.published[1]["candidates.csv"]
    (second / "candidates.csv").write_bytes(b"half a li")
    assert faults(workspace, nights, 2) == [
        "2026-11-21 is not what the undisturbed night published",
        "2026-11-21 is not whole by its own record",
    ]
    shutil.rmtree(second)
    assert faults(workspace, nights, 2) == ["night 1 was published and is gone", "latest leads nowhere"]
