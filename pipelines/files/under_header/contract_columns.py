"""Rows by position -> rows by the columns of their contract, with the keys that are made for a file without them."""

from hashlib import blake2b

import polars as pl

from data_contracts.contract import Contract
from data_contracts.parts import Column
from pipelines.files.headers.match import MatchedHeaders
from pipelines.files.rows import Fault
from pipelines.files.under_header.entries_of_a_child import entries_of_a_child
from pipelines.files.under_header.said_once import fill_dittos, fill_from_above, without_further_contacts


def by_contract(
    rows: pl.DataFrame, matched: MatchedHeaders, contract: Contract, *, is_whole: bool
) -> tuple[pl.DataFrame, list[Fault]]:
    """Rows with our column names instead of positions, in the contract's order; a column that the file lacks is empty text,
    or what the file is called (``ofFile``), or what stands for it (``absentAs``, ``absentLike``).

    If the file has no key, one is made of the child's number and other columns. For a row without that number, as of a child
    who is new to the country, it is worked out from who the child is. The faults say what was read by the rows beside it.
    """
    named = rows.select("line", *(_cells(column, matched, contract).alias(column.name) for column in contract.columns))
    named, further = without_further_contacts(named, matched.headers)
    named, dittos = fill_dittos(named, matched.headers, contract)
    named, said_once = fill_from_above(named, matched.headers, contract) if is_whole else (named, [])
    keyed = _with_made_keys(named, matched, contract) if matched.key_from else named
    keyed, entries = entries_of_a_child(keyed, matched, contract)
    return keyed, [*further, *dittos, *said_once, *entries]


def _cells(column: Column, matched: MatchedHeaders, contract: Contract) -> pl.Expr:
    """A column of the contract, from rows by position."""
    if column.name in matched.position_of:
        return pl.col(str(matched.position_of[column.name]))
    if column.name in contract.files.filled:
        return pl.lit(contract.files.filled[column.name])
    if column.absent_like in matched.position_of:
        return pl.col(str(matched.position_of[column.absent_like]))
    return pl.lit(column.absent_as)


def _with_made_keys(rows: pl.DataFrame, matched: MatchedHeaders, contract: Contract) -> pl.DataFrame:
    """Rows of a file without a key, with the key that is made for each."""
    key = pl.col(contract.key.name)
    has_number = (key.str.strip_chars() != "") if matched.key_and else pl.lit(value=False)
    made = pl.concat_str(key, *matched.key_and, separator="|").str.replace_all(r"\s", "")
    keys = rows.select(pl.when(has_number).then(made).alias(contract.key.name)).to_series()
    lacking = keys.is_null().arg_true()  # few, where the file has a number of the child
    return rows.with_columns(keys.scatter(lacking, _worked_out_keys(rows[lacking].select(matched.key_from))))


def _worked_out_keys(cells: pl.DataFrame) -> pl.Series:
    """A key for each row from its cells, without case and spaces: the same on every machine and on every night; none for a
    row of empty cells.

    Not polars' own hash, which another version may work out otherwise.
    """
    plain = cells.select(
        pl.concat_str(pl.all().str.to_lowercase().str.replace_all(r"\s", ""), separator="\x1f")
    ).to_series()
    keys = [blake2b(text.encode(), digest_size=8).hexdigest() if text.strip("\x1f") else "" for text in plain]
    return pl.Series(keys, dtype=pl.String)
