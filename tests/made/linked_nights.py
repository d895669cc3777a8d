"""Nights of the linking step alone, on records that a test changes: linking only the changes, or everything again."""

from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl

from data_contracts.contract import read_contracts
from pipelines.decisions.judgements import JUDGEMENT, add_judgements
from pipelines.linking.link_report import LinkReport
from pipelines.settings import Settings
from pipelines.steps.linking import link_step
from pipelines.steps.under_way import Counts, Night
from pipelines.store import Store
from pipelines.tables import RENUMBERED, STATEMENT

FIRST = date(2026, 11, 20)
COMPARED = ("link", "child_record", "rival", "child_move")


class LinkedNights:
    """A workspace in which only the linking step runs, night after night."""

    def __init__(self, workspace: Path, *, full: bool) -> None:
        self.store, self.full, self.nights = Store(workspace), full, 0
        self.contracts = read_contracts()
        self.report: LinkReport | None = None

    def __enter__(self) -> Self:
        self.store.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.store.__exit__(kind, error, trace)

    def judge(self, left: str, right: str, answer: str) -> None:
        """Record a person's judgement of a pair of records."""
        low, high = sorted((left, right))
        at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=self.nights)
        row = {"left_id": low, "right_id": high, "answer": answer, "by": "Ann Example", "at": at, "sample": "s"}
        add_judgements(self.store.path.parent, lambda _: pl.DataFrame([row], schema=JUDGEMENT))

    def night(self, person: pl.DataFrame, renumbered: pl.DataFrame | None = None) -> Counts:
        """Link tonight's records, given in any order. ``renumbered``: ``RENUMBERED``; null: no row has a new key."""
        settings = Settings(
            extracts=Path(), workspace=self.store.path.parent, as_at=FIRST + timedelta(days=self.nights), full=self.full
        )
        self.nights += 1
        night = Night(settings, self.store, self.contracts, datetime.combine(settings.as_at, time(2), UTC))
        self.store.write("person_record", person)
        self.store.write("renumbered", RENUMBERED.to_frame() if renumbered is None else renumbered)
        self.store.write("statement", STATEMENT.to_frame())
        with self.store.transaction():
            counts = link_step(night)
        self.report = night.link_report.result()
        return counts

    def told(self) -> dict[str, pl.DataFrame | dict[str, float | int | str]]:
        """Every table that later steps read, and every part of the report."""
        tables = {table: self.store.read(table) for table in COMPARED if self.store.has(table)}
        return {**tables, **{field.name: getattr(self.report, field.name) for field in fields(LinkReport)}}


def assert_alike(one: LinkedNights, other: LinkedNights) -> None:
    """Both have the same results for the last night, to the last bit."""
    ours, theirs = one.told(), other.told()
    for name, said in ours.items():
        if isinstance(said, pl.DataFrame):
            assert said.equals(theirs[name], null_equal=True), name  # type: ignore[arg-type]
        else:
            assert said == theirs[name], name
