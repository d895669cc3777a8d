"""Scoring divided into buckets that read and write Parquet, for use on several machines.

A bucket is one blocking rule and one range of its keys. Its file holds everything needed to score it (the records that meet
in it, their keys under this rule and the earlier ones). It can be scored by any machine that sees the folder, in any order,
and again if a machine was lost. Together the buckets give what :func:`matching.scoring.score.score_pairs` gives, to the bit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matching.blocking import Plan
from matching.commonness.frequencies import HeldFrequencies
from matching.comparisons import Comparison, columns_read
from matching.in_numbers.arrays import Rows
from matching.in_numbers.blocks import NO_KEY, BlockingRule, Keys, Tables, blocks_between
from matching.in_numbers.encode import encode
from matching.in_numbers.sorting import order_of
from matching.scoring.score import Scored, Scorer, score_pairs
from matching.weights.model import read_model, write_model

PAIRS_IN_BUCKET = 5_000_000
"""Pairs to compare in one bucket: some seconds of work, and a few hundred megabytes at most."""

MODEL, FREQUENCIES = "model.toml", "frequency-"

Run = Callable[[Path, Sequence[str]], None]
"""Scores the named buckets of a folder, anywhere and in any order; returns once all are scored."""


@dataclass(frozen=True)
class Buckets:
    """How a table is scored in buckets."""

    folder: Path
    """An empty folder that every scoring machine can read and write. It holds personal data until it is removed."""
    run: Run
    pairs: int = PAIRS_IN_BUCKET

    def scored(self, table: pl.DataFrame, scorer: Scorer, plan: Plan, floor: float) -> Scored:
        """Every pair of a plan worth at least ``floor`` bits, as :func:`matching.scoring.score.score_pairs` gives them.

        ``table``: the records that ``scorer`` and ``plan`` were made from, in the same order.
        """
        names = write_buckets(self.folder, table, scorer, plan, floor=floor, pairs=self.pairs)
        self.run(self.folder, names)
        return gathered(self.folder, names, plan, table.height)


def write_buckets(
    folder: Path, table: pl.DataFrame, scorer: Scorer, plan: Plan, *, floor: float, pairs: int
) -> list[str]:
    """Write one file per bucket of about ``pairs`` pairs, and what all buckets share. Returns the buckets' names."""
    write_model(scorer.model, folder / MODEL)
    for column, found in scorer.frequencies.items():
        held = HeldFrequencies.of(found, scorer.table)
        shared = pl.DataFrame({"value": held.values, "bits": held.bits})
        shared.write_parquet(folder / f"{FREQUENCIES}{column}.parquet", metadata={"rarest": repr(held.rarest)})
    columns = table.select(list(dict.fromkeys([*columns_read(scorer.model.comparisons), *scorer.frequencies])))
    names = []
    for number, blocks in enumerate(plan.blocks):
        parts = max(1, -(-blocks.pairs // pairs))
        part_of = blocks.keys[blocks.order, blocks.slots] % parts
        for part in range(parts):
            rows = np.unique(blocks.order[part_of == part])
            if len(rows):
                names.append(f"rule-{number:02}-part-{part:05}")
                meets = (blocks.keys[rows] % parts == part) & (blocks.keys[rows] != NO_KEY)
                frame = pl.concat([_placed(plan, number, rows, meets), columns[rows]], how="horizontal")
                frame.write_parquet(folder / f"{names[-1]}.parquet", metadata={"floor": repr(floor)})
    return names


def _placed(plan: Plan, number: int, rows: Rows, meets: NDArray[np.bool_]) -> pl.DataFrame:
    """For the rows of one bucket: their numbers, which of their keys are the bucket's, and their keys under each rule."""
    columns: dict[str, pl.Series] = {_name("row"): pl.Series(rows), _name("meets"): _listed(meets)}
    for earlier, blocks in enumerate(plan.blocks[: number + 1]):
        columns[_name(f"keys {earlier}")] = _listed(blocks.keys[rows])
        if blocks.one_side is not None:
            columns[_name(f"side {earlier}")] = pl.Series(blocks.one_side[rows])
    if plan.between is not None:
        columns[_name("table")] = pl.Series(plan.between[rows])
    return pl.DataFrame(columns)


def _name(column: str) -> str:
    """Name of a column that the bucket adds to those of the table."""
    return f"bucket: {column}"


def _listed(matrix: NDArray[np.generic]) -> pl.Series:
    return pl.Series(np.ascontiguousarray(matrix)).arr.to_list()


def score_bucket(folder: Path, name: str, comparisons: Sequence[Comparison]) -> int:
    """Score one bucket and write its pairs beside it, whole or not at all. Returns how many pairs are kept.

    A bucket already scored is left as it is, so that after a machine is lost only its own buckets are scored again.
    """
    done = folder / f"{name}.scored.parquet"
    if done.exists():
        return int(pl.read_parquet_metadata(done)["kept"])
    given, metadata = pl.read_parquet(folder / f"{name}.parquet"), pl.read_parquet_metadata(folder / f"{name}.parquet")
    model = read_model(folder / MODEL, comparisons)
    encoded = encode(given, [column for column in given.columns if not column.startswith(_name(""))])
    scorer = Scorer.of(model, encoded, _frequencies(folder))
    scored = score_pairs(scorer, _plan(given, _rule(name)), float(metadata["floor"]))
    rows = given[_name("row")].to_numpy()
    kept = pl.DataFrame(
        {"left": rows[scored.left], "right": rows[scored.right], "pattern": scored.pattern, "weight": scored.weight}
    )
    waiting = done.with_suffix(".waiting")
    kept.write_parquet(waiting, metadata={"looked_at": str(int(scored.pairs_compared.sum())), "kept": str(kept.height)})
    waiting.replace(done)
    return kept.height


def _frequencies(folder: Path) -> dict[str, HeldFrequencies]:
    frequencies = {}
    for path in sorted(folder.glob(f"{FREQUENCIES}*.parquet")):
        held = pl.read_parquet(path)
        rarest = float(pl.read_parquet_metadata(path)["rarest"])
        frequencies[path.stem.removeprefix(FREQUENCIES)] = HeldFrequencies(
            held["value"], held["bits"].to_numpy(), rarest
        )
    return frequencies


def _rule(name: str) -> int:
    """Number of the bucket's rule, from the bucket's name."""
    return int(name.split("-")[1])


def _plan(given: pl.DataFrame, rule: int) -> Plan:
    """The bucket's rule with the bucket's blocks, after the earlier rules, whose pairs do not belong to it."""
    between = given[_name("table")].to_numpy() if _name("table") in given.columns else None
    tables = Tables.of(between)
    blocks = []
    for number in range(rule + 1):
        keys: Keys = _matrix(given[_name(f"keys {number}")])
        side = given[_name(f"side {number}")].to_numpy() if _name(f"side {number}") in given.columns else None
        meets = _matrix(given[_name("meets")]) if number == rule else np.zeros(keys.shape, dtype=bool)
        blocks.append(blocks_between(BlockingRule(str(number), ()), keys, side, meets, tables))
    return Plan(tuple(blocks), between)


def _matrix(column: pl.Series) -> NDArray[Any]:
    """A column of lists of equal length as an array, rows x that length."""
    return column.list.to_array(len(column[0])).to_numpy()


def gathered(folder: Path, names: Sequence[str], plan: Plan, height: int) -> Scored:
    """The pairs of all buckets, in the order of rows. Raises FileNotFoundError if a bucket was not scored."""
    pairs_compared = np.zeros(len(plan.blocks), dtype=np.int64)
    pieces = [
        pl.DataFrame(
            schema={"left": pl.Int32, "right": pl.Int32, "pattern": pl.Int64, "weight": pl.Float64, "rule": pl.Int16}
        )
    ]
    for name in names:
        done, rule = folder / f"{name}.scored.parquet", _rule(name)
        pairs_compared[rule] += int(pl.read_parquet_metadata(done)["looked_at"])
        pieces.append(pl.read_parquet(done).with_columns(rule=pl.lit(rule, pl.Int16)))
    pairs = pl.concat(pieces)
    pairs = pairs[order_of(pairs["left"].to_numpy() * np.int64(height) + pairs["right"].to_numpy())]
    columns = {name: pairs[name].to_numpy() for name in ("left", "right", "pattern", "weight", "rule")}
    return Scored(**columns, pairs_compared=pairs_compared)
