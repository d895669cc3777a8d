"""Which identifiers may match, and in what form: drawn tables from the standards."""

import polars as pl
import pytest

from matching.canonical.identifiers import (
    canonical_nhs_number,
    canonical_phone,
    canonical_postcode,
    canonical_upn,
    canonical_uprn,
    nhs_number_is_valid,
    upn_is_permanent,
    upn_is_valid,
)


def _one(function, text):
    column = pl.DataFrame({"text": [text]}, schema={"text": pl.String})
    return column.select(function(pl.col("text")))["text"][0]


@pytest.mark.parametrize(
    ("text", "is_valid"),
    [
        pytest.param("H823432100123", True, id="permanent, school 823/4321"),
        pytest.param("R681400626001", True, id="permanent, of a Welsh authority"),
        pytest.param("U37040001950A", True, id="temporary, ends in a letter"),
        pytest.param("J82343210501B", True, id="temporary, of another year"),
        pytest.param("h823432100123", True, id="small letter"),
        pytest.param(" H8234 3210 0123 ", True, id="spaces"),
        pytest.param("H823432100124", False, id="last digit changed"),
        pytest.param("A823432100123", False, id="check letter changed"),
        pytest.param("U37040001950B", False, id="temporary, last letter changed"),
        pytest.param("H82343210012", False, id="one character short"),
        pytest.param("H8234321001233", False, id="one character long"),
        pytest.param("I823432100123", False, id="I is no UPN letter"),
        pytest.param("A000000000000", False, id="zeros: the check letter is right, but it is a placeholder"),
        pytest.param("UN1", False, id="UN1: not of school age"),
        pytest.param("UN7", False, id="UN7: unknown"),
        pytest.param("", False, id="empty"),
        pytest.param(None, False, id="absent"),
    ],
)
def test_a_upn_is_valid_by_its_check_letter(text, is_valid):
    assert _one(upn_is_valid, text) is is_valid


@pytest.mark.parametrize(
    ("text", "upn"),
    [
        pytest.param("H823432100123", "H823432100123", id="as it is"),
        pytest.param("h 823-4321 00123", "H823432100123", id="spaces, hyphen and case"),
        pytest.param("'H823432100123", "H823432100123", id="the apostrophe of a spreadsheet"),
        pytest.param("H8234321OO123", "H823432100123", id="letter O for zero: UPNs have no letter O"),
        pytest.param("H82343210OI23", "H823432100123", id="letter I for one"),
        pytest.param("H823432100124", None, id="wrong check letter"),
        pytest.param("UN1", None, id="placeholder"),
        pytest.param(None, None, id="absent"),
    ],
)
def test_canonical_upn(text, upn):
    assert _one(canonical_upn, text) == upn


@pytest.mark.parametrize(
    ("upn", "is_permanent"),
    [
        pytest.param("H823432100123", True, id="ends in a digit"),
        pytest.param("U37040001950A", False, id="ends in a letter: temporary"),
        pytest.param(None, None, id="absent"),
    ],
)
def test_a_temporary_upn_ends_in_a_letter(upn, is_permanent):
    assert _one(upn_is_permanent, upn) is is_permanent


@pytest.mark.parametrize(
    ("text", "is_valid"),
    [
        pytest.param("9434765919", True, id="check digit 9"),
        pytest.param("9990000018", True, id="from the test range 999"),
        pytest.param("943 476 5919", True, id="as people write it"),
        pytest.param("943-476-5919", True, id="with hyphens"),
        pytest.param("9434765918", False, id="last digit changed"),
        pytest.param("943476591", False, id="nine digits"),
        pytest.param("94347659190", False, id="eleven digits"),
        pytest.param("0000000000", False, id="zeros: the check digit is right, but it is a placeholder"),
        pytest.param("1111111111", False, id="ones: the same"),
        pytest.param("9999999999", False, id="nines: the same"),
        pytest.param("4000000080", False, id="remainder 1: the check would be 10, which no digit is"),
        pytest.param("not known", False, id="words"),
        pytest.param(None, False, id="absent"),
    ],
)
def test_an_nhs_number_is_valid_by_its_check_digit(text, is_valid):
    assert _one(nhs_number_is_valid, text) is is_valid


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("943 476 5919", "9434765919", id="spaces"),
        pytest.param("9434765919.0", "9434765919", id="a spreadsheet counted it"),
        pytest.param("9434765918", None, id="wrong check digit"),
    ],
)
def test_canonical_nhs_number(text, number):
    assert _one(canonical_nhs_number, text) == number


@pytest.mark.parametrize(
    ("text", "uprn"),
    [
        pytest.param("100020010780", "100020010780", id="twelve digits"),
        pytest.param("000010080", "10080", id="leading zeros dropped"),
        pytest.param(" 10080 ", "10080", id="spaces"),
        pytest.param("10080.0", "10080", id="a spreadsheet counted it"),
        pytest.param("0", None, id="zero"),
        pytest.param("999999999999", None, id="nines"),
        pytest.param("1000200107801", None, id="thirteen digits"),
        pytest.param("1.0002E+11", None, id="rounded by a spreadsheet: not the number any more"),
        pytest.param("none", None, id="words"),
        pytest.param("", None, id="empty"),
    ],
)
def test_canonical_uprn(text, uprn):
    assert _one(canonical_uprn, text) == uprn


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        pytest.param("07281235108", "07281235108", id="mobile"),
        pytest.param("07281 235 108", "07281235108", id="spaces"),
        pytest.param("+44 7281 235108", "07281235108", id="+44"),
        pytest.param("+44 (0)7281 235108", "07281235108", id="+44 with the 0 kept in brackets"),
        pytest.param("00447281235108", "07281235108", id="0044"),
        pytest.param("447281235108", "07281235108", id="44 without plus"),
        pytest.param("7281235108", "07281235108", id="zero lost to a spreadsheet"),
        pytest.param("7281235108.0", "07281235108", id="counted by a spreadsheet"),
        pytest.param("020 7946 0018", "02079460018", id="London"),
        pytest.param("01632 960 18", "0163296018", id="ten digits: a few old exchanges"),
        pytest.param("01632 960018 ext 12", "01632960018", id="extension dropped"),
        pytest.param("Home tel: 01632 960018", "01632960018", id="words before it"),
        pytest.param("Mother 07281 235108, father 07281 235109", "07281235108", id="whose it is"),
        pytest.param("07281235108 / 07303365918", "07281235108", id="first of two"),
        pytest.param("07000000000", None, id="nobody's number"),
        pytest.param("01234567890", None, id="typed along the keys"),
        pytest.param("0728123510", None, id="mobile, a digit short"),
        pytest.param("+48 601 234 567", None, id="abroad"),
        pytest.param("none", None, id="words"),
        pytest.param(None, None, id="absent"),
    ],
)
def test_canonical_phone(text, phone):
    assert _one(canonical_phone, text) == phone


@pytest.mark.parametrize(
    ("text", "postcode"),
    [
        pytest.param("M1 1AA", "M11AA", id="A9 9AA"),
        pytest.param("B33 8TH", "B338TH", id="A99 9AA"),
        pytest.param("CR2 6XH", "CR26XH", id="AA9 9AA"),
        pytest.param("DN55 1PT", "DN551PT", id="AA99 9AA"),
        pytest.param("W1A 0AX", "W1A0AX", id="A9A 9AA"),
        pytest.param("EC1A 1BB", "EC1A1BB", id="AA9A 9AA"),
        pytest.param("ZA1 9FG", "ZA19FG", id="an area that does not exist is valid in form"),
        pytest.param("za19fg", "ZA19FG", id="small letters, no space"),
        pytest.param("ZA1  9FG ", "ZA19FG", id="spaces"),
        pytest.param("ZAI 9FG", "ZA19FG", id="I for 1 in the district"),
        pytest.param("ZA1 OFG", "ZA10FG", id="O for 0 in the sector"),
        pytest.param("ZA1 9F5", "ZA19FS", id="5 for S at the end"),
        pytest.param("S014 3AB", "SO143AB", id="0 for O in the area"),
        pytest.param("5E1 2AB", "SE12AB", id="5 for S at the start"),
        pytest.param("SO1 3AB", "SO13AB", id="SO1 or S01: not settled, left alone"),
        pytest.param("ZA1 9FC", None, id="C never stands in the second half"),
        pytest.param("ZA1 9F1", None, id="nor I, which a 1 could be"),
        pytest.param("ZZ99 3VZ", None, id="NHS pseudo postcode: no fixed abode"),
        pytest.param("ZA1", None, id="first half only"),
        pytest.param("UNKNOWN", None, id="words"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="absent"),
    ],
)
def test_canonical_postcode(text, postcode):
    assert _one(canonical_postcode, text) == postcode
