"""The last night compared with itself under other settings: which settings to try, and what they would change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.atomic_folder import write_requested
from pipelines.decisions.judgements import measured_errors, read_judgements
from pipelines.decisions.keys_tonight import judgements_now, keys_of_the_list, outcomes_now
from pipelines.decisions.outcomes import read_outcomes
from pipelines.decisions.proposals import Figures
from pipelines.linking.model_file import kept_model
from pipelines.publish.run_json import read_run
from pipelines.rank_settings import Recalibration
from pipelines.settings import Settings, SettingsError, read_toml, with_changes
from pipelines.tables.night import judged_on
from pipelines.tuning.comparison_page import TuningComparison, tuning_html
from pipelines.tuning.trial import JudgedNight, figures, judge_night_again, last_night, settings_unlike_the_night
from pipelines.workspace import PUBLISHED_FOLDER

TUNING_FOLDER = "tuning"


def settings_to_try(
    settings: Settings,
    *,
    link_threshold: float | None = None,
    enquiries_per_missed_child: float | None = None,
    check_costs: float | None = None,
    points: Path | None = None,
    recalibration: Recalibration | None = None,
) -> Settings:
    """``settings`` with the values to try; null: that setting stays. Raises :class:`~pipelines.settings.SettingsError`."""
    asked: list[tuple[str, str, Path | str, Any]] = [
        ("linkage", "link_threshold", "--link-threshold", link_threshold),
        ("ranking", "wasted_enquiries_per_missed_child", "--enquiries-per-missed-child", enquiries_per_missed_child),
        ("ranking", "check_costs", "--check-costs", check_costs),
        ("ranking", "points", points or "--points", None if points is None else _points(points)),
        ("ranking", "recalibration", "--from-outcomes", None if recalibration is None else recalibration.model_dump()),
    ]
    after = settings
    for part, name, where, value in asked:
        if value is not None:
            after = with_changes(after, {part: {name: value}}, where)
    return after


def _points(path: Path) -> dict[str, Any]:
    """Points by finding, from the top of the file or from ``[ranking.points]``, as in a settings file. Raises
    SettingsError."""
    written = read_toml(path)
    if set(written) != {"ranking"}:
        return written
    points = written["ranking"].get("points") if isinstance(written["ranking"], Mapping) else None
    if not isinstance(points, dict) or set(written["ranking"]) != {"points"}:
        raise SettingsError(
            f"--points {path}: this file may hold only points, each as a line such as: looked_after = 80"
        )
    return points


@dataclass(frozen=True)
class TuningResult:
    """The last night judged again with other settings."""

    page: Path
    """Page of who would come onto the list and who would leave, and why. Readable by its owner only."""
    figures: Figures
    unlike: Sequence[str]
    """Keys of the settings that are not those of the night; if there are any, both sides were judged again."""


def compare_settings(
    workspace: Path,
    tables: Mapping[str, pl.DataFrame],
    before: Settings,
    after: Settings,
    source_names: Mapping[str, str],
) -> TuningResult:
    """Judge the last night again, without publishing, and write the page that shows the difference.

    ``tables``: ``TUNING_READS`` of the store. Raises SettingsError if the page cannot be written, and whatever reading
    people's decisions raises.
    """
    made_at, keys = datetime.now(UTC), keys_of_the_list(workspace)
    unlike = settings_unlike_the_night(_said_of_settings(workspace, judged_on(tables)), before)
    is_linked_so = not any(key.startswith("linkage.") for key in unlike)

    def judged(settings: Settings) -> JudgedNight:
        return judge_night_again(
            tables,
            settings,
            model=kept_model(workspace),
            judgements=judgements_now(read_judgements(workspace), keys),
            outcomes=outcomes_now(read_outcomes(workspace), keys),
            source_names=source_names,
            links_stand=is_linked_so and settings.linkage == before.linkage,
        )

    listed = judged(before) if unlike else last_night(tables, before)
    again = judged(after)
    page = _write_page(workspace, TuningComparison(listed, again, measured_errors(workspace), tables, made_at, unlike))
    return TuningResult(page, figures(listed, again), unlike)


def _said_of_settings(workspace: Path, night: date) -> dict[str, object]:
    """Settings, by key, as ``run.json`` of the list in use has them; empty if it cannot be read."""
    run = read_run(workspace / PUBLISHED_FOLDER / night.isoformat())
    return {} if run is None else run.get("settings", {})


def _write_page(workspace: Path, tuned: TuningComparison) -> Path:
    """Write ``WORKSPACE/tuning/tuning-TIME.html``, mode 0600. Raises SettingsError if it cannot be written."""
    path = workspace / TUNING_FOLDER / f"tuning-{tuned.made_at:%Y-%m-%dT%H-%M-%S-%f}Z.html"
    write_requested(path, tuning_html(tuned))
    return path
