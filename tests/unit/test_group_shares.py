"""How large a share of a group of children lives here: what is learnt of most groups, and known of a closed school's pupils."""

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

from pipelines.residence.group_shares import mean_by_group, shares_here, usual_shares
from pipelines.residence.reading import PRIOR_CHILDREN

SAYS_NOTHING, SAYS_GONE, SAYS_HERE = 0.0, -30.0, 30.0
"""Log of how much likelier what is read of a child is of one who is here."""


def test_the_usual_share_is_of_children_without_a_place_by_age_and_of_a_closed_school_by_itself() -> None:
    of_age = [("of", False, None), ("of", False, 1.0), ("of", False, 1.0), ("of", False, 0.6)]
    toddlers, left_with_school = [("under", False, None)] * 2, [("of", True, None), ("of", True, 1.0)]
    frame = pl.DataFrame(
        [*of_age, *toddlers, *left_with_school],
        schema={"age_group": pl.String, "left_with_school": pl.Boolean, "place_probability": pl.Float64},
        orient="row",
    )
    usual = usual_shares(frame, np.array([0, 1, 1, 1, 2, 2, 3, 4]))
    assert usual.tolist() == [0.25, 0.25, 0.999, 0.5, 0.5]


@pytest.mark.parametrize(
    ("without_place", "read", "here"),
    [
        pytest.param(0.999, SAYS_NOTHING, 0.97, id="no other school has begun: three in 100 have moved"),
        pytest.param(0.5, SAYS_NOTHING, 0.94, id="half are at another school: the three are among the others"),
        pytest.param(0.1, SAYS_NOTHING, 0.7, id="nine in ten are"),
        pytest.param(0.04, SAYS_NOTHING, 0.5, id="hardly any is left: never less than half of them"),
        pytest.param(
            0.5, SAYS_GONE, 0.94 / 1.5, id="said to be gone: two pupils who left it weigh against each such child"
        ),
        pytest.param(0.5, SAYS_HERE, (0.94 + 0.5) / 1.5, id="said to be here"),
    ],
)
def test_of_a_closed_schools_pupils_what_is_known_weighs_as_many_as_left_it(
    without_place: float, read: float, here: float
) -> None:
    odds = shares_here(np.full(60, read), np.zeros(60, dtype=np.int64), np.array([without_place]), np.array([True]))
    assert expit(odds).tolist() == pytest.approx([here], abs=0.002)


def test_a_closed_schools_pupils_teach_nothing_of_the_others() -> None:
    """Ten children here and ten gone, and beside them sixty pupils of whom all is read that speaks for having left."""
    others, usual = np.repeat([SAYS_HERE, SAYS_GONE], 10), np.array([0.1, 0.5])
    alone = shares_here(others, np.zeros(20, dtype=np.int64), usual, np.array([False, True]))
    both = shares_here(np.append(others, [SAYS_GONE] * 60), np.repeat([0, 1], [20, 60]), usual, np.array([False, True]))
    assert expit(alone[0]) == pytest.approx(0.5)
    assert both[0] == alone[0]


def test_nothing_is_learnt_to_be_surer_than_one_in_a_thousand() -> None:
    many = np.full(50_000, SAYS_HERE)
    odds = shares_here(many, np.zeros(50_000, dtype=np.int64), np.array([0.1]), np.array([False]))
    assert expit(odds).tolist() == pytest.approx([0.999])


def test_a_small_group_leans_on_all_children_and_all_on_one_half() -> None:
    here, group = np.array([1.0] + [0.0] * 9), np.array([0] + [1] * 9)
    overall = (1.0 + 1.0) / (10.0 + 2.0)
    means = mean_by_group(here, group, 3)
    leaning = [1.0 + overall * PRIOR_CHILDREN, overall * PRIOR_CHILDREN, overall * PRIOR_CHILDREN]
    assert means.tolist() == pytest.approx(
        [each / (n + PRIOR_CHILDREN) for each, n in zip(leaning, (1, 9, 0), strict=True)]
    )
