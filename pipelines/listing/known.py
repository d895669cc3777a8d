"""What a night knows of its children once they are judged: all that the list is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from pipelines.decisions.outcomes import OUTCOME
from pipelines.rank_settings import RankSettings
from pipelines.tables import SCHOOL


@dataclass(frozen=True, kw_only=True)
class Known:
    """Frames as in :mod:`pipelines.tables`."""

    person: pl.DataFrame
    statements: pl.DataFrame
    child_records: pl.DataFrame
    rivals: pl.DataFrame
    provision: pl.DataFrame
    residence: pl.DataFrame
    """A child without a row is taken to live here."""
    as_at: date
    settings: RankSettings
    source_names: Mapping[str, str] = field(default_factory=dict)
    """Source -> its name in text for people."""
    outcomes: pl.DataFrame = field(default_factory=OUTCOME.to_frame)
    """``OUTCOME``. A child whom one of them closes is explained by it until something changes."""
    schools: pl.DataFrame = field(default_factory=SCHOOL.to_frame)
    """``SCHOOL``; without rows no school is known by another name than its own."""
    never_met: pl.DataFrame | None = None
    """``LINK_NEVER_MET``, how often records of one child never come near each other: a place so missed makes a child less
    likely, and takes nobody off the list; null: none was missed."""
