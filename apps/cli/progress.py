"""Shows the progress of a night: a bar on a terminal, plain lines in a log."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from pipelines.night import Progress, Step
    from pipelines.steps.under_way import Counts


@contextmanager
def showing() -> "Iterator[Progress]":
    """A listener for the night that shows progress on standard error, so that it does not mix with the summary."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (SpinnerColumn(), BarColumn(bar_width=28), TextColumn("{task.description}"), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        yield OneBar(bar, bar.add_task("starting", total=None))


class Lines:
    """One line per step."""

    def begin(self, step: "Step", number: int, of: int) -> None:
        """Write what is being done, and leave the line open for the time it took."""
        sys.stderr.write(f"[{number}/{of}] {step.words} ...")
        sys.stderr.flush()

    def during(self, step: "Step", share: float, what: str) -> None:
        """Write nothing: a log is read afterwards."""

    def end(self, step: "Step", seconds: float, counts: "Counts") -> None:  # noqa: ARG002 - the shape is Progress's
        """Close the line."""
        sys.stderr.write(f" {seconds:.1f} s\n")


class OneBar:
    """One bar over all steps."""

    def __init__(self, bar: "Bar", task: "TaskID") -> None:
        self._bar, self._task = bar, task
        self._done = 0

    def begin(self, step: "Step", number: int, of: int) -> None:
        """Show what is being done."""
        self._done = number - 1
        self._bar.update(self._task, total=of, completed=self._done, description=step.words)

    def during(self, step: "Step", share: float, what: str) -> None:
        """Show how much of the step is done."""
        self._bar.update(self._task, completed=self._done + share, description=f"{step.words}: {what} ({share:.0%})")

    def end(self, step: "Step", seconds: float, counts: "Counts") -> None:  # noqa: ARG002 - the shape is Progress's
        """Advance by one step, and leave a line with the time it took."""
        self._bar.console.print(f"{step.words}: {seconds:.1f} s", highlight=False)
        self._done += 1
        self._bar.update(self._task, completed=self._done)
