"""The settings of the list: the cut-off as a plain question, the weeks an authority waits, and what is refused."""

import tomllib
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.rank_settings import RankSettings
from tests.made.children import known_to_gp


@pytest.mark.parametrize(
    ("wasted", "on_list"),
    [
        pytest.param(4, False, id="four wasted enquiries: from one in five"),
        pytest.param(9, True, id="nine: from one in ten"),
        pytest.param(17 / 3, True, id="17 for three: from 15 in 100, and so many it is"),
        pytest.param(0, False, id="none: only the certain"),
    ],
)
def test_the_plain_question_sets_the_cut_off(wasted: float, on_list: bool) -> None:
    drawn = known_to_gp().lives("CH1", 0.15)
    settings = RankSettings(wasted_enquiries_per_missed_child=wasted, check_costs=1)
    assert (drawn.ranked(settings).candidates.height == 1) is on_list


def test_settings_refuse_an_unknown_key_and_a_share_above_one() -> None:
    with pytest.raises(ValidationError, match="moved_away_bellow"):
        RankSettings.model_validate({"moved_away_bellow": 0.5})
    with pytest.raises(ValidationError, match="moved_away_below"):
        RankSettings(moved_away_below=50)


def test_the_example_settings_show_every_key_with_its_default() -> None:
    example = tomllib.loads((Path(__file__).parents[3] / "config" / "example.toml").read_text(encoding="utf-8"))[
        "ranking"
    ]
    assert example == RankSettings().model_dump(mode="json")


def test_the_cut_off_falls_as_a_missed_child_is_worth_more_enquiries() -> None:
    cut_offs = [RankSettings(wasted_enquiries_per_missed_child=worth).list_from for worth in (0, 1, 4, 9, 99)]
    assert cut_offs == [1.0, 0.5, 0.2, 0.1, 0.01]
    assert all(higher > lower for higher, lower in pairwise(cut_offs))


@pytest.mark.parametrize(
    ("left_on", "concern", "reason"),
    [
        pytest.param(date(2026, 11, 2), None, "not yet listed, by the authority's own threshold", id="out for 18 days"),
        pytest.param(date(2026, 11, 2), "Whereabouts unknown", None, id="a referral: high risk never waits"),
        pytest.param(date(2026, 11, 2), "child protection plan", None, id="a protection plan: nor does that"),
        pytest.param(date(2026, 10, 23), None, None, id="out for four weeks to the day"),
        pytest.param(None, None, None, id="never in school: nothing to count from"),
    ],
)
def test_an_authority_may_wait_some_weeks_but_never_for_a_child_at_high_risk(
    left_on: date | None, concern: str | None, reason: str | None
) -> None:
    drawn = known_to_gp()
    if left_on:
        drawn.record("school_census:1", "CH1").on_roll("school_census:1", date(2020, 9, 1), left_on)
    if concern:
        drawn.says("health:CH1", "concern", concern, date(2026, 11, 3))
    waiting = drawn.ranked(RankSettings(weeks_before_listed=4))
    assert waiting.explained["reason"].to_list() == ([reason] if reason else [])
    assert waiting.candidates.height == (reason is None)
    assert drawn.ranked().candidates.height == 1, "in England there is no such time"
    if reason:
        assert waiting.explained["why"].item() == (
            "Education ended recently: by the authority's own threshold, to be listed from 30 November 2026."
        )
