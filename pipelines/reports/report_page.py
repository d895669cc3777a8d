"""``termly_report.html``: the termly report on one page that opens offline, with its charts drawn from what may be shown."""

from datetime import date, timedelta

from markupsafe import Markup

from pipelines.publish.charts import stacked_bars
from pipelines.publish.page import page
from pipelines.publish.small_counts import SUPPRESSED, as_bar
from pipelines.reports.termly_report import NO_LIST, Table, TermlyReport

FEW = 3
"""A table of fewer rows needs no chart."""


def report_html(report: TermlyReport, hours: float | None, night_on: date, authority: str | None) -> bytes:
    """The page. ``hours``: officers' hours for each child found, null where none are said or too few were found;
    ``night_on``: the night that it is from."""
    trend = [(month, [as_bar(listed)]) for month, listed, _ in report.trend if listed not in (NO_LIST, SUPPRESSED)]
    return page(
        "report.html.j2",
        report=report,
        begins=report.since + timedelta(days=1),
        hours="–" if hours is None else f"{hours:,.1f}",
        night_on=night_on,
        authority=authority,
        suppressed=SUPPRESSED,
        trend_chart=stacked_bars("trend", "Children on each month's last list", ("children",), trend, "children"),
        confirmed=[(table, _chart("confirmed", number, table)) for number, table in enumerate(report.confirmed_tables)],
        leads=[(table, _chart("leads", number, table)) for number, table in enumerate(report.leads_tables)],
        outcome_chart=_chart("outcomes", 0, report.outcome_table),
    )


def _chart(name: str, number: int, table: Table) -> Markup:
    """Bars of one table; a count that is not to be seen has none."""
    bars = [(label, [as_bar(text)]) for label, text in table.rows if text != SUPPRESSED]
    if len(bars) < FEW:
        return Markup("")
    return stacked_bars(f"{name}-{number}", table.title, ("children",), bars, "children")
