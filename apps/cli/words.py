"""Texts for whoever runs a command, mostly about what a night did. Counts and places only."""

import shlex
import sys
from datetime import date
from pathlib import Path
from subprocess import list2cmdline
from typing import TYPE_CHECKING

from pipelines.written_dates import day_written

if TYPE_CHECKING:
    from pipelines.night import RunReport

FILES = (
    ("candidates.xlsx", "the list, for officers (also as candidates.csv and candidates.parquet)"),
    ("evidence", "one page for each child, for whoever makes the visit"),
    ("changes.csv", "who is new, returned, gone and why, risen or fallen (also a sheet of the workbook)"),
    ("in_view.csv", "children off the list who must not be lost from sight, and why (also a sheet of the workbook)"),
    ("early_warning.csv", "children who will be without education at the next term (also a sheet of the workbook)"),
    ("other_teams.csv", "children not on the list whom another team should look at, as what explains them is in doubt"),
    ("match_report.html", "how the list was made: files, links, doubts. Opens in a browser, offline"),
    ("data_quality.html", "what each agency sent, the rules it broke, and whether that is getting worse"),
    ("explained.parquet", "every other child of compulsory school age, and why the child is not on the list"),
    ("restricted", "children whose whereabouts are protected: for the named role only"),
    ("set_aside", "what each sender needs to correct, one file for each"),
    ("WARNINGS.txt", "what to bear in mind tonight, such as files that are not complete: read this first"),
    ("run.json", "inputs, counts, versions and times of this night"),
)


def night_summary(report: "RunReport", workspace: Path) -> str:
    """The summary of a night: what came in, what was found, where it is, and what to do next."""
    lines = _counts_in_words(report)
    if report.list_changes:
        lines += ["", *(f"  {sentence}" for sentence in report.list_changes)]
    if report.refused:
        lines += ["", f"  NOT LOADED: {', '.join(report.refused)}. The match report says why and what to do."]
    if report.warnings:
        lines += ["", "  READ WITH CARE:"]
        lines += [f"  - {warning}" for warning in report.warnings]
    later = _later_list_in_use(report)
    past = ["", _past_night(later)] if later else []
    return "\n".join([*lines, *past, *_files_in_words(report), *_next_steps(report, workspace, later)])


def _counts_in_words(report: "RunReport") -> list[str]:
    """What came in, and how many children were found in it."""
    from pipelines.counted import counted
    from pipelines.steps.publishing import published_lanes

    received, linked, ranked = report.counts["receive"], report.counts["link"], report.counts["rank"]
    lanes = published_lanes(report.counts)
    return [
        "",
        f"The night as at {day_written(report.as_at)} is done, in {sum(report.seconds.values()):.0f} seconds.",
        "",
        f"  {counted(received['files'], 'file')} with {counted(received['rows_read'], 'row')} received; "
        f"{counted(received['rows_set_aside'], 'row')} set aside for the senders to correct.",
        f"  {counted(linked['children'], 'child')} found in them.",
        f"  {ranked['candidates']:,} of compulsory school age are possibly missing education, to be looked into:",
        *(f"  {count:>9,}  {lane}" for lane, count in sorted(lanes.items(), key=lambda lane: -lane[1])),
        f"  {counted(ranked['explained'], 'other')} of that age explained, by a place in education or for another reason.",
    ]


def _later_list_in_use(report: "RunReport") -> str | None:
    """The date of the list in use (YYYY-MM-DD), if that is a later one than tonight's."""
    from pipelines.atomic_folder import newest_list

    newest = newest_list(report.published.parent)
    return newest if newest != report.published.name else None


def _past_night(later: str) -> str:
    """That this list is none to work from. ``later``: the date of the list in use."""
    return (
        f"This was a past night. The list in use is still that of {day_written(date.fromisoformat(later))}, and explain and "
        "the other commands answer from it."
    )


def _files_in_words(report: "RunReport") -> list[str]:
    """Where everything is, and for whom."""
    there = [(name, what) for name, what in FILES if (report.published / name).exists()]
    width = max(len(name) for name, _ in there)
    files = (f"  {name:<{width}}  {what}" for name, what in there)
    return ["", f"Everything is in {report.published}, {for_whom()}:", *files]


def _next_steps(report: "RunReport", workspace: Path, later: str | None) -> list[str]:
    """What to do next. ``later``: the date of the list in use, if tonight's is an earlier one: officers stay with it."""
    in_use = report.published.parent / (later or report.published.name)
    stays = [] if later is None else ["  Hand this list to no officer: they stay with the one in use."]
    return [
        "",
        "What to do next:",
        *stays,
        f"  Open {in_use / 'candidates.xlsx'} and start at rank 1 of 'follow up'.",
        f"  Why is, or is not, a child on it?  {command()} explain CHILD_OR_RECORD --workspace {typed(workspace)}",
        "  A name on the list is a lead for an officer, never a finding about a family.",
    ]


def source_names(workspace: Path, contracts: Path | None) -> dict[str, str]:
    """Source -> its name for people, from the contracts that are shipped and the authority's own.

    ``contracts``: the folder of the latter; null: the folder in the settings in force in the workspace, if any.
    Raises SettingsError, ContractError.
    """
    from data_contracts.contract import names_of, read_contracts
    from pipelines.decisions.in_force import settings_of

    own = contracts or settings_of(workspace).contracts
    return names_of(read_contracts(own=own))


def day_typed(option: str, text: str) -> date:
    """The date typed after an option. Raises SettingsError, which names the option and shows an example."""
    from pipelines.settings import SettingsError

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{option} {text} is not a date. Write it as YYYY-MM-DD, such as 2026-11-20.") from None


def proposed(number: int, workspace: Path) -> str:
    """What happens to a proposal next, and by which command."""
    approve = f"{command()} approve {number} --by NAME --workspace {typed(workspace)}"
    return f"Another named person must put it in force:\n  {approve}"


def typed(path: Path) -> str:
    """A path as typed into a command: quoted if it has a space or a character special to the shell."""
    return list2cmdline([str(path)]) if sys.platform == "win32" else shlex.quote(str(path))


def for_whom() -> str:
    """Who can read what a command has written. Windows takes that from the folder it is in, not from whoever writes it."""
    return "readable by whoever may read that folder" if sys.platform == "win32" else "readable by you alone"


def command() -> str:
    """How to call this command from here: ``.venv/bin/rollcall`` in a fresh clone."""
    called = Path(sys.argv[0])
    if called.name != "rollcall":
        return "rollcall"
    return str(called.relative_to(Path.cwd()) if called.is_relative_to(Path.cwd()) else called)
