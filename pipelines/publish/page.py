"""One way to make a page for people: one file that opens offline, runs no script, and prints."""

from datetime import date
from pathlib import Path
from typing import Any

import jinja2

from pipelines.publish.evidence_tables import day
from pipelines.publish.match_report import style_hash

HERE = Path(__file__).parent
STYLES = ("evidence.css", "page.css")


def page(template: str, /, **values: Any) -> bytes:
    """The template of this folder, filled in; its style sheet is allowed by its hash, and nothing else is."""
    style = "".join((HERE / name).read_text(encoding="utf-8") for name in STYLES)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(day=_day, number=_number)
    return environment.get_template(template).render(style=style, style_hash=style_hash(style), **values).encode()


def _day(value: date | None) -> str:
    return day(value)


def _number(value: float | None) -> str:
    """A number for people; a dash for null."""
    if value is None:
        return "–"
    return f"{value:,.1f}" if isinstance(value, float) and not value.is_integer() else f"{value:,.0f}"
