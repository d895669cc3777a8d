"""The level of every comparison of two children's records, in officers' words: drawn pairs of literal children."""

import numpy as np
import polars as pl
import pytest

from matching.blocking import CHILD_BLOCKING_RULES, columns_blocked
from matching.canonical.keys import with_keys
from matching.comparisons import (
    CHILD_COMPARISONS,
    Comparison,
    Level,
    columns_read,
    exact,
    missing,
    otherwise,
)
from matching.in_numbers.encode import encode
from matching.pair_tests.similarity import Equal
from tests.made.records import born, nhs_number_of, person_records, upn_of
from tests.spec.linking.name_comparison_cases import FORENAMES, MIDDLES, SURNAMES, named

COMPARISON = {comparison.name: comparison for comparison in CHILD_COMPARISONS}


def child(**written):
    return written


def day(text):
    return {"born": born(text)}


def given(text):
    """A birth as a list gives it: a day, a month or a year."""
    return day(text) if text is None or "/" in text else {"born_in": text}


def at(address, postcode="ZA1 9AN", **more):
    return {"address": address, "postcode": postcode, **more}


DATES = [
    ("03/11/2015", "03/11/2015", "exact", "same day"),
    ("03/11/2015", "11/03/2015", "day and month swapped", "the American way round"),
    ("13/11/2015", "31/11/2015", None, "no such day"),
    ("12/05/2015", "11/05/2015", "a day apart", "midnight in summer is the day before by Greenwich"),
    ("01/06/2015", "31/05/2015", "a day apart", "from month to month"),
    ("29/02/2016", "01/03/2016", "a day apart", "in a leap year"),
    ("28/02/2015", "01/03/2015", "a day apart", "in another"),
    ("01/06/2015", "30/05/2015", "same year", "two days"),
    ("12/05/2015", "21/05/2015", "two digits transposed", "12 and 21"),
    ("23/04/2015", "23/04/2051", "two digits transposed", "digits of the year"),
    ("03/11/2015", "08/11/2015", "one digit apart", "3 read as 8"),
    ("03/11/2015", "03/11/2016", "one digit apart", "last year on the form"),
    ("03/11/2015", "03/11/2009", "another year, same day", "birthday agrees"),
    ("04/11/2015", "27/11/2015", "another day, same month", "month agrees"),
    ("27/03/2015", "27/10/2015", "another month, same day", "day of another month"),
    ("27/03/2015", "14/10/2015", "same year", "born the same year"),
    ("27/03/2015", "14/10/2009", "different", "nothing agrees"),
    ("01/01/2015", "27/03/2015", "1 January, the stand-in for unknown", "a stand-in"),
    ("01/01/2015", "01/01/2016", "1 January, the stand-in for unknown", "two stand-ins"),
    ("01/01/2015", "27/03/2014", "1 January, the stand-in for unknown", "a stand-in, the year estimated"),
    ("01/01/2015", "27/03/2008", "1 January of quite another year", "who does not know the day mostly knows the year"),
    ("01/01/2015", "01/01/2015", "exact", "both the 1st of January"),
    (None, "27/03/2015", "not said", "no birth date"),
]

PLACES = [
    (at("Flat 7, 67 Highfield Road"), at("7/67 Highfield Rd"), "same dwelling", "one flat written in two ways"),
    (at("67 Highfield Road"), at("67 Highfield Rd, Zedborough"), "same dwelling", "one house"),
    (at("67A Highfield Road"), at("Flat A, 67 Highfield Road"), "same dwelling", "a flat by its letter"),
    (at("67 Highfield Road"), at("67A Highfield Road"), "same building, flat not said or another", "a letter left out"),
    (at("Pen-y-bryn, Mill Lane"), at("PENYBRYN, MILL LANE"), "same dwelling", "a house's name written together"),
    (
        at("67 Highfield Road"),
        at("67 HighfieldRoad", None),
        "same door, postcode differs",
        "a street's name written together",
    ),
    (at("Rose Cottage, Mill Lane", uprn="10012345"), at("1 Mill Lane", uprn="010012345"), "same dwelling", "by UPRN"),
    (
        at("67 Highfield Road"),
        at("Flat 7, 67 Highfield Road"),
        "same building, flat not said or another",
        "flat left out",
    ),
    (
        at("Flat 8, 67 Highfield Road"),
        at("Flat 7, 67 Highfield Road"),
        "same building, flat not said or another",
        "two flats",
    ),
    (at("67 Highfield Road"), at("67 Highfield Road", "ZA1 9BP"), "same door, postcode differs", "a wrong postcode"),
    (at("67 Highfield Road"), at("67 Highfield Road", None), "same door, postcode differs", "no postcode on one side"),
    (
        at("Plot 67 Heron Park", None),
        at("PLOT 67, HERON PARK", None),
        "same door, postcode differs",
        "a plot of a new estate, without numbers and postcodes",
    ),
    (at("Plot 67 Heron Park", None), at("Plot 12 Heron Park", None), "not comparable", "two plots of it"),
    (at("67 Highfield Road"), at("12 Mill Lane"), "same postcode", "neighbours"),
    (at("67 Highfield Road"), at("12 Mill Lane", None), "not comparable", "two doors and one postcode"),
    (at("67 Highfield Road"), at("12 Mill Lane", "ZA1 9AP"), "postcode one slip apart", "one letter mistyped"),
    (at("67 Highfield Road"), at("12 Mill Lane", "ZA1 4BP"), "same postcode district", "the same end of town"),
    (at("67 Highfield Road"), at("12 Mill Lane", "ZA7 4BP"), "elsewhere", "moved away"),
    (at(None, None), at("12 Mill Lane"), "not said", "no address"),
]

NUMBERS = [
    ("UPN", child(upn=upn_of(1)), child(upn=upn_of(1)), "same", "one UPN"),
    ("UPN", child(upn=upn_of(1)), child(upn=upn_of(2), former_upn=upn_of(1)), "same", "superseded by another"),
    ("UPN", child(upn=upn_of(1)), child(upn=upn_of(2)), "different", "two UPNs"),
    ("UPN", child(upn="U37040001950A"), child(upn="U37040001950A"), "same", "one temporary UPN"),
    ("UPN", child(upn="U37040001950A"), child(upn=upn_of(1)), "temporary", "the new school does not know its own yet"),
    ("UPN", child(upn="U37040001950A"), child(upn="J82343210501B"), "temporary", "two schools do not know its own"),
    ("UPN", child(upn=upn_of(1), former_upn="U37040001950A"), child(upn=upn_of(2)), "different", "its own came since"),
    ("UPN", child(upn=upn_of(1)), child(), "not said", "only one has a UPN"),
    ("UPN", child(upn="A123"), child(upn=upn_of(2)), "not said", "no UPN at all"),
    ("NHS number", child(nhs=nhs_number_of(1)), child(nhs=nhs_number_of(1)), "same", "one NHS number"),
    ("NHS number", child(nhs=nhs_number_of(1)), child(nhs=nhs_number_of(2)), "different", "two NHS numbers"),
    ("NHS number", child(nhs=nhs_number_of(1)), child(nhs="1234567890"), "not said", "a wrong check digit"),
    ("sex", child(sex="F"), child(sex="F"), "same", "both girls"),
    ("sex", child(sex="F"), child(sex="M"), "different", "a girl and a boy"),
    ("sex", child(sex="F"), child(), "not said", "one record leaves it out"),
    ("phone", child(phone="07281 235 108"), child(phone="+44 7281 235108"), "same", "one number written in two ways"),
    ("phone", child(phone="07281 235 108"), child(phone="07281 235 109"), "different", "two numbers"),
    ("phone", child(phone="ask mum"), child(phone="07281 235 109"), "not said", "no number"),
    ("carer", child(carer="Mrs Grace Okafor"), child(carer="OKAFOR, Grace"), "same name", "one mother"),
    ("carer", child(carer="Grace Okafor"), child(carer="Grace Okafro"), "one slip", "a slip in her name"),
    ("carer", child(carer="Grace Okafor"), child(carer="Chidi Okafor"), "another carer", "mother and father"),
    ("carer", child(carer="Mrs Okafor"), child(carer="Grace Okafor"), "not said", "only a surname"),
]

MONTHS = [
    ("03/11/2015", "2015-11", "same month", "a whole date and its month"),
    ("2015-11", "2015-11", "same month", "one month"),
    ("03/11/2015", "2015", "same year, in one the month is not said", "a whole date and its year"),
    ("2015", "2015", "same year, in one the month is not said", "one year"),
    ("03/11/2015", "2015-10", "another month of the same year", "the month before"),
    ("03/11/2015", "2014-11", "same month of another year", "the year before"),
    ("03/11/2015", "2012-02", "different", "neither"),
    ("03/11/2015", "2012", "different", "another year"),
    ("03/11/2015", "03/11/2015", "weighed with the date of birth", "two whole dates"),
    ("03/11/2015", None, "not said", "nothing in the other"),
]
"""What each record gives of a birth: a day, a month or a year."""

CASES = [
    *(pytest.param("forename", *pair, id=f"forename: {name}") for *pair, name in FORENAMES),
    *(pytest.param("surname", *pair, id=f"surname: {name}") for *pair, name in SURNAMES),
    *(pytest.param("middle names", *pair, id=f"middle names: {name}") for *pair, name in MIDDLES),
    *(
        pytest.param("date of birth", day(left), day(right), label, id=f"date of birth: {name}")
        for left, right, label, name in DATES
        if label
    ),
    *(
        pytest.param("month of birth", given(left), given(right), label, id=f"{label}: {name}")
        for left, right, label, name in MONTHS
    ),
    *(pytest.param("address", *pair, id=f"address: {name}") for *pair, name in PLACES),
    *(pytest.param(of, *pair, id=f"{of}: {name}") for of, *pair, name in NUMBERS),
]


@pytest.fixture(scope="module")
def levels():
    """Every drawn pair's level in words, both ways round: by number of the case."""
    rows = [row for case in CASES for row in case.values[1:3]]
    keyed = with_keys(person_records(rows))
    table = encode(keyed, columns_read(CHILD_COMPARISONS))
    left = np.arange(0, len(rows), 2, dtype=np.int32)
    forth = {name: c.levels_of(table, left, left + 1) for name, c in COMPARISON.items()}
    back = {name: c.levels_of(table, left + 1, left) for name, c in COMPARISON.items()}
    return forth, back


@pytest.mark.parametrize(("number", "case"), [pytest.param(n, c, id=c.id) for n, c in enumerate(CASES)])
def test_level_of_a_pair(levels, number, case):
    name, _, _, label = case.values
    said = [COMPARISON[name].levels[int(side[name][number])].label for side in levels]
    assert said == [label, label]


def test_every_level_of_every_comparison_is_drawn():
    drawn = {(case.values[0], case.values[3]) for case in CASES}
    wanted = {(c.name, level.label) for c in CHILD_COMPARISONS for level in c.levels}
    assert drawn >= wanted


def test_keys_give_every_column_that_comparisons_and_rules_read():
    keyed = with_keys(person_records([named("Amira")]))
    read = {*columns_read(CHILD_COMPARISONS), *columns_blocked(CHILD_BLOCKING_RULES)}
    assert read <= set(keyed.columns)


def test_keys_of_no_records():
    keyed = with_keys(person_records([]))
    assert keyed.height == 0
    assert encode(keyed, columns_read(CHILD_COMPARISONS)).height == 0


@pytest.mark.parametrize(
    ("levels", "why"),
    [
        pytest.param((), "last level", id="no levels"),
        pytest.param((missing("a"), exact("a")), "last level", id="nothing takes what is left"),
        pytest.param((otherwise("x"), otherwise()), "only the last", id="a level after the last"),
        pytest.param((exact("a"), Level("exact", Equal("b")), otherwise()), "same label", id="two levels of one label"),
        pytest.param((Level("b", None, slipped_from="c"),), "no level is called 'c'", id="a slip from nowhere"),
    ],
)
def test_a_comparison_that_cannot_work_is_refused(levels, why):
    with pytest.raises(ValueError, match=why):
        Comparison("name", levels)


def test_later_levels_see_only_pairs_still_open():
    table = encode(pl.DataFrame({"a": ["X", "X", "Y", None]}), ["a"])
    comparison = Comparison("a", (missing("a"), exact("a"), otherwise()))
    left, right = np.array([0, 0, 0], np.int32), np.array([1, 2, 3], np.int32)
    assert [comparison.levels[n].label for n in comparison.levels_of(table, left, right)] == [
        "exact",
        "different",
        "not said",
    ]


@pytest.mark.parametrize(
    ("comparison", "columns", "level"),
    [
        ("UPN", ("upns",), "same"),
        ("NHS number", ("nhs_number",), "same"),
        ("phone", ("phone", "forename_key"), "same"),
        ("date of birth", ("name_pair", "date_of_birth"), "exact"),
        ("surname", ("surname",), "exact"),
        ("middle names", ("forename_key", "middle_names"), "exact"),
        ("date of birth", ("surname_key", "dob_unordered"), None),  # day and month may stand crosswise
        ("surname", ("surname_key", "dob_unordered"), None),  # names that sound alike have one key
        ("forename", ("forename",), None),  # the names behind it decide between two levels
        ("address", ("postcode",), None),
        ("carer", ("phone",), None),
    ],
)
def test_what_agreement_in_a_blocking_rules_columns_settles(comparison, columns, level):
    card = COMPARISON[comparison]
    settled = card.level_where_agreed(columns)
    assert level == (None if settled is None else card.levels[settled].label)
