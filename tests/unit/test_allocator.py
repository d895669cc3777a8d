"""polars' allocator is told to keep memory before polars is imported; afterwards it would be too late."""

import os
import subprocess
import sys

import pytest

VARIABLE = "_RJEM_MALLOC_CONF"
KEEPS = "dirty_decay_ms:-1"

SEE = """
import os, sys
sys.meta_path.insert(0, type("See", (), {"find_spec": lambda self, name, path=None, target=None: seen(name)})())
def seen(name):
    if name == "polars":
        print(os.environ.get("_RJEM_MALLOC_CONF"))
        sys.exit()
"""
"""Prints what the allocator is told at the moment polars is first imported."""


def _told(first: str, **environment: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if name != VARIABLE}
    command = [sys.executable, "-c", f"{SEE}\nimport {first}"]
    return subprocess.run(
        command, env=inherited | environment, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize("first", ["pipelines.night", "flows.dask_buckets"])
def test_the_allocator_is_told_before_polars_is_imported(first: str) -> None:
    assert _told(first) == KEEPS


def test_what_the_environment_says_stays() -> None:
    assert _told("pipelines.night", **{VARIABLE: "dirty_decay_ms:0"}) == "dirty_decay_ms:0"
