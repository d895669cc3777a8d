"""Twins: 200,000 children on a roll, 3 in 100 of them twins; 100,000 in an agency's file, half of them on the roll.

    python benchmarks/twins.py [--children 250000] [--seed 1] [--probability 0.95]

A false link hides a child behind a brother's or sister's school place. All names, dates and addresses are drawn at random.
"""

import argparse
import csv
import resource
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from matching.blocking import CHILD_BLOCKING_RULES, CHILD_TRAINING_RULES, BlockingRule
from matching.canonical.keys import with_keys
from matching.clustering.judge import Settings
from matching.commonness.households import Households
from matching.comparisons import CHILD_COMPARISONS
from matching.linkage import link_records
from matching.person import PERSON_RECORD

NAMES = Path(__file__).parent.parent / "apps" / "made_up" / "data" / "names.csv"
LETTERS = np.array(list("ABCDEFGHIKLMNOPRSTUW"))
Draw = np.random.Generator


def _names(part: str) -> list[str]:
    with NAMES.open(encoding="utf-8") as file:
        lists = [row["names"].split(";") for row in csv.DictReader(file) if row["part"] == part]
    plain = {"".join(letter for letter in name.upper() if "A" <= letter <= "Z") for names in lists for name in names}
    return sorted(plain - {""})


def _zipf(draw: Draw, values: list[str], many: int) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    weights = 1 / (np.arange(len(values)) + 20.0)  # the commonest about 1 in 80, like Smith among UK surnames
    order = draw.permutation(len(values))
    return np.array(values, dtype=object)[order][draw.choice(len(values), many, p=weights / weights.sum())]


def population(draw: Draw, children: int) -> pl.DataFrame:
    """Children in families, one row per child. ``twin``: a brother or sister has the same birth date."""
    stems = _names("stem")
    tails = ["TON", "FORD", "LEY", "WOOD", "WELL", "HAM", "WORTH", "BY", "MAN", "SON", "FIELD", "MORE"]
    surnames = _names("surname") + [stem + tail for stem in stems for tail in tails]
    sizes = draw.choice([1, 2, 3, 4, 5], children, p=[0.4, 0.38, 0.14, 0.06, 0.02])
    family = np.repeat(np.arange(children), sizes)[:children]
    first = np.r_[True, family[1:] != family[:-1]]
    born = draw.integers(0, 11 * 365, children)
    twin_of_previous = ~first & (draw.random(children) < 0.028)
    for twin in np.flatnonzero(twin_of_previous):
        born[twin] = born[twin - 1]
    male = draw.random(children) < 0.5
    boys, girls = _names("boy"), _names("girl")
    forename = np.where(male, _zipf(draw, _names("boy"), children), _zipf(draw, _names("girl"), children))
    for row in range(1, children):
        # No family gives two of its children the same name.
        while any(forename[row] == forename[k] and family[row] == family[k] for k in range(max(0, row - 4), row)):
            forename[row] = str(draw.choice(boys if male[row] else girls))
    place = draw.integers(0, children // 60, children)[family]
    house = draw.integers(1, 120, children)[family]
    middle = _zipf(draw, girls + boys, children)
    return pl.DataFrame(
        {
            "person": np.arange(children),
            "forename": forename.tolist(),
            "middle_names": [
                name if has else None for name, has in zip(middle, draw.random(children) < 0.6, strict=True)
            ],
            "surname": _zipf(draw, surnames, children)[family].tolist(),
            "date_of_birth": [date(2010, 9, 1) + timedelta(days=int(day)) for day in born],
            "sex": np.where(male, "M", "F"),
            "postcode": [
                f"ZA{p % 90 + 1}{p // 90 % 10}{chr(65 + p // 900 % 8)}{chr(65 + p // 7200 % 8)}" for p in place
            ],
            "house": house.astype(str),
            "street": [f"STREET {p}" for p in place],
            "twin": twin_of_previous | np.r_[twin_of_previous[1:], False],
        }
    )


def _slip(draw: Draw, word: str) -> str:
    place = int(draw.integers(0, len(word)))
    kind = draw.integers(0, 4)
    letter = str(draw.choice(LETTERS))
    if kind == 0:
        return word[:place] + letter + word[place + 1 :]
    if kind == 1:
        return word[:place] + letter + word[place:]
    if kind == 2 and len(word) > 2:
        return word[:place] + word[place + 1 :]
    return word[: max(place - 1, 0)] + word[max(place - 1, 0) : place + 1][::-1] + word[place + 1 :]


def with_errors(draw: Draw, people: pl.DataFrame) -> pl.DataFrame:
    """The children as the agency has them: slips in names, other surnames, wrong birth dates, old addresses, gaps."""
    columns = {name: people[name].to_list() for name in people.columns}
    many = people.height
    for name, rate in (("forename", 0.03), ("surname", 0.03)):
        for row in np.flatnonzero(draw.random(many) < rate):
            columns[name][row] = _slip(draw, columns[name][row])
    for row in np.flatnonzero(draw.random(many) < 0.015):
        columns["surname"][row] = columns["surname"][int(draw.integers(0, many))]
    for row in np.flatnonzero(draw.random(many) < 0.01):
        born = columns["date_of_birth"][row]
        swapped = born.day <= 12 and draw.random() < 0.5
        columns["date_of_birth"][row] = (
            born.replace(day=born.month, month=born.day) if swapped else born.replace(day=int(draw.integers(1, 29)))
        )
    for row in np.flatnonzero(draw.random(many) < 0.1):
        other = int(draw.integers(0, many))
        for name in ("postcode", "house", "street"):
            columns[name][row] = columns[name][other]
    for name, rate in (("middle_names", 0.5), ("sex", 0.02), ("postcode", 0.02), ("date_of_birth", 0.002)):
        for row in np.flatnonzero(draw.random(many) < rate):
            columns[name][row] = None
    return pl.DataFrame(columns, schema=people.schema, strict=False)


def records(draw: Draw, children: int) -> pl.DataFrame:
    """The roll (four in five children) and the agency's file (all the others, and a quarter of the roll)."""
    people = population(draw, children)
    on_roll = np.zeros(children, dtype=bool)
    on_roll[draw.permutation(children)[: children * 4 // 5]] = True
    also = np.flatnonzero(on_roll)[draw.permutation(int(on_roll.sum()))[: children // 5]]
    seen = np.zeros(children, dtype=bool)
    seen[also] = True
    roll = people.filter(pl.Series(on_roll)).with_columns(pl.lit("roll").alias("dataset"))
    roll = roll.with_columns(pl.concat_str(pl.lit("U"), "person").alias("upn"))
    agency = with_errors(draw, people.filter(pl.Series(seen | ~on_roll))).with_columns(
        pl.lit("agency").alias("dataset")
    )
    both = pl.concat([roll, agency], how="diagonal")
    given = pl.col("forename") + pl.col("middle_names").fill_null("")
    full = both.with_columns(
        pl.concat_str("dataset", "person", separator=":").alias("record_id"),
        given.alias("given_names"),
        pl.concat_list("surname").alias("surname_parts"),
        pl.lit([], dtype=pl.List(pl.String)).alias("other_surnames"),
        pl.concat_str("house", "street", separator=" ").alias("address"),
    )
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in PERSON_RECORD.items() if name not in full.columns]
    return full.with_columns(absent).sort("record_id")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=250_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--probability", type=float, default=0.95)
    given = parser.parse_args()
    table = records(np.random.default_rng(given.seed), given.children)
    began = time.perf_counter()
    found = link_records(
        with_keys(table.select(*PERSON_RECORD.names())),
        comparisons=CHILD_COMPARISONS,
        rules=CHILD_BLOCKING_RULES,
        training_rules=CHILD_TRAINING_RULES,
        dataset="dataset",
        households=Households(
            "dataset", "upn", (BlockingRule("home", ("surname", "dwelling")),), ("forename", "date_of_birth")
        ),
        settings=Settings(link_probability=given.probability, one_row_each=True),
    )
    seconds = time.perf_counter() - began
    links = pl.DataFrame({"label": found.labels, "person": table["person"], "twin": table["twin"]})
    links = (
        links.filter(pl.len().over("label") == 2)
        .group_by("label")
        .agg((pl.col("person").n_unique() > 1).alias("false"), pl.col("twin").any())
    )
    false, true = links.filter("false").height, links.filter(~pl.col("false")).height
    possible = int((table.group_by("person").len()["len"] == 2).sum())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{table.height:,} records, {int(found.scored.pairs_compared.sum()):,} pairs, {seconds:.0f} s, peak {peak:,} MB"
    )
    print(
        f"links {links.height:,}: false {false} ({false / links.height:.4%}), "
        f"with a twin {links.filter(pl.col('false') & pl.col('twin')).height}"
    )
    print(f"true links kept: {true:,} of {possible:,} ({true / possible:.3%})")


if __name__ == "__main__":
    main()
