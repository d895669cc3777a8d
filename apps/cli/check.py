"""``rollcall check``: check one extract, or a folder of them, against the contracts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from apps.cli.parameters import OwnContracts

if TYPE_CHECKING:
    from data_contracts.breach import Breach
    from data_contracts.contract import Contract
    from pipelines.intake.receipt.receive import CheckedFile

LINES_TOLD = 10
"""Lines of a file that are listed for one rule; the JSON has them all."""

STOPS = 1
"""Exit code if anything stops a file or a row. 2, as for every command, means that nothing could be checked."""


def check(
    path: Path,
    /,
    *,
    json: Annotated[Path | None, Parameter(name="--json")] = None,
    junit: Annotated[Path | None, Parameter(name="--junit")] = None,
    contracts: OwnContracts = None,
) -> int:
    """Check one extract or a folder of extracts against the contracts. Nothing is loaded or kept.

    Each broken rule is reported with file, column, its first lines and the remedy, and never with a child's value; --json has
    every line. The exit code is 0
    where everything would be loaded, 1 where anything stops a file or a row, and 2 where nothing could be checked.

    Parameters
    ----------
    path
        A file, or the folder of a night.
    json
        Write the verdict into this file as JSON.
    junit
        Write the verdict into this file as JUnit XML, which most automation servers show.
    """
    from apps.cli.verdict import as_json, as_junit, stopped
    from data_contracts.contract import read_contracts
    from pipelines.intake.receipt.receive import check_files

    known = read_contracts(own=contracts)
    files = check_files(path, known)
    if json is not None:
        _write(json, as_json(files).encode())
    if junit is not None:
        _write(junit, as_junit(files, known))
    verdict = _verdict_in_words(files) + (_roll_warning(files, known) if path.is_dir() else "")
    print(verdict.encode("utf-8", "replace").decode())
    return STOPS if any(map(stopped, files)) else 0


def _verdict_in_words(files: "Sequence[CheckedFile]") -> str:
    """The verdict in words: a line for each rule that a file breaks, then what would happen to files and rows."""
    from pipelines.counted import counted

    broken = [list(same) for file in files for _, same in groupby(_by_rule(file), _rule_of)]
    lines = _under_headings(_merged_over_files(broken))
    noted = sum(breach.stops == "nothing" for file in files for breach in file.breaches)
    refused = sorted({file.file for file in files if file.is_refused})
    rows = sum(file.rows_set_aside for file in files if not file.is_refused)
    if lines:
        lines.append("")
    if refused:
        lines.append(f"Would not be loaded as they are: {', '.join(refused)}.")
    if rows:
        lines.append(f"{counted(rows, 'row')} would be set aside, and all others loaded.")
    if not refused and not rows:
        lines.append("Every file and every row would be loaded.")
    if noted:
        are, stop = ("place is", "stops") if noted == 1 else ("places are", "stop")
        lines.append(f"{noted:,} {are} only noted, and {stop} nothing.")
    return "\n".join(lines)


HEADINGS = {
    "file": "A file is not loaded because of:",
    "row": "A row is set aside because of:",
    "list": "Stops nothing, but the list would carry a warning of:",
    "nothing": "Noted only, and stops nothing:",
}
"""What a rule does -> the heading over what breaks it."""


def _under_headings(broken: "Sequence[Sequence[Breach]]") -> list[str]:
    """A line for each rule, under a heading that says what the rule does; what does most comes first, over all files."""
    lines = []
    for does, heading in HEADINGS.items():
        if told := [_rule_in_words(breaches) for breaches in broken if _does(breaches[0]) == does]:
            lines += ["", heading, *told]
    return lines[1:]


def _does(breach: "Breach") -> str:
    """The key of ``HEADINGS`` for a broken rule."""
    from pipelines.intake.at_the_gate.completeness import STAMPING

    return "list" if breach.stops == "nothing" and breach.rule in STAMPING else breach.stops


def _merged_over_files(broken: "Sequence[Sequence[Breach]]") -> "list[list[Breach]]":
    """The breaches of one rule by one file; if several files have the same, they are merged under all their names."""
    files_of: dict[tuple[Breach, ...], list[str]] = {}
    for breaches in broken:
        alike = tuple(replace(breach, source="", file="") for breach in breaches)
        files_of.setdefault(alike, []).append(breaches[0].file)
    return [[replace(breach, file=", ".join(files)) for breach in alike] for alike, files in files_of.items()]


def _roll_warning(files: "Sequence[CheckedFile]", contracts: "Mapping[str, Contract]") -> str:
    """What to say about a folder from which no row of a roll would be loaded."""
    rolls = [contract for contract in contracts.values() if contract.is_roll]
    loaded = {file.source for file in files if not file.is_refused and file.rows_read > file.rows_set_aside}
    if loaded & {contract.id for contract in rolls}:
        return ""
    names = ", ".join(name for contract in rolls for name in contract.files.names_to_give)
    return f"\nA night with these files alone would stop, as none of those that would be loaded is a roll ({names})."


def _rule_of(breach: "Breach") -> tuple[str, str, str, str]:
    """What breaches are grouped by. A file with the same content as another is reported with it, under its own name."""
    return breach.stops, breach.column or "", breach.rule, breach.file


def _by_rule(file: "CheckedFile") -> "list[Breach]":
    """The breaches of one file, grouped by rule: first those that stop the file, then those that stop a row."""
    from data_contracts.breach import STOPS_MOST_FIRST
    from pipelines.intake.receipt.misleading_files import without_repeated_breaches

    return sorted(
        without_repeated_breaches(file.breaches),
        key=lambda breach: (STOPS_MOST_FIRST[breach.stops], *_rule_of(breach)[1:], breach.line or 0),
    )


def _rule_in_words(breaches: "Sequence[Breach]") -> str:
    """One rule that a file breaks, with the first of its lines if there are several."""
    first = breaches[0]
    lines = [f"{breach.line}" for breach in breaches if breach.line is not None]
    if len(lines) < 2:
        return "\n".join(str(breach) for breach in breaches)
    more = len(lines) - LINES_TOLD
    where = ", ".join(lines[:LINES_TOLD]) + (f" and {more:,} more" if more > 0 else "")
    column = f", column {first.column}" if first.column else ""
    return f"{first.file}{column}: {first.rule}, on {len(lines):,} lines ({where}). {first.why} {first.fix}"


def _write(path: Path, content: bytes) -> None:
    from pipelines.files.folder import ExtractsError

    try:
        path.write_bytes(content)
    except OSError as error:
        raise ExtractsError(f"{path} could not be written: {error.strerror}. Give another place.") from None
