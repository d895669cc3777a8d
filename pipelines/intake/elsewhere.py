"""Lists of another authority: hardly a home in them is where the pupils of the rolls live.

Such a list breaks no rule of its own, and each of its children looks like one without a place. Only sources that say who
lives here are looked at: what shows a place hides nobody by showing it to strangers.
"""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from data_contracts.breach import Breach
from data_contracts.contract import Contract

ELSEWHERE = "list of elsewhere"
"""Name of the rule, as a breach shows it."""

ENOUGH_HOMES = 100
"""Different postcodes, of the rolls and of a file: of fewer a share says nothing. So a list of families in one hotel, where no
pupil lives, is none of elsewhere."""

FEW = 0.05
"""Less than this share of a file's homes is hardly any. Of a list for a region that was not cut down it is more."""

LEAST_PUPILS = 0.002
"""Share of the rolls' homes from which on a postcode district is one where pupils live; below it stand slips."""

_POSTCODE = r"^([A-Z]{1,2}[0-9][0-9A-Z]?[0-9][A-Z]{2})$"
_NONE = pl.Series([], dtype=pl.String)


def lists_of_elsewhere(
    files: Sequence[tuple[str, Contract, pl.DataFrame]],
    rolls: Mapping[str, pl.DataFrame],
    contracts: Mapping[str, Contract],
) -> Iterator[Breach]:
    """The breach of each of ``files`` (name, contract and loaded rows) that is a list of elsewhere.

    ``rolls``: the rows of each source that is a roll. None is told without rolls that have homes enough.
    """
    pupils = pl.concat([_NONE, *(_postcodes(rows, contracts[each]) for each, rows in rolls.items())])
    if pupils.n_unique() < ENOUGH_HOMES:
        return
    counted = _districts(pupils).value_counts()
    here = counted.filter(pl.col("count") >= LEAST_PUPILS * len(pupils))["district"]
    for name, contract, rows in files:
        kinds = {said.kind for said in contract.says}
        homes = (_postcodes(rows, contract) if "lives_here" in kinds and "provision" not in kinds else _NONE).unique()
        inside = int(_districts(homes).is_in(here.implode()).sum())
        if len(homes) >= ENOUGH_HOMES and inside < FEW * len(homes):
            yield _breach(name, contract, inside, len(homes))


def _districts(postcodes: pl.Series) -> pl.Series:
    return postcodes.str.head(-3).alias("district")


def _postcodes(rows: pl.DataFrame, contract: Contract) -> pl.Series:
    """The postcode of each row that has one, as it is written in its own column, without blanks."""
    columns = [
        column.name for column in contract.columns if column.maps_to == "postcode" and column.name in rows.columns
    ]
    plain = [pl.col(name).str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "") for name in columns]
    return pl.concat([_NONE, *(rows.select(each.str.extract(_POSTCODE)).to_series() for each in plain)]).drop_nulls()


def _breach(file: str, contract: Contract, inside: int, homes: int) -> Breach:
    return Breach(
        contract.id, file, None, None, ELSEWHERE, "file",
        f"Of its {homes:,} postcodes {inside:,} are in a district where pupils of the rolls live. It is "
        "probably the list of another authority, and each of its children would look like one without a place.",
        "Send the list of the authority whose rolls these are. Where it is that one, look whether the rolls are whole.",
    )  # fmt: skip
