"""A night that works out only what changed publishes, byte for byte, what one that works out everything does."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

from apps.made_up.authority import make_authority
from apps.made_up.history import begin_history, deliver, move_on
from pipelines.night import run_night
from pipelines.settings import Settings
from pipelines.store import Store
from tests.golden.authority import AS_AT

TOLD_OF_THE_RUN = {"started_at", "seconds"}
"""What run.json says of when and how fast, and so may differ."""
TIMED = {"run.json"}
"""Files that say when they were made."""


def _published(folder: Path) -> dict[str, bytes]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _run_told(folder: Path) -> dict[str, object]:
    run = json.loads((folder / "run.json").read_text("utf-8"))
    told = {key: value for key, value in run.items() if key not in TOLD_OF_THE_RUN}
    told["inputs"] = [{key: value for key, value in each.items() if key != "received_at"} for each in told["inputs"]]
    told["published"] = [each for each in told["published"] if each["file"] not in TIMED]
    return told


def test_nights_of_an_authority_that_lives_on(tmp_path: Path) -> None:
    """The third night lacks a file, and the fourth has the same files again; all but the first follow the changes in one
    workspace, and not in the other.
    """
    authority, extracts = tmp_path / "authority", tmp_path / "extracts"
    make_authority(authority, children=200, seed=5, as_at=AS_AT, cme_rate=0.05)
    begin_history(authority, seed=5, as_at=AS_AT)
    for number in range(4):
        as_at = AS_AT + timedelta(days=number)
        if number in (1, 2):
            move_on(authority, seed=5, as_at=as_at, share=0.05)
        if number < 3:
            deliver(authority, extracts, missing=("housing",) if number == 2 else ())
        workspaces = {full: tmp_path / f"full_{full}" for full in (False, True)}
        if not number:
            run_night(Settings(extracts=extracts, workspace=workspaces[False], as_at=as_at))
            shutil.copytree(workspaces[False], workspaces[True], symlinks=True)
            continue
        reports = {
            full: run_night(Settings(extracts=extracts, workspace=workspace, as_at=as_at, full=full))
            for full, workspace in workspaces.items()
        }
        ours, theirs = (_published(reports[full].published) for full in (False, True))
        assert ours.keys() == theirs.keys()
        for name in ours.keys() - TIMED:
            assert ours[name] == theirs[name], name
        assert _run_told(reports[False].published) == _run_told(reports[True].published)
        _assert_same_tables(workspaces[False], workspaces[True])


def _assert_same_tables(one: Path, other: Path) -> None:
    with Store(one, read_only=True) as ours, Store(other, read_only=True) as theirs:
        for table in ("link", "child_record", "rival", "candidate", "explained", "provision", "residence"):
            assert ours.read(table).equals(theirs.read(table)), table
