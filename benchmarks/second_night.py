"""What nights after the first cost: ``python benchmarks/second_night.py --children 150000 --out PAGE``.

Nights on a made-up authority: the first, one with 1 % of the rows changed, one with nothing changed, and that one worked out
again in full. Each night runs in a process of its own, as in real use. Processor seconds are given with clock seconds, because
a busy machine slows only the clock. The night worked out in full must publish the same bytes; a world of this size shows what
the tests' small ones do not.
"""

import argparse
import multiprocessing
import os
import platform
import resource
import tempfile
import time
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from killed_nights import hashes

from apps.made_up.authority import make_authority
from apps.made_up.history import begin_history, deliver, move_on
from pipelines.night import STEPS, run_night
from pipelines.settings import Settings
from pipelines.steps.publishing import versions

FIRST = date(2026, 11, 20)
NIGHTS = (
    ("first", 0, False),
    ("1 % of rows changed", 1, False),
    ("nothing changed", 2, False),
    ("the same, --full", 2, True),
)
"""Name, days after the first, whether everything is worked out again."""
LIVES_ON = 2
"""Before this many of the nights the authority delivers what has changed."""


@dataclass(frozen=True)
class Cost:
    """What one night cost."""

    night: str
    clock: float
    processor: float
    peak_mb: int
    seconds: dict[str, float]
    """Step -> clock seconds."""
    records: int


def _night(extracts: Path, workspace: Path, as_at: date, full: bool, results: Connection) -> None:
    began = time.perf_counter()
    report = run_night(Settings(extracts=extracts, workspace=workspace, as_at=as_at, full=full))
    used = resource.getrusage(resource.RUSAGE_SELF)
    results.send(
        (
            time.perf_counter() - began,
            used.ru_utime + used.ru_stime,
            used.ru_maxrss // 1024,
            dict(report.seconds),
            report.counts["standardise"]["person_records"],
        )
    )


def measured(folder: Path, children: int, seed: int) -> tuple[list[Cost], list[str]]:
    """Run the nights in a folder; returns their costs, and the files that the last two nights published differently."""
    authority, extracts, workspace = (folder / name for name in ("authority", "extracts", "workspace"))
    make_authority(authority, children=children, seed=seed, as_at=FIRST)
    begin_history(authority, seed=seed, as_at=FIRST)
    costs, published = [], []
    for number, (name, days, full) in enumerate(NIGHTS):
        as_at = FIRST + timedelta(days=days)
        if number < LIVES_ON:
            if number:
                move_on(authority, seed=seed, as_at=as_at)
            deliver(authority, extracts)
        ours, theirs = multiprocessing.Pipe()
        night = multiprocessing.get_context("spawn").Process(
            target=_night, args=(extracts, workspace, as_at, full, theirs)
        )
        night.start()
        theirs.close()
        costs.append(Cost(name, *ours.recv()))
        night.join()
        published.append(hashes(workspace / "published" / as_at.isoformat()))
        print(costs[-1], flush=True)
    before, again = published[-2:]
    return costs, sorted(file for file in before.keys() | again.keys() if before.get(file) != again.get(file))


def written(costs: list[Cost], otherwise: list[str], children: int) -> str:
    """The costs as a page; ``otherwise``: files that ``--full`` published differently."""
    names = [step.name for step in STEPS]
    lines = [
        "# What nights cost after the first",
        "",
        f"A made-up authority of {children:,} children, {costs[0].records:,} records. {date.today().isoformat()}, "
        f"{os.cpu_count()} processors ({platform.machine()}), load {os.getloadavg()[0]:.1f}. "
        + ", ".join(f"{name} {number}" for name, number in versions().items() if name in {"polars", "duckdb", "numpy"})
        + ". Seconds on the clock, unless stated.",
        "",
        "| night | whole | processor | peak MB | " + " | ".join(names) + " |",
        "|---" * (len(names) + 4) + "|",
    ]
    lines += [
        f"| {cost.night} | {cost.clock:.1f} | {cost.processor:.1f} | {cost.peak_mb:,} | "
        + " | ".join(f"{cost.seconds.get(name, 0):.1f}" for name in names)
        + " |"
        for cost in costs
    ]
    lines += [
        "",
        f"Files that `--full` published differently from the night that kept what it knew: {', '.join(otherwise) or 'none'}.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        page = written(*measured(Path(folder), asked.children, asked.seed), asked.children)
    print(page)
    if asked.out is not None:
        asked.out.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
