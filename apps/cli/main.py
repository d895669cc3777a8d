"""The command ``rollcall``. Each command has a module of its own, and imports what is heavy only when it runs."""

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from cyclopts import App

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
    suppress_keyboard_interrupt=False,  # told below, rather than ended without a word
)
for _command in (
    demo, night, check, explain, find, sample, judge, tune, train, proposals, approve, contract, status, doctor, migrate,
    backup, restore, retention, outcomes, weekly, report, handover, adoption, sheet,
):  # fmt: skip
    app.command(_command)
app.command(yields, name="yield")
app.command(termly, name="return")


# Else Python looks through all that a command has loaded once more, for garbage, before it gives the memory back in any case.
atexit.register(gc.freeze)


STOPPED = 130
"""Exit code where a person stopped the command (Ctrl-C), as shells have it."""


READ_NO_FURTHER = 141
"""Exit code where whoever reads the output has read enough (``rollcall explain … | head``), as shells have it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 only if it did all that was asked. Errors are told in one message."""
    os.umask(0o077)  # whatever a command writes is its owner's alone
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
    except BrokenPipeError:
        _stop_writing()
        return READ_NO_FURTHER
    except SystemExit:
        raise
    except BaseException as error:  # a panic of polars is no Exception
        return _tell(error)
    return code


def _keep_closed_output_closed() -> None:
    """Send nowhere what is printed where a schedule has closed the output: else the store would be opened in its place."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8", closefd=False))


def _print_any_name() -> None:
    """Print a question mark for a letter that the output cannot hold, as that of Windows to a file: a name is no fault."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _stop_writing() -> None:
    """Send what is still to be printed nowhere: else Python fails once more, with a traceback, when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(error: BaseException) -> int:
    """Tell an error without a child's value, and return its exit code."""
    from pipelines.failure import COMMAND, as_night_failed

    failed = as_night_failed(COMMAND, error, None)
    sys.stderr.write(f"\nrollcall: {failed}\n")
    return failed.exit_code


if __name__ == "__main__":
    sys.exit(main())
