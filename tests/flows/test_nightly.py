"""The night under Prefect: the same steps, the same bytes, tried again only where that can help."""

import asyncio
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from pipelines.failure import CANNOT_GO_ON, NightFailed
from pipelines.receive import receive
from tests.conftest import FirstNight
from tests.made.steps import called_by

ROOT = Path(__file__).parents[2]
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


def test_the_deployment_leads_to_the_flow_and_gives_only_what_it_takes() -> None:
    from prefect.flows import load_flow_from_entrypoint

    (deployment,) = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
    flow = load_flow_from_entrypoint(deployment["entrypoint"], use_placeholder_flow=False)
    assert flow.name == "nightly"
    assert set(deployment["parameters"]) == {"extracts", "workspace", "as_at", "config"}
    assert deployment["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(date(2026, 3, 29), id="clocks go forward in 2026"),
        pytest.param(date(2026, 10, 25), id="clocks go back in 2026"),
        pytest.param(date(2027, 3, 28), id="clocks go forward in 2027"),
        pytest.param(date(2027, 10, 31), id="clocks go back in 2027"),
        pytest.param(date(2026, 11, 20), id="any other night"),
    ],
)
def test_the_night_comes_once_a_night(change: date) -> None:
    from prefect.server.schemas.schedules import CronSchedule

    (deployment,) = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
    (planned,) = deployment["schedules"]
    schedule = CronSchedule(cron=planned["cron"], timezone=planned["timezone"])
    midnight = datetime(change.year, change.month, change.day, tzinfo=LONDON)
    planned_at = asyncio.run(schedule.get_dates(start=midnight, end=midnight + timedelta(days=1)))
    assert [f"{found.astimezone(LONDON):%Y-%m-%d %H:%M}" for found in planned_at] == [f"{change} 02:30"]
