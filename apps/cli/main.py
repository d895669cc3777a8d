"""The command ``rollcall``. Each command has its own module, and imports heavy libraries only when it runs."""

import atexit
import errno
import gc
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from cyclopts import App
from cyclopts.exceptions import CycloptsError

from apps.cli.adoption import adoption
from apps.cli.backup import backup, restore
from apps.cli.check import check
from apps.cli.contract import contract
from apps.cli.demo import demo
from apps.cli.doctor import doctor
from apps.cli.explain import explain
from apps.cli.find import find
from apps.cli.handover import handover
from apps.cli.judge import judge
from apps.cli.migrate import migrate
from apps.cli.mistyped import mistyped
from apps.cli.night import night
from apps.cli.outcomes import outcomes, yields
from apps.cli.proposals import approve, proposals
from apps.cli.report import report
from apps.cli.retention import retention
from apps.cli.sample import sample
from apps.cli.sheet import sheet
from apps.cli.status import status
from apps.cli.termly_return import termly
from apps.cli.train import train
from apps.cli.tune import tune
from apps.cli.weekly import weekly


def _version() -> str:
    from importlib.metadata import version

    return f"rollcall {version('rollcall')}"


app = App(
    name="rollcall",
    help="""Find children possibly missing education, to be looked into, by linking an authority's nightly extracts.

    What is listed is a lead for an officer, never a finding about a family.""",
    version=_version,
    result_action="return_value",
    suppress_keyboard_interrupt=False,  # reported below; cyclopts would end without a word
    print_error=False,  # likewise
    exit_on_error=False,
)
_RUNNING_IT, _QUESTIONS = (demo, night, check), (explain, find)
_REVIEW_AND_TUNING = (sample, judge, tune, train, proposals, approve)
_UPKEEP = (contract, status, doctor, migrate, backup, restore, retention)
_REPORTS = (outcomes, weekly, report, handover, adoption, sheet)
for _command in (*_RUNNING_IT, *_QUESTIONS, *_REVIEW_AND_TUNING, *_UPKEEP, *_REPORTS):
    app.command(_command)
app.command(yields, name="yield")
app.command(termly, name="return")


# Loading libraries makes objects by the hundred thousand and hardly any garbage: looking for it takes a tenth of the time.
gc.set_threshold(100_000)
# Without this, Python searches everything a command has loaded for garbage once more before the memory is freed anyway.
atexit.register(gc.freeze)


STOPPED = 130
"""Exit code if a person stopped the command (Ctrl-C), as in shells."""


MISTYPED = 2
"""Exit code if the command line cannot be read: a person must act."""


READ_NO_FURTHER = 141
"""Exit code if the reader of the output closed it (``rollcall explain … | head``), as in shells."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 only if it did all that was asked. An error is one message."""
    os.umask(0o077)  # only its owner can read what a command writes
    _keep_closed_output_closed()
    _print_any_name()
    try:
        code = int(app(arguments) or 0)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write(
            "\nrollcall: stopped. A list or a file that was published stays as it is; start again when you like.\n"
        )
        return STOPPED
    except CycloptsError as error:
        sys.stderr.write(f"\n{mistyped(error)}\n")
        return MISTYPED
    except SystemExit:
        raise
    except BaseException as error:  # a panic in polars is not an Exception
        if not _is_read_no_further(error):
            return _tell(error)
        _stop_writing()
        return READ_NO_FURTHER
    return code


def _keep_closed_output_closed() -> None:
    """If a schedule has closed an output, discard what is printed there: otherwise the store would get its file descriptor."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8", closefd=False))


def _print_any_name() -> None:
    """Print a question mark for a character that the output's encoding lacks (Windows to a file), instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _is_read_no_further(error: BaseException) -> bool:
    """Whether the reader of the output has closed it. Windows calls that an invalid argument, and names no file."""
    if isinstance(error, BrokenPipeError):
        return True
    is_invalid = isinstance(error, OSError) and error.errno == errno.EINVAL and error.filename is None
    return sys.platform == "win32" and is_invalid


def _stop_writing() -> None:
    """Discard what is still to be printed: otherwise Python fails again, with a traceback, when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(error: BaseException) -> int:
    """Report an error without a child's value, and return its exit code."""
    from pipelines.failure import COMMAND, as_night_failed

    failed = as_night_failed(COMMAND, error, None)
    sys.stderr.write(f"\nrollcall: {failed}\n")
    return failed.exit_code


if __name__ == "__main__":
    sys.exit(main())
