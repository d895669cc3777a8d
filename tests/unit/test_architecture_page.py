"""docs/architecture.md names every module where it is, and nothing that is not there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
TOLD_AS_A_WHOLE = ("pipelines/priority", "pipelines/publish", "pipelines/reports")
"""Folders in which each file is one more of a kind."""
SECTIONS = dict(re.findall(r"^### (\S+)/$\n(.*?)(?=^##|\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))


def test_every_package_has_a_section() -> None:
    packages = {"data_contracts", "matching", "flows", "pipelines"}
    rooms = {f"pipelines/{path.parent.name}" for path in (ROOT / "pipelines").glob("*/__init__.py")}
    rows = {f"pipelines/{name}" for name in ("tables", "steps") if f"`{name}/`" in SECTIONS["pipelines"]}
    assert set(SECTIONS) | rows == packages | rooms


@pytest.mark.parametrize("folder", SECTIONS)
def test_a_section_names_the_modules_of_its_folder(folder: str) -> None:
    named = set(re.findall(r"`(\w+\.py)`", SECTIONS[folder]))
    there = {path.name for path in (ROOT / folder).glob("*.py")} - {"__init__.py"}
    assert named <= there
    assert folder in TOLD_AS_A_WHOLE or there <= named


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    paths = set(
        re.findall(r"`((?:apps|benchmarks|config|data_contracts|docs|flows|matching|pipelines|tests)/[\w/.]*)`", text)
    )
    assert {path for path in paths if not (ROOT / path).exists()} == set()
    links = {link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("http")} - {
        ""
    }
    assert {link for link in links if not (page.parent / link).exists()} == set()
