"""``rollcall demo``: a made-up authority, a night on it, and how well the list did."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

DEMO_AS_AT = date(2026, 11, 20)
"""A date of the autumn term, always the same, so that the same demo gives the same list."""


def demo(*, children: int = 20_000, seed: int = 1, workspace: Path = Path("demo")) -> int:
    """Make an authority of made-up children, run the night on it, and say how well the list did.

    No child and no address in it is real. The night runs without Prefect, so that the demo is quick.

    Parameters
    ----------
    children
        How many children to make, on and off rolls.
    seed
        Another number makes another authority; the same number always the same.
    workspace
        Folder for the authority, the store and everything published.
    """
    from apps.cli.night import run_plainly
    from apps.cli.progress import showing
    from apps.cli.words import command, told
    from apps.made_up.authority import make_authority
    from apps.made_up.grade import graded
    from pipelines.settings import SettingsError

    sys.stderr.write(f"Making an authority of {children:,} made-up children in {workspace / 'made_up'} ...\n")
    try:
        made = make_authority(workspace / "made_up", children=children, seed=seed, as_at=DEMO_AS_AT)
    except ValueError as error:
        raise SettingsError(f"--children {children} --seed {seed}: {error}") from None
    with showing() as progress:
        report = run_plainly(made.extracts, workspace, DEMO_AS_AT, None, progress)
    print(told(report, workspace))
    print("\nAs the authority is made up, the truth is known, and the list can be graded:")
    for line in str(graded(_listed(report.published), made.records, made.children)).splitlines():
        print(f"  {line}")
    print(f"\nRun the night on your own extracts:  {command()} night --help\n(the demo's lie in {made.extracts})")
    return 0


def _listed(published: Path) -> "pl.DataFrame":
    import polars as pl

    return pl.read_parquet(published / "candidates.parquet", columns=["records"])
