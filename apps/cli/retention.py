"""``rollcall retention``: remove what is older than the settings allow, and certify it."""

from pathlib import Path

from apps.cli.parameters import Workspace


def retention(
    *,
    workspace: Workspace,
    as_at: str,
    backups: Path | None = None,
    extracts: Path | None = None,
    config: Path | None = None,
) -> int:
    """Remove lists, backups, failure files and extracts that are older than the settings allow ([retention]).

    The newest list and the newest backup always stay, and so does what people decided. What was removed is certified in
    WORKSPACE/retention, in counts and dates.

    Parameters
    ----------
    as_at
        Today's date, YYYY-MM-DD.
    backups
        Folder of the backups. Without it, none of them is removed.
    extracts
        Folder of the extracts. Without it, and by default in any case, none of them is removed.
    config
        Settings file; without it, the settings in force.
    """
    from apps.cli.words import day_typed
    from data_contracts.today import today
    from pipelines.decisions.in_force import settings_of
    from pipelines.settings import SettingsError
    from pipelines.upkeep.retention import KeptFolders, apply_retention

    judged = day_typed("--as-at", as_at)
    if judged > today():
        raise SettingsError(f"--as-at {judged} is still to come: nothing was removed. Give today's date.")
    removed = apply_retention(
        settings_of(workspace, config, judged).retention, KeptFolders(workspace, backups, extracts), judged
    )
    for row in removed.to_dicts():
        print(f"  {row['kind']}: {row['removed']:,} removed, {row['stays']:,} stay")
    return 0
