"""How a probability is said in a sentence."""

import polars as pl
import pytest

from pipelines.reasons import chance, nearest_rival, residence_of_a_lead


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.004, "less than a 1 in 100 chance"),
        (0.01, "a 1 in 100 chance"),
        (0.08, "an 8 in 100 chance"),
        (0.11, "an 11 in 100 chance"),
        (0.18, "an 18 in 100 chance"),
        (0.37, "a 37 in 100 chance"),
        (0.8, "an 80 in 100 chance"),
        (0.89, "an 89 in 100 chance"),
        (0.9, "a 90 in 100 chance"),
        (0.995, "more than a 99 in 100 chance"),
    ],
)
def test_a_probability_is_said_as_a_chance_in_a_hundred(probability: float, said: str) -> None:
    assert pl.select(chance(pl.lit(probability))).item() == said


@pytest.mark.parametrize(
    ("residence", "of_a_lead"),
    [
        ("has a current place; last seen today (School census)", "last seen today (School census)"),
        ("has a current place", "has a current place"),
        ("last seen today (School census)", "last seen today (School census)"),
    ],
)
def test_a_lead_is_not_said_to_have_the_place_that_is_in_doubt(residence: str, of_a_lead: str) -> None:
    told = pl.DataFrame({"residence_because": [residence]}).select(residence_of_a_lead())
    assert told.item() == of_a_lead


def test_how_the_nearest_child_in_education_compares_is_said_without_the_analysts_words() -> None:
    rival = {
        "rival_record_id": "school_census:9",
        "rival_certainty": 0.3,
        "rival_levels": "forename: exact; phone: different",
    }
    near = pl.DataFrame([rival | {"has_other_upn": None, "own_record_id": None}]).select(nearest_rival()).item()
    assert near == (
        "The closest match in education is the child of record school_census:9, with a 30 in 100 chance of being this child "
        "(forename: the same; phone: different)."
    )
