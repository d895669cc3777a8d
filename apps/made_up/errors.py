"""What goes wrong when an agency writes a child down. Errors are drawn for a column at a time, and made in place."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import numpy as np

from apps.made_up import slips
from apps.made_up.draws import NEVER, Days, Dice, Flags, Shares, Texts, said
from apps.made_up.error_rates import ErrorRates
from apps.made_up.naming import nicknames, spellings

Slip = Callable[[str, Random], str]


@dataclass(frozen=True)
class Writing:
    """How one agency writes: its rates, its share of names in capitals, and random streams."""

    rates: ErrorRates
    capitals: float
    dice: Dice
    small: Random
    """Random stream for what happens inside one text."""


def hit(dice: Dice, rows: int, rate: float | Shares) -> Flags:
    """Draw which rows are hit."""
    return dice.random(rows) < rate


def slip(writing: Writing, values: Texts, rate: float | Shares, make: Slip) -> None:
    """Make one kind of slip in place; rows without text are left alone."""
    for row in np.flatnonzero(hit(writing.dice, len(values), rate)):
        if values[row]:
            values[row] = make(values[row], writing.small) or values[row]


def _variant(text: str, small: Random) -> str:
    return small.choice(spellings().get(text, (text,)))


def _nickname(text: str, small: Random) -> str:
    return small.choice(nicknames().get(text, (text,)))


def _rejoin(text: str, small: Random) -> str:
    old = "-" if "-" in text else " " if " " in text else "'"
    return text.replace(old, small.choice([x for x in ("", " ", "-") if x != old]), 1) if old in text else text


def _half(text: str, small: Random) -> str:
    parts = text.replace("-", " ").split(" ")
    return small.choice([parts[0], parts[-1]]) if len(parts) > 1 and min(map(len, parts)) > 2 else text


def _spell(writing: Writing, names: Texts) -> None:
    """Make the slips that any name may have, in place."""
    rates = writing.rates
    kinds = [
        (rates.spelling_variant, _variant),
        (rates.keyboard, slips.strike_wrong_key),
        (rates.dropped_letter, slips.drop_letter),
        (rates.transposition, slips.swap_letters),
        (rates.ocr, slips.misread),
        (rates.phonetic, slips.mishear),
        (rates.name_cut_short, slips.cut_short),
        (rates.diacritics_dropped, slips.without_diacritics),
    ]
    for rate, make in kinds:
        slip(writing, names, rate, make)


def spoil_names(writing: Writing, person: dict[str, Texts], is_baby: Flags, is_girl: Flags) -> None:
    """Write forename, middle_names and surname as the agency writes them, in place."""
    rates, dice, small = writing.rates, writing.dice, writing.small
    forename, middle, surname = person["forename"], person["middle_names"], person["surname"]
    rows = len(forename)
    middle[hit(dice, rows, rates.missing_middle_names)] = None
    slip(writing, forename, rates.nickname, _nickname)
    slip(writing, surname, rates.joined_surname, _rejoin)
    slip(writing, surname, rates.half_surname, _half)
    for row in np.flatnonzero(hit(dice, rows, rates.middle_as_forename)):
        if middle[row]:
            first, *others = middle[row].split(" ")
            forename[row], middle[row] = first, " ".join([forename[row], *others])
    for names in (forename, surname, middle):
        _spell(writing, names)
    slip(writing, forename, rates.initials_only, lambda text, _: text[0])
    slip(writing, middle, rates.middle_initial, lambda text, _: text[0])
    named_baby = np.flatnonzero(is_baby & hit(dice, rows, rates.baby))
    forename[named_baby] = [
        small.choice(["Baby", "Baby Girl" if is_girl[row] else "Baby Boy", "Infant"]) for row in named_baby
    ]
    for row in np.flatnonzero(hit(dice, rows, rates.title)):
        forename[row] = f"{'Miss' if is_girl[row] else 'Master'} {forename[row]}"
    swapped = hit(dice, rows, rates.swapped_names)
    forename[swapped], surname[swapped] = surname[swapped], forename[swapped]
    again = hit(dice, rows, rates.repeated_surname)
    forename[again] = surname[again]
    capitals = np.flatnonzero(hit(dice, rows, writing.capitals))
    for names in (forename, middle, surname):
        names[capitals] = [text and text.upper() for text in names[capitals]]
        garbled = [
            row for row in np.flatnonzero(hit(dice, rows, rates.mojibake)) if names[row] and not names[row].isascii()
        ]
        names[garbled] = [slips.mojibake(text, small) for text in names[garbled]]


def _on_or(when: date, year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        return when


def _digit(when: date, small: Random) -> date:
    """Change one digit of the month or the day, so that the date still exists."""
    for _ in range(20):
        digits = list(f"{when:%m%d}")
        digits[small.randrange(4)] = small.choice("0123456789")
        other = _on_or(when, when.year, int("".join(digits[:2])), int("".join(digits[2:])))
        if other != when:
            return other
    return when


def _transpose(when: date, small: Random) -> date:
    if small.random() < 0.6:
        return _on_or(when, when.year, when.month, int(f"{when.day:02d}"[::-1]) or when.day)
    year = when.year - when.year % 100 + int(f"{when.year % 100:02d}"[::-1])
    return _on_or(when, year if year < when.year else when.year, when.month, when.day)


def spoil_birth_dates(writing: Writing, born_on: Days, came: Flags, missing: float) -> None:
    """Write birth dates as the agency writes them, in place; every date that remains exists.

    ``came``: children from elsewhere; ``missing``: share of records without a birth date.
    """
    rates, dice = writing.rates, writing.dice
    kinds: list[tuple[float | Shares, Callable[[date, Random], date]]] = [
        (rates.dob_day_month, lambda when, _: _on_or(when, when.year, when.day, when.month)),
        (rates.dob_digit, _digit),
        (rates.dob_one_day, lambda when, small: when + timedelta(days=small.choice([-1, 1]))),
        (rates.dob_transposition, _transpose),
        (
            rates.dob_year_slip,
            lambda when, small: _on_or(when, when.year + small.choice([-1, 1, -10]), when.month, when.day),
        ),
        (rates.dob_first_of_january * np.where(came, 10.0, 1.0), lambda when, _: date(when.year, 1, 1)),
        (rates.dob_placeholder, lambda _, __: date(1900, 1, 1)),
    ]
    for rate, make in kinds:
        for row in np.flatnonzero(hit(dice, len(born_on), rate)):
            born_on[row] = np.datetime64(make(born_on[row].item(), writing.small), "D")
    born_on[hit(dice, len(born_on), missing)] = NEVER


def spoil_sex(writing: Writing, sex: Texts) -> None:
    """Leave sex out, or swap it, in place."""
    for row in np.flatnonzero(hit(writing.dice, len(sex), writing.rates.sex_flipped)):
        sex[row] = "F" if sex[row] == "M" else "M"
    sex[hit(writing.dice, len(sex), writing.rates.sex_missing)] = None


def spoil_addresses(writing: Writing, person: dict[str, Texts]) -> None:
    """Write saon, paon, street, postcode and uprn as the agency writes them, in place."""
    rates, dice = writing.rates, writing.dice
    rows = len(person["paon"])
    slip(writing, person["postcode"], rates.postcode_typo, slips.mistype_postcode)
    slip(writing, person["postcode"], rates.postcode_no_space, lambda text, _: text.replace(" ", ""))
    person["postcode"][hit(dice, rows, rates.postcode_pseudo)] = "ZZ99 3VZ"
    person["postcode"][hit(dice, rows, rates.postcode_missing)] = None
    person["saon"][hit(dice, rows, rates.flat_missing)] = None
    slip(writing, person["paon"], rates.house_number_typo, slips.change_digit)
    slip(
        writing,
        person["paon"],
        rates.number_range,
        lambda text, _: f"{text}-{int(text) + 2}" if text.isdigit() else text,
    )
    for make in (slips.strike_wrong_key, slips.drop_letter):
        slip(writing, person["street"], rates.street_typo / 2, make)
    person["uprn"][hit(dice, rows, rates.uprn_missing)] = None


def spoil_numbers(writing: Writing, person: dict[str, Texts], upn_missing: float) -> None:
    """Mis-key or leave out the numbers upn and nhs_number, in place."""
    rates, dice = writing.rates, writing.dice
    rows = len(person["upn"])
    slip(writing, person["upn"], rates.upn_miskeyed, slips.change_digit)
    slip(writing, person["nhs_number"], rates.nhs_miskeyed, slips.change_digit)
    person["nhs_number"][hit(dice, rows, rates.nhs_missing)] = None
    gone = hit(dice, rows, upn_missing)
    person["upn"][gone] = None
    if upn_missing > 0.1:
        coded = ~said(person["upn"]) & hit(dice, rows, rates.upn_code)
        person["upn"][coded] = [
            writing.small.choice(["UN1", "UN2", "UN3", "UN4", "UN5"]) for _ in range(int(coded.sum()))
        ]
