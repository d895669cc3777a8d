"""Every page that is published can be read with a screen reader and without a mouse."""

import re
from pathlib import Path

import pytest

from pipelines import publish

PAGES = sorted(Path(publish.__path__[0]).glob("*.html.j2"))
BASE = "page.html.j2"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_head_of_a_table_says_what_it_heads_and_what_scrolls_can_be_reached(page: Path) -> None:
    html = page.read_text("utf-8")
    heads = re.findall(r"<th\b[^>]*>", html)
    assert [head for head in heads if "scope=" not in head] == []
    assert not re.search(r"<th\b[^>]*></th>", html)
    scrolling = re.findall(r'<div class="wide"[^>]*>', html)
    assert [box for box in scrolling if 'tabindex="0"' not in box] == []
    assert ("<table" in html) == bool(heads)


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != BASE], ids=lambda page: page.name)
def test_a_page_has_one_title_and_one_main_part(page: Path) -> None:
    html, extends = page.read_text("utf-8"), f'{{% extends "{BASE}" %}}'
    assert html.startswith(extends)  # which alone says that a page runs no script and fetches nothing
    whole = html.replace(extends, (page.parent / BASE).read_text("utf-8"))
    assert [whole.count(tag) for tag in ("<h1>", "<main>", "</main>", '<html lang="en-GB">', "<title>")] == [1] * 5
    assert whole.index("</header>") < whole.index("<main>")
