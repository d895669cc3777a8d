"""How long a word that a child is educated somewhere is believed, when nobody gives it anew."""

import pytest

from tests.spec.children.test_provision_rules import DATA_PROBLEM, DOUBTFUL, ELEVEN, EXPLAINED, of_gp


@pytest.mark.parametrize(
    ("confirmed", "likelihood", "because"),
    [
        pytest.param("21/11/2025", None, "", id="within the year: explains the child"),
        pytest.param("01/11/2025", None, "the confirmation is more than a year old", id="a year"),
        pytest.param("01/11/2024", None, "a year old; nobody has renewed it for two years", id="two"),
        pytest.param("01/11/2023", 0.14, "nobody has renewed it for two years; nor for three", id="three"),
        pytest.param("01/11/2022", 0.19, "nor for three; nor for four", id="four: no jump"),
        pytest.param("01/11/2020", 0.26, "nor for five; nor for six", id="six"),
        pytest.param("01/11/2015", 0.4, "nor for eight; nor for ten", id="eleven: about all of a schooling"),
    ],
)
def test_a_confirmation_proves_less_year_by_year_and_says_so(
    confirmed: str, likelihood: float | None, because: str
) -> None:
    judged = of_gp().knows("other_la", ConfirmedOn=confirmed).judged()
    assert because in judged.words
    assert judged.ranked.candidates["likelihood"].to_list() == (
        [] if likelihood is None else [pytest.approx(likelihood)]
    )


@pytest.mark.parametrize(
    ("others", "place", "likelihood"),
    [
        pytest.param("", EXPLAINED, [], id="nobody's is dated: the list is as old as its file"),
        pytest.param("01/11/2026", DATA_PROBLEM, [0.5], id="others' are: it may be lost, or may never have come"),
    ],
)
def test_a_confirmation_without_a_day_is_in_doubt_more_so_where_others_have_one(
    others: str, place: str, likelihood: list[float]
) -> None:
    authority = of_gp().knows("other_la", ConfirmedOn="").knows("other_la", child="other", ConfirmedOn=others)
    judged = authority.judged().of("A")
    assert judged.place == place
    assert "the confirmation has no date" in judged.words
    assert judged.ranked.candidates["likelihood"].to_list() == pytest.approx(likelihood)


@pytest.mark.parametrize(
    ("confirmed", "renewed", "place"),
    [
        pytest.param("01/05/2026", 0, EXPLAINED, id="nobody is confirmed anew: nothing follows from the lack of it"),
        pytest.param("01/05/2026", 40, "listed: data problem", id="all others who moved to Year 7 with it are"),
        pytest.param("02/09/2026", 40, EXPLAINED, id="confirmed since the move"),
    ],
)
def test_a_confirmation_for_a_primary_school_holds_where_neighbours_confirm_but_once(
    confirmed: str, renewed: int, place: str
) -> None:
    authority = of_gp().knows("other_la", DateOfBirth=ELEVEN, ConfirmedOn=confirmed)
    for n in range(renewed):
        for day in ("01/05/2026", "10/10/2026"):
            authority.knows("other_la", child=f"other{n}", DateOfBirth=ELEVEN, ConfirmedOn=day)
    judged = authority.judged().of("A")
    assert judged.place == place
    assert ("a school that the child has left with Year 6" in judged.words) is (confirmed == "01/05/2026")


@pytest.mark.parametrize(
    ("school", "began", "born", "place"),
    [
        pytest.param(
            "Beck Hill Primary School", "02/09/2019", "14/10/2012", DATA_PROBLEM, id="14, at a primary school"
        ),
        pytest.param("BECK HILL JUNIORS", "02/09/2021", "14/10/2012", DATA_PROBLEM, id="in capitals, and for juniors"),
        pytest.param("Beck Hill Junior and Senior School", "02/09/2019", "14/10/2012", EXPLAINED, id="and for seniors"),
        pytest.param("Beck Hill School", "02/09/2019", "14/10/2012", EXPLAINED, id="the school may teach all ages"),
        pytest.param("Beck Hill Primary School", "02/09/2019", "14/10/2014", EXPLAINED, id="just in Year 7: lists lag"),
        pytest.param("Beck Hill Primary School", "02/09/2025", "14/10/2012", EXPLAINED, id="taken in later than that"),
    ],
)
def test_who_is_too_old_for_a_primary_school_may_have_left_it_unsaid(
    school: str, began: str, born: str, place: str
) -> None:
    """Most lists of independent schools tell no leaving dates."""
    day, month, year = born.split("/")
    authority = of_gp(year + month + day)
    judged = authority.knows("independent_schools", DateOfBirth=born, School=school, StartDate=began).judged()
    assert judged.place == place
    assert ("by its name the school ends with Year 6" in judged.words) is (place == DATA_PROBLEM)


def test_an_old_confirmation_of_a_record_that_may_be_another_childs_is_the_analysts_first() -> None:
    judged = of_gp().knows("other_la", 0.5, ConfirmedOn="01/11/2025").judged()
    assert judged.place == DOUBTFUL
