"""Rows that share a key because it is the child's or the case's: one for each period, or one for each visit."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from data_contracts.contract import read_contracts
from pipelines.intake.receipt.last_intake import LastIntake
from pipelines.intake.receipt.receive import Received, receive
from tests.spec.contracts.test_contracts import GOOD

CONTRACTS = read_contracts()
EHE = GOOD["ehe_register"]


def sent(rows: list[dict[str, str]], tmp_path: Path, source: str = "ehe_register") -> Received:
    """What is received of these rows beside a roll."""
    now = datetime(2026, 11, 20, tzinfo=UTC)
    pl.DataFrame([GOOD["school_census"]]).write_csv(tmp_path / "school_census.csv")
    pl.DataFrame([GOOD[source] | row for row in rows]).write_csv(tmp_path / f"{source}.csv")
    return receive(tmp_path, CONTRACTS, received_at=now, as_at=now.date(), last=LastIntake())


def keys(received: Received, source: str = "ehe_register") -> list[str]:
    return sorted(received.raw[source]["record_id"].str.strip_prefix(f"{source}:").to_list())


BACK_AT_SCHOOL = {"RecordId": "E1", "NotifiedOn": "01/09/2023", "ClosedOn": "12/01/2024"}
OUT_AGAIN = {"RecordId": "E1", "NotifiedOn": "03/03/2025", "ClosedOn": ""}


def test_a_child_who_is_educated_at_home_again_under_the_old_number_is_known_by_both_periods(tmp_path: Path) -> None:
    """Both rows were set aside as contradicting each other, and the family was to be visited as if nobody knew."""
    received = sent([BACK_AT_SCHOOL, OUT_AGAIN, {"RecordId": "E2"}], tmp_path)
    assert keys(received) == ["E1|01/09/2023", "E1|03/03/2025", "E2"]
    assert received.set_aside.filter(source="ehe_register").is_empty()


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"DateOfBirth": "01/01/2014", "Forename": "Lu"}, id="another child"),
        pytest.param({"Forename": "Lu", "UPN": ""}, id="a twin"),
        pytest.param({"NotifiedOn": BACK_AT_SCHOOL["NotifiedOn"]}, id="one period with two ends"),
    ],
)
def test_rows_under_one_key_that_contradict_each_other_are_still_set_aside(
    other: Mapping[str, str], tmp_path: Path
) -> None:
    received = sent([BACK_AT_SCHOOL | {"UPN": ""}, OUT_AGAIN | {"UPN": ""} | other], tmp_path)
    assert keys(received) == []
    assert received.set_aside.filter(source="ehe_register")["rules"].to_list() == ["unique key"] * 2


def test_two_placements_at_once_are_two(tmp_path: Path) -> None:
    rows = [{"RecordId": "A1", "Provider": provider} for provider in ("York Centre", "Horse Farm")]
    assert len(keys(sent(rows, tmp_path, "alternative_provision"), "alternative_provision")) == 2


def test_of_a_row_for_each_meeting_the_latest_counts(tmp_path: Path) -> None:
    """All meetings of a child were set aside, so that nobody seemed to have met it for years."""
    days = ["2024-05-01", "2026-10-09", "2025-01-31"]
    received = sent([{"RecordId": "H1", "LastContact": day} for day in days], tmp_path, "health")
    assert received.raw["health"]["last_contact"].to_list() == ["2026-10-09"]
    assert received.set_aside.filter(source="health").is_empty()
    (told,) = received.breaches.filter(rule="earlier meetings").to_dicts()
    assert told["why"].startswith("2 rows say of an entry only what was so on an earlier day (LastContact)")


def test_what_the_latest_visit_found_is_so(tmp_path: Path) -> None:
    visits = [
        {"RecordId": "E1", "AssessedOn": "01/03/2026", "Suitability": "Suitable"},
        {"RecordId": "E1", "AssessedOn": "09/10/2026", "Suitability": "Unsuitable"},
    ]
    assert sent(visits, tmp_path).raw["ehe_register"]["suitability"].to_list() == ["Unsuitable"]


@pytest.mark.parametrize(
    "later",
    [
        pytest.param([{"RecordId": "H1", "LastContact": "2026-10-09"}], id="another meeting"),
        pytest.param([{"RecordId": "H1", "RegisteredFrom": "2026-10-09"}], id="another period"),
        pytest.param([], id="nothing"),
    ],
)
def test_a_row_that_comes_the_next_night_is_read_as_if_all_had_come_at_once(
    later: list[dict[str, str]], tmp_path: Path
) -> None:
    """Lines that are known from the night before are not read again, unless a new one shares their key."""
    first = [{"RecordId": "H1", "LastContact": "2024-05-01"}, {"RecordId": "H2"}]
    before = sent(first, tmp_path, "health")
    whole = sent([*first, *later], tmp_path, "health")
    last = LastIntake(before.raw, before.judged, before.flawed)
    now = datetime(2026, 11, 20, tzinfo=UTC)
    again = receive(tmp_path, CONTRACTS, received_at=now, as_at=date(2026, 11, 20), last=last)
    assert again.raw["health"].equals(whole.raw["health"])
    assert again.set_aside.is_empty()
