"""An officer closes a lead of which every record has gone meanwhile, by the id that its sheet had."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from apps.cli.main import main
from pipelines.night import run_night
from pipelines.store import Store
from tests.conftest import FirstNight
from tests.golden.authority import AS_AT


def _state(workspace: Path, child: str) -> tuple[str, str | None]:
    with Store(workspace, read_only=True) as store:
        return store.read("lead").filter(child_id=child).select("state", "off_because").row(0)


def test_a_child_in_hand_whose_records_are_gone_stays_in_view_until_the_officer_closes_it(
    quick_night: FirstNight, workspace: Path, extracts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = pl.read_parquet(quick_night.published / "candidates.parquet")
    one = listed.filter(pl.col("records").str.starts_with("health:") & ~pl.col("records").str.contains(";"))
    child, record = one.select("child_id", "records").sort("child_id").row(0)

    def night(after: int) -> None:
        changed = {"workspace": workspace, "extracts": extracts, "as_at": AS_AT + timedelta(days=after)}
        run_night(quick_night.settings.model_copy(update=changed))

    def officer(outcome: str, after: int) -> None:
        found = tmp_path / "found.csv"
        found.write_text(f"child_id,outcome,date\n{child},{outcome},{AS_AT + timedelta(days=after)}\n", "utf-8")
        assert main(["outcomes", str(found), "--workspace", str(workspace), "--by", "A. Lee"]) == 0
        assert capsys.readouterr().out.startswith("1 new outcome is kept")

    officer("UNDER_ENQUIRY", 0)
    health = extracts / "health.csv"
    lines = health.read_text("utf-8").splitlines(keepends=True)
    health.write_text("".join(line for line in lines if record.removeprefix("health:") not in line), "utf-8")
    night(1)
    assert _state(workspace, child) == ("in view", "records gone from every extract")
    officer("MOVED_OTHER_LA_CONFIRMED", 1)
    night(2)
    assert _state(workspace, child)[0] == "left"


@pytest.mark.parametrize(
    ("found_on", "told"),
    [
        pytest.param(AS_AT, ["1 closes a lead, which leaves the list"], id="of these days"),
        pytest.param(
            AS_AT.replace(year=AS_AT.year - 10),
            ["none closes a lead.", "1 more is too old to close a lead", "If the year is wrong"],
            id="2016 typed for 2026: it said that the lead was closed, and the child stayed",
        ),
    ],
)
def test_an_outcome_that_holds_no_longer_closes_nothing_and_says_so(
    workspace: Path,
    quick_night: FirstNight,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    found_on: date,
    told: list[str],
) -> None:
    monkeypatch.setattr("data_contracts.today.today", lambda: AS_AT)
    child = pl.read_parquet(quick_night.published / "candidates.parquet")["child_id"].sort()[0]
    found = tmp_path / "found.csv"
    found.write_text(f"child_id,outcome,date\n{child},INDEPENDENT,{found_on}\n", "utf-8")
    assert main(["outcomes", str(found), "--workspace", str(workspace), "--by", "A. Lee"]) == 0
    said = capsys.readouterr().out
    assert [words in said for words in told] == [True] * len(told)
