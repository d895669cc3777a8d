"""Whole nights on made-up authorities whose truth is known: links and groups, over seeds and kinds of error.

    python benchmarks/made_up_worlds.py [--children 20000] [--seeds 701 702] [--errors usual rough other_kinds]

Each night runs in memory (receive, standardise, link, find_provision, residence, rank). The results go to
``benchmarks/results/made_up_worlds.md``. No world here was looked at while anything was tuned.
"""

import argparse
import platform
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path

import polars as pl

from apps.made_up.authority import MadeUp, make_authority
from apps.made_up.error_rates import ErrorRates
from data_contracts.contract import read_contracts
from matching.fairness import against_truth
from matching.measure import b_cubed, calibration_error, pairwise, whole_clusters
from matching.thresholds import all_known, reliability
from pipelines.link import Linked, link
from pipelines.link_groups import GroupsAsked
from pipelines.provision import find_provision
from pipelines.rank import Ranked, rank
from pipelines.rank_settings import RankSettings
from pipelines.receive import receive
from pipelines.residence import judge_residence
from pipelines.standardise import standardise

AS_AT = date(2026, 11, 20)
RESULTS = Path(__file__).parent / "results" / "made_up_worlds.md"
FEWEST_PAIRS = 200
"""Groups with fewer true pairs of records are not compared: one link more or less moves them by half a point."""
Figures = dict[str, float | int | str]


@dataclass(frozen=True)
class Night:
    """What one night found, and what it should have."""

    made: MadeUp
    linked: Linked
    ranked: Ranked
    true_child: pl.DataFrame
    """record_id, truth, name origin: one row a record."""
    refused: tuple[str, ...]
    """Sources of which a file was refused, so that the night went without it."""


def origins(made: MadeUp) -> pl.DataFrame:
    """record_id, truth (the true child) and its name origin, by the truth that was made with the names."""
    whose = made.records.select(
        pl.concat_str("source", "source_record_id", separator=":").alias("record_id"), pl.col("child_id").alias("truth")
    )
    known = made.children.select(pl.col("child_id").alias("truth"), pl.col("group").alias("name origin"))
    return whose.join(known, on="truth", how="left", validate="m:1")


def night(made: MadeUp) -> Night:
    """Run one night in memory."""
    contracts = read_contracts()
    received = receive(made.extracts, contracts, received_at=datetime(2026, 11, 21, 2, tzinfo=UTC))
    known = standardise(received.raw, contracts, as_at=AS_AT)
    true_child = known.person.select("record_id").sort("record_id").join(origins(made), on="record_id", how="left")
    rolls = [source for source, contract in contracts.items() if contract.is_roll]
    groups = GroupsAsked(AS_AT, rolls, true_child.select("record_id", "name origin"))
    linked = link(known.person, groups=groups)
    provision = find_provision(known.statements, linked.child_records, AS_AT)
    residence = judge_residence(known.statements, known.person, linked.child_records, provision, as_at=AS_AT)
    ranked = rank(
        person=known.person, statements=known.statements, child_records=linked.child_records, rivals=linked.rivals,
        provision=provision, residence=residence, as_at=AS_AT, settings=RankSettings(),
        source_names={source: contract.name for source, contract in contracts.items()}, never_met=linked.held.never_met,
    )  # fmt: skip
    refused = received.deliveries.filter(pl.col("verdict") == "refused")["source"].unique().sort()
    return Night(made, linked, ranked, true_child, tuple(refused))


def link_figures(found: Night) -> tuple[Figures, pl.DataFrame, pl.DataFrame]:
    """Links against the truth, by name origin (AGAINST_TRUTH rows), and every pair kept with its truth (see World)."""
    records = found.true_child.join(found.linked.child_records, on="record_id", validate="1:1").with_row_index("row")
    place = records.select("record_id", "row")
    pairs = found.linked.links.join(place, left_on="left_id", right_on="record_id").join(
        place, left_on="right_id", right_on="record_id", suffix="_right"
    )
    scored = pairs.select("is_same_child", left="row", right="row_right", probability="match_probability")
    child, truth = records["child_id"], records["truth"]
    is_true = truth.gather(scored["left"]) == truth.gather(scored["right"])
    joined, p = scored["is_same_child"], scored["probability"]
    measured, cubed = pairwise(child, truth), b_cubed(child, truth)
    by_origin = against_truth(records.select("name origin"), child, truth, scored)
    figures: Figures = {
        "records": records.height,
        "P": measured.precision, "R": measured.recall, "F1": measured.f1,
        "B³ P": cubed.precision, "B³ R": cubed.recall, "B³ F1": cubed.f1,
        "whole children F1": whole_clusters(child, truth).f1,
        "ECE of pairs": calibration_error(p.to_numpy(), is_true.to_numpy().astype(bool)),
        "false links": int((joined & ~is_true).sum()),
        "expected false": float((1 - p.filter(joined)).sum()),
        "missed among compared": int((~joined & is_true).sum()),
        "expected missed": float(p.filter(~joined).sum()),
    }  # fmt: skip
    compared = by_origin.filter(pl.col("true_pairs") >= FEWEST_PAIRS)
    worst = compared.sort("recall_gap", descending=True).row(0, named=True)
    told = {**figures, "worst origin": worst["group"], "its gap in recall": worst["recall_gap"]}
    return told, by_origin, all_known(p, is_true).with_columns(joined=joined)


@dataclass(frozen=True)
class World:
    """One world held against its truth."""

    links: Figures
    by_origin: pl.DataFrame
    pairs: pl.DataFrame
    """SAMPLE rows: every pair kept with its truth, and whether it was joined."""


def measured(children: int, seed: int, errors: str, folder: Path) -> World:
    """Make one world, run its night, hold it against its truth."""
    rates: ErrorRates = getattr(ErrorRates, errors)()
    made = make_authority(folder, children=children, seed=seed, as_at=AS_AT, errors=rates)
    began = time.perf_counter()
    found = night(made)
    refused = ", ".join(found.refused) or "none"
    world: Figures = {"seed": seed, "errors": errors.replace("_", " "), "refused files": refused}
    links, by_origin, pairs = link_figures(found)
    print(f"{world}: {time.perf_counter() - began:.0f} s, {links}", flush=True)
    by_origin = by_origin.with_columns(errors=pl.lit(world["errors"]), seed=seed)
    return World({**world, **links}, by_origin, pairs)


def table(rows: list[Figures]) -> str:
    """Figures as a Markdown table: shares with four decimals, counts whole."""
    head = list(rows[0])
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(_told(row[name]) for name in head)} |" for row in rows]
    return "\n".join(lines)


def _told(value: float | int | str) -> str:
    if isinstance(value, float):
        return f"{value:.1f}" if abs(value) >= 10 else f"{value:.4f}"
    return str(value)


def by_band(worlds: list[World]) -> list[Figures]:
    """Whether the probabilities of all worlds' pairs hold, one row a band; joined and other pairs apart."""
    pairs = pl.concat([world.pairs for world in worlds])
    return [
        {
            "pairs that were": "joined" if joined else "not joined",
            "probability": f"{row['band_from']:g} to {row['band_to']:g}",
            "pairs": row["judged"],
            "mean said": row["said"],
            "share right": row["right"],
            "95 % interval": f"{row['right_low']:.4f} to {row['right_high']:.4f}",
        }
        for joined in (True, False)
        for row in reliability(pairs.filter(joined=joined)).to_dicts()
    ]


def written(worlds: list[World], children: int) -> str:
    """The page of results."""
    origin = pl.concat([world.by_origin for world in worlds])
    versions = ", ".join(f"{name} {version(name)}" for name in ("rollcall", "polars", "numpy", "rapidfuzz"))
    wide = origin.pivot("group", index=["seed", "errors"], values="recall", aggregate_function="first")
    return "\n\n".join([
        "# Made-up worlds",
        f"{children:,} children in each world, as at {AS_AT:%d/%m/%Y}; measured on {datetime.now(UTC):%Y-%m-%d} with Python "
        f"{platform.python_version()}, {versions}. Run again: `python benchmarks/made_up_worlds.py`.",
        "## Links",
        "P, R, F1: of pairs of records put together. B³: means over records. Whole children: those whose records are all "
        "found and no other. ECE: of the probabilities of the pairs kept. "
        "*Expected* is what the linkage says of itself without truth. Gap: recall of all records less recall of the worst "
        f"name origin with at least {FEWEST_PAIRS} true pairs.",
        table([world.links for world in worlds]),
        "## Do the probabilities hold?",
        "All pairs kept, of all worlds, by what is said of them as all the records of their children have it. Few of all "
        "pairs stand in the middle. Interval: Jeffreys', as if independent.",
        table(by_band(worlds)),
        "## Recall of links by name origin",
        table([dict(row) for row in wide.to_dicts()]),
    ]) + "\n"  # fmt: skip


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[701, 702])
    parser.add_argument("--errors", nargs="+", default=["usual", "rough", "other_kinds"])
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        worlds = [
            measured(given.children, seed, errors, Path(folder) / f"{seed}_{errors}")
            for errors in given.errors
            for seed in given.seeds
        ]
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_text(written(worlds, given.children), encoding="utf-8")


if __name__ == "__main__":
    main()
