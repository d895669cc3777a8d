"""``rollcall find``: is a child known here? Looks it up by name and birth date."""

import sys
from typing import Annotated

from cyclopts import Parameter

from apps.cli.parameters import Workspace


def find(
    *names: Annotated[str, Parameter(show=False)],
    workspace: Workspace,
    everyone: Annotated[bool, Parameter(name="--all", negative=())] = False,
) -> int:
    """Look a child up by name and birth date: for a subject access request, or a call about one child.

    Asks for forename, surname and birth date, or reads them from standard input, a line each: what is typed behind a
    command is kept by the shell and seen by others. Other spellings and slips are found as the night finds them. Each child
    who may be the one is shown by id, for rollcall explain. Ends with 1 where there is none.

    Parameters
    ----------
    everyone
        Show all who may be the one, not only the ten likeliest.
    """
    from apps.cli.words import command, typed
    from pipelines.for_readers import store_for_readers
    from pipelines.linking.model_file import kept_model
    from pipelines.reports.find import FIND_READS, MOST_TOLD, child_sought, find, found_words
    from pipelines.settings import SettingsError

    if names:  # accepted only to be refused in words that do not repeat them
        raise SettingsError(
            "Nothing was looked up. Do not type a name after the command, where the shell keeps it and others can see it: you "
            f"are asked for name and birth date. Type: {command()} find --workspace {typed(workspace)}"
        )
    with store_for_readers(workspace) as store:
        tables = {table: store.read(table) for table in FIND_READS}
        tables["lead"] = store.read_or_empty("lead")
    asked = child_sought(_line("Forename"), _line("Surname"), _line("Birth date, as 14/05/2015"))
    found = find(asked, tables, kept_model(workspace))
    print(found_words(found, tables, most=found.height if everyone else MOST_TOLD))
    if not found.is_empty():
        print(f"To see what is held about one of them: {command()} explain CH… --workspace {typed(workspace)}")
    return 0 if found.height else 1


def _line(what: str) -> str:
    """One answer. A person at a terminal is prompted for it, and may leave it empty."""
    if sys.stdin.isatty():
        sys.stderr.write(f"{what} (Enter if not known): ")
        sys.stderr.flush()
    return sys.stdin.readline().strip()
