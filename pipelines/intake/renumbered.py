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
from pipelines.intake.standardise import persons_of
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
    apart = {source: _apart(before[source], tonight[source]) for source in tonight if source in before}
    fresh = _pairs({source: rows for source, rows in apart.items() if all(map(len, rows))}, contracts, as_at)
    in_use = pl.concat([kept["record_id"].clear(), *(rows["record_id"] for rows in tonight.values())])
    stands = kept.filter(
        ~pl.col("record_id").is_in(in_use.implode()), pl.col("since_on") >= as_at - timedelta(days=KEPT_DAYS)
    )
    went_on = stands.with_columns(key_now(pl.col("now_id"), fresh)).filter(pl.col("record_id") != pl.col("now_id"))
    return pl.concat([went_on, fresh]).sort("record_id")


def _apart(before: pl.DataFrame, tonight: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows whose keys are gone, and those whose keys are new."""
    return (
        before.join(tonight, on="record_id", how="anti", maintain_order="left"),
        tonight.join(before, on="record_id", how="anti", maintain_order="left"),
    )


def _pairs(
    apart: Mapping[str, tuple[pl.DataFrame, pl.DataFrame]], contracts: Mapping[str, Contract], as_at: date
) -> pl.DataFrame:
    """``RENUMBERED`` of tonight. Of several rows alike the first goes on as the first, the next as the next.

    ``apart``: by source, the rows whose keys are gone, and those whose keys are new.
    """
    pairs = [RENUMBERED.to_frame()]
    told = _told(apart, contracts, as_at)
    gone = pl.concat([pairs[0]["record_id"], *(rows["record_id"] for rows, _ in apart.values())])
    is_gone = pl.col("record_id").is_in(gone.implode())
    was, now = told.filter(is_gone), told.filter(~is_gone)
    for columns in BEYOND_DOUBT:
        same = ["dataset", *columns]
        found = _numbered(was, same).join(_numbered(now, same), on=[*same, "_place"], suffix="_now", validate="1:1")
        pairs.append(found.select("record_id", now_id="record_id_now", since_on=pl.lit(as_at)))
        was = was.join(found, on="record_id", how="anti")
        now = now.join(found, left_on="record_id", right_on="record_id_now", how="anti")
    return pl.concat(pairs)


def _told(
    apart: Mapping[str, tuple[pl.DataFrame, pl.DataFrame]], contracts: Mapping[str, Contract], as_at: date
) -> pl.DataFrame:
    """Whom each row tells of, in canonical form, and :data:`CONTENT`: a hash of all cells but the key, in columns that both
    deliveries have."""
    contents = [pl.DataFrame(schema={"record_id": pl.String, CONTENT: pl.UInt64})]
    for source, both in apart.items():
        contract = contracts[source]
        shared = [name for name in contract.column_named if all(name in rows.columns for rows in both)]
        content = pl.struct(name for name in shared if name != contract.key.name).hash().alias(CONTENT)
        contents += [rows.select("record_id", content) for rows in both]
    rows = {source: pl.concat(both, how="diagonal") for source, both in apart.items()}
    person = persons_of(rows, contracts, as_at=as_at)
    return person.join(pl.concat(contents), on="record_id", how="left", validate="1:1")


def _numbered(rows: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """``record_id`` and the columns of rows that have all of them, numbered where they are alike."""
    whole = rows.select("record_id", *columns).drop_nulls().sort("record_id")
    return whole.with_columns(_place=pl.int_range(pl.len()).over(columns))
