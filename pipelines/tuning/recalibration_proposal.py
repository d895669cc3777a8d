"""A recalibration proposed on schedule: fitted to what officers found, and in force only if a named person approves it."""

from dataclasses import dataclass, field
from pathlib import Path

from data_contracts.contract import names_of, read_contracts
from pipelines.decisions.in_force import settings_of
from pipelines.decisions.outcomes import read_outcomes
from pipelines.decisions.proposals import Figures, propose_settings
from pipelines.for_readers import tables_for_readers
from pipelines.listing.recalibration import NothingTaughtError, first_counted_day, fit_to_outcomes
from pipelines.tables.night import judged_on
from pipelines.tuning.comparison import compare_settings, settings_to_try
from pipelines.tuning.trial import TUNING_READS

WHY = "Fitted to what officers found, on schedule"


@dataclass(frozen=True)
class RecalibrationProposal:
    """A proposal, or why there is none."""

    words: str
    """What speaks for and against the recalibration, or why none is proposed. Counts and shares only."""
    number: int | None = None
    """Number of the proposal; null: nothing is proposed."""
    figures: Figures = field(default_factory=dict)
    page: Path | None = None
    """Page of who would come onto the list and who would leave, readable by its owner only; null: nothing is proposed."""


def propose_recalibration(workspace: Path, by: str) -> RecalibrationProposal:
    """Fit the recalibration to the outcomes that count, and propose it if there is one to propose. Puts nothing in force.

    The page that shows its effect is in ``WORKSPACE/tuning``. Raises :class:`~pipelines.settings.SettingsError`,
    StoreError.
    """
    tables = tables_for_readers(workspace, *TUNING_READS)
    night = judged_on(tables)
    before = settings_of(workspace, as_at=night)
    outcomes = read_outcomes(workspace)
    try:
        found, words = fit_to_outcomes(
            outcomes, tables["candidate"], before.ranking.recalibration, first_counted_day(night)
        )
    except NothingTaughtError as nothing:
        return RecalibrationProposal(str(nothing))
    after = settings_to_try(before, recalibration=found.line)
    names = names_of(read_contracts(own=before.contracts))
    differs = compare_settings(workspace, tables, before, after, names)
    figures = {**differs.figures, **found.figures}
    return RecalibrationProposal(
        words, propose_settings(workspace, after, why=WHY, by=by, figures=figures), figures, differs.page
    )
