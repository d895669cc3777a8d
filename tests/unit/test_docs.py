"""The pages name what is there: the architecture every module, the index every decision, and no path in vain."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
TOLD_AS_A_WHOLE = ("pipelines/priority", "pipelines/publish", "pipelines/reports")
"""Folders in which each file is one more of a kind."""
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "benchmarks").rglob("*.md"),
        *(ROOT / "apps").rglob("*.md"),
    ]
)
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


@pytest.mark.parametrize("folder", ["apps/made_up", "benchmarks"])
def test_a_readme_names_the_modules_beside_it(folder: str) -> None:
    named = set(re.findall(r"`(\w+\.py)`", (ROOT / folder / "README.md").read_text("utf-8")))
    assert named == {path.name for path in (ROOT / folder).glob("*.py")} - {"__init__.py"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    paths = set(
        re.findall(r"`((?:apps|benchmarks|config|data_contracts|docs|flows|matching|pipelines|tests)/[\w/.]*)`", text)
    )
    assert {path for path in paths if not (ROOT / path).exists()} == set()
    links = {link for link in re.findall(r"\]\(([^)#]+)", text) if not link.startswith("http")}
    assert {link for link in links if not (page.parent / link).exists()} == set()


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(re.findall(r"\]\((\d{4}-[^)]+)\)", (folder / "README.md").read_text("utf-8")))
    assert listed == {path.name for path in folder.glob("0*.md")}
