"""``termly_return.html``: the termly return for senior leaders, in one page that opens offline and prints."""

from datetime import date

import polars as pl

from pipelines.publish.page import page


def return_html(table: pl.DataFrame, as_at: date, night_on: date) -> bytes:
    """The page. ``table``: from :mod:`pipelines.reports.termly_return`; ``night_on``: the night that it is from."""
    sexes = ["Total", *(name for name in table.columns if name.startswith("Sex: "))]
    years = [name for name in table.columns if name.startswith("Year group: ")]
    parts = (("By sex", sexes), ("By year group", years))
    return page("return.html.j2", as_at=as_at, night_on=night_on, rows=table.to_dicts(), parts=parts)
