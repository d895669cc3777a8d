"""Accuracy on a public benchmark: 50,578 records of 5,156 historical people with errors.

    python benchmarks/historical_50k.py --data historical_50k.parquet --out clusters.csv

Writes unique_id, cluster_id. No label is read for linking; if the file has the true person (``cluster``), the figures are
printed at the end.
"""

import argparse
import resource
import time
from pathlib import Path

import polars as pl

from matching.blocking import BlockingRule
from matching.canonical.names import skeleton_key, variant_groups
from matching.clustering.judge import Settings
from matching.comparisons import Comparison, Level, exact, missing, otherwise
from matching.linkage import Linkage, link_records
from matching.pair_tests.date_similarity import (
    DayAndMonthSwapped,
    DigitsTransposed,
    FirstOfJanuary,
    OneDigitApart,
    SameDayAndMonth,
    SameYear,
    SameYearAndDay,
    SameYearAndMonth,
)
from matching.pair_tests.similarity import Equal, SharesAny, Swapped, either
from matching.pair_tests.word_similarity import JaroWinklerAtLeast, WithinEdits
from matching.quality.accuracy import pairwise

COMPARISONS = (
    Comparison(
        "forename",
        (
            missing("first_name"),
            exact("first_name"),
            Level("swapped", Swapped("first_name", "surname")),
            Level("short or variant form", SharesAny("forename_groups")),
            Level("one slip", either(WithinEdits("first_name", 1, shortest=4), JaroWinklerAtLeast("first_name", 0.92))),
            Level("another of the names", SharesAny("names", "first_name")),
            Level("alike", JaroWinklerAtLeast("first_name", 0.8)),
            otherwise(),
        ),
    ),
    Comparison(
        "surname",
        (
            missing("surname"),
            Level("swapped, weighed with the forename", Swapped("first_name", "surname"), says_nothing=True),
            exact("surname"),
            Level("one slip", either(WithinEdits("surname", 1, shortest=4), JaroWinklerAtLeast("surname", 0.92))),
            Level("another of the names", SharesAny("names", "surname")),
            Level("alike", JaroWinklerAtLeast("surname", 0.82)),
            otherwise(),
        ),
    ),
    Comparison(
        "birth",
        (
            missing("born"),
            exact("born"),
            Level("day and month swapped", DayAndMonthSwapped("born")),
            Level("one digit apart", OneDigitApart("born")),
            Level("two digits transposed", DigitsTransposed("born")),
            Level("1 January", FirstOfJanuary("born")),
            Level("same day", SameDayAndMonth("born")),
            Level("same month", either(SameYearAndMonth("born"), SameYearAndDay("born"))),
            Level("same year", SameYear("born")),
            otherwise(),
        ),
    ),
    Comparison(
        "birth place",
        (
            missing("birth_place"),
            exact("birth_place"),
            Level("alike", JaroWinklerAtLeast("birth_place", 0.9)),
            otherwise(),
        ),
    ),
    Comparison(
        "postcode",
        (
            missing("postcode"),
            exact("postcode"),
            Level("one slip", WithinEdits("postcode", 1)),
            Level("same district", Equal("district"), frequency_of="district"),
            otherwise(),
        ),
    ),
    Comparison("occupation", (missing("occupation"), exact("occupation"), otherwise())),
    Comparison("gender", (missing("gender"), Level("same", Equal("gender")), otherwise())),
)

RULES = (
    BlockingRule("surname and birth", ("surname_key", "born")),
    BlockingRule("forename and birth", ("forename_key", "born")),
    BlockingRule("variant of forename and birth", ("forename_groups", "born")),
    BlockingRule("both names", ("forename_key", "surname_key"), ("birth_place", "occupation")),
    BlockingRule("postcode", ("postcode",)),
    BlockingRule("district and birth", ("district", "born")),
    BlockingRule("district and surname", ("district", "surname_key")),
    BlockingRule("district and forename", ("district", "forename_key"), ("occupation",)),
    BlockingRule("surname and birth place", ("surname_key", "birth_place"), ("occupation",)),
    BlockingRule("surname and occupation", ("surname_key", "occupation"), ("forename_initial",)),
    BlockingRule("two of the names", ("name_pairs",), ("birth_place",)),
    BlockingRule("a name and birth", ("names", "born")),
    BlockingRule("a name and district", ("names", "district"), ("birth_place",)),
    BlockingRule("forename, birth place, occupation", ("forename_key", "birth_place", "occupation"), ("birth_year",)),
    BlockingRule("birth, birth place", ("born", "birth_place")),
    BlockingRule("birth, occupation", ("born", "occupation")),
)

TRAINING_RULES = (
    BlockingRule("surname and birth", ("surname_key", "born"), settles=("surname",)),
    BlockingRule("both names", ("forename_key", "surname_key"), ("birth_place",), settles=("forename", "surname")),
    BlockingRule("forename and birth", ("forename_key", "born"), settles=("forename",)),
    BlockingRule("postcode", ("postcode",)),
)


def prepared(data: pl.DataFrame) -> pl.DataFrame:
    """Keys and lists made from the file's own columns."""
    words = pl.col("full_name").str.replace_all(r"[^a-z ]", " ").str.split(" ")
    useful = (
        words.list.eval(pl.element().filter(pl.element().str.len_chars() > 3))
        .list.unique(maintain_order=True)
        .list.sort()
    )
    frame = data.with_columns(
        pl.col("dob").str.to_date("%Y-%m-%d", strict=False).alias("born"),
        pl.col("postcode_fake").str.replace_all(" ", "").alias("postcode"),
        pl.col("postcode_fake").str.split(" ").list.first().alias("district"),
        useful.fill_null([]).alias("names"),
        pl.col("first_name").str.slice(0, 1).alias("forename_initial"),
        pl.col("dob").str.slice(0, 4).alias("birth_year"),
    )
    pairs = [
        [f"{a}|{b}" for place, a in enumerate(names) for b in names[place + 1 :]] if len(names) <= 5 else []
        for names in frame["names"].to_list()
    ]
    upper = frame["first_name"].str.to_uppercase()
    groups = variant_groups(upper.fill_null("")).list.eval(pl.lit("v") + pl.element().cast(pl.String))
    return frame.with_columns(
        pl.Series("name_pairs", pairs, dtype=pl.List(pl.String)),
        groups.fill_null([]).alias("forename_groups"),
        skeleton_key(upper).alias("forename_key"),
        skeleton_key(frame["surname"].str.to_uppercase()).alias("surname_key"),
    )


def linked(data: pl.DataFrame, probability: float) -> Linkage:
    """Link the file's records."""
    return link_records(
        prepared(data),
        comparisons=COMPARISONS,
        rules=RULES,
        training_rules=TRAINING_RULES,
        settings=Settings(link_probability=probability),
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--probability", type=float, default=0.5)
    given = parser.parse_args()
    data = pl.read_parquet(given.data)
    began = time.perf_counter()
    found = linked(data, given.probability)
    seconds = time.perf_counter() - began
    pl.DataFrame({"unique_id": data["unique_id"], "cluster_id": found.labels}).write_csv(given.out)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{data.height:,} records, {int(found.scored.pairs_compared.sum()):,} pairs, {seconds:.1f} s, peak {peak:,} MB"
    )
    if "cluster" in data.columns:
        measured = pairwise(pl.Series(found.labels), data["cluster"])
        print(
            f"pairs put together: precision {measured.precision:.4f}, recall {measured.recall:.4f}, F1 {measured.f1:.4f}"
        )


if __name__ == "__main__":
    main()
