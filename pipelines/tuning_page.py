"""What ``rollcall tune`` does around the judging: the settings tried, and the page written into the workspace."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.judgements import measured
from pipelines.publish.tuning_report import Tuned, tuning_html
from pipelines.publish.whole_folder import write_private
from pipelines.rank_settings import Recalibration
from pipelines.settings import Settings, SettingsError, changed, read_changes
from pipelines.tuning import Listed

TUNING_FOLDER = "tuning"


def tried(
    settings: Settings,
    link_threshold: float | None,
    enquiries_per_missed_child: float | None,
    points: Path | None,
    recalibration: Recalibration | None = None,
) -> Settings:
    """The settings with what is to be tried. Raises :class:`~pipelines.settings.SettingsError`."""
    after = settings
    if link_threshold is not None:
        after = changed(after, {"linkage": {"link_threshold": link_threshold}}, "--link-threshold")
    if enquiries_per_missed_child is not None:
        asked = {"ranking": {"wasted_enquiries_per_missed_child": enquiries_per_missed_child}}
        after = changed(after, asked, "--enquiries-per-missed-child")
    if points is not None:
        after = changed(after, {"ranking": {"points": _points(points)}}, f"--points {points}")
    if recalibration is not None:
        after = changed(after, {"ranking": {"recalibration": recalibration.model_dump()}}, "--from-outcomes")
    return after


def _points(path: Path) -> dict[str, Any]:
    """Points by finding, at the top of the file or under ``[ranking.points]`` as a settings file has them."""
    said = read_changes(path)
    if set(said) != {"ranking"}:
        return said
    points = said["ranking"].get("points") if isinstance(said["ranking"], Mapping) else None
    if not isinstance(points, dict) or set(said["ranking"]) != {"points"}:
        raise SettingsError(
            f"--points {path}: only points stand in this file, each as a line such as: looked_after = 80"
        )
    return points


def write_page(
    workspace: Path, tables: Mapping[str, pl.DataFrame], before: Listed, after: Listed, made_at: datetime
) -> Path:
    """Write ``WORKSPACE/tuning/tuning-TIME.html``, mode 0600. Raises SettingsError where it cannot be written."""
    path = workspace / TUNING_FOLDER / f"tuning-{made_at:%Y-%m-%dT%H-%M-%S-%f}Z.html"
    page = tuning_html(Tuned(before, after, measured(workspace), tables, made_at))
    try:
        write_private(path, page)
    except OSError as error:
        told = f"{path} cannot be written: {error.strerror}. Check the disk and the permissions."
    else:
        return path
    raise SettingsError(told)
