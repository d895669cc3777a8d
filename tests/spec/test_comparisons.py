"""The level of every comparison of two children's records, in officers' words: drawn pairs of literal children."""

import numpy as np
import polars as pl
import pytest

from matching.blocking import CHILD_BLOCKING_RULES, columns_blocked
from matching.comparisons import (
    CHILD_COMPARISONS,
    Comparison,
    Level,
    columns_read,
    exact,
    missing,
    otherwise,
)
from matching.encode import encode
from matching.keys import with_keys
from matching.similarity import Equal
from tests.made.records import born, nhs_number_of, person_records, upn_of

COMPARISON = {comparison.name: comparison for comparison in CHILD_COMPARISONS}


def child(**written):
    return written


def named(given, surname="Okafor", **more):
    return {"given": given, "surname": surname, **more}


def called(surname, given="Amira", **more):
    return {"given": given, "surname": surname, **more}


def day(text):
    return {"born": born(text)}


def at(address, postcode="ZA1 9AN", **more):
    return {"address": address, "postcode": postcode, **more}


FORENAMES = [
    (named("Amira"), named("AMIRA"), "exact", "same name in capitals"),
    (named("Siân"), named("Sian"), "exact", "an accent makes no other name"),
    (named("Mary-Jane"), named("Mary"), "exact", "second half of a compound left out"),
    (named("Mary-Jane"), named("MaryJane"), "written together or apart", "compound with a hyphen and in one word"),
    (named("Mary Jane Ann"), named("MaryJane"), "written together or apart", "compound and a further name"),
    (named("William"), named("Bill"), "short or variant form", "William is Bill"),
    (named("Muhammad"), named("Mohamed"), "short or variant form", "two spellings of one Arabic name"),
    (named("Aisha"), named("Ayesha"), "short or variant form", "Aisha, Ayesha"),
    (named("Alexandra"), named("Sasha"), "short or variant form", "a pet form unlike its name"),
    (named("Jeremiah"), named("Jeremiha"), "one slip", "two letters transposed"),
    (named("Tremayne"), named("Tremane"), "one slip", "one letter left out"),
    (named("Oluwaseun"), named("Oluwaseum"), "one slip", "one letter mistyped"),
    (named("Zaid"), named("Zain"), "one letter apart, and both are names", "as twins are called, and hardly a slip"),
    (named("Hayden"), named("Jayden"), "one letter apart, and both are names", "that rhyme"),
    (named("Hayden"), named("Haydem"), "one slip", "one of them is no name"),
    (named("Ada"), named("Adq"), "one slip in a short name", "one letter of three: by itself it proves little"),
    (named("Zoe"), named("Joe"), "one slip in a short name", "and may be another name"),
    (named("Bo"), named("Jo"), "different", "one letter of two is another name"),
    (
        named("Tremayne P"),
        named("Piers"),
        "another given name, by its initial",
        "goes by the middle name, of which the other keeps the initial",
    ),
    (named("Tremayne Peter"), named("Piers"), "different", "a middle name that is written out is another"),
    (
        named("Muhammad Yusuf"),
        named("Yusuf Muhammad"),
        "given names in another order",
        "two given names the other way round",
    ),
    (named("Nnamdi Emmanuel"), named("Emmanuel N"), "given names in another order", "of one only the initial is left"),
    (named("Hussein Blial"), named("Bilal Hussein"), "given names in another order", "with a slip in one of them"),
    (
        named("Mohamed Yousef"),
        named("Yusuf Muhammad"),
        "given names in another order",
        "the other way round, and both spelt otherwise",
    ),
    (
        named("Thị Hương", "Trần"),
        named("H??ng Th?", "Tr?n"),
        "given names in another order",
        "in another order to a system that loses letters with marks",
    ),
    (
        named("V?n Qu?n", "Nguy?n"),
        named("Quân", "Nguyễn"),
        "another given name, by its sound",
        "the middle name first, and letters lost",
    ),
    (
        named("Văn Bảo", "Nguyễn"),
        named("Nguyen Bao", "Van"),
        "forename and surname swapped",
        "the family's name first, as in Vietnam, and the form took the last for the surname",
    ),
    (
        named("Hodan Farah", "Warsame"),
        named("Warsame Hodan", "Farah"),
        "forename and surname swapped",
        "a chain of own, father's and grandfather's name, from another end",
    ),
    (
        named("Hodan Farah", "Warsame"),
        named("Hodan Warsame", "Farah"),
        "exact",
        "father's and grandfather's name in another order are no other names",
    ),
    (
        named("Tremayne Piers"),
        named("Piers Amira"),
        "another given name",
        "called by the second name, and another behind",
    ),
    (
        named("Aanya", "Kaur"),
        named("Singh", "Aanya"),
        "one name in the other's place",
        "names swapped, of which one is another, too",
    ),
    (
        named("Yu Xin", "Leung"),
        named("Tsang", "Yuxin"),
        "one name in the other's place",
        "both given names for the surname, and another of two surnames",
    ),
    (
        named("Mahmoud", "Layla"),
        named("Layla", "Mehmood"),
        "forename and surname swapped",
        "swapped and spelt otherwise",
    ),
    (
        named("Muhammad Ali"),
        named("Muhammad Hassan"),
        "the first of several names, the others differ",
        "brothers who share the first name",
    ),
    (
        named("Ka Ho", "Li"),
        named("Ka Yin", "Li"),
        "the first of several names, the others differ",
        "brothers who share a syllable",
    ),
    (named("Muhammad Hassan"), named("Muhammad Hasan"), "exact", "a slip in the further name"),
    (named("Muhammad Ali Hassan"), named("Muhammad Hassan"), "exact", "one further name is shared"),
    (named("Muhammad A"), named("Muhammad Hassan"), "exact", "an initial is no further name"),
    (named("Muhammad"), named("Muhammad Hassan"), "exact", "one record gives no further name"),
    (
        named("Okafor"),
        named("Amira"),
        "the surname in both places",
        "one record has the surname in both places: that says no forename",
    ),
    (
        named("Yusuf Mohamed", "Yusuf"),
        named("Ayub Mohamed", "Yusuf"),
        "different",
        "named after a grandfather, whose name the brother bears as a surname",
    ),
    (
        named("Ka Ho", "Li"),
        named("Eric", "Li"),
        "a Chinese name and another that a child may go by",
        "an English name at school, the Chinese one at the doctor's: says nothing",
    ),
    (named("Ka Ho", "Li"), named("Siu Ming", "Li"), "different", "two Chinese names are two names"),
    (named("Vivian", "Li"), named("Eric", "Li"), "different", "and so are two English ones"),
    (named("Zoltan Piers"), named("Piers"), "another given name", "goes by the middle name"),
    (named("Rhydian"), named("Ridiyan"), "sounds alike", "written as it sounds"),
    (named("R"), named("Rhydian"), "initial", "an initial and a name that begins with it"),
    (named("R"), named("Tremayne"), "different", "an initial of another name"),
    (named("Abdulrahman"), named("Abdirahim"), "alike", "two long names that begin alike"),
    (named("Amira"), named("Tremayne"), "different", "two names"),
    (named(None), named("Amira"), "not said", "one record gives no forename"),
    (named("Baby Girl"), named("Amira"), "not said", "a baby not yet named"),
    (named("Chen", "Zhang"), named("Zhang", "Chen"), "forename and surname swapped", "names the other way round"),
    (named("Chen Wei", "Zhang"), named("Zhang", "Chen"), "forename and surname swapped", "and a further name"),
    (named("Tremayne", "Okafor"), named("Okafor", "Tremane"), "forename and surname swapped", "with a slip"),
    (named("Okafor", "Okafor"), named("Okafor", "Okafor"), "exact", "one name for both"),
]

SURNAMES = [
    (called("Al-Hassan"), called("AL HASSAN"), "exact", "hyphen or space"),
    (called("O'Brien"), called("OBrien"), "exact", "apostrophe"),
    (called("Mc Donald"), called("McDonald"), "exact", "Mc apart and together"),
    (called("Hassan"), called("Al-Hassan"), "shares a part", "a particle left out"),
    (called("Smith-Okafor"), called("Okafor"), "shares a part", "one half of a double-barrelled name"),
    (called("Smith-Okafor"), called("Okafor-Smith"), "shares a part", "halves the other way round"),
    (called("Smith", also="Okafor"), called("Okafor"), "another surname of the child", "a former surname"),
    (
        called("Smith", also="Okafor"),
        called("Jones", also="Okafor"),
        "another surname of the child",
        "both have been Okafor",
    ),
    (called("Thompson"), called("Thomspon"), "one slip", "two letters transposed"),
    (called("Kowalski"), called("Kovalski"), "one slip", "one letter"),
    (called("Lee"), called("Lea"), "sounds alike", "a short name is not let off a slip, but sounds the same"),
    (called("Khatun"), called("Katoon"), "sounds alike", "written as it sounds"),
    (called("Yousef"), called("Yusuf"), "sounds alike", "a father's name, spelt in two ways"),
    (called("Osman"), called("Uthman"), "another spelling", "a father's name, spelt in two ways"),
    (called("Xaashi"), called("Hashi"), "another spelling", "as Somalis spell it, and as others do"),
    (
        called("Warsame", "Hodan Farah"),
        called("Farah", "Hodan"),
        "a further name of the child, in the other list",
        "one list takes the grandfather's name for a surname, the other the father's",
    ),
    (
        called("Warsame", "Hodan Farah"),
        called("Farah", "Hodan Warsame"),
        "a further name of the child, in the other list",
        "father's and grandfather's name in another order",
    ),
    (
        called("Silva", "Beatriz Costa"),
        called("Costa", "Beatriz"),
        "a further name of the child, in the other list",
        "of the mother's and the father's surname",
    ),
    (called("Warsame", "Hodan Farah"), called("Jama", "Hodan"), "different, perhaps changed", "two chains"),
    (called("Richardson"), called("Richards"), "one slip", "a long beginning in common"),
    (called("Hutchinson"), called("Hutcheon"), "alike", "two names that begin alike"),
    (called("Okafor"), called("Whitby", carer="Grace Okafor"), "the carer's surname", "the mother's name"),
    (called("Okafor"), called("Whitby"), "different, perhaps changed", "two names"),
    (called("Unknown"), called("Whitby"), "not said", "a placeholder"),
    (
        called("Zhang", "Chen"),
        called("Chen", "Zhang"),
        "swapped, weighed with the forename",
        "names the other way round",
    ),
    (
        called("Kaur", "Aanya"),
        called("Aanya", "Singh"),
        "one name in the other's place, weighed with the forename",
        "the forename for the surname",
    ),
]

MIDDLES = [
    (named("Amira Grace"), named("Amira GRACE"), "exact", "same"),
    (named("Amira Grace Ann"), named("Amira Grace"), "shares one", "one of two"),
    (named("Amira G"), named("Amira Grace"), "initial", "an initial"),
    (named("Amira Grace"), named("Zainab Ann"), "different", "two middle names"),
    (named("Amira Grace"), named("Amira Ann"), "others behind one first name, weighed there", "of one first name"),
    (named("Amira"), named("Amira Grace"), "not said", "one record keeps none"),
    (
        named("Hodan Farah", "Warsame"),
        named("Hodan Ali", "Farah"),
        "one is the surname, weighed there",
        "the father's name is the surname there",
    ),
    (
        named("Coco X", "Liu"),
        named("Xin Yi", "Liu"),
        "part of the forename or its initial, weighed there",
        "the initial is that of the other's forename",
    ),
    (
        named("Tia Nyu", "Huang"),
        named("Tian Yu", "Huang"),
        "part of the forename or its initial, weighed there",
        "one given name, parted elsewhere",
    ),
    (
        named("Smith Kelhurst", "Bonnie"),
        named("Bonnie Lily", "Smith-Kelhurst"),
        "names swapped, weighed with the forename",
        "the second word is half of the surname",
    ),
    (
        named("Zoltan Piers"),
        named("Piers Zoltan"),
        "one is the forename, weighed there",
        "given names the other way round",
    ),
]

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
]  # fmt: skip

CASES = [
    *(pytest.param("forename", *pair, id=f"forename: {name}") for *pair, name in FORENAMES),
    *(pytest.param("surname", *pair, id=f"surname: {name}") for *pair, name in SURNAMES),
    *(pytest.param("middle names", *pair, id=f"middle names: {name}") for *pair, name in MIDDLES),
    *(
        pytest.param("date of birth", day(left), day(right), label, id=f"date of birth: {name}")
        for left, right, label, name in DATES
        if label
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
