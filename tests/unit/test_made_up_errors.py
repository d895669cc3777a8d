"""Each kind of error by itself: what it does to a record, and that it does nothing else."""

from dataclasses import fields, replace
from datetime import date
from random import Random

import numpy as np
import pytest

from apps.made_up import errors, slips
from apps.made_up.draws import Texts
from apps.made_up.error_rates import COMMON, RARE, ErrorRates
from apps.made_up.errors import Writing
from apps.made_up.school_age import is_of_age, last_friday_of_june, year_group


def always(kind: str) -> Writing:
    """A hand that makes one kind of error in every record."""
    return Writing(
        replace(ErrorRates.none(), **{kind: 1.0}),
        1.0 if kind == "capitals" else 0.0,
        np.random.default_rng(1),
        Random(1),
    )


def one(text: str | None) -> Texts:
    return np.array([text], dtype=object)


def written(kind: str, forename: str, middle: str | None, surname: str) -> tuple[str | None, ...]:
    person = {"forename": one(forename), "middle_names": one(middle), "surname": one(surname)}
    errors.spoil_names(always(kind), person, np.array([True]), np.array([False]))
    return tuple(person[name][0] for name in ("forename", "middle_names", "surname"))


NAMES = [
    pytest.param(
        "swapped_names", ("Yusuf", None, "Karim"), ("Karim", None, "Yusuf"), id="forename and surname swapped"
    ),
    pytest.param("missing_middle_names", ("Jack", "Lee", "Hill"), ("Jack", None, "Hill"), id="middle name left out"),
    pytest.param("middle_initial", ("Jack", "Lee", "Hill"), ("Jack", "L", "Hill"), id="middle initial"),
    pytest.param("initials_only", ("Jack", None, "Hill"), ("J", None, "Hill"), id="forename by its initial"),
    pytest.param(
        "middle_as_forename", ("Jack", "Lee Tom", "Hill"), ("Lee", "Jack Tom", "Hill"), id="middle name first"
    ),
    pytest.param("repeated_surname", ("Jack", None, "Hill"), ("Hill", None, "Hill"), id="surname in both places"),
    pytest.param("title", ("Jack", None, "Hill"), ("Master Jack", None, "Hill"), id="title in the forename"),
    pytest.param("capitals", ("Zoë", "Ann", "O'Brien"), ("ZOË", "ANN", "O'BRIEN"), id="capitals"),
    pytest.param("diacritics_dropped", ("Łukasz", None, "Wójcik"), ("Lukasz", None, "Wojcik"), id="diacritics dropped"),
    pytest.param("mojibake", ("Siân", None, "Jones"), ("SiÃ¢n", None, "Jones"), id="UTF-8 taken for Windows-1252"),
    pytest.param("half_surname", ("Jack", None, "Hill"), ("Jack", None, "Hill"), id="a single surname has no half"),
    pytest.param("spelling_variant", ("Qix", None, "Zyw"), ("Qix", None, "Zyw"), id="a name without variants stays"),
]


@pytest.mark.parametrize(("kind", "before", "after"), NAMES)
def test_names(kind: str, before: tuple[str, str | None, str], after: tuple[str | None, ...]) -> None:
    assert written(kind, *before) == after


@pytest.mark.parametrize(
    ("kind", "before", "among"),
    [
        pytest.param("half_surname", ("Jack", None, "Hill-Moore"), {"Hill", "Moore"}, id="half of a double surname"),
        pytest.param("joined_surname", ("Jack", None, "Hill-Moore"), {"HillMoore", "Hill Moore"}, id="hyphen lost"),
        pytest.param("spelling_variant", ("Qix", None, "Khatun"), {"Khatoon"}, id="another spelling"),
    ],
)
def test_surnames(kind: str, before: tuple[str, str | None, str], among: set[str]) -> None:
    assert written(kind, *before)[2] in among


def test_nicknames_are_short_forms_of_the_name() -> None:
    assert written("nickname", "Elizabeth", None, "Hill")[0] in {"Lizzie", "Beth", "Betty", "Eliza", "Libby"}


def test_a_baby_has_no_name_yet() -> None:
    assert written("baby", "Jack", None, "Hill")[0] in {"Baby", "Baby Boy", "Infant"}


DATES = [
    pytest.param("dob_day_month", date(2015, 4, 9), {date(2015, 9, 4)}, id="day and month swapped"),
    pytest.param("dob_day_month", date(2015, 4, 29), {date(2015, 4, 29)}, id="no month 29: left alone"),
    pytest.param("dob_one_day", date(2015, 3, 1), {date(2015, 2, 28), date(2015, 3, 2)}, id="one day off"),
    pytest.param("dob_first_of_january", date(2015, 4, 9), {date(2015, 1, 1)}, id="1 January"),
    pytest.param("dob_placeholder", date(2015, 4, 9), {date(1900, 1, 1)}, id="1900"),
    pytest.param("dob_year_slip", date(2015, 4, 9), {date(2014, 4, 9), date(2016, 4, 9), date(2005, 4, 9)}, id="year"),
]


@pytest.mark.parametrize(("kind", "before", "among"), DATES)
def test_birth_dates(kind: str, before: date, among: set[date]) -> None:
    born_on = np.array([before], dtype="datetime64[D]")
    errors.spoil_birth_dates(always(kind), born_on, np.array([False]), 0.0)
    assert born_on[0].item() in among


def test_a_digit_slip_changes_day_or_month_by_one_digit() -> None:
    for seed in range(50):
        born_on = np.array(["2015-04-29"], dtype="datetime64[D]")
        writing = replace(always("dob_digit"), small=Random(seed))
        errors.spoil_birth_dates(writing, born_on, np.array([False]), 0.0)
        assert sum(a != b for a, b in zip(str(born_on[0]), "2015-04-29", strict=True)) == 1


def address_written(kind: str) -> dict[str, str | None]:
    person = {
        "saon": one("Flat 3"),
        "paon": one("12"),
        "street": one("Mill"),
        "postcode": one("ZA1 2BC"),
        "uprn": one("999000000007"),
    }
    errors.spoil_addresses(always(kind), person)
    return {name: values[0] for name, values in person.items()}


@pytest.mark.parametrize(
    ("kind", "column", "after"),
    [
        pytest.param("flat_missing", "saon", None, id="flat left out"),
        pytest.param("number_range", "paon", "12-14", id="a range of numbers"),
        pytest.param("postcode_no_space", "postcode", "ZA12BC", id="postcode without its space"),
        pytest.param("postcode_missing", "postcode", None, id="no postcode"),
        pytest.param("postcode_pseudo", "postcode", "ZZ99 3VZ", id="pseudo postcode"),
        pytest.param("uprn_missing", "uprn", None, id="no UPRN"),
    ],
)
def test_addresses(kind: str, column: str, after: str | None) -> None:
    changed = address_written(kind)
    kept = {name: value for name, value in address_written("title").items() if name != column}
    assert changed == kept | {column: after}


SLIPS = [
    slips.strike_wrong_key,
    slips.drop_letter,
    slips.swap_letters,
    slips.misread,
    slips.mishear,
    slips.cut_short,
    slips.change_digit,
    slips.mistype_postcode,
    slips.without_diacritics,
    slips.mojibake,
]


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.__name__)
@pytest.mark.parametrize("text", ["A", "Al", "Muhammad", "O'Brien", "Ö", "ZA1 2BC", "99"])
def test_a_slip_never_leaves_nothing_of_a_longer_text(slip: errors.Slip, text: str) -> None:
    for seed in range(20):
        assert len(slip(text, Random(seed))) >= min(len(text), 2) - 1


def test_rates_are_shares() -> None:
    with pytest.raises(ValueError, match=r"ErrorRates\.keyboard must lie between 0 and 1"):
        ErrorRates(keyboard=1.2)


def test_rough_is_rougher_and_other_kinds_are_other() -> None:
    usual, rough, other = ErrorRates.usual(), ErrorRates.rough(), ErrorRates.other_kinds()
    for field in fields(ErrorRates):
        name = field.name
        assert getattr(rough, name) == pytest.approx(min(0.9, getattr(usual, name) * (1 if name in COMMON else 2.5)))
        if name in RARE:
            assert getattr(other, name) > getattr(usual, name)
        elif name not in COMMON:
            assert getattr(other, name) < getattr(usual, name)


AGES = [
    pytest.param("2021-08-31", "2026-08-31", True, id="five on the prescribed day itself"),
    pytest.param("2021-09-01", "2026-12-30", False, id="five in autumn, before 31 December"),
    pytest.param("2021-09-01", "2026-12-31", True, id="five in autumn, on 31 December"),
    pytest.param("2022-01-01", "2027-03-30", False, id="five in spring, before 31 March"),
    pytest.param("2022-01-01", "2027-03-31", True, id="five in spring, on 31 March"),
    pytest.param("2020-02-29", "2025-03-31", True, id="born on 29 February"),
    pytest.param("2010-09-01", "2027-06-25", True, id="the school leaving date itself"),
    pytest.param("2010-09-01", "2027-06-26", False, id="the day after the school leaving date"),
    pytest.param("2010-08-31", "2026-06-26", True, id="youngest of a year, on the leaving date"),
    pytest.param("2010-08-31", "2026-06-27", False, id="16 after the leaving date, before September"),
]


@pytest.mark.parametrize(("born", "on", "of_age"), AGES)
def test_compulsory_school_age_of_the_truth(born: str, on: str, *, of_age: bool) -> None:
    assert bool(is_of_age(np.array([born], dtype="datetime64[D]"), date.fromisoformat(on))[0]) is of_age


def test_school_years_turn_on_the_first_of_september() -> None:
    born = np.array(["2014-08-31", "2014-09-01", "2022-09-01"], dtype="datetime64[D]")
    assert year_group(born, date(2026, 8, 31)).tolist() == [7, 6, -2]
    assert year_group(born, date(2026, 9, 1)).tolist() == [8, 7, -1]
    assert [last_friday_of_june(year) for year in (2026, 2027, 2028)] == [
        date(2026, 6, 26),
        date(2027, 6, 25),
        date(2028, 6, 30),
    ]
