"""Made-up records for benchmarks of any size: a roll, and an agency's file in which three people in five are on the roll.

Names are made of syllables and drawn with Zipf frequencies; the agency's rows have slips, changed surnames, wrong birth dates,
old postcodes and gaps. Everything is drawn at random from a seed: none of these people has ever lived.
"""

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

Draw = np.random.Generator
Flags = NDArray[np.bool_]

FIRST_BIRTHDAY = date(2008, 1, 1)
BIRTHDAYS = 5_000
"""Days over which births are spread: about fourteen years, as among children."""
ON_ROLL = 0.6
"""Share of the agency's people who are on the roll."""

SOUNDS = (
    (
        "",
        "b",
        "br",
        "c",
        "ch",
        "d",
        "dr",
        "f",
        "g",
        "gr",
        "h",
        "j",
        "k",
        "l",
        "m",
        "n",
        "p",
        "r",
        "s",
        "sh",
        "st",
        "t",
        "v",
    ),
    ("a", "e", "i", "o", "u", "ai", "ee", "ou", "y"),
    ("", "n", "r", "l", "s", "t", "m", "th", "nd", "ck", "rd"),
)
"""How syllables begin, their vowels, and how names end."""


def invented_names(draw: Draw, many: int, syllables: tuple[int, int]) -> list[str]:
    """``many`` distinct names with ``syllables`` (fewest, most), commonest first."""
    onsets, vowels, endings = SOUNDS
    found: dict[str, None] = {}
    while len(found) < many:
        size = int(draw.integers(syllables[0], syllables[1] + 1))
        name = "".join(onsets[draw.integers(len(onsets))] + vowels[draw.integers(len(vowels))] for _ in range(size))
        name += endings[draw.integers(len(endings))]
        if len(name) > 2:
            found[name] = None
    return list(found)


def zipf(draw: Draw, values: int, many: int, flat: float) -> NDArray[np.int64]:
    """Indices of values, the first commonest; ``flat`` makes the commonest less dominant."""
    weights = 1 / (np.arange(values) + flat)
    return np.searchsorted(np.cumsum(weights / weights.sum()), draw.random(many)).clip(0, values - 1)


def _taken(values: list[str], codes: NDArray[np.int64]) -> pl.Series:
    return pl.Series(values, dtype=pl.String).gather(codes)


def people_of(draw: Draw, many: int) -> pl.DataFrame:
    """One row per person. Brothers and sisters share surname and postcode."""
    forenames, surnames = invented_names(draw, 6_000, (1, 3)), invented_names(draw, 60_000, (1, 4))
    sizes = draw.choice([1, 2, 3], many, p=[0.5, 0.35, 0.15])
    family = np.repeat(np.arange(many), sizes)[:many]
    sex = draw.integers(0, 2, many)
    forename = zipf(draw, len(forenames) // 2, many, 8.0) * 2 + sex
    home = draw.integers(0, max(many // 20, 1), many)[family]
    letter = pl.Series(list("ZYXWVUTS")).gather(home // 500_000 % 8)
    places = pl.DataFrame({"letter": letter, "home": home}).select(
        pl.concat_str("letter", pl.col("home") // 5_000 % 100).alias("district"),
        (pl.col("home") // 500 % 10).alias("sector"),
        (pl.col("home") % 500).alias("unit"),
    )
    born = pl.lit(FIRST_BIRTHDAY) + pl.duration(days="day")
    return places.select(
        pl.Series("person", np.arange(many)),
        _taken(forenames, forename).alias("forename"),
        _taken(surnames, zipf(draw, len(surnames), many, 25.0)[family]).alias("surname"),
        pl.DataFrame({"day": draw.integers(0, BIRTHDAYS, many)}).select(born.alias("date_of_birth"))["date_of_birth"],
        pl.Series(np.where(sex == 0, "F", "M").tolist()).alias("sex"),
        pl.concat_str("district", pl.lit(" "), "sector", pl.lit("U"), "unit").alias("postcode"),
    )


def _slip(draw: Draw, word: str) -> str:
    """The word with one letter wrong, added, left out, or swapped with its neighbour."""
    place, kind, letter = int(draw.integers(len(word))), int(draw.integers(4)), "aeiounrtslm"[draw.integers(11)]
    if kind == 0:
        return word[:place] + letter + word[place + 1 :]
    if kind == 1:
        return word[:place] + letter + word[place:]
    if kind == 2 and len(word) > 3:
        return word[:place] + word[place + 1 :]
    place = max(place, 1)
    return word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :]


def _hit(draw: Draw, many: int, rate: float) -> NDArray[np.int64]:
    return np.flatnonzero(draw.random(many) < rate)


def with_errors(draw: Draw, people: pl.DataFrame) -> pl.DataFrame:
    """People as the agency has them."""
    many = people.height
    columns = {name: people[name].clone() for name in people.columns}
    for name, rate in (("forename", 0.04), ("surname", 0.03)):
        rows = _hit(draw, many, rate)
        slipped = [_slip(draw, word) for word in columns[name].gather(rows).to_list()]
        columns[name] = columns[name].scatter(rows, pl.Series(slipped, dtype=pl.String))
    for name, rate in (("surname", 0.02), ("postcode", 0.1), ("date_of_birth", 0.004)):
        rows = _hit(draw, many, rate)
        columns[name] = columns[name].scatter(rows, people[name].gather(draw.integers(0, many, len(rows))))
    columns["date_of_birth"] = _dates_mistaken(draw, columns["date_of_birth"])
    for name, rate in (("forename", 0.005), ("sex", 0.02), ("postcode", 0.02), ("date_of_birth", 0.002)):
        columns[name] = columns[name].scatter(_hit(draw, many, rate), None)
    return pl.DataFrame(columns)


def _dates_mistaken(draw: Draw, dates: pl.Series) -> pl.Series:
    """Day and month swapped (1 in 100, where both make sense), or another day of the month (1 in 100)."""
    frame = pl.DataFrame({"date": dates, "day": draw.integers(1, 29, len(dates)), "luck": draw.random(len(dates))})
    date_ = pl.col("date")
    swapped = (pl.col("luck") < 0.01) & (date_.dt.day() <= 12)
    other = pl.date(date_.dt.year(), date_.dt.day().clip(1, 12), date_.dt.month())
    moved = pl.date(date_.dt.year(), date_.dt.month(), "day")
    mistaken = pl.when(swapped).then(other).when(pl.col("luck") > 0.99).then(moved).otherwise(date_)
    return frame.select(mistaken.alias("date_of_birth"))["date_of_birth"]


def records_of(seed: int, roll: int, agency: int) -> pl.DataFrame:
    """Roll and agency, one row per record, in random order.

    record_id (whole number), dataset, person (the truth), and the record's forename, surname, date_of_birth, dob (the date
    as text), sex, postcode, and the postcode's sector and district.
    """
    draw = np.random.default_rng(seed)
    shared = int(agency * ON_ROLL)
    people = people_of(draw, roll + agency - shared)
    order = draw.permutation(people.height)
    on_roll = people[order[:roll]].with_columns(pl.lit("roll").alias("dataset"))
    seen = with_errors(draw, people[order[roll - shared :]]).with_columns(pl.lit("agency").alias("dataset"))
    both = pl.concat([on_roll, seen])
    both = both[draw.permutation(both.height)].with_row_index("record_id")
    return both.with_columns(
        pl.col("date_of_birth").cast(pl.String).alias("dob"),
        pl.col("postcode").str.split("U").list.first().alias("sector"),
        pl.col("postcode").str.split(" ").list.first().alias("district"),
    )
