"""Nights killed at random moments (SIGKILL): is anything published ever wrong, incomplete or missing?

    python benchmarks/killed_nights.py [--kills 50] [--children 400] [--seed 1] [--out RESULTS.md]

Two nights of a made-up authority are run undisturbed. Then, again and again, one of the two is started on a workspace in the
state before it, and killed at a random moment of its length. Every publication there must be whole and equal to one of the
undisturbed runs, and the last one must still be there. Then the same night is started once more, and must publish what the
undisturbed one did.
"""

import argparse
import json
import multiprocessing
import platform
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

from apps.made_up.authority import make_authority
from apps.made_up.history import begin_history, deliver, move_on

FIRST = date(2026, 11, 20)
TELLS_TIMES = ("run.json",)
"""Published files that differ from run to run because they record when and for how long a night ran."""

Hashes = dict[str, str]


@dataclass(frozen=True)
class Nights:
    """Two undisturbed nights: what each was given, what each published, how long it took."""

    extracts: tuple[Path, Path]
    before: tuple[Path, Path]
    """Workspaces as they were before each night; the first one is empty."""
    published: tuple[Hashes, Hashes]
    seconds: tuple[float, float]


def two_nights(folder: Path, children: int, seed: int) -> Nights:
    """Make an authority, and run two nights on it."""
    authority, workspace = folder / "authority", folder / "workspace"
    make_authority(authority, children=children, seed=seed, as_at=FIRST)
    begin_history(authority, seed=seed, as_at=FIRST)
    extracts, before, published, seconds = [], [], [], []
    for night in range(2):
        if night:
            move_on(authority, seed=seed, as_at=_day(night), share=0.05)
        extracts.append(folder / f"extracts-{night}")
        deliver(authority, extracts[-1])
        before.append(folder / f"before-{night}")
        if workspace.exists():
            shutil.copytree(workspace, before[-1], symlinks=True)
        began = time.monotonic()
        _run(extracts[-1], workspace, night).join()
        seconds.append(time.monotonic() - began)
        published.append(hashes(workspace / "published" / _day(night).isoformat()))
    return Nights(
        (extracts[0], extracts[1]), (before[0], before[1]), (published[0], published[1]), (seconds[0], seconds[1])
    )


def _day(night: int) -> date:
    return FIRST + timedelta(days=night)


def _night(extracts: Path, workspace: Path, as_at: date) -> None:
    from pipelines.night import run_night
    from pipelines.settings import Settings

    # As for a night started from a shell. tqdm, which Great Expectations imports, has a lock; under the forkserver it has a
    # name, and each process that is killed leaves one behind, which is reported at the end.
    multiprocessing.set_start_method("fork", force=True)
    run_night(Settings(extracts=extracts, workspace=workspace, as_at=as_at))


def _run(extracts: Path, workspace: Path, night: int) -> multiprocessing.process.BaseProcess:
    """Start a night in a process of its own, with everything it imports already loaded."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pipelines.night", "great_expectations"])
    process = context.Process(target=_night, args=(extracts, workspace, _day(night)))
    process.start()
    return process


def hashes(publication: Path) -> Hashes:
    """Each file of a publication, except TELLS_TIMES -> its SHA-256."""
    files = (path for path in publication.rglob("*") if path.is_file() and path.name not in TELLS_TIMES)
    return {str(path.relative_to(publication)): sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


def faults(workspace: Path, nights: Nights, killed: int) -> list[str]:
    """What is wrong with the publications after night ``killed`` was killed; empty: nothing."""
    published = workspace / "published"
    standing = sorted(found.name for found in published.glob("[0-9]*")) if published.exists() else []
    found = [f"night {n} was published and is gone" for n in range(killed) if _day(n).isoformat() not in standing]
    for name in standing:
        wanted = nights.published[(date.fromisoformat(name) - FIRST).days]
        if hashes(published / name) != wanted:
            found.append(f"{name} is not what the undisturbed night published")
        record = json.loads((published / name / "run.json").read_text(encoding="utf-8"))["published"]
        if {entry["file"]: entry["sha256"] for entry in record}.items() - hashes(published / name).items():
            found.append(f"{name} is not whole by its own record")
    latest = published / "latest"
    if (latest.is_symlink() or killed) and latest.resolve().name not in standing:
        found.append("latest leads nowhere")
    return found


def kill_once(folder: Path, nights: Nights, night: int, moment: float) -> tuple[str, list[str]]:
    """Kill one night after ``moment`` seconds; returns how far it had got, and what was wrong then or after the restart."""
    workspace = folder / "killed"
    shutil.rmtree(workspace, ignore_errors=True)
    if nights.before[night].exists():
        shutil.copytree(nights.before[night], workspace, symlinks=True)
    process = _run(nights.extracts[night], workspace, night)
    process.join(moment)
    process.kill()
    process.join()
    found = [f"killed: {fault}" for fault in faults(workspace, nights, night)]
    stood = (workspace / "published" / _day(night).isoformat()).exists()
    again = _run(nights.extracts[night], workspace, night)
    again.join()
    if again.exitcode != 0:
        found.append(f"started again: it ended with {again.exitcode}")
    found += [f"started again: {fault}" for fault in faults(workspace, nights, night + 1)]
    return ("after its publication" if stood else "before its publication"), found


def killed(folder: Path, *, kills: int, children: int, seed: int) -> tuple[Nights, Counter[str], list[str]]:
    """Kill ``kills`` nights; returns the undisturbed nights, how many were killed at which stage, and all that was wrong."""
    nights, dice = two_nights(folder, children, seed), Random(seed)
    when: Counter[str] = Counter()
    wrong: list[str] = []
    for number in range(kills):
        night = number % 2
        moment = dice.uniform(0.0, nights.seconds[night])
        stood, found = kill_once(folder, nights, night, moment)
        when[f"night {night + 1}, {stood}"] += 1
        wrong += [f"kill {number + 1}, night {night + 1} after {moment:.2f} s: {fault}" for fault in found]
    return nights, when, wrong


def _page(nights: Nights, when: Counter[str], wrong: list[str], children: int) -> str:
    lines = [
        "# Nights killed at random moments",
        "",
        f"Measured {datetime.now(UTC):%Y-%m-%d} by `benchmarks/killed_nights.py`; Python {platform.python_version()}, "
        f"{children} children, nights of {nights.seconds[0]:.1f} and {nights.seconds[1]:.1f} seconds.",
        "",
        f"{sum(when.values())} nights were killed with SIGKILL, and each was then started again. **{len(wrong)} faults**. A "
        "fault is a publication that is wrong, half there or missing, or that differs from an undisturbed night's after the "
        "next start.",
        "",
        "| killed | nights |",
        "|---|--:|",
        *(f"| {stood} | {count} |" for stood, count in sorted(when.items())),
        "",
        *(f"- {fault}" for fault in wrong),
    ]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--children", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = killed(Path(folder), kills=asked.kills, children=asked.children, seed=asked.seed)
    page = _page(*found, asked.children)
    print(page)
    if asked.out:
        asked.out.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
