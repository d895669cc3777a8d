"""The ledger over several nights: ids that change, what an officer has opened, risen and fallen, a night run again."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from pipelines.failure import INTERNAL_ERROR, NightFailed
from pipelines.intake.in_figures.figures import KEPT_DAYS
from pipelines.ledger.came_on_list import EDUCATION_ENDED, FIRST_NIGHT
from pipelines.ledger.left_list import MERGED, RECORDS_GONE
from pipelines.ledger.list_changes import FALLEN, GONE, KEPT_IN_VIEW, OUT_OF_VIEW, RETURNED, RISEN
from pipelines.ledger.lives import IN_HAND, keep_ledger, thinned_nights
from pipelines.ledger.unconfirmed import UNCONFIRMED
from pipelines.ledger.what_moved import NOTHING_OF_ITS_OWN
from pipelines.listing.rank import CLOSED, IN_EDUCATION
from pipelines.rank_settings import RankSettings
from pipelines.tables import LEAD_NIGHT
from tests.made.children import AS_AT, Drawn
from tests.made.leads import beside_a_pupil, lead, merged, nobody, schooled
from tests.made.nights import Nights


def test_a_lead_goes_on_under_the_id_that_its_records_have_now() -> None:
    renamed = Drawn().record("health:H1", "B").lives("B", 0.95).says("health:H1", "seen", since=date(2026, 10, 3))
    nights = Nights().night(lead()).night(renamed)
    assert nights.changes() == {}, "neither gone nor new"
    assert {name: nights.lead("B")[name] for name in ("first_listed_on", "former_ids", "spell")} == {
        "first_listed_on": AS_AT,
        "former_ids": "A",
        "spell": 1,
    }


def test_of_two_leads_that_become_one_child_one_goes_on_and_the_other_says_where() -> None:
    two = lead().record("housing:T1", "B").lives("B", 0.95)
    one = Drawn().record("health:H1", "B").record("housing:T1", "B").lives("B", 0.95)
    nights = Nights().night(two).night(one)
    assert (nights.lead("A")["off_because"], nights.lead("A")["other_child_id"]) == (MERGED, "B")
    assert nights.lead("A")["off_why"] == "The records are now child B's. That child is on the list."
    assert nights.changes() == {"A": GONE}


def test_a_lead_taken_for_a_child_at_school_stays_in_view_while_nothing_new_is_told_of_either() -> None:
    """As when doctors take one of two twins for the other and remove a registration."""
    nights = Nights().night(beside_a_pupil()).night(merged())
    found = nights.lead()
    assert (found["state"], found["off_because"], found["other_child_id"]) == ("in view", MERGED, "B")
    assert str(found["off_why"]).startswith("The records are now child B's. In education")
    assert str(found["off_why"]).endswith(UNCONFIRMED)
    assert nights.changes() == {"A": KEPT_IN_VIEW}
    nights.night(merged())
    assert (nights.lead()["state"], nights.changes()) == ("in view", {}), "also on the nights after"
    nights.night(beside_a_pupil())
    assert (nights.lead()["state"], nights.lead()["spell"], nights.changes()) == ("listed", 1, {"A": RETURNED}), (
        "parted again"
    )


@pytest.mark.parametrize("record", ["health:H1", "school_census:C2"])
def test_a_lead_leaves_once_its_record_or_that_of_the_education_has_changed(record: str) -> None:
    nights = Nights().night(beside_a_pupil())
    nights.seen[record] = nights.as_at + timedelta(days=1)
    assert nights.night(merged()).lead()["state"] == "left"
    nights = Nights().night(beside_a_pupil()).night(merged())
    nights.seen[record] = nights.as_at + timedelta(days=1)
    assert nights.night(merged()).changes() == {"A": OUT_OF_VIEW}


def test_a_lead_leaves_once_an_analyst_has_judged_it_to_be_that_child() -> None:
    nights = Nights().night(beside_a_pupil()).night(merged(), judged_the_same=("health:H1", "school_census:C2"))
    assert (nights.lead()["state"], nights.lead()["off_because"]) == ("left", MERGED)


def test_an_officer_closes_a_lead_of_whose_education_there_was_no_news() -> None:
    nights = Nights().night(beside_a_pupil()).night(merged()).officer("ON_ROLL_OWN").night(merged())
    assert (nights.lead()["state"], nights.lead()["off_because"]) == ("left", CLOSED)


def test_a_lead_leaves_for_a_place_of_another_record_that_begins_tonight() -> None:
    tomorrow = AS_AT + timedelta(days=1)
    to_come = lead().record("school_census:C2", "B").on_roll("school_census:C2", tomorrow).lives("B", 1.0)
    begun = Drawn().record("health:H1", "B").record("school_census:C2", "B").on_roll("school_census:C2", tomorrow)
    nights = Nights().night(to_come).night(begun.lives("B", 1.0))
    assert (nights.lead()["state"], nights.lead()["off_because"]) == ("left", MERGED)


def test_a_child_in_view_that_is_a_lead_again_is_back_on_the_list_in_the_same_spell() -> None:
    nights = Nights().night(lead()).officer("UNTRACED").night(schooled()).night(schooled(until=AS_AT))
    found = nights.lead()
    assert (found["state"], found["spell"], found["first_listed_on"], found["off_because"]) == (
        "listed",
        1,
        AS_AT,
        None,
    )
    assert (nights.changes()["A"], found["came_because"]) == (RETURNED, EDUCATION_ENDED)


def test_a_child_that_was_never_listed_is_in_view_once_an_officer_opens_it() -> None:
    nights = Nights().night(schooled()).officer("UNDER_ENQUIRY").night(schooled())
    found = nights.lead()
    assert (found["state"], found["came_because"], found["first_listed_on"]) == ("in view", IN_HAND, None)
    assert (found["forename"], found["off_because"]) == ("Amira", IN_EDUCATION)
    assert nights.changes() == {}, "it was off the list before"
    assert nights.officer("ON_ROLL_OWN").night(schooled()).changes() == {"A": OUT_OF_VIEW}


def test_a_child_in_hand_who_was_never_listed_stays_in_view_though_its_records_go() -> None:
    nights = Nights().night(schooled()).officer("UNDER_ENQUIRY").night(nobody())
    found = nights.lead()
    assert (found["state"], found["off_because"], found["came_because"]) == ("in view", RECORDS_GONE, IN_HAND)
    assert (found["records"], found["forename"]) == ("health:H1", None)
    assert found["restricted"] is True, "nobody can say any more whether it was protected"
    assert nights.night(nobody()).lead()["state"] == "in view"
    assert nights.officer("MOVED_OTHER_LA_CONFIRMED").night(nobody()).lead()["state"] == "left"


def test_a_child_in_hand_whose_records_are_another_childs_goes_on_as_that_child() -> None:
    nights = Nights().night(schooled()).officer("UNDER_ENQUIRY").night(merged())
    in_view = nights.ledger.leads.filter(state="in view")
    assert in_view.select("child_id", "off_because").rows() == [("B", IN_EDUCATION)]


def test_a_child_rises_and_falls_by_itself() -> None:
    nights = Nights().night(lead(living_here=0.5)).night(lead(living_here=0.9))
    assert nights.changes() == {"A": RISEN}
    told = nights.ledger.changes.row(0, named=True)
    assert (told["because"], told["why"]) == (
        "more likely",
        "Likelihood 50 in 100, now 90 in 100. What rose most is the likelihood that the child is still living here: from 50 "
        f"in 100 to 90 in 100. {NOTHING_OF_ITS_OWN}",
    )
    assert (told["rank"], told["rank_before"], told["likelihood_before"]) == (1, 1, 0.5)
    nights.night(lead(living_here=0.4))
    assert nights.changes() == {"A": FALLEN}
    assert nights.ledger.changes["why"].item() == (
        "Likelihood 90 in 100, now 40 in 100; lane 'follow up', now 'probably moved away'. What fell most is the likelihood "
        f"that the child is still living here: from 90 in 100 to 40 in 100. {NOTHING_OF_ITS_OWN}"
    )
    assert nights.night(lead(living_here=0.41)).changes() == {}


def test_what_is_new_of_the_family_moves_a_child_and_takes_it_off_the_list() -> None:
    at_school, unseen = (
        "another child in the household has a place",
        "no other child in the household has been seen for a year",
    )
    nights = Nights()
    for living_here, family, change, told in (
        (0.9, at_school, None, ""),
        (
            0.5,
            "known to 2 agencies besides schools",
            FALLEN,
            f" On the last list: {at_school}. Nothing shows that now.",
        ),
        (0.01, unseen, GONE, f" Now: {unseen}."),
    ):
        drawn = lead(living_here=living_here)
        drawn.residences[0]["because"] = f"last seen 9 weeks ago; {family}"
        nights.night(drawn)
        assert nights.changes() == ({"A": change} if change else {})
        assert all(why.endswith(f"what is known of the household has.{told}") for why in nights.ledger.changes["why"])


def test_the_same_night_again_replaces_itself_and_changes_nothing_else() -> None:
    nights = Nights().night(lead()).night(schooled())
    once = nights.ledger
    again = nights.night(schooled(), on=nights.as_at).ledger
    assert all(getattr(once, name).equals(getattr(again, name)) for name in ("leads", "nights", "lists", "changes"))
    other = nights.night(lead(), on=nights.as_at)
    assert other.lead()["state"] == "listed"
    assert other.changes() == {}


def test_a_night_that_was_not_published_is_taken_back() -> None:
    nights = Nights().night(lead()).night(schooled(), publishes=False).night(schooled())
    assert nights.changes() == {"A": GONE}, "what readers have not been told yet is told now"
    assert nights.lead()["left_on"] == AS_AT + timedelta(days=2)
    assert nights.ledger.lists["as_at"].to_list() == [AS_AT, AS_AT + timedelta(days=2)]


def test_a_night_long_past_run_again_leaves_the_ledger_as_it_is() -> None:
    nights = Nights().night(lead()).night(schooled())
    stood = nights.ledger
    nights.night(lead(), on=AS_AT)
    assert nights.ledger.leads.equals(stood.leads)
    assert nights.changes() == {}


def beside_a_protected_child() -> Drawn:
    """Lives at the address of a child who is protected."""
    both = lead().record("housing:T1", "A", uprn="100").record("housing:T2", "B", uprn="100").lives("B", 0.95)
    return both.says("housing:T2", "protected")


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(lead().says("health:H1", "protected"), id="by a source"),
        pytest.param(beside_a_protected_child(), id="by whom it lives with"),
    ],
)
def test_a_child_protected_on_any_night_stays_so_in_the_ledger(before: Drawn) -> None:
    listed = Nights().night(before).night(lead(living_here=0.5))
    gone = Nights().night(before).night(nobody())
    for nights in (listed, gone):
        assert nights.lead()["restricted"] is True
        assert nights.ledger.changes.filter(child_id="A")["restricted"].item() is True
    assert gone.night(lead()).lead()["restricted"] is True, "when it is listed again, too"


def test_a_former_identity_keeps_no_name_in_the_ledger_and_is_for_the_restricted_role_only() -> None:
    """One of A's records is withheld, as A is adopted. B is protected for another reason, and C's lead stays as it is."""
    both = Drawn().record("health:H2", "B").lives("B", 0.95).says("health:H2", "protected")
    both.record("health:H3", "C").lives("C", 0.95)
    before = lead().record("housing:T1", "A").record("health:H2", "B").record("health:H3", "C")
    nights = Nights().night(before.lives("B", 0.95).lives("C", 0.95))
    tonight = Nights(as_at=AS_AT + timedelta(days=1)).tonight(both, RankSettings())
    ledger = keep_ledger(nights.ledger, replace(tonight, withheld=pl.Series(["health:H1"])))
    found = {row["child_id"]: (row["forename"], row["restricted"]) for row in ledger.leads.iter_rows(named=True)}
    assert found == {"A": (None, True), "B": ("Amira", True), "C": ("Amira", False)}


@pytest.mark.parametrize(
    ("days", "is_kept"),
    [
        pytest.param(KEPT_DAYS, True, id="on the last day of two years"),
        pytest.param(KEPT_DAYS + 1, False, id="and after it"),
    ],
)
def test_a_lead_that_ended_is_kept_for_two_years_and_so_is_what_is_known_of_a_list(days: int, is_kept: bool) -> None:
    left_on = AS_AT + timedelta(days=1)
    nights = Nights().night(lead()).night(schooled()).night(schooled(), on=left_on + timedelta(days=days))
    assert nights.ledger.leads["left_on"].to_list() == [left_on] * is_kept
    assert nights.ledger.lists["as_at"].to_list() == [left_on] * is_kept + [nights.as_at]


def test_nights_long_past_are_kept_where_something_changed() -> None:
    def stood(days: int, likelihood: float) -> dict[str, object]:
        return {
            "as_at": AS_AT - timedelta(days=days),
            "child_id": "A",
            "lane": "follow up",
            "rank": 1,
            "likelihood": likelihood,
        }

    old = [stood(days, 0.9) for days in (800, 100, 99, 98)] + [stood(97, 0.5), stood(60, 0.5), stood(59, 0.5)]
    recent = [stood(days, 0.5) for days in (2, 1, 0)]
    kept = thinned_nights(pl.DataFrame(old + recent, schema=LEAD_NIGHT), AS_AT)
    assert [(AS_AT - day).days for day in kept["as_at"]] == [100, 97, 59, 2, 1, 0]
    assert thinned_nights(kept, AS_AT).equals(kept)


def test_the_first_night_says_that_it_is_the_first() -> None:
    nights = Nights().night(lead())
    assert nights.lead()["came_because"] == FIRST_NIGHT
    assert nights.changes() == {}


def test_a_child_off_the_list_without_a_reason_is_a_failed_night() -> None:
    nights = Nights().night(lead())
    tonight = Nights(as_at=AS_AT + timedelta(days=1)).tonight(lead(), RankSettings())
    with pytest.raises(
        NightFailed, match=r"1 of the children on the last list are not on .* and nothing says why: A"
    ) as failed:
        keep_ledger(nights.ledger, replace(tonight, candidates=tonight.candidates.clear()))
    assert failed.value.exit_code == INTERNAL_ERROR
