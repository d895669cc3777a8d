"""One way to make a page for people: one file that opens offline, runs no script, and prints."""

from typing import Any

from pipelines.counted import counted
from pipelines.publish.evidence_tables import day
from pipelines.publish.numbers import count
from pipelines.publish.templates import HERE, style_hash, templates

STYLES = ("evidence.css", "page.css")


def page(template: str, /, **values: Any) -> bytes:
    """The template of this folder, filled in; its style sheet is allowed by its hash, and nothing else is."""
    style = "".join((HERE / name).read_text(encoding="utf-8") for name in STYLES)
    return (
        templates(day=day, count=count, counted=counted)
        .get_template(template)
        .render(style=style, style_hash=style_hash(style), **values)
        .encode()
    )
