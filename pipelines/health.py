"""How the nights are going: ``WORKSPACE/status.json`` for people and machines, ``WORKSPACE/rollcall.prom`` for Prometheus.

Both are written when a night begins and when it ends, however it ends. They hold counts, dates and names of sources only.
Some disk space is reserved while there is some, so that a night that finds the disk full can still say so.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.atomic_folder import replace_private, write_private
from pipelines.failure import HELD, UNFORESEEN, as_night_failed
from pipelines.steps.publishing import published_lanes
from pipelines.steps.under_way import Night
from pipelines.store import Store
from pipelines.workspace import StoreError

STATUS_FILE, METRICS_FILE = "status.json", "rollcall.prom"
ROOM_FILE = ".room_for_status"
ROOM_BYTES = 65_536
"""Several times the size of both files."""

RUNNING, PUBLISHED, HELD_BACK, FAILED, CANCELLED = "running", "published", "held", "failed", "cancelled"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Attempt(_Record):
    """The night that was tried last."""

    as_at: date
    started_at: datetime
    """UTC."""
    ended_at: datetime | None = None
    """UTC; null: it is running, or was killed."""
    outcome: str = RUNNING
    """RUNNING, PUBLISHED, HELD_BACK, FAILED or CANCELLED. A killed night cannot record its end: it stays RUNNING."""
    exit_code: int | None = None
    words: str | None = None
    """The message of its failure; null: it did not fail."""
    pid: int


class GoodNight(_Record):
    """The night whose list is in use."""

    as_at: date
    published_at: datetime
    """UTC."""
    seconds: dict[str, float]
    """Step -> how long it took."""
    rows_read: int
    rows_set_aside: int
    children: int
    """Children found in the rows, listed or not."""
    lanes: dict[str, int]
    """Lane -> children listed."""
    warnings: tuple[str, ...] = ()


class SourceState(_Record):
    """One source, as it last came."""

    source: str
    came_on: date
    """The last night for which rows of it were loaded."""
    rows: int
    """Loaded."""
    newest_on: date | None
    """Newest date in its rows; null: none."""


class Status(_Record):
    """How the nights of one workspace are going."""

    attempt: Attempt
    good: GoodNight | None = None
    """Null: no list was ever published."""
    sources: tuple[SourceState, ...] = ()


def read_status(workspace: Path) -> Status | None:
    """The status last written; null if there is none, or none that can be read."""
    try:
        return Status.model_validate_json((workspace / STATUS_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


class StatusRecorder:
    """Records what a night has done when it ends."""

    def __init__(self) -> None:
        self.night: Night | None = None
        self.sources: tuple[SourceState, ...] | None = None

    def done(self, night: Night) -> None:
        """The night has gone through its steps; its store is still open."""
        self.night, self.sources = night, _sources(night.store)


@contextmanager
def recording_status(workspace: Path, as_at: date, started_at: datetime) -> Iterator[StatusRecorder]:
    """Write the status of a night when it begins and when it ends. Whatever the night raises is passed on unchanged."""
    before = read_status(workspace)
    status = Status(attempt=Attempt(as_at=as_at, started_at=started_at, pid=os.getpid()))
    if before is not None:
        status = status.model_copy(update={"good": before.good, "sources": before.sources})
    _write(workspace, status)
    _set_room_aside(workspace)
    recorder = StatusRecorder()
    try:
        yield recorder
    except UNFORESEEN as error:
        failed = as_night_failed("prepare", error, None)
        outcome = HELD_BACK if failed.exit_code == HELD else FAILED
        _write_end(workspace, _ended(status, outcome, failed.exit_code, str(failed)))
        raise
    except BaseException:
        _write_end(workspace, _ended(status, CANCELLED, None, None))
        raise
    good = None if recorder.night is None else _good(recorder.night)
    stands = status.good if good is None or _is_of_the_past(good, status.good) else good
    standing = {"good": stands, "sources": recorder.sources or status.sources}
    _write_end(workspace, _ended(status, PUBLISHED if good else CANCELLED, 0, None).model_copy(update=standing))


def _is_of_the_past(good: GoodNight, stands: GoodNight | None) -> bool:
    """Whether a night was run again for a date before that of the list in use, which stays in use."""
    return stands is not None and good.as_at < stands.as_at


def _ended(status: Status, outcome: str, exit_code: int | None, words: str | None) -> Status:
    end = {"outcome": outcome, "exit_code": exit_code, "words": words, "ended_at": datetime.now(UTC)}
    return status.model_copy(update={"attempt": status.attempt.model_copy(update=end)})


def _good(night: Night) -> GoodNight | None:
    if night.published is None:
        return None
    received = night.counts["receive"]
    return GoodNight(
        as_at=night.settings.as_at,
        published_at=datetime.now(UTC),
        seconds=night.seconds,
        rows_read=received["rows_read"],
        rows_set_aside=received["rows_set_aside"],
        children=night.counts["link"]["children"],
        lanes=published_lanes(night.counts),
        warnings=night.warnings,
    )


def _sources(store: Store) -> tuple[SourceState, ...]:
    """Each source as it last came; none if the store cannot say."""
    try:
        nights = store.read_or_empty("source_night")
    except StoreError:
        return ()
    last = nights.sort("as_at").group_by("source").last().sort("source")
    return tuple(
        SourceState(source=row["source"], came_on=row["as_at"], rows=row["rows"], newest_on=row["newest_on"])
        for row in last.iter_rows(named=True)
    )


def _set_room_aside(workspace: Path) -> None:
    """Reserve some disk space, to be released when a night finds the disk full and has to say so. Kept from night to night."""
    room = workspace / ROOM_FILE
    if room.exists():
        return
    try:
        write_private(room, os.urandom(ROOM_BYTES))  # incompressible: it takes its full size on every file system
    except OSError:
        room.unlink(missing_ok=True)


def _write_end(workspace: Path, status: Status) -> None:
    """Write the status of the ended night; on a full disk, in the space reserved for it."""
    if not _write(workspace, status):
        (workspace / ROOM_FILE).unlink(missing_ok=True)
        _write(workspace, status)


def _write(workspace: Path, status: Status) -> bool:
    """Write both files, each in one step; returns whether it succeeded. A full disk must not hide the night's own failure."""
    try:
        replace_private(workspace / STATUS_FILE, status.model_dump_json(indent=2).encode())
        replace_private(workspace / METRICS_FILE, generate_latest(_metrics(status)))
    except OSError:
        return False
    return True


def _metrics(status: Status) -> CollectorRegistry:
    """Gauges; times are seconds since 1970 UTC, so that ages are worked out where they are read."""
    registry = CollectorRegistry()

    def gauge(name: str, words: str, values: dict[str, float], label: str | None = None) -> None:
        made = Gauge(f"rollcall_{name}", words, [label] if label else [], registry=registry)
        for key, value in values.items():
            (made.labels(key) if label else made).set(value)

    attempt, good = status.attempt, status.good
    gauge("last_attempt_timestamp_seconds", "When the last night began.", {"": attempt.started_at.timestamp()})
    gauge("last_attempt_succeeded", "1: it published its list.", {"": float(attempt.outcome == PUBLISHED)})
    if good is not None:
        gauge(
            "last_good_night_timestamp_seconds", "When a list was last published.", {"": good.published_at.timestamp()}
        )
        gauge("night_seconds", "Seconds of the last good night.", good.seconds, "step")
        gauge("rows_read", "Rows received.", {"": good.rows_read})
        gauge("rows_set_aside", "Rows set aside for their senders to correct.", {"": good.rows_set_aside})
        gauge("list_size", "Children listed.", {lane: float(count) for lane, count in good.lanes.items()}, "lane")
    if status.sources:
        came = {state.source: _midnight(state.came_on) for state in status.sources}
        newest = {state.source: _midnight(state.newest_on) for state in status.sources if state.newest_on}
        rows = {state.source: float(state.rows) for state in status.sources}
        gauge("source_came_timestamp_seconds", "Night for which a source last came.", came, "source")
        gauge("source_newest_timestamp_seconds", "Newest date in a source's rows.", newest, "source")
        gauge("source_rows", "Rows loaded from a source when it last came.", rows, "source")
    return registry


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
