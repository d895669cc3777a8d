"""Intake at the size of a large authority: a million rows from six sources received, judged and standardised.

    python benchmarks/intake.py                        # 1,000,000 rows; writes results/intake.md
    python benchmarks/intake.py --rows 100000 --print  # a smaller run, only printed
    python benchmarks/intake.py --nesting-gb 1         # a gigabyte of XML nesting, and an entity bomb, refused

Rows come from ``apps.made_up``: every child, address and number is drawn anew, none is repeated. The measured work runs in a
process of its own with two threads, so that its peak memory is measured alone; making the files is not counted.
"""

import argparse
import functools
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

SOURCES = ("school_census", "health", "housing", "admissions", "social_care", "ehe_register")
AS_AT = date(2026, 11, 20)
ROWS_A_CHILD = 2.14
"""Rows in the six sources per made-up child."""
RESULT = Path(__file__).parent / "results" / "intake.md"

PARTS = {
    "reading files": ("pipelines.intake.receipt.delivery", "read_bytes"),
    "marking rows by rule": ("data_contracts.check", "marks_of"),
    "Great Expectations": ("data_contracts.check", "ask_great_expectations"),
    "judging, all": ("data_contracts.check", "judge"),
}
"""Parts of receiving -> the function that does it."""


def _make(folder: Path, rows: int) -> None:
    """Write the six sources' files into ``folder/extracts``."""
    from apps.made_up.authority import make_authority

    children = round(rows / ROWS_A_CHILD)
    made = make_authority(folder, children=children, seed=5, as_at=AS_AT, write_xml_for_schools=3)
    for path in made.extracts.iterdir():
        if not path.name.startswith(SOURCES):
            path.unlink()


def _timed(seconds: dict[str, float], part: str, do: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which adds the time it takes to ``seconds``."""

    @functools.wraps(do)
    def timed(*arguments: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return do(*arguments, **named)
        finally:
            seconds[part] = seconds.get(part, 0.0) + time.perf_counter() - began

    return timed


def _measure(extracts: Path) -> dict[str, Any]:
    """Receive and standardise once: seconds by part, rows, breaches, peak memory of this process."""
    import importlib

    from data_contracts.contract import read_contracts
    from pipelines.intake.in_one_form.standardise import standardise
    from pipelines.intake.receipt.receive import receive

    seconds: dict[str, float] = {}
    for part, (module_name, name) in PARTS.items():
        module = importlib.import_module(module_name)
        setattr(module, name, _timed(seconds, part, getattr(module, name)))
    contracts = read_contracts()
    began, cpu = time.perf_counter(), time.process_time()
    received = receive(extracts, contracts, received_at=datetime(2026, 11, 21, 2, tzinfo=UTC))
    seconds["receive, all"] = time.perf_counter() - began
    after_receive = _peak_mb()
    middle = time.perf_counter()
    made = standardise(received.raw, contracts, as_at=AS_AT)
    seconds["standardise"] = time.perf_counter() - middle
    seconds["all"] = time.perf_counter() - began
    cpu_seconds = time.process_time() - cpu
    rows = received.deliveries.group_by("source").agg(rows_read=_sum("rows_read")).sort("source")
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "load": os.getloadavg()[0],
        "rows": dict(rows.iter_rows()),
        "set_aside": received.set_aside.height,
        "breaches": received.breaches.height,
        "persons": made.person.height,
        "statements": made.statements.height,
        "after_receive_mb": after_receive,
        "peak_mb": _peak_mb(),
    }


def _sum(column: str) -> Any:
    import polars as pl

    return pl.col(column).sum()


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _alone(*arguments: str) -> dict[str, Any]:
    """Run this script in a process of its own with two threads; the last line it prints is the result."""
    threads = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "2")
    root = str(Path(__file__).parent.parent)
    environment = os.environ | threads | {"PYTHONPATH": root}
    ended = subprocess.run(
        [sys.executable, __file__, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise SystemExit(ended.stderr[-3000:])
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def _report(found: dict[str, Any], bombs: dict[str, Any]) -> str:
    """The measurement in words and tables."""
    seconds = found["seconds"]
    total, rows = seconds["all"], sum(found["rows"].values())
    parts = {"receive": seconds["receive, all"], "standardise": seconds["standardise"]}
    table = [f"| {name} | {took:.1f} | {took / total:.0%} |" for name, took in parts.items()]
    within = ", ".join(f"{name} {seconds[name]:.1f}" for name in PARTS)
    sources = ", ".join(f"{source} {count:,}" for source, count in found["rows"].items())
    packages = ", ".join(f"{name} {version(name)}" for name in ("polars", "great-expectations", "fastexcel"))
    return "\n".join(
        [
            "# Intake: a million rows",
            "",
            f"Measured {datetime.now(UTC):%Y-%m-%d} by `benchmarks/intake.py`; Python {platform.python_version()}, "
            f"{packages}; 2 threads on {os.cpu_count()} cores. Load of the machine while it ran: {found['load']:.1f}; "
            "on a shared machine read the processor seconds.",
            "",
            f"{rows:,} rows of {len(found['rows'])} sources ({sources}) received, judged and standardised in "
            f"**{total:.1f} s** ({found['cpu_seconds']:.1f} processor seconds), "
            f"with at most **{found['peak_mb'] / 1024:.2f} GB** resident "
            f"({found['after_receive_mb'] / 1024:.2f} GB when all was received). {found['breaches']:,} breaches, "
            f"{found['set_aside']:,} rows set aside; {found['persons']:,} person records, "
            f"{found['statements']:,} statements.",
            "",
            "| part | seconds | share |",
            "|---|--:|--:|",
            *table,
            f"| **all** | **{total:.1f}** | |",
            "",
            "Within receive, in seconds that each file took or waited, added up over files that are worked on at once: "
            f"{within}.",
            "",
            "## XML that attacks",
            "",
            "| file | bytes | seconds until refused | rule | peak GB |",
            "|---|--:|--:|---|--:|",
            *(
                f"| {name} | {bomb['bytes']:,} | {bomb['seconds']:.2f} | {bomb['rule']} | {bomb['peak_mb'] / 1024:.2f} |"
                for name, bomb in bombs.items()
            ),
            "",
        ]
    )


def _write_nesting(path: Path, gigabytes: float) -> None:
    """Nested elements, and nothing else."""
    piece = b"<a>" * 350_000
    with path.open("wb") as file:
        file.write(b"<Message>")
        while file.tell() < gigabytes * 1e9:
            file.write(piece)


def _write_bomb(path: Path) -> None:
    """Ten entities, each ten times the one before: 10 GB of text, if they were expanded."""
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 11))
    path.write_text(f'<?xml version="1.0"?><!DOCTYPE Message [<!ENTITY a0 "lol">{laughs}]><Message>&a10;</Message>')


def _write_external(path: Path) -> None:
    """An entity that would read a file of the machine."""
    path.write_text('<!DOCTYPE Message [<!ENTITY x SYSTEM "file:///etc/hostname">]><Message>&x;</Message>')


def _attack(path: Path) -> dict[str, Any]:
    """Read one file; returns the rules by which it was refused, and the cost."""
    from data_contracts.contract import read_contracts
    from pipelines.intake.receipt.receive import check_files

    contracts = read_contracts()
    began = time.perf_counter()
    breaches = [breach for file in check_files(path, contracts) for breach in file.breaches]
    took = time.perf_counter() - began
    return {
        "seconds": took,
        "bytes": path.stat().st_size,
        "rule": "; ".join(b.rule for b in breaches),
        "peak_mb": _peak_mb(),
    }


def _attacks(folder: Path, gigabytes: float) -> dict[str, Any]:
    bombs: dict[str, Callable[[Path], None]] = {
        "an entity bomb": _write_bomb,
        "an external entity": _write_external,
        f"{gigabytes:g} GB of nesting": lambda path: _write_nesting(path, gigabytes),
    }
    found = {}
    for name, write in bombs.items():
        path = folder / "school_census_attack.xml"
        write(path)
        found[name] = _alone("--attack", str(path))
        path.unlink()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--nesting-gb", type=float, default=1.0)
    parser.add_argument("--folder", type=Path, help="keep the made-up files here, and use them again")
    parser.add_argument("--print", action="store_true", help="tell the result and write no file")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--attack", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure or asked.attack:
        print(json.dumps(_measure(asked.measure) if asked.measure else _attack(asked.attack)))
        return
    with tempfile.TemporaryDirectory() as kept:
        folder = asked.folder or Path(kept)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "extracts").exists():
            _make(folder, asked.rows)
        found = _alone("--measure", str(folder / "extracts"))
        report = _report(found, _attacks(Path(kept), asked.nesting_gb))
    print(report)
    if not asked.print:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(report, encoding="utf-8")


if __name__ == "__main__":
    main()
