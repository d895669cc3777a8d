"""A source that sends nothing for some nights: its last rows stand in, for how long, and what officers are told."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from data_contracts.contract import Contract
from pipelines.intake.at_the_gate.acceptance import accept
from pipelines.night import run_night
from pipelines.store import Store
from pipelines.written_dates import day_written
from tests.conftest import FirstNight
from tests.golden.authority import AS_AT
from tests.made.deliveries import CONTRACTS, FIRST, Deliveries, Rows, census, health, register

DAYS = CONTRACTS["health"].stands_in_for_days
OTHERS = {"school_census": census(), "ehe_register": register()}


@pytest.fixture(scope="module")
def first_delivery(tmp_path_factory: pytest.TempPathFactory) -> Deliveries:
    """A first night with a roll, a list of the GPs and a register of home education: to be looked at."""
    delivered = Deliveries(tmp_path_factory.mktemp("first_delivery"))
    delivered.night(0, health=health(), **OTHERS)
    return delivered


@pytest.fixture
def delivered(first_delivery: Deliveries, tmp_path: Path) -> Deliveries:
    """The same, to go on with."""
    return Deliveries(shutil.copytree(first_delivery.workspace, tmp_path / "workspace"))


def _with_health(**completeness: object) -> Mapping[str, Contract]:
    contract = CONTRACTS["health"]
    own = contract.completeness.model_copy(update=completeness)
    return {**CONTRACTS, "health": contract.model_copy(update={"completeness": own})}


def _rows(delivered: Deliveries, source: str) -> int:
    """Rows of a source that count tonight."""
    with Store(delivered.workspace, read_only=True) as store:
        return store.read_raw(source).height if source in store.raw_sources() else 0


@pytest.mark.parametrize(
    ("after", "sent", "completeness", "stand"),
    [
        pytest.param(1, {}, {}, True, id="no file the next night"),
        pytest.param(1, {"health": None}, {}, True, id="a file that could not be used"),
        pytest.param(1, {"health": []}, {}, True, id="a file of which every row was set aside"),
        pytest.param(DAYS, {}, {}, True, id="no file on the last day that the contract allows"),
        pytest.param(DAYS + 1, {}, {}, False, id="no file on the day after"),
        pytest.param(DAYS + 1, {}, {"stale_days": 130}, True, id="a list that may be the same for a term"),
        pytest.param(131, {}, {"stale_days": 130}, False, id="the same when its term is over"),
        pytest.param(3, {}, {"stands_in_days": 2}, False, id="a contract that allows two days"),
        pytest.param(1, {}, {"stands_in_days": 0}, False, id="a contract that allows none"),
    ],
)
def test_the_last_rows_stand_in_where_none_come(
    delivered: Deliveries, after: int, sent: dict[str, Rows | None], completeness: dict[str, object], stand: bool
) -> None:
    nights = replace(delivered, contracts=_with_health(**completeness))
    refused = tuple(source for source, rows in sent.items() if rows is None)
    came = {source: rows for source, rows in sent.items() if rows is not None}
    judged = nights.night(after, refused=refused, **OTHERS, **came)
    until = FIRST + timedelta(days=nights.contracts["health"].stands_in_for_days)
    words = f"100 rows were loaded on {day_written(FIRST)}. " + (
        f"Those stand in until {day_written(until)}."
        if stand
        else f"They stood in until {day_written(until)} and are no longer read: a child whose place only they show is listed "
        "as without one, and a child known only to them is on no list. If nothing more is to come, accept that once."
    )
    assert any(warning.endswith(words) for warning in judged.warnings)
    assert "health" in judged.cut_off
    assert _rows(nights, "health") == (100 if stand else 0)


@pytest.mark.parametrize(
    ("source", "after", "stand"),
    [
        pytest.param("ehe_register", 36, True, id="places, the day after others would be read no more"),
        pytest.param("ehe_register", 130, True, id="places, a term later"),
        pytest.param("ehe_register", 131, False, id="places, the day after that"),
        pytest.param("health", 36, False, id="no places"),
    ],
)
def test_rows_that_show_places_stand_in_for_a_term(
    first_delivery: Deliveries, source: str, after: int, stand: bool
) -> None:
    sent = {"school_census": census(), "ehe_register": register(), "health": health()}
    judged = first_delivery.judged(after, **{name: rows for name, rows in sent.items() if name != source})
    assert (source in judged.stands_in["source"]) is stand


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        pytest.param({"registered_from": "2026-10-01"}, True, id="days of registering, and none of leaving"),
        pytest.param({"registered_from": "2026-10-01", "deduction_date": "2026-10-30"}, False, id="both"),
        pytest.param({}, False, id="neither: then nothing begins that would have to end"),
    ],
)
def test_rows_that_stand_in_without_an_end_say_so(tmp_path: Path, columns: dict[str, str], said: bool) -> None:
    nights = Deliveries(tmp_path)
    nights.night(0, health=health(**columns), **OTHERS)
    warnings = [words for words in nights.judged(1, **OTHERS).warnings if "DeductionDate" in words]
    assert [words.endswith("count as registered, and as living here, to this day.") for words in warnings] == [
        True
    ] * said


def test_a_roll_that_is_missing_holds_the_night_and_has_no_stand_in(delivered: Deliveries) -> None:
    sent = {"health": health(), "ehe_register": register()}
    judged = delivered.night(1, **sent)
    assert judged.stands_in.is_empty()
    assert "Those stand in" not in " ".join(judged.held)
    night = FIRST + timedelta(days=1)
    accept(delivered.workspace, CONTRACTS, Path("school_census"), why="no school is left", by="A. Lee", as_at=night)
    assert not delivered.night(1, **sent).held
    assert not _rows(delivered, "school_census")


def test_whoever_accepts_that_nothing_comes_ends_it_for_good(delivered: Deliveries) -> None:
    night = FIRST + timedelta(days=1)
    accept(delivered.workspace, CONTRACTS, Path("ehe_register"), why="kept elsewhere now", by="A. Lee", as_at=night)
    sent = {"school_census": census(), "health": health(seen_on=FIRST)}
    judged = delivered.night(1, **sent)
    assert any("Accepted by A. Lee." in warning and "no rows were received" in warning for warning in judged.warnings)
    assert not _rows(delivered, "ehe_register")
    assert not any("home education" in warning.casefold() for warning in delivered.night(2, **sent).warnings)
    assert not _rows(delivered, "ehe_register")


def test_a_source_that_comes_again_is_held_against_its_last_rows(delivered: Deliveries) -> None:
    for after in (1, 2):
        delivered.night(after, **OTHERS)
    delivered.night(3, health=health(101)[1:], **OTHERS)
    changes = delivered.table("delivery_change").filter(source="health", as_at=FIRST + timedelta(days=3))
    assert changes.select("came", "changed", "went", "same").row(0) == (1, 0, 1, 99)
    assert _rows(delivered, "health") == 100


def test_no_child_leaves_the_list_because_a_share_was_away(
    quick_night: FirstNight, workspace: Path, extracts: Path, tmp_path: Path
) -> None:
    """The next night without the GPs' list, as it would have been with last night's list delivered again."""
    again = tmp_path / "again"
    shutil.copytree(workspace, again, symlinks=True)
    changed = {"extracts": extracts, "as_at": AS_AT + timedelta(days=1)}
    with_it = run_night(quick_night.settings.model_copy(update={**changed, "workspace": again}))
    (extracts / "health.csv").unlink()
    without = run_night(quick_night.settings.model_copy(update={**changed, "workspace": workspace}))
    lists = [pl.read_parquet(report.published / "candidates.parquet") for report in (with_it, without)]
    assert lists[0].height > 20
    assert lists[0].equals(lists[1])
    rows = without.counts["snapshot"]
    assert rows["standing_in"] > 100
    assert without.counts["standardise"]["person_records"] == sum(rows.values()) - rows["went"]
    text = (without.published / "WARNINGS.txt").read_text("utf-8")
    assert "no rows were received tonight (no file was received), but" in text
    assert "Those stand in until" in text
    sheet = next((without.published / "evidence").glob("*.html")).read_text("utf-8")
    assert f"from {day_written(AS_AT)}, as none came tonight" in sheet
    report = (without.published / "match_report.html").read_text("utf-8")
    assert "Nothing was read tonight from: " in report
    assert CONTRACTS["health"].name not in report.split("Nothing was read tonight from: ")[1].split(".")[0]
