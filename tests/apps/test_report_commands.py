"""The commands that write what leaves the team: where they put it, who may read it, and what they refuse."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from apps.cli.main import main
from tests.conftest import FirstNight


@pytest.fixture
def asked(first_night: FirstNight, tmp_path: Path) -> tuple[str, str]:
    """A child of the list, and the option that names a copy of its workspace."""
    copy = tmp_path / "workspace"
    shutil.copytree(first_night.settings.workspace, copy, symlinks=True)
    child = pl.read_parquet(first_night.published / "candidates.parquet")["child_id"][0]
    return str(child), f"--workspace={copy}"


def _page(asked: tuple[str, str], pattern: str) -> Path:
    (page,) = Path(asked[1].partition("=")[2]).glob(pattern)
    return page


def test_each_report_is_written_for_its_owner_alone(asked: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    child, workspace = asked
    assert main(["weekly", workspace]) == 0
    assert main(["report", workspace, "--since", "2026-08-31", "--as-at", "2026-11-20"]) == 0
    assert main(["handover", child.lower(), workspace, "--to", "Neighbour", "--by", "M. Okafor"]) == 0
    printed = capsys.readouterr().out
    for pattern in ("weekly/*/weekly.html", "reports/*/termly_report.html", "handovers/*/handover.json"):
        page = _page(asked, pattern)
        assert page.stat().st_mode & 0o777 == 0o600
        assert str(page.parent) in printed


@pytest.mark.parametrize(
    ("command", "told"),
    [
        pytest.param("report --since 2026-11-21 --as-at 2026-11-20", "--since is not before --as-at", id="backwards"),
        pytest.param("report --since 1/9/2026 --as-at 2026-11-20", "--since 1/9/2026 is not a date", id="no date"),
        pytest.param(
            "report --since 2026-01-01 --as-at 2031-01-01", "does not know who will be missing", id="a term to come"
        ),
        pytest.param("report --since 2025-01-01 --as-at 2025-03-01", "no list was published from", id="no list"),
        pytest.param(
            "return --as-at 2031-01-01", "does not know who will be missing education then", id="a day to come"
        ),
        pytest.param("handover Mary --to N --by M", "No child and no record", id="no child of the night"),
        pytest.param("handover Mary --to N --by M", "birth date: rollcall find", id="a name"),
    ],
)
def test_what_cannot_be_written_is_said(
    asked: tuple[str, str], command: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command.split(), asked[1]]) == 2
    printed = capsys.readouterr().err
    assert told in printed
    assert "Mary" not in printed


def test_a_workspace_without_a_list_has_no_week(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weekly", "--workspace", str(tmp_path)]) == 2
    assert "no list has ever been published here" in capsys.readouterr().err
