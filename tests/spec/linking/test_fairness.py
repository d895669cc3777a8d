"""Groups of the linkage, counted by hand: link rates, expected errors with intervals, and what is kept back."""

import math

import polars as pl
import pytest

from matching.quality.fairness import AGAINST_TRUTH, BY_GROUP, against_truth, by_group


def measured(
    groups: pl.DataFrame, child: list[int], linked: list[bool | None], pairs: list[tuple[int, int, float, bool]]
):  # type: ignore[no-untyped-def]
    frame = pl.DataFrame(pairs, schema=["left", "right", "probability", "is_same_child"], orient="row")
    return by_group(groups, pl.Series(child), pl.Series(linked, dtype=pl.Boolean), frame)


TWELVE_AND_TWELVE = pl.DataFrame({"sex": ["girls"] * 12 + ["boys"] * 12})
EACH_ITS_OWN = list(range(24))
NINE_OF_TWELVE_GIRLS_AND_SIX_BOYS = [True] * 9 + [False] * 3 + [True] * 6 + [False] * 6


def test_link_rate_and_standardised_difference() -> None:
    rows = measured(TWELVE_AND_TWELVE, EACH_ITS_OWN, NINE_OF_TWELVE_GIRLS_AND_SIX_BOYS, [(0, 1, 0.0, False)])
    boys, girls = rows.sort("group").to_dicts()
    assert (girls["link_rate"], boys["link_rate"]) == (0.75, 0.5)
    # girls are 9 of 15 linked records and 3 of 9 unlinked ones
    assert girls["standardised_difference"] == pytest.approx((0.6 - 1 / 3) / math.sqrt((0.24 + 2 / 9) / 2))
    assert boys["standardised_difference"] == pytest.approx(-girls["standardised_difference"])


def test_expected_errors_are_sums_of_probabilities_within_their_interval() -> None:
    pairs = [(0, 1, 0.9, True), (2, 3, 0.8, True), (4, 5, 0.3, False), (12, 13, 0.99, True)]
    boys, girls = measured(TWELVE_AND_TWELVE, EACH_ITS_OWN, [None] * 24, pairs).sort("group").to_dicts()
    assert girls["links"] == 2
    assert girls["expected_false_links"] == pytest.approx(0.3)
    assert girls["false_low"] == 0
    assert girls["false_high"] == pytest.approx(0.3 + 1.959964 * math.sqrt(0.09 + 0.16))
    assert girls["expected_missed_links"] == pytest.approx(0.3)
    assert girls["missed_high"] == pytest.approx(1.0)  # no more than the one pair there is
    assert girls["link_rate"] is None
    assert boys["expected_missed_links"] == 0


def test_a_pair_across_two_groups_counts_in_both_and_a_pair_within_one_counts_once() -> None:
    boys, girls = (
        measured(TWELVE_AND_TWELVE, EACH_ITS_OWN, [None] * 24, [(0, 12, 0.9, True), (1, 2, 0.9, True)])
        .sort("group")
        .to_dicts()
    )
    assert (girls["links"], boys["links"]) == (2, 1)


@pytest.mark.parametrize(
    ("children", "shown"),
    [pytest.param(9, False, id="nine children: kept back"), pytest.param(10, True, id="ten children: shown")],
)
def test_groups_of_fewer_than_ten_children_are_named_and_not_measured(children: int, shown: bool) -> None:
    rows = pl.DataFrame({"area": ["ZA1"] * 40})
    found = measured(rows, [number % children for number in range(40)], [True] * 40, [(0, 1, 0.9, True)]).row(
        0, named=True
    )
    assert found["group"] == "ZA1"
    kept = {name: value for name, value in found.items() if name not in ("grouping", "group") and value is not None}
    assert bool(kept) is shown


def test_what_is_not_known_is_a_group_of_its_own_and_bands_stand_in_order() -> None:
    bands = pl.DataFrame({"age": ["11 to 15"] * 10 + ["5 to 10"] * 10 + [None] * 10})
    found = measured(bands, list(range(30)), [None] * 30, [(0, 1, 0.5, False)])
    assert found["group"].to_list() == ["5 to 10", "11 to 15", "not known"]


def test_nothing_to_measure_gives_no_row() -> None:
    empty = pl.DataFrame(
        schema={"left": pl.Int32, "right": pl.Int32, "probability": pl.Float64, "is_same_child": pl.Boolean}
    )
    none = pl.Series([], dtype=pl.Int64)
    no_groups = pl.DataFrame({"sex": pl.Series([], dtype=pl.String)})
    assert by_group(no_groups, none, none.cast(pl.Boolean), empty).schema == BY_GROUP
    assert against_truth(no_groups, none, none, empty).is_empty()


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one row a record"):
        measured(TWELVE_AND_TWELVE, [1, 2], [None] * 24, [(0, 1, 0.5, False)])


def test_against_the_truth_recall_is_by_the_groups_of_the_records() -> None:
    groups = pl.DataFrame({"name origin": ["welsh"] * 4 + ["somali"] * 4})
    truth = pl.Series([1, 1, 2, 2, 3, 3, 4, 4])
    child = pl.Series([1, 1, 2, 2, 3, 3, 5, 6])  # one Somali child's two records were not put together
    pairs = pl.DataFrame({"left": [0, 2, 4, 6], "right": [1, 3, 5, 7], "probability": [1.0, 1.0, 1.0, 0.4]})
    found = against_truth(groups, child, truth, pairs)
    assert found.schema == AGAINST_TRUTH
    somali, welsh = found.to_dicts()
    assert (welsh["recall"], somali["recall"]) == (1.0, 0.5)
    assert (welsh["precision"], somali["precision"]) == (1.0, 1.0)
    assert somali["recall_gap"] == pytest.approx(0.25)
    assert somali["calibration_error"] == pytest.approx(0.3)
    assert welsh["calibration_error"] == 0
