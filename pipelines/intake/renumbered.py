"""Rows that go on under another key: a system that was replaced, or gave all its keys anew, tells of the same children.

The id of a child, what an officer found of it, what an analyst judged of its records and what the adoption team has
withheld hang on the keys of rows. A child whom one source alone knows would lose all of it in one night: it would leave
the list with "records gone" and come on it as new, though an officer had closed it. So a row that went and one that came in
its place are taken for one where they tell of one child beyond doubt.
"""

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

from data_contracts.contract import Contract
from pipelines.decisions.keys_tonight import key_now
from pipelines.intake.standardise import standardise
from pipelines.intake.vanished import KEPT_DAYS
from pipelines.tables import RENUMBERED

CONTENT = "_content"
BEYOND_DOUBT = (
    (CONTENT,),
    ("nhs_number", "date_of_birth"),
    ("upn", "date_of_birth"),
    ("surname", "given_names", "date_of_birth", "postcode"),
)
"""What two rows of one source have in common where they tell of one child: the first that holds counts. Everything but the
key; a verified number; or all names, birth date and home: twins differ in their given names."""


def with_tonight(
    kept: pl.DataFrame,
    before: Mapping[str, pl.DataFrame],
    tonight: Mapping[str, pl.DataFrame],
    contracts: Mapping[str, Contract],
    as_at: date,
) -> pl.DataFrame:
    """``RENUMBERED`` after tonight.

    ``kept``: that of the night before. ``before``, ``tonight``: by source, rows as received that stand no more and those that
    are new; of a row that only changed both. A key that is in use again stands for whoever it is given to now.
    """
    pairs = [
        _pairs(*_apart(before[source], tonight[source]), contracts[source], as_at)
        for source in tonight
        if source in before
    ]
    fresh = pl.concat([RENUMBERED.to_frame(), *pairs])
    in_use = pl.concat([kept["record_id"].clear(), *(rows["record_id"] for rows in tonight.values())])
    stands = kept.filter(
        ~pl.col("record_id").is_in(in_use.implode()), pl.col("since_on") >= as_at - timedelta(days=KEPT_DAYS)
    )
    went_on = stands.with_columns(key_now("now_id", fresh)).filter(pl.col("record_id") != pl.col("now_id"))
    return pl.concat([went_on, fresh]).sort("record_id")


def _apart(before: pl.DataFrame, tonight: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows whose keys are gone, and those whose keys are new."""
    return (
        before.join(tonight, on="record_id", how="anti", maintain_order="left"),
        tonight.join(before, on="record_id", how="anti", maintain_order="left"),
    )


def _pairs(gone: pl.DataFrame, came: pl.DataFrame, contract: Contract, as_at: date) -> pl.DataFrame:
    """``RENUMBERED`` of one source tonight. Of several rows alike the first goes on as the first, the next as the next."""
    pairs = [RENUMBERED.to_frame()]
    if gone.is_empty() or came.is_empty():
        return pairs[0]
    shared = [name for name in contract.column_named if name in gone.columns and name in came.columns]
    content = pl.struct(name for name in shared if name != contract.key.name).hash().alias(CONTENT)
    was, now = (_told(rows, content, contract, as_at) for rows in (gone, came))
    for columns in BEYOND_DOUBT:
        found = _numbered(was, columns).join(
            _numbered(now, columns), on=[*columns, "_place"], suffix="_now", validate="1:1"
        )
        pairs.append(found.select("record_id", now_id="record_id_now", since_on=pl.lit(as_at)))
        was = was.join(found, on="record_id", how="anti")
        now = now.join(found, left_on="record_id", right_on="record_id_now", how="anti")
    return pl.concat(pairs)


def _told(rows: pl.DataFrame, content: pl.Expr, contract: Contract, as_at: date) -> pl.DataFrame:
    """Whom each row tells of, in canonical form."""
    known = rows.select("record_id", content)
    absent = [
        pl.lit("").alias(name) for name in contract.column_named if name not in rows.columns
    ]  # in an earlier layout
    person = standardise({contract.id: rows.with_columns(absent)}, {contract.id: contract}, as_at=as_at).person
    return person.join(known, on="record_id", how="left", validate="1:1")


def _numbered(rows: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """``record_id`` and the columns of rows that have all of them, numbered where they are alike."""
    whole = rows.select("record_id", *columns).drop_nulls().sort("record_id")
    return whole.with_columns(_place=pl.int_range(pl.len()).over(columns))
