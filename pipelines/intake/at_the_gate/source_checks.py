"""What is checked of one source tonight: rows, keys, empty values and dates, against earlier nights and the contract.

Each check is one function: figures of tonight and of earlier nights in, sentences out. No sentence contains a value of a
child: only counts, dates, and names of files, columns and schools.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise, takewhile
from statistics import median

import numpy as np
import polars as pl

from data_contracts.completeness import Check
from pipelines.counted import counted, first_of
from pipelines.intake.at_the_gate.standing_in import stands_in_until
from pipelines.intake.in_figures.figures import EMPTY, KEYS, LEARNT_DAYS, UNKNOWN
from pipelines.intake.in_figures.source_tonight import SourceTonight
from pipelines.intake.in_figures.usual import NIGHTS_TO_LEARN, SHARE_APART, SPREADS, shares_risen, spread
from pipelines.intake.receipt.misleading_files import ENOUGH_ROWS
from pipelines.intake.school_holidays import SOME_SHUT, days_of, days_shut
from pipelines.intake.since_last_night.units import pupils_vanished, units_due, units_less
from pipelines.written_dates import day_written

FEWER_ROWS, ROWS_GONE, MORE_ROWS = 0.2, 0.1, 0.5
"""A fifth or a tenth fewer rows than usual, or half as many again, is outside the band, unless the nights have varied more."""
FEWEST_ROWS_APART = 5
"""A register of ten may lose four rows from one night to the next: that is not an incomplete file."""
LONG_LIST = 200
"""A list of this many rows loses or gains a tenth of them only by a fault; a smaller register goes up and down."""
KEYS_KEPT = 0.8
UNLESS_SHUT = " If schools are closed, say in the settings when ([ranking] school_closures)."
NO_WONDER = 1 / 16
"""Least chance, by how often the rows change, that they have not changed since: below it the file is said to be an old one."""
NEWEST_DAYS = 7
"""The newest date in a file may lag a week more than usual: half-term, or a quiet week."""


def failed_checks(source: SourceTonight) -> Iterator[tuple[Check, str]]:
    """Every check that the source does not pass, and why in words."""
    if not source.tonight.rows:
        yield from _missing(source)
        yield from _endless(source)
        return
    yield from (("empty values", words) for words in source.unsaid)
    yield from units_due(source)
    if not source.nights:
        yield from _few_rows(source)
        return
    fewer = list(_rows(source))
    yield from fewer
    units = list(units_less(source))
    yield from (("units", words) for words in units)
    yield from pupils_vanished(source)
    if not any(check in ("fewer rows", "rows gone") for check, _ in fewer):
        yield from _keys(source)
    # Their places ended at once, which is reported as such.
    closed = bool(units) or not source.units_losing_no_child.is_empty()
    yield from (failed for failed in source.failed_checks if not (closed and failed[0] == "ended at once"))
    yield from _empty_values(source)
    yield from _stale(source)


def _missing(source: SourceTonight) -> Iterator[tuple[Check, str]]:
    due = source.contract.completeness.expected
    none = f"no rows were received tonight{_why_none(source)}"
    if source.nights:
        usual = f"{counted(source.last.rows, 'row')} were loaded on {day_written(source.last.as_at)}"
        yield "missing", f"{none}, but {usual}.{_stood_in(source)}"
    elif due != "never":
        yield "missing", f"{none}, and its contract expects it {due}."
    elif source.refused or source.set_aside:
        yield "missing", f"{none}, and no earlier night shows how many are usual."


def _stood_in(source: SourceTonight) -> str:
    """Until when the last rows stand in, or what it means that they no longer do; a sentence to be appended, or empty."""
    if source.stands_in_until:
        return f" Those stand in until {day_written(source.stands_in_until)}."
    until = stands_in_until(source.contract, source.last.as_at)
    if until is None or until >= source.as_at:
        return ""
    return (
        f" They stood in until {day_written(until)} and are no longer read: a child whose place only they show is listed as "
        "without one, and a child known only to them is on no list. If nothing more is to come, accept that once."
    )


def _why_none(source: SourceTonight) -> str:
    """What became of the files of a source of which no row was loaded, in brackets; empty if they had none."""
    came = []
    if source.refused:
        could_not = "could not be used" + (f" because of {source.refused_for}" if source.refused_for else "")
        came.append(f"{counted(len(source.refused), 'file')} came and {could_not}")
    if source.set_aside:
        came.append(f"{counted(source.set_aside, 'row')} came and every one was set aside: {source.set_aside_for}")
    if not source.files:
        came.append("no file was received")
    return f" ({'; '.join(came)})" if came else ""


def _endless(source: SourceTonight) -> Iterator[tuple[Check, str]]:
    """What it means that no row standing in gives an end, for each column without which what another column begins never
    ends."""
    if source.stands_in_until is None:
        return
    last = source.measures.filter(measure=EMPTY, as_at=source.last.as_at)
    empty = {of for of, share in last.select("of", "value").iter_rows() if share == 1.0}
    for column in source.contract.missed_columns(source.contract.column_named.keys() - empty):
        if source.contract.beginnings_of(column.name):
            yield "empty values", f"{column.header}: none of the rows that stand in has one. {column.absent_why}"


def _few_rows(source: SourceTonight) -> Iterator[tuple[Check, str]]:
    """On the first night: fewer rows than the contract's least, and files of the source that were not loaded."""
    if source.refused:
        whose = f"{counted(len(source.refused), 'file')} of {source.files}"
        could_not = "could not be used" + (f" ({source.refused_for})" if source.refused_for else "")
        yield "fewer rows", f"{whose} came and {could_not}, and no earlier night shows how many rows are usual."
    yield from _set_aside(source)
    rows, least = source.tonight.rows, source.contract.completeness.least_rows
    if rows < least:
        yield (
            "few rows",
            f"only {counted(rows, 'row')} received, fewer than {least}, and no earlier night shows whether that is usual.",
        )


def _set_aside(source: SourceTonight) -> Iterator[tuple[Check, str]]:
    """On the first night: too many rows set aside one by one, which on later nights are missed against the usual number."""
    came = source.tonight.rows + source.set_aside
    if source.set_aside > max(FEWER_ROWS * came, FEWEST_ROWS_APART):
        yield (
            "fewer rows",
            f"{source.set_aside:,} of its {counted(came, 'row')} were set aside ({source.set_aside_for}): what they say about "
            "their children is not known.",
        )


def _rows(source: SourceTonight) -> Iterator[tuple[Check, str]]:
    """Rows against the median of the last nights, without those of schools that have closed since."""
    rows = source.tonight.rows
    learnt_from = source.as_at - timedelta(days=LEARNT_DAYS)
    nights = [source.rows_still_due(night) for night in source.nights if night.as_at >= learnt_from]
    nights = _whole(nights or [source.rows_still_due(source.last)])
    usual = median(nights)
    apart = SPREADS * spread(nights)
    band = source.contract.completeness.rows
    if band:
        least, most = band[0] * usual, band[1] * usual
    else:
        down = FEWER_ROWS * usual if source.contract.is_roll else max(FEWER_ROWS * usual, apart)
        least = usual - max(down, FEWEST_ROWS_APART)
        most = usual + max(MORE_ROWS * usual, apart, FEWEST_ROWS_APART)
    received = f"{counted(rows, 'row')} received, where {usual:,.0f} are usual"
    a_tenth = usual - max(ROWS_GONE * usual, apart, FEWEST_ROWS_APART)
    if rows < least:
        why = source.not_read or " The file may be cut off."
        yield "fewer rows", f"{received}: {_share(1 - rows / usual)} fewer.{why}"
    elif not band and rows < a_tenth:
        why = source.not_read or " Part of the file may be missing. If all of it is there, accept it once."
        yield "rows gone", f"{received}: {_share(1 - rows / usual)} fewer.{why}"
    if rows > most:
        yield "more rows", f"{received}: {_share(rows / usual - 1)} more."


def _whole(nights: Sequence[int]) -> list[int]:
    """Rows of a source's nights, oldest first; for long lists, without nights that had a tenth fewer or half as many again.
    What comes in part for some nights is missed until it is whole, or accepted (then no earlier night counts)."""
    whole = list(nights[:1])
    for rows in nights[1:]:
        usual = median(whole)
        if usual < LONG_LIST or (1 - ROWS_GONE) * usual <= rows <= (1 + MORE_ROWS) * usual:
            whole.append(rows)
    return whole


def _keys(source: SourceTonight) -> Iterator[tuple[Check, str]]:
    """Share of the last night's keys that came again; those of a school that closed are not expected."""
    if source.keys is None or source.keys[0] < ENOUGH_ROWS:
        return
    closed = source.last.rows - source.rows_still_due(source.last)
    kept = source.keys[1] * source.keys[0] / max(source.keys[0] - closed, 1)
    nights = source.measures.filter((pl.col("measure") == KEYS) & (pl.col("as_at") < source.as_at))["value"].to_list()
    least = source.contract.completeness.keys_kept
    if least is None:
        least = KEYS_KEPT
        if len(nights) >= NIGHTS_TO_LEARN:
            least = median(nights) - max(SHARE_APART, SPREADS * spread(nights))
    if kept < least:
        yield (
            "keys",
            f"only {_share(kept)} of the last delivery's keys came again, where at least {_share(least)} are expected: the "
            "file "
            "may be about other children, or its keys may have been renumbered.",
        )


def _empty_values(source: SourceTonight) -> Iterator[tuple[Check, str]]:
    """Columns that say less than they did: emptier, or with codes that nobody knows."""
    if source.tonight.rows < ENOUGH_ROWS:
        return
    if emptier := _risen(source, EMPTY):
        yield (
            "empty values",
            f"more values are empty than usual, in {first_of(emptier)}. If that is right, accept it once.",
        )
    if unknown := _risen(source, UNKNOWN):
        yield (
            "empty values",
            f"more codes than usual are not in its contract, so they say nothing, in {first_of(unknown)}. Add the codes to the "
            "contract (codes).",
        )


def _risen(source: SourceTonight, measure: str) -> list[str]:
    """The columns in which a share is larger than usual, and from what to what."""
    risen = shares_risen(source.measures.filter(measure=measure), source.as_at, source.contract.completeness.empty_rise)
    return [
        f"{source.contract.column_named[of].header} ({_share(usual)} to {_share(share)})" for of, usual, share in risen
    ]


def _stale(source: SourceTonight) -> Iterator[tuple[Check, str]]:
    """The same rows for too long, an older delivery again, or no date as new as there should be."""
    after = source.contract.completeness.stale_after_days
    same = [night for night in source.nights if night.content == source.tonight.content]
    if after and same and same[-1] is source.last:
        since = _first_of_run(source)
        quiet = _weekdays_between(source, since, source.as_at)
        if _days_open(source, since, source.as_at) >= after and quiet and not _is_often_quiet(source, since, quiet):
            yield (
                "stale",
                f"this is the file of {day_written(since)} again; its rows should change within {counted(after, 'day')}."
                + (UNLESS_SHUT if source.contract.is_roll else ""),
            )
            return
    elif after and same:
        yield "stale", f"this is the older file of {day_written(same[-1].as_at)} again, not a new one."
        return
    yield from _newest(source)


def _first_of_run(source: SourceTonight) -> date:
    """The first night of the unbroken series, up to the last one, in which the source's rows were the same as tonight."""
    same = takewhile(lambda night: night.content == source.tonight.content, reversed(source.nights))
    return min((night.as_at for night in same), default=source.as_at)


def _is_often_quiet(source: SourceTonight, since: date, weekdays: int) -> bool:
    """Whether it is no wonder that nothing has changed for so many ``weekdays``: a roll of thirty that comes fresh each night
    is often the same as the night before.

    Learnt from the nights up to ``since``, the first with tonight's rows; not if the contract says how long rows may stay as
    they are."""
    nights = [night for night in source.nights if night.as_at <= since]
    steps = [
        (_weekdays_between(source, one.as_at, two.as_at), one.content != two.content) for one, two in pairwise(nights)
    ]
    open_days, changed = sum(days for days, _ in steps), sum(is_changed for days, is_changed in steps if days)
    if source.contract.completeness.stale_days or open_days < NIGHTS_TO_LEARN or not changed:
        return False
    return max(1 - changed / open_days, 0.0) ** weekdays >= NO_WONDER


def _weekdays_between(source: SourceTonight, since: date, as_at: date) -> int:
    """Weekdays whose changes one night had and the other had not. Nights may run before or after midnight: the smaller
    number.

    Agencies change nothing at weekends, so Friday's rows on a Monday are not an old file.
    """
    holidays = _holidays(source, since, as_at)
    after_midnight, before_midnight = (
        np.busday_count(since + later, as_at + later, holidays=holidays) for later in (timedelta(), timedelta(days=1))
    )
    return int(min(after_midnight, before_midnight))


def _days_open(source: SourceTonight, since: date, until: date) -> int:
    """Days from one to another, without those on which the source cannot change."""
    return (until - since).days - len(_holidays(source, since, until))


def _holidays(source: SourceTonight, since: date, until: date) -> list[date]:
    """Days on which the source cannot change: for a roll, while schools may be shut."""
    if not source.contract.is_roll:
        return []
    closed = {day for day in days_of(source.closures) if since < day <= until}
    return sorted(closed.union(days_shut(since, until, SOME_SHUT)))


def _newest(source: SourceTonight) -> Iterator[tuple[Check, str]]:
    """How old the newest date in the rows is, against the contract or the last nights."""
    newest = source.tonight.newest_on
    if newest is None:
        return
    lag = _days_open(source, newest, source.as_at)
    within = source.contract.completeness.newest_within_days
    if within is None:
        nights = source.newer_each
        if not nights:
            return
        lags = [_days_open(source, day, night.as_at) for night, day in nights]
        within = round(median(lags) + max(NEWEST_DAYS, SPREADS * spread(lags)))
        if not (newest < nights[-1][1] or source.contract.completeness.stale_after_days):
            return  # nothing need ever happen in a source that is never due
    if lag > within:
        yield (
            "stale",
            f"its newest date is {day_written(newest)}, {counted((source.as_at - newest).days, 'day')} before the night; at "
            f"most {counted(within, 'day')} are expected{_besides(source, newest)}. It may be an old file.",
        )


def _besides(source: SourceTonight, newest: date) -> str:
    return ", not counting the school holidays" if _holidays(source, newest, source.as_at) else ""


def _share(value: float) -> str:
    return f"{value:.0%}"
