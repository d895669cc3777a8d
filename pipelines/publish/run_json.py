"""``run.json``: what came in, what each step counted, and what was published. Counts, hashes and versions only."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path, PurePath
from typing import Any

RUN_FILE = "run.json"
LISTS = ("candidates.csv", "candidates.xlsx")


def read_run(publication: Path) -> dict[str, Any] | None:
    """What a publication's ``run.json`` says of its night; null: it is not there, or cannot be read."""
    try:
        run = json.loads((publication / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return run if isinstance(run, dict) else None


def run_json(run: Mapping[str, Any], published: Mapping[str, bytes]) -> bytes:
    """The run as JSON, with size and SHA-256 of every other published file under ``published``.

    ``run``: what the night recorded about itself; it must hold no value of any child. Times are ISO 8601.
    """
    files = [{"file": name, **_fingerprint(content)} for name, content in sorted(published.items())]
    text = json.dumps({**run, "published": files}, indent=2, ensure_ascii=False, default=_plain)
    return f"{text}\n".encode()


def lists_replaced(publication: Path) -> list[dict[str, Any]]:
    """The lists of the same date that stood here before, the oldest first: when their nights began, and the SHA-256 of each
    file that people read the list in, by which a copy can be told. Empty: none did."""
    run = read_run(publication)
    if run is None:
        return []
    lists = {each["file"]: each["sha256"] for each in run.get("published", []) if each["file"] in LISTS}
    return [*run.get("replaces", []), {"started_at": run.get("started_at"), "sha256": lists}]


def _fingerprint(content: bytes) -> dict[str, int | str]:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _plain(value: object) -> object:
    """Values that JSON has no type for: dates and times as ISO text, paths as their last part, sets as sorted lists.

    Raises TypeError for any other.
    """
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, PurePath):
        return value.name
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"run.json cannot hold a {type(value).__name__}; give text, a number, a date, a list or a mapping")
