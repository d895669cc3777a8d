"""The termly report for senior leaders and the safeguarding partnership: how many, who, where, how long, and what came of
it.

It counts the children whom officers have confirmed as missing education, the leads on the list, and what officers found in
the period. Every count is treated by :mod:`pipelines.reports.small_counts`. Children whose whereabouts are protected count,
but in no area.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from pipelines.age import birth_date_by_age
from pipelines.decisions.outcomes import CODES, DFE_REASONS, newly_found_missing, standing_outcomes
from pipelines.publish.outcome_yield import outcome_yield
from pipelines.reasons import source_name
from pipelines.record_ids import sources_in
from pipelines.reports.published import PublishedNight
from pipelines.reports.small_counts import SMALLEST_SHOWN, shown, shown_alone
from pipelines.reports.termly_return import BANDS, SEXES, YEARS, year_group

AREAS_TOLD = 12
"""Most postcode districts shown one by one; the others are counted together."""
NO_LIST = "–"
"""Shown for a month of which no list is kept."""
NOWHERE, ELSEWHERE, PROTECTED_AREA = "No postcode", "Other districts", "Withheld"


@dataclass(frozen=True)
class Table:
    """One breakdown: a title and (label, count as it may be shown) rows."""

    title: str
    rows: Sequence[tuple[str, str]]
    note: str = ""


@dataclass(frozen=True)
class TermlyReport:
    """One report; every count in it may be shown."""

    as_at: date
    since: date
    confirmed: str
    """Children confirmed as missing education on the day."""
    confirmed_tables: Sequence[Table]
    leads: str
    """Children on the last list published in the period."""
    leads_tables: Sequence[Table]
    outcomes: str
    """Children of whom officers found something in the period."""
    outcome_table: Table
    trend: Sequence[tuple[str, str, str]]
    """(month, children on its last list, children newly found missing in it)."""


def termly_report(
    confirmed: pl.DataFrame,
    outcomes: pl.DataFrame,
    nights: Sequence[PublishedNight],
    *,
    since: date,
    as_at: date,
    names: Mapping[str, str],
) -> TermlyReport:
    """The report on the time after ``since`` up to ``as_at``.

    ``confirmed``: from :func:`pipelines.reports.termly_return.confirmed_missing`; ``outcomes``: ``OUTCOME``; ``nights``:
    the lists published in the period, oldest first, at least one.
    """
    last = nights[-1].candidates
    whole, (years, sexes, bands, reasons) = shown(
        confirmed.height,
        *(
            _counts(confirmed[column], labels)
            for column, labels in (("year", YEARS), ("sex", SEXES), ("duration", BANDS), ("reason", DFE_REASONS))
        ),
    )
    last_outcomes = _last_outcomes(outcomes, since, as_at)
    looked, (words,) = shown(last_outcomes.height, _counts(last_outcomes["outcome"], list(CODES)))
    return TermlyReport(
        as_at=as_at,
        since=since,
        confirmed=whole,
        confirmed_tables=(
            _table("Year group, by age", YEARS, years),
            _table("Sex", SEXES, sexes),
            _table("Time out of education", BANDS, bands),
            _table("Primary reason", DFE_REASONS, reasons),
        ),
        leads=shown(last.height)[0],
        leads_tables=_leads(last, as_at, names),
        outcomes=looked,
        outcome_table=_table("What officers found", [CODES[code].words for code in CODES], words),
        trend=_trend(nights, outcomes, since, as_at),
    )


def _counts(values: pl.Series, labels: Sequence[str]) -> list[int]:
    """How often each label occurs in ``values``."""
    there = dict(values.value_counts().iter_rows())
    return [there.get(label, 0) for label in labels]


def _table(title: str, labels: Sequence[str], counts: Sequence[str], note: str = "") -> Table:
    """The rows that are not 0, so that a label that nobody has takes no line."""
    return Table(title, [(label, text) for label, text in zip(labels, counts, strict=True) if text != "0"], note)


def _last_outcomes(outcomes: pl.DataFrame, since: date, as_at: date) -> pl.DataFrame:
    """For each child of whom an outcome was found in the period, the last one found in it."""
    on = pl.col("outcome_on")
    return standing_outcomes(outcomes.filter((on > since) & (on <= as_at)))


def _leads(listed: pl.DataFrame, as_at: date, names: Mapping[str, str]) -> list[Table]:
    named = listed.with_columns(
        year=year_group(birth_date_by_age(pl.col("date_of_birth"), pl.col("born_in")), as_at),
        area=pl.when("restricted")
        .then(pl.lit(PROTECTED_AREA))
        .otherwise(pl.col("postcode").str.extract(r"^([A-Z0-9]+) ").fill_null(NOWHERE)),
    )
    common = named.filter(~pl.col("area").is_in([PROTECTED_AREA, NOWHERE])).group_by("area").len()
    kept = common.sort("len", "area", descending=[True, False]).head(AREAS_TOLD)["area"].sort().to_list()
    areas = [*kept, ELSEWHERE, NOWHERE, PROTECTED_AREA]
    placed = (
        named["area"].to_frame().select(pl.when(pl.col("area").is_in(areas)).then("area").otherwise(pl.lit(ELSEWHERE)))
    )
    lanes = listed["lane"].unique().sort().to_list()
    _, (by_year, by_area, by_lane) = shown(
        listed.height, _counts(named["year"], YEARS), _counts(placed["area"], areas), _counts(listed["lane"], lanes)
    )
    sources = _by_source(listed, names)
    return [
        _table("Lane", lanes, by_lane),
        _table("Year group, by age", YEARS, by_year),
        _table("Area, by postcode district", areas, by_area),
        _table(
            "Source to which the child is known",
            [name for name, _ in sources],
            shown_alone([count for _, count in sources]),
            "A child known to several sources counts in each.",
        ),
    ]


def _by_source(listed: pl.DataFrame, names: Mapping[str, str]) -> list[tuple[str, int]]:
    sources = listed.select("child_id", source=sources_in(pl.col("records"))).explode("source", empty_as_null=True)
    counted = sources.drop_nulls("source").group_by(name=source_name(pl.col("source"), names)).len()
    return list(counted.sort("len", "name", descending=[True, False]).iter_rows())


def _trend(
    nights: Sequence[PublishedNight], outcomes: pl.DataFrame, since: date, as_at: date
) -> list[tuple[str, str, str]]:
    """By month: children on its last list, and children newly found missing in it."""
    lists: dict[tuple[int, int], int] = {}
    for night in nights:
        lists[night.as_at.year, night.as_at.month] = night.candidates.height
    first = newly_found_missing(outcomes.filter(pl.col("outcome_on") <= as_at)).filter(pl.col("outcome_on") > since)
    months = _months(since + timedelta(days=1), as_at)
    found = [
        first.filter((pl.col("outcome_on").dt.year() == year) & (pl.col("outcome_on").dt.month() == month)).height
        for year, month in months
    ]
    listed = shown_alone([lists.get(month, 0) for month in months])
    _, (newly,) = shown(sum(found), found)
    return [
        (f"{date(year, month, 1):%B %Y}", listed[place] if (year, month) in lists else NO_LIST, newly[place])
        for place, (year, month) in enumerate(months)
    ]


def _months(since: date, as_at: date) -> list[tuple[int, int]]:
    first, last = since.year * 12 + since.month - 1, as_at.year * 12 + as_at.month - 1
    return [(month // 12, month % 12 + 1) for month in range(first, last + 1)]


def hours_for_each_found(outcomes: pl.DataFrame, as_at: date) -> float | None:
    """Officers' hours for each child found missing by a day; null: no hours are given, or fewer than 5 children were found.

    With fewer, working back from the hours would reveal how many were found.
    """
    whole = outcome_yield(outcomes.filter(pl.col("outcome_on") <= as_at)).filter(by="all")
    few = whole.is_empty() or whole["missing"].item() < SMALLEST_SHOWN
    return None if few else whole["hours_per_child_found"].item()
