"""``rollcall return``: the termly return of children missing education."""

from apps.cli.parameters import Workspace
from pipelines.written_dates import day_written


def termly(*, workspace: Workspace, as_at: str) -> int:
    """Write the termly return from officers' outcomes: CSV and a page for senior leaders, in WORKSPACE/returns.

    Counts under 5 are not shown, nor any from which one could be worked out.

    Parameters
    ----------
    as_at
        The census day, YYYY-MM-DD.
    """
    from apps.cli.words import day_typed
    from pipelines.reports.return_folder import publish_return

    judged = day_typed("--as-at", as_at)
    made = publish_return(workspace, judged)
    print(f"Counted as missing education on {day_written(judged)}, by officers' outcomes: {made.children:,}.")
    print(
        f"Where each was educated is as known on the night of {day_written(made.night_on)}. The return is in {made.folder}."
    )
    return 0
