"""``rollcall check``: one extract, or a folder of them, held against the contracts."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from pipelines.receive import CheckedFile

STOPS = 1
"""Exit code where anything stops a file or a row. 2, as of every command: it could not be checked at all."""


def check(
    path: Path,
    *,
    json: Annotated[Path | None, Parameter(name="--json")] = None,
    junit: Annotated[Path | None, Parameter(name="--junit")] = None,
    contracts: Path | None = None,
) -> int:
    """Check one extract or a folder of extracts against the contracts. Nothing is loaded or kept.

    Each broken rule is told with file, line, column and remedy, and never with a child's value. The exit code is 0
    where everything would be loaded, 1 where anything stops a file or a row, and 2 where nothing could be checked.

    Parameters
    ----------
    path
        A file, or the folder of a night.
    json
        Write the verdict into this file as JSON.
    junit
        Write the verdict into this file as JUnit XML, which most automation servers show.
    contracts
        Folder of your own contracts, beside those shipped. Where both have one of the same id, yours counts.
    """
    from apps.cli.verdict import as_json, as_junit, stopped
    from data_contracts.contract import read_contracts
    from pipelines.receive import check_files

    known = read_contracts(own=contracts)
    files = check_files(path, known)
    if json is not None:
        _write(json, as_json(files).encode())
    if junit is not None:
        _write(junit, as_junit(files, known))
    print(_told(files).encode("utf-8", "replace").decode())
    return STOPS if any(map(stopped, files)) else 0


def _told(files: "Sequence[CheckedFile]") -> str:
    """The verdict in words: every breach in a line, then what would become of files and rows."""
    lines = [str(breach) for file in files for breach in file.breaches]
    noted = sum(breach.stops == "nothing" for file in files for breach in file.breaches)
    refused = sorted({file.file for file in files if file.is_refused})
    rows = sum(file.rows_set_aside for file in files if not file.is_refused)
    if lines:
        lines.append("")
    if refused:
        lines.append(f"Would not be loaded as they are: {', '.join(refused)}.")
    if rows:
        lines.append(f"{rows:,} {'row' if rows == 1 else 'rows'} would be set aside, and all others loaded.")
    if not refused and not rows:
        lines.append("Every file and every row would be loaded.")
    if noted:
        lines.append(f"{noted:,} places are only noted, and stop nothing.")
    return "\n".join(lines)


def _write(path: Path, content: bytes) -> None:
    from pipelines.receive import ExtractsError

    try:
        path.write_bytes(content)
    except OSError as error:
        raise ExtractsError(f"{path} could not be written: {error.strerror}. Give another place.") from None
