"""A system that gives its rows other keys overnight: which row goes on as which, and what was decided under the old keys."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from pipelines.decisions.judgements import JUDGEMENT
from pipelines.decisions.keys_tonight import judgements_now, keys_given_up, outcomes_now
from pipelines.decisions.outcomes import OUTCOME
from pipelines.store import Store
from pipelines.tables import RENUMBERED
from tests.made.deliveries import FIRST, Deliveries, census

NHS = "9434765919"
CHILD = {"surname": "OKAFOR", "given_names": "ANN JOY", "date_of_birth": "20170304", "postcode": "ZA1 1AA"}
AT_THE_DOCTORS = {**CHILD, "gp_practice": "Z1", "last_contact": "2026-10-01"}


def _keys(nights: Deliveries) -> list[tuple[str, str]]:
    return nights.table("renumbered").select("record_id", "now_id").rows()


@pytest.mark.parametrize(
    ("before", "after", "goes_on"),
    [
        pytest.param(CHILD, CHILD, True, id="the same row"),
        pytest.param({"surname": "OKAFOR"}, {"surname": "OKAFOR"}, True, id="the same row, however little it says"),
        pytest.param(AT_THE_DOCTORS, {**CHILD, "gp_practice": "Z2"}, True, id="names, birth date and postcode"),
        pytest.param(CHILD, {**CHILD, "surname": "Okafor", "postcode": "za11aa"}, True, id="written otherwise"),
        pytest.param({**CHILD, "nhs_number": NHS}, {**CHILD, "nhs_number": NHS, "surname": "BELL", "postcode": "ZA2 2BB"}, True,
                     id="NHS number and birth date, another name and home"),
        pytest.param(CHILD, {**CHILD, "given_names": "ANN RUTH"}, False, id="a twin with another middle name"),
        pytest.param(CHILD, {**CHILD, "postcode": "ZA2 2BB"}, False, id="a namesake born the same day who lives elsewhere"),
        pytest.param(CHILD, {**CHILD, "date_of_birth": "20170305"}, False, id="another birth date"),
        pytest.param({**CHILD, "postcode": ""}, {**CHILD, "postcode": "", "gp_practice": "Z2"}, False, id="no home, no number"),
    ],
)  # fmt: skip
def test_a_row_goes_on_under_another_key_where_it_tells_of_one_child_beyond_doubt(
    tmp_path: Path, before: dict[str, str], after: dict[str, str], goes_on: bool
) -> None:
    nights = Deliveries(tmp_path)
    nights.night(0, school_census=census(), health=[{"record_id": "0071", **before}])
    nights.night(1, school_census=census(), health=[{"record_id": "71", **after}])
    assert _keys(nights) == ([("health:0071", "health:71")] if goes_on else [])


def test_a_key_is_followed_through_every_later_one_until_it_is_given_to_somebody_else(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    for night, key in enumerate(["1", "P-1", "Q-1", "Q-1"]):
        nights.night(night, school_census=census(), health=[{"record_id": key, **CHILD}])
    assert _keys(nights) == [("health:1", "health:Q-1"), ("health:P-1", "health:Q-1")]
    newcomer = {"record_id": "1", **CHILD, "given_names": "TUNDE"}
    nights.night(4, school_census=census(), health=[{"record_id": "Q-1", **CHILD}, newcomer])
    assert _keys(nights) == [("health:P-1", "health:Q-1")]


def test_rows_alike_go_on_one_by_one_and_a_child_whose_key_stays_is_asked_nothing(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    stays = {"record_id": "3", **CHILD, "given_names": "TUNDE"}
    nights.night(0, school_census=census(), health=[{"record_id": "1", **CHILD}, {"record_id": "2", **CHILD}, stays])
    nights.night(1, school_census=census(), health=[{"record_id": "8", **CHILD}, {"record_id": "9", **CHILD}, stays])
    assert _keys(nights) == [("health:1", "health:8"), ("health:2", "health:9")]


def test_what_people_decided_holds_under_the_keys_of_tonight() -> None:
    keyed = pl.DataFrame([("b:2", "b:02", FIRST), ("c:3", "a:03", FIRST)], schema=RENUMBERED, orient="row")
    found = pl.DataFrame(
        [{"child_id": "CH1", "records": "a:1;b:2"}, {"child_id": "CH2", "records": "b:22"}], schema=OUTCOME
    )
    assert outcomes_now(found, keyed)["records"].to_list() == ["a:1;b:02", "b:22"]
    at = datetime(2026, 11, 3, tzinfo=UTC)
    judged = [{"left_id": "b:2", "right_id": "c:3", "answer": "same", "by": "A. Lee", "at": at, "sample": "S1"}]
    now = judgements_now(pl.DataFrame(judged, schema=JUDGEMENT), keyed)
    assert now.select("left_id", "right_id", "answer").rows() == [("a:03", "b:02", "same")]


def test_a_store_in_which_no_night_of_this_version_ran_has_given_up_no_key(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        assert keys_given_up(store).is_empty()
    nights = Deliveries(tmp_path)
    nights.night(0, school_census=census(), health=[{"record_id": "1", **CHILD}])
    nights.night(1, school_census=census(), health=[{"record_id": "2", **CHILD}])
    with Store(tmp_path, read_only=True) as store:
        assert keys_given_up(store).height == 1
