"""What prefect.yaml deploys: each flow with what it takes, at its hour, once a night whatever the clocks do."""

import asyncio
import shutil
import subprocess
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LONDON = ZoneInfo("Europe/London")
DEPLOYMENTS: dict[str, dict[str, Any]] = {
    found["name"]: found for found in yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
}
CHANGES_OF_CLOCKS = [date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31)]


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_deployment_leads_to_its_flow_and_gives_only_what_it_takes(name: str) -> None:
    from prefect.flows import load_flow_from_entrypoint

    deployment = DEPLOYMENTS[name]
    flow = load_flow_from_entrypoint(deployment["entrypoint"], use_placeholder_flow=False)
    assert flow.name == name
    assert set(deployment["parameters"]) <= set(flow.parameters.properties)
    assert set(flow.parameters.required or []) <= set(deployment["parameters"])
    assert flow.timeout_seconds or name == "nightly", "whose steps have what is left of the night"
    assert flow.persist_result is False


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_deployment_runs_one_at_a_time_and_is_listened_to(name: str) -> None:
    assert DEPLOYMENTS[name]["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    assert DEPLOYMENTS[name]["tags"] == ["rollcall"]


def _planned(name: str, start: date, days: int) -> list[str]:
    """When a deployment runs within so many days, in London's time, by Prefect's own rule."""
    from prefect.server.schemas.schedules import CronSchedule

    midnight = datetime(start.year, start.month, start.day, tzinfo=LONDON)
    found: list[datetime] = []
    for planned in DEPLOYMENTS[name]["schedules"]:
        schedule = CronSchedule(cron=planned["cron"], timezone=planned["timezone"])
        found += asyncio.run(schedule.get_dates(start=midnight, end=midnight + timedelta(days=days)))
    return [f"{at.astimezone(LONDON):%Y-%m-%d %H:%M}" for at in sorted(found)]


@pytest.mark.parametrize("change", [*CHANGES_OF_CLOCKS, date(2026, 11, 20)], ids=str)
def test_the_night_comes_once_a_night(change: date) -> None:
    around = [change + timedelta(days=days) for days in (-1, 0, 1)]
    assert _planned("nightly", around[0], 3) == [f"{night} 02:30" for night in around]


@pytest.mark.parametrize("name", DEPLOYMENTS)
@pytest.mark.parametrize("change", CHANGES_OF_CLOCKS, ids=str)
def test_nothing_runs_in_the_hour_that_may_be_missing_or_come_twice(name: str, change: date) -> None:
    hours = [at[11:13] for at in _planned(name, change - timedelta(days=200), 400)]
    assert hours
    assert "01" not in hours


def test_the_return_is_written_on_the_evening_of_each_census_day() -> None:
    assert _planned("termly-return", date(2026, 9, 1), 365) == [
        "2026-10-01 18:00",
        "2027-01-21 18:00",
        "2027-05-20 18:00",
    ]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_the_units_say_nothing_that_systemd_does_not_know(tmp_path: Path) -> None:
    for unit in (ROOT / "docs" / "systemd").glob("*.service"):
        text = unit.read_text("utf-8").replace("/srv/rollcall/.venv/bin/prefect", "/bin/true")
        (tmp_path / unit.name).write_text(text.replace("User=rollcall", "User=root"), encoding="utf-8")
    units = sorted(map(str, tmp_path.iterdir()))
    assert len(units) == 2
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout + found.stderr) == (0, "")


def test_every_folder_that_is_deployed_with_is_named_in_the_guide() -> None:
    guide = (ROOT / "docs" / "running_it_every_night.md").read_text("utf-8")
    text = (ROOT / "prefect.yaml").read_text("utf-8")
    assert {name for name in ("HOME", "EXTRACTS", "WORKSPACE", "BACKUPS") if f"$ROLLCALL_{name} " in text} == {
        "HOME",
        "EXTRACTS",
        "WORKSPACE",
        "BACKUPS",
    }
    assert all(f"\nROLLCALL_{name}=" in guide for name in ("HOME", "EXTRACTS", "WORKSPACE", "BACKUPS"))
    assert all(f"| `{name}` |" in guide for name in DEPLOYMENTS)
