"""Literal person records: what an officer would write about a child, in canonical form."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from matching.canonical.addresses import addresses
from matching.canonical.identifiers import (
    canonical_nhs_number,
    canonical_phone,
    canonical_postcode,
    canonical_upn,
    canonical_uprn,
)
from matching.canonical.names import carer_names, given_names, surnames
from matching.person import PERSON_RECORD

Row = Mapping[str, object]

WRITTEN: dict[str, type[pl.DataType]] = {
    "record_id": pl.String,
    "dataset": pl.String,
    "given": pl.String,
    "surname": pl.String,
    "also": pl.String,
    "born": pl.Date,
    "born_in": pl.String,
    "sex": pl.String,
    "address": pl.String,
    "postcode": pl.String,
    "uprn": pl.String,
    "upn": pl.String,
    "former_upn": pl.String,
    "nhs": pl.String,
    "carer": pl.String,
    "phone": pl.String,
    "household": pl.String,
}
"""``given``: all given names. ``also``: another surname of the child."""


def born(text: str | None) -> date | None:
    """A birth date written as on forms: 03/11/2015."""
    if text is None:
        return None
    day, month, year = text.split("/")
    return date(int(year), int(month), int(day))


def person_records(rows: Sequence[Row]) -> pl.DataFrame:
    """PERSON_RECORD rows from what was written; whatever a row leaves out is null. Without ids: roll:00001, roll:00002, ..."""
    for row in rows:
        assert not row.keys() - WRITTEN.keys(), f"no such field: {sorted(row.keys() - WRITTEN.keys())}"
    numbered = [{"record_id": f"roll:{number:05}", **row} for number, row in enumerate(rows, 1)]
    written = pl.DataFrame(numbered, schema=WRITTEN)
    written = written.with_columns(pl.col("dataset").fill_null(pl.col("record_id").str.split(":").list.first()))
    other = surnames(written["also"])["surname"].rename("other")
    frame = pl.concat(
        [
            written.select("record_id", "dataset", "sex", "born_in", date_of_birth="born"),
            given_names(written["given"]),
            surnames(written["surname"]),
            other.to_frame().select(pl.concat_list("other").list.drop_nulls().alias("other_surnames")),
            addresses(written["address"]),
            carer_names(written["carer"]),
            written.select(
                "household",
                postcode=canonical_postcode(pl.col("postcode")),
                uprn=canonical_uprn(pl.col("uprn")),
                upn=canonical_upn(pl.col("upn")),
                former_upn=canonical_upn(pl.col("former_upn")),
                nhs_number=canonical_nhs_number(pl.col("nhs")),
                phone=canonical_phone(pl.col("phone")),
            ),
        ],
        how="horizontal",
    )
    return frame.select(PERSON_RECORD.names()).cast(dict(PERSON_RECORD))


LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


def upn_of(number: int) -> str:
    """A UPN with its right check letter: school 3051234, entered 2020."""
    body = f"3051234 20{number:03}".replace(" ", "")
    return LETTERS[sum(int(digit) * weight for digit, weight in zip(body, range(2, 14), strict=True)) % 23] + body


def nhs_number_of(number: int) -> str:
    """The first NHS number at or after 4000000000 + 10 x ``number`` that has a check digit."""
    while True:
        nine = f"{400_000_000 + number:09}"
        check = (11 - sum(int(d) * w for d, w in zip(nine, range(10, 1, -1), strict=True)) % 11) % 11
        if check != 10:
            return f"{nine}{check}"
        number += 100_000
