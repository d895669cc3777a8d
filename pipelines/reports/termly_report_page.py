"""``termly_report.html``: the termly report on one page that opens offline, with charts of the counts that may be shown."""

from collections.abc import Sequence
from datetime import date, timedelta

from markupsafe import Markup

from pipelines.publish.charts import stacked_bars
from pipelines.publish.page import page
from pipelines.reports.small_counts import SUPPRESSED
from pipelines.reports.termly_report import NO_LIST, Table, TermlyReport

FEW = 3
"""A table with fewer counts to be seen gets no chart."""


def report_html(report: TermlyReport, hours: float | None, night_on: date, authority: str | None) -> bytes:
    """The page. ``hours``: officers' hours for each child found; null: none were given, or too few children were found.
    ``night_on``: the night that it is from."""
    listed = [(month, count) for month, count, _ in report.trend]
    return page(
        "report.html.j2",
        report=report,
        begins=report.since + timedelta(days=1),
        hours="–" if hours is None else f"{hours:,.1f}",
        night_on=night_on,
        authority=authority,
        suppressed=SUPPRESSED,
        trend_chart=_bars("trend", "Children on each month's last list", listed),
        confirmed=[(table, _chart("confirmed", number, table)) for number, table in enumerate(report.confirmed_tables)],
        leads=[(table, _chart("leads", number, table)) for number, table in enumerate(report.leads_tables)],
        outcome_chart=_chart("outcomes", 0, report.outcome_table),
    )


def _chart(name: str, number: int, table: Table) -> Markup:
    """Bars of one table; a suppressed count has none."""
    seen = sum(count != SUPPRESSED for _, count in table.rows)
    return Markup("") if seen < FEW else _bars(f"{name}-{number}", table.title, table.rows)


def _bars(name: str, title: str, rows: Sequence[tuple[str, str]]) -> Markup:
    seen = [(label, [float(count.replace(",", ""))]) for label, count in rows if count not in (NO_LIST, SUPPRESSED)]
    return stacked_bars(name, title, ("children",), seen, "children")
