"""One made-up authority, and nights on it, made once for all tests of whole nights."""

import logging
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

from apps.made_up.authority import MadeUp
from pipelines.night import RunReport, run_night
from pipelines.settings import Settings
from tests.golden.authority import AS_AT, golden_authority
from tests.made.sentinel import Heard

os.environ["GX_ANALYTICS_ENABLED"] = "false"
hypothesis.settings.register_profile("rollcall", deadline=None)  # no test depends on how fast the machine is
hypothesis.settings.load_profile("rollcall")

LONG = {
    "test_real_server",
    "test_dask_buckets",
    "test_nightly",
    "test_many_nights",
    "test_incremental_intake",
    "test_incremental_linkage",
    "test_killed_nights",
    "test_full_night",
    "test_held_night",
    "test_cli",
    "test_night",
    "test_backup",
    "test_units_that_are_gone",
    "test_on_windows",
}
"""Files that take a quarter of a minute or more. They run first, so that no single core is left with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run long files before the others; within both, the random order stays."""
    items.sort(key=lambda item: item.path.stem not in LONG)


@dataclass(frozen=True)
class FirstNight:
    """A night that has published. Tests read it, and must not change it."""

    settings: Settings
    report: RunReport

    @property
    def published(self) -> Path:
        return self.report.published


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> MadeUp:
    """A made-up authority with its extracts and its truth."""
    return golden_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def first_night(made_up: MadeUp, tmp_path_factory: pytest.TempPathFactory) -> FirstNight:
    """The first night on the made-up authority."""
    return _night(made_up.extracts, tmp_path_factory.mktemp("nights"))


@pytest.fixture(scope="session")
def quick_night(made_up: MadeUp, tmp_path_factory: pytest.TempPathFactory) -> FirstNight:
    """A night on two of the extracts, for tests that need many nights but not all sources."""
    extracts = tmp_path_factory.mktemp("two_extracts")
    for name in ("school_census.csv", "health.csv"):
        shutil.copy(made_up.extracts / name, extracts)
    return _night(extracts, tmp_path_factory.mktemp("quick_nights"))


def _night(extracts: Path, folder: Path) -> FirstNight:
    settings = Settings(extracts=extracts, workspace=folder / "workspace", as_at=AS_AT)
    return FirstNight(settings, run_night(settings))


@pytest.fixture
def workspace(quick_night: FirstNight, tmp_path: Path) -> Path:
    """A copy of the workspace in which the quick night has published, for the test to change."""
    copy = tmp_path / "workspace"
    shutil.copytree(quick_night.settings.workspace, copy, symlinks=True)
    return copy


@pytest.fixture
def extracts(quick_night: FirstNight, tmp_path: Path) -> Path:
    """A copy of the quick night's extracts, for the test to change."""
    copy = tmp_path / "extracts"
    shutil.copytree(quick_night.settings.extracts, copy)
    return copy


@pytest.fixture
def heard(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[Heard]:
    """Everything that is printed and logged while a test runs."""
    with caplog.at_level(logging.DEBUG):
        yield Heard(capsys, caplog)


@pytest.fixture(scope="module")
def prefect_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Prefect server for all tests of a file, as it never stops working; gives the path of its SQLite database."""
    home = tmp_path_factory.mktemp("prefect_home")
    os.environ["PREFECT_HOME"] = str(home)
    os.environ["PREFECT_LOGGING_LEVEL"] = "INFO"
    import flows  # noqa: F401 - it quiets Prefect, which reads the environment when it is imported

    from prefect.settings import get_current_settings  # isort: skip
    from prefect.testing.utilities import prefect_test_harness  # isort: skip

    with prefect_test_harness(server_startup_timeout=120):
        url = get_current_settings().server.database.connection_url
        assert url is not None
        yield Path(url.get_secret_value().removeprefix("sqlite+aiosqlite:///"))
