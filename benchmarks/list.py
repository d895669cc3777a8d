"""The list compared with the truth on made-up authorities: is it worth an officer's morning?

    python benchmarks/list.py [--world CHILDREN:SEED:ERRORS[:RATE] ...]

A world is a number of children, a seed, the kind of errors (usual, rough, other_kinds) and the share of children of compulsory
school age who are truly missing education (if not given 0.015; England's published figure is 0.004). Each night runs in memory.
The results go to ``benchmarks/results/list.md``. None of the default worlds was looked at while anything was tuned.

A list of some hundred rows cannot show a calibration error of .02, because chance alone makes a larger one. So the lists of
each kind of errors are also compared with the truth together.
"""

import argparse
import math
import platform
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
from made_up_worlds import AS_AT, Figures, Night, night, table
from numpy.typing import NDArray

from apps.made_up.authority import MadeUp, make_authority
from apps.made_up.error_rates import ErrorRates
from apps.made_up.grade import first_rows, opened_until
from pipelines.listing.recalibration import ANSWER, fit_line, recalibrated
from pipelines.record_ids import source_of
from pipelines.written_dates import day_written

RESULTS = Path(__file__).parent / "results" / "list.md"
WORLDS = tuple(
    f"{children}:{drawn + seed}:{errors}"
    for children, errors, seeds in (
        (20_000, "usual", range(1, 6)),
        (20_000, "rough", range(11, 16)),
        (20_000, "other_kinds", range(21, 26)),
        (50_000, "usual:0.004", (31,)),
        (150_000, "usual:0.004", (32,)),
        (150_000, "rough:0.004", (33,)),
        (150_000, "other_kinds:0.004", (34,)),
    )
    for drawn in (2400, 2500)
    for seed in seeds
)
BINS, DRAWS = 10, 400
FOUR_IN_FIVE = 0.8
FOLLOW_UP = "follow up"
FOUND_FIRST = (0.25, 0.5, 0.8)


@dataclass(frozen=True)
class World:
    """One made-up authority."""

    children: int
    seed: int
    errors: str
    cme_rate: float | None

    @classmethod
    def named(cls, text: str) -> "World":
        """``CHILDREN:SEED:ERRORS[:RATE]``."""
        children, seed, errors, *rate = text.split(":")
        return cls(int(children), int(seed), errors, float(rate[0]) if rate else None)

    def made(self, folder: Path) -> MadeUp:
        """The authority, with its extracts and its truth, in a folder."""
        errors = getattr(ErrorRates, self.errors)()
        return make_authority(
            folder, children=self.children, seed=self.seed, as_at=AS_AT, cme_rate=self.cme_rate, errors=errors
        )

    def __str__(self) -> str:
        """The name of the world in the results."""
        rate = "" if self.cme_rate is None else f", {self.cme_rate:.1%} missing"
        return f"{self.children:,}, {self.errors.replace('_', ' ')} errors, seed {self.seed}{rate}"


def standing_of(found: Night) -> pl.DataFrame:
    """One row is one true child with at least one record.

    ``truth``, ``target``, ``twin``, ``missing``, ``gone`` (moved away, and of compulsory school age by birth date),
    ``gp_only`` (no record but health registrations), ``row`` (in the list by likelihood, from 1; null: not listed) and
    ``likelihood`` (of its likeliest row, listed or not; 0 if education explains every one).
    """
    ranked = found.ranked
    rows = ranked.candidates.sort("likelihood", descending=True, maintain_order=True).with_row_index("row", offset=1)
    both = pl.concat(
        [
            rows.select("row", "likelihood", "records"),
            ranked.explained.select(
                pl.lit(None, pl.UInt32).alias("row"), pl.col("likelihood").fill_null(0.0), "records"
            ),
        ]
    )
    held = both.with_columns(record_id=pl.col("records").str.split(";")).explode("record_id", empty_as_null=False)
    reached = held.join(found.true_child, on="record_id", validate="m:1")
    by_child = reached.group_by("truth").agg(pl.col("row").min(), pl.col("likelihood").max())
    source = source_of(pl.col("record_id"))
    known = found.true_child.group_by("truth").agg(gp_only=(source == "health").all())
    children = found.made.children.select(
        pl.col("child_id").alias("truth"),
        *(pl.col(name) == 1 for name in ("target", "twin")),
        missing=pl.col("true_cme") == 1,
        gone=(pl.col("state") == "gone") & (pl.col("of_age") == 1),
    )
    joined = known.join(children, on="truth", validate="1:1").join(by_child, on="truth", how="left", validate="1:1")
    return joined.with_columns(pl.col("likelihood").fill_null(0.0)).sort("truth")


def expected_error(likelihoods: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Expected calibration error, 0..1, in ten equal bins."""
    place = np.minimum(BINS - 1, (likelihoods * BINS).astype(int))
    return float(np.abs(np.bincount(place, likelihoods - right, minlength=BINS)).sum()) / max(1, len(likelihoods))


def floor_of(likelihoods: NDArray[np.float64]) -> tuple[float, float]:
    """The error by chance of a list whose likelihoods are all exactly right: the mean, and what one in twenty exceeds."""
    draw = np.random.default_rng(0)
    errors = [expected_error(likelihoods, draw.random(len(likelihoods)) < likelihoods) for _ in range(DRAWS)]
    return float(np.mean(errors)), float(np.quantile(errors, 0.95))


def said_and_right(found: Night, standing: pl.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The likelihoods of the list, descending, and whether each row is right: it has a target that no row above it has."""
    likelihoods = found.ranked.candidates["likelihood"].sort(descending=True).to_numpy()
    first = standing.filter("target")["row"].drop_nulls().unique()
    return likelihoods, np.isin(np.arange(1, len(likelihoods) + 1), first.to_numpy())


def calibration_figures(likelihoods: NDArray[np.float64], right: NDArray[np.bool_]) -> Figures:
    """How far likelihoods are from the truth, and how far they would be by chance alone."""
    floor, one_in_twenty = floor_of(likelihoods)
    return {
        "ECE": expected_error(likelihoods, right),
        "floor": floor,
        "one in twenty": one_in_twenty,
        "bias": float((likelihoods - right).mean()),
    }


def list_figures(found: Night, standing: pl.DataFrame) -> Figures:
    """The list compared with the truth, rows in descending likelihood."""
    candidates = found.ranked.candidates
    targets = standing.filter("target")
    listed = targets.drop_nulls("row")
    first = listed["row"].unique().sort()
    rows = candidates.sort("likelihood", descending=True, maintain_order=True)
    likelihoods, right = said_and_right(found, standing)
    follow = (rows["lane"] == FOLLOW_UP).to_numpy()
    twins, missing = targets.filter("twin"), targets.filter("missing")
    return {
        "rows": rows.height,
        "targets": targets.height,
        "recall": listed.height / max(1, targets.height),
        "rows per target": rows.height / max(1, listed.height),
        "follow-up rows per target": float(follow.sum() / max(1, (follow & right).sum())),
        "AP": float((np.arange(1, len(first) + 1) / first.to_numpy()).sum()) / max(1, targets.height),
        **calibration_figures(likelihoods, right),
        "twins listed": f"{twins['row'].count()} of {twins.height}",
        "rows per child missing": rows.height / max(1, missing["row"].count()),
        **opened_figures(found, missing["truth"]),
    }


def opened_figures(found: Night, missing: pl.Series) -> Figures:
    """How many rows are opened, from rank 1 on, until some of the children truly missing education have been found; each as
    rows for every one of them. ``missing``: the true children; those on no list are not waited for."""
    first = first_rows(found.ranked.candidates, found.true_child.select("record_id", true_child="truth"))
    rows = first.filter(pl.col("true_child").is_in(missing.implode()))["row"]
    return {
        f"rows per child, first {share:.0%}": opened_until(rows, share) / max(1, math.ceil(share * len(rows)))
        for share in FOUND_FIRST
    }


def moved_away_figures(standing: pl.DataFrame) -> Figures:
    """Do children who moved away, and are still on a GP's list and no other, rank below four in five of the targets?

    Ranked by likelihood, whether listed or not. A child ranks below a target if its likelihood is lower.
    """
    targets = standing.filter("target")["likelihood"].sort().to_numpy()
    gone = standing.filter(pl.col("gone") & pl.col("gp_only"))
    above = 1 - np.searchsorted(targets, gone["likelihood"].to_numpy(), side="right") / max(1, len(targets))
    return {
        "moved away, GP only": gone.height,
        "below four in five of the targets": float((above >= FOUR_IN_FIVE).mean()) if gone.height else 1.0,
        "targets above, the middle one": float(np.median(above)) if gone.height else 1.0,
        "targets above, the worst in twenty": float(np.quantile(above, 0.05)) if gone.height else 1.0,
        "on the list": int(gone["row"].count()),
    }


def recalibrated_figures(found: Night, standing: pl.DataFrame) -> Figures:
    """What outcomes for the first half of the list, by rank, teach about the likelihood of the other half.

    Officers are supposed to find the truth about every row that they open.
    """
    first = standing.filter("target").drop_nulls("row")["row"]
    rows = found.ranked.candidates.sort("likelihood", descending=True, maintain_order=True).with_row_index(
        "row", offset=1
    )
    known = rows.with_columns(is_missing=pl.col("row").is_in(first.implode()), opened_on=pl.lit(AS_AT))
    opened, rest = known.sort("rank").head(rows.height // 2), known.sort("rank").tail(rows.height - rows.height // 2)
    line = fit_line(opened.select(published="likelihood", **{name: name for name in ANSWER if name != "published"}))
    if isinstance(line, str):
        return {"opened": opened.height, "taught": line.partition(". ")[0], "ECE of the rest": "–", "recalibrated": "–"}
    likelihoods, right = rest["estimated"].to_numpy(), rest["is_missing"].to_numpy()
    again = rest.select(recalibrated(pl.col("estimated"), line.line)).to_series().to_numpy()
    return {
        "opened": opened.height,
        "taught": f"slope {line.line.slope:g}, shift {line.line.shift:g}",
        "ECE of the rest": expected_error(likelihoods, right),
        "recalibrated": expected_error(again, right),
    }


@dataclass(frozen=True)
class Measured:
    """What the list of one world shows."""

    world: World
    listed: Figures
    moved: Figures
    taught: Figures
    said: NDArray[np.float64]
    right: NDArray[np.bool_]
    standing: pl.DataFrame


def measured(world: World, folder: Path) -> Measured:
    """Make one world, run its night, compare its list with the truth."""
    made = world.made(folder)
    began = time.process_time()
    found = night(made)
    without = f" (without {', '.join(found.refused)})" if found.refused else ""
    name: Figures = {"world": f"{world}{without}"}
    standing = standing_of(found)
    shown = Measured(
        world,
        name | list_figures(found, standing),
        name | moved_away_figures(standing),
        name | recalibrated_figures(found, standing),
        *said_and_right(found, standing),
        standing,
    )
    print(f"{time.process_time() - began:.0f} CPU s, {shown.listed}, {shown.moved}, {shown.taught}", flush=True)
    return shown


def together(lists: list[Measured]) -> list[Figures]:
    """The lists of all worlds with one kind of errors, compared with the truth as one: one row per kind of errors."""
    figures: list[Figures] = []
    for errors in dict.fromkeys(each.world.errors for each in lists):
        alike = [each for each in lists if each.world.errors == errors]
        likelihoods = np.concatenate([each.said for each in alike])
        right = np.concatenate([each.right for each in alike])
        targets = pl.concat([each.standing.filter("target") for each in alike])
        twins = targets.filter("twin")
        name: Figures = {"errors": errors.replace("_", " "), "worlds": len(alike), "rows": len(likelihoods)}
        figures.append(
            name
            | {"targets": targets.height, "recall": targets["row"].count() / max(1, targets.height)}
            | calibration_figures(likelihoods, right)
            | {"twins listed": f"{twins['row'].count()} of {twins.height}"}
        )
    return figures


def written(lists: list[Measured]) -> str:
    """The page of results."""
    paragraphs = [
        "# The list, compared with the truth",
        f"Made-up authorities as at {day_written(AS_AT)}, whole nights in memory, default settings; measured on "
        f"{datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()}, polars {pl.__version__}. Run again: "
        "`python benchmarks/list.py`. Nothing was chosen by looking at any world here.",
        "Rows are in descending likelihood. A row is right if it holds a target (of compulsory school age, living here, known "
        "to an agency, in no extract's education) that no row above it holds. AP: average precision of that order. ECE: "
        "expected calibration error of the likelihood, in ten bins; *floor*: what a list with the same likelihoods would "
        "have on average if each of them were exactly right; *one in twenty*: what one such list in twenty exceeds. Bias: mean "
        "likelihood minus the share that is right. The last columns are the effort: rows for each child truly missing "
        "education, of the whole list, and, opened from rank 1 on, until a share of those children is found.",
        "*Without*: sources whose file was refused because too many of its rows broke a rule.",
        table([each.listed for each in lists]),
        "## All lists with one kind of errors together",
        "In one list of a few hundred rows, chance alone makes an error above .02 (see *floor*). Here all lists with one kind "
        "of errors are compared with the truth as if they were one:",
        table(together(lists)),
        "## Children who moved away",
        "Children of compulsory school age by their birth date who have gone and are still on a GP's list and on no other. "
        "*Below four in five of the targets*: the share of them whose likelihood is lower than that of at least four in five "
        "targets, listed or not. *Targets above*: the share of the targets with a higher likelihood than the child.",
        table([each.moved for each in lists]),
        "## What officers' outcomes correct",
        "Officers open the first half of the list by rank and find the truth about each row. The line fitted to that "
        "(`rollcall tune --from-outcomes`) is applied to the other half, from which nothing was learnt. "
        "The command itself refuses if more than a third of the list is below nine in ten of the answers. ECE as above.",
        table([each.taught for each in lists]),
    ]
    return "\n\n".join(paragraphs) + "\n"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--world", type=World.named, action="append", help="CHILDREN:SEED:ERRORS[:RATE]")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    worlds = given.world or [World.named(text) for text in WORLDS]
    with tempfile.TemporaryDirectory() as folder:
        lists = [measured(world, Path(folder) / str(world.seed)) for world in worlds]
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_text(written(lists), encoding="utf-8")


if __name__ == "__main__":
    main()
