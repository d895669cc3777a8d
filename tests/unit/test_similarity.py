"""Tests of a pair, one at a time, on drawn values."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from matching.in_numbers.encode import encode
from matching.pair_tests.date_similarity import DateTest, DayAndMonthSwapped, OneDigitApart
from matching.pair_tests.similarity import (
    Equal,
    EqualAcross,
    Missing,
    SharesAny,
    SharesCrosswise,
    Swapped,
    Unequal,
    both,
    either,
    none_of,
)
from matching.pair_tests.word_similarity import CrosswiseAlike, InitialOf, JaroWinklerAtLeast, Unlike, WithinEdits

LEFT, RIGHT = np.array([0], np.int32), np.array([1], np.int32)


def holds(test, one, other):
    """Does the test hold of two rows, whichever stands on the left?"""
    table = encode(pl.DataFrame([one, other], infer_schema_length=None), test.reads)
    forth, back = (bool(test.holds(table, *sides)[0]) for sides in ((LEFT, RIGHT), (RIGHT, LEFT)))
    assert forth == back
    return forth


def words(one, other):
    return {"name": one}, {"name": other}


@pytest.mark.parametrize(
    ("test", "pair", "expected"),
    [
        pytest.param(Equal("name"), words("AMIRA", "AMIRA"), True, id="equal"),
        pytest.param(Equal("name"), words(None, None), False, id="two nulls are not equal"),
        pytest.param(Unequal("name"), words("AMIRA", "CHEN"), True, id="unequal"),
        pytest.param(Unequal("name"), words("AMIRA", None), False, id="null is not unequal"),
        pytest.param(Missing("name"), words("AMIRA", None), True, id="one side missing"),
        pytest.param(Missing("name"), words("AMIRA", "CHEN"), False, id="both said"),
        pytest.param(Missing("name"), words("AMIRA", ""), False, id="an empty text is said"),
        pytest.param(InitialOf("name"), words("A", "AMIRA"), True, id="an initial"),
        pytest.param(InitialOf("name"), words("A", "A"), False, id="two equal initials are no initial of a name"),
        pytest.param(InitialOf("name"), words("A", "B"), False, id="two initials"),
        pytest.param(InitialOf("name"), words("A", ""), False, id="an empty name has no initial"),
        pytest.param(InitialOf("name"), words(None, "AMIRA"), False, id="no initial given"),
        pytest.param(WithinEdits("name", 1), words("AMIRA", "AMIAR"), True, id="neighbours swapped are one edit"),
        pytest.param(WithinEdits("name", 1, shortest=6), words("AMIRA", "AMIRAH"), False, id="one too short"),
        pytest.param(WithinEdits("name", 1, shortest=5), words("AMIRA", "AMIRAH"), True, id="both long enough"),
        pytest.param(WithinEdits("name", 1, shortest=9), words("AMIRA", "AMIRA"), True, id="equal, however short"),
        pytest.param(WithinEdits("name", 9), words("AMIRA", None), False, id="null is no edits from nothing"),
        pytest.param(JaroWinklerAtLeast("name", 0.96), words("MARTHA", "MARHTA"), True, id="Winkler's MARTHA, .961"),
        pytest.param(
            JaroWinklerAtLeast("name", 0.97), words("MARTHA", "MARHTA"), False, id="Winkler's MARTHA, not .97"
        ),
        pytest.param(JaroWinklerAtLeast("name", 0.84), words("DWAYNE", "DUANE"), True, id="Winkler's DWAYNE, .84"),
        pytest.param(JaroWinklerAtLeast("name", 0.0), words("ABC", "XYZ"), True, id="anything is at least 0"),
        pytest.param(Unlike("name", 0.6, shortest=3), words("ZASHIL", "PRANIT"), True, id="two names"),
        pytest.param(Unlike("name", 0.6, shortest=3), words("ZASHIL", "ZQHYL"), False, id="one of them written badly"),
        pytest.param(Unlike("name", 0.6, shortest=3), words("ZASHIL", "JO"), False, id="too short to be unlike"),
        pytest.param(Unlike("name", 0.6, shortest=3), words("ZASHIL", "ZASHIL"), False, id="nothing is unlike itself"),
    ],
)
def test_one_column(test, pair, expected):
    assert holds(test, *pair) is expected


def full(given, surname, **more):
    return {"given": given, "surname": surname, **more}


@pytest.mark.parametrize(
    ("test", "one", "other", "expected"),
    [
        pytest.param(Swapped("given", "surname"), full("CHEN", "ZHANG"), full("ZHANG", "CHEN"), True, id="swapped"),
        pytest.param(Swapped("given", "surname"), full("ALI", "ALI"), full("ALI", "ALI"), False, id="nothing to swap"),
        pytest.param(Swapped("given", "surname"), full(None, "ALI"), full("ALI", None), False, id="halves missing"),
        pytest.param(EqualAcross("given", "surname"), full("CHEN", "A"), full("B", "CHEN"), True, id="across"),
        pytest.param(EqualAcross("given", "surname"), full("CHEN", "A"), full("CHEN", "B"), False, id="not across"),
        pytest.param(EqualAcross("given", "surname"), full(None, "A"), full("B", None), False, id="nulls across"),
        pytest.param(
            CrosswiseAlike("given", "surname"), full("TREMAYNE", "OKAFOR"), full("OKAFOR", "TREMANE"), True, id="alike"
        ),
        pytest.param(
            CrosswiseAlike("given", "surname"), full("CHENWEI", "ZHANG"), full("ZHANG", "CHEN"), True, id="begins"
        ),
        pytest.param(
            CrosswiseAlike("given", "surname"), full("C", "ZHANG"), full("ZHANG", "CHEN"), False, id="only an initial"
        ),
        pytest.param(
            CrosswiseAlike("given", "surname"), full("CHEN", None), full(None, "CHEN"), False, id="half a name"
        ),
    ],
)
def test_two_columns(test, one, other, expected):
    assert holds(test, one, other) is expected


@pytest.mark.parametrize(
    ("test", "one", "other", "expected"),
    [
        pytest.param(SharesAny("parts"), {"parts": ["A", "B"]}, {"parts": ["C", "B", "B"]}, True, id="one in common"),
        pytest.param(SharesAny("parts"), {"parts": ["A"]}, {"parts": ["B"]}, False, id="none in common"),
        pytest.param(SharesAny("parts"), {"parts": []}, {"parts": []}, False, id="two empty lists share nothing"),
        pytest.param(
            SharesAny("parts"), {"parts": [None]}, {"parts": [None]}, False, id="nulls in lists share nothing"
        ),
        pytest.param(Missing("parts"), {"parts": []}, {"parts": ["A"]}, True, id="an empty list says nothing"),
        pytest.param(
            SharesAny("parts", "name"),
            {"parts": ["A"], "name": "X"},
            {"parts": ["Y"], "name": "A"},
            True,
            id="list and text",
        ),
        pytest.param(
            SharesAny("parts", "name"),
            {"parts": ["A"], "name": "A"},
            {"parts": ["Y"], "name": "X"},
            False,
            id="own text",
        ),
        pytest.param(
            SharesCrosswise("parts", "name"),
            {"parts": ["A"], "name": "X"},
            {"parts": ["Y", "X"], "name": "A"},
            True,
            id="crosswise",
        ),
        pytest.param(
            SharesCrosswise("parts", "name"),
            {"parts": ["A"], "name": "X"},
            {"parts": ["Y"], "name": "A"},
            False,
            id="crosswise one way only",
        ),
    ],
)
def test_lists(test, one, other, expected):
    assert holds(test, one, other) is expected


def test_one_of_several_and_all_of_several():
    slip, initial = WithinEdits("name", 1), InitialOf("name")
    assert holds(either(slip, initial), *words("A", "AMIRA"))
    assert holds(either(slip, initial), *words("AMIRA", "AMIAR"))
    assert not holds(both(slip, initial), *words("A", "AMIRA"))
    assert holds(both(slip, initial), *words("A", "AM"))
    assert either(slip, Equal("other")).reads == ("name", "other")
    assert both(Equal("other"), slip, initial).reads == ("other", "name")


def test_none_of_several():
    neither = none_of(Missing("name"), WithinEdits("name", 1), InitialOf("name"))
    assert holds(neither, *words("AMIRA", "CHEN"))
    assert not holds(neither, *words("AMIRA", "AMIAR"))
    assert not holds(neither, *words("A", "AMIRA"))
    assert not holds(neither, *words("AMIRA", None))
    assert neither.reads == ("name",)


@pytest.mark.parametrize(
    "test",
    [Equal("name"), Unequal("name"), InitialOf("name"), JaroWinklerAtLeast("name", 0.5), WithinEdits("name", 2),
     Unlike("name", 0.5, shortest=1), SharesAny("name"), SharesCrosswise("name", "name"), EqualAcross("name", "name"),
     Swapped("name", "name"), CrosswiseAlike("name", "name"), OneDigitApart("name"), DayAndMonthSwapped("name")],
    ids=repr,
)  # fmt: skip
def test_a_column_in_which_nothing_is_said_makes_no_test_hold(test):
    assert not holds(test, *words(None, None))


def test_dates_given_as_text_are_refused_with_a_remedy():
    with pytest.raises(TypeError, match=r"column name holds texts; give it as dates"):
        holds(OneDigitApart("name"), *words("20151103", "20151104"))


def test_a_date_test_that_says_nothing_of_dates_is_refused():
    with pytest.raises(TypeError, match="built on DateTest"):
        holds(DateTest("name"), {"name": date(2015, 11, 3)}, {"name": date(2015, 11, 4)})


def test_long_words_are_compared_by_their_first_letters_and_at_once():
    beginning = "ABDULRAHMAN" * 6
    one, other = beginning + "X" * 10_000, beginning + "Y" * 9_000
    assert holds(WithinEdits("name", 1), *words(one, other))
    assert holds(JaroWinklerAtLeast("name", 0.99), *words(one, other))
    assert not holds(WithinEdits("name", 1), *words(one, "Z" * 10_000))
