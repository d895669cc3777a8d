"""No bound loses a pair that the string function itself would take; dates agree with plain Python."""

from datetime import date
from functools import partial

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, JaroWinkler

from matching.canonical.keys import with_keys
from matching.comparisons import CHILD_COMPARISONS, Comparison, Level, columns_read, missing, otherwise
from matching.in_numbers.encode import LONGEST, encode
from matching.pair_tests.date_similarity import (
    ADayApart,
    DayAndMonthSwapped,
    DigitsTransposed,
    FirstOfJanuary,
    OneDigitApart,
    SameDayAndMonth,
    SameYear,
    SameYearAndDay,
    SameYearAndMonth,
)
from matching.pair_tests.similarity import Equal, either
from matching.pair_tests.word_similarity import JaroWinklerAtLeast, WithinEdits
from tests.made.records import nhs_number_of, person_records, upn_of

STEADY = settings(max_examples=60, deadline=None, derandomize=True)

NEAR = st.text(st.sampled_from("ABCab-' é👶🏽שרم\u202e"), max_size=12)
"""Few letters, so that words come near each other; letters that share a bit of the signature among them."""
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=90)
LONG = st.builds(
    lambda word, times: word * times,
    st.text(st.sampled_from("ABC👶"), min_size=1, max_size=4),
    st.integers(2_000, 2_500),
)
WORDS = st.lists(st.one_of(NEAR, NEAR, ANY, LONG), min_size=2, max_size=14)


def _all_pairs(words):
    table = encode(pl.DataFrame({"word": words}), ["word"])
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(words), 1))
    return table, left, right, [(words[i][:LONGEST], words[j][:LONGEST]) for i, j in zip(left, right, strict=True)]


@given(WORDS, st.sampled_from([0.5, 0.84, 0.87, 0.88, 0.94, 0.95, 1.0]))
@example(["A", "a", "\x01", "Á", "A" * 64 + "B", "A" * 65], 0.84)
@STEADY
def test_jaro_winkler_is_rapidfuzz_on_every_pair(words, threshold):
    table, left, right, pairs = _all_pairs(words)
    found = JaroWinklerAtLeast("word", threshold).holds(table, left, right)
    scores = np.array([JaroWinkler.similarity(a, b) for a, b in pairs])
    sure = np.abs(scores - threshold) > 2e-6
    assert found[sure].tolist() == (scores >= threshold)[sure].tolist()
    assert found[scores >= threshold].all()


@given(WORDS, st.integers(1, 3), st.integers(1, 5))
@example(["AMIRA", "AMIAR", "", "A"], 1, 1)
@STEADY
def test_edits_are_rapidfuzz_on_every_pair(words, edits, shortest):
    table, left, right, pairs = _all_pairs(words)
    found = WithinEdits("word", edits, shortest).holds(table, left, right)
    wholes = [(words[i], words[j]) for i, j in zip(left, right, strict=True)]
    expected = [
        whole[0] == whole[1] or (OSA.distance(a, b) <= edits and min(len(a), len(b)) >= shortest)
        for (a, b), whole in zip(pairs, wholes, strict=True)
    ]
    assert found.tolist() == expected


def _text(day):
    return day.strftime("%Y%m%d")


def _apart(a, b):
    return [place for place in range(8) if _text(a)[place] != _text(b)[place]]


def _transposed(a, b):
    apart = _apart(a, b)
    neighbours = [(0, 1), (1, 2), (2, 3), (4, 5), (6, 7)]
    return tuple(apart) in neighbours and sorted(_text(a)) == sorted(_text(b))


ORACLES = {
    ADayApart: lambda a, b: abs((a - b).days) == 1,
    OneDigitApart: lambda a, b: len(_apart(a, b)) == 1,
    DigitsTransposed: _transposed,
    DayAndMonthSwapped: lambda a, b: a != b and (a.year, a.month, a.day) == (b.year, b.day, b.month),
    FirstOfJanuary: lambda a, b: a != b and (1, 1) in {(a.month, a.day), (b.month, b.day)},
    partial(FirstOfJanuary, years=1): lambda a, b: ORACLES[FirstOfJanuary](a, b) and abs(a.year - b.year) <= 1,
    SameDayAndMonth: lambda a, b: a.year != b.year and (a.month, a.day) == (b.month, b.day),
    SameYearAndMonth: lambda a, b: a.day != b.day and (a.year, a.month) == (b.year, b.month),
    SameYearAndDay: lambda a, b: a.month != b.month and (a.year, a.day) == (b.year, b.day),
    SameYear: lambda a, b: a != b and a.year == b.year,
}
CLOSE = st.builds(date, st.sampled_from([1999, 2009, 2011, 2012, 2021]), st.integers(1, 12), st.integers(1, 28))
TURNS = st.sampled_from(
    ["2011-12-31", "2012-01-01", "2012-02-28", "2012-02-29", "2012-03-01", "2011-03-01", "2011-02-28"]
)
DAYS = st.lists(
    st.one_of(CLOSE, TURNS.map(date.fromisoformat), st.dates(date(1900, 1, 1), date(2030, 12, 31))),
    min_size=2,
    max_size=30,
)


@pytest.mark.parametrize("test", ORACLES, ids=repr)
@given(DAYS)
@settings(STEADY, max_examples=25)
def test_dates_agree_with_plain_python(test, days):
    table = encode(pl.DataFrame({"born": days}), ["born"])
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(days), 1))
    found = test("born").holds(table, left, right)
    assert found.tolist() == [ORACLES[test](days[i], days[j]) for i, j in zip(left, right, strict=True)]


DATE_TESTS = st.sampled_from([test("born") for test in ORACLES])
DATE_LEVELS = st.lists(
    DATE_TESTS
    | st.lists(DATE_TESTS | st.builds(Equal, st.sampled_from(["born", "word"])), min_size=2).map(
        lambda tests: either(*tests)
    ),
    min_size=1,
    max_size=5,
)


@given(
    st.lists(st.tuples(CLOSE | st.none(), st.sampled_from(["a", "b"])), min_size=2, max_size=25),
    DATE_LEVELS,
    st.booleans(),
)
@STEADY
def test_a_pair_of_dates_has_the_first_level_that_holds(rows, tests, opens):
    opening = (missing("born"), Level("the same", Equal("born"))) if opens else ()
    levels = (*opening, *(Level(str(number), test) for number, test in enumerate(tests)), otherwise())
    table = encode(pl.DataFrame(rows, schema={"born": pl.Date, "word": pl.String}, orient="row"), ["born", "word"])
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(rows), 1))
    held = np.stack([level.test.holds(table, left, right) for level in levels[:-1]] + [np.ones(len(left), bool)])
    assert Comparison("born", levels).levels_of(table, left, right).tolist() == held.argmax(axis=0).tolist()


FORENAMES = ("Amira", "Amirah", "A", "Mary-Jane", "Mary Jane", "MaryJane", "Bill", "William", "Muhammad", "Mohamed Ali")
SURNAMES = ("Okafor", "Okafro", "Smith-Okafor", "Al-Hassan", "Hassan", "Chen", "Zhang")
NAMES = st.sampled_from([*FORENAMES, *SURNAMES, "Unknown", "👶", "שרה", "Łukasz", None])
CARER = st.sampled_from(["Grace Okafor", "Grace Okafro", "Mrs Chen", None])
ADDRESS = st.sampled_from(["Flat 7, 67 High Road", "67 High Road", "Flat 8, 67 High Road", "1 Mill Lane", None])
RECORD = st.fixed_dictionaries(
    {
        "given": NAMES,
        "surname": NAMES,
        "also": NAMES,
        "born": st.none() | CLOSE,
        "sex": st.sampled_from(["F", "M", None]),
        "carer": CARER,
        "address": ADDRESS,
        "postcode": st.sampled_from(["ZA1 9AN", "ZA1 9AP", "ZA1 4BP", None]),
        "uprn": st.sampled_from(["10012345", None]),
        "upn": st.sampled_from([upn_of(1), upn_of(2), None]),
        "former_upn": st.sampled_from([upn_of(1), None]),
        "nhs": st.sampled_from([nhs_number_of(1), nhs_number_of(2), None]),
        "phone": st.sampled_from(["07281 235108", None]),
    }
)


@given(st.lists(RECORD, min_size=30, max_size=40))
@settings(STEADY, max_examples=5)
def test_no_comparison_minds_which_record_stands_on_the_left(rows):
    table = encode(with_keys(person_records(rows)), columns_read(CHILD_COMPARISONS))
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(rows), 1))
    for comparison in CHILD_COMPARISONS:
        assert comparison.levels_of(table, left, right).tolist() == comparison.levels_of(table, right, left).tolist()


@given(st.lists(RECORD, min_size=30, max_size=40))
@settings(STEADY, max_examples=4)
def test_a_record_is_at_its_best_level_with_its_own_copy(rows):
    table = encode(with_keys(person_records(rows + rows)), columns_read(CHILD_COMPARISONS))
    left = np.arange(len(rows), dtype=np.int32)
    for comparison in CHILD_COMPARISONS:
        best = next(n for n, level in enumerate(comparison.levels) if not level.says_nothing)
        levels = comparison.levels_of(table, left, left + np.int32(len(rows)))
        assert all(n == best or comparison.levels[n].says_nothing or comparison.name == "address" for n in levels)
