"""Publishes a night: every output is made and checked first, then the whole folder is put in place at once."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from data_contracts.check import judge_candidates
from pipelines.atomic_folder import PublicationFailed, point_latest, write_folder
from pipelines.listing.masking import Masked
from pipelines.publish.changes_file import changes_csvs, masked_changes, masked_in_view
from pipelines.publish.data_quality import data_quality_html
from pipelines.publish.early_warning_file import early_warning_csvs, masked_warning
from pipelines.publish.evidence import evidence_sheets
from pipelines.publish.match_report import match_report_html
from pipelines.publish.other_teams_file import former_csv, other_teams_csvs
from pipelines.publish.publication import Publication
from pipelines.publish.run_json import RUN_FILE, lists_replaced, run_json
from pipelines.publish.sender_files import sender_csvs
from pipelines.publish.tabular import csv_bytes, parquet_bytes
from pipelines.publish.warnings_file import warnings_txt
from pipelines.publish.workbook import EARLY_WARNING as EARLY_WARNING_SHEET
from pipelines.publish.workbook import IN_VIEW, WHAT_CHANGED, candidates_xlsx

LIST_FILE, EXPLAINED_FILE = "candidates.parquet", "explained.parquet"
"""The files of a publication that later nights and reports read back."""


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
    folder = into / publication.as_at.isoformat()
    files[RUN_FILE] = run_json({**publication.run, "lanes": lanes, "replaces": lists_replaced(folder)}, files)
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
        LIST_FILE: parquet_bytes(listed.candidates),
        "data_quality.html": data_quality_html(publication),
        EXPLAINED_FILE: parquet_bytes(listed.explained.sort("child_id")),
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
