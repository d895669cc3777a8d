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

import numpy as np
import polars as pl

from apps.made_up.authority import MadeUp, make_authority
from apps.made_up.error_rates import ErrorRates
from data_contracts.contract import names_of, read_contracts
from matching.quality.accuracy import b_cubed, calibration_error, pairwise, whole_clusters
from matching.quality.fairness import NORMAL, against_truth, poisson_binomial
from matching.quality.thresholds import reliability, sample_of_known_pairs
from pipelines.children.provision import find_provision
from pipelines.intake.in_one_form.standardise import Standardised, standardise
from pipelines.intake.receipt.receive import receive
from pipelines.linking.link import Linked, link, records_to_link
from pipelines.linking.link_groups import GroupInputs
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.rank import Ranked, rank
from pipelines.rank_settings import RankSettings
from pipelines.residence.homes import with_homes
from pipelines.residence.living_here import judge_residence
from pipelines.residence.records import record_dates
from pipelines.written_dates import day_written

AS_AT = date(2026, 11, 20)
RESULTS = Path(__file__).parent / "results" / "made_up_worlds.md"
FEWEST_PAIRS = 200
"""Groups with fewer true pairs of records are not compared: a single link would move their recall by half a point."""
DRAWS = 1_000
"""How often name origins are shuffled among the children, to see how wide the worst gap is by chance alone."""
Figures = dict[str, float | int | str]


@dataclass(frozen=True)
class Night:
    """What one night found, and what it should have found."""

    made: MadeUp
    linked: Linked
    ranked: Ranked
    true_child: pl.DataFrame
    """record_id, truth, name origin: one row per record."""
    refused: tuple[str, ...]
    """Sources whose file was refused, so that the night ran without it."""
    known: Standardised
    provision: pl.DataFrame
    """PROVISION."""


def origins(made: MadeUp) -> pl.DataFrame:
    """record_id, truth (the true child) and its name origin, as drawn when the name was made."""
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
    groups = GroupInputs(AS_AT, rolls, true_child.select("record_id", "name origin"))
    linked = link(records_to_link(known.person), groups=groups)
    provision = find_provision(known.statements, linked.child_records, AS_AT)
    ranking = RankSettings()
    names = names_of(contracts)
    residence = judge_residence(
        record_dates(known.statements, AS_AT),
        known.person,
        linked.child_records,
        provision,
        with_homes(known.person),
        as_at=AS_AT,
        source_names=names,
        area=ranking.area,
    )
    found = ListInputs(
        person=known.person,
        statements=known.statements,
        child_records=linked.child_records,
        rivals=linked.rivals,
        provision=provision,
        residence=residence,
        as_at=AS_AT,
        settings=ranking,
        source_names=names,
        never_met=linked.held.never_met,
    )
    ranked = rank(found)
    refused = received.deliveries.filter(pl.col("verdict") == "refused")["source"].unique().sort()
    return Night(made, linked, ranked, true_child, tuple(refused), known, provision)


def of_children(records: pl.DataFrame) -> pl.DataFrame:
    """One row is one true child: ``truth``, ``origin``; ``pairs``: ordered pairs of its records; ``missed``: those not linked.

    ``records``: truth, child_id, name origin of each record.
    """
    found = records.group_by("truth", "child_id").agg(pl.col("name origin").first(), pl.len().cast(pl.Int64))
    each = pl.col("len")
    whole = found.group_by("truth").agg(
        origin=pl.col("name origin").first(),
        pairs=each.sum() * (each.sum() - 1),
        missed=each.sum() ** 2 - (each**2).sum(),
    )
    return whole.filter(pl.col("pairs") > 0, pl.col("origin").is_not_null()).sort("truth")


def worst_by_chance(children: pl.DataFrame, gap: float) -> Figures:
    """How wide the worst origin's gap would be if all were linked alike: its mean and 95th percentile, and how often chance
    alone makes it as wide as ``gap``.

    Origins are shuffled among the children. Each child keeps its pairs and its missed pairs, because one stray record misses
    several. Origins with fewer than FEWEST_PAIRS pairs are left out, as for the gap itself.
    """
    origin = children["origin"].rank("dense").to_numpy().astype(np.int64) - 1
    pairs, missed = (children[name].to_numpy().astype(np.float64) for name in ("pairs", "missed"))
    draw, many = np.random.default_rng(20261126), int(origin.max()) + 1
    worst = np.zeros(DRAWS)
    for number in range(DRAWS):
        dealt = draw.permutation(origin)
        theirs, astray = np.bincount(dealt, pairs, many), np.bincount(dealt, missed, many)
        is_compared = theirs >= FEWEST_PAIRS
        worst[number] = (astray[is_compared] / theirs[is_compared]).max() - missed.sum() / pairs.sum()
    return {
        "gap by chance": float(worst.mean()),
        "95 in 100 below": float(np.quantile(worst, 0.95)),
        "chance of such a gap": float((worst >= gap - 1e-9).mean()),
    }


def origins_of_all(worlds: list["World"]) -> list[Figures]:
    """Every name origin over all worlds: how much lower its recall is, with a 95 % interval for whole children drawn."""
    children = pl.concat([world.children for world in worlds])
    missed = float(children["missed"].sum()) / float(children["pairs"].sum())
    share = pl.col("missed").sum() / pl.col("pairs").sum()
    spread = ((pl.col("missed") - share * pl.col("pairs")) ** 2).sum().sqrt() / pl.col("pairs").sum()
    by_origin = children.group_by("origin").agg(
        pl.col("pairs").sum(), children=pl.len(), split=(pl.col("missed") > 0).sum(), gap=share - missed, spread=spread
    )
    return [
        {
            "name origin": row["origin"],
            "children": row["children"],
            "of them in pieces": row["split"],
            "gap in recall": row["gap"],
            "95 % interval": "–"
            if not row["split"]
            else f"{row['gap'] - NORMAL * row['spread']:.4f} to {row['gap'] + NORMAL * row['spread']:.4f}",
        }
        for row in by_origin.sort("gap", descending=True).to_dicts()
    ]


def link_figures(found: Night) -> tuple[Figures, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Links against the truth; by name origin (AGAINST_TRUTH rows); every pair kept and its truth; every child (see World)."""
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
        "P": measured.precision,
        "R": measured.recall,
        "F1": measured.f1,
        "B³ P": cubed.precision,
        "B³ R": cubed.recall,
        "B³ F1": cubed.f1,
        "whole children F1": whole_clusters(child, truth).f1,
        "ECE of pairs": calibration_error(p.to_numpy(), is_true.to_numpy().astype(bool)),
        "false links": int((joined & ~is_true).sum()),
        "expected false": _expected(1 - p.filter(joined)),
        "missed among compared": int((~joined & is_true).sum()),
        "expected missed": _expected(p.filter(~joined)),
    }
    compared = by_origin.filter(pl.col("true_pairs") >= FEWEST_PAIRS)
    worst = compared.sort("recall_gap", descending=True).row(0, named=True)
    shown = {**figures, "worst origin": worst["group"], "its gap in recall": worst["recall_gap"]}
    children = of_children(records)
    shown |= worst_by_chance(children, worst["recall_gap"])
    return shown, by_origin, sample_of_known_pairs(p, is_true).with_columns(joined=joined), children


def _expected(chances: pl.Series) -> str:
    """The expected number of pairs, with a 95 % interval."""
    mean, low, high = poisson_binomial(pl.col("chance"), pl.len())
    figures = chances.to_frame("chance").select(mean=mean, low=low, high=high).row(0)
    return "{:.1f} ({:.0f} to {:.0f})".format(*figures)


@dataclass(frozen=True)
class World:
    """One world compared with its truth."""

    links: Figures
    by_origin: pl.DataFrame
    pairs: pl.DataFrame
    """SAMPLE rows: every pair kept with its truth, and whether it was joined."""
    children: pl.DataFrame
    """As :func:`of_children`."""


def measured(children: int, seed: int, errors: str, folder: Path) -> World:
    """Make one world, run its night, compare it with its truth."""
    rates: ErrorRates = getattr(ErrorRates, errors)()
    made = make_authority(folder, children=children, seed=seed, as_at=AS_AT, errors=rates)
    began = time.perf_counter()
    found = night(made)
    refused = ", ".join(found.refused) or "none"
    world: Figures = {"seed": seed, "errors": errors.replace("_", " "), "refused files": refused}
    links, by_origin, pairs, each_child = link_figures(found)
    print(f"{world}: {time.perf_counter() - began:.0f} s, {links}", flush=True)
    by_origin = by_origin.with_columns(errors=pl.lit(world["errors"]), seed=seed)
    return World({**world, **links}, by_origin, pairs, each_child)


def table(rows: list[Figures]) -> str:
    """Figures as a Markdown table; shares have four decimals."""
    head = list(rows[0])
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(_in_cell(row[name]) for name in head)} |" for row in rows]
    return "\n".join(lines)


def _in_cell(value: float | int | str) -> str:
    if isinstance(value, float):
        return f"{value:.1f}" if abs(value) >= 10 else f"{value:.4f}"
    return str(value)


def by_band(worlds: list[World]) -> list[Figures]:
    """Calibration over all worlds' pairs, one row per band; joined and other pairs separately."""
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
    paragraphs = [
        "# Made-up worlds",
        f"{children:,} children in each world, as at {day_written(AS_AT)}; measured on {datetime.now(UTC):%Y-%m-%d} with "
        f"Python {platform.python_version()}, {versions}. Run again: `python benchmarks/made_up_worlds.py`.",
        "## Links",
        "P, R, F1: of pairs of records joined. B³: means over records. Whole children: children with all their records and no "
        "others. ECE: of the probabilities of the pairs kept. *Expected*: what the linkage expects without the truth, with a "
        "95 % interval as if pairs were independent (pairs of one child are not, so a true interval is wider). Gap: recall of "
        f"all records minus recall of the worst name origin with at least {FEWEST_PAIRS} true pairs (each counted from either "
        "record). *By chance*: the gap if all origins were linked alike, found by reassigning the origins among the children "
        f"at random ({DRAWS:,} times). One of so many small groups is always the worst.",
        table([world.links for world in worlds]),
        "## Do the probabilities hold?",
        "All pairs kept, of all worlds, by their probability given all the records of their children. Few pairs are in the "
        "middle. Interval: Jeffreys, as if independent.",
        table(by_band(worlds)),
        "## Recall of links by name origin",
        "Over all worlds, with children resampled as wholes: one record astray misses its pairs with all other records of the "
        "child.",
        table(origins_of_all(worlds)),
        table([dict(row) for row in wide.to_dicts()]),
    ]
    return "\n\n".join(paragraphs) + "\n"


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
