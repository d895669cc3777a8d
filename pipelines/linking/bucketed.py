"""The workspace folder for the buckets that other processes score, which exists only while they work."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matching.scoring.buckets import Buckets, Run

BUCKETS_FOLDER = "buckets"


@contextmanager
def buckets_in(workspace: Path, run: Run | None) -> Iterator[Buckets | None]:
    """Buckets for ``run`` to score; null: the night scores in its own process.

    They hold personal data: what a killed night left is deleted first, and nothing is left afterwards.
    """
    folder = workspace / BUCKETS_FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    if run is None:
        yield None
        return
    folder.mkdir(mode=0o700)
    try:
        yield Buckets(folder, run)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
