"""``rollcall return``: the termly return of children missing education."""

from pathlib import Path


def termly(*, workspace: Path, as_at: str) -> int:
    """Write the termly return from officers' outcomes: CSV and a page for senior leaders, in WORKSPACE/returns.

    Counts under 5 are not shown, nor any that would let one be worked out.

    Parameters
    ----------
    workspace
        Folder of the night.
    as_at
        The census day, YYYY-MM-DD.
    """
    from apps.cli.night import _date
    from pipelines.for_readers import store_for_readers
    from pipelines.outcomes import read_outcomes
    from pipelines.publish.return_page import return_html
    from pipelines.publish.tabular import csv_bytes
    from pipelines.publish.whole_folder import put_in_place
    from pipelines.termly_return import termly_return

    judged = _date(as_at)
    with store_for_readers(workspace) as store:
        person, said, members = (store.read(name) for name in ("person_record", "statement", "child_record"))
        night_on = store.read("night")["as_at"].item()
    made = termly_return(person, said, members, read_outcomes(workspace), judged)
    folder = workspace / "returns" / judged.isoformat()
    files = {
        "termly_return.csv": csv_bytes(made.table),
        "termly_return.html": return_html(made.table, judged, night_on),
    }
    put_in_place(files, folder)
    print(f"Counted as missing education on {judged:%d/%m/%Y}, by officers' outcomes: {made.children:,}.")
    print(f"Where each was educated is as the night of {night_on:%d/%m/%Y} knew. The return is in {folder}.")
    return 0
