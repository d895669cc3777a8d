"""The units (schools) of a source: which are due, which are gone, and which only have another number now.

A school that becomes an academy, is amalgamated, gets another number or has its system replaced is gone under the number
that it had. If its pupils' rows go on under another number, nothing is missing. Nor is anything if it has closed
(:mod:`pipelines.intake.since_last_night.closed_units`).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

import polars as pl

from data_contracts.completeness import Check
from data_contracts.contract import Contract
from data_contracts.values import text_of
from pipelines.counted import counted, first_of
from pipelines.intake.in_figures.figures import LOST_NOBODY, PLACES, UNIT
from pipelines.intake.in_figures.source_tonight import SourceTonight
from pipelines.intake.receipt.misleading_files import ENOUGH_ROWS
from pipelines.settings import SettingsError
from pipelines.written_dates import day_written

ENOUGH_IN_UNIT = 5
"""A unit of fewer rows is not a school, but a mistyped number, or one pupil at a distant school."""


YEARS_LEAVE = range(5, 10)
"""Months, May to September, in which whole years leave a school, and some schools send no rows of who has left."""
VANISHED_HOLDS, VANISHED_STAMPS = 1 / 3, 1 / 10
"""Share of a school's pupils who vanish without a leaving date. In the other months a school has no reason to lose a tenth of
them, and a year that was left out is a sixth. From a third on, they would fill the list."""
LATELY = timedelta(days=14)
"""How long pupils who have vanished are missed."""


def units_gone(before: pl.DataFrame, tonight: pl.DataFrame, contract: Contract) -> frozenset[str]:
    """Units that rows of ``before`` name and none of ``tonight`` does; empty if the contract names no unit.

    Both: rows of a source as received, without those that came again unchanged.
    """
    unit = contract.completeness.unit
    if unit is None or unit not in before.columns:
        return frozenset()
    of = text_of(contract.column_named[unit])
    return frozenset(before.select(of).to_series().drop_nulls()).difference(tonight.select(of).to_series())


def units_that_went_on(
    before: pl.DataFrame, tonight: pl.DataFrame, left: pl.DataFrame, contract: Contract
) -> frozenset[str]:
    """Of the units that are gone, those whose rows go on under others: at least the share that a unit must keep from night
    to night.

    ``before``, ``tonight``: as in :func:`units_gone`. ``left``: rows that are no longer under their keys, from
    :func:`pipelines.intake.since_last_night.renumbered.keys_left`; any other row whose key came again goes on as itself.
    """
    gone, unit = units_gone(before, tonight, contract), contract.completeness.unit
    if not gone or unit is None:
        return frozenset()
    of = text_of(contract.column_named[unit])
    rows = before.select("record_id", of=of).filter(pl.col("of").is_in(gone))
    now = rows.join(left.select("record_id", "now_id"), on="record_id", how="left", validate="1:1")
    goes_on = pl.coalesce("now_id", "record_id").is_in(tonight["record_id"].implode())
    kept = now.group_by("of").agg(share=goes_on.mean())
    return frozenset(kept.filter(pl.col("share") >= contract.completeness.unit_rows_kept)["of"])


def refuse_units_of_no_source(units_due: Mapping[str, Sequence[str]], contracts: Mapping[str, Contract]) -> None:
    """Raise SettingsError if units are due of a source that does not tell units apart, or that does not exist.

    ``units_due``: by source, the units that must have rows, from the settings (``schools.due``).
    """
    with_units = [source for source, contract in contracts.items() if contract.completeness.unit]
    if wrong := sorted(set(units_due).difference(with_units)):
        raise SettingsError(
            f"[schools] due, in the settings, names {', '.join(wrong)}, for which no contract tells schools apart. Write one "
            f"of these sources instead: {', '.join(with_units)}."
        )


def units_due(source: SourceTonight) -> Iterator[tuple[Check, str]]:
    """Units that must have rows by the settings, but have none: missing, or closed or numbered otherwise since the settings
    were written."""
    units = source.measures.filter(measure=UNIT)
    absent = {*source.due}.difference(units.filter(as_at=source.as_at)["of"])
    had_rows, lost_nobody = (
        dict(frame.group_by("of").agg(pl.col("as_at").max()).iter_rows())
        for frame in (units, source.measures.filter(measure=LOST_NOBODY))
    )
    closed = {of for of in absent.intersection(had_rows, lost_nobody) if lost_nobody[of] >= had_rows[of]}
    if missing := sorted(absent - closed):
        yield (
            "units",
            f"{len(missing)} of {len(source.due)} schools that are due have no rows: {first_of(missing)}. If one has closed or "
            "has another number now, correct [schools] due in the settings: accepting the roll counts for one night only.",
        )
    if closed:
        yield (
            "due no more",
            f"{counted(len(closed), 'school')} named in [schools] due, in the settings, closed or got another number: "
            f"{first_of(sorted(closed))}. Name there the school that its pupils have now, or nobody notices if that roll does "
            "not come.",
        )


def units_when_whole(measures: pl.DataFrame, contract: Contract, *, as_at: date) -> pl.DataFrame:
    """The rows of each unit on the last night before ``as_at`` on which it was whole.

    One row is one unit: ``of``; ``shown``, for people; ``value``, its rows; and ``on``, that night. What a unit loses is
    missed until it is back, or somebody accepts the loss (then ``measures`` has no earlier night): nights with a gap say
    nothing of what is usual after them. A unit that lost nobody is no longer missed. Places are not treated in this way, as
    all of them end at once with a term. ``measures``: ``SOURCE_MEASURE`` of the source.
    """
    before = measures.filter(pl.col("as_at") < as_at)
    units = before.filter(measure=UNIT).select("as_at", "of", pl.coalesce("name", "of"), "value")
    lost_nobody = set(before.filter(measure=LOST_NOBODY).select("as_at", "of").iter_rows())
    came: dict[date, dict[str, tuple[str, float, date]]] = {night: {} for night in before["as_at"].unique().sort()}
    for night, of, shown, rows in units.iter_rows():
        came[night][of] = (shown, rows, night)
    whole: dict[str, tuple[str, float, date]] = {}
    for night, here in came.items():
        missed = {of: was for of, was in whole.items() if (night, of) not in lost_nobody}
        gaps = {of: was for of, was in missed.items() if _has_less(here.get(of, ("", 0.0))[1], was[1], contract)}
        whole = here | gaps
    every = [(of, *was) for of, was in whole.items()]
    return pl.DataFrame(
        every, schema={"of": pl.String, "shown": pl.String, "value": pl.Float64, "on": pl.Date}, orient="row"
    )


def _has_less(now: float, before: float, contract: Contract) -> bool:
    return before >= ENOUGH_IN_UNIT and now < contract.completeness.unit_rows_kept * before


def units_with_less(measures: pl.DataFrame, contract: Contract, *, last_on: date, as_at: date) -> pl.DataFrame:
    """Units with too few of the rows that they had when they were last whole, or of the current places of the last night.

    One row is one measure (``UNIT``, ``PLACES``) of one unit: ``measure``, ``of``, ``shown`` for people, ``value`` then,
    ``on`` (that night), ``now``. ``measures``: ``SOURCE_MEASURE`` of the source, of tonight and before. ``last_on``: its
    last night.
    """
    units, tonight = (measures.filter(measure=UNIT), measures.filter(pl.col("as_at") == as_at))
    most = units.filter(pl.col("as_at") < as_at).group_by("of").agg(pl.col("value").max())
    all_there = most.join(tonight.filter(measure=UNIT), on="of", validate="1:1", suffix="_now").filter(
        pl.col("value_now") >= contract.completeness.unit_rows_kept * pl.col("value")
    )["of"]  # most units: none of their nights is looked at
    asked = measures.filter((pl.col("measure") != UNIT) | ~pl.col("of").is_in(all_there.implode()))
    whole = units_when_whole(asked, contract, as_at=as_at).filter(pl.col("value") >= ENOUGH_IN_UNIT)
    places = measures.filter(pl.col("as_at") == last_on, pl.col("value") >= ENOUGH_ROWS, measure=PLACES)
    names = units.filter(as_at=last_on).select("of", shown="name")
    shown = places.join(names, on="of", how="left", validate="1:1")
    before = pl.concat(
        [
            whole.select(pl.lit(UNIT).alias("measure"), "of", "shown", "value", "on"),
            shown.select("measure", "of", pl.coalesce("shown", "of"), "value", on="as_at"),
        ]
    )
    both = before.join(tonight.select("measure", "of", now="value"), on=["measure", "of"], how="left", validate="1:1")
    now = both.with_columns(pl.col("now").fill_null(0.0))
    return now.filter(pl.col("now") < contract.completeness.unit_rows_kept * pl.col("value"))


def units_less(source: SourceTonight) -> Iterator[str]:
    """Rows of each unit (a school) against the night on which it was last whole, and its places against the last night.
    Units that are due and have no row are reported as that; a unit that lost its rows is not reported for its places
    too."""
    unit = source.contract.completeness.unit
    if unit is None:  # though it may have named one last night
        return
    last_on = source.last.as_at
    less = units_with_less(source.measures, source.contract, last_on=last_on, as_at=source.as_at)
    named = less.filter(~pl.col("of").is_in(source.units_losing_no_child.implode())).sort("shown", "of")
    units = source.measures.filter(measure=UNIT)
    rows = named.filter(measure=UNIT)
    gone, thin = rows.filter(pl.col("now") == 0, ~pl.col("of").is_in(source.due)), rows.filter(pl.col("now") > 0)
    places = named.filter(measure=PLACES).join(rows, on="of", how="anti")
    if not units.is_empty() and units.filter(as_at=source.as_at).is_empty():
        header = source.contract.column_named[unit].header
        yield f"no row has {header} any more, so nobody can see whose rows are missing."
        return
    is_held = source.contract.completeness.outcome("units", is_roll=source.contract.is_roll) == "holds"
    why = source.not_read or ("" if is_held else " If that is right, accept it once.")
    if gone.height:
        whole_on = min(gone["on"].to_list())
        known = units.filter(pl.col("value") >= ENOUGH_IN_UNIT, pl.col("as_at") < source.as_at)["of"].n_unique()
        yield (
            f"{gone.height} of {known} schools or other units of {day_written(whole_on)} are gone, with "
            f"{counted(int(gone['value'].sum()), 'row')}: {first_of(gone['shown'].to_list())}."
            f"{_counted_otherwise(units, source)}{why}"
        )
    if thin.height:
        yield f"most rows of these schools or other units are gone: {_fewer(thin)}.{why}"
    if places.height:
        yield (
            f"most places at these schools or other units no longer hold as on {day_written(last_on)}: {_fewer(places)}. "
            "Leaving or entry dates may have been filled in for everyone, or a school may have closed or been given another "
            "number."
        )


def pupils_vanished(source: SourceTonight) -> Iterator[tuple[Check, str]]:
    """Units of a roll that lost many of their places lately, and rows with them, so that nobody says that these pupils have
    left; in the months in which no year does (``YEARS_LEAVE``).

    A leaver's row goes on for some time with a leaving date, and rows of old leavers that go take no place with them. If a
    school is divided, its pupils come again under another number: units count only if all units together lost half as many.
    """
    if not source.contract.is_roll or source.as_at.month in YEARS_LEAVE:
        return
    rows, places = (_against_lately(source, measure) for measure in (UNIT, PLACES))
    both = places.join(rows, on="of", how="inner", validate="1:1", suffix="_rows")
    lost = pl.min_horizontal(pl.col("value") - pl.col("now"), pl.col("value_rows") - pl.col("now_rows"))
    thinner = both.with_columns(shown="shown_rows", lost=lost, share=lost / pl.col("value")).filter(
        (pl.col("lost") >= ENOUGH_ROWS) & (pl.col("share") >= VANISHED_STAMPS)
    )
    of_all = float((rows["value"] - rows["now"]).sum())
    if 2.0 * of_all < float(thinner["lost"].sum()):
        return
    is_held = pl.col("share") >= VANISHED_HOLDS
    if (schools := thinner.filter(is_held).sort("shown", "of")).height:
        yield "units", f"{_vanished('a third', schools)}{source.not_read}"
    if (schools := thinner.filter(~is_held).sort("shown", "of")).height:
        once = source.not_read or " If all of them are there, accept it once."
        yield "rows gone", f"{_vanished('a tenth', schools)}{once}"


def _vanished(share: str, schools: pl.DataFrame) -> str:
    return (
        f"{share} or more of the pupils of these schools are gone without a leaving date: {_fewer(schools)}. Part of their "
        "rows may be missing."
    )


def _against_lately(source: SourceTonight, measure: str) -> pl.DataFrame:
    """By unit (``of``; ``shown``, for people): the most of a measure on the last nights (``value``; 0: it is new), and that of
    tonight (``now``). Units that lost most of it, and those that lost nobody, are left out: they are reported, or need not
    be."""
    own = source.measures.filter(measure=measure)
    since = min(source.last.as_at, source.as_at - LATELY)
    before = own.filter(pl.col("as_at").is_between(since, source.as_at, closed="left"))
    most = before.group_by("of").agg(pl.col("value").max(), shown=pl.col("name").drop_nulls().last())
    tonight = own.filter(as_at=source.as_at).select("of", now="value")
    both = most.join(tonight, on="of", how="full", coalesce=True, validate="1:1").with_columns(
        pl.col("value", "now").fill_null(0.0), shown=pl.coalesce("shown", "of")
    )
    lost_nobody = source.measures.filter(pl.col("as_at") >= since, measure=LOST_NOBODY)["of"]
    is_told = pl.col("now") < source.contract.completeness.unit_rows_kept * pl.col("value")
    return both.filter(~is_told, ~pl.col("of").is_in(lost_nobody.implode()))


def _counted_otherwise(units: pl.DataFrame, source: SourceTonight) -> str:
    """What it may mean that none of tonight's units was there before; a sentence to be appended, or empty."""
    tonight = units.filter(as_at=source.as_at)["of"]
    if tonight.is_in(units.filter(pl.col("as_at") < source.as_at)["of"].implode()).any():
        return ""
    header = source.contract.column_named[source.contract.completeness.unit or ""].header
    return (
        f" None of tonight's {len(tonight)} was there before: if the contract counts by {header} only from tonight on, accept "
        "it once."
    )


def _fewer(units: pl.DataFrame) -> str:
    return first_of([f"{unit['shown']} ({unit['value']:.0f} to {unit['now']:.0f})" for unit in units.to_dicts()])
