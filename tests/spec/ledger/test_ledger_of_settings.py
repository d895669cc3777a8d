"""The ledger when an authority changes its settings: the cut-off, the weeks it waits, a recalibration."""

from datetime import date

import pytest

from pipelines.ledger.came_on_list import (
    CUT_OFF_LOWERED,
    WAITED,
)
from pipelines.ledger.left_list import CUT_OFF_RAISED, LISTED, RECALIBRATED
from pipelines.ledger.list_changes import RETURNED
from pipelines.ledger.what_moved import NOTHING_OF_ITS_OWN
from pipelines.listing.rank import MOVED_AWAY
from pipelines.listing.waiting import NOT_YET
from pipelines.rank_settings import RankSettings, Recalibration
from tests.made.leads import lead
from tests.made.nights import Nights

STRICTER, LAXER = RankSettings(wasted_enquiries_per_missed_child=1), RankSettings(wasted_enquiries_per_missed_child=99)


def test_a_stricter_cut_off_is_a_reason_of_its_own() -> None:
    nights = Nights().night(lead(living_here=0.2)).night(lead(living_here=0.2), settings=STRICTER)
    assert nights.lead()["off_because"] == CUT_OFF_RAISED
    assert nights.lead()["off_why"] == (
        "The cut-off is now 50 in 100, and the likelihood 20 in 100. A desk check of where the child lives is made "
        "at 29 in 100 or more."
    )


@pytest.mark.parametrize("now", [0.08, 0.079], ids=["as before", "a little less likely"])
def test_a_stricter_cut_off_is_why_a_child_is_no_longer_kept_for_a_check_at_a_desk(now: float) -> None:
    nights = Nights().night(lead(living_here=0.2)).night(lead(living_here=0.08))
    assert nights.lead()["state"] == LISTED, "kept for a check"
    nights.night(lead(living_here=now), settings=STRICTER)
    assert nights.lead()["off_because"] == CUT_OFF_RAISED


def test_a_child_kept_for_a_check_that_would_be_kept_no_more_is_off_for_its_own_reason_under_any_cut_off() -> None:
    for settings in (RankSettings(), STRICTER):
        nights = Nights().night(lead(living_here=0.08)).night(lead(living_here=0.03), settings=settings)
        assert nights.lead()["off_because"] == MOVED_AWAY
        assert str(nights.lead()["off_why"]).endswith(
            f"On the last list the chance that the child lives here was 8 in 100. {NOTHING_OF_ITS_OWN}"
        )


def test_a_threshold_of_weeks_that_the_authority_sets_is_a_reason_of_its_own() -> None:
    lately = lead().record("school_census:C1", "A").on_roll("school_census:C1", None, date(2026, 11, 10))
    nights = Nights().night(lately).night(lately, settings=RankSettings(weeks_before_listed=4))
    assert nights.lead()["off_because"] == NOT_YET
    assert (
        nights.lead()["off_why"]
        == "Education ended recently: by the authority's own threshold, to be listed from 8 December 2026."
    )
    nights.night(lately)
    assert (nights.lead()["state"], nights.lead()["came_because"]) == ("listed", WAITED)


def test_a_laxer_cut_off_is_told() -> None:
    nights = Nights().night(lead(living_here=0.04)).night(lead(living_here=0.05), settings=LAXER)
    assert nights.lead()["came_because"] == CUT_OFF_LOWERED
    assert (
        nights.lead()["came_why"]
        == "The likelihood is 5 in 100. The cut-off is now 1 in 100; for the last list it was 11 in 100."
    )


def test_a_recalibration_by_officers_outcomes_is_a_reason_of_its_own_both_ways() -> None:
    weak = lead(living_here=0.2)
    nights = Nights().night(weak).night(weak, settings=RankSettings(recalibration=Recalibration(shift=-2)))
    assert nights.lead()["off_because"] == RECALIBRATED
    assert nights.lead()["off_why"] == (
        "From the records alone the likelihood is 20 in 100; allowing for what officers found on "
        "earlier leads, 3 in 100: below the cut-off of 11 in 100."
    )
    nights.night(weak)
    assert (nights.changes()["A"], nights.lead()["came_because"]) == (RETURNED, RECALIBRATED)
    faint = lead(living_here=0.04)
    nights = Nights().night(faint).night(faint, settings=RankSettings(recalibration=Recalibration(shift=1.5)))
    assert nights.lead()["came_because"] == RECALIBRATED
    assert nights.lead()["came_why"] == (
        "From the records alone the likelihood is 4 in 100; allowing for what officers found on earlier leads, 16 in 100."
    )


def test_under_a_recalibration_a_child_that_falls_still_falls_for_its_own_reason() -> None:
    settings = RankSettings(recalibration=Recalibration(slope=0.8, shift=-0.5))
    nights = Nights().night(lead(), settings=settings).night(lead(living_here=0.04), settings=settings)
    assert nights.lead()["off_because"] == MOVED_AWAY
