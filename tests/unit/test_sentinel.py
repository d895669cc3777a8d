"""A child whose values cannot be mistaken walks through a night, and through its failures, and is found nowhere.

Nowhere: no standard output or error, no log, no exception with all that hangs on to it, no file of frames, no
``run.json``, no table of Prefect's database.
"""

import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from apps.cli.main import main
from pipelines.failure import NightFailed
from pipelines.night import STEPS, run_night
from pipelines.settings import Settings
from tests.conftest import FirstNight
from tests.golden.authority import AS_AT
from tests.made.sentinel import SENTINEL, all_of, decoded, found_in, put_her_into
from tests.made.steps import called_by


@pytest.fixture
def extracts_with_her(extracts: Path) -> Path:
    """Extracts in which she stands in good rows and in rows that break every rule, and in a file of no source."""
    put_her_into(extracts)
    return extracts


@dataclass(frozen=True)
class Heard:
    """All that was said while a test ran."""

    capture: pytest.CaptureFixture[str]
    log: pytest.LogCaptureFixture

    def text(self) -> str:
        told = self.capture.readouterr()
        records = [f"{record.getMessage()} {record.exc_text} {record.__dict__}" for record in self.log.records]
        return "\n".join([told.out, told.err, self.log.text, *records])


@pytest.fixture
def heard(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[Heard]:
    with caplog.at_level(logging.DEBUG):
        yield Heard(capsys, caplog)


def _everything_of(error: BaseException) -> str:
    """Words, arguments, frames and causes of an error, with the values of all local variables left out."""
    chain, last = [], error
    while last is not None:
        chain.append(f"{last!r} {last.args} {getattr(last, '__notes__', '')}")
        last = last.__cause__ or last.__context__
    return "\n".join([*chain, *traceback.format_exception(error)])


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


def _quoting_her(*_: object, **__: object) -> object:
    try:
        pl.Series("born", [SENTINEL]).str.to_date("%Y-%m-%d", strict=True)
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"could not parse {SENTINEL}") from error
    raise AssertionError


@pytest.mark.parametrize("step", [step.name for step in STEPS])
def test_an_error_that_quotes_her_is_told_without_her(
    quick_night: FirstNight, workspace: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(called_by(step), _quoting_her)
    settings: Settings = quick_night.settings.model_copy(update={"workspace": workspace})
    with pytest.raises(NightFailed, match=f"Internal error at step '{step}': ValueError") as failed:
        run_night(settings)
    assert not found_in(_everything_of(failed.value))
    (frames,) = (workspace / "failures").iterdir()
    assert "test_sentinel.py" in frames.read_text("utf-8")
    assert not found_in(frames.read_text("utf-8"))
    assert not found_in(heard.text())


def _scanned(database: Path, until: str, wait: Callable[[float], None]) -> str:
    """All of Prefect's database, once what it is sure to hold (sent in the background) has arrived."""
    for _ in range(60):
        if until in (told := all_of(database)):
            return told
        wait(0.25)
    raise AssertionError(f"the database never held {until}: the scan would prove nothing")


def test_prefect_never_hears_of_her(
    extracts_with_her: Path, tmp_path: Path, prefect_database: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    from prefect.settings import get_current_settings

    from flows.nightly import nightly

    nightly(extracts_with_her, tmp_path / "good", AS_AT)
    monkeypatch.setattr(called_by("rank"), _quoting_her)
    with pytest.raises(NightFailed) as failed:
        nightly(extracts_with_her, tmp_path / "bad", AS_AT)
    assert not found_in(_everything_of(failed.value))
    told = _scanned(prefect_database, "Internal error at step 'rank': ValueError", time.sleep)
    assert "night-summary" in told
    assert not found_in(told)
    stored = [path for path in get_current_settings().home.rglob("*") if path.is_file()]
    assert not [path.name for path in stored if found_in(decoded(path))]
    assert not found_in(heard.text())
