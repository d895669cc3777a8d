"""False and missed links by threshold: expected from probabilities, and measured from judged pairs."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from matching.quality.accuracy import calibration_error
from matching.quality.thresholds import (
    EXPECTED,
    MEASURED,
    RELIABILITY,
    THRESHOLDS,
    calibration_error_of,
    expected_by_threshold,
    measured_by_threshold,
    reliability,
    sample_of_known_pairs,
)


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


def test_a_band_that_holds_and_one_that_says_too_much() -> None:
    holds = [(0.9, number < 18, "high", 10.0) for number in range(20)]
    boasts = [(0.97, number < 10, "high", 10.0) for number in range(20)]
    low, high = reliability(sample(*holds, *boasts), (0.5, 0.95)).to_dicts()
    assert (low["band_from"], low["band_to"], low["judged"], low["pairs"]) == (0.5, 0.95, 20, 200)
    assert (low["said"], low["right"]) == pytest.approx((0.9, 0.9))
    assert (low["right_low"], low["right_high"]) == pytest.approx(beta.ppf([0.025, 0.975], 18.5, 2.5), abs=0.01)
    assert (high["band_from"], high["band_to"], high["said"], high["right"]) == pytest.approx((0.95, 1.0, 0.97, 0.5))
    assert high["right_high"] < high["said"]


def test_a_band_counts_its_strata_by_the_pairs_that_they_stand_for() -> None:
    rare, usual = [(0.6, False, "rare", 1.0)] * 5, [(0.7, True, "usual", 19.0)] * 5
    (band,) = reliability(sample(*rare, *usual, (0.65, None, "usual", 19.0)), (0.5, 0.8)).to_dicts()
    assert band["judged"] == 10
    assert band["said"] == pytest.approx((0.6 + 19 * 0.7) / 20)
    assert band["right"] == pytest.approx(0.95)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=40))
def test_with_every_truth_known_bands_give_the_calibration_error_of_bins(pairs: list[tuple[float, bool]]) -> None:
    known = pl.DataFrame(pairs, schema={"said": pl.Float64, "so": pl.Boolean}, orient="row")
    bands = reliability(sample_of_known_pairs(known["said"], known["so"]), (0.25, 0.5, 0.75))
    assert bands.schema == RELIABILITY
    assert bands["judged"].sum() == len(pairs)
    assert ((bands["right_low"] <= bands["right"]) & (bands["right"] <= bands["right_high"])).all()
    error = calibration_error_of(bands)
    if not pairs:
        assert error is None
    else:
        assert error == pytest.approx(calibration_error(known["said"].to_numpy(), known["so"].to_numpy(), 4))


def test_of_probabilities_that_hold_the_interval_holds_what_was_said_nineteen_times_in_twenty() -> None:
    draw = np.random.default_rng(20260901)
    inside = []
    for _ in range(40):
        said = draw.uniform(0, 1, 300)
        bands = reliability(
            sample_of_known_pairs(pl.Series(said), pl.Series(draw.uniform(0, 1, 300) < said)), (0.2, 0.4, 0.6, 0.8)
        )
        inside += bands["said"].is_between(bands["right_low"], bands["right_high"]).to_list()
    assert len(inside) == 200
    assert 0.91 <= np.mean(inside) <= 0.99
