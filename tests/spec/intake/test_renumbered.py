"""A system that gives its rows other keys overnight: which row goes on as which, and what was decided under the old keys."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import polars as pl
import pytest

from pipelines.decisions.judgements import JUDGEMENT
from pipelines.decisions.keys_tonight import judgements_now, keys_at, outcomes_now, snapshot_now
from pipelines.decisions.outcomes import OUTCOME
from pipelines.intake.since_last_night.renumbered import renumbered_after_tonight
from pipelines.tables import LEAD, RENUMBERED
from tests.made.deliveries import CONTRACTS, FIRST, Deliveries, Rows, as_received, census

NHS = "9434765919"
CHILD = {"surname": "OKAFOR", "given_names": "ANN JOY", "date_of_birth": "20170304", "postcode": "ZA1 1AA"}
AT_THE_DOCTORS = {**CHILD, "gp_practice": "Z1", "last_contact": "2026-10-01"}


def _keys(renumbered: pl.DataFrame) -> list[tuple[str, str]]:
    return renumbered.select("record_id", "now_id").rows()


def _overnight(before: Rows, after: Rows, leads: pl.DataFrame | None = None) -> pl.DataFrame:
    """``RENUMBERED`` after the second night of a list of the doctors'."""
    stood, came = ({"health": as_received(CONTRACTS["health"], rows)} for rows in (before, after))
    second, ledger = FIRST + timedelta(days=1), LEAD.to_frame() if leads is None else leads
    began_at = datetime.combine(second, time(2), UTC)
    return renumbered_after_tonight(RENUMBERED.to_frame(), stood, came, CONTRACTS, second, at=began_at, leads=ledger)


@pytest.mark.parametrize(
    ("before", "after", "goes_on"),
    [
        pytest.param(CHILD, CHILD, True, id="the same row"),
        pytest.param({"surname": "OKAFOR"}, {"surname": "OKAFOR"}, True, id="the same row, however little it says"),
        pytest.param(AT_THE_DOCTORS, {**CHILD, "gp_practice": "Z2"}, True, id="names, birth date and postcode"),
        pytest.param(CHILD, {**CHILD, "surname": "Okafor", "postcode": "za11aa"}, True, id="written otherwise"),
        pytest.param(
            {**CHILD, "nhs_number": NHS},
            {**CHILD, "nhs_number": NHS, "surname": "BELL", "postcode": "ZA2 2BB"},
            True,
            id="NHS number and birth date, another name and home",
        ),
        pytest.param(CHILD, {**CHILD, "given_names": "ANN"}, True, id="without the middle name"),
        pytest.param({**CHILD, "given_names": "ANN J"}, CHILD, True, id="the middle name written out"),
        pytest.param(CHILD, {**CHILD, "given_names": "ANN RUTH"}, False, id="a twin with another middle name"),
        pytest.param({**CHILD, "given_names": "ANNA"}, CHILD, False, id="a twin with a like forename"),
        pytest.param(
            CHILD, {**CHILD, "postcode": "ZA2 2BB"}, False, id="a namesake born the same day who lives elsewhere"
        ),
        pytest.param(CHILD, {**CHILD, "date_of_birth": "20170305"}, False, id="another birth date"),
        pytest.param(
            {**CHILD, "postcode": ""}, {**CHILD, "postcode": "", "gp_practice": "Z2"}, False, id="no home, no number"
        ),
    ],
)
def test_a_row_goes_on_under_another_key_where_it_tells_of_one_child_beyond_doubt(
    before: dict[str, str], after: dict[str, str], goes_on: bool
) -> None:
    renumbered = _overnight([{"record_id": "0071", **before}], [{"record_id": "71", **after}])
    assert _keys(renumbered) == ([("health:0071", "health:71")] if goes_on else [])


@pytest.mark.parametrize(
    ("before", "after", "goes_on"),
    [
        pytest.param(["KA", "KA HO"], ["KA YIN", "KA HO"], [("0", "5")], id="the brother is known by his names"),
        pytest.param(["KA"], ["KA YIN", "KA HO"], [], id="the name of two who came"),
        pytest.param(["KA", "KA"], ["KA YIN"], [], id="the name of two who went"),
    ],
)
def test_of_twins_who_share_a_first_name_none_goes_on_as_the_other(
    before: list[str], after: list[str], goes_on: list[tuple[str, str]]
) -> None:
    old, new = (
        [{**CHILD, "record_id": str(number), "given_names": name} for number, name in enumerate(names, start)]
        for names, start in ((before, 0), (after, 5))
    )
    found = [pair for pair in _keys(_overnight(old, new)) if pair[0] == "health:0"]
    assert found == [(f"health:{was}", f"health:{now}") for was, now in goes_on]


def test_a_key_is_followed_through_every_later_one_until_it_is_given_to_somebody_else(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    for night, key in enumerate(["1", "P-1", "Q-1", "Q-1"]):
        nights.night(night, school_census=census(), health=[{"record_id": key, **CHILD}])
    assert _keys(nights.table("renumbered")) == [("health:1", "health:Q-1"), ("health:P-1", "health:Q-1")]
    newcomer = {"record_id": "1", **CHILD, "given_names": "TUNDE"}
    nights.night(4, school_census=census(), health=[{"record_id": "Q-1", **CHILD}, newcomer])
    assert _keys(nights.table("renumbered")) == [("health:1", "health:Q-1"), ("health:P-1", "health:Q-1")]
    reused = nights.table("renumbered")["reused_at"].to_list()
    assert reused == [datetime(2026, 11, 6, 2, tzinfo=UTC), None], (
        "what is decided of the first from then on is of TUNDE"
    )


TWIN = {**CHILD, "given_names": "RUTH"}
OTHER = {**CHILD, "given_names": "BETH", "surname": "BELL", "date_of_birth": "20150607"}
THIRD = {**CHILD, "given_names": "CY", "surname": "CROW", "date_of_birth": "20140809"}
UNTIL = " until 2026-11-03"
MOMENTS = {"at": pl.Datetime("us", "UTC"), "night_at": pl.Datetime("us", "UTC")}


@pytest.mark.parametrize(
    ("before", "after", "goes_on"),
    [
        pytest.param([CHILD], [OTHER], [("1", "1" + UNTIL)], id="a key is given to another child"),
        pytest.param([CHILD, OTHER], [OTHER, CHILD], [("1", "2"), ("2", "1")], id="two keys are swapped"),
        pytest.param([CHILD, TWIN], [TWIN, CHILD], [("1", "2"), ("2", "1")], id="twins swap their keys"),
        pytest.param([CHILD, OTHER, THIRD], [THIRD, CHILD, OTHER], [("1", "2"), ("2", "3"), ("3", "1")],
                     id="keys are numbers of rows, and sorted otherwise"),
        pytest.param([CHILD, OTHER, THIRD], [OTHER, THIRD], [("1", "1" + UNTIL), ("2", "1"), ("3", "2")],
                     id="keys are numbers of rows, and the first is gone"),
        pytest.param([CHILD, TWIN], [TWIN], [("1", "1" + UNTIL), ("2", "1")], id="the first of twins is gone"),
        pytest.param([OTHER, THIRD], [CHILD, OTHER, THIRD], [("1", "2"), ("2", "3")], id="one comes before the first"),
        pytest.param([CHILD], [{**CHILD, "given_names": "ANNE JOY"}], [], id="a forename is corrected"),
        pytest.param([CHILD], [{**CHILD, "date_of_birth": "20180304"}], [], id="a birth date is corrected"),
        pytest.param([CHILD], [{**CHILD, "surname": "BELL", "postcode": "ZA2 2BB"}], [], id="another surname and home"),
        pytest.param([CHILD], [{**CHILD, "given_names": "TUNDE", "surname": "BELL", "sex": "2"}], [],
                     id="another name altogether: the birth date stays"),
        pytest.param([{**CHILD, "nhs_number": NHS}], [{**OTHER, "nhs_number": NHS}], [], id="the NHS number stays"),
        pytest.param([CHILD], [{"surname": "BELL", "given_names": "BETH"}], [], id="without a birth date nothing is sure"),
    ],
)  # fmt: skip
def test_a_key_that_is_given_to_another_child_takes_nothing_of_the_first_with_it(
    before: list[dict[str, str]], after: list[dict[str, str]], goes_on: list[tuple[str, str]]
) -> None:
    nights = ([{"record_id": str(number), **row} for number, row in enumerate(rows, 1)] for rows in (before, after))
    assert _keys(_overnight(*nights)) == [(f"health:{was}", f"health:{now}") for was, now in goes_on]


def test_a_key_that_goes_from_child_to_child_is_read_by_when_something_was_decided(tmp_path: Path) -> None:
    nights = Deliveries(tmp_path)
    for night, row in enumerate([CHILD, OTHER, THIRD]):
        nights.night(night, school_census=census(), health=[{"record_id": "1", **row}])
    nights.night(3, school_census=census(), health=[{"record_id": "1", **CHILD}, {"record_id": "2", **THIRD}])
    ats = [datetime(2026, 11, 2 + day, 12, tzinfo=UTC) for day in range(4)]
    decided = pl.DataFrame({"record_id": ["health:1"] * 4, "at": ats, "night_at": None}, schema_overrides=MOMENTS)
    now = ["health:1 until 2026-11-03", "health:1 until 2026-11-04", "health:2", "health:1"]
    assert keys_at(decided, nights.table("renumbered")).to_list() == now
    found = pl.DataFrame(
        [{"records": "gp:7;health:1", "at": ats[2]}, {"records": "health:1", "at": ats[3]}], schema=OUTCOME
    )
    assert outcomes_now(found, nights.table("renumbered"))["records"].to_list() == ["gp:7;health:2", "health:1"]
    seen = snapshot_now(nights.table("snapshot").filter(source="health"), nights.table("renumbered"))
    first_seen = dict(seen.group_by("record_id").agg(pl.col("first_seen_on").min().dt.day()).iter_rows())
    assert first_seen == {now[0]: 2, now[1]: 3, "health:2": 4, "health:1": 5}, "each child since its own first night"


@pytest.mark.parametrize(
    "kept", [pytest.param(1 / 60, id="while that night is running"), pytest.param(60.0, id="days after")]
)
def test_what_was_decided_of_the_list_before_a_key_was_given_away_is_of_the_child_that_stood_there(
    tmp_path: Path, kept: float
) -> None:
    nights = Deliveries(tmp_path)
    for night, row in enumerate([CHILD, OTHER]):
        nights.night(night, school_census=census(), health=[{"record_id": "1", **row}])
    first, second = (datetime(2026, 11, day, 2, tzinfo=UTC) for day in (2, 3))
    decided = {"at": second + timedelta(hours=kept), "left_id": "gp:7", "right_id": "health:1", "records": "health:1"}
    of = [{**decided, "night_at": first}, {**decided, "night_at": second}]
    keys = nights.table("renumbered")
    now = ["health:1 until 2026-11-03", "health:1"]
    assert outcomes_now(pl.DataFrame(of, schema=OUTCOME), keys)["records"].to_list() == now
    assert judgements_now(pl.DataFrame(of, schema=JUDGEMENT), keys)["right_id"].to_list() == now


@pytest.mark.parametrize(
    ("comes", "is_another"),
    [
        pytest.param(OTHER, True, id="another child"),
        pytest.param(CHILD, False, id="the child itself"),
        pytest.param({**CHILD, "given_names": "ANNE", "surname": "BELL"}, False, id="its forename completed"),
        pytest.param(TWIN, False, id="a twin, or the forename corrected"),
        pytest.param({**OTHER, "given_names": "ANN"}, False, id="a namesake, or the birth date corrected"),
        pytest.param({**OTHER, "date_of_birth": ""}, False, id="nobody knows when it was born"),
    ],
)
def test_a_key_that_nobody_had_for_a_night_is_another_childs_where_the_ledger_knew_the_first(
    comes: dict[str, str], *, is_another: bool
) -> None:
    rest = {"record_id": "2", **THIRD}
    of_child = {
        "forename": "Ann",
        "date_of_birth": date(2017, 3, 4),
        "last_listed_on": FIRST,
        "records": "gp:7;health:1",
    }
    lead = pl.DataFrame([{"child_id": "CH1", "spell": 1, "state": "left", **of_child}], schema=LEAD)
    renumbered = _overnight([rest], [{"record_id": "1", **comes}, rest], lead)
    assert _keys(renumbered) == ([("health:1", "health:1" + UNTIL)] if is_another else [])
    found = pl.DataFrame([{"records": "health:1", "at": datetime(2026, 11, 2, 9, tzinfo=UTC)}], schema=OUTCOME)
    now = "health:1" + UNTIL if is_another else "health:1"
    assert outcomes_now(found, renumbered)["records"].to_list() == [now]


def test_a_pupil_whose_key_is_given_to_another_has_vanished_from_the_roll(tmp_path: Path) -> None:
    nights, pupils = Deliveries(tmp_path), census()
    nights.night(0, school_census=pupils)
    newcomer = {**pupils[0], "surname": "Okafor", "forename": "Tunde", "date_of_birth": "2013-01-02"}
    nights.night(1, school_census=[newcomer, *pupils[1:]])
    key = f"school_census:{pupils[0]['record_id']}"
    assert nights.table("vanished").select("record_id", "vanished_on").rows() == [(f"{key}{UNTIL}", date(2026, 11, 3))]
    nights.night(2, school_census=[newcomer, *pupils[1:]])
    assert nights.table("vanished")["record_id"].to_list() == [f"{key}{UNTIL}"]


def test_rows_alike_go_on_one_by_one_and_a_child_whose_key_stays_is_is_asked_nothing() -> None:
    stays = {"record_id": "3", **CHILD, "given_names": "TUNDE"}
    before, after = ([*({"record_id": key, **CHILD} for key in keys), stays] for keys in ("12", "89"))
    assert _keys(_overnight(before, after)) == [("health:1", "health:8"), ("health:2", "health:9")]


def test_what_people_decided_holds_under_the_keys_of_tonight() -> None:
    keyed = pl.DataFrame([("b:2", "b:02", FIRST, None), ("c:3", "a:03", FIRST, None)], schema=RENUMBERED, orient="row")
    at = datetime(2026, 11, 3, tzinfo=UTC)
    found = pl.DataFrame([{"records": "a:1;b:2", "at": at}, {"records": "b:22", "at": at}], schema=OUTCOME)
    assert outcomes_now(found, keyed)["records"].to_list() == ["a:1;b:02", "b:22"]
    judged = [{"left_id": "b:2", "right_id": "c:3", "answer": "same", "by": "A. Lee", "at": at, "sample": "S1"}]
    now = judgements_now(pl.DataFrame(judged, schema=JUDGEMENT), keyed)
    assert now.select("left_id", "right_id", "answer").rows() == [("a:03", "b:02", "same")]
