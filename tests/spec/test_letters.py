"""Which dates of an agency are letters to all, and which are meetings."""

import numpy as np
import pytest

from pipelines.residence.letters import are_letters

PUPILS, OTHERS = 600, 600
AGES = 365 * 8 + 2 + np.arange(PUPILS + OTHERS) * 41 % 365
IS_PUPIL = np.arange(PUPILS + OTHERS) < PUPILS
BIRTHDAYS = AGES - 365 * 8 - 2
MET = np.random.default_rng(0).integers(1, 400, PUPILS + OTHERS)
"""Days since a birthday, and since a meeting, of each child."""
EVERY_THIRD = np.arange(PUPILS + OTHERS) % 3 == 0

CASES = [
    pytest.param(MET, False, id="met whenever they came: no letters"),
    pytest.param(np.where(EVERY_THIRD, MET, BIRTHDAYS), True, id="two in three dated by their birthday: letters"),
    pytest.param(np.where(EVERY_THIRD, MET, 45), True, id="two in three dated by one day in October: letters"),
    pytest.param(
        np.where(IS_PUPIL, 45, MET), False, id="all pupils on one day, and nobody else: a nurse came to the schools"
    ),
    pytest.param(np.where(EVERY_THIRD & IS_PUPIL, 45, MET), False, id="a third of the pupils on one day: a campaign"),
]


@pytest.mark.parametrize(("seen", "found"), CASES)
def test_letters_are_dates_that_children_without_a_place_have_as_pupils_have(seen: np.ndarray, found: bool) -> None:
    letters = are_letters(seen.astype(float), AGES.astype(float), IS_PUPIL, ~IS_PUPIL)
    assert letters[~EVERY_THIRD].all() if found else not letters.any()
    assert not letters[EVERY_THIRD & (seen > 60) & ((AGES - seen) % 365.25 > 7)].any()


def test_of_a_few_children_nobody_can_say_what_their_dates_are() -> None:
    few = slice(PUPILS - 50, PUPILS + 50)
    assert not are_letters(BIRTHDAYS[few].astype(float), AGES[few].astype(float), IS_PUPIL[few], ~IS_PUPIL[few]).any()
