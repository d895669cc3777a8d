"""The command line: quick to answer, plain in its words, and 0 only where all went well."""

import errno
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from io import BytesIO, TextIOWrapper
from pathlib import Path

import polars as pl
import pytest

from apps.cli.main import main
from apps.cli.words import night_summary
from pipelines.failure import CANNOT_GO_ON, NightFailed
from pipelines.lock import LOCK_FILE, is_locked
from pipelines.night import STEPS, RunReport
from pipelines.settings import Settings, SettingsError
from tests.conftest import FirstNight

HEAVY = ("polars", "duckdb", "pandas", "prefect", "great_expectations", "numpy", "scipy", "pydantic")


HELP_OF_ALL = f"""
import sys
from apps.cli.main import app, main
names = [name for name in app.resolved_commands() if not name.startswith("-")]
for asked in ([], ["--version"], *([name] for name in names)):
    code = main(asked if asked == ["--version"] else [*asked, "--help"])
    loaded = [name for name in {HEAVY!r} if name in sys.modules]
    if code or loaded:
        sys.exit(f"{{asked}}: {{code}}, {{loaded}}")
print(len(names))
"""


def test_help_of_every_command_comes_without_loading_what_is_heavy() -> None:
    answered = subprocess.run([sys.executable, "-c", HELP_OF_ALL], capture_output=True, text=True, check=False)
    assert answered.returncode == 0, answered.stderr
    *told, commands = answered.stdout.splitlines()
    assert int(commands) >= 25
    assert sum("Usage: rollcall" in line for line in told) == int(commands) + 1


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param(
            "nigth", "rollcall has no such command. Perhaps night is meant.\n... rollcall --help", id="no such command"
        ),
        pytest.param("Amira", "rollcall has no such command.\n... rollcall --help", id="a name: not repeated"),
        pytest.param(
            "contract nwe",
            "rollcall contract has no such command.\n... rollcall contract --help",
            id="no such command of a command",
        ),
        pytest.param(
            "night --extracts x",
            "rollcall night needs:\n"
            "  --as-at      The date judged, YYYY-MM-DD. Ages and places are as at this day.\n"
            "  --workspace  Folder for the store and everything published.\n... rollcall night --help",
            id="two options missing",
        ),
        pytest.param(
            "yield --worksapce w",
            "rollcall yield needs:\n  --workspace  Folder of the night.\n--worksapce is none of its options.\n"
            "... rollcall yield --help",
            id="an option misspelt",
        ),
        pytest.param(
            "check", "rollcall check needs:\n  PATH  A file, or the folder of a night.\n... rollcall check --help"
        ),
        pytest.param(
            "weekly --workspace",
            "rollcall weekly: --workspace needs a value after it.\n... rollcall weekly --help",
            id="an option without its value",
        ),
        pytest.param(
            "yield --workspace w --contract c",
            "rollcall yield has no option --contract. Perhaps --contracts is meant.\n... rollcall yield --help",
            id="no such option",
        ),
        pytest.param(
            "weekly --workspace w Amira Haddad",
            "rollcall weekly: 2 words too many. A value with a space in it must stand in quotes.\n... rollcall weekly --help",
            id="a name without quotes: not repeated",
        ),
        pytest.param(
            "approve one --by B --workspace w",
            "rollcall approve: NUMBER takes a whole number.\n... rollcall approve --help",
            id="another kind of value",
        ),
        pytest.param(
            "yield --workspace w --workspace v",
            "rollcall yield: --workspace is given more than once. Give it once.\n... rollcall yield --help",
            id="given twice",
        ),
    ],
)
def test_a_mistyped_command_line_is_told_what_it_needs_and_whose_help_to_read(
    line: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split()) == CANNOT_GO_ON
    assert capsys.readouterr().err.strip() == told.replace("...", "What can be given:")


def test_a_full_night_is_asked_for_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = f"night --plain --extracts {tmp_path} --as-at 2026-11-20 --workspace {tmp_path}/workspace"
    ran: list[Settings] = []

    def stopped(settings: Settings, _progress: object) -> RunReport:
        ran.append(settings)
        raise NightFailed("stopped here", exit_code=CANNOT_GO_ON)

    monkeypatch.setattr("pipelines.night.run_night", stopped)
    assert main(asked.split()) == CANNOT_GO_ON
    assert main([*asked.split(), "--full"]) == CANNOT_GO_ON
    assert [settings.full for settings in ran] == [False, True]


def test_a_person_who_stops_a_command_is_told_what_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_workspace: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipelines.health.read_status", interrupted)
    assert main(["status", "--workspace", str(tmp_path)]) == 130
    assert "was published stays as it is" in capsys.readouterr().err


def test_whoever_reads_the_output_may_stop_reading(tmp_path: Path) -> None:
    """As in ``rollcall explain … | head``: no error is told, and none is made of it."""
    asked = [
        sys.executable,
        "-c",
        "import sys; from apps.cli.main import main; sys.exit(main(sys.argv[1:]))",
        "proposals",
        "--workspace",
        str(tmp_path),
    ]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as command:
        assert command.stdout is not None
        command.stdout.close()
        assert command.wait(60) == 141
        assert command.stderr is not None
        assert command.stderr.read() == b""


def test_a_schedule_may_close_the_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["status", "--workspace", str(tmp_path)]) == 2


def test_a_name_of_which_the_output_lacks_a_letter_is_printed_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where output goes to a file in an alphabet of the west."""
    written = BytesIO()
    output = TextIOWrapper(written, encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", output)

    def told(_workspace: Path) -> None:
        print("Słupek")
        raise SettingsError("no more")

    monkeypatch.setattr("pipelines.health.read_status", told)
    assert main(["status", "--workspace", str(tmp_path)]) == CANNOT_GO_ON
    output.flush()
    assert written.getvalue().split() == [b"S?upek"]


@pytest.mark.parametrize(
    "command",
    ["retention --as-at 2026-11-20", "adoption {file} --by A", "approve 1 --by B", "yield", "migrate", "proposals"],
)
def test_a_workspace_mistyped_is_told_and_not_made(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is handed in there would reach no night, and nothing would be removed."""
    file, mistyped = tmp_path / "former.csv", tmp_path / "worksapce"
    file.write_text("nhs_number\n9434765919\n")
    assert main([*command.format(file=file).split(), "--workspace", str(mistyped)]) == CANNOT_GO_ON
    printed = capsys.readouterr()
    assert f"There is no workspace {mistyped}." in printed.err
    assert (printed.out, mistyped.exists()) == ("", False)


@pytest.fixture
def read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a lock file, on a file system that cannot be written."""
    (tmp_path / LOCK_FILE).touch()

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("filelock.FileLock.acquire", refused)
    return tmp_path


def test_on_a_read_only_file_system_a_night_says_so(read_only: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = f"night --plain --extracts {read_only / 'x'} --as-at 2026-11-20 --workspace {read_only}"
    assert main(asked.split()) == CANNOT_GO_ON
    assert f"The workspace {read_only} cannot be written: Read-only file system." in capsys.readouterr().err


def test_on_a_read_only_file_system_no_night_can_be_running(read_only: Path) -> None:
    assert not is_locked(read_only)


UNREAD = "The command could not read or write a file"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (partial(OSError, errno.EIO), f"{UNREAD} (Input/output error, at tests/apps/test_cli.py:"),
        (partial(OSError, errno.EIO), "Check the disk, the share and the permissions, and start it again."),
        (partial(OSError, errno.EACCES), "start this as that account, or correct the permissions, and start it again."),
        (
            MemoryError,
            "The command was given too little memory. Close other programs, or give it more, and start it again.",
        ),
    ],
)
def test_what_a_command_was_not_given_is_told_in_words(
    error: Callable[[str], BaseException],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(_workspace: Path) -> None:
        raise error("the words of the system, which may hold a name")

    monkeypatch.setattr("pipelines.health.read_status", broken)
    assert main(["status", "--workspace", str(tmp_path)]) == CANNOT_GO_ON
    printed = capsys.readouterr().err
    assert told in printed
    assert "may hold a name" not in printed


def test_a_status_that_cannot_be_read_is_told_from_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--workspace", str(tmp_path)]) == CANNOT_GO_ON
    assert "There is no status.json" in capsys.readouterr().err
    (tmp_path / "status.json").write_text("half of i")
    assert main(["status", "--workspace", str(tmp_path)]) == CANNOT_GO_ON
    assert "cannot be read. The next night writes it again" in capsys.readouterr().err


def test_a_night_ends_with_a_summary_in_words(
    quick_night: FirstNight, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extracts = str(quick_night.settings.extracts)
    workspace = tmp_path / "Missing education, Zoë's"
    shutil.copytree(quick_night.settings.workspace, workspace, symlinks=True)
    asked = ["night", "--plain", "--extracts", extracts, "--as-at", "2026-11-20", "--workspace", str(workspace)]
    assert main(asked) == 0
    printed = capsys.readouterr()
    ranked = quick_night.report.counts["rank"]
    assert (
        f"{ranked['candidates']} of compulsory school age are possibly missing education, to be looked into"
        in printed.out
    )
    assert f"{workspace}/published/2026-11-20/candidates.xlsx" in printed.out
    (next_command,) = (line for line in printed.out.splitlines() if "explain CHILD_OR_RECORD" in line)
    assert shlex.split(next_command.partition("?  ")[2])[-2:] == ["--workspace", str(workspace)]
    assert "a lead for an officer, never a finding about a family" in printed.out
    assert f"[1/{len(STEPS)}] reading and checking the extracts ..." in printed.err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        pytest.param("--as-at 20/11/2026", 2, "Write it as YYYY-MM-DD", id="a date in another form"),
        pytest.param("--as-at 2026-11-20", 2, "there is no such folder", id="a missing folder"),
        pytest.param("--as-at 2026-11-20 --config none.toml", 2, "cannot be read", id="missing settings"),
    ],
)
def test_a_night_that_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: str, code: int, told: str
) -> None:
    asked = f"night --plain --extracts {tmp_path}/none --workspace {tmp_path}/workspace {arguments}"
    assert main(asked.split()) == code
    err = capsys.readouterr().err
    assert told in err
    assert "Traceback" not in err


def test_check_finds_nothing_that_stops_a_good_file(
    first_night: FirstNight, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(first_night.settings.extracts / "ehe_register.xlsx")]) == 0
    assert "Every file and every row would be loaded" in capsys.readouterr().out


def test_check_names_place_rule_and_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "health.csv").write_text("RecordId,NHSNumber\n1,2\n")
    assert main(["check", str(tmp_path / "health.csv")]) == 1
    printed = capsys.readouterr().out
    assert "health.csv" in printed
    assert "Would not be loaded as they are: health.csv" in printed


def test_explain_says_why_a_child_is_listed_and_why_another_is_not(
    first_night: FirstNight, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = ["--workspace", str(first_night.settings.workspace)]
    listed = pl.read_parquet(first_night.published / "candidates.parquet").filter(~pl.col("restricted"))
    assert main(["explain", listed["child_id"][0], *workspace]) == 0
    assert "On the list" in capsys.readouterr().out
    explained = pl.read_parquet(first_night.published / "explained.parquet")
    assert main(["explain", explained["records"][0].split(";")[0], *workspace]) == 0
    printed = capsys.readouterr().out
    assert "Not on the list" in printed
    assert f"Nearest records to {explained['records'][0].split(';')[0]}\n" in printed


def test_explain_against_another_record_shows_what_speaks_for_and_against(
    first_night: FirstNight, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = first_night.settings.workspace
    records = pl.read_parquet(first_night.published / "explained.parquet")["records"]
    pair = next(row.split(";")[:2] for row in records if row.count(";") and "|" not in row)
    assert main(["explain", pair[0], "--against", pair[1], "--workspace", str(workspace)]) == 0
    printed = capsys.readouterr().out
    assert "The night treats them as one child" in printed
    assert "these two records by themselves" in printed
    assert main(["explain", pair[0], "health:none", "--workspace", str(workspace)]) == 2


def test_of_a_past_night_officers_are_sent_to_the_list_in_use(first_night: FirstNight, tmp_path: Path) -> None:
    """A date typed a week early: the summary sent whoever ran it to rank 1 of a list that nobody should work from."""
    for day in ("2026-11-13", "2026-11-20"):
        (tmp_path / day).mkdir()
        (tmp_path / day / "candidates.xlsx").touch()
    past = replace(first_night.report, as_at=date(2026, 11, 13), published=tmp_path / "2026-11-13")
    said = night_summary(past, tmp_path)
    assert "This was a past night. The list in use is still that of 20 November 2026" in said
    assert "Hand this list to no officer" in said
    assert f"Open {tmp_path / '2026-11-20' / 'candidates.xlsx'} and start at rank 1" in said
    tonight = night_summary(replace(past, published=tmp_path / "2026-11-20"), tmp_path)
    assert "past night" not in tonight
    assert "no officer" not in tonight


def test_explain_does_not_know_what_is_not_there(
    first_night: FirstNight, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "Zzyzxsentinel", "--workspace", str(first_night.settings.workspace)]) == 2
    printed = capsys.readouterr()
    assert "No child and no record" in printed.err
    assert "Zzyzxsentinel" not in printed.err + printed.out
    assert main(["explain", "CH0000000001", "--workspace", str(tmp_path)]) == 2
    assert "Run a night first" in capsys.readouterr().err


def test_the_demo_grades_its_list_and_says_what_the_second_night_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--children", "250", "--seed", "3", "--workspace", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "children who should be listed" in printed
    assert (tmp_path / "made_up" / "extracts" / "school_census.csv").exists()
    assert (tmp_path / "published" / "2026-11-20" / "candidates.xlsx").exists()
    assert "This is the first list" in printed
    _, _, changed = printed.partition("What the second night changed:")
    assert "Compared with the list of 20 November 2026: " in changed
    assert (tmp_path / "published" / "2026-11-21" / "changes.csv").exists()


def test_a_demo_of_no_children_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--children", "0", "--workspace", str(tmp_path)]) == 2
    assert "children must lie between" in capsys.readouterr().err
