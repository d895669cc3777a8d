"""``termly_return.html``: the termly return for senior leaders, in one page that opens offline and prints."""

from datetime import date
from pathlib import Path

import jinja2
import polars as pl

from pipelines.publish.evidence_tables import day
from pipelines.publish.match_report import style_hash

HERE = Path(__file__).parent


def return_html(table: pl.DataFrame, as_at: date, night_on: date) -> bytes:
    """The page. ``table``: as :class:`pipelines.termly_return.TermlyReturn` has it; ``night_on``: the night it is from."""
    style = (HERE / "evidence.css").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.filters.update(day=day)
    sexes = ["Total", *(name for name in table.columns if name.startswith("Sex: "))]
    years = [name for name in table.columns if name.startswith("Year group: ")]
    page = environment.get_template("return.html.j2").render(
        style=style, style_hash=style_hash(style), as_at=as_at, night_on=night_on, rows=table.to_dicts(),
        parts=(("By sex", sexes), ("By year group", years)),
    )  # fmt: skip
    return page.encode()
