"""How a probability is said in a sentence."""

import polars as pl
import pytest

from pipelines.reasons import chance


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
