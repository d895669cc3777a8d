"""How numbers are written for people: none as a machine would, none with the wrong plural."""

import pytest

from pipelines.counted import counted
from pipelines.publish.numbers import bits, figure, likely, odds


@pytest.mark.parametrize(
    ("value", "told"),
    [
        pytest.param(6.503e-05, "1 in 15,400", id="a probability close to 0"),
        pytest.param(0.0099, "1 in 101", id="just below one in a hundred"),
        pytest.param(0.01, "0.01", id="one in a hundred"),
        pytest.param(0.7, "0.7", id="a threshold"),
        pytest.param(0.0, "0", id="nothing"),
        pytest.param(-0.004, "-0.004", id="a number below 0"),
        pytest.param(142007.0, "142,007", id="a large whole number"),
        pytest.param(46, "46", id="a count"),
        pytest.param(True, "yes", id="a switch"),
        pytest.param("learnt on 20/11/2026", "learnt on 20/11/2026", id="words"),
    ],
)
def test_a_figure_of_a_page(value: object, told: str) -> None:
    assert figure(value) == told


@pytest.mark.parametrize(
    ("count", "thing", "told"),
    [
        (1, "row", "1 row"),
        (0, "row", "0 rows"),
        (1200, "row", "1,200 rows"),
        (2, "child", "2 children"),
        (1.0, "hour", "1 hour"),
        (3.0, "hour", "3 hours"),
        (2.5, "hour", "2.5 hours"),
    ],
)
def test_a_number_with_what_it_counts(count: float, thing: str, told: str) -> None:
    assert counted(count, thing) == told


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.955, "95.5%"), (0.0002, "1 in 5,000"), (0.0, "0.0%"), (1.0, "100.0%"), (None, "–"), (float("nan"), "–")],
)
def test_a_probability_of_the_model_reads_well(value: float | None, shown: str) -> None:
    assert odds(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(12.16, "+12.2"), (-4.6, "−4.6"), (None, "–"), (float("-inf"), "−inf"), (0.0, "+0.0")]
)
def test_bits_carry_their_sign(value: float | None, shown: str) -> None:
    assert bits(value) == shown


@pytest.mark.parametrize(
    ("likelihood", "told"),
    [(0.999, "over 99%"), (0.994, "99%"), (0.5, "50%"), (0.0049, "under 1%"), (None, "–")],
)
def test_a_likelihood_is_never_shown_as_certain(likelihood: float | None, told: str) -> None:
    assert likely(likelihood) == told
