"""False and missed links by threshold: expected from probabilities, and measured from judged pairs."""

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from matching.thresholds import EXPECTED, MEASURED, THRESHOLDS, expected_by_threshold, measured_by_threshold


def sample(*judged: tuple[float, bool | None, str, float]) -> pl.DataFrame:
    names = ["match_probability", "is_same", "stratum", "weight"]
    return pl.DataFrame(judged, schema=names, orient="row")


def test_expected_errors_counted_by_hand() -> None:
    found = expected_by_threshold(pl.Series([0.999, 0.95, 0.6, 0.1]), (0.5, 0.9)).to_dicts()
    assert [row["links"] for row in found] == [3, 2]
    assert found[0]["expected_false_links"] == pytest.approx(0.001 + 0.05 + 0.4)
    assert found[0]["expected_missed_links"] == pytest.approx(0.1)
    assert found[1]["expected_missed_links"] == pytest.approx(0.7)
    assert found[1]["missed_high"] == pytest.approx(0.7 + 1.959964 * math.sqrt(0.24 + 0.09))
    assert found[0]["precision"] == pytest.approx(2.549 / 3)
    assert found[0]["recall"] == pytest.approx(2.549 / 2.649)


@given(st.lists(st.floats(0, 1), max_size=60))
def test_a_higher_threshold_never_adds_false_links_nor_takes_missed_ones_away(chances: list[float]) -> None:
    found = expected_by_threshold(pl.Series(chances, dtype=pl.Float64))
    assert found.schema == EXPECTED
    assert found["threshold"].to_list() == list(THRESHOLDS)
    for row in found.to_dicts():
        assert row["false_low"] <= row["expected_false_links"] + 1e-9
        assert row["expected_missed_links"] <= row["missed_high"] + 1e-9
        assert row["false_high"] <= row["links"] + 1e-9
    assert found["expected_false_links"].to_list() == sorted(found["expected_false_links"], reverse=True)
    assert (
        found["expected_missed_links"].diff().drop_nulls().min() is None
        or found["expected_missed_links"].diff().drop_nulls().min() >= -1e-9
    )  # type: ignore[operator]


@pytest.mark.parametrize("chances", [[1.2], [-0.1], [float("nan")], [None, 0.5]])
def test_what_is_no_probability_is_refused(chances: list[float | None]) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        expected_by_threshold(pl.Series(chances, dtype=pl.Float64))


def test_one_stratum_has_jeffreys_own_interval() -> None:
    judged = [(0.95, number < 18, "high", 10.0) for number in range(20)]
    found = measured_by_threshold(sample(*judged), (0.5,)).row(0, named=True)
    assert found["links"] == 200
    assert found["false_links"] == pytest.approx(20)
    assert found["precision"] == pytest.approx(0.9)
    assert found["precision_low"] == pytest.approx(beta.ppf(0.025, 18.5, 2.5), abs=0.01)
    assert found["precision_high"] == pytest.approx(beta.ppf(0.975, 18.5, 2.5), abs=0.01)


def test_strata_count_by_the_pairs_that_they_stand_for() -> None:
    high = [(0.99, True, "high", 100.0)] * 10
    low = [(0.2, number < 1, "low", 5.0) for number in range(10)]
    found = measured_by_threshold(sample(*high, *low), (0.5,)).row(0, named=True)
    assert found["missed_links"] == pytest.approx(5)
    assert found["recall"] == pytest.approx(1000 / 1005)
    assert found["recall_low"] <= found["recall"] <= found["recall_high"]


def test_a_sample_without_an_error_has_room_for_some_and_none_judged_has_no_figure() -> None:
    found = measured_by_threshold(
        sample(*[(0.99, True, "high", 1.0)] * 5, (0.3, None, "low", 9.0)), (0.5, 0.999)
    ).to_dicts()
    assert (found[0]["precision"], found[0]["precision_high"]) == (1.0, 1.0)
    assert found[0]["precision_low"] < 0.95
    assert found[1]["judged"] == 0
    assert found[1]["precision"] is None


def test_the_same_sample_gives_the_same_figures_in_any_order() -> None:
    rows = sample(*[(0.9 + number / 100, number % 4 > 0, "ab"[number % 2], 3.0) for number in range(10)])
    assert measured_by_threshold(rows).equals(measured_by_threshold(rows.reverse()))
    assert measured_by_threshold(rows).schema == MEASURED


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        pytest.param(sample((0.9, True, "a", 0.0)), "weight", id="a pair that stands for none"),
        pytest.param(sample((0.9, True, "a", 1.0)).drop("stratum"), "stratum", id="no stratum"),
        pytest.param(sample((1.9, True, "a", 1.0)), "between 0 and 1", id="no probability"),
    ],
)
def test_a_sample_that_cannot_be_weighed_is_refused(spoilt: pl.DataFrame, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        measured_by_threshold(spoilt)
