"""A family that moves within the authority ends one tenancy and begins another, and has not left."""

import pytest

from tests.made.town import FAMILY, at_gp, in_home, judge, on_roll, town


def chance(next_began: int) -> float:
    """That the child lives here. Forty days ago a tenancy of its brother ended. Of its sister the landlord has one that began
    ``next_began`` days ago."""
    household = {
        "child": on_roll(2000, left=30) + at_gp(seen=200),
        "brother": in_home(seen=50, ended=40),
        "sister": in_home(seen=20, since=next_began),
    }
    found = judge(town() | household, dict.fromkeys(household, FAMILY))
    return float(found.filter(child_id="child")["living_here"].item())


@pytest.mark.parametrize(
    ("next_began", "is_move"),
    [
        pytest.param(40, True, id="on the day on which the brother's ended"),
        pytest.param(46, True, id="six days before: two tenancies overlap by a week"),
        pytest.param(34, True, id="six days after"),
        pytest.param(60, False, id="weeks before: a tenancy of her own"),
        pytest.param(21, False, id="weeks after"),
    ],
)
def test_a_tenancy_that_ends_as_the_households_next_begins_is_no_sign_that_a_brother_has_left(
    next_began: int, is_move: bool
) -> None:
    assert (chance(next_began) > 0.8) is is_move
    assert chance(300) < 0.3
