"""Streets, buildings and dwellings of towns that do not exist (postcode areas ZA to ZC are not in use)."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from apps.made_up.draws import Dice, Numbers, Texts, column, only, pick, table, texts, words

UNIT_LETTERS = np.array(list("ABDEFGHJLNPQRSTUWXYZ"), dtype=object)
"""Letters in the second half of a postcode: never C I K M O V."""
FIRST_UPRN = 999_000_000_000
"""Far outside the ranges in use."""
HOMES_PER_FAMILY = 2.0


@dataclass(frozen=True)
class Places:
    """The dwellings, one per row, and which rows are of which kind."""

    dwellings: pl.DataFrame
    """saon, paon, street, street_type, town, postcode, uprn (null: not yet numbered), district (0, 1, ...)."""
    districts: int
    ordinary: Numbers
    """Rows of houses and flats."""
    rooms: Numbers
    """Rows of rooms in temporary accommodation; all rooms of one building share its UPRN."""
    plots: Numbers
    """Rows of pitches on caravan sites."""


def _postcodes(dice: Dice, district: Numbers, districts: int) -> Texts:
    """Give each building or stretch of street its own postcode in its district."""
    codes = np.empty(len(district), dtype=object)
    for number in range(districts):
        rows = np.flatnonzero(district == number)
        drawn = dice.permutation(4000)[np.arange(len(rows)) % 4000]
        out = f"Z{'ABC'[number % 3]}{number // 3 + 1}"
        codes[rows] = [f"{out} {n // 400}{UNIT_LETTERS[n // 20 % 20]}{UNIT_LETTERS[n % 20]}" for n in drawn]
    return codes


def _streets(dice: Dice, homes: int, districts: int) -> pl.DataFrame:
    """One row per street; no name twice in one district."""
    count = max(districts, homes // 34)
    stems, types = words("street"), words("type")
    district = np.sort(np.arange(count) % districts)
    turn = np.arange(count) - np.searchsorted(district, district)
    order = np.stack([dice.permutation(len(stems) * len(types)) for _ in range(districts)])
    name = order[district, turn % order.shape[1]]
    return table(
        {
            "district": district,
            "street": np.array(stems, dtype=object)[name // len(types)],
            "street_type": np.array(types, dtype=object)[name % len(types)],
            "town": np.array(words("town"), dtype=object)[district % len(words("town"))],
        }
    )


def _buildings(dice: Dice, streets: pl.DataFrame, homes: int) -> pl.DataFrame:
    """One row per building on a street; ``flats`` is 0 for a house. ``stretch`` numbers those that share a postcode."""
    per_street = max(2, homes * 80 // (100 * streets.height))
    street = np.repeat(np.arange(streets.height), per_street)
    number = np.tile(np.arange(1, per_street + 1), streets.height)
    is_block = dice.random(len(street)) < 0.02
    flats = np.where(is_block, dice.integers(4, 25, size=len(street)), 0)
    stretch = street * 10 + number // 16 + np.where(is_block, 5, 0)
    paon = number.astype(str).astype(object)
    chance = dice.random(len(street))
    paon[chance < 0.008] = paon[chance < 0.008] + "A"
    named = (chance > 0.992) & ~is_block
    paon[named] = pick(dice, words("cottage"), int(named.sum())) + " Cottage"
    block = is_block & (chance > 0.66)
    paon[block] = (
        pick(dice, words("block"), int(block.sum())) + " " + pick(dice, ["House", "Court", "Point"], int(block.sum()))
    )
    return table({"row": street, "paon": paon, "flats": flats, "stretch": stretch})


def _special(dice: Dice, streets: pl.DataFrame, count: int, units: int, kind: str) -> pl.DataFrame:
    """Hostels (``Room``) and caravan sites (``Plot``): many families at one building."""
    row = dice.integers(streets.height, size=count)
    name = pick(dice, words("block"), count) + (" Lodge" if kind == "Room" else " Caravan Site")
    return table(
        {
            "row": row,
            "paon": name,
            "flats": np.full(count, units),
            "stretch": 10**7 * (1 if kind == "Room" else 2) + np.arange(count),
        }
    )


def make_places(dice: Dice, families: int) -> Places:
    """Make towns with about two homes per family, because former tenants' homes are now other families' homes."""
    homes = int(families * HOMES_PER_FAMILY) + 60
    districts = int(np.clip(families // 1500 + 4, 4, 48))
    streets = _streets(dice, homes, districts)
    hostels = _special(dice, streets, families // 2500 + 1, 60, "Room")
    sites = _special(dice, streets, families // 3000 + 1, 24, "Plot")
    kinds = [(_buildings(dice, streets, homes), "Flat"), (hostels, "Room"), (sites, "Plot")]
    buildings = pl.concat([frame.with_columns(kind=pl.lit(kind)) for frame, kind in kinds])
    buildings = buildings.join(
        streets.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64)), on="row", maintain_order="left"
    )
    stretch = buildings["stretch"].rle_id().to_numpy().astype(np.int64)
    first = np.unique(stretch, return_index=True)[1]
    codes = _postcodes(dice, buildings["district"].to_numpy()[first], districts)
    buildings = buildings.with_columns(postcode=column(codes[stretch]))
    return _dwellings(dice, buildings, districts)


def _dwellings(dice: Dice, buildings: pl.DataFrame, districts: int) -> Places:
    units = np.maximum(buildings["flats"].to_numpy(), 1)
    building = np.repeat(np.arange(buildings.height), units)
    unit = np.arange(len(building)) - np.repeat(np.cumsum(units) - units, units) + 1
    kind = texts(buildings["kind"])[building]
    is_house = buildings["flats"].to_numpy()[building] == 0
    saon = only(~is_house, kind + " " + unit.astype(str).astype(object))
    number = FIRST_UPRN + dice.permutation(len(building)) * 7
    number = np.where(kind == "Room", number[np.searchsorted(building, building)], number)
    unnumbered = (dice.random(len(building)) < 0.06) | (kind == "Plot")
    uprn = only(~unnumbered, number.astype(str).astype(object))
    columns = ["paon", "street", "street_type", "town", "postcode", "district"]
    dwellings = buildings.select(columns)[building].with_columns(saon=column(saon), uprn=column(uprn))
    return Places(
        dwellings,
        districts,
        np.flatnonzero(kind == "Flat"),
        np.flatnonzero(kind == "Room"),
        np.flatnonzero(kind == "Plot"),
    )
