"""``termly_return.html``: the termly return for senior leaders, in one page that opens offline and prints."""

from datetime import date

import polars as pl

from pipelines.publish.page import page
from pipelines.reports.termly_return import TOTAL


def return_html(table: pl.DataFrame, as_at: date, night_on: date) -> bytes:
    """The page. ``table``: from :mod:`pipelines.reports.termly_return`; ``night_on``: the night that it is from.

    Breakdowns without a child are named below each table, so that those with children are not lost among them.
    """
    sexes = [TOTAL, *(name for name in table.columns if name.startswith("Sex: "))]
    years = [name for name in table.columns if name.startswith("Year group: ")]
    parts = (("By sex", sexes), ("By year group", years))
    topic, breakdown = pl.col("breakdown_topic"), pl.col("breakdown")
    named = table.with_columns(name=pl.when(topic == TOTAL).then(breakdown).otherwise(topic + ": " + breakdown))
    is_empty = (pl.col(TOTAL) == "0") & (topic != TOTAL)
    rows, nobody = named.filter(~is_empty).to_dicts(), named.filter(is_empty)["name"].to_list()
    return page("return.html.j2", as_at=as_at, night_on=night_on, rows=rows, nobody=nobody, parts=parts)
