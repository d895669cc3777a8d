"""One source has the birth dates of a brother and a sister in each other's place, and other sources show it."""

from datetime import date

import polars as pl
import pytest

from pipelines.children.age_slips import birth_date_evidence
from pipelines.children.exchanged_births import records_by_age, records_linked_and_by_age
from pipelines.children.provision import find_provision
from pipelines.decisions.outcomes import OUTCOME
from pipelines.linking.link import link, records_to_link
from pipelines.listing.early_warning import early_warning
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.other_teams import for_other_teams
from pipelines.listing.rank import rank
from pipelines.rank_settings import RankSettings
from pipelines.reasons import doubtful_age
from pipelines.reports.handover import handover
from pipelines.reports.termly_return import confirmed_missing
from pipelines.tables import CHILD_RECORD, STATEMENT
from tests.made.children import Drawn
from tests.made.nights import Nights
from tests.made.records import born, person_records, upn_of
from tests.spec.listing.test_outcomes import outcome

HOME = {"surname": "Okafor", "address": "1 Mill Lane", "postcode": "ZA1 9AN"}
OLDER, YOUNGER, THIRD = "19/05/2013", "03/11/2015", "08/02/2019"


def row(source, given, date, **more):
    return {**HOME, "dataset": source, "given": given, "born": born(date), **more}


def as_linked(person):
    return records_linked_and_by_age(person, person)[0]


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
    found = as_linked(person_records([*GP, *others]))
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
    found = as_linked(person_records([*APART, *roll]))
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
    found = as_linked(person_records([*GP, row("roll", "Tobias", OLDER, upn=upn_of(1)), *elsewhere]))
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
        pytest.param(
            [
                row("gp", "Georgia", OLDER), row("gp", "Okafor", YOUNGER, surname="George"),
                row("roll", "George", YOUNGER),
            ],
            id="a boy whose names doctors have in each other's place, with his date; his sister's name sounds like his",
        ),
        pytest.param([*GP, *(row("gp", f"Guest {n}", THIRD) for n in "ABCDEFG"), row("roll", "Tobias", OLDER)], id="a hostel"),
    ],
)  # fmt: skip
def test_dates_stay_where_something_else_explains_them(rows):
    person = person_records(rows)
    assert as_linked(person).equals(person)


def test_which_of_two_sources_exchanged_the_dates_is_not_sure():
    roll = [row("roll", "Tobias", OLDER, upn=upn_of(1)), row("roll", "Amira", YOUNGER, upn=upn_of(2))]
    person = person_records([*GP, *roll])
    assert records_by_age(person).equals(person)
    third = person_records([*GP, *roll, row("housing", "Amira", YOUNGER)])
    assert records_by_age(third)["date_of_birth"][:2].to_list() == [born(OLDER), born(YOUNGER)]


def test_brother_and_sister_whose_dates_the_doctors_exchanged_are_two_children_each_with_both_records():
    roll = [row("roll", "Tobias", OLDER, upn=upn_of(1)), row("roll", "Amira", YOUNGER, upn=upn_of(2))]
    boy, girl, boy_at_school, girl_at_school = link(records_to_link(person_records([*GP, *roll]))).child_records.sort(
        "record_id"
    )["child_id"]
    assert boy == boy_at_school != girl == girl_at_school


AS_AT = date(2026, 11, 20)
TODDLER = "14/06/2024"


def test_a_toddler_with_her_brothers_birth_date_is_not_of_age_and_the_reasons_say_why():
    rows = [row("gp", "Tobias", TODDLER), row("gp", "Amira", OLDER), row("roll", "Tobias", OLDER, upn=upn_of(1))]
    person = person_records(rows).with_columns(forename_shown="forename")
    children = pl.DataFrame({"record_id": person["record_id"], "child_id": ["CHBOY", "CHGIRL", "CHBOY"]})
    children = children.with_columns(membership=pl.lit(1.0)).select(CHILD_RECORD.names())
    statements = STATEMENT.to_frame()
    provision = find_provision(statements, children, AS_AT)
    said = birth_date_evidence(person, records_by_age(person), statements, children, provision, as_at=AS_AT).facts
    girl = said.filter(child_id="CHGIRL")
    assert girl.select("date_of_birth", "of_age").row(0) == (born(TODDLER), 0.0)
    assert girl.select(doubtful_age(0.8)).item() == (
        "One source has this birth date and a brother's or sister's in each other's place, as others show."
    )


def brother_and_sister(sister: date) -> Drawn:
    """A boy at school, and his sister, whom only the doctors know; they have the date of each with the other."""
    home = {"surname": "OKAFOR", "house": "1", "street": "MILL LANE", "postcode": "ZA19AN"}
    drawn = Drawn().record("health:H1", "CHBOY", sister, forename="TOBIAS", **home)
    drawn.record("school_census:C1", "CHBOY", born(OLDER), forename="TOBIAS", upn=upn_of(1), **home)
    drawn.on_roll("school_census:C1")
    return drawn.record("health:H2", "CHGIRL", born(OLDER), forename="AMIRA", sex="F", **home)


def test_a_girl_who_comes_of_age_is_warned_of_though_the_doctors_gave_her_her_brothers_date():
    tables = brother_and_sister(date(2021, 10, 5)).tables(AS_AT)
    warned = early_warning(ListInputs(**tables, as_at=AS_AT, settings=RankSettings())).children
    assert warned.select("child_id", "date_of_birth").rows() == [("CHGIRL", date(2021, 10, 5))]


def test_other_teams_are_given_the_birth_date_that_the_list_would_give():
    drawn = brother_and_sister(born(YOUNGER)).says("health:H2", "provision", "home education", date(2024, 9, 1))
    drawn.statements[-1] |= {"doubt": "not assessed yet", "proves": 0.9}
    inputs = ListInputs(**drawn.tables(AS_AT), as_at=AS_AT, settings=RankSettings())
    asked = for_other_teams(inputs, rank(inputs).explained)
    assert asked.select("child_id", "date_of_birth").rows() == [("CHGIRL", born(YOUNGER))]


def test_the_termly_return_counts_her_in_the_year_of_her_own_age():
    tables = brother_and_sister(born(YOUNGER)).tables(AS_AT)
    known = (tables["person"], tables["statements"], tables["child_records"])
    counted = confirmed_missing(*known, outcome("CONFIRMED_CME_NEW", child="CHGIRL", records="health:H2"), AS_AT)
    assert counted["year"].to_list() == ["Year 6"]


def test_another_authority_is_given_her_own_birth_date():
    tables = brother_and_sister(born(YOUNGER)).night()
    packet = handover("CHGIRL", tables, OUTCOME.to_frame(), to_authority="Neighbour", from_authority=None)
    assert packet.date_of_birth == born(YOUNGER)


def test_a_lead_found_not_to_be_of_age_leaves_the_list_with_the_day_on_which_she_will_be():
    """Her brother comes onto the roll under his own date only on the second night."""
    nights = Nights().night(Drawn().record("health:H2", "CHGIRL", born(OLDER)).lives("CHGIRL", 0.95))
    nights.night(brother_and_sister(born(TODDLER)))
    assert nights.lead("CHGIRL")["off_why"] == "By the birth date, not of compulsory school age before 31 August 2029."
