"""Pupils' entries that vanish from a roll without a leaving date, and what is still known from them.

A roll that stops sending an open entry does not say why: the pupil may have moved, been taken off the roll, or been lost by
an export. The entry's last row is kept, so that the child stays known. Until the night on which it was last there it says
what it said, and from then on that it has vanished. An entry whose row came and was set aside has not vanished. It goes on
as it was last read, with that doubt, for as long as a whole file's last rows would stand in; unless the row says that the
pupil has left, on no day that can be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from data_contracts.contract import Contract
from pipelines.intake.in_one_form.restandardise import rows_changed_by_date
from pipelines.intake.in_one_form.standardise import Standardised, standardise, statements_of
from pipelines.intake.receipt.last_intake import PLACE
from pipelines.intake.since_last_night.other_children import all_but_key
from pipelines.intake.since_last_night.units import units_that_went_on
from pipelines.tables import STATEMENT, VANISHED

WORDS = "vanished from the roll with no readable leaving date"
SET_ASIDE_DOUBT = "the row was set aside tonight, so the one last read stands"

SCHOOL_AGE_DAYS = 11 * 366
"""Compulsory school age lasts eleven years; after them no child of the entry is of age."""

_KEY = ("record_id", "last_seen_on")
_LAST_SEEN = pl.col("last_seen_on").max()


@dataclass(frozen=True)
class Rolls:
    """The rolls of one night: source -> rows as received."""

    before: Mapping[str, pl.DataFrame]
    """Of the night before; those that came again unchanged may be left out."""
    tonight: Mapping[str, pl.DataFrame]


def keep_vanished(
    kept: pl.DataFrame,
    rolls: Rolls,
    contracts: Mapping[str, Contract],
    *,
    snapshot: pl.DataFrame,
    doubtful: pl.Series,
    renumbered: pl.DataFrame,
    as_at: date,
) -> pl.DataFrame:
    """``VANISHED`` after tonight.

    An entry is kept if it was open when it was last loaded, and its row is not among tonight's, neither under its key nor
    under another. Under another key it is the same row if
    - all its other cells are the same; or
    - by ``renumbered`` (``RENUMBERED`` of tonight) it is the same child at the same school, as the key of a census return
      changes with a temporary UPN, or at the school that its own goes on as, amalgamated or under another number.

    ``kept``: ``VANISHED`` of the night before. ``snapshot``: as it was before tonight; it says when each row of
    ``rolls.before`` was last loaded. ``doubtful``: ``record_id`` of tonight's rows that are set aside and do not say that
    the pupil has left; null: a row without a key.
    """
    gone = [_gone_rows(source, rolls, contracts[source], renumbered) for source in rolls.before if source in contracts]
    nothing = VANISHED.to_frame()
    asked = pl.concat([nothing["record_id"], *(rows["record_id"] for rows in gone)])
    # After a night of the past is run by hand, its rows are in the store; some were last loaded before the last night.
    seen = snapshot.filter(pl.col("record_id").is_in(asked.implode())).group_by("record_id").agg(_LAST_SEEN)
    dated = [rows.join(seen, on="record_id", how="inner", validate="1:1") for rows in gone]
    fresh = _open_entries(pl.concat([nothing, *(rows.select(VANISHED.names()) for rows in dated)]), contracts)
    every = pl.concat([fresh, kept]).unique("record_id", keep="first", maintain_order=True)
    came = pl.concat([pl.Series("record_id", [], pl.String), *(rows["record_id"] for rows in rolls.tonight.values())])
    days = {source: contract.stands_in_for_days for source, contract in contracts.items()}
    may_stand = pl.col("source").replace_strict(days, default=0, return_dtype=pl.Int64)
    aside = pl.col("record_id").is_in(doubtful.drop_nulls().implode())
    stands = aside & (pl.lit(as_at) <= pl.col("last_seen_on") + pl.duration(days=may_stand))
    since = pl.coalesce("vanished_on", pl.lit(as_at))
    return (
        every.filter(~pl.col("record_id").is_in(came.implode()))
        .filter(pl.col("last_seen_on") >= as_at - timedelta(days=SCHOOL_AGE_DAYS))
        .with_columns(vanished_on=pl.when(~stands).then(since))
        .cast(VANISHED)
        .sort("record_id")
    )


def _gone_rows(source: str, rolls: Rolls, contract: Contract, renumbered: pl.DataFrame) -> pl.DataFrame:
    """Rows of the night before that are not there tonight, under their key or another: VANISHED, without the day."""
    before = rolls.before[source]
    tonight = rolls.tonight.get(source, before.clear())
    content = all_but_key(contract, before, tonight)
    gone = before.filter(~pl.col("record_id").is_in(tonight["record_id"].implode()))
    if gone.height:
        gone = gone.filter(~content.is_in(tonight.select(content).to_series().implode()))
        went_on = units_that_went_on(before, tonight, renumbered, contract)
        found = _gone_on(gone, tonight, contract.completeness.unit, renumbered, went_on)
        gone = gone.join(found, on="record_id", how="anti")
    names = [name for name in before.columns if name not in PLACE]
    row = pl.struct("file_id", "line", *names).struct.json_encode()
    return gone.select("record_id", source=pl.lit(source), vanished_on=pl.lit(None, pl.Date), row=row)


def _gone_on(
    gone: pl.DataFrame, tonight: pl.DataFrame, unit: str | None, renumbered: pl.DataFrame, went_on: frozenset[str]
) -> pl.DataFrame:
    """Rows of ``gone`` that go on under another key in ``tonight``, at the same school (``unit``) or, if their school is
    one of those that ``went_on``, at any."""
    now = tonight.select(now_id="record_id", now_unit=unit or pl.lit(None))
    moved = gone.join(renumbered, on="record_id", how="inner").join(now, on="now_id", how="inner")
    if unit is None:
        return moved
    return moved.filter(pl.col(unit).eq_missing(pl.col("now_unit")) | pl.col(unit).is_in(went_on))


def _open_entries(rows: pl.DataFrame, contracts: Mapping[str, Contract]) -> pl.DataFrame:
    """The rows whose entry still proved an education on the night on which it was last loaded."""
    if rows.is_empty():
        return rows
    statements = statements_of(_as_raw(rows, contracts), contracts, as_at=rows["last_seen_on"].max())  # type: ignore[arg-type]  # a date: there are rows
    since, until, seen = pl.col("since_on"), pl.col("until_on"), pl.col("last_seen_on")
    entries = statements.filter(kind="provision").join(rows.select(_KEY), on="record_id", validate="m:1")
    is_open = (since.is_null() | (since <= seen)) & (until.is_null() | (until > seen))
    return rows.join(entries.filter(is_open), on="record_id", how="semi")


def _as_raw(rows: pl.DataFrame, contracts: Mapping[str, Contract]) -> dict[str, pl.DataFrame]:
    """The kept rows by source, as they were received."""
    raw = {}
    for (source,), own in rows.partition_by("source", as_dict=True).items():
        contract = contracts[str(source)]
        columns = dict.fromkeys((name for name in contract.column_named if name != "record_id"), pl.String())
        shape = pl.Struct({"file_id": pl.String(), "line": pl.Int64(), **columns})
        raw[str(source)] = own.select("record_id", pl.col("row").str.json_decode(shape)).unnest("row")
    return raw


def entries_changed_by_date(
    vanished: pl.DataFrame, contracts: Mapping[str, Contract], made_on: date, as_at: date
) -> pl.Series:
    """``record_id`` of the kept entries that say something else as at ``as_at`` than as at ``made_on``."""
    last = pl.col("last_seen_on")
    across = vanished.filter((last <= made_on) != (last <= as_at))["record_id"]
    known = vanished.filter(pl.col("source").is_in(list(contracts)))
    rows = _as_raw(known, contracts)
    return pl.concat(
        [across, *(rows_changed_by_date(own, contracts[source], made_on, as_at) for source, own in rows.items())]
    )


def with_still_known(
    raw: Mapping[str, pl.DataFrame], vanished: pl.DataFrame, contracts: Mapping[str, Contract], as_at: date
) -> Standardised:
    """Person records and statements of tonight's rows (by source, as received) and of the kept entries.

    A vanished entry ends on the night on which it was last loaded: that is its last day as provision, and the day on which
    the roll last saw the child; its statement ``vanished`` begins there. Entries seen after ``as_at``, and those of sources
    that no longer have a contract, say nothing.
    """
    known = vanished.filter((pl.col("last_seen_on") <= as_at) & pl.col("source").is_in(list(contracts)))
    if known.is_empty():
        return standardise(raw, contracts, as_at=as_at)
    rows = dict(raw)
    for source, own in _as_raw(known, contracts).items():
        rows[source] = pl.concat([rows[source], own], how="diagonal") if source in rows else own
    made = standardise(rows, contracts, as_at=as_at)
    is_kept = pl.col("record_id").is_in(known["record_id"].implode())
    statements = [made.statements.filter(~is_kept), _with_ends(made.statements.filter(is_kept), known), *_events(known)]
    return Standardised(
        made.person, pl.concat(statements).cast(STATEMENT).unique().sort(STATEMENT.names(), nulls_last=False)
    )


def _with_ends(statements: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """What kept entries say, up to the night on which each was last loaded."""
    dated = statements.join(
        known.select("record_id", "last_seen_on", "vanished_on"), on="record_id", how="left", validate="m:1"
    )
    is_gone, lasts = pl.col("vanished_on").is_not_null(), pl.col("kind").is_in(["provision", "lives_here", "concern"])
    ends = pl.min_horizontal("until_on", "last_seen_on")
    doubt = pl.concat_str("doubt", pl.lit(SET_ASIDE_DOUBT), separator="; ", ignore_nulls=True)
    return dated.with_columns(
        until_on=pl.when(is_gone & lasts).then(ends).otherwise("until_on"),
        doubt=pl.when(~is_gone & (pl.col("kind") == "provision")).then(doubt).otherwise("doubt"),
    ).select(STATEMENT.names())


def _events(known: pl.DataFrame) -> list[pl.DataFrame]:
    """The statements that a roll last saw the child, and that the entry has vanished since."""
    gone = known.filter(pl.col("vanished_on").is_not_null())
    known_of_it = gone.select("record_id", "source", since_on="last_seen_on")
    nothing = [pl.lit(None, kind).alias(name) for name, kind in STATEMENT.items() if name not in known_of_it.columns]
    return [
        known_of_it.with_columns(nothing)
        .with_columns(kind=pl.lit(kind), what=pl.lit(what, pl.String))
        .select(STATEMENT.names())
        for kind, what in (("seen", None), ("vanished", WORDS))
    ]
