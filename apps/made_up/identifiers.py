"""Pupil numbers and NHS numbers with right check characters."""

import numpy as np

from apps.made_up.draws import Dice, Numbers, Texts

UPN_LETTERS = np.array(list("ABCDEFGHJKLMNPQRTUVWXYZ"), dtype=object)
"""Check letters in the order of their values 0..22 (no I, O, S)."""
LA_CODE = 889
"""The made-up authority's code."""
MOST_NHS_NUMBERS = 900_000
"""About this many numbers of the test range (999...) have a valid check digit."""


def _digits(numbers: Numbers, width: int) -> Numbers:
    return numbers[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10


def _make_upns(la: Numbers, estab: Numbers, year: Numbers, serial: Numbers, temporary: bool = False) -> Texts:
    """Make unique pupil numbers: check letter, LA, school, year of issue, serial (whose last place is a letter in a
    temporary one).
    """
    last = serial % (23 if temporary else 10)
    body = np.hstack(
        [_digits(la, 3), _digits(estab, 4), _digits(year, 2), _digits(serial // (23 if temporary else 10), 2)]
    )
    check = (body @ np.arange(2, 13) + last * 13) % 23
    text = (
        (la * 10**8 + estab * 10**4 + year * 10**2 + serial // (23 if temporary else 10) % 100)
        .astype(str)
        .astype(object)
    )
    ends = UPN_LETTERS[last] if temporary else last.astype(str).astype(object)
    upns: Texts = UPN_LETTERS[check] + text + ends
    return upns


def issue_upns(estab: Numbers, year: Numbers, la: Numbers, temporary: bool = False) -> Texts:
    """Issue numbers in turn within each school and year, as schools do, so that classmates' numbers are similar."""
    key = la * 10**6 + estab * 100 + year
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(ordered) else np.array([], dtype=np.int64)
    turn = np.empty(len(key), dtype=np.int64)
    turn[order] = np.arange(len(key)) - np.repeat(starts, np.diff(np.r_[starts, len(key)])) + 1
    return _make_upns(la, estab, year, turn, temporary)


def make_nhs_numbers(dice: Dice, count: int) -> Texts:
    """Draw different NHS numbers from the test range 999, which is given to nobody. Raises ValueError if there are too few."""
    drawn = dice.choice(1_000_000, size=min(1_000_000, count * 5 // 4 + 100), replace=False)
    numbers = 999_000_000 + drawn
    check = 11 - (_digits(numbers, 9) @ np.arange(10, 1, -1)) % 11
    check[check == 11] = 0
    valid = (numbers * 10 + check)[check < 10]
    if count > len(valid):
        raise ValueError(f"There are only about {MOST_NHS_NUMBERS} NHS numbers for tests; ask for fewer children.")
    return valid[:count].astype(str).astype(object)
