"""The step from the ranked list to its files, and what run.json says of the night."""

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import polars as pl

from data_contracts.contract import own_contracts
from pipelines.decisions.judgements import measured_errors, measured_reliability
from pipelines.decisions.proposals import settings_in_words
from pipelines.intake.at_the_gate.standing_in import STANDS_IN
from pipelines.ledger.lives import published
from pipelines.listing.rank import LANES
from pipelines.publish.outputs import publish
from pipelines.publish.publication import Publication
from pipelines.settings import Settings, settings_by_key
from pipelines.stale import clear_stale
from pipelines.steps.under_way import Counts, Night, row_of
from pipelines.workspace import PUBLISHED_FOLDER

PUBLISHED_FROM = (
    "candidate",
    "explained",
    "person_record",
    "statement",
    "child_record",
    "link",
    "rival",
    "finding",
    "school",
    "delivery",
    "breach",
    "set_aside",
    "rule_history",
)
"""Tables of the store that are published, or from which files are made."""


def publish_step(night: Night) -> Counts:
    """Tables of the night -> the published files, whole or not at all; night, list_night."""
    known = night.arguments(*PUBLISHED_FROM)
    known["statements"] = night.contact_statements()
    as_at = night.settings.as_at
    publication = Publication(
        **known,
        as_at=as_at,
        contracts=night.contracts,
        link_report=night.link_report.result(),
        measured=measured_errors(night.settings.workspace),
        reliability=measured_reliability(night.settings.workspace),
        run=run_record(night, known["deliveries"]),
        sender_files=night.sender_files,
        stands_in=STANDS_IN.to_frame() if night.judged_intake is None else night.judged_intake.stands_in,
        source_names=night.source_names,
        settings=settings_in_force(night.settings),
        settings_approval=settings_in_words(night.settings.workspace, night.settings),
        authority=night.settings.authority,
        early_warning=night.early_warning.result(),
        what_changed=night.list_changes,
        other_teams=night.other_teams.result(),
        former=night.store.read("former_record"),
        outcomes=night.outcomes(),
        top=night.settings.listing.top,
        evidence_sheets=night.settings.listing.evidence_sheets,
        warnings=night.warnings,
    )
    folder = publish(publication, night.settings.workspace / PUBLISHED_FOLDER, night.masked_list.result())
    clear_stale(night.settings.workspace / PUBLISHED_FOLDER, as_at)
    night.published = folder.path
    at = datetime.now(UTC)
    night.store.write("night", row_of(night, published_at=at))
    night.store.write("list_night", published(night.store.read("list_night"), as_at, at))
    return {"files": len(folder.files), "candidates": publication.candidates.height, **folder.lanes}


def published_lanes(counts: Mapping[str, Counts]) -> dict[str, int]:
    """Lane -> number of listed children in it, as published. ``counts``: step -> what it counted, after the last step."""
    return {name: count for name, count in counts["publish"].items() if name in LANES}


def run_record(night: Night, deliveries: pl.DataFrame) -> dict[str, Any]:
    """What ``run.json`` says of the night up to its publication: inputs, counts, seconds, settings, versions."""
    inputs = deliveries.drop("file_id", "received_at").sort("source", "file")
    return {
        "as_at": night.settings.as_at,
        "started_at": night.started_at,
        "inputs": inputs.to_dicts(),
        "own_contracts": own_contracts(night.contracts, night.settings.contracts),
        "warnings": list(night.warnings),
        "completeness": night.store.read("completeness").to_dicts(),
        "acceptances": [] if night.judged_intake is None else night.judged_intake.accepted.to_dicts(),
        "counts": night.counts,
        "changes": list(night.list_changes.words),
        "seconds": night.seconds,
        "linkage": dict(night.link_report.result().figures),
        "settings": settings_in_force(night.settings),
        "settings_approved": settings_in_words(night.settings.workspace, night.settings),
        "versions": versions(),
    }


def settings_in_force(settings: Settings) -> dict[str, object]:
    """Every setting that affects the result, as ``group.key`` -> value, and the file they were read from."""
    file = {} if settings.settings_file is None else {"settings_file": settings.settings_file}
    return settings_by_key(settings) | {"as_at": settings.as_at.isoformat(), **file}


def versions() -> dict[str, str]:
    """Versions of Rollcall, of Python, and of the packages that affect the result."""
    packages = ("rollcall", "polars", "duckdb", "rapidfuzz", "numpy", "scipy", "great-expectations")
    return {"python": platform.python_version()} | {package: version(package) for package in packages}
