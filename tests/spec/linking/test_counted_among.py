"""Whom a record's child is counted among: children of one birth year, or those whose homes only one large list knows."""

from collections.abc import Mapping

import pytest

from pipelines.linking.counted_among import COUNTED_AMONG, ELSEWHERE, with_whom_counted
from pipelines.linking.link import link, records_to_link
from tests.made.records import Row, born, nhs_number_of, person_records, upn_of
from tests.spec.linking.test_names_given_again import OTHERS, families

HERE, NEXT_DOOR = "ZA1 9BN", "NB4 6XL"


def _homes(dataset: str, postcode: str, many: int) -> list[dict[str, object]]:
    """Records of children born in 2018."""
    return [{"dataset": dataset, "postcode": postcode, "born": born("24/03/2018")}] * many


@pytest.mark.parametrize(
    ("known", "counted"),
    [
        pytest.param({"roll": 10, "doctor": 10}, "2018", id="both lists know the district"),
        pytest.param({"roll": 10}, ELSEWHERE, id="only the roll knows it"),
        pytest.param({"doctor": 10}, ELSEWHERE, id="only the doctor knows it"),
        pytest.param({"roll": 10, "landlord": 10}, ELSEWHERE, id="a smaller list knows it as well"),
        pytest.param({"roll": 10, "doctor": 1}, ELSEWHERE, id="the doctor knows one in ten"),
        pytest.param({"roll": 10, "doctor": 3}, "2018", id="three for ten: it may be chance"),
        pytest.param(
            {"roll": 30, "doctor": 12}, ELSEWHERE, id="twelve for thirty: over the border, some with a doctor here"
        ),
        pytest.param({"roll": 30, "doctor": 16}, "2018", id="more than half"),
        pytest.param({"roll": 3}, "2018", id="none for three: it may be chance"),
    ],
)
def test_children_are_counted_by_themselves_where_one_of_two_lists_knows_hardly_any_home(
    known: Mapping[str, int], counted: str
) -> None:
    here = _homes("roll", HERE, 100) + _homes("doctor", HERE, 100) + _homes("landlord", HERE, 30)
    district = [row for dataset, many in known.items() for row in _homes(dataset, NEXT_DOOR, many)]
    found = with_whom_counted(person_records([*here, *district]))[COUNTED_AMONG].to_list()
    assert set(found[: len(here)]) == {"2018"}
    assert set(found[len(here) :]) == {counted}


@pytest.mark.parametrize(
    ("pupils", "counted"),
    [
        pytest.param(30, ELSEWHERE, id="three in thirteen pupils"),
        pytest.param(40, "2018", id="two in seven: the doctors' list covers only a part of the authority"),
    ],
)
def test_nobody_is_counted_apart_where_a_list_covers_only_a_part_of_the_authority(pupils: int, counted: str) -> None:
    here = _homes("roll", HERE, 100) + _homes("doctor", HERE, 100)
    found = with_whom_counted(person_records([*here, *_homes("roll", NEXT_DOOR, pupils)]))[COUNTED_AMONG]
    assert set(found.to_list()[len(here) :]) == {counted}


PUPILS = [{**row, "postcode": HERE} for row in OTHERS]
PATIENTS = [
    {**row, "record_id": f"gp:{number}", "upn": None, "nhs": nhs_number_of(number)} for number, row in enumerate(PUPILS)
]
"""Every pupil who lives here has a doctor here."""
NEXT_DOORS_PUPILS = [{**row, "postcode": NEXT_DOOR} for row in families(20, "Oliver", "Jack", "Noah", begin=2)]
"""None of them has a doctor here."""
BOY: Row = {"given": "Thaddeus", "sex": "M", "born": born("24/03/2009")}


@pytest.mark.parametrize(
    ("lives", "is_one"),
    [
        pytest.param(
            "ZA7 4AA", True, id="a district that nobody else lives in: moved and renamed, as nearly all have both"
        ),
        pytest.param(NEXT_DOOR, False, id="a pupil from next door has none here: a namesake"),
    ],
)
def test_a_pupil_without_a_doctor_here_is_a_patient_of_another_surname_only_if_pupils_like_him_have_a_doctor_here(
    lives: str, *, is_one: bool
) -> None:
    pupil = {**BOY, "surname": "Deane", "address": "3 High Street", "postcode": lives, "upn": upn_of(990)}
    patient = {**BOY, "surname": "Price", "address": "8 Thorn Close", "postcode": HERE, "nhs": nhs_number_of(990)}
    drawn = [{**pupil, "record_id": "census:drawn"}, {**patient, "record_id": "gp:drawn"}]
    children = link(records_to_link(person_records([*PUPILS, *PATIENTS, *NEXT_DOORS_PUPILS, *drawn]))).child_records
    found = dict(children.select("record_id", "child_id").iter_rows())
    assert (found["census:drawn"] == found["gp:drawn"]) is is_one
