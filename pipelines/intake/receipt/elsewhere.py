"""Lists of another authority: hardly a home in them is where the pupils of the rolls live.

Such a list breaks no rule of its own, and each of its children looks like one without a place. Only sources that say who
lives here are looked at: a source that shows places hides nobody by showing them to strangers.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from data_contracts.breach import Breach
from data_contracts.contract import Contract
from pipelines.intake.receipt.delivery import Delivery
from pipelines.intake.receipt.last_intake import LastIntake

ELSEWHERE = "list of elsewhere"
"""Name of the rule, as a breach shows it."""

ENOUGH_HOMES = 100
"""Fewest different postcodes, of the rolls and of a file: a share of fewer says nothing. So a list of families in one
hotel, where no pupil lives, is not taken for one of elsewhere."""

FEW = 0.05
"""Less than this share of a file's homes is hardly any. A list for a region that was not cut down has more."""

LEAST_PUPILS = 0.002
"""Least share of the rolls' homes for a postcode district to be one where pupils live; smaller ones are slips."""

_POSTCODE = r"^([A-Z]{1,2}[0-9][0-9A-Z]?[0-9][A-Z]{2})$"
"""Not :func:`matching.canonical.identifiers.canonical_postcode`, which corrects slips and takes six times as long: a
share needs no corrections."""
_NONE = pl.Series([], dtype=pl.String)


def lists_of_elsewhere(
    deliveries: Sequence[Delivery], contracts: Mapping[str, Contract], last: LastIntake
) -> dict[tuple[str, str], Breach]:
    """Source and file -> the breach of each delivery that is a list of elsewhere; empty if the rolls have too few homes.

    It depends on the rolls too: if pupils live in other districts than by last night's rolls, unchanged files are judged
    again as well. A roll of which nothing came counts as it last was.
    """
    lists = [d for d in deliveries if d.source in contracts and _tells_homes_alone(contracts[d.source])]
    rolls = [source for source, contract in contracts.items() if contract.is_roll]
    came = {source: [d.loaded for d in deliveries if d.source == source and d.loaded.height] for source in rolls}
    tonight = {source: pl.concat(own, how="diagonal") for source, own in came.items() if own}
    asked = [(d, d.loaded) for d in lists if d.loaded.height]
    standing = [d for d in lists if d.stands is not None] if tonight else []
    if not (asked or standing):  # and last night's rolls need not be read
        return {}
    before = {source: last.raw[source] for source in rolls if source in last.raw}
    here = _where_pupils_live(before | tonight, contracts)
    if standing and here != _where_pupils_live(before, contracts):
        asked += [(d, last.raw[d.source].filter(file_id=d.file_id)) for d in standing]
    judged = ((d, _judged(d.file, contracts[d.source], rows, here)) for d, rows in asked) if here else ()
    return {(delivery.source, delivery.file): breach for delivery, breach in judged if breach}


def of_elsewhere(
    rows: Mapping[str, pl.DataFrame], rolls: Mapping[str, pl.DataFrame], contracts: Mapping[str, Contract]
) -> frozenset[str]:
    """Those of these sources whose rows are a list of elsewhere, by the rows of the rolls."""
    here = _where_pupils_live(rolls, contracts)
    homes = {source: _homes(own, contracts[source], here) for source, own in rows.items()}
    return frozenset(source for source, counted in homes.items() if here and _are_elsewhere(*counted))


def _tells_homes_alone(contract: Contract) -> bool:
    """Whether a source says who lives here and shows nobody a place."""
    kinds = {statement.kind for statement in contract.says}
    return "lives_here" in kinds and "provision" not in kinds


def _where_pupils_live(rolls: Mapping[str, pl.DataFrame], contracts: Mapping[str, Contract]) -> frozenset[str]:
    """Postcode districts; empty if the rolls have too few homes."""
    pupils = pl.concat([_NONE, *(postcodes_in(rows, contracts[each]) for each, rows in rolls.items())]).drop_nulls()
    if pupils.n_unique() < ENOUGH_HOMES:
        return frozenset()
    return where_many_live(districts(pupils))


def where_many_live(of_pupils: pl.Series) -> frozenset[str]:
    """The districts in which pupils live, without slips. ``of_pupils``: the district of each pupil."""
    counted = of_pupils.alias("district").value_counts()
    return frozenset(counted.filter(pl.col("count") >= LEAST_PUPILS * len(of_pupils))["district"])


def _judged(file: str, contract: Contract, rows: pl.DataFrame, here: frozenset[str]) -> Breach | None:
    inside, homes = _homes(rows, contract, here)
    return _breach(file, contract, inside, homes) if _are_elsewhere(inside, homes) else None


def _homes(rows: pl.DataFrame, contract: Contract, here: frozenset[str]) -> tuple[int, int]:
    """How many different postcodes of a list are where pupils live, and how many different postcodes it has."""
    homes = postcodes_in(rows, contract).drop_nulls().unique()
    return int(districts(homes).is_in(here).sum()), len(homes)


def _are_elsewhere(inside: int, homes: int) -> bool:
    return homes >= ENOUGH_HOMES and inside < FEW * homes


def districts(postcodes: pl.Series) -> pl.Series:
    """The district of each postcode from :func:`postcodes_in`."""
    return postcodes.str.head(-3).alias("district")


def postcodes_in(rows: pl.DataFrame, contract: Contract) -> pl.Series:
    """The postcode of each row as its own column has it, without spaces; null if there is none."""
    columns = [
        column.name for column in contract.columns if column.maps_to == "postcode" and column.name in rows.columns
    ]
    plain = [pl.col(name).str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "") for name in columns]
    return rows.select(
        pl.coalesce([*(each.str.extract(_POSTCODE) for each in plain), pl.lit(None, pl.String)])
    ).to_series()


def _breach(file: str, contract: Contract, inside: int, homes: int) -> Breach:
    why = (
        f"Of its {homes:,} postcodes {inside:,} are in a district where pupils on the rolls live. It is probably another "
        "authority's list, and each of its children would look like one without a place."
    )
    fix = "Send the list of the authority whose rolls these are. If it is that one, check that the rolls are complete."
    return Breach.of_file(contract.id, file, ELSEWHERE, why, fix)
