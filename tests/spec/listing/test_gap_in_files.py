"""From which length on a list is told to come of files that are not whole."""

from types import SimpleNamespace

import pytest

from pipelines.listing.gap_in_files import gap_in_files
from pipelines.steps.under_way import Night


@pytest.mark.parametrize(
    ("listed", "explained", "is_told"),
    [
        pytest.param(150, 850, False, id="as many as in the Welsh authority with the most"),
        pytest.param(200, 800, False, id="a fifth"),
        pytest.param(201, 799, True, id="more"),
        pytest.param(388, 15, True, id="one class of one school beside the whole list of the doctors"),
        pytest.param(19, 0, False, id="too few to say"),
        pytest.param(0, 0, False, id="nobody"),
    ],
)
def test_a_list_of_more_than_a_fifth_of_the_children_of_age_says_that_a_roll_is_missing(
    listed: int, explained: int, is_told: bool
) -> None:
    assert bool(gap_in_files(listed, explained)) is is_told


def test_it_is_told_with_what_the_files_are_to_be_read_with() -> None:
    night = SimpleNamespace(
        judged_intake=SimpleNamespace(warnings=("health.csv: old.",)),
        at_odds=SimpleNamespace(result=lambda: ("Housing: a column has slipped.",)),
        counts={"rank": {"candidates": 388, "explained": 15}},
        roll_warnings=("No roll can show yet.",),
        protection_warnings=("Copies must go.",),
    )
    *of_files, of_list, of_rolls, of_copies = Night.warnings.fget(night)  # type: ignore[attr-defined]
    assert of_files == ["health.csv: old.", "Housing: a column has slipped."]
    assert of_copies == "Copies must go."
    assert of_list.startswith("The list names 388 of 403 children of compulsory school age.")
    assert of_rolls == "No roll can show yet."
