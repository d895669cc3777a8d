"""How far the night is, as a terminal shows it."""

import io

import pytest
from rich.console import Console
from rich.progress import Progress as Bar

from apps.cli.progress import Lines, OneBar
from pipelines.night import STEPS


def test_the_bar_moves_within_a_step_that_takes_long_and_never_back() -> None:
    bar = Bar(console=Console(file=io.StringIO()), disable=True)
    shown = OneBar(bar, bar.add_task("starting", total=None))
    (number, step), done = next((n, step) for n, step in enumerate(STEPS, 1) if step.name == "link"), []
    shown.begin(step, number, len(STEPS))
    for share in (0.0, 0.25, 0.8):
        shown.during(step, share, "looking at pairs of records")
        done.append(bar.tasks[0].completed)
        assert bar.tasks[0].description == f"{step.words}: looking at pairs of records ({share:.0%})"
    shown.end(step, 12.0, {})
    assert [*done, bar.tasks[0].completed] == [number - 1 + share for share in (0.0, 0.25, 0.8, 1.0)]


def test_a_log_has_one_line_a_step(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    lines.begin(STEPS[0], 1, len(STEPS))
    lines.during(STEPS[0], 0.5, "half of it")
    lines.end(STEPS[0], 1.5, {})
    assert capsys.readouterr().err == f"[1/{len(STEPS)}] {STEPS[0].words} ... 1.5 s\n"
