"""The page that says why a child or a record is, or is not, on the list."""

from datetime import date

import pytest

from pipelines.reports.explain import EXPLAIN_READS, UnknownIdentifierError, explain
from pipelines.reports.life import LIFE_READS
from tests.made.children import SOURCE_NAMES, THREE, Drawn


def page(drawn: Drawn, identifier: str = "CH1") -> str:
    night = drawn.night()
    tables = {name: night[name] for name in (*EXPLAIN_READS, *LIFE_READS)}
    return explain(identifier, tables, SOURCE_NAMES)


def missing_child() -> Drawn:
    """Known to the GP, off the roll since July, and somewhat like a child who is on it."""
    drawn = Drawn().record("health:1", "CH1", postcode_shown="ZA1 1AA", address_shown="1 Old Road")
    drawn.record("school_census:1", "CH1").on_roll("school_census:1", date(2020, 9, 1), date(2026, 7, 17))
    drawn.record("school_census:9", "CH9", forename_shown="Quorra").on_roll("school_census:9", date(2021, 9, 1))
    drawn.rivalry(("CH1", "health:1"), ("CH9", "school_census:9"), 0.3)
    drawn.says("health:1", "concern", "Neglect", date(2026, 9, 9))
    return drawn.lives("CH1", 0.9)


def test_a_listed_child_is_told_whole() -> None:
    assert page(missing_child()) == (
        "Child CH1, as at 20 November 2026\n"
        "Amira Haddad, born on 14 May 2015, 11 years old\n"
        "\n"
        "On the list\n"
        '  Rank 1 of 1, lane "doubtful link".\n'
        "  Likelihood 63 in 100 = on no roll 70 in 100 x living here 90 in 100 x of compulsory school age\n"
        "    more than 99 in 100.\n"
        "  Possibly missing education, to be looked into. This says nothing about the family.\n"
        "\n"
        "Why\n"
        "  No current education was found for certain in the 2 sources searched: there is a 70 in 100 chance\n"
        "    that the child has none.\n"
        "  Last known education: state school, Keats Primary School, ended on 17 July 2026 (18 weeks ago).\n"
        "  The closest match in education is the child of record school_census:9, with a 30 in 100 chance of\n"
        "    being this child (names: alike).\n"
        "  The GP saw the child in October 2026.\n"
        "  Look sooner: open concern about harm (neglect) since 9 September 2026; of the age to start\n"
        "    secondary school (Year 7).\n"
        "\n"
        "Reasons to look sooner: 70 points\n"
        "   40 points: open concern about harm (neglect) since 9 September 2026\n"
        "   10 points: last known education ended 18 weeks ago\n"
        "   10 points: of the age to start secondary school (Year 7)\n"
        "   10 points: no extract says when the child was last seen\n"
        "\n"
        "What would clear it\n"
        "  From an analyst: whether the closest record in education is this child's.\n"
        "  Evidence of a current place: a roll, a register or another authority that shows the child in\n"
        "    education.\n"
        "\n"
        "Records that make this child\n"
        "  health:1 (GP registrations): more than 99 in 100 to be this child's; born on 14 May 2015, ZA1 1AA\n"
        "  school_census:1 (School census): more than 99 in 100 to be this child's; born on 14 May 2015\n"
        "\n"
        "Education that the extracts show\n"
        "  state school, Keats Primary School from 1 September 2020 to 17 July 2026: not current (record\n"
        "    school_census:1, more than 99 in 100 to be this child's)\n"
        "\n"
        "Nearest other children\n"
        "  school_census:9, in education: 30 in 100 to be the same child, from the records alone (3.0 bits:\n"
        "    names: alike)\n"
    )


def test_the_factors_make_up_the_likelihood_also_where_the_only_birth_date_may_have_slipped() -> None:
    """A doctor alone dates the child, and 250 toddlers whom nobody else knows: the date of one in five hundred is wrong."""
    drawn = Drawn().record("health:1", "CH1")
    for number in range(2, 252):
        drawn.record(f"health:{number}", f"CH{number}", date_of_birth=THREE)
    shown = " ".join(page(drawn.lives("CH1", 0.9)).split())
    assert (
        "Likelihood 66 in 100 = on no roll more than 99 in 100 x living here 90 in 100 x of compulsory school age 74 in"
        in shown
    )
    assert (
        "Only one source gives the birth date, and some such dates are mistakes: there is a 74 in 100 chance that the child "
        "is of" in shown
    )


def test_a_record_leads_to_its_child() -> None:
    shown = page(missing_child(), "health:1")
    assert shown.startswith("Child CH1,")
    assert "The record asked for is one of this child's." in shown


def test_an_explained_child_names_the_record_and_what_would_change_it() -> None:
    shown = page(missing_child(), "CH9")
    assert "Not on the list\n  Reason: in education.\n  In education: state school, Keats Primary School" in shown
    assert "School census, record school_census:9" in " ".join(shown.split())
    assert "What would bring the child onto the list\n  That education ending" in shown
    assert "health:1, not in education now" in shown


@pytest.mark.parametrize(
    ("drawn", "told"),
    [
        pytest.param(
            Drawn().record("health:1", "CH1").lives("CH1", 0.04),
            "An agency here seeing the child again.",
            id="probably moved away",
        ),
        pytest.param(
            Drawn()
            .record("health:1", "CH1")
            .record("school_census:9", "CH9")
            .on_roll("school_census:9")
            .rivalry(("CH1", "health:1"), ("CH9", "school_census:9"), 0.9),
            "A judgement that the two are different children.",
            id="most probably a child on the roll",
        ),
        pytest.param(
            Drawn().record("health:1", "CH1").record("housing:1", "CH1", THREE).record("social_care:1", "CH1", THREE),
            "More records with a birth date of compulsory school age.",
            id="most records say three",
        ),
    ],
)
def test_what_would_bring_an_explained_child_onto_the_list(drawn: Drawn, told: str) -> None:
    assert told in page(drawn)


def test_a_child_under_age_is_told_from_when_it_counts() -> None:
    shown = page(Drawn().record("health:1", "CH1", THREE))
    assert "The child is not of compulsory school age on this date." in shown
    assert "The child is of that age from 31 August 2028 to 24 June 2039." in shown


def test_a_child_without_a_birth_date_asks_the_sender() -> None:
    shown = page(Drawn().record("health:1", "CH1", born=None))
    assert "Amira Haddad, birth date unknown" in shown
    assert "From the senders of the records below: the right birth date." in shown
    assert "None, now or earlier." in shown
    assert "None is a close match." in shown


def test_of_a_protected_child_neither_home_nor_school_is_told() -> None:
    drawn = missing_child().says("health:1", "protected")
    shown = page(drawn)
    assert "A source protects this child" in shown
    assert 'lane "restricted"' in shown
    assert not any(secret in shown for secret in ("Keats", "ZA1", "Old Road", "GP saw"))
    reasons = ("on no roll", "living here", "points", "Nearest other children")
    assert all(reason in page(missing_child()) for reason in reasons)
    assert not any(reason in shown for reason in reasons)


def test_other_children_are_named_by_record_only() -> None:
    assert "Quorra" not in page(missing_child())


@pytest.mark.parametrize("identifier", ["CH0", "Quorra Haddad", "", "health:99"])
def test_an_unknown_id_is_told_clearly_and_never_repeated(identifier: str) -> None:
    with pytest.raises(UnknownIdentifierError, match="source:key") as unknown:
        page(missing_child(), identifier)
    assert not identifier or identifier not in str(unknown.value)
    assert "Perhaps the source" not in str(unknown.value)


def test_a_slip_in_the_source_of_a_record_is_told_by_the_nearest_source() -> None:
    with pytest.raises(
        UnknownIdentifierError, match="has that id\\. Perhaps the source school_census is meant\\. Give"
    ):
        page(missing_child(), "scool_census:1")
