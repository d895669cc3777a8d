"""The ledger, drawn night by night: why a child leaves the list, what brings one onto it, and who stays in view."""

import functools
import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from pipelines.ledger.came_on_list import (
    CAME_BECAUSE,
    CAME_OF_AGE,
    CONTRADICTED,
    CUT_OFF_LOWERED,
    DEATH_TAKEN_BACK,
    EDUCATION_ENDED,
    FIRST_NIGHT,
    LESS_SURE,
    LIVES_HERE,
    NOT_KNOWN_BEFORE,
    NOT_TAKEN_UP,
    NOT_THE_SAME,
    PARTED,
    PROOF_GONE,
    RECORDS_BACK,
    ROSE,
    SEEN_AGAIN,
    TO_CHECK,
    VANISHED,
    WAITED,
)
from pipelines.ledger.left_list import CUT_OFF_RAISED, FELL, LEFT_BECAUSE, MERGED, RECALIBRATED, RECORDS_GONE
from pipelines.ledger.list_changes import GONE, KEPT_IN_VIEW, NEW, OUT_OF_VIEW, RETURNED
from pipelines.listing.rank import CLOSED, DIED, IN_EDUCATION, MOVED_AWAY, NOT_OF_AGE, SAME_AS_RIVAL
from pipelines.listing.waiting import AGE_ENDS, NOT_YET, OVER_HOLIDAYS
from tests.made.children import AS_AT, THREE, Drawn
from tests.made.leads import lead, merged, met, nobody, schooled
from tests.made.nights import Found, Nights, lived

SIXTEEN_SOON = date(2010, 9, 1)
"""Of compulsory school age until 25 June 2027."""
FIVE_SOON = date(2021, 12, 1)
"""Of compulsory school age from 31 December 2026."""


def referred(living_here: float) -> Drawn:
    """Somebody asks after the child."""
    return lead(living_here=living_here).says("health:H1", "concern", "not attending", AS_AT - timedelta(days=9))


def rival(probability: float) -> Drawn:
    drawn = lead().record("school_census:C2", "B").on_roll("school_census:C2", date(2024, 9, 2))
    return drawn.rivalry(("A", "health:H1"), ("B", "school_census:C2"), probability)


LEAVES = [
    # what tonight shows, why the child is off the list, and how it is told
    pytest.param(
        schooled(), IN_EDUCATION,
        r"since 16 November 2026 \(School census, record school_census:C1\): there is more than a 99 in 100 "
        r"chance", id="a roll shows the child",
    ),
    pytest.param(
        rival(0.97), SAME_AS_RIVAL,
        "same child as that of record school_census:C2.*97 in 100", id="a child in education is probably the same",
    ),
    pytest.param(lead(living_here=0.04), MOVED_AWAY, "a 4 in 100 chance that the child still lives here. The GP "
                                                     "saw", id="moved away"),
    pytest.param(
        lead(living_here=0.06).says("health:H1", "lives_here").says("health:H1", "left", since=AS_AT), MOVED_AWAY,
        "a 6 in 100 chance that the child still lives here", id="quiet, and its doctor says that it has left",
    ),
    pytest.param(
        lead(born=THREE), NOT_OF_AGE,
        "not of compulsory school age before 31 August 2028", id="the birth date was put right",
    ),
    pytest.param(merged(), MERGED, "now child B's. In education", id="merged with a child in education"),
    pytest.param(
        lead().says("health:H1", "died"), DIED,
        r"says that the child has died \(GP registrations, record health:H1\)", id="a source says that the child has died",
    ),
    pytest.param(nobody(), RECORDS_GONE, "The child's only record was not sent tonight.$", id="no record comes any more"),
]  # fmt: skip


TONIGHT: list[Drawn] = [case.values[0] for case in LEAVES]


@functools.cache
def listed_and_then_tonight() -> list[list[Nights]]:
    return lived([[lead(), tonight] for tonight in TONIGHT])


@pytest.mark.parametrize(("tonight", "because", "why"), LEAVES)
def test_a_child_leaves_the_list_for_a_reason_on_record(tonight: Drawn, because: str, why: str) -> None:
    nights = listed_and_then_tonight()[TONIGHT.index(tonight)][-1]
    found = nights.lead()
    assert (found["state"], found["off_because"], found["left_on"]) == ("left", because, AS_AT + timedelta(days=1))
    assert re.search(why, str(found["off_why"]))
    assert nights.changes()["A"] == GONE


def test_a_child_who_is_gone_from_a_file_that_may_be_cut_off_stays_in_view_until_it_comes_whole() -> None:
    half, whole = frozenset({"health"}), frozenset[str]()
    nights = Nights().night(lead()).night(nobody(), cut_off=half)
    found = nights.lead()
    assert (found["state"], found["off_because"], nights.changes()["A"]) == ("in view", RECORDS_GONE, KEPT_IN_VIEW)
    assert str(found["off_why"]).endswith("The child stays in view until the whole file is sent (GP registrations).")
    assert nights.night(nobody(), cut_off=half).lead()["state"] == "in view"
    assert nights.night(lead()).lead()["state"] == "listed"
    assert nights.lead()["spell"] == 1
    nights.night(nobody(), cut_off=half).night(nobody(), cut_off=whole)
    assert (nights.lead()["state"], nights.lead()["off_because"]) == ("left", RECORDS_GONE)


def test_a_child_whose_one_record_is_set_aside_stays_in_view_until_the_row_is_mended() -> None:
    nights = Nights().night(lead()).night(nobody(), set_aside=("health:H1",))
    found = nights.lead()
    assert (found["state"], found["off_because"], nights.changes()["A"]) == ("in view", RECORDS_GONE, KEPT_IN_VIEW)
    assert found["off_why"] == (
        "The child's only record was not sent tonight, or a row was set aside (GP registrations): the child stays in view "
        "until "
        "that is corrected."
    )
    nights.night(nobody(), set_aside=("health:H2",))
    assert (nights.lead()["state"], nights.lead()["off_because"]) == ("left", RECORDS_GONE)


def test_of_a_child_who_comes_back_as_the_row_of_its_education_was_set_aside_the_sender_is_to_be_asked() -> None:
    nights = Nights().night(lead()).night(schooled()).night(lead(), set_aside=("school_census:C1",))
    why = "Record school_census:C1, which had shown an education, was set aside: ask its sender first."
    assert (nights.lead()["came_because"], nights.lead()["came_why"]) == (PROOF_GONE, why)


def test_a_file_that_is_cut_off_keeps_nobody_in_view_whom_another_reason_takes_off_the_list() -> None:
    nights = Nights().night(lead()).night(schooled(), cut_off=frozenset({"health"}))
    assert (nights.lead()["state"], nights.lead()["off_because"]) == ("left", IN_EDUCATION)


def test_the_record_of_the_education_is_kept_with_its_validity_and_how_sure_it_is() -> None:
    found = Nights().night(lead()).night(schooled(sure=0.97, until=date(2027, 7, 23))).lead()
    assert (found["record_id"], found["source"]) == ("school_census:C1", "school_census")
    assert (found["since_on"], found["until_on"]) == (date(2026, 11, 16), date(2027, 7, 23))
    assert found["link_probability"] == 0.97


def test_a_child_leaves_on_the_day_after_compulsory_school_age() -> None:
    nights = Nights().night(lead(SIXTEEN_SOON), on=date(2027, 6, 25)).night(lead(SIXTEEN_SOON))
    assert nights.lead()["off_because"] == NOT_OF_AGE
    assert nights.lead()["off_why"] == "No longer of compulsory school age, which ended for the child on 25 June 2027."


def test_what_fell_is_the_reason_and_not_what_was_low_before() -> None:
    doubtful = rival(0.7)
    gone = rival(0.7).lives("B", 1.0)
    gone.residences = [{**row, "living_here": 0.32} if row["child_id"] == "A" else row for row in gone.residences]
    nights = Nights().night(doubtful).night(gone)
    assert nights.lead()["off_because"] == FELL
    assert re.search(
        r"fell from 2\d in 100 to 10 in 100, below the cut-off of 11 in 100\. The biggest fall was in the likelihood that the "
        r"child is still living here: from 95 in 100 to 32 in 100",
        str(nights.lead()["off_why"]),
    )


def test_an_officer_closes_a_lead_and_the_outcome_is_told() -> None:
    nights = Nights().night(lead()).officer("INDEPENDENT").night(lead())
    assert nights.lead()["off_because"] == CLOSED
    assert str(nights.lead()["off_why"]).startswith(
        "An officer closed this on 20 November 2026: at an independent school."
    )


def test_a_file_that_was_not_loaded_is_named() -> None:
    nights = Nights().night(lead()).night(nobody(), loaded=frozenset({"school_census"}))
    assert (
        nights.lead()["off_why"]
        == "The child's only record was not sent tonight. Nothing was loaded from: GP registrations."
    )


AFTER = AS_AT + timedelta(days=1)
"""The second night of a history."""
RETURNS: list[object] = [
    # what the last list saw, what tonight shows, and why the child is on it (again)
    pytest.param([nobody], lead, NOT_KNOWN_BEFORE, NEW, "No agency had sent a record", id="a child nobody had sent"),
    pytest.param(
        [schooled], lambda: schooled(until=AS_AT), EDUCATION_ENDED, NEW,
        "record school_census:C1 ended on 20 November 2026", id="the roll says that the child has left",
    ),
    pytest.param(
        [schooled], lambda: schooled(until=AS_AT).says("school_census:C1", "vanished", since=AS_AT), VANISHED, NEW,
        "vanished from School census with no readable", id="the entry vanishes",
    ),
    pytest.param(
        [lambda: lead(living_here=0.04)], lead, ROSE, NEW,
        "rose from 4 in 100 to 95 in 100. What rose most is the likelihood that the child is still living here: from 4 in 100",
        id="seen again, never listed before",
    ),
    pytest.param(
        [schooled], lead, ROSE, NEW,
        "On the last list the child was in education: state school, Keats Primary School since 16 November 2026 "
        r"\(School census, record school_census:C1\)\.",
        id="no file has the row any more that showed the education: the officer asks there first",
    ),
    pytest.param([merged], lambda: rival(0.02), PARTED, NEW, "child B's before", id="parted from a child in education"),
    pytest.param(
        [lead, schooled], lambda: schooled(until=AS_AT), EDUCATION_ENDED, RETURNED,
        "record school_census:C1 ended on 20 November", id="back: the education ended",
    ),
    pytest.param(
        [lead, schooled], lambda: schooled(until=AFTER).says("school_census:C1", "vanished", since=AFTER), VANISHED, RETURNED,
        "vanished from School census with no readable", id="back: the entry vanishes",
    ),
    pytest.param(
        [lead, schooled], lead, PROOF_GONE, RETURNED,
        r"which had shown an education, is no longer sent\. On the last list the child was in education: state school, Keats",
        id="back: the roll has dropped its row",
    ),
    pytest.param(
        [lead, schooled], lambda: schooled(sure=0.6), LESS_SURE, RETURNED,
        "there is a 60 in 100 chance that it is this child's; before, it was more than 99", id="back: the link is doubted",
    ),
    pytest.param(
        [lead, schooled], lambda: schooled(doubt="nobody has renewed it for two years", proves=0.6), LESS_SURE, RETURNED,
        "there is more than a 99 in 100 chance that it is this child's. It is in doubt: nobody has renewed it for two years.",
        id="back: the entry itself is doubted",
    ),
    pytest.param(
        [lead, lambda: schooled(sure=0.8, living_here=0.3)], lambda: schooled(sure=0.8), LESS_SURE, RETURNED,
        "there is an 80 in 100 chance that it is this child's. The likelihood is now 19 in 100.",
        id="back: as unsure as it was, and the child is seen here again",
    ),
    pytest.param(
        [lead, lambda: rival(0.97)], lambda: rival(0.2), NOT_THE_SAME, RETURNED,
        "no longer likely", id="back: not the child in education",
    ),
    pytest.param(
        [lead, lambda: lead(living_here=0.04)], lead, LIVES_HERE, RETURNED,
        "There is now a 95 in 100 chance that the child lives here. Last seen on 3 October 2026 .*. What rose "
        "most is the likelihood that the child is still living here: from 4 in 100 to 95 in 100. No record of the child's own",
        id="back: seen by nobody since, but the estimate has risen",
    ),
    pytest.param(
        [lead, lambda: lead(living_here=0.04)], lambda: met(AFTER), SEEN_AGAIN, RETURNED,
        "There is now a 95 in 100 chance that the child lives here. Last seen on 21 November 2026", id="back: seen here again",
    ),
    pytest.param(
        [lead, lambda: lead(living_here=0.04)], lambda: referred(living_here=0.04), TO_CHECK, RETURNED,
        "There is a 4 in 100 chance that the child lives here, but nobody has found where they are. Last seen on 3 October "
        "2026",
        id="back: somebody asks after a child that has probably moved away",
    ),
    pytest.param(
        [lambda: lead(living_here=0.04)], lambda: lead(living_here=0.06), TO_CHECK, NEW,
        "There is a 6 in 100 chance", id="worth a check at a desk now",
    ),
    pytest.param(
        [lead, lambda: lead().says("health:H1", "died")], lead, DEATH_TAKEN_BACK, RETURNED,
        "now that the child has died", id="back: the death was an error",
    ),
    pytest.param([lead, nobody], lead, RECORDS_BACK, RETURNED, "being sent again", id="back: its records are there"),
    pytest.param([lead, merged], lead, PARTED, RETURNED, "child B's before", id="back: the merge is undone"),
    pytest.param(
        [lead, lambda: lead(born=THREE)], lead, CAME_OF_AGE, RETURNED,
        "from 31 August 2020", id="back: the birth date was right after all",
    ),
]  # fmt: skip


HISTORIES = [[*case.values[0], case.values[1]] for case in RETURNS]  # type: ignore[attr-defined]


@functools.cache
def lived_until_tonight() -> list[list[Nights]]:
    return lived([[drawn() for drawn in history] for history in HISTORIES])


def test_an_education_whose_record_is_another_child_s_now_is_not_told_again() -> None:
    """A source may protect that child, and the education is then hers."""
    now = lead().record("school_census:C1", "B").on_roll("school_census:C1").lives("B", 1.0)
    nights = Nights().night(schooled()).night(now)
    assert nights.lead()["came_because"] == ROSE
    assert "Keats" not in str(nights.lead()["came_why"])


@pytest.mark.parametrize(("before", "tonight", "because", "change", "why"), RETURNS)
def test_a_child_comes_onto_the_list_for_a_reason_on_record(
    before: list[Callable[[], Drawn]], tonight: Callable[[], Drawn], because: str, change: str, why: str
) -> None:
    nights = lived_until_tonight()[HISTORIES.index([*before, tonight])][-1]
    assert (nights.lead()["state"], nights.lead()["came_because"]) == ("listed", because)
    assert re.search(why, str(nights.lead()["came_why"]))
    assert nights.changes()["A"] == change


def test_a_child_comes_onto_the_list_when_of_compulsory_school_age() -> None:
    nights = Nights().night(lead(FIVE_SOON), on=date(2026, 12, 30)).night(lead(FIVE_SOON))
    why = "Of compulsory school age from 31 December 2026."
    assert (nights.lead()["came_because"], nights.lead()["came_why"]) == (CAME_OF_AGE, why)


def test_what_contradicts_an_officer_brings_a_child_back() -> None:
    nights = Nights().night(lead()).officer("MOVED_OTHER_LA_CONFIRMED").night(lead())
    seen = lead().says("health:H1", "seen", since=AS_AT + timedelta(days=1))
    nights.night(seen, on=AS_AT + timedelta(days=2))
    assert (nights.changes()["A"], nights.lead()["came_because"]) == (RETURNED, CONTRADICTED)
    assert "seen on 21 November 2026 (GP registrations)" in str(nights.lead()["came_why"])


def test_every_reason_there_is_has_been_drawn() -> None:
    # Those of settings in test_ledger_of_settings.py.
    left = {param.values[1] for param in LEAVES} | {FELL, CUT_OFF_RAISED, RECALIBRATED, CLOSED, NOT_YET}
    left |= {OVER_HOLIDAYS, AGE_ENDS}  # drawn in test_over_holidays.py and test_year_11_leaves.py
    came = {param.values[2] for param in RETURNS} | {FIRST_NIGHT, CONTRADICTED, CUT_OFF_LOWERED, RECALIBRATED, WAITED}  # type: ignore[attr-defined]
    came |= {NOT_TAKEN_UP}
    assert left == set(LEFT_BECAUSE)
    assert came == set(CAME_BECAUSE)


def goes_on_as(because: object) -> str:
    return "B" if because == MERGED else "A"


@functools.cache
def opened_and_then_closed() -> list[list[Nights]]:
    opened = Found("UNDER_ENQUIRY")
    return lived(
        [
            [lead(), opened, tonight, tonight, Found("ON_ROLL_OWN", goes_on_as(case.values[1])), tonight]
            for case, tonight in zip(LEAVES, TONIGHT, strict=True)
        ]
    )


IN_VIEW_CASES = [pytest.param(*case.values[:2], id=str(case.id)) for case in LEAVES]


@pytest.mark.parametrize(("tonight", "because"), IN_VIEW_CASES)
def test_what_an_officer_has_opened_stays_in_view_until_the_officer_closes_it(tonight: Drawn, because: str) -> None:
    child = goes_on_as(because)
    _, first, after, closed = opened_and_then_closed()[TONIGHT.index(tonight)]
    found = first.lead(child)
    assert (found["state"], found["off_because"], found["left_on"]) == ("in view", because, None)
    assert first.changes()[child] == KEPT_IN_VIEW
    still = IN_EDUCATION if because == MERGED else because
    assert (after.lead(child)["state"], after.lead(child)["off_because"]) == ("in view", still), (
        "also on the nights after"
    )
    assert child not in after.changes()
    assert (closed.lead(child)["state"], closed.lead(child)["off_because"]) == ("left", CLOSED)
    assert closed.changes()[child] == OUT_OF_VIEW
