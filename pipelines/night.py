"""The night: tonight's extracts in, tomorrow's list out. Read :data:`STEPS` first: it is the table of contents.

Each step reads what it needs from the store, calls one pure function, and writes what that returns, in one
transaction. So a step can be run by itself: :func:`run_night` runs them one after the other, and ``flows/nightly.py``
runs the same steps under Prefect.
"""

import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from data_contracts.contract import Contract, own_contracts, read_contracts
from matching.cluster import id_moves
from pipelines.decided import decided_in
from pipelines.early_warning import early_warning
from pipelines.failure import NightFailed, as_night_failed
from pipelines.gate import Judged, held_night, judge_tonight, keep_tonight
from pipelines.judgements import measured
from pipelines.link import CHILD_SETTINGS, LinkReport, link
from pipelines.link_measures import GroupsAsked
from pipelines.model_file import keep_model
from pipelines.outcomes import read_outcomes
from pipelines.provision import find_provision
from pipelines.publish.publication import Publication, publish
from pipelines.publish.stale import clear_stale
from pipelines.rank import rank
from pipelines.receive import Received, receive, sender_files
from pipelines.residence import judge_residence
from pipelines.rule_history import with_tonight
from pipelines.settings import Settings
from pipelines.standardise import standardise
from pipelines.store import Store, lock, private_files
from pipelines.tables import CHILD_MOVE, NIGHT, RULE_HISTORY
from pipelines.vanished import still_known, together

PUBLISHED_FOLDER = "published"

Counts = dict[str, int]
"""What a step counted: name -> number. Never a child's value."""


@dataclass(slots=True)
class Night:
    """One night under way: what it is run with, its open store, and what it has counted so far."""

    settings: Settings
    store: Store
    contracts: Mapping[str, Contract]
    started_at: datetime
    counts: dict[str, Counts] = field(default_factory=dict)
    """Step -> what it counted."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Step -> how long it took."""
    refused: tuple[str, ...] = ()
    """Names of the files that broke a rule of the file, and were not loaded."""
    received: Received | None = None
    """What came in, until its rows are kept in the store."""
    judged: Judged | None = None
    """What the completeness gate found."""
    link_report: LinkReport | None = None
    sender_files: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    published: Path | None = None
    """Folder of the publication, once it stands."""

    @property
    def source_names(self) -> dict[str, str]:
        """Source -> its name in text for people."""
        return {source: contract.name for source, contract in self.contracts.items()}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What everything published tonight must carry."""
        return self.judged.warnings if self.judged else ()

    def read(self, *tables: str) -> dict[str, pl.DataFrame]:
        """Tables of the store by name."""
        return {table: self.store.read(table) for table in tables}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the night."""

    name: str
    words: str
    """What it does, for people who wait for it."""
    do: Callable[[Night], Counts]
    reads_share: bool = False
    """Whether it reads the extracts, which may lie on a share that is away for a moment: worth trying again."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one night did. Counts, seconds and places only."""

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
    """What the list must be read with: files that are not as complete as they should be."""


class Progress(Protocol):
    """Whoever is told how far the night is."""

    def begin(self, step: Step, number: int, of: int) -> None:
        """A step begins: the ``number``-th of ``of``."""

    def end(self, step: Step, seconds: float, counts: Counts) -> None:
        """The step has ended well."""


class Silent:
    """A listener that says nothing."""

    def begin(self, step: Step, number: int, of: int) -> None:
        """Say nothing."""

    def end(self, step: Step, seconds: float, counts: Counts) -> None:
        """Say nothing."""


def _receive(night: Night) -> Counts:
    """Files -> delivery, breach, set_aside. The rows themselves wait until they are judged complete."""
    received = receive(
        night.settings.extracts, night.contracts, received_at=night.started_at, as_at=night.settings.as_at
    )
    night.store.write("delivery", received.deliveries)
    night.store.write("breach", received.breaches)
    night.store.write("set_aside", received.set_aside)
    history = night.store.read("rule_history") if night.store.has("rule_history") else RULE_HISTORY.to_frame()
    night.store.write("rule_history", with_tonight(history, received.rules))
    night.received, night.sender_files = received, sender_files(received)
    delivered = received.deliveries.select("rows_read", "rows_loaded", "rows_set_aside").sum().row(0, named=True)
    night.refused = tuple(received.deliveries.filter(verdict="refused")["file"])
    return {"files": received.deliveries.height, "files_refused": len(night.refused), **delivered}


def _judge_completeness(night: Night) -> Counts:
    """Tonight's rows against earlier nights -> completeness. May hold the night."""
    assert night.received is not None  # noqa: S101 - receive stands before completeness in STEPS
    night.judged = judge_tonight(night.store, night.received, night.contracts, night.settings.as_at)
    return {"holds": len(night.judged.held), "warnings": len(night.judged.warnings)}


def _keep_snapshot(night: Night) -> Counts:
    """Tonight's rows -> raw_*, snapshot, delivery_change, source_night, source_measure, vanished."""
    assert night.received is not None and night.judged is not None  # noqa: S101 - as STEPS has it
    intake = night.judged.intake
    counts = keep_tonight(night.store, night.received, intake, night.contracts, night.settings.as_at)
    night.received = None
    return counts


def _standardise(night: Night) -> Counts:
    """raw_*, vanished -> person_record, statement."""
    raw = {source: night.store.read_raw(source) for source in night.store.raw_sources()}
    as_at = night.settings.as_at
    known = still_known(night.store.read("vanished"), night.contracts, as_at)
    made = together(standardise(raw, night.contracts, as_at=as_at), known)
    night.store.write("person_record", made.person)
    night.store.write("statement", made.statements)
    return {"person_records": made.person.height, "statements": made.statements.height}


def _link(night: Night) -> Counts:
    """person_record -> link, child_record, rival, child_move. Last night's children keep their ids."""
    previous = night.store.read("child_record") if night.store.has("child_record") else None
    rolls = [source for source, contract in night.contracts.items() if contract.is_roll]
    groups = GroupsAsked(as_at=night.settings.as_at, rolls=rolls)
    decided = decided_in(night.settings.workspace)
    linked = link(
        night.store.read("person_record"),
        previous=previous,
        judgements=decided.judgements,
        model=decided.model,
        settings=replace(CHILD_SETTINGS, link_probability=night.settings.linkage.link_threshold),
        groups=groups,
    )
    if previous is not None:
        moves = id_moves(previous, linked.child_records).with_columns(as_at=pl.lit(night.settings.as_at))
        earlier = [night.store.read("child_move")] if night.store.has("child_move") else []
        night.store.write("child_move", pl.concat([*earlier, moves.select(CHILD_MOVE.names())]))
    night.store.write("link", linked.links)
    night.store.write("child_record", linked.child_records)
    night.store.write("rival", linked.rivals)
    night.store.write("link_prior", linked.priors)
    night.store.write("link_coverage", linked.coverage)
    keep_model(linked.model, night.settings.workspace)
    night.link_report = replace(linked.report, figures=linked.report.figures | decided.figures)
    return {
        "pairs_kept": linked.links.height,
        "links": linked.links.filter("is_same_child").height,
        "children": linked.child_records["child_id"].n_unique(),
    }


def _find_provision(night: Night) -> Counts:
    """Statement, child_record -> provision."""
    known = night.read("statement", "child_record")
    found = find_provision(known["statement"], known["child_record"], night.settings.as_at)
    night.store.write("provision", found)
    current = found.filter("is_current")
    return {"provisions": found.height, "current": current.height, "children": current["child_id"].n_unique()}


def _judge_residence(night: Night) -> Counts:
    """Statement, person_record, child_record, provision -> residence."""
    known = night.read("statement", "person_record", "child_record", "provision")
    judged = judge_residence(
        known["statement"],
        known["person_record"],
        known["child_record"],
        known["provision"],
        as_at=night.settings.as_at,
    )
    night.store.write("residence", judged)
    return {"children": judged.height}


def _rank(night: Night) -> Counts:
    """All of it -> candidate, explained, finding."""
    known = night.read("person_record", "statement", "child_record", "rival", "provision", "residence")
    ranked = rank(
        person=known["person_record"],
        statements=known["statement"],
        child_records=known["child_record"],
        rivals=known["rival"],
        provision=known["provision"],
        residence=known["residence"],
        as_at=night.settings.as_at,
        settings=night.settings.ranking,
        source_names=night.source_names,
        outcomes=read_outcomes(night.settings.workspace),
    )
    night.store.write("candidate", ranked.candidates)
    night.store.write("explained", ranked.explained)
    night.store.write("finding", ranked.findings)
    lanes = ranked.candidates.group_by("lane").len().sort("lane")
    return {"candidates": ranked.candidates.height, "explained": ranked.explained.height, **dict(lanes.iter_rows())}


def _publish(night: Night) -> Counts:
    """All of it -> the files, whole or not at all."""
    assert night.link_report is not None  # noqa: S101 - link stands before publish in STEPS
    known = night.read(
        "candidate", "explained", "person_record", "statement", "child_record", "link", "rival", "finding",
        "delivery", "breach", "set_aside", "rule_history", "provision", "residence",
    )  # fmt: skip
    warned = early_warning(
        person=known["person_record"],
        statements=known["statement"],
        child_records=known["child_record"],
        provision=known["provision"],
        rivals=known["rival"],
        residence=known["residence"],
        as_at=night.settings.as_at,
        list_from=night.settings.ranking.list_from,
    )
    publication = Publication(
        as_at=night.settings.as_at,
        candidates=known["candidate"],
        explained=known["explained"],
        person=known["person_record"],
        statements=known["statement"],
        child_records=known["child_record"],
        links=known["link"],
        rivals=known["rival"],
        findings=known["finding"],
        deliveries=known["delivery"],
        breaches=known["breach"],
        set_aside=known["set_aside"],
        rule_history=known["rule_history"],
        contracts=night.contracts,
        link_report=night.link_report,
        measured=measured(night.settings.workspace),
        run=run_record(night, known["delivery"]),
        sender_files=night.sender_files,
        source_names=night.source_names,
        settings=settings_in_force(night.settings),
        authority=night.settings.authority,
        early_warning=warned,
        outcomes=read_outcomes(night.settings.workspace),
        top=night.settings.listing.top,
        evidence_sheets=night.settings.listing.evidence_sheets,
        warnings=night.warnings,
    )
    stands = publish(publication, night.settings.workspace / PUBLISHED_FOLDER)
    clear_stale(night.settings.workspace / PUBLISHED_FOLDER, night.settings.as_at)
    night.published = stands.path
    night.store.write("night", _row_of(night, published_at=datetime.now(UTC)))
    return {"files": len(stands.files), "candidates": known["candidate"].height}


STEPS: tuple[Step, ...] = (
    Step("receive", "reading and checking the extracts", _receive, reads_share=True),
    Step("completeness", "judging whether what came in is complete", _judge_completeness),
    Step("snapshot", "keeping what came, changed and went", _keep_snapshot),
    Step("standardise", "bringing every source into one form", _standardise),
    Step("link", "finding which records are the same child", _link),
    Step("provision", "finding where each child is educated", _find_provision),
    Step("residence", "judging who still lives here", _judge_residence),
    Step("rank", "ranking the children possibly missing education", _rank),
    Step("publish", "publishing the list and its report", _publish),
)
"""The night's table of contents, in the order in which it runs."""


def run_night(settings: Settings, progress: Progress | None = None) -> RunReport:
    """Turn tonight's extracts into tomorrow's list, in ``settings.workspace``.

    Whatever fails, the list published last stays as it is. Raises :class:`~pipelines.failure.NightFailed` with a
    message for people, an exit code, and no child's value; nothing else.
    """
    with night_under_way(settings) as night:
        for step in STEPS:
            perform(night, step, progress or Silent())
        return report_of(night)


@contextmanager
def night_under_way(settings: Settings) -> Iterator[Night]:
    """Hold the workspace, open its store, and read the contracts. Raises NightFailed."""
    try:
        machine = settings.machine
        with (
            private_files(),
            lock(settings.workspace),
            Store(settings.workspace, threads=machine.threads, memory_gb=machine.memory_gb) as store,
        ):
            night = Night(settings, store, read_contracts(own=settings.contracts), datetime.now(UTC))
            store.write("night", _row_of(night, published_at=None))
            yield night
    except Exception as error:
        raise as_night_failed("prepare", error, settings.workspace) from None


def perform(night: Night, step: Step, progress: Progress) -> Counts:
    """Do one step in one transaction; time and count it. Raises NightFailed, with nothing of the step kept."""
    progress.begin(step, STEPS.index(step) + 1, len(STEPS))
    began = time.perf_counter()
    failed: NightFailed | None = None
    try:
        with night.store.transaction():
            night.counts[step.name] = step.do(night)
        _hold_if_incomplete(night)
    except Exception as error:  # the one place that catches all: it lets no value out
        failed = as_night_failed(step.name, error, night.settings.workspace)
    if failed is not None:
        raise failed
    night.seconds[step.name] = round(time.perf_counter() - began, 3)
    progress.end(step, night.seconds[step.name], night.counts[step.name])
    return night.counts[step.name]


def _hold_if_incomplete(night: Night) -> None:
    """Raise NightFailed where the gate holds the night; what it found is kept by then."""
    if night.judged is not None and night.judged.held:
        raise held_night(night.settings.workspace / PUBLISHED_FOLDER, night.settings.as_at, night.judged.held)


def report_of(night: Night) -> RunReport:
    """What the night did, once it has published."""
    assert night.published is not None  # noqa: S101 - asked for after the last of STEPS
    return RunReport(night.settings.as_at, night.published, night.refused, night.counts, night.seconds, night.warnings)


def run_record(night: Night, deliveries: pl.DataFrame) -> dict[str, Any]:
    """What ``run.json`` says of the night up to its publication: inputs, counts, seconds, versions, thresholds."""
    assert night.link_report is not None  # noqa: S101 - link stands before publish in STEPS
    inputs = deliveries.drop("file_id", "received_at").sort("source", "file")
    return {
        "as_at": night.settings.as_at,
        "started_at": night.started_at,
        "inputs": inputs.to_dicts(),
        "own_contracts": own_contracts(night.contracts, night.settings.contracts),
        "warnings": list(night.warnings),
        "completeness": night.store.read("completeness").to_dicts(),
        "acceptances": [] if night.judged is None else night.judged.accepted.to_dicts(),
        "counts": night.counts,
        "seconds": night.seconds,
        "linkage": dict(night.link_report.figures),
        "settings": settings_in_force(night.settings),
        "versions": versions(),
    }


def settings_in_force(settings: Settings) -> dict[str, object]:
    """Every setting that bears on the result, as ``group.key`` -> value, and the file they were read from."""
    file = {} if settings.settings_file is None else {"settings_file": settings.settings_file}
    return dict(_flat(settings.model_dump(include={"linkage", "ranking"}))) | {
        "as_at": settings.as_at.isoformat(),
        **file,
    }


def _flat(group: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, object]]:
    for key, value in group.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def versions() -> dict[str, str]:
    """Versions of Rollcall, of Python, and of the packages that bear on the result."""
    packages = ("rollcall", "polars", "duckdb", "rapidfuzz", "numpy", "scipy", "great-expectations", "recordlinkage")
    return {"python": platform.python_version()} | {package: version(package) for package in packages}


def _row_of(night: Night, published_at: datetime | None) -> pl.DataFrame:
    row = {"as_at": [night.settings.as_at], "started_at": [night.started_at], "published_at": [published_at]}
    return pl.DataFrame(row, schema=NIGHT)
