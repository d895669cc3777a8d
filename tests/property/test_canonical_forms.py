"""What holds of every canonical form, whatever text comes in."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.canonical.addresses import addresses, shown_addresses
from matching.canonical.identifiers import (
    canonical_nhs_number,
    canonical_phone,
    canonical_postcode,
    canonical_upn,
    canonical_uprn,
    nhs_number_is_valid,
    upn_is_valid,
)
from matching.canonical.names import (
    carer_names,
    given_names,
    shown_names,
    skeleton_key,
    split_full_names,
    surnames,
    variant_groups,
)

OF_NAMES = (
    "Baby",
    "Boy",
    "Al",
    "de",
    "la",
    "Mc",
    "O'",
    "-",
    ", ",
    " & ",
    "Mr",
    "Miss",
    "Jnr",
    "(",
    ")",
    "Ã©",
    "Ã",
    "N/K",
)
OF_ADDRESSES = ("Flat 7", "12A", "67", "12-14", "St", "Rd", "High", "/", "Zedborough", "ZA1 9FG", "ZZ99 3VZ")
PIECES = st.sampled_from([*OF_NAMES, *OF_ADDRESSES, "XX", "\u202e", "👶🏽"])
TEXT = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=8).map(" ".join), st.none())
TEXTS = st.lists(TEXT, max_size=30)
QUICK = settings(max_examples=25, deadline=None)

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
CANONICAL_IDENTIFIERS = (canonical_nhs_number, canonical_phone, canonical_postcode, canonical_upn, canonical_uprn)


def _column(texts):
    return pl.Series("text", texts, dtype=pl.String)


def _identifiers(function, texts):
    return _column(texts).to_frame().select(function(pl.col("text")))["text"].to_list()


def _upn(body):
    """A UPN from its twelve characters after the check letter: the standard's rule in plain Python."""
    values = [int(c) if c.isdigit() else LETTERS.index(c) for c in body]
    return LETTERS[sum(value * weight for value, weight in zip(values, range(2, 14), strict=True)) % 23] + body


def _nhs_check_digit(nine_digits):
    return (11 - sum(int(d) * w for d, w in zip(nine_digits, range(10, 1, -1), strict=True)) % 11) % 11


DIGITS = st.characters(whitelist_categories=[], whitelist_characters="0123456789")
UPN_BODIES = st.tuples(st.text(DIGITS, min_size=11, max_size=11), st.sampled_from("0123456789" + LETTERS)).map("".join)


@QUICK
@given(TEXTS)
def test_name_columns_hold_only_capitals_and_stay_the_same_when_made_again(texts):
    given_ = given_names(_column(texts))
    family = surnames(_column(texts))
    assert given_.height == family.height == len(texts)
    for values in (given_["forename"], given_["given_names"], family["surname"]):
        assert values.drop_nulls().str.contains("^[A-Z]+$").all()
    assert given_["middle_names"].drop_nulls().str.contains("^[A-Z]+(?: [A-Z]+)*$").all()
    assert family["surname_parts"].explode(empty_as_null=False, keep_nulls=False).str.contains("^[A-Z]{2,}$").all()


@QUICK
@given(TEXTS)
def test_a_name_that_is_canonical_is_left_alone(texts):
    once = given_names(_column(texts)).with_columns(
        together=pl.concat_str("forename", "middle_names", separator=" ", ignore_nulls=True).replace("", None)
    )
    assert given_names(once["together"])["given_names"].to_list() == once["given_names"].to_list()
    surname = surnames(_column(texts))["surname"]
    assert surnames(surname)["surname"].to_list() == surname.to_list()


@QUICK
@given(TEXTS)
def test_no_text_is_too_odd_for_any_form(texts):
    column = _column(texts)
    for frame in (split_full_names(column), carer_names(column), addresses(column)):
        assert frame.height == len(texts)
    for values in (shown_names(column), shown_addresses(column), skeleton_key(column)):
        assert len(values) == len(texts)
    assert variant_groups(column).null_count() == 0


@QUICK
@given(TEXTS)
def test_address_parts_hold_plain_capitals_and_digits(texts):
    made = addresses(_column(texts))
    for column in made:
        assert column.drop_nulls().str.contains(r"^[A-Z0-9][A-Z0-9 /-]*$").all()


@QUICK
@given(TEXTS)
def test_canonical_identifiers_are_left_alone(texts):
    for function in CANONICAL_IDENTIFIERS:
        once = _identifiers(function, texts)
        assert _identifiers(function, once) == once


@QUICK
@given(st.lists(UPN_BODIES, min_size=1, max_size=60))
def test_a_upn_agrees_with_the_standard_in_plain_python(bodies):
    expected = [len(set(body)) > 1 for body in bodies]
    assert _identifiers(upn_is_valid, [_upn(body) for body in bodies]) == expected
    wrong = [LETTERS[(LETTERS.index(_upn(body)[0]) + 1) % 23] + body for body in bodies]
    assert not any(_identifiers(upn_is_valid, wrong))


def _with_one_digit_changed(number):
    """Every text that differs from the number in one digit."""
    places = [place for place, character in enumerate(number) if character.isdigit()]
    return [
        number[:place] + digit + number[place + 1 :]
        for place in places
        for digit in "0123456789"
        if digit != number[place]
    ]


@QUICK
@given(UPN_BODIES)
def test_a_upn_with_one_digit_changed_is_never_valid(body):
    changed = _with_one_digit_changed(_upn(body))
    assert _identifiers(canonical_upn, changed) == [None] * len(changed)


@QUICK
@given(st.lists(st.text(DIGITS, min_size=10, max_size=10), min_size=1, max_size=60))
def test_an_nhs_number_agrees_with_the_standard_in_plain_python(numbers):
    right = [n[:9] + str(_nhs_check_digit(n[:9])) for n in numbers if _nhs_check_digit(n[:9]) < 10]
    everything = [*numbers, *right]
    expected = [len(set(n)) > 1 and _nhs_check_digit(n[:9]) == int(n[9]) for n in everything]
    assert _identifiers(nhs_number_is_valid, everything) == expected


@QUICK
@given(st.text(DIGITS, min_size=9, max_size=9).filter(lambda nine: _nhs_check_digit(nine) < 10))
def test_an_nhs_number_with_one_digit_changed_is_never_valid(nine):
    changed = _with_one_digit_changed(nine + str(_nhs_check_digit(nine)))
    assert _identifiers(canonical_nhs_number, changed) == [None] * len(changed)
