"""Lists published before, read back from ``WORKSPACE/published``."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from pipelines.atomic_folder import lists_in
from pipelines.publish.outputs import EXPLAINED_FILE, LIST_FILE
from pipelines.publish.run_json import read_run
from pipelines.tables import CANDIDATE, EXPLAINED


@dataclass(frozen=True)
class PublishedNight:
    """What one night published, masked as it was then."""

    as_at: date
    candidates: pl.DataFrame
    """``CANDIDATE``: at least its ``rank``, ``child_id``, ``lane``, ``likelihood``, ``records``."""
    explained: pl.DataFrame
    """``EXPLAINED``: at least its ``child_id``, ``reason``, ``records``."""


def published_nights(folder: Path) -> dict[date, Path]:
    """Date judged -> folder of its publication, oldest first; without publications that lack one of the two files."""
    there = {date.fromisoformat(name): folder / name for name in lists_in(folder)}
    return {
        as_at: path for as_at, path in there.items() if (path / LIST_FILE).exists() and (path / EXPLAINED_FILE).exists()
    }


def read_night(as_at: date, folder: Path) -> PublishedNight:
    """One publication. Columns that a list of an earlier version lacks are null."""
    return PublishedNight(
        as_at, _as_today(folder / LIST_FILE, CANDIDATE), _as_today(folder / EXPLAINED_FILE, EXPLAINED)
    )


def _as_today(path: Path, schema: Mapping[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    kept = pl.read_parquet(path)
    lacking = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in kept.columns]
    return kept.with_columns(lacking).select(list(schema))


def read_nights(folder: Path) -> list[PublishedNight]:
    """Every publication that is kept, oldest first."""
    return [read_night(as_at, path) for as_at, path in published_nights(folder).items()]


def settings_approval(folder: Path) -> str | None:
    """Who approved the settings of a publication, or that nobody did, by its ``run.json``; null: they are the defaults, or
    it cannot be read."""
    approval = (read_run(folder) or {}).get("settings_approved")
    return None if approval is None else str(approval)
