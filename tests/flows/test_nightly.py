"""The night under Prefect: the same steps, the same bytes, tried again only where that can help."""

import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipelines.failure import CANNOT_GO_ON, HELD, NightFailed
from pipelines.intake.receipt.receive import receive
from pipelines.lock import NightRunningError, lock
from pipelines.settings import Settings
from pipelines.steps.under_way import Night
from pipelines.store import Store
from tests.conftest import FirstNight
from tests.golden.authority import AS_AT
from tests.made.sentinel import Heard, all_of, decoded, everything_of, found_in, put_her_into, quoting_her
from tests.made.steps import called_by

LONDON = ZoneInfo("Europe/London")


@pytest.mark.usefixtures("prefect_database")
def test_the_flow_publishes_what_the_plain_night_does(quick_night: FirstNight, tmp_path: Path) -> None:
    from flows.nightly import nightly

    report = nightly(quick_night.settings.extracts, tmp_path / "workspace", quick_night.settings.as_at, full=True)
    plain = quick_night.published
    for name in ("candidates.csv", "candidates.parquet", "candidates.xlsx", "explained.parquet"):
        assert (report.published / name).read_bytes() == (plain / name).read_bytes()
    assert report.counts == quick_night.report.counts


@pytest.mark.usefixtures("prefect_database")
def test_a_share_that_was_away_is_tried_again(
    quick_night: FirstNight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import flows.nightly

    tries: list[object] = []

    def away_twice(*given: object, **named: object) -> object:
        tries.append(given)
        if len(tries) < 3:
            raise OSError(112, "Host is down")
        return receive(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(called_by("receive"), away_twice)
    monkeypatch.setattr(flows.nightly, "SHARE_AWAY_SECONDS", [0.0, 0.0, 0.0])
    report = flows.nightly.nightly(quick_night.settings.extracts, tmp_path / "workspace", quick_night.settings.as_at)
    assert len(tries) == 3
    assert report.counts == quick_night.report.counts


@pytest.mark.usefixtures("prefect_database")
def test_what_a_person_must_mend_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import flows.nightly

    tries: list[object] = []

    def counted(*given: object, **named: object) -> object:
        tries.append(given)
        return receive(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(called_by("receive"), counted)
    with pytest.raises(NightFailed, match="no such folder") as failed:
        flows.nightly.nightly(tmp_path / "none", tmp_path / "workspace", date(2026, 11, 20))
    assert failed.value.exit_code == CANNOT_GO_ON
    assert len(tries) == 1


@pytest.mark.usefixtures("prefect_database")
def test_a_step_that_does_not_end_is_stopped(
    quick_night: FirstNight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import flows.nightly

    def endless(*_: object, **__: object) -> object:
        time.sleep(60)
        raise AssertionError("never stopped")

    monkeypatch.setattr(called_by("receive"), endless)
    monkeypatch.setattr(flows.nightly, "STEP_SECONDS", 1.0)
    with pytest.raises(NightFailed, match="Step 'receive' was stopped"):
        flows.nightly.nightly(quick_night.settings.extracts, tmp_path / "workspace", quick_night.settings.as_at)
    with lock(tmp_path / "workspace"):
        assert not (tmp_path / "workspace" / "published").exists()


@pytest.mark.usefixtures("prefect_database")
def test_a_night_waits_for_a_backup_to_let_go(
    quick_night: FirstNight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import flows.nightly

    waited: list[float] = []

    @contextmanager
    def noted(_workspace: Path, *, wait_seconds: float) -> Iterator[None]:
        waited.append(wait_seconds)
        raise NightRunningError("held for ever")
        yield

    monkeypatch.setattr("pipelines.night.lock", noted)
    with pytest.raises(NightFailed, match="held for ever"):
        flows.nightly.nightly(quick_night.settings.extracts, tmp_path / "workspace", quick_night.settings.as_at)
    assert waited == [flows.nightly.WORKSPACE_HELD_SECONDS]


@pytest.mark.usefixtures("prefect_database")
def test_what_prefect_cannot_be_told_does_not_fail_the_night(
    quick_night: FirstNight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import flows.nightly
    import flows.summary

    def away(*_: object, **__: object) -> object:
        raise ConnectionError("no route to the server")

    monkeypatch.setattr(flows.nightly, "create_progress_artifact", away)
    monkeypatch.setattr(flows.summary, "create_markdown_artifact", away)
    report = flows.nightly.nightly(quick_night.settings.extracts, tmp_path / "workspace", quick_night.settings.as_at)
    assert report.counts == quick_night.report.counts


def _scanned(database: Path, until: str) -> str:
    """All of Prefect's database, once what it is sure to hold (sent in the background) has arrived."""
    for _ in range(60):
        if until in (told := all_of(database)):
            return told
        time.sleep(0.25)
    raise AssertionError(f"the database never held {until}: the scan would prove nothing")


def test_prefect_never_hears_of_a_child(
    extracts: Path, tmp_path: Path, prefect_database: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.settings import get_current_settings

    from flows.nightly import nightly

    put_her_into(extracts)
    nightly(extracts, tmp_path / "good", AS_AT)
    monkeypatch.setattr(called_by("rank"), quoting_her)
    with pytest.raises(NightFailed) as failed:
        nightly(extracts, tmp_path / "bad", AS_AT)
    assert not found_in(everything_of(failed.value))
    told = _scanned(prefect_database, "Internal error at step 'rank': ValueError")
    assert "night-summary" in told
    assert not found_in(told)
    stored = [path for path in get_current_settings().home.rglob("*") if path.is_file()]
    assert not [path.name for path in stored if found_in(decoded(path))]
    assert not found_in(heard.text())


def test_the_page_of_a_night_says_what_to_know(tmp_path: Path) -> None:
    from flows.summary import night_in_words

    settings = Settings(extracts=tmp_path, workspace=tmp_path, as_at=date(2026, 11, 20))
    night = Night(settings, Store(tmp_path), {}, datetime(2026, 11, 20, tzinfo=LONDON))
    night.counts, night.seconds = {"receive": {"rows_read": 1200}, "link": {"children": 500}}, {"receive": 1.5}
    night.refused = ("ehe_register.csv",)
    held = NightFailed("The night is held.\n  school_census.csv: Elm Park is missing.", exit_code=HELD)
    assert night_in_words(night, held).splitlines() == [
        "# The night as at 20 November 2026: no new list",
        "",
        "The night is held.",
        "school_census.csv: Elm Park is missing.",
        "",
        "## Not loaded",
        "",
        "- ehe_register.csv",
        "",
        "## Steps",
        "",
        "| step | seconds | counted |",
        "|---|---:|---|",
        "| receive | 1.5 | rows_read 1,200 |",
        "| link |  | children 500 |",
    ]


def test_what_a_scheduled_run_fails_with_holds_no_word_of_its_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prefect logs an error with all that hangs on it."""
    from flows.training import training

    def fault(_: Path) -> None:
        raise ValueError("Quillfeather")

    monkeypatch.setattr("flows.training.learn_from_workspace", fault)
    with pytest.raises(NightFailed, match="Internal error at step 'training': ValueError") as failed:
        training.fn(tmp_path)
    assert "Quillfeather" not in "".join(traceback.format_exception(failed.value))
