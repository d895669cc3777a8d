"""The shape of a person record: the canonical form that linkage reads."""

import polars as pl

Columns = dict[str, pl.DataType | type[pl.DataType]]
"""Name -> polars type of each column of a table."""

PERSON_RECORD = pl.Schema(
    Columns(
        {
            "record_id": pl.String,  # "source:key", unique
            "dataset": pl.String,  # the source the row came from
            "forename": pl.String,  # first given name, canonical (A-Z only); null: none, or a placeholder ("Baby")
            "middle_names": pl.String,  # further given names, canonical, separated by one space; null: none
            "given_names": pl.String,  # all given names run together (A-Z only), so that MARY JANE equals MARYJANE
            "surname": pl.String,  # whole surname run together (A-Z only), so that AL-HASSAN equals ALHASSAN
            "surname_parts": pl.List(pl.String),  # its parts ("AL", "HASSAN"), none of one letter
            "other_surnames": pl.List(pl.String),  # preferred and former surnames that differ, run together; never null
            "date_of_birth": pl.Date,  # null: absent, impossible, or a known placeholder (1900-01-01)
            "born_in": pl.String,  # "2014-03", "2014": month or year of birth, where date_of_birth is null; null: not known
            "sex": pl.String,  # F, M; null: unknown or not given
            "postcode": pl.String,  # no space, valid form; null: absent, invalid, or a pseudo postcode (ZZ99)
            "address": pl.String,  # canonical address text without town and postcode; null: none
            "flat": pl.String,  # "7", "A"; null: none given
            "house": pl.String,  # building number or name: "67", "12A", "12-14"; null: none found
            "street": pl.String,  # canonical street name with its type spelled out; null: none found
            "uprn": pl.String,  # digits without leading zeros; null: absent or invalid
            "upn": pl.String,  # check letter verified; null: absent, placeholder or invalid
            "former_upn": pl.String,  # as upn
            "nhs_number": pl.String,  # check digit verified; null: absent, placeholder or invalid
            "parent_forename": pl.String,  # canonical, of the carer named first; null: none
            "parent_surname": pl.String,  # canonical, run together; null: none
            "phone": pl.String,  # national digits ("07281235108"); null: absent or impossible
            "household": pl.String,  # "source:reference" of a household in the source; null: the source keeps none
        }
    )
)
"""One row is one row of one source, in canonical form for matching. Null is never evidence, for or against."""
