"""``rollcall weekly``: the week of the list, for the team's manager."""

from apps.cli.parameters import NamingContracts, Workspace
from pipelines.written_dates import day_written


def weekly(*, workspace: Workspace, contracts: NamingContracts = None) -> int:
    """Write a manager's weekly page: leads open, new, gone, waiting and found, and sources that are late."""
    from apps.cli.words import for_whom, source_names
    from pipelines.atomic_folder import write_folder
    from pipelines.decisions.outcomes import read_outcomes
    from pipelines.for_readers import tables_for_readers
    from pipelines.health import read_status
    from pipelines.reports.published import read_nights, settings_approval
    from pipelines.reports.weekly import WEEKLY_FOLDER
    from pipelines.reports.weekly import weekly as week_of
    from pipelines.reports.weekly_page import weekly_html
    from pipelines.settings import SettingsError
    from pipelines.workspace import PUBLISHED_FOLDER

    nights = read_nights(workspace / PUBLISHED_FOLDER)
    if not nights:
        raise SettingsError(
            f"{workspace}: no list has ever been published here. Run a night first: rollcall night --help."
        )
    tables = tables_for_readers(workspace, "child_record", "lead")
    status = read_status(workspace)
    sources = status.sources if status else ()
    week = week_of(nights, read_outcomes(workspace), tables["child_record"], tables["lead"], sources)
    names = source_names(workspace, contracts)
    warnings = status.good.warnings if status and status.good else ()
    folder = workspace / WEEKLY_FOLDER / week.as_at.isoformat()
    approval = settings_approval(workspace / PUBLISHED_FOLDER / week.as_at.isoformat())
    write_folder({"weekly.html": weekly_html(week, names, warnings, approval)}, folder)
    print(f"The week to {day_written(week.as_at)} is in {folder / 'weekly.html'}, {for_whom()}.")
    return 0
