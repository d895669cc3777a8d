"""One source has the birth dates of a brother and a sister in each other's place, and other sources show it."""

from datetime import date

import polars as pl
import pytest

from pipelines.children.exchanged_births import with_births_put_right
from pipelines.children.provision import find_provision
from pipelines.linking.link import link
from pipelines.listing.rank import birth_date_evidence
from pipelines.reasons import doubtful_age
from pipelines.tables import CHILD_RECORD, STATEMENT
from tests.made.records import born, person_records, upn_of

HOME = {"surname": "Okafor", "address": "1 Mill Lane", "postcode": "ZA1 9AN"}
OLDER, YOUNGER, THIRD = "19/05/2013", "03/11/2015", "08/02/2019"


def row(source, given, date, **more):
    return {**HOME, "dataset": source, "given": given, "born": born(date), **more}


GP = [row("gp", "Tobias", YOUNGER), row("gp", "Amira", OLDER)]
"""The doctors' list has the boy's date with the girl, and hers with him."""

PUT_RIGHT, AS_GIVEN = (OLDER, YOUNGER), (YOUNGER, OLDER)


@pytest.mark.parametrize(
    ("others", "dates"),
    [
        pytest.param(
            [row("roll", "Tobias", OLDER, upn=upn_of(1)), row("roll", "Amira", YOUNGER, upn=upn_of(2))],
            PUT_RIGHT,
            id="the roll says otherwise of both, and knows UPNs",
        ),
        pytest.param(
            [row("roll", "Tobias", OLDER), row("housing", "Amira", YOUNGER)],
            PUT_RIGHT,
            id="two sources say so, of one each",
        ),
        pytest.param([row("roll", "Tobias", OLDER)], PUT_RIGHT, id="only the brother is known elsewhere"),
        pytest.param(
            [row("roll", "Tobyas", OLDER, upn=upn_of(1)), row("roll", "Ameera", YOUNGER, upn=upn_of(2))],
            PUT_RIGHT,
            id="names that sound alike",
        ),
        pytest.param(
            [
                row("roll", "Tobias", OLDER, upn=upn_of(1), postcode="ZA2 4BX"),
                row("roll", "Amira", YOUNGER, upn=upn_of(2), postcode="ZA2 4BX"),
            ],
            PUT_RIGHT,
            id="elsewhere the family has its former home",
        ),
        pytest.param(
            [
                row("roll", "Tobias", OLDER, upn=upn_of(1), postcode="ZA2 4BX"),
                row("roll", "Amira", YOUNGER, upn=upn_of(2), postcode="ZA3 6SX"),
            ],
            PUT_RIGHT,
            id="the doctors alone have both at one home",
        ),
        pytest.param([], AS_GIVEN, id="nobody else knows them"),
        pytest.param(
            [row("roll", "Tobias", YOUNGER), row("housing", "Tobias", OLDER)],
            AS_GIVEN,
            id="another source agrees with it",
        ),
        pytest.param([row("roll", "Tobias", THIRD)], AS_GIVEN, id="the other date is nobody's of the home"),
        pytest.param(
            [row("roll", "Tobias", OLDER), row("roll", "Ameerah-Lou", OLDER)],
            AS_GIVEN,
            id="the roll gives her date to her under another name",
        ),
        pytest.param(
            [row("roll", "Tobias", OLDER, postcode="ZA2 4BX")],
            AS_GIVEN,
            id="a namesake elsewhere, born on her birthday",
        ),
    ],
)
def test_two_dates_of_one_source_are_exchanged_where_others_show_it(others, dates):
    found = with_births_put_right(person_records([*GP, *others]))
    assert tuple(found["date_of_birth"][:2]) == tuple(map(born, dates))
    assert found["date_of_birth"][2:].to_list() == [other["born"] for other in others]


FAR = {"postcode": "ZA2 4BX"}
"""Another home."""

APART = [row("gp", "Tobias", YOUNGER), row("gp", "Amira", OLDER, **FAR)]
"""A boy and a girl of one surname at two homes."""


@pytest.mark.parametrize(
    ("theirs", "dates"),
    [
        pytest.param(FAR, PUT_RIGHT, id="the roll has both at one home: a family"),
        pytest.param(
            {"postcode": "ZA3 6SX"}, AS_GIVEN, id="nobody has them at one home: namesakes, where many share a few names"
        ),
    ],
)
def test_of_two_homes_only_dates_of_children_whom_another_source_has_together_are_exchanged(theirs, dates):
    roll = [row("roll", "Tobias", OLDER, upn=upn_of(1), **FAR), row("roll", "Amira", YOUNGER, upn=upn_of(2), **theirs)]
    found = with_births_put_right(person_records([*APART, *roll]))
    assert tuple(found["date_of_birth"][:2]) == tuple(map(born, dates))


def two_called(name, address, number):
    """Two children at one home whom the roll has under one name, each with a UPN."""
    return [row("roll", name, THIRD, address=address, upn=upn_of(number + each)) for each in (0, 1)]


@pytest.mark.parametrize(
    ("elsewhere", "dates"),
    [
        pytest.param([], PUT_RIGHT, id="a name that one child of a family has"),
        pytest.param(
            [*two_called("Tobias", "2 Mill Lane", 11), *two_called("Tobias", "3 Mill Lane", 21)],
            AS_GIVEN,
            id="a name that families give to all sons: the roll may have left out a second one",
        ),
    ],
)
def test_one_record_under_a_name_that_families_give_again_shows_nothing(elsewhere, dates):
    found = with_births_put_right(person_records([*GP, row("roll", "Tobias", OLDER, upn=upn_of(1)), *elsewhere]))
    assert tuple(found["date_of_birth"][:2]) == tuple(map(born, dates))


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(
            [
                row("gp", "Andre", "08/07/2018"), row("gp", "Andrew", "08/07/2017"),
                row("roll", "Andrew", "08/07/2018"), row("roll", "Andre", "08/07/2017"),
            ],
            id="one child twice, under a slip of the year",
        ),
        pytest.param(
            [
                row("gp", "Tobias", "05/05/2018"), row("gp", "Amira", "20/08/2018"),
                row("roll", "Tobias", "20/08/2018"), row("roll", "Amira", "05/05/2018"),
            ],
            id="too near in age for a brother",
        ),
        pytest.param(
            [
                row("gp", "Tobias", "01/01/2018"), row("gp", "Amira", OLDER),
                row("roll", "Tobias", OLDER), row("roll", "Amira", "01/01/2018"),
            ],
            id="1 January, which stands for unknown",
        ),
        pytest.param(
            [*GP, row("gp", "Zainab", OLDER), row("roll", "Tobias", OLDER)], id="whose of two sisters his date is, is unclear"
        ),
        pytest.param(
            [
                row("gp", "Mohammed", OLDER), row("gp", "Yusuf", YOUNGER),
                row("roll", "Mohammed", YOUNGER), row("housing", "Mohammed", YOUNGER), row("roll", "Mohammed", THIRD),
            ],
            id="brothers who have one name, of which each source knows others",
        ),
        pytest.param(
            [row("gp", "Mohammed", OLDER), row("gp", "Yusuf", YOUNGER), row("roll", "Mohammed Yusuf", YOUNGER)],
            id="a boy whom doctors call by his second name",
        ),
        pytest.param(
            [
                row("gp", "Elizabeth", OLDER), row("gp", "Beth", YOUNGER),
                row("roll", "Elizabeth", YOUNGER), row("housing", "Beth", OLDER),
            ],
            id="two forms of one name",
        ),
        pytest.param(
            [row("gp", "Noah", OLDER), row("roll", "Noah", YOUNGER), row("roll", "N", OLDER)],
            id="an initial, which may be that of either of two called Noah",
        ),
        pytest.param([*GP, *(row("gp", f"Guest {n}", THIRD) for n in "ABCDEFG"), row("roll", "Tobias", OLDER)], id="a hostel"),
    ],
)  # fmt: skip
def test_dates_stay_where_something_else_explains_them(rows):
    person = person_records(rows)
    assert with_births_put_right(person).equals(person)


def test_which_of_two_sources_exchanged_the_dates_is_not_sure():
    roll = [row("roll", "Tobias", OLDER, upn=upn_of(1)), row("roll", "Amira", YOUNGER, upn=upn_of(2))]
    person = person_records([*GP, *roll])
    assert with_births_put_right(person, surely=True).equals(person)
    third = person_records([*GP, *roll, row("housing", "Amira", YOUNGER)])
    assert with_births_put_right(third, surely=True)["date_of_birth"][:2].to_list() == [born(OLDER), born(YOUNGER)]


def test_brother_and_sister_whose_dates_the_doctors_exchanged_are_two_children_each_with_both_records():
    roll = [row("roll", "Tobias", OLDER, upn=upn_of(1)), row("roll", "Amira", YOUNGER, upn=upn_of(2))]
    boy, girl, boy_at_school, girl_at_school = link(person_records([*GP, *roll])).child_records.sort("record_id")[
        "child_id"
    ]
    assert boy == boy_at_school != girl == girl_at_school


AS_AT = date(2026, 11, 20)
TODDLER = "14/06/2024"


def test_a_toddler_with_her_brothers_birth_date_is_not_of_age_and_the_reasons_say_why():
    rows = [row("gp", "Tobias", TODDLER), row("gp", "Amira", OLDER), row("roll", "Tobias", OLDER, upn=upn_of(1))]
    person = person_records(rows).with_columns(forename_shown="forename")
    children = pl.DataFrame({"record_id": person["record_id"], "child_id": ["CHBOY", "CHGIRL", "CHBOY"]})
    children = children.with_columns(membership=pl.lit(1.0)).select(CHILD_RECORD.names())
    statements = STATEMENT.to_frame()
    said = birth_date_evidence(person, statements, children, find_provision(statements, children, AS_AT), AS_AT).facts
    girl = said.filter(child_id="CHGIRL")
    assert girl.select("date_of_birth", "of_age").row(0) == (born(TODDLER), 0.0)
    assert girl.select(doubtful_age(0.8)).item() == (
        "One source has this birth date and a brother's or sister's in each other's place, as others show."
    )
