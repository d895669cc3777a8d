"""What the code uses is what it asks for: nothing comes in by chance with another package."""

import ast
import re
import sys
import tomllib
from pathlib import Path

from pipelines.steps.publishing import versions

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
OURS = ("apps", "data_contracts", "flows", "matching", "pipelines")
IN_EXTRAS = ("dask", "pdf")
IMPORTED_AS = {"pyyaml": "yaml", "fpdf2": "fpdf", "pydantic": "pydantic_core"}
"""Package -> what it is imported as beside its own name."""


def _asked_for(extras: tuple[str, ...] = ()) -> set[str]:
    asked = [*PROJECT["dependencies"], *(each for extra in extras for each in PROJECT["optional-dependencies"][extra])]
    return {re.split(r"[<>=\[ ]", each)[0].lower() for each in asked}


def _imported() -> set[str]:
    found = set()
    for file in (file for room in OURS for file in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {each.name.partition(".")[0] for each in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - set(OURS)


def test_every_package_that_is_imported_is_asked_for() -> None:
    asked = _asked_for(IN_EXTRAS)
    known = {name.replace("-", "_") for name in asked} | {IMPORTED_AS[name] for name in asked if name in IMPORTED_AS}
    assert _imported() - known == set()


def test_the_versions_in_run_json_are_those_of_packages_that_every_installation_has() -> None:
    assert set(versions()) - {"python", "rollcall"} <= _asked_for()
