"""Every source in one form: raw rows become person records, and what they say becomes statements.

Which column goes where, what its codes mean and what a row says stands in the source's contract; nothing here knows a
source. Canonical forms come from :mod:`matching`, the reading of cells from :mod:`data_contracts.values`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from data_contracts.contract import Contract, Doubt, Statement
from data_contracts.parts import Column, PersonField
from data_contracts.values import IDENTIFYING, as_codes, is_shortened_number, parse_dates, text_of
from matching.addresses import addresses, postcodes_at_end, shown_addresses
from matching.dates import plausible_birth_date
from matching.identifiers import (
    canonical_nhs_number,
    canonical_phone,
    canonical_postcode,
    canonical_upn,
    canonical_uprn,
)
from matching.lettering import by_distinct
from matching.names import carer_names, given_names, shown_names, split_full_names, surnames
from matching.person import Columns
from pipelines.intake.year_seven import year_begins
from pipelines.tables import PERSON, STATEMENT

_TEXT_FIELDS: tuple[PersonField, ...] = (
    "forename", "middle_names", "surname", "full_name", "address", "postcode", "uprn", "upn", "former_upn",
    "nhs_number", "other_surname", "parent_name", "phone", "household",
)  # fmt: skip

WRITTEN = pl.Schema(
    Columns(
        {
            "record_id": pl.String,
            "dataset": pl.String,
            **{str(field): pl.String for field in _TEXT_FIELDS},
            "date_of_birth": pl.Date,
            "sex": pl.String,
        }
    )
)
"""One row is one row of a source, each field as text; null: not said."""

DAYS_IN_A_YEAR = 365.25
NEARLY = 0.5
"""Years by which a birth date and another day may contradict each other and both stand: so small a slip makes no other age."""


@dataclass(frozen=True)
class Standardised:
    """Tonight's rows in one form."""

    person: pl.DataFrame
    """``PERSON``: one row is one raw row, in the order of ``record_id``."""
    statements: pl.DataFrame
    """``STATEMENT``: one row is one thing that one record says, in the order of record and kind."""


def standardise(raw: Mapping[str, pl.DataFrame], contracts: Mapping[str, Contract], *, as_at: date) -> Standardised:
    """Bring the raw rows of every source (by contract id) into one form, as at the date judged.

    Raises :class:`ValueError` where a source has no contract, or where two rows share a ``record_id``.
    """
    sources = _sources(raw, contracts)
    return Standardised(_persons(sources, contracts, as_at), _statements(sources, contracts, as_at))


def persons_of(raw: Mapping[str, pl.DataFrame], contracts: Mapping[str, Contract], *, as_at: date) -> pl.DataFrame:
    """``PERSON`` alone, as :func:`standardise` makes it."""
    return _persons(_sources(raw, contracts), contracts, as_at)


def statements_of(raw: Mapping[str, pl.DataFrame], contracts: Mapping[str, Contract], *, as_at: date) -> pl.DataFrame:
    """``STATEMENT`` alone, as :func:`standardise` makes it."""
    return _statements(_sources(raw, contracts), contracts, as_at)


def _sources(raw: Mapping[str, pl.DataFrame], contracts: Mapping[str, Contract]) -> dict[str, pl.DataFrame]:
    """The rows of every source, read, in the order of their ids."""
    if unknown := sorted(set(raw) - set(contracts)):
        raise ValueError(f"No contract for the source {', '.join(unknown)}. Add data_contracts/{unknown[0]}.yaml.")
    return {source: _read(raw[source], contracts[source]) for source in sorted(raw)}


def _persons(sources: Mapping[str, pl.DataFrame], contracts: Mapping[str, Contract], as_at: date) -> pl.DataFrame:
    written = [_written(rows, contracts[source], as_at) for source, rows in sources.items()]
    return person_records(pl.concat(written)) if written else PERSON.to_frame()


def _statements(sources: Mapping[str, pl.DataFrame], contracts: Mapping[str, Contract], as_at: date) -> pl.DataFrame:
    said = [
        rows
        for source, sent in sources.items()
        for statement in contracts[source].says
        for rows in _said(sent, contracts[source], statement, as_at)
    ]
    return _in_order(said) if said else STATEMENT.to_frame()


def _read(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Raw rows with every column of the contract (an absent one is empty), dates and codes read.

    A date column is a date, and null where the cell is empty or no date. A column with codes keeps its text, beside
    what the code means in ``<name>__means``. Each distinct cell is read once.
    """
    absent = [column.name for column in contract.columns if column.name not in rows.columns]
    read = rows.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    for column in contract.columns:
        if column.logical_type == "date":
            read = _by_distinct_cell(read, column.name, reading_of_day(column), column.name)
        elif column.codes:
            read = _by_distinct_cell(read, column.name, as_codes(column), _means(column.name))
    return read


def _means(name: str) -> str:
    return f"{name}__means"


def _by_distinct_cell(rows: pl.DataFrame, name: str, reading: pl.Expr, into: str) -> pl.DataFrame:
    """Put what each distinct cell of a column is read as into the column ``into``, for every row."""
    distinct = rows.select(pl.col(name).unique())
    read = distinct.with_columns(reading.alias("__read"))
    joined = rows.select(name).join(read, on=name, how="left", validate="m:1", nulls_equal=True, maintain_order="left")
    return rows.with_columns(joined["__read"].alias(into))


# What stands in the row, field by field ------------------------------------------------------------------------------


def _columns_for(contract: Contract, field: PersonField) -> list[Column]:
    return [column for column in contract.columns if column.maps_to == field]


def _text(contract: Contract, field: PersonField) -> pl.Expr:
    """The field's text; null where the source does not keep it, or the row leaves it empty. An address of several
    columns is joined in their order.
    """
    texts = [_read_whole(column) for column in _columns_for(contract, field)]
    joined = pl.concat_str([*texts, pl.lit(None, pl.String)], separator=", ", ignore_nulls=True)
    return pl.when(joined != "").then(joined).alias(field)


def _read_whole(column: Column) -> pl.Expr:
    """The cell's text; null also where a spreadsheet has shortened a number, as many rows would then share it."""
    if column.maps_to in IDENTIFYING:
        return pl.when(~is_shortened_number(column)).then(text_of(column))
    return text_of(column)


def reading_of_day(column: Column) -> pl.Expr:
    """The cell as a date; a date before the year of a ``notBefore`` rule that stops nothing counts as empty."""
    day = parse_dates(column)
    for rule in column.quality:
        if rule.metric == "notBefore" and rule.stops == "nothing" and rule.year is not None:
            day = pl.when(day.dt.year() >= rule.year).then(day)
    return day


def _meaning(column: Column) -> pl.Expr:
    """What the cell means: by its code, or its text where the column has no codes."""
    return pl.col(_means(column.name)) if column.codes else text_of(column)


def _only(cells: Iterable[pl.Expr], dtype: type[pl.DataType]) -> pl.Expr:
    """The one cell, or null where the source has no such column."""
    return pl.coalesce([*cells, pl.lit(None, dtype)])


def _born_on(contract: Contract) -> pl.Expr:
    return _only((pl.col(column.name) for column in _columns_for(contract, "date_of_birth")), pl.Date)


def _written(rows: pl.DataFrame, contract: Contract, as_at: date) -> pl.DataFrame:
    """The fields of a person record as the source writes them. One row is one raw row."""
    sex = _only((_meaning(column) for column in _columns_for(contract, "sex")), pl.String)
    return (
        rows.lazy()
        .select(
            "record_id",
            pl.lit(contract.id).alias("dataset"),
            *(_text(contract, field) for field in _TEXT_FIELDS),
            plausible_birth_date(_born_on(contract), as_at).alias("date_of_birth"),
            pl.when(sex.is_in(["F", "M"])).then(sex).alias("sex"),
        )
        .collect()
    )


# Person records ------------------------------------------------------------------------------------------------------


def person_records(written: pl.DataFrame) -> pl.DataFrame:
    """``PERSON`` from rows as a source writes them (``WRITTEN``).

    Raises :class:`ValueError` where rows share a key.
    """
    if shared := written.height - written["record_id"].n_unique():
        raise ValueError(
            f"{shared} rows share their record_id with another. Receive the files again: it keeps one row a key."
        )
    person = pl.concat([written.select("record_id", "dataset", "sex", "date_of_birth"),
                        _names(written), _places(written), _identifiers(written)], how="horizontal")  # fmt: skip
    return person.select(PERSON.names()).cast(PERSON).sort("record_id")


def _names(written: pl.DataFrame) -> pl.DataFrame:
    frame = written.with_columns(in_one=_whole_in_one_column())
    halves = split_full_names(frame.select(pl.coalesce("in_one", "full_name")).to_series())
    is_apart = pl.col("in_one").is_null()
    frame = frame.with_columns(
        given=pl.coalesce(pl.when(is_apart).then("forename"), halves["given"]),
        surname=pl.coalesce(pl.when(is_apart).then("surname"), halves["surname"]),
    ).with_columns(given_and_middle=pl.concat_str("given", "middle_names", separator=" ", ignore_nulls=True))
    canonical = surnames(frame["surname"])
    return pl.concat(
        [
            given_names(frame["given_and_middle"]),
            canonical,
            _other_surnames(written["other_surname"], canonical["surname"]).to_frame(),
            carer_names(written["parent_name"]),
            shown_names(frame["given"]).alias("forename_shown").to_frame(),
            shown_names(frame["surname"]).alias("surname_shown").to_frame(),
        ],
        how="horizontal",
    )


def _whole_in_one_column() -> pl.Expr:
    """What stands in one of the two columns for names where the other is empty, and a comma parts it: "SMITH, Ann"."""
    alone = pl.when(pl.col("forename").is_null()).then("surname").when(pl.col("surname").is_null()).then("forename")
    return pl.when(alone.str.contains(",")).then(alone)


def _other_surnames(text: pl.Series, surname: pl.Series) -> pl.Series:
    """Canonical names in each cell ("Smith / Jones" are two) that differ from the surname, each once; never null."""
    rows = pl.DataFrame({"text": text.str.split("/"), "surname": surname}).with_row_index("row")
    each = rows.explode("text", empty_as_null=True).filter(pl.col("text").is_not_null())
    named = each.with_columns(surnames(each["text"])["surname"].alias("other"))
    differing = named.filter(pl.col("other").is_not_null() & pl.col("other").ne_missing(pl.col("surname")))
    by_row = differing.group_by("row").agg(pl.col("other").unique(maintain_order=True).alias("other_surnames"))
    joined = rows.join(by_row, on="row", how="left", validate="1:1", maintain_order="left")
    return joined.select(pl.col("other_surnames").fill_null(pl.lit([], pl.List(pl.String))))["other_surnames"]


def _places(written: pl.DataFrame) -> pl.DataFrame:
    return pl.concat(
        [
            addresses(written["address"]),
            shown_addresses(written["address"]).alias("address_shown").to_frame(),
            by_distinct(_postcodes_sent(written), _postcodes),
        ],
        how="horizontal",
    )


def _postcodes_sent(written: pl.DataFrame) -> pl.Series:
    """Postcodes as sent, in a column of their own or, where that is empty, at the end of the address."""
    without = written.select(pl.when(pl.col("postcode").is_null()).then("address")).to_series()
    return written["postcode"].zip_with(written["postcode"].is_not_null(), postcodes_at_end(without))


def _postcodes(values: pl.Series) -> pl.DataFrame:
    """Columns ``postcode`` and ``postcode_shown`` (with its space; where it is invalid, as it was sent)."""
    postcode = canonical_postcode(pl.col("sent"))
    in_halves = postcode.str.head(-3) + " " + postcode.str.tail(3)
    as_sent = pl.col("sent").str.to_uppercase().str.replace_all(r"\s+", " ")
    shown = pl.coalesce(in_halves, as_sent)
    return values.alias("sent").to_frame().lazy().select(postcode=postcode, postcode_shown=shown).collect()


def _identifiers(written: pl.DataFrame) -> pl.DataFrame:
    return (
        written.lazy()
        .select(
            canonical_uprn(pl.col("uprn")).alias("uprn"),
            canonical_upn(pl.col("upn")).alias("upn"),
            canonical_upn(pl.col("former_upn")).alias("former_upn"),
            canonical_nhs_number(pl.col("nhs_number")).alias("nhs_number"),
            canonical_phone(pl.col("phone")).alias("phone"),
            (pl.col("dataset") + ":" + pl.col("household")).alias("household"),
        )
        .collect()
    )


# Statements ----------------------------------------------------------------------------------------------------------


def _holds(contract: Contract, when: Mapping[str, tuple[str, ...]]) -> pl.Expr:
    """True where each column has one of its meanings (case ignored); true for all rows where ``when`` is empty."""
    return pl.all_horizontal(
        pl.lit(True),
        *(
            _meaning(contract.column_named[name]).str.to_lowercase().is_in([m.casefold() for m in meanings])
            for name, meanings in when.items()
        ),
    ).fill_null(value=False)


def is_said(rows: pl.DataFrame, contract: Contract, kind: str) -> pl.Series:
    """Of each row as received: whether it says anything of a kind, such as that its address is protected."""
    said = [_holds(contract, statement.when) for statement in contract.says if statement.kind == kind]
    is_any = pl.any_horizontal(pl.lit(value=False), *said)
    return _read(rows, contract).with_columns(is_any.alias(kind))[kind]


def _what(contract: Contract, statement: Statement) -> pl.Expr:
    if statement.what_from is None:
        return pl.lit(statement.what, pl.String)
    column = contract.column_named[statement.what_from]
    return pl.coalesce(_meaning(column), pl.lit(column.unknown_code or "not said"))


def _applies(contract: Contract, doubt: Doubt, as_at: date) -> pl.Expr:
    """True where a doubt holds: its codes, its words, its dates so long before the day judged, before the school year."""
    holds = [_holds(contract, doubt.when)]
    holds += [pl.col(name).str.contains(words) == is_there for name, words, is_there in doubt.patterns]
    holds += [pl.col(name) <= as_at - timedelta(days=days) for name, days in doubt.older_than.items()]
    for name, year in doubt.before_year.items():
        began_on = year_begins(year, plausible_birth_date(_born_on(contract), as_at))
        holds += [pl.col(name) < began_on, began_on <= as_at]
    return pl.all_horizontal(holds).fill_null(value=False)


def _proves(contract: Contract, statement: Statement, as_at: date) -> pl.Expr:
    """The least that a doubt leaves of the statement, 0..1; null: no doubt says."""
    said = [
        pl.when(_applies(contract, doubt, as_at)).then(pl.lit(doubt.proves, pl.Float64)) for doubt in statement.doubts
    ]
    return pl.min_horizontal(pl.lit(None, pl.Float64), *said)


def _doubt(contract: Contract, statement: Statement, as_at: date) -> pl.Expr:
    reasons = [pl.when(_applies(contract, doubt, as_at)).then(pl.lit(doubt.because)) for doubt in statement.doubts]
    if statement.kind == "provision" and statement.holds_days is not None and statement.since is not None:
        reasons.append(pl.when(pl.col(statement.since).is_null()).then(pl.lit("the confirmation has no date")))
    if not reasons:
        return pl.lit(None, pl.String)
    joined = pl.concat_str(reasons, separator="; ", ignore_nulls=True)
    return pl.when(joined != "").then(joined)


def _said(rows: pl.DataFrame, contract: Contract, statement: Statement, as_at: date) -> list[pl.DataFrame]:
    """What one statement of the contract says in each row that it applies to; of ``on``, one frame a date column.

    Nobody has seen a child, or closed an entry, on a day still to come: such a date says nothing.
    """
    never = pl.lit(None, pl.Date)
    since = never if statement.since is None else pl.col(statement.since)
    until = never if statement.until is None else pl.col(statement.until)
    if statement.holds_days is not None:
        until = since + pl.duration(days=statement.holds_days)
    place = _only((text_of(contract.column_named[name]) for name in statement.place), pl.String)
    fields = {
        "record_id": pl.col("record_id"),
        "source": pl.lit(contract.id),
        "kind": pl.lit(statement.kind),
        "what": _what(contract, statement),
        "place": place,
        "since_on": since,
        "until_on": until,
        "doubt": _doubt(contract, statement, as_at),
        "proves": _proves(contract, statement, as_at),
    }
    excepted = [_holds(contract, {name: meanings}) for name, meanings in statement.unless.items()]
    said = rows.lazy().filter(_holds(contract, statement.when), *(~each for each in excepted))
    if not statement.on:
        return [said.select(**fields).collect()]
    days = [
        said.filter((pl.col(name) <= as_at) & _is_met(contract, statement, pl.col(name))).select(
            **fields | {"since_on": pl.col(name)}
        )
        for name in statement.on
    ]
    return pl.collect_all(days)


def _is_met(contract: Contract, statement: Statement, day: pl.Expr) -> pl.Expr:
    """Whether the statement is made of a day in ``on``; one about ``ages`` only where the birth date lies far outside them."""
    if statement.ages is None:
        return pl.lit(value=True)
    first, last = statement.ages
    age = (day - _born_on(contract)).dt.total_days() / DAYS_IN_A_YEAR
    return (age < first - NEARLY) | (age > last + 1 + NEARLY)


def _in_order(said: list[pl.DataFrame]) -> pl.DataFrame:
    """All statements, each once, in an order that depends on nothing but themselves."""
    every = pl.concat([rows.select(STATEMENT.names()).cast(STATEMENT) for rows in said])
    return every.unique().sort(STATEMENT.names(), nulls_last=False)
