"""How long things are kept, and what is certified of what was removed."""

import json
import os
import shutil
import stat
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from apps.cli.main import main
from pipelines.lock import NightRunningError, lock
from pipelines.settings import Retention
from pipelines.upkeep.retention import KEPT, KeptFolders, apply_retention, certificate, expired
from pipelines.workspace import StoreError

TODAY = date(2026, 11, 20)
RULES = Retention(lists_days=30, failures_days=10, backups_days=20, extracts_days=5, handovers_days=7)


def _kept(*rows: tuple[str, str]) -> pl.DataFrame:
    """Things of 10 bytes, by kind and date."""
    full = [(kind, f"{kind}/{day}", date.fromisoformat(day), 10) for kind, day in rows]
    return pl.DataFrame(full, schema=KEPT, orient="row")


@pytest.mark.parametrize(
    ("kind", "on", "is_removed", "why"),
    [
        ("list", "2026-10-21", False, "30 days old: the last day on which it may stay"),
        ("list", "2026-10-20", True, "31 days old"),
        ("failure", "2026-11-10", False, "10 days old"),
        ("failure", "2026-11-09", True, "11 days old"),
        ("backup", "2026-10-30", True, "21 days old, and not the newest"),
        ("extract", "2026-11-14", True, "6 days old"),
        ("handover", "2026-11-13", False, "7 days old"),
        ("handover", "2026-11-12", True, "8 days old, be it the newest"),
        ("weekly page", "2026-10-20", True, "as old as a list that goes"),
        ("list", "2026-11-25", False, "of a day to come"),
    ],
)
def test_what_is_older_than_the_rules_allow_goes(kind: str, on: str, is_removed: bool, why: str) -> None:
    kept = _kept((kind, on), ("list", "2026-11-20"), ("backup", "2026-11-20"))
    assert (f"{kind}/{on}" in expired(kept, RULES, TODAY)["path"]) == is_removed, why


@pytest.mark.parametrize("kind", ["list", "backup"])
def test_the_newest_stays_however_old_it_is(kind: str) -> None:
    kept = _kept((kind, "2020-01-01"), (kind, "2021-01-01"))
    assert expired(kept, RULES, TODAY)["path"].to_list() == [f"{kind}/2020-01-01"]


def test_nought_days_are_for_ever() -> None:
    kept = _kept(("list", "1999-01-01"), ("list", "2026-11-20"), ("failure", "1999-01-01"), ("extract", "1999-01-01"))
    for_ever = Retention(lists_days=0, failures_days=0, backups_days=0, extracts_days=0)
    assert expired(kept, for_ever, TODAY).is_empty()


def test_extracts_are_the_senders_own_unless_somebody_says_otherwise() -> None:
    assert expired(_kept(("extract", "1999-01-01")), Retention(), TODAY).is_empty()


def test_the_certificate_counts_and_names_no_file() -> None:
    kept = _kept(
        ("list", "2026-01-01"),
        ("list", "2026-01-02"),
        ("list", "2026-11-19"),
        ("list", "2026-11-20"),
        ("failure", "2026-11-19"),
    )
    certified = certificate(kept, expired(kept, RULES, TODAY))
    assert certified.rows_by_key("kind", named=True, unique=True) == {
        "failure": {"removed": 0, "first_on": None, "last_on": None, "bytes": 0, "stays": 1, "oldest": date(2026, 11, 19)},
        "list": {
            "removed": 2, "first_on": date(2026, 1, 1), "last_on": date(2026, 1, 2), "bytes": 20, "stays": 2,
            "oldest": date(2026, 11, 19),
        },
    }  # fmt: skip


@pytest.fixture
def places(tmp_path: Path) -> KeptFolders:
    """A workspace with three lists, two failures and a file of no date; two backups; an old extract and a new one."""
    for day in ("2026-01-01", "2026-01-02", "2026-11-19"):
        (tmp_path / "workspace" / "published" / day).mkdir(parents=True)
        (tmp_path / "workspace" / "published" / day / "candidates.csv").write_text("rank\n")
    (tmp_path / "workspace" / "published" / "latest").symlink_to("2026-11-19")
    (tmp_path / "workspace" / "published" / "STALE.txt").write_text("stale")
    (tmp_path / "workspace" / "failures").mkdir()
    for day in ("2026-01-01", "2026-11-19"):
        (tmp_path / "workspace" / "failures" / f"{day}T02-31-00-000001Z.txt").write_text("step: link\n")
        (tmp_path / "backups" / f"rollcall-{day}T05-00-00Z").mkdir(parents=True)
    (tmp_path / "extracts").mkdir()
    for name, written in (
        ("old.csv", datetime(2026, 1, 1, tzinfo=UTC)),
        ("new.csv", datetime(2026, 11, 20, tzinfo=UTC)),
    ):
        (tmp_path / "extracts" / name).write_text("UPN\n")
        os.utime(tmp_path / "extracts" / name, (written.timestamp(), written.timestamp()))
    return KeptFolders(tmp_path / "workspace", tmp_path / "backups", tmp_path / "extracts")


def test_what_others_keep_beside_the_backups_is_not_ours_to_remove(places: KeptFolders) -> None:
    assert places.backups
    others = {"payroll-2025-01-01.tar", ".payroll.tmp-2025"}
    for name in others:
        (places.backups / name).write_text("not a backup of ours")
    apply_retention(RULES, places, TODAY)
    assert _names(places.backups) == {"rollcall-2026-11-19T05-00-00Z", *others}


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_is_too_old_is_removed_and_certified(places: KeptFolders) -> None:
    assert places.backups
    assert places.extracts
    apply_retention(RULES, places, TODAY)
    assert _names(places.workspace / "published") == {"2026-11-19", "latest", "STALE.txt"}
    assert _names(places.workspace / "failures") == {"2026-11-19T02-31-00-000001Z.txt"}
    assert _names(places.backups) == {"rollcall-2026-11-19T05-00-00Z"}
    assert _names(places.extracts) == {"new.csv"}
    (kept,) = (places.workspace / "retention").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    words = json.loads(kept.read_text("utf-8"))
    assert {found["kind"]: found["removed"] for found in words["kinds"]} == {
        "list": 2,
        "failure": 1,
        "backup": 1,
        "extract": 1,
    }
    assert "old.csv" not in kept.read_text("utf-8")


def test_what_tuning_leaves_and_extracts_in_folders_are_removed_too(places: KeptFolders) -> None:
    assert places.extracts
    tuning = places.workspace / "tuning"
    tuning.mkdir()
    for day in ("2026-01-01", "2026-11-19"):
        (tuning / f"tuning-{day}T09-30-00-000001Z.html").write_text("who would come onto the list")
        folder = places.extracts / day
        folder.mkdir()
        (folder / "health.csv").write_text("NHSNumber\n")
        written = datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()
        os.utime(folder / "health.csv", (written, written))
    apply_retention(RULES, places, TODAY)
    assert _names(tuning) == {"tuning-2026-11-19T09-30-00-000001Z.html"}
    assert _names(places.extracts / "2026-01-01") == set()
    assert _names(places.extracts / "2026-11-19") == {"health.csv"}


def test_a_second_run_finds_nothing_to_do(places: KeptFolders) -> None:
    apply_retention(RULES, places, TODAY)
    certified = apply_retention(RULES, places, TODAY)
    assert certified["removed"].sum() == 0
    assert len(_names(places.workspace / "retention")) == 1, "what was not removed is not certified"


def test_nothing_is_removed_while_somebody_holds_the_workspace(places: KeptFolders) -> None:
    with lock(places.workspace), pytest.raises(NightRunningError):
        apply_retention(RULES, places, TODAY)
    assert len(_names(places.workspace / "published")) == 5


@pytest.mark.parametrize("kind", ["published", "handovers", "backups"])
def test_what_a_crash_left_half_removed_is_removed_by_the_next_run(places: KeptFolders, kind: str) -> None:
    folder = places.workspace / kind
    (folder / ".2026-01-01.tmp-0a1b2c3d").mkdir(parents=True)
    (folder / ".2026-01-01.tmp-0a1b2c3d" / "candidates.csv").write_text("rank\n")
    apply_retention(RULES, places, TODAY)
    assert not any(name.startswith(".") for name in _names(folder))


def test_what_cannot_be_removed_wholly_is_told_until_it_is_gone(
    places: KeptFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three folders of which only the name could be taken away, and two files. What is still there is not certified as gone."""
    remove, unlink = shutil.rmtree, Path.unlink

    def stopped(path: Path, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            raise PermissionError(13, "Permission denied")

    def kept_by_somebody(path: Path, missing_ok: bool = False) -> None:
        if path.suffix in {".csv", ".txt"}:
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok)

    monkeypatch.setattr(shutil, "rmtree", stopped)
    monkeypatch.setattr(Path, "unlink", kept_by_somebody)
    for _ in range(2):
        with pytest.raises(StoreError, match="5 things due for removal could not be removed"):
            apply_retention(RULES, places, TODAY)
    assert not (places.workspace / "retention").exists()
    monkeypatch.setattr(shutil, "rmtree", remove)
    monkeypatch.setattr(Path, "unlink", unlink)
    apply_retention(RULES, places, TODAY)
    assert _names(places.workspace / "published") == {"2026-11-19", "latest", "STALE.txt"}


def test_a_store_from_before_a_new_version_is_no_backup(places: KeptFolders) -> None:
    assert places.backups
    for day in ("2026-01-01", "2026-11-20"):
        (places.workspace / "backups" / f"before-version-10-from-9-{day}T02-30-00Z").mkdir(parents=True)
    apply_retention(RULES, places, TODAY)
    assert _names(places.workspace / "backups") == {"before-version-10-from-9-2026-11-20T02-30-00Z"}
    assert _names(places.backups) == {"rollcall-2026-11-19T05-00-00Z"}
    apply_retention(RULES, places, date(2027, 11, 20))
    assert _names(places.workspace / "backups") == set(), "not even the newest stays"
    assert _names(places.backups) == {"rollcall-2026-11-19T05-00-00Z"}, "the newest backup stays, whatever is newer"


def test_a_day_that_is_still_to_come_removes_nothing(
    places: KeptFolders, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A year mistyped would take every list but the newest, and every packet, with nothing to bring them back."""
    monkeypatch.setattr("data_contracts.today.today", lambda: TODAY)
    there = _names(places.workspace / "published")
    assert main(["retention", "--workspace", str(places.workspace), "--as-at", "2028-11-20"]) == 2
    assert "--as-at 2028-11-20 is still to come: nothing was removed. Give today's date." in capsys.readouterr().err
    assert _names(places.workspace / "published") == there
    assert not (places.workspace / "retention").exists()


def test_the_command_says_what_went_and_what_stays(
    places: KeptFolders, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("data_contracts.today.today", lambda: TODAY)
    config = places.workspace / "mine.toml"
    config.write_text("[retention]\nlists_days = 30\n")
    assert (
        main(["retention", "--workspace", str(places.workspace), "--as-at", str(TODAY), "--config", str(config)]) == 0
    )
    printed = capsys.readouterr().out
    assert "list: 2 removed, 1 stay" in printed
    assert "failure: 1 removed, 1 stay" in printed, "90 days by default"
