"""Whether the date judged fits tonight's files. If it is mistyped, places seem to have ended, or not to have begun."""

from datetime import date

from pipelines.intake.in_figures.figures import LONG_DAYS, Intake
from pipelines.settings import SettingsError
from pipelines.written_dates import day_written

SOURCES = 2
"""Fewest sources that must say so: a single one may be an old file, or have slips in its dates."""


def refuse_date_far_from_files(intake: Intake, as_at: date) -> None:
    """Raise SettingsError if all sources end long before ``as_at``, or some have days long after it as gone by."""
    newest = intake.nights["newest_on"].drop_nulls()
    last = max(newest, default=as_at)
    if len(newest) >= SOURCES and (as_at - last).days > LONG_DAYS:
        raise SettingsError(
            f"The night is as at {day_written(as_at)}, but no file tonight has a date after {day_written(last)}: places would "
            "seem to have ended, and children to have gone. Give --as-at the day on which the files were made."
        )
    if len(intake.later_on) >= SOURCES:
        last = min(intake.later_on.values())
        raise SettingsError(
            f"The night is as at {day_written(as_at)}, but tonight's files give days up to {day_written(last)} as past: places "
            "would seem not to have begun, and children to have none. Give --as-at the day on which the files were made."
        )
