"""The numbers and names by which others refer to the schools of a roll."""

from collections.abc import Mapping

import polars as pl

from data_contracts.contract import Contract
from data_contracts.statement import Statement
from data_contracts.values import text_of
from pipelines.store import Store
from pipelines.tables import SCHOOL


def plain_number(text: pl.Expr) -> pl.Expr:
    """A number or name of a school as two are compared: letters and digits in lower case, without "school"; 889/4002 is
    8894002."""
    return text.str.to_lowercase().str.replace_all(r"\bschool\b|[^\p{L}\p{N}]", "")


def schools(store: Store, contracts: Mapping[str, Contract]) -> pl.DataFrame:
    """``SCHOOL`` of tonight's rows, for sources whose contract says ``place_also``."""
    found = [
        named_in(store.read_raw_columns(source, *columns), contract, statement)
        for source in store.raw_sources()
        for contract in [contracts[source]]
        for statement in contract.says
        if (columns := _columns(statement))
    ]
    return unambiguous_schools(pl.concat([SCHOOL.to_frame(), *found]))


def unambiguous_schools(named: pl.DataFrame) -> pl.DataFrame:
    """``SCHOOL`` without numbers and names that two schools have, as nobody can tell which of them is meant."""
    return named.unique().filter(pl.len().over("number") == 1).sort(SCHOOL.names())


def as_rolls_name_them(places: pl.DataFrame, schools: pl.DataFrame) -> pl.DataFrame:
    """``places`` with ``place`` as the school's roll names it, where it is one of the ways of ``SCHOOL`` to name a school, such
    as the number in an offer; any other stays as it is."""
    names = schools.select(_number="number", _name="place")
    known = places.with_columns(_number=plain_number(pl.col("place")))
    named = known.join(names, on="_number", how="left", validate="m:1", maintain_order="left")
    return named.with_columns(place=pl.coalesce("_name", "place")).drop("_number", "_name")


def named_in(rows: pl.DataFrame, contract: Contract, statement: Statement) -> pl.DataFrame:
    """``SCHOOL`` of some rows of a source, with each way of naming each school once."""
    texts = {name: text_of(contract.column_named[name]) for name in _columns(statement)}
    place = pl.coalesce([texts[name] for name in statement.place])
    written = [place, *(pl.concat_str([texts[name] for name in also]) for also in statement.place_also)]
    each = rows.unique().select(place=place, number=pl.concat_list(plain_number(text) for text in written))
    names = each.explode("number").drop_nulls().filter(pl.col("number") != "")
    return names.select("number", source=pl.lit(contract.id), place="place").cast(SCHOOL).unique()


def _columns(statement: Statement) -> list[str]:
    """The columns that name a school in some way, each once; empty if only its own name does."""
    also = [name for columns in statement.place_also for name in columns]
    return list(dict.fromkeys((*statement.place, *also))) if also else []
