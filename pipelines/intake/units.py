"""The units (the schools) of a source: which are due, which are gone, and which only go by another number now.

A school that becomes an academy, is amalgamated, has its authority's number changed or its system replaced is gone under the
number it had. Where its pupils' rows go on under another number, nothing is missing. Nor is anything where one
has closed (:mod:`pipelines.intake.closed_units`).
"""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from data_contracts.contract import Contract
from data_contracts.values import text_of
from pipelines.counted import counted, first_of
from pipelines.intake.figures import PLACES, UNIT
from pipelines.intake.misleading_files import ENOUGH_ROWS
from pipelines.intake.source_tonight import SourceTonight, day_of
from pipelines.settings import SettingsError

ENOUGH_IN_UNIT = 5
"""A unit of fewer rows is no school, but a number mistyped, or one pupil at a distant one."""


def units_gone(before: pl.DataFrame, tonight: pl.DataFrame, contract: Contract) -> frozenset[str]:
    """Units that rows of ``before`` name and none of ``tonight``; none where the contract names no unit.

    Both: rows of a source as received, without those that came again as they were.
    """
    unit = contract.completeness.unit
    if unit is None or unit not in before.columns:
        return frozenset()
    of = text_of(contract.column_named[unit])
    return frozenset(before.select(of).to_series().drop_nulls()).difference(tonight.select(of).to_series())


def units_that_went_on(
    before: pl.DataFrame, tonight: pl.DataFrame, renumbered: pl.DataFrame, contract: Contract
) -> frozenset[str]:
    """Of the units that are gone, those whose rows go on under others: as many as a unit must keep from night to night.

    ``before``, ``tonight``: as in :func:`units_gone`. ``renumbered`` (``RENUMBERED``): which of the rows that are gone goes on
    as which; a row whose key came again goes on as itself.
    """
    gone, unit = units_gone(before, tonight, contract), contract.completeness.unit
    if not gone or unit is None:
        return frozenset()
    of = text_of(contract.column_named[unit])
    rows = before.select("record_id", of=of).filter(pl.col("of").is_in(gone))
    now = rows.join(renumbered.select("record_id", "now_id"), on="record_id", how="left", validate="1:1")
    goes_on = pl.coalesce("now_id", "record_id").is_in(tonight["record_id"].implode())
    kept = now.group_by("of").agg(share=goes_on.mean())
    return frozenset(kept.filter(pl.col("share") >= contract.completeness.unit_rows_kept)["of"])


def refuse_units_of_no_source(units_due: Mapping[str, Sequence[str]], contracts: Mapping[str, Contract]) -> None:
    """Raise SettingsError where units are due of a source that tells none apart, or that there is not.

    ``units_due``: by source, the units that must have rows, as the settings have them (``schools.due``).
    """
    with_units = [source for source, contract in contracts.items() if contract.completeness.unit]
    if wrong := sorted(set(units_due).difference(with_units)):
        raise SettingsError(
            f"schools.due names {', '.join(wrong)}, of which no contract tells schools apart. Sources that can be named: "
            f"{', '.join(with_units)}."
        )


def units_due(source: SourceTonight) -> Iterator[str]:
    """Units that the settings say must have rows."""
    came = source.measures.filter(measure=UNIT, as_at=source.as_at)["of"]
    if absent := sorted({*source.due}.difference(came)):
        yield f"{len(absent)} of {len(source.due)} schools that are due have no row: {first_of(absent)}."


def units_less(source: SourceTonight) -> Iterator[str]:
    """Rows of each unit (a school) against the last night in which the source came; those that are due are told by that."""
    units = source.measures.filter(measure=UNIT)
    last_on = source.last.as_at
    before = units.filter((pl.col("as_at") == last_on) & (pl.col("value") >= ENOUGH_IN_UNIT))
    tonight = units.filter(pl.col("as_at") == source.as_at).select("of", now="value")
    both = before.join(tonight, on="of", how="left", validate="1:1").with_columns(pl.col("now").fill_null(0.0))
    named = both.with_columns(shown=pl.coalesce("name", "of")).filter(~pl.col("of").is_in(source.lost_nobody))
    named = named.sort("shown", "of")
    gone = named.filter((pl.col("now") == 0) & ~pl.col("of").is_in(source.due))
    kept = source.contract.completeness.unit_rows_kept
    thin = named.filter((pl.col("now") > 0) & (pl.col("now") < kept * pl.col("value")))
    if gone.height:
        yield (
            f"{gone.height} of {before.height} schools or other units of {day_of(last_on)} are gone, with "
            f"{counted(int(gone['value'].sum()), 'row')}: {first_of(gone['shown'].to_list())}.{source.not_read}"
        )
    if thin.height:
        fewer = [f"{row['shown']} ({row['value']:.0f} to {row['now']:.0f})" for row in thin.to_dicts()]
        yield f"most rows of these schools or other units are gone: {first_of(fewer)}.{source.not_read}"
    yield from _places(source, named.filter(pl.col("now") >= kept * pl.col("value")).select("of", "shown"))


def _places(source: SourceTonight, units: pl.DataFrame) -> Iterator[str]:
    """Current places of each unit whose rows came again (``of``, ``shown``) against the last night."""
    places = source.measures.filter(measure=PLACES).join(units, on="of", how="inner", validate="m:1")
    before = places.filter((pl.col("as_at") == source.last.as_at) & (pl.col("value") >= ENOUGH_ROWS))
    tonight = places.filter(pl.col("as_at") == source.as_at).select("of", now="value")
    both = before.join(tonight, on="of", how="inner", validate="1:1").sort("shown", "of")
    ended = both.filter(pl.col("now") < source.contract.completeness.unit_rows_kept * pl.col("value"))
    if ended.height:
        fewer = [f"{row['shown']} ({row['value']:.0f} to {row['now']:.0f})" for row in ended.to_dicts()]
        yield (
            f"most places at these schools or other units no longer hold as on {day_of(source.last.as_at)}: {first_of(fewer)}. "
            "Leaving or entry dates may have been filled in for everybody; or a school has closed or got another number."
        )
