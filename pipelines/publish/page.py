"""The one way to make a page for people: one file that opens offline, runs no script, fetches nothing, and prints."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from pipelines.counted import counted
from pipelines.publish import names_in_words, numbers
from pipelines.written_dates import moment_written

HERE = Path(__file__).parent

PAPER = ("evidence.css", "page.css")
"""Style sheets of a page that is read like a letter."""

REPORT = ("match_report.css",)
"""Style sheets of a page of tables and charts."""


def page(template: str, /, *, styles: tuple[str, ...] = PAPER, **values: Any) -> bytes:
    """A template of this folder, filled in, as UTF-8. The page allows its own style sheets, by their hash, and nothing
    else.

    Everything is escaped, and a mistyped or missing value is an error: jinja2.UndefinedError.
    """
    style, style_hash = _style(styles)
    return _templates().get_template(template).render(style=style, style_hash=style_hash, **values).encode()


@cache  # so that a template is compiled once, however many pages are filled in
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    written = (
        numbers.bits,
        numbers.count,
        numbers.day,
        numbers.difference,
        numbers.figure,
        numbers.fine_share,
        numbers.likely,
        numbers.odds,
        numbers.plain,
        numbers.share,
        counted,
        moment_written,
        names_in_words.factor,
        names_in_words.setting,
        names_in_words.setting_value,
    )
    environment.filters.update({each.__name__: each for each in written})
    return environment


@cache
def _style(sheets: tuple[str, ...]) -> tuple[str, str]:
    """The style sheets joined, and their hash as a content security policy names it."""
    style = "".join((HERE / sheet).read_text(encoding="utf-8") for sheet in sheets)
    return style, "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
