"""The page for information governance names everything that a workspace holds and everything that is published."""

import re
from pathlib import Path

import pytest

from pipelines.decisions.in_force import MODEL_IN_FORCE
from pipelines.decisions.judgements import JUDGEMENTS_FILE
from pipelines.decisions.outcomes import OUTCOMES_FILE
from pipelines.decisions.proposals import MODELS_FOLDER, PROPOSALS_FILE
from pipelines.failure import FAILURE_FOLDER
from pipelines.intake.former_identities import FORMER_FILE, KEY_FILE
from pipelines.migrations import BACKUPS_FOLDER
from pipelines.reports.handover import HANDOVERS_FILE, HANDOVERS_FOLDER
from pipelines.reports.weekly import WEEKLY_FOLDER
from pipelines.settings import SETTINGS_IN_FORCE, Retention
from pipelines.tuning.comparison import TUNING_FOLDER
from pipelines.upkeep.retention import RETENTION_FOLDER
from tests.conftest import FirstNight

PAGE = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text("utf-8")
LEFT_BY_COMMANDS = (
    FAILURE_FOLDER,
    FORMER_FILE,
    KEY_FILE,
    HANDOVERS_FILE,
    HANDOVERS_FOLDER,
    MODEL_IN_FORCE,
    JUDGEMENTS_FILE,
    BACKUPS_FOLDER,
    OUTCOMES_FILE,
    MODELS_FOLDER,
    PROPOSALS_FILE,
    RETENTION_FOLDER,
    SETTINGS_IN_FORCE,
    TUNING_FOLDER,
    WEEKLY_FOLDER,
)


def test_everything_that_a_night_leaves_in_the_workspace_is_named(first_night: FirstNight) -> None:
    left = {path.name for path in first_night.settings.workspace.iterdir()}
    assert len(left) > 5
    assert {name for name in left if f"`{name}`" not in PAGE} == set()


@pytest.mark.parametrize("name", LEFT_BY_COMMANDS)
def test_everything_that_a_command_leaves_there_is_named(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_the_days_are_those_that_hold_by_default() -> None:
    said = {name: int(days) for days, name in re.findall(r"(\d+) days \(`(\w+_days)`\)", PAGE)}
    assert said
    assert said == {name: getattr(Retention(), name) for name in said}


def test_nothing_in_the_workspace_is_readable_by_others(first_night: FirstNight) -> None:
    others = [
        path
        for path in first_night.settings.workspace.rglob("*")
        if not path.is_symlink() and path.stat().st_mode & 0o077
    ]
    assert others == []
