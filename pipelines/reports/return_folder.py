"""Publishes the termly return into ``WORKSPACE/returns/AS-AT``, whole or not at all."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from pipelines.atomic_folder import write_folder
from pipelines.decisions.outcomes import read_outcomes
from pipelines.for_readers import tables_for_readers
from pipelines.publish.tabular import csv_bytes
from pipelines.reports.termly_return import confirmed_missing, termly_return
from pipelines.reports.termly_return_page import return_html
from pipelines.settings import SettingsError
from pipelines.tables.night import judged_on
from pipelines.written_dates import day_written

KNOWN_FOR = timedelta(days=31)
"""How long after the last night the day of a return may be: a month later another night ought to know better."""


@dataclass(frozen=True)
class PublishedReturn:
    """A return that has been published."""

    folder: Path
    children: int
    """How many are counted: for those who made the return, and not to be published if under 5."""
    night_on: date
    """The night that knew where each child was educated."""


def confirmed_by(as_at: date, workspace: Path) -> tuple[pl.DataFrame, date]:
    """Who is missing education on a day (:func:`~pipelines.reports.termly_return.confirmed_missing`), and which night that
    is known from.

    Raises :class:`~pipelines.workspace.StoreError` before the first night, and SettingsError for a day so long after the
    last night that nobody can know where each child will be educated then.
    """
    tables = tables_for_readers(workspace, "night", "person_record", "statement", "child_record")
    night_on = judged_on(tables)
    if as_at > night_on + KNOWN_FOR:
        raise SettingsError(
            f"--as-at {as_at}: the last night is of {day_written(night_on)}, and does not know who will be missing education "
            "then. Give a past day, or run a night for it first."
        )
    person, statements, members = (tables[name] for name in ("person_record", "statement", "child_record"))
    return confirmed_missing(person, statements, members, read_outcomes(workspace), as_at), night_on


def publish_return(workspace: Path, as_at: date) -> PublishedReturn:
    """The return as at a census day, from officers' outcomes and the last night.

    Raises as :func:`confirmed_by`, and PublicationFailed.
    """
    children, night_on = confirmed_by(as_at, workspace)
    table = termly_return(children)
    folder = workspace / "returns" / as_at.isoformat()
    files = {"termly_return.csv": csv_bytes(table), "termly_return.html": return_html(table, as_at, night_on)}
    write_folder(files, folder)
    return PublishedReturn(folder, children.height, night_on)
