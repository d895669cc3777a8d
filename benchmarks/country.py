"""From an authority to a country: the cost of scoring in buckets per record, and an estimate for 12 million children.

    python benchmarks/country.py [--children 25000,50000,100000,200000] [--country 12000000] [--workers 16] [--out FILE.md]

Made-up authorities of growing size are linked with scoring divided into buckets (matching/scoring/buckets.py), on which two
processes work; every stage is timed in seconds of processor time. A power is fitted to the growth per record from size to
size (least squares on logarithms) and extrapolated to the country. Pairs per record are limited to the budget of the
blocking rules, which a country reaches and an authority does not. The result is an estimate for a machine like this one,
not a promise.
"""

import argparse
import multiprocessing
import platform
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl

from apps.made_up.authority import make_authority
from data_contracts.contract import read_contracts
from matching.blocking import CHILD_BLOCKING_RULES
from matching.budget import PAIRS_A_ROW, choose_rules
from matching.canonical.keys import with_keys
from matching.comparisons import CHILD_COMPARISONS
from matching.linkage import floor_of, link_encoded, prepare
from matching.scoring.buckets import gathered, score_bucket, write_buckets
from matching.scoring.score import Scorer
from matching.weights.model import read_model
from pipelines.intake.in_one_form.standardise import standardise
from pipelines.intake.receipt.receive import receive
from pipelines.linking.counted_among import with_whom_counted
from pipelines.linking.link import APPROVED_MODEL, CHILD_SETTINGS

AS_AT = date(2026, 11, 20)
STAGES = ("keys and codes", "blocks", "writing buckets", "scoring", "gathering", "clusters and rivals")
SHARED = "scoring"
"""The stage that workers share; all others run on one machine."""


@dataclass
class Measured:
    """The measurements of one size."""

    children: int
    records: int = 0
    pairs: int = 0
    """Pairs compared."""
    buckets: int = 0
    bytes: int = 0
    """Size of all buckets on disk."""
    peak_bytes: int = 0
    """Peak resident memory of the leading process."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Stage -> processor seconds of all processes."""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the work done within the block."""
        began = time.process_time()
        yield
        self.seconds[name] = time.process_time() - began


def records_of(children: int, folder: Path) -> pl.DataFrame:
    """Person records of a made-up authority."""
    made = make_authority(folder, children=children, seed=1, as_at=AS_AT)
    contracts = read_contracts()
    received = receive(made.extracts, contracts, received_at=datetime(2026, 11, 20, 2, 30, tzinfo=UTC), as_at=AS_AT)
    return standardise(received.raw, contracts, as_at=AS_AT).person


def _score(place: tuple[Path, str]) -> float:
    began = time.process_time()
    score_bucket(*place, CHILD_COMPARISONS)
    return time.process_time() - began


def measured(children: int, pairs_in_bucket: int) -> Measured:
    """Link one authority with scoring in buckets, stage by stage."""
    found = Measured(children)
    model = read_model(APPROVED_MODEL, CHILD_COMPARISONS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        person = records_of(children, folder / "authority")
        with found.stage("keys and codes"):
            table = with_keys(with_whom_counted(person.sort("record_id")))
            encoded = prepare(table, CHILD_COMPARISONS, CHILD_BLOCKING_RULES, "upns", *CHILD_SETTINGS.reads)
        found.records = table.height
        model = model.on(table.height)
        with found.stage("blocks"):
            plan = choose_rules(CHILD_BLOCKING_RULES, encoded, model)
        scorer, floor = Scorer.of(model, encoded), floor_of(model, CHILD_SETTINGS)
        cut = folder / "buckets"
        cut.mkdir()
        with found.stage("writing buckets"):
            names = write_buckets(cut, table, scorer, plan, floor=floor, pairs=pairs_in_bucket)
        found.buckets, found.bytes = len(names), sum(path.stat().st_size for path in cut.iterdir())
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            found.seconds["scoring"] = sum(pool.map(_score, [(cut, name) for name in names]))
        with found.stage("gathering"):
            scored = gathered(cut, names, plan, table.height)
        found.pairs = int(scored.pairs_compared.sum())
        with found.stage("clusters and rivals"):
            dataset = (table["dataset"].rank("dense").cast(pl.Int32) - 1).to_numpy()
            link_encoded(
                encoded,
                dataset,
                rules=CHILD_BLOCKING_RULES,
                model=model,
                settings=CHILD_SETTINGS,
                score=lambda *_: scored,
            )
        found.seconds["clusters and rivals"] -= found.seconds["blocks"]  # link_encoded chooses the rules again
    found.peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return found


def alone(children: int, pairs_in_bucket: int) -> Measured:
    """As :func:`measured`, in a process of its own, so that its peak memory is measured alone."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measured, children, pairs_in_bucket).result()


def carried(sizes: Sequence[float], values: Sequence[float], to: float) -> tuple[float, float]:
    """Extrapolate the largest size's value by the power fitted to all sizes; also returns that power.

    Fixed costs make small sizes expensive: a power below 1 counts as 1.
    """
    fitted = float(np.polyfit(np.log(sizes), np.log(np.maximum(values, 1e-9)), 1)[0])
    power = max(fitted, 1.0)
    return values[-1] * (to / sizes[-1]) ** power, power


def written(runs: Sequence[Measured], country: int, workers: int) -> str:
    """The measurements and the extrapolation, as a page."""
    last, sizes = runs[-1], [float(run.records) for run in runs]
    records = country * last.records / last.children
    lines = [
        "# From an authority to a country",
        "",
        f"Measured {datetime.now(UTC):%Y-%m-%d} by `benchmarks/country.py`; Python {platform.python_version()}, polars "
        f"{pl.__version__}, numpy {np.__version__}. Seconds are processor seconds.",
        "",
        "| children | records | pairs looked at | pairs a record | buckets | MB of buckets | peak MB | "
        + " | ".join(f"{stage}, µs a record" for stage in STAGES)
        + " |",
        "|" + "--:|" * (7 + len(STAGES)),
    ]
    lines += [
        f"| {run.children:,} | {run.records:,} | {run.pairs:,} | {run.pairs / run.records:.1f} | {run.buckets} | "
        f"{run.bytes / 1e6:,.0f} | {run.peak_bytes / 1e6:,.0f} | "
        + " | ".join(f"{run.seconds[stage] / run.records * 1e6:.1f}" for stage in STAGES)
        + " |"
        for run in runs
    ]
    lines += ["", f"## Extrapolated to {country:,} children, {records:,.0f} records", ""]
    lines += ["| stage | growth (power of the records) | where | hours |", "|---|--:|---|--:|"]
    total = 0.0
    for stage in STAGES:
        seconds, power = carried(sizes, [run.seconds[stage] for run in runs], records)
        if stage == SHARED:
            a_pair = last.seconds[stage] / max(last.pairs, 1)
            seconds, power = (
                a_pair * min(PAIRS_A_ROW * records, carried(sizes, [r.pairs for r in runs], records)[0]),
                1.0,
            )
        share = seconds / (workers if stage == SHARED else 1) / 3600
        total += share
        where = f"{workers} worker processes" if stage == SHARED else "the machine that leads"
        lines.append(f"| {stage} | {power:.2f} | {where} | {share:.2f} |")
    memory = carried(sizes, [float(run.peak_bytes) for run in runs], records)[0]
    disk = last.bytes / last.pairs * min(PAIRS_A_ROW * records, carried(sizes, [r.pairs for r in runs], records)[0])
    lines += [
        f"| **all** | | | **{total:.2f}** |",
        "",
        f"Memory of the machine that leads: about {memory / 1e9:,.0f} GB; buckets on the shared disk: about "
        f"{disk / 1e9:,.0f} GB.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--children", default="25000,50000,100000,200000")
    parser.add_argument("--country", type=int, default=12_000_000)
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--pairs", type=int, default=500_000, help="pairs in a bucket")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    runs = [alone(int(children), asked.pairs) for children in asked.children.split(",")]
    page = written(runs, asked.country, asked.workers)
    print(page)
    if asked.out:
        asked.out.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
