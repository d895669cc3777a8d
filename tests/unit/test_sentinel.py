"""A child whose values cannot be mistaken walks through a night, and through its failures, and is found nowhere.

Nowhere: no standard output or error, no log, no exception with all that hangs on to it, no file of frames, no
``run.json``. (Nor in what Prefect keeps: ``tests/flows``.)
"""

from itertools import cycle
from pathlib import Path

import polars as pl
import pytest

from apps.cli.main import main
from pipelines.failure import NightFailed
from pipelines.night import STEPS, SilentProgress, open_night, perform
from pipelines.settings import Settings
from tests.conftest import FirstNight
from tests.golden.authority import AS_AT
from tests.made.sentinel import (
    SENTINEL,
    Heard,
    everything_of,
    found_in,
    panicking_with_her,
    put_her_into,
    quoting_her,
)
from tests.made.steps import called_by

FAILING = ((quoting_her, "ValueError"), (panicking_with_her, "PanicException"))


@pytest.fixture
def extracts_with_her(extracts: Path) -> Path:
    """Extracts in which she stands in good rows and in rows that break every rule, and in a file of no source."""
    put_her_into(extracts)
    return extracts


def test_she_is_in_the_store_and_on_the_list_and_nowhere_else(
    extracts_with_her: Path, tmp_path: Path, heard: Heard
) -> None:
    workspace = str(tmp_path / "night")
    asked = ["night", "--plain", "--extracts", str(extracts_with_her), "--as-at", str(AS_AT), "--workspace", workspace]
    assert main(asked) == 0
    published = tmp_path / "night" / "published" / str(AS_AT)
    listed = pl.read_parquet(published / "candidates.parquet")
    assert SENTINEL.casefold() in " ".join(listed["surname"].drop_nulls()).casefold(), (
        "she must have walked through the night"
    )
    assert not found_in(heard.text())
    assert not found_in((published / "run.json").read_text("utf-8"))
    assert not found_in((published / "data_quality.html").read_text("utf-8"))
    for path in (published / "set_aside").glob("*"):
        assert not found_in(path.read_text("utf-8")), path.name


def test_check_tells_what_is_wrong_with_her_rows_and_not_what_they_say(extracts_with_her: Path, heard: Heard) -> None:
    assert main(["check", str(extracts_with_her)]) == 1
    told = heard.text()
    assert "health.csv, line" in told
    assert not found_in(told)


def test_an_error_that_quotes_her_is_told_without_her_at_any_step(
    quick_night: FirstNight, workspace: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step of one night fails first, is taken back, and is then done."""
    settings: Settings = quick_night.settings.model_copy(update={"workspace": workspace})
    with open_night(settings) as night:
        for step, (fails, kind) in zip(STEPS, cycle(FAILING), strict=False):
            with monkeypatch.context() as patched:
                patched.setattr(called_by(step.name), fails)
                words = f"Internal error at step '{step.name}': {kind}"
                with pytest.raises(NightFailed, match=words) as failed:
                    perform(night, step, SilentProgress())
            assert not found_in(everything_of(failed.value))
            perform(night, step, SilentProgress())
    frames = [path.read_text("utf-8") for path in (workspace / "failures").iterdir()]
    assert len(frames) == len(STEPS)
    assert all("tests/made/sentinel.py" in each for each in frames)
    assert not found_in("".join(frames))
    assert not found_in(heard.text())
