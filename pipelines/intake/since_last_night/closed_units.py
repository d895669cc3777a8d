"""Units (schools) that have closed: they lose rows or places, but nobody is lost.

A school that closes gives all its pupils a leaving date, and goes on sending those rows for some time. It looks the same if
leaving dates were filled in for everybody by mistake, also all on one day. Where the children are now tells the two apart.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date

import polars as pl

from data_contracts.contract import Contract
from data_contracts.values import text_of
from pipelines.intake.in_figures.earlier_nights import History
from pipelines.intake.in_figures.figures import LOST_NOBODY, UNIT, as_measures, has_ended, is_to_come, last_nights
from pipelines.intake.in_one_form.standardise import persons_of
from pipelines.intake.since_last_night.renumbered import BEYOND_DOUBT, CONTENT
from pipelines.intake.since_last_night.units import ENOUGH_IN_UNIT, units_with_less
from pipelines.tables import SOURCE_MEASURE


def units_losing_no_child(
    before: Mapping[str, Callable[[], pl.DataFrame]],
    tonight: Mapping[str, pl.DataFrame],
    contracts: Mapping[str, Contract],
    history: History,
    *,
    known: Mapping[str, Mapping[str, float]],
    measures: pl.DataFrame,
    as_at: date,
) -> pl.DataFrame:
    """``SOURCE_MEASURE``: the units that lost too many rows or places since their source's last night, but nobody by it,
    each with the number of rows gone.

    ``before``: by source, its rows from its last night, as received; read only if a unit has lost some. ``tonight``: the
    rows received, by source; a source that is not in it is unchanged. ``history``: what counts of earlier nights.
    ``known``: by source, units already known to have lost nobody -> rows gone, because they go on under others or an
    earlier run of tonight found it. ``measures``: ``SOURCE_MEASURE`` of tonight.
    """
    frames = [SOURCE_MEASURE.to_frame()]
    for source, last_on in last_nights(history.nights).iter_rows():
        own = pl.concat([history.measures, measures]).filter(source=source)
        if own.filter(as_at=as_at).is_empty():
            continue
        every = units_with_less(own, contracts[source], last_on=last_on, as_at=as_at)
        less = every.filter(pl.col("on") == last_on)  # the store has no rows of what was gone earlier
        closed: Collection[str] = ()
        if source in before and less.height:
            rows = before[source]()
            now = tonight.get(source, rows)
            closed = _closed(rows, now, {*less["of"]}, contracts[source], last_on=last_on, as_at=as_at)
        gone = dict(less.filter(measure=UNIT).select("of", pl.col("value") - pl.col("now")).iter_rows())
        units = {unit: gone.get(unit, 0.0) for unit in closed} | dict(known.get(source, {}))
        lost_nobody = sorted(
            (source, LOST_NOBODY, unit, None, units[unit]) for unit in {*less["of"]}.intersection(units)
        )
        columns = ["source", "measure", "of", "name", "value"]
        frames.append(as_measures(pl.DataFrame(lost_nobody, schema=columns, orient="row"), as_at))
    return pl.concat(frames)


def _closed(
    before: pl.DataFrame,
    tonight: pl.DataFrame,
    units: Collection[str],
    contract: Contract,
    *,
    last_on: date,
    as_at: date,
) -> frozenset[str]:
    """Those of ``units`` that lost rows or places, but nobody by it.

    Either nearly all of their places had already ended on the last night (``last_on``). Or, of the children who had a place
    then and have none there tonight, as many as a unit must keep have one at another unit, now or to come. If leaving dates
    were filled in for everybody, the school's children have none; if half of a file came, those in it do not speak for the
    others. ``before``, ``tonight``: all rows of the source as received.
    """
    unit = contract.completeness.unit
    if unit is None:
        return frozenset()
    of = text_of(contract.column_named[unit])
    theirs = before.with_columns(of=of).filter(pl.col("of").is_in(units))
    open_then = theirs.filter(~has_ended(contract, last_on))
    few = theirs.group_by("of").agg(open=pl.col("record_id").is_in(open_then["record_id"].implode()).sum())
    places = tonight.with_columns(of=of).filter(
        ~has_ended(contract, as_at), ~(pl.col("of").is_in(units) & is_to_come(contract, as_at))
    )
    placed, there = (_same_children(open_then, places, contract, as_at, at_unit=only) for only in ((), ("of",)))
    is_placed, is_gone = pl.col("record_id").is_in(placed.implode()), ~pl.col("record_id").is_in(there.implode())
    share = open_then.group_by("of").agg(share=is_placed.filter(is_gone).mean().fill_null(1.0))
    return frozenset(few.filter(pl.col("open") < ENOUGH_IN_UNIT)["of"]) | frozenset(
        share.filter(pl.col("share") >= contract.completeness.unit_rows_kept)["of"]
    )


def _same_children(
    before: pl.DataFrame, tonight: pl.DataFrame, contract: Contract, as_at: date, *, at_unit: Sequence[str]
) -> pl.Series:
    """``record_id`` of the rows of ``before`` whose child is, beyond doubt, also that of a row of ``tonight``; without rows
    that are alike. ``at_unit``: ``of``, if that row must be of the same unit."""
    was, now = (
        persons_of({contract.id: rows.drop("of")}, {contract.id: contract}, as_at=as_at).join(
            rows.select("record_id", "of"), on="record_id", validate="1:1"
        )
        for rows in (before, tonight)
    )
    by_person = [[*columns, *at_unit] for columns in BEYOND_DOUBT if CONTENT not in columns]
    found = [
        was.filter(pl.struct(columns).is_unique()).join(now, on=columns, how="semi")["record_id"]
        for columns in by_person
    ]
    return pl.concat(found).unique()
