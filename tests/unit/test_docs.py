"""The pages name what is there: the architecture every module, the index every decision, no path, place or option in vain."""

import re
from pathlib import Path

import pytest

from apps.cli.main import app

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
    inside = [path for package in ("matching", "pipelines") for path in (ROOT / package).glob("*/**/__init__.py")]
    rooms = {path.parent.relative_to(ROOT).as_posix() for path in inside}
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_into_a_page_leads_to_a_heading(page: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#\s]*\.md)?#([^)]+)\)", page.read_text("utf-8"))
    assert {(to, place) for to, place in links if place not in headings(page.parent / to if to else page)} == set()


def headings(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    lines = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), flags=re.MULTILINE)
    texts = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", line).lower() for line in lines)
    return {re.sub(r"[^\w\- ]", "", text).replace(" ", "-") for text in texts}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_that_a_page_shows_takes_what_it_is_given_there(page: Path) -> None:
    for words, given in commands_in(page.read_text("utf-8")):
        command = app
        for word in words:
            if word in command:
                command = command[word]
        known = (
            {name for argument in command.assemble_argument_collection() for name in argument.names} if given else set()
        )
        assert words[0] in app, words
        assert given <= known, (words, given - known)


def commands_in(text: str) -> list[tuple[list[str], set[str]]]:
    """The words after each ``rollcall`` in code, up to what is no plain word; and the options given to it."""
    code = [
        *re.findall(r"`([^`\n]+)`", text),
        *"".join(re.findall(r"^```\w*\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)).splitlines(),
    ]
    shown = [found for line in code for found in re.findall(r"(?:^|[\s/(])rollcall ([a-z]+[^;&|#]*)", line)]
    options = r"(?<![\w-])--[a-z][\w-]*"
    return [(re.match(r"[a-z]+(?: [a-z]+)?", one)[0].split(), set(re.findall(options, one))) for one in shown]  # type: ignore[index]


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(re.findall(r"\]\((\d{4}-[^)]+)\)", (folder / "README.md").read_text("utf-8")))
    assert listed == {path.name for path in folder.glob("0*.md")}
