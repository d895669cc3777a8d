"""A workspace of an earlier version opens in this one: nothing that people decided, and no child's id, is lost."""

import shutil
import subprocess
import sys
import tarfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from apps.cli.main import main
from pipelines import migrations
from pipelines.night import run_night
from pipelines.settings import read_settings
from pipelines.store import VERSION_TABLE, Store
from pipelines.tables import SCHEMA_VERSION, TABLES
from pipelines.workspace import StoreError

KEPT = Path(__file__).parents[1] / "fixtures"
EARLIER = sorted(KEPT.glob("workspace-schema-*.tar.xz"))
NEXT_DAY = date(2026, 11, 21)


@pytest.fixture(params=EARLIER, ids=lambda path: path.name.removesuffix(".tar.xz"))
def earlier(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A workspace as an earlier version left it, made-up extracts beside it."""
    with tarfile.open(request.param) as kept:
        kept.extractall(tmp_path / "workspace", filter="data")
    return tmp_path / "workspace"


def _kept(workspace: Path, table: str) -> pl.DataFrame:
    with Store(workspace, read_only=True, any_version=True) as store:
        return store.read_as_kept(table)


def test_every_table_of_an_earlier_version_is_read_in_this_one(earlier: Path) -> None:
    with Store(earlier, read_only=True, any_version=True) as store:
        before = {table: store.read_as_kept(table).height for table in TABLES if store.has(table)}
    assert len(before) > 20
    migrations.bring_forward(earlier)
    with Store(earlier, read_only=True) as store:
        assert {table: store.read(table).height for table in before} == before
        assert store.version == SCHEMA_VERSION


def test_the_next_night_keeps_ids_and_obeys_what_people_decided(earlier: Path) -> None:
    before = _kept(earlier, "child_record")
    listed = pl.read_csv(earlier / "published" / "2026-11-20" / "candidates.csv")["child_id"].to_list()
    report = run_night(read_settings(None, extracts=earlier / "made_up/extracts", workspace=earlier, as_at=NEXT_DAY))
    after = _kept(earlier, "child_record").join(before, on="record_id", suffix="_before")
    assert after.filter(pl.col("child_id") == pl.col("child_id_before")).height >= before.height - 1  # one pair judged
    tonight = pl.read_csv(report.published / "candidates.csv")["child_id"].to_list()
    closed = "CH8T537DLHHT"  # an officer found the child on a roll
    assert closed in listed
    assert closed not in tonight
    assert {*listed} - {closed} <= {*tonight}
    assert "settings_in_force.toml" in (report.published / "run.json").read_text("utf-8")


def test_a_copy_is_kept_from_before_and_nothing_is_done_twice(earlier: Path) -> None:
    as_it_was = (earlier / "rollcall.duckdb").read_bytes()
    assert main(["migrate", "--workspace", str(earlier)]) == 0
    assert main(["migrate", "--workspace", str(earlier)]) == 0
    (copy,) = (earlier / "backups").iterdir()
    assert (copy / "rollcall.duckdb").read_bytes() == as_it_was
    assert (copy / "rollcall.duckdb").stat().st_mode & 0o777 == 0o600


def test_the_copy_has_what_a_killed_night_left_in_the_log(earlier: Path) -> None:
    left = "import os\nwith Store(workspace, any_version=True) as store:\n    store.stamp(1)\n    os._exit(9)"
    start = f"from pathlib import Path\nfrom pipelines.store import Store\nworkspace = Path({str(earlier)!r})\n"
    assert subprocess.run([sys.executable, "-c", start + left], check=False).returncode == 9
    migrations.bring_forward(earlier)
    (copy,) = (earlier / "backups").iterdir()
    assert _kept(copy, VERSION_TABLE)["version"].item() == 1


def test_an_earlier_store_is_not_read_as_if_it_were_of_today(earlier: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "CH8T537DLHHT", "--workspace", str(earlier)]) == 2
    assert "rollcall migrate" in capsys.readouterr().err


def test_a_store_of_a_later_version_is_refused_and_left_alone(earlier: Path) -> None:
    migrations.bring_forward(earlier)
    with Store(earlier, any_version=True) as store:
        store.stamp(SCHEMA_VERSION + 1)
    with pytest.raises(StoreError, match="written by a later version"), Store(earlier, read_only=True):
        pass
    assert migrations.bring_forward(earlier) == SCHEMA_VERSION + 1
    with Store(earlier, read_only=True, any_version=True) as store:
        assert store.version == SCHEMA_VERSION + 1


def test_without_room_for_the_copy_nothing_is_changed(earlier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(StoreError, match="No space left on device"):
        migrations.bring_forward(earlier)
    with Store(earlier, read_only=True, any_version=True) as store:
        assert store.version < SCHEMA_VERSION
    assert not list((earlier / "backups").iterdir())


def test_what_is_read_before_the_next_night_is_there(earlier: Path) -> None:
    migrations.bring_forward(earlier)
    with Store(earlier, read_only=True) as store:
        assert store.read("school").is_empty()


def test_the_steps_lead_to_this_version_one_by_one() -> None:
    assert [step.to for step in migrations.MIGRATIONS] == list(range(2, SCHEMA_VERSION + 1))
