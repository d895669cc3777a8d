"""``rollcall night``: tonight's extracts in, tomorrow's list out."""

from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Unpack

from cyclopts import Parameter

from apps.cli.parameters import Flag, OwnContracts

if TYPE_CHECKING:
    from pipelines.night import Progress, RunReport
    from pipelines.settings import NightArguments


def night(
    *,
    extracts: Path,
    as_at: Annotated[str, Parameter(help="The date judged, YYYY-MM-DD. Ages and places are as at this day.")],
    workspace: Path,
    config: Path | None = None,
    contracts: OwnContracts = None,
    plain: Flag = False,
    accept: Annotated[list[Path] | None, Parameter(negative=())] = None,
    why: str = "",
    by: str = "",
    top: int | None = None,
    full: Flag = False,
    dask: str | None = None,
) -> int:
    """Run the night: link a folder of extracts and publish the list of children possibly missing education.

    The list published last stays as it is until the new one is complete, and whenever anything fails.

    Parameters
    ----------
    extracts
        Folder with tonight's extracts.
    workspace
        Folder for the store and everything published.
    config
        Settings file; config/example.toml shows every setting.
    plain
        Run without Prefect: no retries, and nothing kept of the run except the published files. Starts at once.
    accept
        A source that the night was held for, or its file: a named person accepts what came, or did not, as complete. Once
        for each source. Needs --why and --by; kept in the store and in run.json.
    why
        Why the file is right as it is. Write no child's name.
    by
        Who accepts it.
    top
        How many children the sheet "Follow up" holds, the first by rank; the others are on the sheet "Later".
    full
        Work everything out again instead of only what changed since the last night. Slower; the result is the same.
    dask
        Score pairs on the Dask cluster at this address (tcp://host:8786), or with "local" on one of two processes, where a
        night scores all of them. Needs the extra rollcall[dask], and goes without --plain.
    """
    from apps.cli.progress import showing
    from apps.cli.words import day_typed, night_summary
    from pipelines.settings import NightArguments, SettingsError

    if plain and dask is not None:
        raise SettingsError(
            "--dask does not go with --plain: Prefect hands the work to the cluster. Leave one of them out."
        )
    judged = day_typed("--as-at", as_at)
    asked = NightArguments(
        extracts=extracts, workspace=workspace, as_at=judged, top=top, contracts=contracts, full=full
    )
    if accept or why or by:
        _accept(accept or [], asked, why=why, by=by)
    run = run_plainly if plain else partial(_under_prefect, dask=dask)
    with showing() as progress:
        report = run(config, progress, **asked)
    print(night_summary(report, workspace))
    return 0


def _accept(given: "list[Path]", asked: "NightArguments", *, why: str, by: str) -> None:
    """Record who accepts which sources or files for tonight, and why."""
    from data_contracts.contract import read_contracts
    from pipelines.intake.at_the_gate.acceptance import accept
    from pipelines.settings import SettingsError

    if not given:
        raise SettingsError("--why and --by go with --accept, the source or file that a person accepts as complete.")
    contracts = read_contracts(own=asked.get("contracts"))
    for one in given:
        file = one if one.is_file() else asked["extracts"] / one
        accept(asked["workspace"], contracts, file if file.is_file() else one, why=why, by=by, as_at=asked["as_at"])


def run_plainly(config: Path | None, progress: "Progress", **asked: Unpack["NightArguments"]) -> "RunReport":
    """The night in this process, without Prefect. Raises NightFailed."""
    from pipelines.night import run_night
    from pipelines.settings import read_settings

    return run_night(read_settings(config, **asked), progress)


def _under_prefect(
    config: Path | None, progress: "Progress", *, dask: str | None, **asked: Unpack["NightArguments"]
) -> "RunReport":
    """The night as a flow. ``apps`` and ``flows`` never import each other, so the flow is found as an entry point."""
    (runner,) = entry_points(group="rollcall.night", name="prefect")
    report: RunReport = runner.load()(config, progress, dask=dask, **asked)
    return report
