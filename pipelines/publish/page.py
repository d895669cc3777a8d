"""One way to make a page for people: one file that opens offline, runs no script, and prints."""

from datetime import date
from typing import Any

from pipelines.publish.evidence_tables import day
from pipelines.publish.match_report import style_hash
from pipelines.publish.templates import HERE, templates

STYLES = ("evidence.css", "page.css")


def page(template: str, /, **values: Any) -> bytes:
    """The template of this folder, filled in; its style sheet is allowed by its hash, and nothing else is."""
    style = "".join((HERE / name).read_text(encoding="utf-8") for name in STYLES)
    return (
        templates(day=_day, number=_number)
        .get_template(template)
        .render(style=style, style_hash=style_hash(style), **values)
        .encode()
    )


def _day(value: date | None) -> str:
    return day(value)


def _number(value: float | None) -> str:
    """A number for people; a dash for null."""
    if value is None:
        return "–"
    return f"{value:,.1f}" if isinstance(value, float) and not value.is_integer() else f"{value:,.0f}"
