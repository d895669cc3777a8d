"""``rollcall report``: the termly report for senior leaders and the safeguarding partnership."""

from apps.cli.parameters import NamingContracts, Workspace


def report(
    *, workspace: Workspace, since: str, as_at: str, authority: str | None = None, contracts: NamingContracts = None
) -> int:
    """Write the termly report: trend, age, area, source, time out of education and outcomes, on one page with charts.

    It holds no child's name, and no count under 5 can be read or worked out from it, nor from two of them: counts are
    rounded to the nearest five.

    Parameters
    ----------
    since
        The day before the period begins, YYYY-MM-DD.
    as_at
        The last day of the period, YYYY-MM-DD.
    authority
        Name of the authority, for the heading.
    """
    from apps.cli.words import day_typed, source_names
    from pipelines.atomic_folder import write_folder
    from pipelines.decisions.outcomes import read_outcomes
    from pipelines.reports.published import published_nights, read_night
    from pipelines.reports.return_folder import confirmed_by
    from pipelines.reports.termly_report import hours_for_each_found, termly_report
    from pipelines.reports.termly_report_page import report_html
    from pipelines.settings import SettingsError
    from pipelines.workspace import PUBLISHED_FOLDER

    first, last = day_typed("--since", since), day_typed("--as-at", as_at)
    if first >= last:
        raise SettingsError("--since is not before --as-at. Give the day before the period begins.")
    kept = published_nights(workspace / PUBLISHED_FOLDER)
    nights = [read_night(night, path) for night, path in kept.items() if first < night <= last]
    if not nights:
        raise SettingsError(
            f"{workspace}: no list was published from {since} to {as_at}. Give a period with a list in it."
        )
    confirmed, night_on = confirmed_by(last, workspace)
    outcomes, names = read_outcomes(workspace), source_names(workspace, contracts)
    made = termly_report(confirmed, outcomes, nights, since=first, as_at=last, names=names)
    folder = workspace / "reports" / last.isoformat()
    hours = hours_for_each_found(outcomes, last)
    write_folder({"termly_report.html": report_html(made, hours, night_on, authority)}, folder)
    lists = "the one list" if len(nights) == 1 else f"{len(nights):,} lists"
    print(f"The report on {lists} of the period is in {folder / 'termly_report.html'}.")
    return 0
