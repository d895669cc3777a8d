"""What came in tonight, in figures: rows, newest dates, units, empty values, and a fingerprint of every row.

Tonight's figures are compared with those of earlier nights (:mod:`pipelines.intake.at_the_gate.completeness`). The fingerprints
show which rows came, changed and went (:mod:`pipelines.intake.in_figures.snapshot`). The contracts say which columns are read.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import blake2b

import polars as pl

from data_contracts.contract import Contract
from data_contracts.values import is_empty, is_known_code, parse_dates, text_of
from pipelines.intake.in_one_form.cells import has_ended_by
from pipelines.tables import SOURCE_MEASURE, SOURCE_NIGHT

KEPT_DAYS = 731
"""What is kept of earlier nights is kept for two years, so that a termly file can be compared with the year before."""

LONG_DAYS = 92
"""If the date judged is this long after the newest dates in the sources, or before many of their dates, it was mistyped, or
the files are those of another day."""

LATER_DAYS, LATER_SHARE = 10, 0.1
"""If this many different days, and this share (0..1) of a column's, are later, they are not slips."""

LEARNT_DAYS = 60
"""Bands are learnt from two months of nights: long enough to be steady, short enough to follow changes in an authority."""

FINGERPRINT = pl.Schema({"source": pl.String, "record_id": pl.String, "row_hash": pl.UInt64})
"""One row is one row loaded tonight. ``row_hash`` is the same for the same row, in any order and on any machine."""

EMPTY, UNKNOWN, UNIT, PLACES = "empty values", "unknown codes", "unit", "places"
LOST_NOBODY, KEYS, FAILED_CHECK = "lost nobody", "keys", "told"
"""What a SOURCE_MEASURE measures."""

_APART = "\x1f"


@dataclass(frozen=True)
class UnchangedSource:
    """A source whose rows in the store are unchanged since its last night."""

    night: pl.DataFrame
    """Its ``SOURCE_NIGHT`` of that night."""
    measures: pl.DataFrame
    """Its ``SOURCE_MEASURE`` of that night: empty values, unknown codes and units."""
    cells: Callable[[str], pl.DataFrame]
    """Column -> a frame of that column, each distinct cell once."""
    columns: Callable[..., pl.DataFrame]
    """Columns -> a frame of those, one row for each row."""


@dataclass(frozen=True)
class ChangedSource:
    """A source of which some rows have changed since the night before."""

    rows: pl.DataFrame
    """``FINGERPRINT`` of that night."""
    is_unchanged: pl.Series
    """For each of tonight's rows: whether it is the same as then."""
    previous_rows: pl.DataFrame
    """The rows of that night, as received, that are not the same tonight."""
    empty: pl.DataFrame = field(default_factory=SOURCE_MEASURE.to_frame)
    """``SOURCE_MEASURE`` of that night's empty values; empty if they were counted under another contract or software."""


@dataclass(frozen=True)
class Intake:
    """Tonight's loaded rows in figures."""

    nights: pl.DataFrame
    """``SOURCE_NIGHT``: one row for each source of which rows were loaded."""
    measures: pl.DataFrame
    """``SOURCE_MEASURE``, without those that need last night's rows."""
    fingerprints: pl.DataFrame
    """``FINGERPRINT``; for the sources in ``stood``, only of rows that came or changed."""
    rows_before: Mapping[str, int] = field(default_factory=dict)
    """Source -> rows on the night before, for the sources that were compared with it row by row."""
    rows_unchanged: Mapping[str, int] = field(default_factory=dict)
    """For those sources: source -> rows that have not changed."""
    rows_gone: pl.DataFrame = field(default_factory=FINGERPRINT.to_frame)
    """For those sources: ``FINGERPRINT`` of the rows that did not come again."""
    later_on: Mapping[str, date] = field(default_factory=dict)
    """Source -> its newest date, for sources in which many days long after the date judged are given as gone by."""


def measure_intake(
    raw: Mapping[str, pl.DataFrame],
    contracts: Mapping[str, Contract],
    deliveries: pl.DataFrame,
    as_at: date,
    *,
    standing: Mapping[str, UnchangedSource],
    stood: Mapping[str, ChangedSource],
) -> Intake:
    """Measure tonight's rows (by source, as received). Dates after ``as_at`` do not count as a file's newest.

    ``standing``: sources that are not in ``raw``, as their rows have not changed. ``stood``: sources of which only some rows
    have changed.
    """
    loaded = deliveries.filter(verdict="loaded").group_by("source").agg(pl.len())
    files = dict(loaded.iter_rows())
    nights, measures, printed = [SOURCE_NIGHT.to_frame()], [SOURCE_MEASURE.to_frame()], dict[str, _Printed]()
    later_on = dict[str, date | None]()
    for source, contract in contracts.items():
        if source in standing:
            newest, later_on[source] = _newest_on(standing[source].cells, contract, as_at)
            nights.append(standing[source].night.with_columns(as_at=pl.lit(as_at), newest_on=pl.lit(newest, pl.Date)))
            own = _measures_of_standing(standing[source], contract, as_at)
        elif source in raw and not raw[source].is_empty():
            rows = raw[source]
            printed[source] = _Printed.of(source, rows, contract, stood.get(source))
            newest, later_on[source] = _newest_on(_cells_of(rows), contract, as_at)
            night = (as_at, source, files.get(source, 0), rows.height, newest, printed[source].content)
            nights.append(pl.DataFrame([night], schema=SOURCE_NIGHT, orient="row"))
            own = _measures_of_rows(rows, contract, stood.get(source), as_at)
        else:
            continue
        measures += [as_measures(each, as_at) for each in own]
    return Intake(
        nights=pl.concat(nights),
        measures=pl.concat(measures),
        fingerprints=pl.concat([FINGERPRINT.to_frame(), *(own.new for own in printed.values())]),
        rows_before=_rows_of(standing) | {source: stood[source].rows.height for source in printed if source in stood},
        rows_unchanged=_rows_of(standing)
        | {source: own.same.height for source, own in printed.items() if source in stood},
        rows_gone=pl.concat([FINGERPRINT.to_frame(), *(own.gone for own in printed.values())]),
        later_on={source: day for source, day in later_on.items() if day is not None},
    )


def _measures_of_standing(standing: UnchangedSource, contract: Contract, as_at: date) -> tuple[pl.DataFrame, ...]:
    """What was measured of a source on its last night, and its current places as at tonight."""
    return standing.measures, _places(standing.columns, contract, as_at)


def _measures_of_rows(
    rows: pl.DataFrame, contract: Contract, stood: ChangedSource | None, as_at: date
) -> tuple[pl.DataFrame, ...]:
    shares = (_empty_values(rows, contract, stood), _unknown_codes(rows, contract))
    return *shares, _units(rows, contract), _places(rows.select, contract, as_at)


def _rows_of(still: Mapping[str, UnchangedSource]) -> dict[str, int]:
    return {source: int(each.night["rows"].item()) for source, each in still.items()}


@dataclass(frozen=True)
class _Printed:
    """``FINGERPRINT`` of one source's rows: those that came or changed, those that are the same, and those that did not
    come again."""

    new: pl.DataFrame
    same: pl.DataFrame
    gone: pl.DataFrame

    @property
    def content(self) -> str:
        """One fingerprint for all of tonight's rows (:func:`content_of`)."""
        return content_of(pl.concat([self.new, self.same]))

    @classmethod
    def of(cls, source: str, rows: pl.DataFrame, contract: Contract, stood: ChangedSource | None) -> "_Printed":
        """``stood``: null if all rows count as new."""
        nothing = FINGERPRINT.to_frame()
        if stood is None:
            return cls(fingerprint(source, rows, contract), nothing, nothing)
        new = fingerprint(source, rows.filter(~stood.is_unchanged), contract)
        is_other = pl.col("record_id").is_in(stood.previous_rows["record_id"].implode())
        gone = stood.rows.filter(is_other).join(new, on="record_id", how="anti")
        return cls(new, stood.rows.filter(~is_other), gone)


def fingerprint(source: str, rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """``FINGERPRINT`` of a source's rows, of every column of the contract, but not of line and file.

    BLAKE2b, because polars' and DuckDB's own hashes may change from one version to the next, and with them every row.
    """
    columns = [pl.col(name).fill_null("") for name in contract.column_named]
    texts = rows.select(pl.concat_str(["record_id", *columns], separator=_APART)).to_series()
    hashes = [int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) for text in texts]
    return rows.select(
        pl.lit(source).alias("source"), "record_id", pl.Series("row_hash", hashes, dtype=FINGERPRINT["row_hash"])
    )


def content_of(fingerprints: pl.DataFrame) -> str:
    """One fingerprint for all rows of a source: 16 hex digits, whatever the order of the rows."""
    return blake2b(fingerprints["row_hash"].sort().to_numpy().astype("<u8").tobytes(), digest_size=8).hexdigest()


def keys_on(snapshot: pl.DataFrame, day: pl.Expr) -> pl.DataFrame:
    """Records that were in their source's delivery on a night: ``source``, ``record_id``, ``row_hash``."""
    stood = (pl.col("first_seen_on") <= day) & (day <= pl.col("last_seen_on"))
    return snapshot.filter(stood).select(FINGERPRINT.names())


def keys_kept(
    snapshot: pl.DataFrame, before: pl.DataFrame, tonight: pl.DataFrame, intake: Intake | None = None
) -> pl.DataFrame:
    """Share of the keys of the night before that came again: ``source``, ``keys`` (their number), ``kept`` (0..1).

    ``before``: ``source``, ``before_on`` (the night to compare with). ``tonight``: ``record_id`` of all rows that came,
    including those set aside. ``intake``: for sources that were compared with the night before row by row, rows that are
    the same need not be in ``tonight``. One row is one source that came tonight and before.
    """
    unchanged = [] if intake is None else list(intake.rows_before.items())
    still = pl.DataFrame(unchanged, schema={"source": pl.String, "keys": pl.UInt32}, orient="row")
    compared = snapshot.join(before.join(still, on="source", how="anti"), on="source", how="inner", validate="m:1")
    stood = keys_on(compared, pl.col("before_on"))
    again = pl.col("record_id").is_in(tonight["record_id"].implode())
    counted = stood.group_by("source").agg(keys=pl.len(), kept=again.mean())
    gone = (
        (FINGERPRINT.to_frame() if intake is None else intake.rows_gone)
        .filter(~again)
        .group_by("source")
        .len("missing")
    )
    whole = still.join(before, on="source", how="semi").join(gone, on="source", how="left", validate="1:1")
    kept = (pl.col("keys") - pl.col("missing").fill_null(0)) / pl.col("keys")
    return pl.concat([counted, whole.select("source", "keys", kept=kept)]).sort("source")


def as_key_measures(kept: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """``keys_kept`` as ``SOURCE_MEASURE``."""
    rows = kept.select("source", measure=pl.lit(KEYS), of=None, name=None, value="kept")
    return as_measures(rows, as_at)


def last_nights(nights: pl.DataFrame) -> pl.DataFrame:
    """``source``, ``before_on``: of these nights (``SOURCE_NIGHT``), the last in which each source came."""
    return nights.group_by("source").agg(before_on=pl.col("as_at").max()).sort("source")


def as_measures(rows: pl.DataFrame, as_at: date) -> pl.DataFrame:
    """Measures of tonight as ``SOURCE_MEASURE``."""
    return rows.with_columns(as_at=pl.lit(as_at)).select(SOURCE_MEASURE.names()).cast(SOURCE_MEASURE)


def _cells_of(rows: pl.DataFrame) -> Callable[[str], pl.DataFrame]:
    return lambda name: rows.select(pl.col(name).unique())


def _newest_on(
    cells_of: Callable[[str], pl.DataFrame], contract: Contract, as_at: date
) -> tuple[date | None, date | None]:
    """The newest date in any date column other than the birth date: up to ``as_at``, and more than ``LONG_DAYS`` after it.

    The latter only if a column that speaks of days gone by has so many of them that they are not slips; null: it has not.
    """
    dated = [c for c in contract.columns if c.logical_type == "date" and c.maps_to != "date_of_birth"]
    newest: list[date] = []
    later: list[date] = []
    for column in dated:
        days = cells_of(column.name).select(day=parse_dates(column))["day"].drop_nulls().unique().sort(descending=True)
        newest += days.filter(days <= as_at).head(1).to_list()
        after = days.filter(days > as_at + timedelta(days=LONG_DAYS))
        if any(rule.metric == "notInFuture" for rule in column.quality) and len(after) >= max(
            LATER_DAYS, LATER_SHARE * len(days)
        ):
            later += after.head(1).to_list()
    return max(newest, default=None), max(later, default=None)


def _empty_values(rows: pl.DataFrame, contract: Contract, stood: ChangedSource | None) -> pl.DataFrame:
    """One row is one column and its share of empty values (0..1)."""
    known = stood if stood is not None and stood.empty.height else None
    cells = _empty_cells(rows, contract) if known is None else _empty_since(rows, contract, known)
    return _shares(EMPTY, {name: count / rows.height for name, count in cells.items()}, contract)


def _unknown_codes(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """One row is one column that is checked against its codes, and the share of its filled cells whose code the contract
    does not know."""
    shares = {}
    for column in contract.columns:
        if column.codes and any(rule.metric == "invalidValues" for rule in column.quality):
            # Each code is read once.
            cells = rows.select(pl.col(column.name).value_counts(name="rows")).unnest(column.name)
            given = cells.filter(~is_empty(column))
            unknown = given.filter(~is_known_code(column))
            shares[column.name] = int(unknown["rows"].sum()) / max(int(given["rows"].sum()), 1)
    return _shares(UNKNOWN, shares, contract)


def _shares(measure: str, shares: Mapping[str, float], contract: Contract) -> pl.DataFrame:
    """One row is one column and its share."""
    rows = pl.DataFrame(list(shares.items()), schema={"of": pl.String, "value": pl.Float64}, orient="row")
    return rows.with_columns(source=pl.lit(contract.id), measure=pl.lit(measure), name=pl.lit(None, pl.String))


def _empty_cells(rows: pl.DataFrame, contract: Contract) -> dict[str, int]:
    """Column -> number of its empty cells."""
    return rows.select(is_empty(column).sum().alias(column.name) for column in contract.columns).row(0, named=True)


def _empty_since(rows: pl.DataFrame, contract: Contract, stood: ChangedSource) -> dict[str, int]:
    """Like ``_empty_cells``: those of the night before, less those of rows that went or changed, plus those of rows that
    came or changed."""
    before = stood.previous_rows.height + int(stood.is_unchanged.sum())
    less = _empty_cells(stood.previous_rows, contract)
    more = _empty_cells(rows.filter(~stood.is_unchanged), contract)
    were = dict(stood.empty.select("of", (pl.col("value") * before).round().cast(pl.Int64)).iter_rows())
    return {name: were[name] - less[name] + more[name] for name in more}


def _units(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """One row is one unit (a school) and its number of rows; empty if the contract names no unit."""
    unit = contract.completeness.unit
    if unit is None:
        return SOURCE_MEASURE.to_frame()
    named = contract.completeness.unit_name or unit
    columns = contract.column_named
    units = rows.select(of=text_of(columns[unit]), name=text_of(columns[named])).drop_nulls("of")
    counted = units.group_by("of").agg(name=pl.col("name").drop_nulls().mode().min(), value=pl.len())
    return counted.with_columns(source=pl.lit(contract.id), measure=pl.lit(UNIT)).sort("of")


def _places(columns_of: Callable[..., pl.DataFrame], contract: Contract, as_at: date) -> pl.DataFrame:
    """One row is one unit (a school) and its number of rows that show a place on the date judged; empty if no unit is named
    or no place ever ends. ``columns_of``: names -> the rows with those columns."""
    unit, dates = contract.completeness.unit, place_dates(contract)
    if unit is None or dates is None:
        return SOURCE_MEASURE.to_frame()
    columns = contract.column_named
    statuses = (status.name for status, day in contract.ends_in_words if day == dates[0])
    names = list(dict.fromkeys((unit, *dates, *statuses)))
    rows = columns_of(*names).group_by(names).len("_rows")  # each date of a unit is read once
    is_current = ~(has_ended(contract, as_at) | is_to_come(contract, as_at))
    units = rows.select("_rows", of=text_of(columns[unit]), is_current=is_current).drop_nulls("of")
    counted = units.group_by("of").agg(value=pl.col("_rows").filter("is_current").sum())
    unnamed = pl.lit(None, pl.String)
    return counted.with_columns(source=pl.lit(contract.id), measure=pl.lit(PLACES), name=unnamed).sort("of")


def place_dates(contract: Contract) -> tuple[str, ...] | None:
    """The columns with the day on which a place ends and, if there is one, the day on which it begins; null: no place of
    the source ever ends."""
    for statement in contract.says:
        if statement.kind == "provision" and statement.until:
            return (statement.until, statement.since) if statement.since else (statement.until,)
    return None


def has_ended(contract: Contract, on: date) -> pl.Expr:
    """For each row as received: whether its place had ended by a day, or is said in words to have; false if no end is given."""
    until = (place_dates(contract) or ())[:1]
    return _is_any(has_ended_by(contract, name, on) for name in until)


def is_to_come(contract: Contract, on: date) -> pl.Expr:
    """For each row as received: whether its place begins after a day; false if no beginning is given."""
    since = (place_dates(contract) or ())[1:]
    return _is_any(parse_dates(contract.column_named[name]) > on for name in since)


def _is_any(conditions: Iterable[pl.Expr]) -> pl.Expr:
    return pl.any_horizontal(pl.lit(value=False), *conditions).fill_null(value=False)


def recent_measures(measures: pl.DataFrame) -> pl.DataFrame:
    """``SOURCE_MEASURE`` of the nights that bands are learnt from: two months back from each source's last night, so that a
    source that comes once a term, or after a pause, is compared with that. For a unit that is gone also its last
    measure, as it is still missed."""
    day, is_of_unit = pl.col("as_at"), pl.col("measure").is_in([UNIT, LOST_NOBODY])
    is_recent = day > day.max().over("source") - timedelta(days=LEARNT_DAYS)
    return measures.filter(is_recent | (is_of_unit & (day == day.max().over("source", "measure", "of"))))


def without_old(frame: pl.DataFrame, as_at: date, column: str = "as_at") -> pl.DataFrame:
    """The rows of a history to be kept, by the day in a column: those of the last ``KEPT_DAYS``."""
    return frame.filter(pl.col(column) >= as_at - timedelta(days=KEPT_DAYS))
