"""What came in tonight, in figures: rows, newest dates, units, empty values, and a fingerprint of every row.

The figures of earlier nights are what tonight's are held against (:mod:`pipelines.completeness`), and the fingerprints
tell which rows came, changed and went (:mod:`pipelines.snapshot`). Which columns are read, the contracts say.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import blake2b

import polars as pl

from data_contracts.contract import Contract
from data_contracts.values import is_empty, parse_dates, text_of
from pipelines.tables import SOURCE_MEASURE, SOURCE_NIGHT

KEPT_DAYS = 731
"""What is kept of earlier nights is kept for two years: a termly file is compared with the year before."""

LEARNT_DAYS = 60
"""Bands are learnt from two months of nights: long enough to be steady, short enough to follow an authority's life."""

FINGERPRINT = pl.Schema({"source": pl.String, "record_id": pl.String, "row_hash": pl.UInt64})
"""One row is one row loaded tonight; ``row_hash`` stays the same for the same row, in any order, on any machine."""

EMPTY, UNIT, KEYS = "empty values", "unit", "keys"
"""What a SOURCE_MEASURE measures."""

_APART = "\x1f"


@dataclass(frozen=True)
class Standing:
    """A source whose rows stand in the store as they did on its last night."""

    night: pl.DataFrame
    """Its ``SOURCE_NIGHT`` of that night."""
    measures: pl.DataFrame
    """Its ``SOURCE_MEASURE`` of that night, without ``keys``."""
    cells: Callable[[str], pl.DataFrame]
    """Column -> a frame of that column, each distinct cell once."""


@dataclass(frozen=True)
class Intake:
    """Tonight's loaded rows in figures."""

    nights: pl.DataFrame
    """``SOURCE_NIGHT``: one row a source of which rows were loaded."""
    measures: pl.DataFrame
    """``SOURCE_MEASURE``, without ``keys``: those need last night's."""
    fingerprints: pl.DataFrame
    """``FINGERPRINT``, without sources that stand as they did."""
    stands: Mapping[str, int] = field(default_factory=dict)
    """Source -> rows, of the sources that stand as they did."""


def measure(
    raw: Mapping[str, pl.DataFrame],
    contracts: Mapping[str, Contract],
    deliveries: pl.DataFrame,
    as_at: date,
    *,
    hashed: pl.DataFrame | None = None,
    standing: Mapping[str, Standing] | None = None,
) -> Intake:
    """Measure tonight's rows (by source, as received). Dates after ``as_at`` say nothing about how new a file is.

    ``hashed``: ``FINGERPRINT`` of rows that are the same as when they were hashed; null: none. ``standing``: sources
    that are not among ``raw``, as their rows have not changed.
    """
    loaded = deliveries.filter(verdict="loaded").group_by("source").agg(pl.len())
    files, still = dict(loaded.iter_rows()), standing or {}
    nights, measures, fingerprints = [], [SOURCE_MEASURE.to_frame()], []
    for source, contract in contracts.items():
        if source in still:
            newest = _newest_on(still[source].cells, contract, as_at)
            nights.append(still[source].night.with_columns(as_at=pl.lit(as_at), newest_on=pl.lit(newest, pl.Date)))
            measures.append(_as_measures(still[source].measures, as_at))
        elif source in raw and not raw[source].is_empty():
            rows = raw[source]
            own = fingerprint(source, rows, contract, FINGERPRINT.to_frame() if hashed is None else hashed)
            fingerprints.append(own)
            newest = _newest_on(_cells_of(rows), contract, as_at)
            night = (as_at, source, files.get(source, 0), rows.height, newest, content_of(own))
            nights.append(pl.DataFrame([night], schema=SOURCE_NIGHT, orient="row"))
            measures += [_as_measures(each, as_at) for each in (_empty_values(rows, contract), _units(rows, contract))]
    return Intake(
        nights=pl.concat([SOURCE_NIGHT.to_frame(), *nights]),
        measures=pl.concat(measures),
        fingerprints=pl.concat([FINGERPRINT.to_frame(), *fingerprints]),
        stands={source: int(each.night["rows"].item()) for source, each in still.items()},
    )


def fingerprint(source: str, rows: pl.DataFrame, contract: Contract, hashed: pl.DataFrame) -> pl.DataFrame:
    """``FINGERPRINT`` of a source's rows: every column of the contract counts; line and file do not.

    BLAKE2b, as polars' and DuckDB's own hashes may change from one version to the next, and every row with them. A row
    that is among ``hashed`` is not hashed again.
    """
    kept = rows.select("record_id").join(
        hashed.select("record_id", "row_hash"), on="record_id", how="left", validate="1:1", maintain_order="left"
    )
    new = kept["row_hash"].is_null()
    columns = [pl.col(name).fill_null("") for name in contract.column_named]
    texts = rows.filter(new).select(pl.concat_str(["record_id", *columns], separator=_APART)).to_series()
    hashes = [int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) for text in texts]
    made = kept["row_hash"].scatter(new.arg_true(), pl.Series(hashes, dtype=pl.UInt64))
    return rows.select(pl.lit(source).alias("source"), "record_id", made.alias("row_hash"))


def last_hashes(snapshot: pl.DataFrame, same: Mapping[str, pl.Series]) -> pl.DataFrame:
    """``FINGERPRINT`` of the rows that are the ``same`` (``record_id`` by source) as on the last night of their source.

    ``snapshot``: as it was before tonight.
    """
    last = snapshot.filter(pl.col("last_seen_on") == pl.col("last_seen_on").max().over("source"))
    own = [last.filter(source=source).join(ids.alias("record_id").to_frame(), on="record_id", how="semi")
           for source, ids in same.items()]  # fmt: skip
    return pl.concat([FINGERPRINT.to_frame(), *(rows.select(FINGERPRINT.names()) for rows in own)])


def content_of(fingerprints: pl.DataFrame) -> str:
    """One fingerprint for all rows of a source: 16 hex digits, whatever the order of the rows."""
    return blake2b(fingerprints["row_hash"].sort().to_numpy().astype("<u8").tobytes(), digest_size=8).hexdigest()


def keys_on(snapshot: pl.DataFrame, day: pl.Expr) -> pl.DataFrame:
    """Records that stood in their source's delivery of a night: ``source``, ``record_id``, ``row_hash``."""
    stood = (pl.col("first_seen_on") <= day) & (day <= pl.col("last_seen_on"))
    return snapshot.filter(stood).select(FINGERPRINT.names())


def keys_kept(
    snapshot: pl.DataFrame, before: pl.DataFrame, tonight: pl.DataFrame, stands: Mapping[str, int] | None = None
) -> pl.DataFrame:
    """Share of the keys of the night before that came again: ``source``, ``keys``, ``kept`` (0..1).

    ``before``: ``source``, ``before_on`` (the night to compare with). ``tonight``: ``record_id`` of all rows that came,
    those set aside too. ``stands``: source -> rows, of sources that stand as they did the night before, and of which
    nothing need be in ``tonight``. One row is one source that came tonight and before.
    """
    still = pl.DataFrame(list((stands or {}).items()), schema={"source": pl.String, "keys": pl.UInt32}, orient="row")
    compared = snapshot.join(before.join(still, on="source", how="anti"), on="source", how="inner", validate="m:1")
    stood = keys_on(compared, pl.col("before_on"))
    again = pl.col("record_id").is_in(tonight["record_id"].implode())
    counted = stood.group_by("source").agg(keys=pl.len(), kept=again.mean())
    whole = still.join(before, on="source", how="semi").with_columns(kept=pl.lit(1.0))
    return pl.concat([counted, whole]).sort("source")


def as_key_measures(kept: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``keys_kept`` as ``SOURCE_MEASURE``."""
    rows = kept.select("source", measure=pl.lit(KEYS), of=None, name=None, value="kept")
    return _as_measures(rows, as_at)


def recent(frame: pl.DataFrame, as_at: date, days: int) -> pl.DataFrame:
    """Rows of earlier nights that are not older than ``days``; those of tonight are left out."""
    return frame.filter(pl.col("as_at").is_between(as_at - timedelta(days=days), as_at, closed="left"))


def _as_measures(rows: pl.DataFrame, as_at: date) -> pl.DataFrame:
    return rows.with_columns(as_at=pl.lit(as_at)).select(SOURCE_MEASURE.names()).cast(SOURCE_MEASURE)


def _cells_of(rows: pl.DataFrame) -> Callable[[str], pl.DataFrame]:
    return lambda name: rows.select(pl.col(name).unique())


def _newest_on(cells_of: Callable[[str], pl.DataFrame], contract: Contract, as_at: date) -> date | None:
    """The newest date in any dated column that is no birth date, not after ``as_at``."""
    dated = [c for c in contract.columns if c.logical_type == "date" and c.maps_to != "date_of_birth"]
    newest: list[date] = []
    for column in dated:
        days = cells_of(column.name).select(day=parse_dates(column)).filter(pl.col("day") <= as_at)["day"]
        newest += days.sort(descending=True).head(1).to_list()
    return max(newest, default=None)


def _empty_values(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """One row is one column and its share of empty values."""
    shares = rows.select(is_empty(column).mean().alias(column.name) for column in contract.columns)
    return shares.unpivot(variable_name="of", value_name="value").with_columns(
        source=pl.lit(contract.id), measure=pl.lit(EMPTY), name=pl.lit(None, pl.String)
    )


def _units(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """One row is one unit (a school) and its rows; none where the contract names no unit."""
    unit = contract.completeness.unit
    if unit is None:
        return SOURCE_MEASURE.to_frame()
    named = contract.completeness.unit_name or unit
    columns = contract.column_named
    units = rows.select(of=text_of(columns[unit]), name=text_of(columns[named])).drop_nulls("of")
    counted = units.group_by("of").agg(name=pl.col("name").drop_nulls().mode().min(), value=pl.len())
    return counted.with_columns(source=pl.lit(contract.id), measure=pl.lit(UNIT)).sort("of")


def without_old(frame: pl.DataFrame, as_at: date, days: int, column: str = "as_at") -> pl.DataFrame:
    """The rows of a history that are to be kept."""
    return frame.filter(pl.col(column) >= as_at - timedelta(days=days))
