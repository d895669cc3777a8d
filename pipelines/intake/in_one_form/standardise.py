"""Every source in one form: raw rows become person records, and what they say becomes statements.

The source's contract says which column goes where, what its codes mean and what a row says; nothing here knows a source.
Canonical forms come from :mod:`matching`, the reading of cells from :mod:`pipelines.intake.in_one_form.cells`, and what rows
say from :mod:`pipelines.intake.in_one_form.statements`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import get_args

import polars as pl

from data_contracts.contract import Contract
from data_contracts.parts import Column, PersonField
from data_contracts.protection import WITHHELD
from data_contracts.values import IDENTIFYING, is_shortened_number, text_of
from matching.canonical.addresses import addresses, postcodes_at_end, shown_addresses
from matching.canonical.dates import plausible_birth_date, plausible_month_or_year
from matching.canonical.identifiers import (
    canonical_nhs_number,
    canonical_phone,
    canonical_postcode,
    canonical_upn,
    canonical_uprn,
)
from matching.canonical.lettering import by_distinct
from matching.canonical.names import (
    carer_names,
    given_names,
    shown_names,
    split_full_names,
    surnames,
    with_comma_behind_surname,
)
from matching.person import Columns
from pipelines.intake.in_one_form.cells import (
    HOME,
    born_in_month_or_year,
    born_on,
    columns_for,
    meaning_of,
    only_cell,
    read_cells,
)
from pipelines.intake.in_one_form.statements import statements_of_sources
from pipelines.tables import PERSON

_TEXT_FIELDS: tuple[PersonField, ...] = tuple(
    field for field in get_args(PersonField) if field not in ("date_of_birth", "sex")
)

WRITTEN = pl.Schema(
    Columns(
        {
            "record_id": pl.String,
            "dataset": pl.String,
            **{str(field): pl.String for field in _TEXT_FIELDS},
            "date_of_birth": pl.Date,
            "born_in": pl.String,
            "sex": pl.String,
        }
    )
)
"""One row is one row of a source, each field as text; null: not said."""


@dataclass(frozen=True)
class Standardised:
    """Tonight's rows in one form."""

    person: pl.DataFrame
    """``PERSON``: one row is one raw row, in the order of ``record_id``."""
    statements: pl.DataFrame
    """``STATEMENT``: one row is one thing that one record says, in the order of record and kind."""


def standardise(raw: Mapping[str, pl.DataFrame], contracts: Mapping[str, Contract], *, as_at: date) -> Standardised:
    """Bring the raw rows of every source (by contract id) into one form, as at the date judged.

    Raises :class:`ValueError` if a source has no contract, or if two rows share a ``record_id``.
    """
    sources = _sources(raw, contracts)
    return Standardised(_persons(sources, contracts, as_at), statements_of_sources(sources, contracts, as_at))


def persons_of(raw: Mapping[str, pl.DataFrame], contracts: Mapping[str, Contract], *, as_at: date) -> pl.DataFrame:
    """``PERSON`` alone, as :func:`standardise` makes it."""
    return _persons(_sources(raw, contracts), contracts, as_at)


def statements_of(raw: Mapping[str, pl.DataFrame], contracts: Mapping[str, Contract], *, as_at: date) -> pl.DataFrame:
    """``STATEMENT`` alone, as :func:`standardise` makes it."""
    return statements_of_sources(_sources(raw, contracts), contracts, as_at)


def _sources(raw: Mapping[str, pl.DataFrame], contracts: Mapping[str, Contract]) -> dict[str, pl.DataFrame]:
    """The cells of every source's rows, read; sources in the order of their ids. Raises ValueError."""
    if unknown := sorted(set(raw) - set(contracts)):
        raise ValueError(f"No contract for the source {', '.join(unknown)}. Add data_contracts/{unknown[0]}.yaml.")
    return {source: read_cells(raw[source], contracts[source]) for source in sorted(raw)}


def _persons(sources: Mapping[str, pl.DataFrame], contracts: Mapping[str, Contract], as_at: date) -> pl.DataFrame:
    written = [_written(rows, contracts[source], as_at) for source, rows in sources.items()]
    return person_records(pl.concat(written)) if written else PERSON.to_frame()


_OTHER_WAY: dict[PersonField, PersonField] = {"forename": "surname", "surname": "forename"}
"""Field -> the one whose columns have it in a source with the surname first."""


def _text(contract: Contract, field: PersonField) -> pl.Expr:
    """The field's text; null if the source does not have it, or the row leaves it empty. An address in several columns is
    joined in their order."""
    where: PersonField = _OTHER_WAY.get(field, field) if contract.surname_first else field
    texts = [_read_whole(column) for column in columns_for(contract, where)]
    if contract.surname_first and field == "full_name":
        texts = [with_comma_behind_surname(text) for text in texts]
    joined = pl.concat_str([*texts, pl.lit(None, pl.String)], separator=", ", ignore_nulls=True)
    return pl.when(joined != "").then(joined).alias(field)


def _read_whole(column: Column) -> pl.Expr:
    """The cell's text; null also if a spreadsheet has shortened a number, as many rows would then share it, or if words in
    place of a home say that it is withheld."""
    if column.maps_to in HOME:
        return pl.when(~text_of(column).str.contains(WITHHELD)).then(text_of(column))
    if column.maps_to in IDENTIFYING:
        return pl.when(~is_shortened_number(column)).then(text_of(column))
    return text_of(column)


def _written(rows: pl.DataFrame, contract: Contract, as_at: date) -> pl.DataFrame:
    """The fields of a person record as the source writes them. One row is one raw row."""
    sex = only_cell((meaning_of(column) for column in columns_for(contract, "sex")), pl.String)
    return (
        rows.lazy()
        .select(
            "record_id",
            pl.lit(contract.id).alias("dataset"),
            *(_text(contract, field) for field in _TEXT_FIELDS),
            plausible_birth_date(born_on(contract), as_at).alias("date_of_birth"),
            plausible_month_or_year(born_in_month_or_year(contract), as_at).alias("born_in"),
            pl.when(sex.is_in(["F", "M"])).then(sex).alias("sex"),
        )
        .collect()
    )


def person_records(written: pl.DataFrame) -> pl.DataFrame:
    """``PERSON`` from rows as a source writes them (``WRITTEN``).

    Raises :class:`ValueError` if rows share a ``record_id``.
    """
    if shared := written.height - written["record_id"].n_unique():
        raise ValueError(
            f"{shared} rows share their record_id with another. Receive the files again: it keeps one row a key."
        )
    whole = written.select("record_id", "dataset", "sex", "date_of_birth", "born_in")
    person = pl.concat([whole, _names(written), _places(written), _identifiers(written)], how="horizontal")
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
    """What one of the two name columns holds, if the other is empty and there is a comma in it: "SMITH, Ann"."""
    alone = pl.when(pl.col("forename").is_null()).then("surname").when(pl.col("surname").is_null()).then("forename")
    return pl.when(alone.str.contains(",")).then(alone)


def _other_surnames(text: pl.Series, surname: pl.Series) -> pl.Series:
    """Canonical names in each cell ("Smith / Jones" is two) that differ from the surname, each once; never null."""
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
    """Postcodes as sent, in their own column or, if that is empty, at the end of the address."""
    without = written.select(pl.when(pl.col("postcode").is_null()).then("address")).to_series()
    return written["postcode"].zip_with(written["postcode"].is_not_null(), postcodes_at_end(without))


def _postcodes(values: pl.Series) -> pl.DataFrame:
    """Columns ``postcode`` and ``postcode_shown`` (with its space; as it was sent, if it is invalid)."""
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
