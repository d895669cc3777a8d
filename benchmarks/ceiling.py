"""How much the records can tell about who still lives here: our estimate, which sees no label, against a learner that sees all.

    python benchmarks/ceiling.py [--world CHILDREN:SEED:ERRORS[:RATE] ...]

The children judged are those of compulsory school age without a place whom officers would look for, and those who moved away.
A learner (boosted trees) is given the truth about such children in all other worlds, made by the same generator, and everything
that the estimate reads: what each agency knows of a child and since when, how long ago it saw the child, how long the child has
been off roll, and the same for its household. Where the learner does no better, the records tell no more. In the third row it
is also given our estimate: that shows what labels for thousands of children, which no authority has, could still add.
The results go to ``benchmarks/results/ceiling.md``.
"""

import argparse
import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
from list import FOUR_IN_FIVE, World
from made_up_worlds import AS_AT, Figures, Night, night, table
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, log_loss

from pipelines.rank_settings import RankSettings
from pipelines.residence.evidence import Evidence, gather_evidence
from pipelines.residence.homes import with_homes
from pipelines.residence.mixture import living_here
from pipelines.residence.records import child_dates, record_dates
from pipelines.written_dates import day_written

Floats = NDArray[np.float64]

RESULTS = Path(__file__).parent / "results" / "ceiling.md"
WORLDS = (
    "20000:961:usual",
    "20000:962:rough",
    "20000:963:other_kinds",
    "20000:964:rough:0.004",
    "20000:965:usual:0.004",
    "20000:966:rough:0.02",
    "20000:967:rough:0.004",
    "20000:968:other_kinds:0.004",
)
LEARNERS = 4
"""How many learners, with different random seeds, are averaged."""
READ = ("state", "sighted_days", "begun_days")
SAYS_NOTHING = ("child", "truth", "world", "here", "ours", "gp_only")


def children_of(found: Night) -> pl.DataFrame:
    """One row is one child judged: ``truth``, ``here`` (whether a target), ``gp_only`` (known only to GP lists), ``ours``
    (our probability that it lives here), and the readings."""
    members, known = found.linked.child_records, found.known
    dates = child_dates(record_dates(known.statements, AS_AT), members)
    evidence = gather_evidence(dates, with_homes(known.person), found.provision, as_at=AS_AT)
    estimate = evidence.children.with_columns(ours=living_here(evidence))
    with_readings = _with_readings(estimate, evidence)
    whose = (
        members.join(found.true_child, on="record_id", validate="1:1")
        .group_by("child_id")
        .agg(truth=pl.col("truth").mode().min(), gp_only=pl.col("record_id").str.starts_with("health:").all())
    )
    true = found.made.children.select(
        truth="child_id", here=pl.col("target") == 1, gone=(pl.col("state") == "gone") & (pl.col("of_age") == 1)
    )
    judged = with_readings.join(whose, on="child_id", validate="1:1").join(true, on="truth", validate="m:1")
    asked = pl.col("place_probability").is_null() & (pl.col("age_group") == "of") & (pl.col("here") | pl.col("gone"))
    numbers = ["roll_ended_days", *with_readings.columns[len(estimate.columns) :]]
    return judged.filter(asked).select("truth", "here", "gp_only", "ours", pl.col(numbers).cast(pl.Float64))


def _with_readings(children: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """``children`` with the readings of each agency, then those of the household's other children."""
    wide = evidence.agencies.pivot("source", index="child", values=READ)
    joined = children.join(wide, on="child", how="left", validate="1:1")
    seen = evidence.agencies.group_by("child").agg(pl.col("sighted_days").min())
    others = joined.join(seen, on="child", how="left", validate="1:1").select(
        other="child", place=pl.col("place_probability").is_not_null(), off="roll_ended_days", seen="sighted_days"
    )
    is_open = ~pl.col("place")
    home = (
        evidence.families.join(others, on="other", validate="m:1")
        .group_by("child")
        .agg(
            others=pl.len(),
            others_with_place=pl.col("place").sum(),
            other_seen=pl.col("seen").filter(is_open).min(),
            other_off=pl.col("off").filter(is_open).min(),
        )
    )
    return joined.join(home, on="child", how="left", validate="1:1")


def learnt(readings: Floats, here: NDArray[np.bool_], world: NDArray[np.str_]) -> Floats:
    """Probability (0..1) that each child is here, by a learner that saw the truth of every other world."""
    chance = np.zeros(len(here))
    for name in np.unique(world):
        others, mine = world != name, world == name
        tells = [len(np.unique(column[np.isfinite(column)])) > 1 for column in readings[others].T]
        telling = readings[:, tells]
        for seed in range(LEARNERS):
            learner = HistGradientBoostingClassifier(
                max_iter=100,
                learning_rate=0.06,
                max_leaf_nodes=10,
                min_samples_leaf=25,
                l2_regularization=5.0,
                max_features=0.5,
                random_state=seed,
            )
            chance[mine] += learner.fit(telling[others], here[others]).predict_proba(telling[mine])[:, 1] / LEARNERS
    return chance


def figures(name: str, children: pl.DataFrame, chance: Floats) -> Figures:
    """How well ``chance`` tells who is here: over all worlds, and in as many rows of each world as our estimate lists."""
    judged = children.with_columns(chance=chance)
    settings, rows = RankSettings(), []
    for world in judged.partition_by("world"):
        here, chances = world["here"].to_numpy(), world["chance"].to_numpy()
        ordered = here[np.argsort(-chances, kind="stable")]
        rows_above = [int((world["ours"] >= cut).sum()) for cut in (settings.list_from, settings.check_from)]
        shares = [ordered[:row].sum() / here.sum() for row in rows_above]
        targets, gone = np.sort(chances[here]), world.filter(~pl.col("here") & pl.col("gp_only"))["chance"].to_numpy()
        below = 1 - np.searchsorted(targets, gone, side="right") / len(targets) >= FOUR_IN_FIVE
        rows.append((average_precision_score(here, chances), *shares, below.sum(), len(gone)))
    precision, listed, checked, below, gone = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return {
        "who judges": name,
        "log loss": float(log_loss(children["here"].to_numpy(), np.clip(chance, 0.001, 0.999))),
        "AP": float(precision.mean()),
        "found in the rows above 1 in 9": float(listed.mean()),
        "the worst world": float(listed.min()),
        "found in the rows above 1 in 21": float(checked.mean()),
        "its worst world": float(checked.min()),
        "moved away, below four in five": float(below.sum() / gone.sum()),
    }


def written(worlds: list[World], children: pl.DataFrame) -> str:
    """The page of results."""
    readings = children.drop(name for name in SAYS_NOTHING if name in children.columns).to_numpy()
    here, ours, world = (children[name].to_numpy() for name in ("here", "ours", "world"))
    odds = np.log(ours / (1 - ours))
    judges = {
        "our estimate, no label": ours,
        "a learner, the truth of all other worlds": learnt(readings, here, world),
        "the same, given our estimate too": learnt(np.column_stack([readings, odds]), here, world),
    }
    paragraphs = [
        "# What the records can tell of who still lives here",
        f"Children of compulsory school age without a place (targets, and those who moved away) on {len(worlds)} made-up "
        f"worlds as at {day_written(AS_AT)}; measured on {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()}, "
        "polars " + pl.__version__ + ". Run again: `python benchmarks/ceiling.py`. "
        f"{children.height:,} children, {int(here.sum()):,} of them here.",
        "The learner sees the truth of every world except the one it judges. *Found in the rows above*: the share of the "
        "targets among the likeliest children of each world, counting as many children as our estimate puts above that "
        "likelihood. *Moved away, below four in five*: of those gone whom only a GP still has, the share less likely than at "
        "least four in five targets.",
        table([figures(name, children, chance) for name, chance in judges.items()]),
        "Worlds: " + "; ".join(str(each) for each in worlds) + ".",
    ]
    return "\n\n".join(paragraphs) + "\n"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--world", type=World.named, action="append", help="CHILDREN:SEED:ERRORS[:RATE]")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    worlds, judged = given.world or [World.named(text) for text in WORLDS], []
    for world in worlds:
        with tempfile.TemporaryDirectory() as folder:
            judged.append(children_of(night(world.made(Path(folder)))).with_columns(world=pl.lit(str(world))))
        print(f"{world}: {judged[-1].height} children judged", flush=True)
    given.out.write_text(written(worlds, pl.concat(judged, how="diagonal")), encoding="utf-8")


if __name__ == "__main__":
    main()
