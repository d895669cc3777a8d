"""A UPN that one roll gives to two children tells of neither."""

import pytest

from pipelines.linking.link import link, records_to_link
from pipelines.linking.shared_upns import without_shared_upns
from tests.made.records import born, person_records, upn_of

SISTER = {"given": "Amira Grace", "surname": "Okafor", "born": born("03/11/2015"), "upn": upn_of(1)}
HOME = {"address": "1 Mill Lane", "postcode": "ZA1 9AN"}


@pytest.mark.parametrize(
    ("other", "is_shared"),
    [
        pytest.param({"given": "Samuel", "born": born("19/05/2013")}, True, id="a brother"),
        pytest.param({"given": "Samuel Grace", "born": born("19/05/2013")}, True, id="a brother with her further name"),
        pytest.param({"given": "Zainab", "surname": "Khan", "born": born("08/02/2019")}, True, id="a stranger"),
        pytest.param({"born": born("19/05/2013")}, False, id="herself under another birth date"),
        pytest.param(
            {"given": "Grace", "born": born("19/05/2013")}, False, id="called by her further name, wrongly dated"
        ),
        pytest.param({"given": "Mimi"}, False, id="herself under another name"),
        pytest.param({"given": "Mimi", "born": born("03/11/2013")}, False, id="a pet name, and a slip of the year"),
        pytest.param({"given": "Samuel"}, False, id="perhaps a twin"),
        pytest.param({"given": "Samuel", "born": born("11/03/2016")}, False, id="too near in age for a brother"),
        pytest.param({"given": "Samuel", "born": None}, False, id="no birth date"),
        pytest.param({"given": "Samuel", "born": born("19/05/2013"), "dataset": "ehe"}, False, id="another source"),
    ],
)
def test_a_upn_is_shared_where_two_children_of_one_source_bear_it(other, is_shared):
    found = without_shared_upns(person_records([SISTER, SISTER | other]))
    assert found["upn"].is_null().to_list() == [is_shared, is_shared]


def test_a_shared_upn_is_no_former_one_either_and_what_others_bear_stays():
    rows = [
        SISTER,
        {**SISTER, "given": "Samuel", "born": born("19/05/2013")},
        {**SISTER, "upn": upn_of(2), "former_upn": upn_of(1)},
    ]
    found = without_shared_upns(person_records(rows))
    assert found.select("upn", "former_upn").rows() == [(None, None), (None, None), (upn_of(2), None)]


def test_a_girl_to_whom_the_new_school_gave_her_brothers_upn_is_one_child():
    primary, new = {**SISTER, **HOME}, {**SISTER, **HOME, "upn": upn_of(2)}
    brother = {**HOME, "given": "Samuel", "surname": "Okafor", "born": born("19/05/2013"), "upn": upn_of(2)}
    children = link(records_to_link(person_records([primary, new, brother]))).child_records["child_id"].to_list()
    assert children[0] == children[1] != children[2]
