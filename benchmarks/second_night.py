"""What nights cost after the first: ``python -m benchmarks.second_night --children 150000 --out PAGE``.

A made-up authority lives on: the first night, one with 1 % of the rows changed, one with nothing changed, and the whole
worked out again. Each night runs in a process of its own, as it does in life. Seconds of the processor stand beside
those of the clock, since a busy machine slows the clock only.
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

from apps.made_up.authority import make_authority
from apps.made_up.history import begin_history, deliver, move_on
from pipelines.night import STEPS, run_night
from pipelines.settings import Settings
from pipelines.steps.publishing import versions

FIRST = date(2026, 11, 20)
NIGHTS = (("first", False, True), ("1 % of rows changed", False, True), ("nothing changed", False, False),
          ("nothing changed, --full", True, False))  # fmt: skip
"""Name, whether all is worked out again, whether the authority lives on before it."""


@dataclass(frozen=True)
class Cost:
    """What one night cost."""

    night: str
    clock: float
    processor: float
    peak_mb: int
    seconds: dict[str, float]
    """Step -> seconds by the clock."""
    records: int


def _night(extracts: Path, workspace: Path, as_at: date, full: bool, said: Connection) -> None:
    began = time.perf_counter()
    report = run_night(Settings(extracts=extracts, workspace=workspace, as_at=as_at, full=full))
    used = resource.getrusage(resource.RUSAGE_SELF)
    said.send(
        (
            time.perf_counter() - began,
            used.ru_utime + used.ru_stime,
            used.ru_maxrss // 1024,
            dict(report.seconds),
            report.counts["standardise"]["person_records"],
        )
    )


def measured(folder: Path, children: int, seed: int) -> list[Cost]:
    """Run the nights in a folder."""
    authority, extracts, costs = folder / "authority", folder / "extracts", []
    make_authority(authority, children=children, seed=seed, as_at=FIRST)
    begin_history(authority, seed=seed, as_at=FIRST)
    for number, (name, full, lives_on) in enumerate(NIGHTS):
        as_at = FIRST + timedelta(days=number)
        if lives_on and number:
            move_on(authority, seed=seed, as_at=as_at)
        if lives_on:
            deliver(authority, extracts)
        ours, theirs = multiprocessing.Pipe()
        night = multiprocessing.get_context("spawn").Process(
            target=_night, args=(extracts, folder / "workspace", as_at, full, theirs)
        )
        night.start()
        theirs.close()
        costs.append(Cost(name, *ours.recv()))
        night.join()
        print(costs[-1], flush=True)
    return costs


def told(costs: list[Cost], children: int) -> str:
    """The costs as a page."""
    names = [step.name for step in STEPS]
    lines = [
        "# What nights cost after the first",
        "",
        f"A made-up authority of {children:,} children, {costs[0].records:,} records. {date.today().isoformat()}, "
        f"{os.cpu_count()} processors ({platform.machine()}), load {os.getloadavg()[0]:.1f}. "
        + ", ".join(f"{name} {number}" for name, number in versions().items() if name in {"polars", "duckdb", "numpy"})
        + ". Seconds by the clock, save where said.",
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
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        page = told(measured(Path(folder), asked.children, asked.seed), asked.children)
    print(page)
    if asked.out is not None:
        asked.out.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
