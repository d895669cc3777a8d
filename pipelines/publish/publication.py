"""Publishes the night: every output is made and checked first, then the whole folder is put in place at once."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from data_contracts.check import judge_candidates
from data_contracts.contract import Contract
from pipelines.atomic_folder import PublicationFailed, point_latest, write_folder
from pipelines.ledger.list_changes import WhatChanged
from pipelines.listing.early_warning import EarlyWarning
from pipelines.listing.masking import Masked
from pipelines.publish.changes_file import changes_csvs, masked_changes, masked_in_view
from pipelines.publish.data_quality import data_quality_html
from pipelines.publish.early_warning_file import early_warning_csvs, masked_warning
from pipelines.publish.evidence import evidence_sheets
from pipelines.publish.match_report import match_report_html
from pipelines.publish.other_teams_file import former_csv, other_teams_csvs
from pipelines.publish.run_json import RUN_FILE, run_json
from pipelines.publish.sender_files import sender_csvs
from pipelines.publish.tabular import csv_bytes, parquet_bytes
from pipelines.publish.warnings_file import warnings_txt
from pipelines.publish.workbook import EARLY_WARNING as EARLY_WARNING_SHEET
from pipelines.publish.workbook import IN_VIEW, WHAT_CHANGED, candidates_xlsx

if TYPE_CHECKING:
    from pipelines.linking.link_report import LinkReport

__all__ = ["Publication", "PublicationFailed", "PublishedFolder", "publish"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Everything one night publishes. Frames as in :mod:`pipelines.tables`, unmasked. Nothing has a default: what was forgotten
    would be left out of a publication without a word."""

    as_at: date
    """The date judged."""
    candidates: pl.DataFrame
    explained: pl.DataFrame
    person: pl.DataFrame
    statements: pl.DataFrame
    """Without the dates of letters to everybody, which are no contact."""
    child_records: pl.DataFrame
    links: pl.DataFrame
    rivals: pl.DataFrame
    findings: pl.DataFrame
    deliveries: pl.DataFrame
    breaches: pl.DataFrame
    set_aside: pl.DataFrame
    link_report: LinkReport
    measured: pl.DataFrame
    """False and missed links as measured by judged samples: MEASURED of :mod:`matching.thresholds`."""
    reliability: pl.DataFrame
    """Whether the probabilities hold in judged samples, by band: RELIABILITY of :mod:`matching.thresholds`."""
    run: Mapping[str, Any]
    """For ``run.json``: inputs with hashes, counts at every step, versions, thresholds, seconds per step."""
    sender_files: Mapping[str, pl.DataFrame]
    """Source -> what its sender should mend: places, rules and remedies."""
    stands_in: pl.DataFrame
    """Schema STANDS_IN: sources of which no rows were loaded tonight and whose last rows stand in."""
    source_names: Mapping[str, str]
    """Source -> its name in text for people, for every source with a contract, even if it sent nothing tonight."""
    contracts: Mapping[str, Contract]
    """Every contract in force tonight, by source; :mod:`pipelines.publish.data_quality` shows their rules."""
    rule_history: pl.DataFrame
    """How often each rule broke on the nights up to tonight."""
    settings: Mapping[str, object]
    """Settings in force tonight, shown in the match report."""
    settings_approval: str | None
    """Who approved them, or that nobody did; null: they are the defaults."""
    authority: str | None
    """Name of the authority; null: not given."""
    top: int
    """How many children the sheet "Follow up" holds; the others are on "Later". 0: all."""
    early_warning: EarlyWarning
    """Who will be without education at the next term."""
    what_changed: WhatChanged
    """How the list differs from the last one published, and who is in view."""
    other_teams: pl.DataFrame
    """Children not on the list whom another team should look at."""
    former: pl.DataFrame
    """Records of identities from before an adoption that came tonight: for the adoption team only."""
    outcomes: pl.DataFrame
    """Everything that officers have ever found; the match report shows the yield."""
    evidence_sheets: int
    """How many children, by rank, get an evidence sheet; every protected child on the list gets one."""
    warnings: tuple[str, ...]
    """What the list must be read with, one sentence each, such as files that are not as complete as they should be."""


@dataclass(frozen=True, slots=True)
class PublishedFolder:
    """A publication that is in place."""

    path: Path
    """``…/published/AS-AT``."""
    files: tuple[str, ...]
    """Its files, as paths inside the folder, sorted."""
    lanes: Mapping[str, int]
    """Lane -> listed children in it, as published: whoever shares a home with a protected child is restricted."""


def publish(publication: Publication, into: Path, listed: Masked) -> PublishedFolder:
    """Publish the night into ``into/AS-AT``, whole or not at all, and point ``into/latest`` to the newest date.

    ``listed``: the list as it may be published. Files have mode 0600, new folders mode 0700. A folder of the same date is
    replaced in one step. Raises :class:`PublicationFailed`, leaving the last publication untouched, if the list breaks its
    own contract or the files cannot be written.
    """
    _refuse_unsound(listed.candidates)
    lanes = dict(listed.candidates.group_by("lane").len().sort("lane").iter_rows())
    files = _outputs(publication, listed)
    files[RUN_FILE] = run_json({**publication.run, "lanes": lanes}, files)
    folder = into / publication.as_at.isoformat()
    write_folder(files, folder)
    point_latest(folder)
    return PublishedFolder(path=folder, files=tuple(sorted(files)), lanes=lanes)


def _refuse_unsound(candidates: pl.DataFrame) -> None:
    """Raise :class:`PublicationFailed`, naming broken rules and no child, if the masked list breaks its contract."""
    broken = [str(breach) for breach in judge_candidates(candidates) if breach.stops != "nothing"]
    if broken:
        raise PublicationFailed(
            "The list breaks its own contract, so the last published list stays: " + " ".join(broken[:20])
        )


def _outputs(publication: Publication, listed: Masked) -> dict[str, bytes]:
    """Every file of the publication by its path in the folder, except ``run.json``, which names them all."""
    protected = listed.protected
    masked = {
        WHAT_CHANGED: masked_changes(publication.what_changed.changes, protected),
        IN_VIEW: masked_in_view(publication.what_changed.in_view, protected),
        EARLY_WARNING_SHEET: masked_warning(publication.early_warning.children, protected),
    }
    with ThreadPoolExecutor(1) as aside:  # the workbook takes about as long as all other files together
        workbook = aside.submit(candidates_xlsx, publication, listed.candidates, masked)
        files = _other_outputs(publication, listed, masked)
    return {**files, "candidates.xlsx": workbook.result()}


def _other_outputs(publication: Publication, listed: Masked, masked: Mapping[str, pl.DataFrame]) -> dict[str, bytes]:
    """Every such file except the workbook. ``masked``: sheet -> its rows as every reader may see them."""
    warned, changed = publication.early_warning.children, publication.what_changed
    return {
        "candidates.csv": csv_bytes(listed.candidates),
        "candidates.parquet": parquet_bytes(listed.candidates),
        "data_quality.html": data_quality_html(publication),
        "explained.parquet": parquet_bytes(listed.explained.sort("child_id")),
        "match_report.html": match_report_html(publication, listed),
        "restricted/candidates_restricted.csv": csv_bytes(listed.restricted),
        **_restricted_explained(listed.explained_restricted),
        **evidence_sheets(publication, listed),
        **early_warning_csvs(warned, masked[EARLY_WARNING_SHEET], listed.protected),
        **changes_csvs(changed, masked[WHAT_CHANGED], masked[IN_VIEW], listed.protected),
        **other_teams_csvs(publication.other_teams, listed.protected),
        **former_csv(publication.former),
        **sender_csvs(publication.sender_files),
        **warnings_txt(publication.warnings),
    }


def _restricted_explained(explained: pl.DataFrame) -> dict[str, bytes]:
    """Why protected children are off the list, for the restricted role: no other file says it. No file if there are none."""
    return {"restricted/explained_restricted.csv": csv_bytes(explained.sort("child_id"))} if explained.height else {}
