"""``rollcall migrate``: bring the workspace of an earlier version up to date."""

from apps.cli.parameters import Workspace


def migrate(*, workspace: Workspace) -> int:
    """Bring the store of an earlier version forward now, rather than with the next night. A copy is kept in backups/."""
    from pipelines.lock import lock
    from pipelines.migrations import bring_forward
    from pipelines.store import Store
    from pipelines.tables import SCHEMA_VERSION
    from pipelines.workspace import must_be_there

    must_be_there(workspace)
    with lock(workspace):
        version = bring_forward(workspace)
        with Store(workspace, read_only=True):
            pass
    if version == SCHEMA_VERSION:
        print(f"The store in {workspace} is already of this version: nothing was changed.")
    else:
        print(f"The store in {workspace} has been brought forward; a copy as it was is in {workspace / 'backups'}.")
    return 0
