"""A child's birth date, of those that its records give: voted on, and what is made of a child that has none."""

from datetime import date

import pytest

from tests.made.children import ELEVEN, THREE, Drawn, known_to_gp, listed

NINETEEN, TWENTY_SIX = date(2007, 5, 14), date(2000, 3, 24)


@pytest.mark.parametrize(
    ("births", "best", "place"),
    [
        pytest.param([("health", ELEVEN), ("housing", ELEVEN)], ELEVEN, "follow up", id="agreed"),
        pytest.param([("health", THREE), ("housing", THREE)], None, None, id="three years old: not looked for"),
        pytest.param([("health", NINETEEN)], None, None, id="nineteen: not looked for"),
        pytest.param([("health", ELEVEN), ("housing", None)], ELEVEN, "follow up", id="one source gives no date"),
        pytest.param(
            [("health", ELEVEN), ("housing", date(2015, 5, 15))],
            date(2015, 5, 15),
            "follow up",
            id="a day apart, of age either way: the later",
        ),
        pytest.param([("health", ELEVEN), ("housing", THREE)], ELEVEN, "data problem", id="one against one"),
        pytest.param(
            [("health", ELEVEN), ("social_care", ELEVEN), ("housing", THREE)], ELEVEN, "follow up", id="two against one"
        ),
        pytest.param(
            [("health", THREE), ("social_care", THREE), ("housing", ELEVEN)], THREE, "explained", id="one against two"
        ),
        pytest.param(
            [("health", date(2016, 1, 1)), ("housing", date(2015, 8, 9))],
            date(2015, 8, 9),
            "follow up",
            id="1 January is an office's default, though it is the later",
        ),
        pytest.param([("health", date(2015, 1, 1))], date(2015, 1, 1), "follow up", id="1 January, and no other date"),
        pytest.param(
            [("health", ELEVEN), ("school_census", date(2015, 3, 4))],
            date(2015, 3, 4),
            "follow up",
            id="a roll's date goes first on a tie",
        ),
        pytest.param(
            [("school_census", TWENTY_SIX), ("health", ELEVEN)],
            ELEVEN,
            "data problem",
            id="a grown-up's date has slipped",
        ),
        pytest.param([("health", None)], None, "data problem", id="no birth date anywhere: ask the sender"),
    ],
)
def test_birth_dates_are_voted_on(births: list[tuple[str, date | None]], best: date | None, place: str | None) -> None:
    drawn = Drawn()
    for source, born in births:
        drawn.record(f"{source}:1", "CH1", born)
    if any(source == "school_census" for source, _ in births):
        drawn.on_roll("school_census:1", None, date(2026, 7, 1))
    ranked = drawn.ranked()
    on_the_list = [] if place in (None, "explained") else [(place, best)]
    assert ranked.candidates.select("lane", "date_of_birth").rows() == on_the_list
    assert ranked.explained["reason"].to_list() == (["not of compulsory school age"] if place == "explained" else [])


def test_two_records_of_one_source_have_one_vote() -> None:
    drawn = Drawn().record("health:1", "CH1", THREE).record("health:2", "CH1", THREE).record("housing:1", "CH1", ELEVEN)
    assert listed(drawn)["likelihood"] == pytest.approx(0.5)


def test_a_child_without_a_birth_date_is_as_likely_of_age_as_others_of_the_source() -> None:
    drawn = known_to_gp(born=None)
    for number, born in enumerate((ELEVEN, ELEVEN, ELEVEN, THREE)):
        drawn.record(f"health:{number}", f"CX{number}", born)
    row = listed(drawn)
    assert (row["likelihood"], row["age"], row["date_of_birth"]) == (0.75, None, None)
    assert "No extract gives a possible birth date: ask the senders for it." in str(row["because"])


@pytest.mark.parametrize("called", ["Unborn", "Unborn Baby"])
def test_a_child_still_to_be_born_is_not_listed(called: str) -> None:
    drawn = known_to_gp(born=None).record("social_care:9", "CH9", born=None, forename_shown=called)
    for number, born in enumerate((ELEVEN, ELEVEN, THREE)):
        drawn.record(f"social_care:{number}", f"CX{number}", born)
    assert "CH9" not in drawn.ranked().candidates["child_id"]
    drawn.record("health:9", "CH9", ELEVEN)
    assert listed(drawn, "CH9")["age"] == 11, "a birth date outweighs what the list says"


def test_a_grown_up_of_whom_no_birth_date_is_known_is_no_child() -> None:
    drawn = Drawn()
    for number, born in enumerate((ELEVEN, ELEVEN, THREE)):
        drawn.record(f"housing:{number}", f"CX{number}", born)
    drawn.record("housing:9", "CH9", born=None)
    assert 0 < float(str(listed(drawn, "CH9")["likelihood"])) < 1, "as likely of age as others of the list"
    drawn.says("housing:9", "grown_up")
    assert "CH9" not in drawn.ranked().candidates["child_id"]
    drawn.record("health:9", "CH9", ELEVEN)
    assert listed(drawn, "CH9")["age"] == 11, "a birth date outweighs what the list says"
