"""Canonical identifiers, a column at a time: UPN, NHS number, UPRN, postcode, phone.

Every function takes text as it is in the file and gives the canonical form, or null if the value is missing, a placeholder,
or cannot be right. Null is no evidence about a child: a wrong identifier must never match.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

pl.Series(np.empty(0))  # polars imports numpy on first use, and fails if two threads are first at once

Letters = npt.NDArray[np.uint8]
Answers = npt.NDArray[np.bool_]

UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
"""The 23 letters of a UPN in the order of their values 0..22. I, O and S are left out, as they look like digits."""

_UPN_FORM = r"^[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]$"
_TEN_DIGITS = r"^[0-9]{10}$"
_PLAIN = r"^[0-9A-Z]*$"
_ONE_DIGIT_OVER_AND_OVER = r"^(?:0+|1+|2+|3+|4+|5+|6+|7+|8+|9+)$"
_INVISIBLE_OR_SPACING = r"[\s\p{Z}\p{C}'’`./\\-]"
_UPN_VALUES = np.zeros(128, dtype=np.int64)
_UPN_VALUES[[ord(letter) for letter in UPN_LETTERS]] = range(len(UPN_LETTERS))
_UPN_VALUES[[ord(digit) for digit in "0123456789"]] = range(10)
_LOOKS_LIKE_LETTER, _LOOKS_LIKE_DIGIT = ["O", "I", "S"], ["0", "1", "5"]


def _tidied(text: pl.Expr) -> pl.Expr:
    """Capitals without spaces, hyphens, dots, or the apostrophe that makes a spreadsheet treat a number as text."""
    return text.map_batches(_tidy, return_dtype=pl.String, is_elementwise=True)


def _tidy(text: pl.Series) -> pl.Series:
    """Nearly every identifier is plain capitals and digits already: only the others are rewritten."""
    others = (~text.str.contains(_PLAIN)).arg_true()
    if others.is_empty():
        return text
    capitals = text.gather(others).str.normalize("NFKC").str.to_uppercase()
    return text.clone().scatter(others, capitals.str.replace_all(_INVISIBLE_OR_SPACING, ""))


def _digits_of_a_number(text: pl.Expr) -> pl.Expr:
    """As ``_tidied``, after removing the ".0" that a spreadsheet adds to a whole number."""
    return _tidied(text.str.strip_chars().str.replace(r"\.0+$", ""))


def _letters_as_digits(text: pl.Expr) -> pl.Expr:
    return text.str.replace_many(_LOOKS_LIKE_LETTER, _LOOKS_LIKE_DIGIT)


def _digits_as_letters(text: pl.Expr) -> pl.Expr:
    return text.str.replace_many(_LOOKS_LIKE_DIGIT, _LOOKS_LIKE_LETTER)


def _upn_checks(upn: pl.Expr) -> pl.Expr:
    """True if a tidied text has the form of a UPN and the right check letter."""
    return upn.map_batches(_upns_are_right, return_dtype=pl.Boolean, is_elementwise=True)


def _upns_are_right(upn: pl.Series) -> pl.Series:
    fits = upn.str.contains(_UPN_FORM).fill_null(value=False)
    letters = _letters(upn.filter(fits), 13)
    values = _UPN_VALUES[letters]
    is_right = values[:, 1:] @ np.arange(2, 14) % 23 == values[:, 0]
    return _where(fits, is_right & ~_is_one_over_and_over(letters[:, 1:]))


def _letters(texts: pl.Series, length: int) -> Letters:
    """ASCII texts of equal length as character codes: one row per text, one column per character."""
    together = "".join(texts.to_list())
    return np.frombuffer(together.encode("ascii"), dtype=np.uint8).reshape(-1, length)


def _is_one_over_and_over(letters: Letters) -> Answers:
    """True for a placeholder: the same character throughout."""
    answers: Answers = (letters == letters[:, :1]).all(axis=1)
    return answers


def _where(asked: pl.Series, answers: Answers) -> pl.Series:
    """The answers for those that were asked, false for all others."""
    every = np.zeros(len(asked), dtype=np.bool_)
    every[asked.to_numpy()] = answers
    return pl.Series(asked.name, every)


def upn_is_valid(text: pl.Expr) -> pl.Expr:
    """True where the text is a Unique Pupil Number, permanent or temporary, with the right check letter.

    Case, spaces and hyphens are ignored. Null, placeholders (UN1, one digit over and over) and any other text: false.
    Source: Unique Pupil Number standard 2.0 (GovTalk): characters 2..13 times 2..13, modulo 23.
    """
    return _upn_checks(_tidied(text))


def canonical_upn(text: pl.Expr) -> pl.Expr:
    """13 characters in capitals with a verified check letter, else null.

    I, O and S are not UPN letters: after the first character they can only be the digits 1, 0 and 5, and are read as those.
    """
    upn = _tidied(text)
    upn = upn.str.slice(0, 1) + _letters_as_digits(upn.str.slice(1))
    return pl.when(_upn_checks(upn)).then(upn)


def upn_is_permanent(upn: pl.Expr) -> pl.Expr:
    """True if a canonical UPN ends in a digit; a temporary one ends in a letter. Null: there is no UPN."""
    return upn.str.contains(r"[0-9]$")


def _nhs_number_checks(number: pl.Expr) -> pl.Expr:
    """True where a tidied text is ten digits with the right check digit."""
    return number.map_batches(_nhs_numbers_are_right, return_dtype=pl.Boolean, is_elementwise=True)


def _nhs_numbers_are_right(number: pl.Series) -> pl.Series:
    fits = number.str.contains(_TEN_DIGITS).fill_null(value=False)
    digits = _letters(number.filter(fits), 10)
    values = digits.astype(np.int64) - ord("0")
    check = (11 - values[:, :9] @ np.arange(10, 1, -1) % 11) % 11  # 11 is written 0; 10 is no digit, so never valid
    return _where(fits, (check == values[:, 9]) & ~_is_one_over_and_over(digits))


def nhs_number_is_valid(text: pl.Expr) -> pl.Expr:
    """True where the text is an NHS number with the right check digit; spaces and hyphens are ignored.

    Null, placeholders (0000000000, 9999999999 and every other digit ten times) and any other text: false.
    Source: NHS Data Dictionary, NHS NUMBER: nine digits times 10..2, modulo 11.
    """
    return _nhs_number_checks(_digits_of_a_number(text))


def canonical_nhs_number(text: pl.Expr) -> pl.Expr:
    """Ten digits with a verified check digit, else null."""
    number = _digits_of_a_number(text)
    return pl.when(_nhs_number_checks(number)).then(number)


def canonical_uprn(text: pl.Expr) -> pl.Expr:
    """Unique Property Reference Number: 1 to 12 digits without leading zeros, else null.

    A UPRN has no check digit. Zero, and one digit six times or more, are placeholders.
    """
    uprn = _digits_of_a_number(text).str.replace(r"^0+", "")
    is_placeholder = (uprn.str.len_chars() >= 6) & uprn.str.contains(_ONE_DIGIT_OVER_AND_OVER)
    return pl.when(uprn.str.contains(r"^[1-9][0-9]{0,11}$") & ~is_placeholder).then(uprn)


def canonical_phone(text: pl.Expr) -> pl.Expr:
    """United Kingdom national number of 10 or 11 digits beginning with 0 (``07281235108``), else null.

    +44, 0044 and a 0 lost to a spreadsheet are put right, an extension is dropped, the first of several numbers in one cell
    is taken, and words before it ("Tel:", "Mother") are dropped. Numbers nobody has (07000000000, 01234567890) and foreign
    numbers are null.
    """
    written = text.str.normalize("NFKC").str.to_lowercase().str.replace(r"^[^0-9+]+", "")
    first = written.str.replace(r"(?s)(?:[,;/x&#e]|\bor\b).*$", "")
    digits = first.str.replace(r"\.0+\s*$", "").str.replace_all(r"[^0-9+]", "")
    digits = digits.str.replace(r"^(?:\+|00)44\+?0?", "0").str.replace(r"^440?7", "07")
    digits = digits.str.replace(r"^([1237][0-9]{9})$", "0${1}")
    is_possible = digits.str.contains(r"^0(?:[12357-9][0-9]{9}|1[0-9]{8})$")
    is_placeholder = digits.str.slice(2).str.contains(_ONE_DIGIT_OVER_AND_OVER) | digits.is_in(
        ["01234567890", "01234567891", "07123456789", "07987654321"]
    )
    return pl.when(is_possible & ~is_placeholder).then(digits)


def _mended_outward(outward: pl.Expr) -> pl.Expr:
    """Outward half with O/0, I/1 and S/5 put right where only one of the two is possible.

    The forms are A9, A99, AA9, AA99, A9A and AA9A. None of the letters I, O, S can be fourth; as the third character of
    A9A, S is possible but not I or O.
    """
    one, two, rest = (outward.str.slice(0, 1), outward.str.slice(1, 1), outward.str.slice(2))
    one = _digits_as_letters(one)
    three = rest.str.slice(0, 1)
    after_a_letter = one + two + _letters_as_digits(three)
    after_a_digit = one + two + three.str.replace_many(["O", "I"], ["0", "1"])
    return (
        pl.when(outward.str.len_chars() == 2)
        .then(one + _letters_as_digits(two))
        .when(outward.str.len_chars() == 4)
        .then(one + _digits_as_letters(two) + _letters_as_digits(rest))
        .when(two.str.contains(r"^[0-9]$"))
        .then(after_a_digit)
        .when(~two.is_in(_LOOKS_LIKE_LETTER))
        .then(after_a_letter)
        .otherwise(one + two + rest)
    )


def canonical_postcode(text: pl.Expr) -> pl.Expr:
    """Postcode in capitals without its space (``ZA19FG``), else null.

    Only the form is checked: an area that does not exist is kept. ZZ99 (the NHS's pseudo postcodes for no fixed abode,
    abroad, unknown) is null. O for 0, I for 1, S for 5 and the reverse are put right where the position settles it.
    Source: forms of British Standard 7666; inward letters never C I K M O V.
    """
    code = text.str.normalize("NFKC").str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "")
    outward, inward = code.str.head(-3), code.str.tail(3)
    mended = (
        _mended_outward(outward)
        + _letters_as_digits(inward.str.slice(0, 1))
        + inward.str.slice(1).str.replace_many(["5"], ["S"])
    )
    is_in_form = mended.str.contains(r"^(?:[A-Z]{1,2}[0-9]{1,2}|[A-Z]{1,2}[0-9][A-Z])[0-9][ABD-HJLNP-UW-Z]{2}$")
    return pl.when(is_in_form & ~mended.str.starts_with("ZZ99")).then(mended)
