"""A file of outcomes as officers send it, and the tables of the night whose list they had."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

LISTED_AT = datetime(2026, 11, 1, 2, 30, tzinfo=UTC)
TABLES = {
    "child_record": pl.DataFrame({"record_id": ["health:H1", "housing:P1", "health:H2"], "child_id": ["A", "A", "B"]}),
    "candidate": pl.DataFrame(
        {
            "child_id": ["A"],
            "lane": ["follow up"],
            "likelihood": [0.93],
            "estimated": [0.97],
            "unlisted_school": [0.45],
        }
    ),
    "lead": pl.DataFrame(
        {
            "child_id": ["A", "C", "D", "D"],
            "spell": [1, 1, 2, 1],
            "former_ids": [None, "E;F", None, "G"],
            "records": ["health:H1", "health:H2;housing:P3", "housing:P5", "housing:P4"],
        }
    ),
    "night": pl.DataFrame({"started_at": [LISTED_AT]}),
}
HEADER = "child_id,outcome,date,reason,note\n"


def written(folder: Path, lines: str, header: str = HEADER) -> Path:
    """The file, with these lines below its header."""
    file = folder / "outcomes.csv"
    file.write_text(header + lines, encoding="utf-8")
    return file
