"""Rows that share a key because it is the child's or the case's: one for each period, or one for each meeting.

The key of a list's rows is often the number by which a system knows the child. A report then has a row for each time that the
child came onto the list, or for each visit. Such rows do not contradict each other: taken for that they were all set aside,
and a home that teaches its children would be visited as if nobody knew of it.
"""

from collections.abc import Sequence

import polars as pl

from data_contracts.contract import Contract
from data_contracts.parts import PersonField
from data_contracts.values import parse_dates, text_of
from pipelines.counted import counted
from pipelines.files.headers.match import MatchedHeaders
from pipelines.files.rows import Fault

_NAMES: frozenset[PersonField] = frozenset({"forename", "full_name", "upn", "nhs_number"})
"""What twins have not in common, if only one of a family's numbers heads the rows."""


def entries_of_a_child(
    rows: pl.DataFrame, matched: MatchedHeaders, contract: Contract
) -> tuple[pl.DataFrame, list[Fault]]:
    """The rows, by our column names, of which those that share a key as periods or meetings of one child are told apart or put
    together; and the faults, which stop nothing, that say so."""
    if _sharing(rows, text_of(contract.key)).is_empty():
        return rows, []
    rows, periods = _periods_apart(rows, matched, contract)
    rows, meetings = _latest_meetings(rows, matched, contract)
    return rows, [*periods, *meetings]


def _periods_apart(rows: pl.DataFrame, matched: MatchedHeaders, contract: Contract) -> tuple[pl.DataFrame, list[Fault]]:
    """The rows, by our column names, in which those of one child that share a key and differ in what tells a child's rows apart
    (``keyOfChild``, ``and``) are known by the key and that; and the fault, which stops nothing, that says so.

    One child has one birth date, and one forename or number. Where rows of several children share a key, nobody can tell whose
    it is, and they stay as they are.
    """
    of_child = contract.files.key_of_child
    which = [name for name in of_child.and_ if name in matched.position_of] if of_child else []
    key = contract.key.name
    if not which or key not in matched.position_of or matched.key_from:
        return rows, []
    shared = _sharing(rows, text_of(contract.key))
    entry = pl.concat_str(_plain(which), separator="|")
    apart = shared.filter(_is_one_child(matched, contract) & (entry.n_unique().over("_key") > 1))
    if apart.is_empty():
        return rows, []
    made = pl.concat_str(key, *which, separator="|").str.replace_all(r"\s", "")
    keys = rows[key].scatter(apart["_place"], apart.select(made).to_series())
    return rows.with_columns(keys.alias(key)), [_told_apart(apart.height, which, matched)]


def _latest_meetings(
    rows: pl.DataFrame, matched: MatchedHeaders, contract: Contract
) -> tuple[pl.DataFrame, list[Fault]]:
    """The rows without those that say of an entry only what was found at an earlier meeting; and the fault that says so.

    Rows of one entry share a key, and all columns but the days of meetings and what those found.
    """
    met = [name for name in _days_of_meetings(contract) if name in matched.position_of]
    shared = _sharing(rows, text_of(contract.key)) if met else rows.clear()
    if shared.is_empty():
        return rows, []
    free = {*met, *_findings(contract)}
    same = [column.name for column in contract.columns if column.name not in free and column.name != contract.key.name]
    newest = pl.max_horizontal(parse_dates(contract.column_named[name]) for name in met)
    entry = shared.with_columns(pl.struct(_plain(same)).hash().alias("_entry"), newest.alias("_newest"))
    is_one = (pl.col("_entry").n_unique() == 1) & (pl.col("_newest").fill_null(_NO_DAY).n_unique() > 1)
    latest = pl.col("_newest").fill_null(_NO_DAY) == pl.col("_newest").max()
    earlier = entry.filter(is_one.over("_key") & ~latest.over("_key"))
    if earlier.is_empty():
        return rows, []
    kept = rows.filter(~pl.int_range(pl.len()).is_in(earlier["_place"].implode()))
    return kept, [_earlier(earlier.height, [matched.headers[name] for name in met])]


_NO_DAY = pl.date(1, 1, 1)


def _sharing(rows: pl.DataFrame, key: pl.Expr) -> pl.DataFrame:
    """The rows whose key another row has, with it (``_key``) and their place (``_place``). Mostly there are none."""
    keyed = rows.with_columns(key.str.to_lowercase().str.replace_all(r"\s", "").alias("_key"))
    return keyed.with_columns(pl.int_range(pl.len()).alias("_place")).filter(
        pl.col("_key").is_duplicated() & pl.col("_key").is_not_null()
    )


def _plain(names: Sequence[str]) -> pl.Expr:
    return pl.col(names).fill_null("").str.to_lowercase().str.replace_all(r"\s", "")


def _is_one_child(matched: MatchedHeaders, contract: Contract) -> pl.Expr:
    there = [column for column in contract.columns if column.name in matched.position_of]
    births = [column.name for column in there if column.maps_to == "date_of_birth"]
    names = [column.name for column in there if column.maps_to in _NAMES]
    alike = [_is_alike(name) for name in names]
    return pl.all_horizontal(pl.lit(bool(births)), *map(_is_alike, births)) & pl.any_horizontal(
        pl.lit(value=False), *alike
    )


def _is_alike(name: str) -> pl.Expr:
    """Whether all rows of a key have the same in a column, and not nothing."""
    text = _plain([name])
    return ((text.n_unique() == 1) & (text.first() != "")).over("_key")


def _days_of_meetings(contract: Contract) -> list[str]:
    """The columns with days on which a child was met or judged, and with which nothing begins or ends."""
    fixed = {day for said in contract.says for day in (said.since, said.until)}
    fixed |= {day for said in contract.says if said.kind in ("left", "died") for day in said.on}
    met = {day for said in contract.says if said.kind == "seen" for day in said.on}
    met |= {day for said in contract.says for doubt in said.doubts for day in doubt.older_than}
    births = {column.name for column in contract.columns if column.maps_to == "date_of_birth"}
    of_child = contract.files.key_of_child
    return sorted(met - fixed - births - set(of_child.and_ if of_child else ()))


def _findings(contract: Contract) -> set[str]:
    """The columns with what was found, by which a place counts as certain or not."""
    return {name for said in contract.says for doubt in said.doubts for name in doubt.when}


def _told_apart(count: int, which: Sequence[str], matched: MatchedHeaders) -> Fault:
    headers = " and ".join(matched.headers[name] for name in which)
    return Fault(
        "several entries of a child",
        "nothing",
        f"{counted(count, 'row')} share a key with other rows of the same child and differ in {headers}. Each was read as an "
        "entry of its own.",
        "There is nothing to do; a key for each entry is safer.",
    )


def _earlier(count: int, met: Sequence[str]) -> Fault:
    return Fault(
        "earlier meetings",
        "nothing",
        f"{counted(count, 'row')} say of an entry only what was so on an earlier day ({', '.join(met)}). Of each entry the "
        "row with the latest day was read.",
        "There is nothing to do; one row for each entry is safer.",
    )
