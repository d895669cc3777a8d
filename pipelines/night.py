"""The night: tonight's extracts in, tomorrow's list out. Read :data:`STEPS` first: it is the table of contents.

Each step reads what it needs from the store, calls one pure function, and writes the result, in one transaction. So each
step can be run by itself. :func:`run_night` runs them one after another; ``flows/nightly.py`` runs the same steps under
Prefect.
"""

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from data_contracts.contract import read_contracts
from pipelines.atomic_folder import newest_list
from pipelines.failure import UNFORESEEN, as_night_failed, call_or_fail
from pipelines.for_readers import replace_reader_copy
from pipelines.health import recording_status
from pipelines.intake.at_the_gate.gate import held_night
from pipelines.intake.since_last_night.units import refuse_units_of_no_source
from pipelines.linking.model_file import keep_model
from pipelines.lock import lock
from pipelines.migrations import bring_forward
from pipelines.settings import Settings, refuse_workspace_among_extracts
from pipelines.steps.intake import completeness_step, receive_step, snapshot_step, standardise_step
from pipelines.steps.judging import provision_step, rank_step, residence_step
from pipelines.steps.ledger import ledger_step
from pipelines.steps.linking import link_step
from pipelines.steps.publishing import publish_step
from pipelines.steps.under_way import Counts, Night, row_of
from pipelines.store import Store
from pipelines.workspace import PUBLISHED_FOLDER, private_files


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the night."""

    name: str
    words: str
    """What it does, shown to people who wait for it."""
    do: Callable[[Night], Counts]
    reads_extracts: bool = False
    """Whether it reads the extracts. They may be on a share that is briefly away, so the step is worth trying again."""
    is_long: bool = False
    """Whether it works for long before it writes. Earlier commits are then checkpointed into the file meanwhile."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one night did: counts, seconds and paths only."""

    as_at: date
    published: Path
    """Folder of the publication."""
    refused: tuple[str, ...]
    """Names of the files that were not loaded."""
    counts: Mapping[str, Counts]
    """Step -> what it counted."""
    seconds: Mapping[str, float]
    """Step -> how long it took."""
    warnings: tuple[str, ...] = ()
    """What readers of the list should bear in mind, such as incomplete files; in sentences."""
    list_changes: tuple[str, ...] = ()
    """How the list differs from the last one published, in sentences with counts only."""


class Progress(Protocol):
    """A listener that is told how far the night has got."""

    def begin(self, step: Step, number: int, of: int) -> None:
        """Step ``number`` of ``of`` begins."""

    def during(self, step: Step, share: float, what: str) -> None:
        """``share`` (0 to 1) of a long step is done, and ``what`` is being done now. May be called often."""

    def end(self, step: Step, seconds: float, counts: Counts) -> None:
        """The step has ended well, after ``seconds``."""


class SilentProgress:
    """A listener that says nothing."""

    def begin(self, step: Step, number: int, of: int) -> None:
        """Say nothing."""

    def during(self, step: Step, share: float, what: str) -> None:
        """Say nothing."""

    def end(self, step: Step, seconds: float, counts: Counts) -> None:
        """Say nothing."""


STEPS: tuple[Step, ...] = (
    Step("receive", "reading and checking the extracts", receive_step, reads_extracts=True),
    Step("completeness", "judging whether what was received is complete", completeness_step),
    Step("snapshot", "recording what came, changed and went", snapshot_step),
    Step("standardise", "bringing every source into one form", standardise_step),
    Step("link", "finding which records are the same child", link_step, is_long=True),
    Step("provision", "finding where each child is educated", provision_step),
    Step("residence", "judging who still lives here", residence_step, is_long=True),
    Step("rank", "ranking the children possibly missing education", rank_step),
    Step("ledger", "recording why each child came onto the list, stays on it or left it", ledger_step),
    Step("publish", "publishing the list and its report", publish_step, is_long=True),
)
"""The night's table of contents, in the order in which it runs."""


READ_AHEAD = ("person_record", "statement")
"""Tables of last night that are needed soon: read while the extracts are received."""


def run_night(settings: Settings, progress: Progress | None = None) -> RunReport:
    """Turn tonight's extracts into tomorrow's list, in ``settings.workspace``. ``progress``; null: nobody is told.

    Whatever fails, the list published last stays as it is. Raises only :class:`~pipelines.failure.NightFailed`, with a
    message for people, an exit code, and no child's value.
    """
    with open_night(settings) as night:
        for step in STEPS:
            perform(night, step, progress or SilentProgress())
        return report_of(night)


@contextmanager
def open_night(settings: Settings, *, wait_seconds: float = 0) -> Iterator[Night]:
    """Lock the workspace, open its store, and read the contracts. Raises NightFailed.

    ``wait_seconds``: how long to wait if the workspace is locked already.
    """
    machine, began_at = settings.machine, datetime.now(UTC)
    try:
        refuse_workspace_among_extracts(settings)
        with (
            private_files(),
            lock(settings.workspace, wait_seconds=wait_seconds),
            _no_search_for_garbage(),  # not while it waits, which may take half an hour
            recording_status(settings.workspace, settings.as_at, began_at) as recorder,
        ):
            bring_forward(settings.workspace)
            with Store(settings.workspace, threads=machine.threads, memory_gb=machine.memory_gb) as store:
                if not settings.full:
                    store.read_ahead(*READ_AHEAD)
                contracts = read_contracts(own=settings.contracts)  # meanwhile
                refuse_units_of_no_source(settings.schools.due, contracts)
                with closing(Night(settings, store, contracts, began_at)) as night:
                    store.write("night", row_of(night, published_at=None))
                    yield night
                recorder.done(night)
            if night.published is not None and newest_list(night.published.parent) == night.published.name:
                _keep_for_readers(night)
    except UNFORESEEN as error:
        raise as_night_failed("prepare", error, settings.workspace) from None


def _keep_for_readers(night: Night) -> None:
    """Keep the tables and the weights behind the list in use, so that readers have both from one night. If there is no room
    for the tables, which are large, the weights are kept all the same."""
    assert night.model is not None  # noqa: S101 - link stands before publish in STEPS
    replace_reader_copy(night.settings.workspace)
    keep_model(night.model, night.settings.workspace)


@contextmanager
def _no_search_for_garbage() -> Iterator[None]:
    """Within this, objects are freed by reference counting only; cycles are not collected.

    A night leaves hardly any cycles, and searching everything loaded, again and again, takes a third of a second.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def perform(night: Night, step: Step, progress: Progress) -> Counts:
    """Do one step in one transaction; time and count it. Raises NightFailed; then nothing of the step is kept."""
    progress.begin(step, STEPS.index(step) + 1, len(STEPS))
    night.step, night.on_progress = step.name, partial(progress.during, step)
    began = time.perf_counter()
    night.counts[step.name] = call_or_fail(step.name, night.settings.workspace, partial(_done, night, step))
    night.seconds[step.name] = round(time.perf_counter() - began, 3)
    progress.end(step, night.seconds[step.name], night.counts[step.name])
    return night.counts[step.name]


def _done(night: Night, step: Step) -> Counts:
    """What a step counts. Raises NightFailed if the gate holds the night; by then what the gate found is kept."""
    if step.is_long:
        night.store.checkpoint_aside()
    with night.store.transaction():
        counts = step.do(night)
    if night.judged_intake is not None and night.judged_intake.held:
        raise held_night(night.settings.workspace / PUBLISHED_FOLDER, night.settings.as_at, night.judged_intake)
    return counts


def report_of(night: Night) -> RunReport:
    """What the night did. Call it once the night has published."""
    assert night.published is not None  # noqa: S101 - asked for after the last of STEPS
    return RunReport(
        night.settings.as_at,
        night.published,
        night.refused,
        night.counts,
        night.seconds,
        night.warnings,
        night.list_changes.words,
    )
