"""A night killed with SIGKILL, whenever: no publication is wrong, half or missing, and the next start makes it good."""

import shutil
from pathlib import Path

from benchmarks.killed_nights import faults, hashes, killed, two_nights


def test_nights_killed_at_random_moments_leave_nothing_wrong(tmp_path: Path) -> None:
    _, when, wrong = killed(tmp_path, kills=2, children=150, seed=3)
    assert when.total() == 2
    assert wrong == []


def test_what_would_be_wrong_is_seen(tmp_path: Path) -> None:
    nights = two_nights(tmp_path, children=100, seed=4)
    workspace = tmp_path / "workspace"
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
