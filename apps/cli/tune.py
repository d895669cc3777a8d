"""``rollcall tune``: judge the last night again with other settings, and show what that would change."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from apps.cli.parameters import Flag, NamingContracts, WhoProposes, WhyProposed, Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from pipelines.decisions.proposals import Figures
    from pipelines.listing.recalibration import FittedLine
    from pipelines.settings import Settings


def tune(
    *,
    workspace: Workspace,
    link_threshold: float | None = None,
    enquiries_per_missed_child: float | None = None,
    check_costs: float | None = None,
    points: Path | None = None,
    from_outcomes: Flag = False,
    since: str | None = None,
    config: Path | None = None,
    contracts: NamingContracts = None,
    propose: Flag = False,
    why: WhyProposed = "",
    by: WhoProposes = "",
) -> int:
    """Judge the last night again with other settings, without publishing, and write a page that shows the difference.

    Parameters
    ----------
    link_threshold
        Two groups of records are one child only if this is at least so probable (between 0 and 1).
    enquiries_per_missed_child
        How many enquiries that find nothing are worth making so as not to miss one child. Sets the cut-off.
    check_costs
        What a desk check of where a child lives costs, as a share of an enquiry (above 0, at most 1). Sets how long
        children who have only gone quiet stay in the lane "probably moved away".
    points
        A TOML file of points by finding, such as: looked_after = 80
    from_outcomes
        Recalibrate the likelihood by what officers found on earlier leads.
    since
        With --from-outcomes: leads opened earlier do not count (YYYY-MM-DD). If left out, those of the last two years count.
    config
        Settings file that the night was run with, if any.
    propose
        Propose these settings; another named person approves them: rollcall approve.
    """
    from pipelines.decisions.in_force import settings_of
    from pipelines.for_readers import tables_for_readers
    from pipelines.tables.night import judged_on
    from pipelines.tuning.comparison import settings_to_try
    from pipelines.tuning.trial import TUNING_READS

    earliest = _first_day_counted(since, from_outcomes=from_outcomes)
    _refuse_reason_alone(why, by, propose=propose)
    tables = tables_for_readers(workspace, *TUNING_READS)
    before = settings_of(workspace, config, judged_on(tables))
    fitted = _recalibration_from_outcomes(workspace, tables, before, earliest) if from_outcomes else None
    after = settings_to_try(
        before,
        link_threshold=link_threshold,
        enquiries_per_missed_child=enquiries_per_missed_child,
        check_costs=check_costs,
        points=points,
        recalibration=None if fitted is None else fitted.line,
    )
    if propose:
        _refuse_no_proposal(before, after, why, by)
    figures = {**_compared(workspace, tables, before, after, contracts), **(fitted.figures if fitted else {})}
    if propose:
        _propose(workspace, after, figures, why=why, by=by)
    return 0


def _first_day_counted(since: str | None, *, from_outcomes: bool) -> date | None:
    """The day that --since gives; null: none given. Raises SettingsError without --from-outcomes."""
    from apps.cli.words import day_typed
    from pipelines.settings import SettingsError

    if since is not None and not from_outcomes:
        raise SettingsError("--since goes with --from-outcomes: it says from which day leads count.")
    return None if since is None else day_typed("--since", since)


def _refuse_reason_alone(why: str, by: str, *, propose: bool) -> None:
    """Raise SettingsError for a reason or a name with no proposal to go with it."""
    from pipelines.settings import SettingsError

    if (why or by) and not propose:
        raise SettingsError("--why and --by go with --propose. Without it nothing is proposed.")


def _refuse_no_proposal(before: "Settings", after: "Settings", why: str, by: str) -> None:
    """Raise SettingsError for a proposal that changes nothing, or that nobody signs."""
    from pipelines.decisions.proposals import refuse_unsigned
    from pipelines.settings import SettingsError
    from pipelines.tuning.trial import differing_settings

    if not differing_settings(before, after):
        raise SettingsError("--propose: nothing differs from the settings in force. Give a setting to change.")
    refuse_unsigned(why, by)


def _recalibration_from_outcomes(
    workspace: Path, tables: "Mapping[str, pl.DataFrame]", before: "Settings", since: date | None
) -> "FittedLine":
    """The recalibration fitted to officers' outcomes, after printing the evidence for and against it."""
    from pipelines.decisions.outcomes import read_outcomes
    from pipelines.listing.recalibration import first_counted_day, fit_to_outcomes
    from pipelines.tables.night import judged_on

    line, earliest = before.ranking.recalibration, since or first_counted_day(judged_on(tables))
    fitted, words = fit_to_outcomes(read_outcomes(workspace), tables["candidate"], line, earliest)
    print(words)
    return fitted


def _compared(
    workspace: Path,
    tables: "Mapping[str, pl.DataFrame]",
    before: "Settings",
    after: "Settings",
    contracts: Path | None,
) -> "Figures":
    """Judge the night again, write the page and print what differs; returns the figures."""
    from apps.cli.words import for_whom, source_names
    from pipelines.tuning.comparison import compare_settings

    comparison = compare_settings(
        workspace, tables, before, after, source_names(workspace, contracts or before.contracts)
    )
    if comparison.unlike:
        print(
            f"The list in use was made with different settings ({', '.join(comparison.unlike)}): both sides are judged again. "
            "If the night was given a settings file, give it with --config."
        )
    for name, value in comparison.figures.items():
        print(f"  {value:>10,}  {name}")
    print(f"Who comes, who leaves and why: {comparison.page}, {for_whom()}. Nothing was published.")
    return comparison.figures


def _propose(workspace: Path, after: "Settings", figures: "Figures", *, why: str, by: str) -> None:
    from apps.cli.words import proposed
    from pipelines.decisions.proposals import propose_settings

    number = propose_settings(workspace, after, why=why, by=by, figures=figures)
    print(f"Proposal {number} is kept. {proposed(number, workspace)}")
