"""``rollcall demo``: a made-up authority, two nights on it, how well the list did, and what changed overnight."""

import sys
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from pipelines.night import RunReport

DEMO_AS_AT = date(2026, 11, 20)
"""A date in the autumn term. It is fixed so that the same demo gives the same list."""

NEXT_NIGHT = timedelta(days=1)


def demo(*, children: int = 20_000, seed: int = 1, workspace: Path = Path("demo")) -> int:
    """Make an authority of made-up children, run two nights on it, and say how well the list did and what it changed.

    No child and no address in it is real. The night runs without Prefect, so that the demo is quick.

    Parameters
    ----------
    children
        How many children to make, on and off rolls.
    seed
        Another number makes another authority; the same number always makes the same one.
    workspace
        Folder for the authority, the store and everything published.
    """
    from apps.cli.words import command
    from apps.made_up.authority import make_authority
    from apps.made_up.history import begin_history, move_on
    from pipelines.settings import SettingsError

    folder = workspace / "made_up"
    sys.stderr.write(f"Making an authority of {children:,} made-up children in {folder} ...\n")
    try:
        made = make_authority(folder, children=children, seed=seed, as_at=DEMO_AS_AT)
    except ValueError as error:
        raise SettingsError(f"--children {children} --seed {seed}: {error}") from None
    begin_history(folder, seed=seed, as_at=DEMO_AS_AT)
    first = _night(made.extracts, workspace, DEMO_AS_AT)
    _grade(first, folder)
    sys.stderr.write("\nA day later: about one row in a hundred has changed ...\n")
    move_on(folder, seed=seed, as_at=DEMO_AS_AT + NEXT_NIGHT)
    second = _night(made.extracts, workspace, DEMO_AS_AT + NEXT_NIGHT)
    print("\nWhat the second night changed:")
    for sentence in second.list_changes:
        print(f"  {sentence}")
    print(f"  Child by child: {second.published / 'changes.csv'}")
    print(f"\nRun the night on your own extracts:  {command()} night --help\n(the demo's own are in {made.extracts})")
    return 0


def _night(extracts: Path, workspace: Path, as_at: date) -> "RunReport":
    """One night, and what it did."""
    from apps.cli.night import run_plainly
    from apps.cli.progress import showing
    from apps.cli.words import night_summary

    with showing() as progress:
        report = run_plainly(None, progress, extracts=extracts, workspace=workspace, as_at=as_at)
    print(night_summary(report, workspace))
    return report


def _grade(report: "RunReport", folder: Path) -> None:
    """Print how well the list did. That is possible because the truth about a made-up authority is known."""
    from apps.made_up.books import read_books
    from apps.made_up.grade import graded

    books = read_books(folder)
    print("\nAs the authority is made up, the truth is known, and the list can be graded:")
    for line in str(graded(_listed(report.published), books.records, books.children)).splitlines():
        print(f"  {line}")


def _listed(published: Path) -> "pl.DataFrame":
    import polars as pl

    from pipelines.publish.outputs import LIST_FILE

    return pl.read_parquet(published / LIST_FILE, columns=["rank", "records"])
