"""``set_aside/SOURCE.csv``: what each sender should mend, to be sent back with the file."""

import re
from collections.abc import Mapping

import polars as pl

from pipelines.publish.tabular import csv_bytes


def sender_csvs(sender_files: Mapping[str, pl.DataFrame]) -> dict[str, bytes]:
    """One CSV for each source with anything to mend, by its path in the publication."""
    return {
        f"set_aside/{_file_name(source)}.csv": csv_bytes(frame)
        for source, frame in sorted(sender_files.items())
        if frame.height
    }


def _file_name(source: str) -> str:
    """The source as a file name: any character but a letter, digit, dash or underscore becomes an underscore."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", source)
