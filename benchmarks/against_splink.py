"""Splink 5, recordlinkage and this engine on the same records, the same candidate pairs and the same evidence.

    python benchmarks/against_splink.py --pairs 1000000          # 500,000 on a roll, 250,000 in an agency's file
    python benchmarks/against_splink.py --pairs 25000000         # the same people, every pair with one birth date
    python benchmarks/against_splink.py --growth 300000,1000000,3000000,10000000

Engines (``engines.py``) take turns, each run in a process of its own, so that its peak memory is measured alone; two threads
each. Of an engine's runs the one with the least processor time is shown: on a shared machine a disturbance can only add to it.
Records are drawn by ``population.py``; the truth is read after the clock has stopped.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from engines import ENGINES, RULES, STAGES, THREADS, Measured


def _started(engine: str, data: Path, rules: str) -> Measured:
    """Run an engine in its own process."""
    threads = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), THREADS)
    command = [sys.executable, __file__, "--run", engine, "--data", str(data), "--rules", rules]
    ended = subprocess.run(command, env=os.environ | threads, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"{engine} stopped with {ended.returncode}:\n{ended.stderr[-2000:]}")
    return Measured(**json.loads(ended.stdout.splitlines()[-1]))


def _made(folder: Path, roll: int, agency: int) -> Path:
    """Draw the records in another process, so that this one stays small."""
    data = folder / f"{roll}_{agency}.parquet"
    code = "from sys import argv; from population import records_of; "
    code += "records_of(1, int(argv[2]), int(argv[3])).write_parquet(argv[1])"
    command = [sys.executable, "-c", code, str(data), str(roll), str(agency)]
    subprocess.run(command, cwd=Path(__file__).parent, check=True)
    return data


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _table(best: list[Measured]) -> list[str]:
    """One line per engine: processor seconds (and seconds) by stage, memory, accuracy; then each peer divided by ours."""
    heads = ("engine", *STAGES, "all", "peak MB", "pairs", "best F1", "F1 at .95", "F1 of clusters")
    lines = [_line(*heads), "|---" * len(heads) + "|"]
    for run in best:
        stages = [f"{run.cpu[stage]:.1f} ({run.wall[stage]:.1f})" if stage in run.cpu else "" for stage in STAGES]
        clusters = "" if run.clusters_f1 is None else f"{run.clusters_f1:.4f}"
        accuracy = (f"{run.best_f1:.4f}", f"{run.f1_at_95:.4f}", clusters)
        whole = f"{run.total_cpu:.1f} ({run.total_wall:.1f})"
        lines.append(_line(run.engine, *stages, whole, f"{run.peak_mb:,}", f"{run.pairs:,}", *accuracy))
    ours = best[0]
    for peer in best[1:]:
        stages = [f"{peer.cpu[stage] / ours.cpu[stage]:.1f}" if stage in peer.cpu else "" for stage in STAGES]
        whole = f"{peer.total_cpu / ours.total_cpu:.1f} ({peer.total_wall / ours.total_wall:.1f})"
        memory = f"{peer.peak_mb / ours.peak_mb:.1f}"
        lines.append(_line(f"{peer.engine} : {ours.engine}", *stages, whole, memory, *[""] * 4))
    return lines


def _rules(rules: str) -> str:
    return f"Pairs that agree in: {'; '.join(' and '.join(rule) for rule in RULES[rules])}."


def compared(pairs: int, engines: list[str], repeats: int, folder: Path) -> list[str]:
    """Run the engines in turn on one size."""
    rules = "loose" if pairs > 5_000_000 else "strict"
    roll = int(500_000 * (pairs / 25e6) ** 0.5) if rules == "loose" else pairs // 2
    data = _made(folder, roll, roll // 2)
    runs: dict[str, list[Measured]] = {engine: [] for engine in engines}
    for _ in range(repeats):
        for engine in engines:
            runs[engine].append(_started(engine, data, rules))
            print(json.dumps(asdict(runs[engine][-1])), file=sys.stderr, flush=True)
    best = [min(runs[engine], key=lambda run: run.total_cpu) for engine in engines]
    title = f"## {roll:,} on the roll, {roll // 2:,} in the agency's file"
    return [title, "", f"{_rules(rules)} Best of {repeats}.", "", *_table(best), ""]


def grown(sizes: list[int], engines: list[str], most_for_peers: int, folder: Path) -> list[str]:
    """One line per size and engine: does time grow in proportion to the records, and memory no faster?"""
    heads = ("records", "engine", "pairs", *STAGES, "all", "µs a record", "peak MB", "bytes a record", "best F1")
    lines = ["## Growth", "", _rules("steady"), "", _line(*heads), "|---" * len(heads) + "|"]
    for size in sizes:
        data = _made(folder, size * 2 // 3, size - size * 2 // 3)
        for engine in engines if size <= most_for_peers else engines[:1]:
            run = _started(engine, data, "steady")
            print(json.dumps(asdict(run)), file=sys.stderr, flush=True)
            stages = [f"{run.cpu[stage]:.1f}" for stage in STAGES]
            whole, each = f"{run.total_cpu:.1f} ({run.total_wall:.1f})", f"{run.total_cpu / run.records * 1e6:.1f}"
            memory = (f"{run.peak_mb:,}", f"{run.peak_mb * 2**20 / run.records:,.0f}")
            lines.append(
                _line(
                    f"{run.records:,}",
                    run.engine,
                    f"{run.pairs:,}",
                    *stages,
                    whole,
                    each,
                    *memory,
                    f"{run.best_f1:.4f}",
                )
            )
        data.unlink()
    return [*lines, ""]


def _heading() -> list[str]:
    packages = ("splink", "duckdb", "recordlinkage", "polars", "numpy", "rapidfuzz")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    machine = f"{cores} cores ({platform.machine()}), shared with other work; {THREADS} threads an engine."
    return [
        f"# Beside Splink, {datetime.now(UTC).date()}",
        "",
        f"{machine} Python {platform.python_version()}, {versions}.",
        "",
        "Seconds of processor time (in brackets: seconds on the clock), from the fastest of an engine's runs.",
        "",
    ]


def main() -> None:
    """Run the benchmark, or one engine of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, help="about so many pairs (more than 5 million: by birth date alone)")
    parser.add_argument("--growth", help="numbers of records, with commas between")
    parser.add_argument(
        "--engines", default="rollcall,splink", help="which, with commas: rollcall,splink,recordlinkage"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--most-for-peers", type=int, default=3_000_000, help="growth: no more records than this for the others"
    )
    parser.add_argument("--out", type=Path, help="add the tables to this file")
    for hidden in ("--run", "--data", "--rules"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        print(json.dumps(asdict(ENGINES[given.run](Path(given.data), given.rules))))
        return
    engines, lines = given.engines.split(","), _heading()
    with tempfile.TemporaryDirectory() as folder:
        if given.pairs:
            lines += compared(given.pairs, engines, given.repeats, Path(folder))
        if given.growth:
            lines += grown([int(size) for size in given.growth.split(",")], engines, given.most_for_peers, Path(folder))
    print("\n".join(lines))
    if given.out:
        with given.out.open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
