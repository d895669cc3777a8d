"""`rollcall explain` tells a child's life on the list: of one on it, of one long off it, and of one merged into another."""

import re
from datetime import date

import pytest

from pipelines.publish.changes_file import WHY_WITHHELD
from pipelines.rank_settings import RankSettings
from pipelines.reports.explain import UnknownIdentifierError, explain
from tests.made import leads
from tests.made.children import SOURCE_NAMES, Drawn
from tests.made.leads import nobody
from tests.made.nights import Nights


def lead() -> Drawn:
    return Drawn().record("health:H1", "A").lives("A", 0.95).record("health:H9", "Z").lives("Z", 0.95)


def schooled() -> Drawn:
    return lead().record("school_census:C1", "A").on_roll("school_census:C1", date(2026, 11, 16))


def merged() -> Drawn:
    return nobody().record("health:H1", "B").record("housing:T1", "B").lives("B", 0.95)


def page(nights: Nights, asked: str, drawn: Drawn) -> str:
    """What is told after the last night, on which ``drawn`` came."""
    moves = nights.moves
    night = nights.tonight(drawn, RankSettings())
    tables = drawn.night() | {
        "candidate": night.candidates,
        "explained": night.explained,
        "provision": night.provision,
        "lead": nights.ledger.leads,
        "lead_night": nights.ledger.nights,
        "child_move": moves,
        "outcome": nights.outcomes,
    }
    return " ".join(explain(asked, tables, SOURCE_NAMES).split())


def test_of_a_child_that_left_and_came_back_every_spell_is_told() -> None:
    shown = page(Nights().night(lead()).night(schooled()).night(lead()), "A", lead())
    assert "On the list from 20 November 2026: first night." in shown
    assert (
        "Off the list from 21 November 2026: in education. In education: state school, Keats Primary School since"
        in shown
    )
    assert "On the list from 22 November 2026: the record of an education is gone. Record school_census:C1" in shown
    assert "Still on it: rank 1 on 22 November 2026." in shown
    assert re.search(r'20 November 2026: rank 1, likelihood 95 in 100, \d+ points, lane "follow up"', shown)


def test_a_child_of_whom_no_record_is_left_is_still_told() -> None:
    shown = page(Nights().night(lead()).night(nobody()), "A", nobody())
    assert shown.startswith(
        "Child A, as at 20 November 2026 Amira Haddad, born on 14 May 2015 None of the child's records came"
    )
    assert "Off the list from 21 November 2026: records gone from every extract." in shown


def test_an_id_that_was_merged_leads_to_the_child_it_is_now() -> None:
    shown = page(Nights().night(lead()).night(merged()), "A", merged())
    assert shown.startswith("Child B,")
    assert "Child A is now child B." in shown
    assert "Previously child A." in shown
    assert "21 November 2026: child A was merged into child B (1 record)" in shown


def test_what_an_officer_has_in_hand_is_said_to_be_in_view() -> None:
    shown = page(Nights().night(lead()).officer("UNDER_ENQUIRY").night(schooled()), "A", schooled())
    assert "Still in view, until the officer who has it in hand closes it." in shown


def test_who_said_what_of_a_child_is_told_and_of_a_protected_one_withheld() -> None:
    """Of a child that had another id then, too."""
    by_then = Nights().night(lead()).officer("UNDER_ENQUIRY")
    said = "What officers said 20 November 2026: being looked into (handed in by"
    assert said in page(by_then.night(merged()), "A", merged())
    protected = lead().says("health:H1", "protected")
    assert "being looked into (" not in page(Nights().night(protected).officer("UNDER_ENQUIRY"), "A", protected)


def test_what_nobody_told_anything_new_of_is_said_to_be_in_view_and_why() -> None:
    shown = page(Nights().night(leads.beside_a_pupil()).night(leads.merged()), "A", leads.merged())
    assert "Neither that record nor any of this child's has come or changed" in shown
    assert "Still in view, until an officer closes it, a complete file is sent or something new is told." in shown


def test_the_reason_of_a_protected_child_is_withheld() -> None:
    def protected() -> Drawn:
        return schooled().says("health:H1", "protected")

    shown = page(Nights().night(lead().says("health:H1", "protected")).night(protected()), "A", protected())
    assert f"Off the list from 21 November 2026: {WHY_WITHHELD}" in shown
    assert not any(
        told in shown for told in ("Keats Primary School", "first night", "in education", "likelihood", "Night")
    )


def test_an_id_that_nobody_ever_had_is_refused() -> None:
    with pytest.raises(UnknownIdentifierError):
        page(Nights().night(lead()), "CH0000000000", lead())
