"""How every page for people is filled in: nothing unescaped, nothing left empty by a slip, nothing fetched."""

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import jinja2

HERE = Path(__file__).parent


@cache  # so that a template is compiled once, however many pages are filled in
def templates(**filters: Callable[..., object]) -> jinja2.Environment:
    """The templates of this folder. ``filters``: name in the template -> what writes a value for people."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters)
    return environment


def style_hash(style: str) -> str:
    """The style sheet's hash as a content security policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
